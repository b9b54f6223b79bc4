"""Why a document needs a person: the closed list, each with its meaning and its fix.

A reason is a word in the ledger, in `connector exceptions` and in the name of the pandera check that found it, so it
never changes its meaning. Texts are templates over the problem's `field` and `value`; `{arg}` is the value as an
argument of a command. The names of the document (`{integration}`, `{flow}`, `{key}`, and of the key `{record}`, what
follows its colon, and `{last}`, its last part) are filled in where the problem is kept (`Problem.of`). A command stands
in backticks, with words in capitals for what a person chooses; steps end with a semicolon.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Literal

from connector_assets.delivery.words import BLANK, shown, words
from connector_resources.ledger import Problem

Severity = Literal["normal", "high"]
HIGH: Severity = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the list: `message` says what is wrong, `fix` what to do about it. `severity` is high where money
    may go out twice or to the wrong party while nobody acts."""

    name: str
    severity: Severity
    message: str
    fix: str
    # both texts where the value is blank
    blank: tuple[str, str] | None = None


# one step of a fix ends where the next begins
_STEPS = re.compile(r"; (?:then )?|, then (?=replay|dismiss)")

REASONS: dict[str, Reason] = {
    reason.name: reason
    for reason in (
        Reason(
            "unreadable_record",
            "normal",
            "a record cannot be read: {field} is of type {value}",
            "correct {field} of the record in its system: each sync reads it again until it can be read; where it is "
            "right as it is, dismiss this one, or have the connector taught to read it",
        ),
        Reason(
            "supplier_not_linked",
            "normal",
            "supplier {value} is not linked to a supplier in the target",
            "do what the exception says of the supplier: what keeps it from being linked is named there; or link it by "
            "hand: `connector links set FLOW F0401:NUMBER ID`",
            blank=("the document names no supplier", "enter the supplier on the document, then replay"),
        ),
        Reason(
            "vendor_ambiguous",
            "normal",
            "a person has to say which vendor of the target this supplier is: {value}",
            "say it: `connector mappings set {integration} vendor_matches {record} ID`, where ID is the vendor's id "
            "or `new` for a vendor of its own; or link it: `connector links set {flow} {key} ID`",
        ),
        Reason(
            "address_missing",
            "normal",
            "the supplier has no address, or one that lacks its {value}, and the target requires it",
            "complete the address in the source: the next sync sends it; or change `address_needs` of the flow",
        ),
        Reason(
            "country_not_mapped",
            "normal",
            "country {value} is not mapped to an ISO code of two letters",
            "map it: `connector mappings set {integration} countries {arg} CODE`, where CODE is its ISO code of two "
            "letters",
            blank=("the supplier's address has no country", "enter the country of the address in the source"),
        ),
        Reason(
            "currency_not_the_vendors",
            "normal",
            "the voucher is in {value}, and the supplier's vendor has its bills in another currency",
            "set `other_currencies: second_vendor` of the vendors flow, or link a vendor of that currency by hand, "
            "then replay",
        ),
        Reason(
            "account_not_found",
            "normal",
            "account {value} does not exist in the chart of accounts of the source",
            "correct the account on the distribution line, or add it to the chart, then replay",
        ),
        Reason(
            "account_not_postable",
            "normal",
            "account {value} does not accept postings (posting edit code)",
            "move the line to an account that accepts postings, or change the posting edit code, then replay",
        ),
        Reason(
            "subledger_required",
            "normal",
            "account {value} takes postings with a subledger only (posting edit code), and the line has none",
            "move the line to an account without that rule, or enter the voucher by hand; or change the posting edit "
            "code of the account, then replay",
        ),
        Reason(
            "units_required",
            "normal",
            "account {value} takes postings with a number of units only (posting edit code), and the line has none",
            "move the line to an account without that rule, or enter the voucher by hand; or change the posting edit "
            "code of the account, then replay",
        ),
        Reason(
            "several_companies",
            "normal",
            "its lines are on accounts of several companies: {value}",
            "split it into a document for each company; or, where the companies settle among themselves, set `company` "
            "of the flow, then replay",
        ),
        Reason(
            "account_not_linked",
            "normal",
            "account {value} exists in the source but is not known in the target",
            "do what the exception says of the account: what keeps it from being linked is named there; or link it by "
            "hand: `connector links set FLOW F0901:ACCOUNT ID`",
            blank=("a line names no account", "enter the account on the distribution line, then replay"),
        ),
        Reason(
            "account_missing_in_target",
            "normal",
            "account {value} is not in the target's chart of accounts, and this flow only validates",
            "add the account in the target, or set the accounts flow's mode to `accounts`",
        ),
        Reason(
            "department_not_linked",
            "normal",
            "business unit {value} is not known in the target",
            "do what the exception says of the unit: what keeps it from being linked is named there; or map it to a "
            "record of the target: `connector mappings set {integration} departments {arg} RECORD`, where RECORD is "
            "its name or id",
            blank=("a line names no business unit", "enter the business unit in the source, then replay"),
        ),
        Reason(
            "department_missing_in_target",
            "normal",
            "business unit {value} is not in the target, and this flow only validates",
            "add it in the target, or map it: `connector mappings set {integration} departments {arg} RECORD`, where "
            "RECORD is the name or id of the record; or set the departments flow's mode to `departments`",
        ),
        Reason(
            "archived_in_target",
            "normal",
            "{field} {value} is archived in the target, which therefore refuses it on documents",
            "restore it in the target, or set `on_conflict: source` of its flow to have it restored; then replay",
        ),
        Reason(
            "distribution_does_not_agree",
            "normal",
            "the distribution differs from the voucher by {value}",
            "correct the voucher's distribution in the source, then replay",
        ),
        Reason(
            "tax_not_explained",
            "normal",
            "the distribution agrees neither with, nor without, the voucher's tax of explanation code {value}",
            "correct the voucher's tax or distribution in the source, or say how the site books that code: setting "
            "`tax_rules` of the flow; then replay",
        ),
        Reason(
            "prepayment",
            "normal",
            "the voucher is a prepayment, which the source keeps no distribution of: {value}",
            "set `prepayment_account` of the flow where it has one, then replay; else pay it in the source, on a pay "
            "status or payment instrument that is not handed over",
        ),
        Reason(
            "distribution_missing",
            "normal",
            "the voucher has no distribution line",
            "post or complete the voucher's distribution in the source, then replay",
        ),
        Reason(
            "supplier_on_hold",
            "normal",
            "{field} or payee {value} is on payment hold in JD Edwards (F0401.HDPY), and the target would pay",
            "nothing, if the hold is meant: once it is released, the next sync sends the voucher by itself",
        ),
        Reason(
            "held_after_sent",
            "high",
            "JD Edwards put it on hold after it was sent, and the target can still pay it: {value}",
            "hold or void it in the target, and stop its payment where there is one; or release the hold in JD "
            "Edwards; the next sync closes this one by itself",
        ),
        Reason(
            "not_posted",
            "normal",
            "the voucher is not posted: {field} {value}",
            "post the {field} in JD Edwards, or mend what keeps it from being posted: then the next sync sends the "
            "voucher by itself; or set `posted: any` for the flow",
        ),
        Reason(
            "possible_duplicate",
            "high",
            "another voucher of this supplier has the same invoice number: {value}",
            "void the wrong one in the source, or dismiss this one, or set `duplicates: send` for the flow",
        ),
        Reason(
            "covered_by_another_bill",
            "normal",
            "the {field} is still in the bill of {value}",
            "nothing: it follows once that bill has let go of it or is archived; correct that one if it cannot",
        ),
        Reason(
            "already_scheduled",
            "high",
            "the source {field} it, and the target has paid it or is about to: {value}",
            "stop the payment in the target, or let it go and correct the voucher in the source; then replay",
        ),
        Reason(
            "payable_in_both",
            "high",
            "JD Edwards and the other system can both pay it: {value}",
            "in JD Edwards put the pay item on a pay status that its payment run does not select, or take the document "
            "out of the other system's reach there; the next sync looks again",
        ),
        Reason(
            "not_handed_over",
            "normal",
            "JD Edwards' own payment run selects it, so that nobody else may pay it: {value}",
            "set `handed_over_status` of the flow and the orchestration voucher_pay_status of the connection, then "
            "replay; or give the pay item a pay status, payment instrument or bank account that the run leaves alone "
            "(`payment_run` of the connection)",
        ),
        Reason(
            "left_by_order",
            "normal",
            "the bill of its order is paid, and nobody pays what is left of the voucher: {value}",
            "in JD Edwards put it on a pay status that its payment run selects, or pay it there by hand; the next sync "
            "leaves it alone",
        ),
        Reason(
            "no_return_status",
            "high",
            "the payment was taken back, and once it is void JD Edwards' payment run would pay the voucher: {value}",
            "give the orchestration the input ReturnStatus, a pay status that it sets once the payment is void; then "
            "replay",
        ),
        Reason(
            "factored",
            "normal",
            "the voucher is to be paid to {value}, who is not its supplier, and the target pays the supplier",
            "have JD Edwards pay it, or correct its payee there; `factored: payee` makes it the payee's own record's",
        ),
        Reason(
            "paid_to_another",
            "high",
            "the target paid somebody else than the voucher names: {value}",
            "find out who has the money: have it taken back in the target, or make the payee in JD Edwards the one who "
            "was paid; then replay",
        ),
        Reason(
            "payee_changed",
            "high",
            "the {field} in the target is not who is to be paid: {value}",
            "have a payment that is under way stopped there, and what was paid taken back; where somebody gave the "
            "record to another vendor, give it back to the right one, or archive it and replay: a new one is made for "
            "who is paid in the source",
        ),
        Reason(
            "credit_already_applied",
            "high",
            "the source took the credit back or settled it, and the target has applied it: {value}",
            "undo in the target what the credit was applied to, or correct the credit in the source; then replay",
        ),
        Reason(
            "payment_taken_back",
            "normal",
            "the source has voided {field} {value}, which is recorded in the target as paid",
            "void the recorded payment in the target, then replay",
        ),
        Reason(
            "bill_in_payment",
            "normal",
            "the {field} changed in the source from {value}, and the target has paid or applied it, or is about to",
            "correct the record in the target or in the source, or dismiss this one",
        ),
        Reason(
            "invoice_not_linked",
            "normal",
            "no invoice in the target is linked to this voucher, and this flow only updates payments",
            "link the invoice by hand: `connector links set {flow} {key} ID`, where ID is the invoice's id "
            "in the target",
        ),
        Reason(
            "invoice_missing",
            "normal",
            "the target has no invoice {value}, which the voucher's mark names",
            "correct the mark on the voucher, or restore the invoice, then replay",
        ),
        Reason(
            "voucher_not_linked",
            "normal",
            "no voucher of the source's invoice {value} is known in the target",
            "nothing while its voucher is on its way; else enter or mark the voucher, then replay",
        ),
        Reason(
            "currency_differs",
            "normal",
            "the payment is in {value}, and the voucher is not",
            "settle the voucher by hand, then dismiss this one",
        ),
        Reason(
            "more_than_open",
            "high",
            "more was paid than is open in JD Edwards of {value}",
            "correct the voucher in JD Edwards, or have the payment taken back, then replay",
        ),
        Reason(
            "paid_in_both",
            "high",
            "JD Edwards has paid what BILL paid too: {value}",
            "get one of the payments back: void it in BILL, or in JD Edwards and then replay",
        ),
        Reason(
            "payment_needs_action",
            "high",
            "a payment that is posted did not reach the vendor: {value}",
            "solve it in BILL; or to have it reversed: `connector mappings set {integration} payment_reversals {last} "
            "reverse`",
        ),
        Reason(
            "payment_may_have_left",
            "high",
            "a payment ended in a status that does not say whether the money has left: {value}",
            "ask the bank; where it has not left: `connector mappings set {integration} payment_reversals {last} "
            "reverse`; where it has: `connector mappings set {integration} payment_reversals {last} post`",
        ),
        Reason(
            "voucher_blocked",
            "normal",
            "BILL paid a pay item that JD Edwards has blocked: {value}",
            "release the pay item in JD Edwards, or have the payment taken back, then replay",
        ),
        Reason(
            "credit_not_linked",
            "normal",
            "vendor credit {value} was applied, and no debit memo of JD Edwards is known for it",
            "enter the debit memo in JD Edwards; link it to the credit by hand: `connector links set "
            "{integration}/vendor_credits F0411:COMPANY/TYPE/NUMBER {arg}`; then replay",
        ),
        Reason(
            "credit_used_up",
            "normal",
            "less is open of the debit memo than was applied of it: {value}",
            "open the debit memo again in JD Edwards, or have the credit taken back in BILL, then replay",
        ),
        Reason(
            "payment_number_shared",
            "normal",
            "payment number {value} would be that of two payments of one pay item",
            "enter one of them by hand in JD Edwards under a number of its own and dismiss it; replay the other",
        ),
        Reason(
            "journal_mode_refused",
            "high",
            "the mode `journal` would leave vouchers open to be paid again: {value}",
            "see what `connector ping` says of it, or set `mode: settle`, then replay",
        ),
        Reason(
            "bank_credit_differs",
            "normal",
            "the payment is posted, and the bank was charged another amount: {value}",
            "enter the difference on the bank account, as exchange gain or loss or as a fee; then dismiss this one",
        ),
        Reason(
            "pay_item_not_closed",
            "high",
            "the payment was posted to the general ledger, and pay item {value} was not closed",
            "close it in JD Edwards before a payment run selects it, and mend the orchestration; then replay",
        ),
        Reason(
            "number_out_of_range",
            "normal",
            "{field} of {value} does not fit into what the target takes",
            "set `payment_number_base` of the flow so that it fits, then replay",
        ),
        Reason(
            "another_payer",
            "high",
            "this flow tells the payments of the other system: {value}",
            "let one system pay: set `payer` of approved_invoices, and take the other payment flow out, then replay",
        ),
        Reason(
            "payment_term_not_mapped",
            "normal",
            "payment term {value} is neither mapped nor a payment term of the target",
            "map it: `connector mappings set {integration} payment_terms {arg} CODE`, where CODE is the payment term "
            "in the target",
            blank=("the document has no payment term", "enter its payment term in the source, then replay"),
        ),
        Reason(
            "unit_not_mapped",
            "normal",
            "unit of measure {value} is neither mapped nor a unit of the target",
            "map it: `connector mappings set {integration} units_of_measure {arg} CODE`, where CODE is the unit in the "
            "target",
            blank=("a line has no unit of measure", "enter the unit of measure in the source, then replay"),
        ),
        Reason(
            "ship_to_not_mapped",
            "normal",
            "ship-to address {value} is not mapped to a location of the target",
            "map it, or the order's business unit: `connector mappings set {integration} ship_to {arg} CODE`, where "
            "CODE is the location's code; or set `ship_to_location` for the flow",
            blank=(
                "the order has no ship-to address and no business unit",
                "enter one of them in the source, or set `ship_to_location` for the flow; then replay",
            ),
        ),
        Reason(
            "currency_unknown",
            "normal",
            "currency {value} is not active in the target",
            "activate the currency in the target, then replay",
            blank=("the document has no currency", "enter its currency in the source, then replay"),
        ),
        Reason(
            "not_approved_for_payment",
            "normal",
            "the voucher's pay status is {value}, which this flow does not send",
            "approve the voucher for payment in the source, or change `send_pay_statuses`",
            blank=("the voucher has no pay status", "give it one in the source"),
        ),
        Reason(
            "extended_amount_differs",
            "normal",
            "quantity times unit cost of a line differs from its extended amount by {value}",
            "correct the order line in the source; or raise the flow's `rounding`, then replay",
        ),
        Reason(
            "order_on_hold",
            "normal",
            "the order has the hold code {value}",
            "release it in the source, or set `held_orders` to `send`, then replay",
        ),
        Reason(
            "external_orders_off",
            "normal",
            "the target takes no orders of another system: {value}",
            "have the feature switched on in the target, then replay",
        ),
        Reason(
            "required_field_blank",
            "normal",
            "{field} is blank and the target requires it",
            "fill it in the source, then replay",
        ),
        Reason(
            "too_long",
            "normal",
            "{field} is longer than the target allows: {value}",
            "shorten it in the source, then replay",
        ),
        Reason(
            "too_many_decimals",
            "normal",
            "the {field} {value} has more than the two decimals that the target takes, and is not rounded",
            "pay it in the source, on a pay status that is not sent; or correct the amount in the source, then replay",
        ),
        Reason(
            "not_unique",
            "normal",
            "{field} {value} is used by more than one document",
            "make it unique in the source or choose a unique-name rule, then replay",
        ),
        Reason(
            "needs_order_match",
            "normal",
            "a line is for an order of the target and cannot be matched to it: {value}",
            "set orchestrations.voucher_match of the connection, or voucher the order by hand, then replay",
        ),
        Reason(
            "not_received",
            "normal",
            "nothing is received, and not vouchered yet, of {value}",
            "record the receipt in the target, then replay",
        ),
        Reason(
            "more_than_received",
            "normal",
            "more is invoiced than can be vouchered of {value}",
            "record the missing receipt in the target, or have the invoice corrected, then replay",
        ),
        Reason(
            "price_differs",
            "normal",
            "the invoice's price is not the order's: {value}",
            "change the order's price, or have the invoice corrected, or set `price_tolerance_percent`, then replay",
        ),
        Reason(
            "pay_status_differs",
            "normal",
            "the voucher's pay status is {value}: neither waiting nor approved",
            "decide about it in the target, or add it to `waiting_statuses`, then replay",
        ),
        Reason(
            "withholding_tax",
            "normal",
            "the invoice has withholding tax of {value}, which this flow does not book",
            "enter the voucher by hand, then dismiss this one",
        ),
        Reason(
            "credit_note_positive",
            "normal",
            "the credit note has the positive total {value}",
            "correct the signs of its lines in the source",
        ),
        Reason(
            "tax_code_not_mapped",
            "normal",
            "tax code {value} is not mapped to a tax area and explanation code",
            "map it: `connector mappings set {integration} tax_codes {arg} AREA/EXPLANATION`",
            blank=("a tax line has no tax code", "enter the tax code in the source, then replay"),
        ),
        Reason(
            "exchange_rate_not_mapped",
            "normal",
            "no exchange rate is mapped for {value}",
            "map it: `connector mappings set {integration} exchange_rates {arg} RATE`; or set `exchange_rate: jde`",
        ),
        Reason(
            "tax_rule_missing",
            "normal",
            "where JD Edwards has a tax of explanation code {value} is not known: in the lines, or beside them",
            "say by `tax_rules` of the flow whether {value} is in_lines, beside_lines or self_assessed, then replay",
        ),
        Reason(
            "use_tax_charged",
            "normal",
            "the supplier charges {value} of a tax that is mapped to use tax, which is never owed to a supplier",
            "map its tax code to the tax that is charged (mapping `tax_codes`), or have the invoice corrected in the "
            "other system, then replay",
        ),
        Reason(
            "charge_not_mapped",
            "normal",
            "the invoice has a {value} charge, and no account is set for it",
            "set `charge_accounts.{value}` of the flow, then replay",
        ),
        Reason(
            "period_closed",
            "normal",
            "no G/L date can be given: {value}",
            "open the period in JD Edwards and the close calendar, or correct the date of the document, then replay",
        ),
        Reason(
            "orchestration_not_configured",
            "normal",
            "the connection names no orchestration for {value}",
            "set orchestrations.{value} of the connection, then replay",
        ),
        Reason(
            "voucher_already_paid",
            "normal",
            "voucher {value} is paid or in a payment run, so it cannot be voided",
            "void the payment first, or settle the difference by a voucher of its own, then replay",
        ),
        Reason(
            "void_not_configured",
            "normal",
            "voucher {value} must be voided, and the connection names no orchestration for it",
            "void it by hand, or set orchestrations.voucher_void of the connection, then replay",
        ),
        Reason(
            "changed_after_delivery",
            "normal",
            "the invoice changed after its voucher {value} was made",
            "void the voucher by hand and replay, or set `on_change: void_and_add`",
        ),
        Reason(
            "batch_rejected",
            "normal",
            "the batch run refused the transaction: {value}",
            "correct it in the batch files and run the batch again, or delete it there; then replay",
        ),
        Reason(
            "batch_not_run",
            "normal",
            "the batch run was asked for long ago, and the transaction waits still: {value}",
            "look for the job in JD Edwards and run the batch there, or replay, which asks for the run once more",
        ),
        Reason(
            "revisions_used_up",
            "normal",
            "{value} has changed so often that there is no room for the mark of another voucher",
            "enter its voucher by hand, then dismiss this one",
        ),
        Reason(
            "archived_while_paid",
            "high",
            "the bill was archived or lost its approval, and BILL has paid it or is about to: {value}",
            "restore the bill and its approval in BILL, or have its payment taken back there; then replay",
        ),
        Reason(
            "mark_missing",
            "normal",
            "voucher {value} lost the mark by which it is known",
            "write the mark into it again, then replay",
        ),
        Reason(
            "payer_settings_differ",
            "high",
            "with the pay status {value} of new vouchers both systems would pay, or neither",
            "set `unpayable_status`, and where the flow has them `payer` and `approved_status`, so that one system "
            "alone pays; then replay",
        ),
        Reason(
            "many_deleted",
            "normal",
            "{value} invoices have disappeared from the source at once",
            "check what the login may see there; if they are really gone, raise `most_deleted`, then replay",
        ),
        Reason(
            "natural_key_taken",
            "high",
            "the target already holds a document of this key that does not agree with ours: {value}",
            "compare both; if they are the same document, link them by hand: `connector links set {flow} {key} ID`, "
            "where ID is its id in the target",
        ),
        Reason(
            "duplicate_in_target",
            "high",
            "the target holds more than one record of this document in force: {value}",
            "void all but the linked one in the target, or link the one that stays: `connector links set {flow} {key} "
            "ID`, where ID is its id in the target; the next sweep or a replay closes this once it finds one only; "
            "until then nothing is sent for the document",
        ),
        Reason(
            "missing_in_target",
            "normal",
            "the linked document {value} no longer exists in the target",
            "restore it there; or have it created anew: `connector links remove {flow} {key}`, then replay",
        ),
        Reason(
            "deleted_in_source",
            "normal",
            "the record was deleted in the source after it was delivered",
            "cancel the document in the target by hand, then dismiss this exception",
        ),
        Reason(
            "changed_on_both_sides",
            "normal",
            "{field} changed in the target since the last agreement: {value}",
            "decide which side is right; set `on_conflict: source` to let the source win, then replay",
        ),
        Reason(
            "undone_in_target",
            "high",
            "a person took back in the target what we made there, and the money may go out twice: {field} {value}",
            "stop what is about to be paid, and find out why. Where it is to stay undone, take it back in the source "
            "too, then replay; else have it entered again in the target, link it by hand (`connector links set "
            "{flow} {key} ID`), and replay",
        ),
        Reason(
            "changed_since_plan",
            "normal",
            "the {field} is not what it was when {value} was made",
            "plan again and apply the new plan; a replay sends it as it is now",
        ),
        Reason(
            "total_differs",
            "normal",
            "the target accepted the document, but its {field} is {value}",
            "compare both; correct the document in the target or in the source, then replay",
        ),
        Reason(
            "refused_by_target",
            "normal",
            "the target refused {field}: {value}",
            "correct what the target names, then replay",
        ),
        Reason(
            "not_answered",
            "normal",
            "the target did not answer properly: {value}",
            "nothing: the next run tries again",
        ),
        Reason(
            "outcome_unknown",
            "normal",
            "a call was sent and its outcome is not known yet: {value}",
            "nothing: the next run looks it up in the target before it does anything else",
        ),
    )
}


def severity_of(reason: str) -> Severity:
    """How urgent an exception of this reason is; one that an earlier version left in the ledger is normal."""
    entry = REASONS.get(reason)
    return entry.severity if entry is not None else "normal"


def problem(reason: str, field: str = "", value: object = "", *, waits_for: str | None = None) -> Problem:
    """A problem of the closed list, its texts filled in but for the names that only its document has (see `Problem`).
    An unknown reason is a bug and raises KeyError."""
    entry = REASONS[reason]
    text = words(value)
    message, fix = entry.blank if entry.blank and not text else (entry.message, entry.fix)
    return Problem(
        reason=reason,
        field=field,
        value=text,
        message=_filled(message, field, shown(text)) if text else _filled(_without(message), field, BLANK),
        fix=_filled(fix, field, text or BLANK),
        waits_for=waits_for,
    )


def steps_of(fix: str) -> list[str]:
    """The steps of a fix, one after the other, each once."""
    return list(dict.fromkeys(each for each in _STEPS.split(fix) if each))


def _filled(template: str, field: str, text: str) -> str:
    # an argument is quoted for a shell, and filled last: whatever the value holds stands as it is
    told = template.replace("{field}", field.replace("_", " ") or "a field")
    return told.replace("{arg}", shlex.quote(text)).replace("{value}", text)


def _without(message: str) -> str:
    """A message of a blank value: what would only introduce it is left out."""
    return message.removesuffix(": {value}")

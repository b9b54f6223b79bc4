"""Why a document needs a person: the closed list, each with its meaning and its fix.

A reason is a word in the ledger, in `connector exceptions` and in the name of the pandera check that found it, so it
never changes its meaning. Texts are templates over the problem's `field` and `value`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from connector_assets.delivery.money import amount_text
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
            "let the suppliers flow deliver it, or link it by hand: connector links set",
        ),
        Reason(
            "vendor_ambiguous",
            "normal",
            "a person has to say which vendor of the target this supplier is: {value}",
            "say it: connector mappings set <integration> vendor_matches <AN8> <vendor id>, or `new` for a vendor of "
            "its own; or link it: connector links set",
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
            "map it: connector mappings set <integration> countries {value} <ISO code>",
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
            "account_not_linked",
            "normal",
            "account {value} exists in the source but is not known in the target",
            "let the accounts flow deliver it, or add it to the target's chart and run the accounts flow",
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
            "let the departments flow deliver it, or map it to a record of the target: "
            "connector mappings set <integration> departments {value} <name or id of the record>",
        ),
        Reason(
            "department_missing_in_target",
            "normal",
            "business unit {value} is not in the target, and this flow only validates",
            "add it in the target, or map it: connector mappings set <integration> departments {value} "
            "<name or id of the record>; or set the departments flow's mode to `departments`",
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
            "distribution_missing",
            "normal",
            "the voucher has no distribution line",
            "post or complete the voucher's distribution in the source, then replay",
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
            "link the invoice by hand: connector links set",
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
            "solve it in BILL; or to have it reversed: connector mappings set <integration> payment_reversals "
            "<id of the bill payment> reverse",
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
            "enter the debit memo and link it to the credit by hand: connector links set; then replay",
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
            "map it: connector mappings set <integration> payment_terms {value} <code in the target>",
        ),
        Reason(
            "unit_not_mapped",
            "normal",
            "unit of measure {value} is neither mapped nor a unit of the target",
            "map it: connector mappings set <integration> units_of_measure {value} <code in the target>",
        ),
        Reason(
            "ship_to_not_mapped",
            "normal",
            "ship-to address {value} is not mapped to a location of the target",
            "map it, or the order's business unit: connector mappings set <integration> ship_to {value} "
            "<location code>; or set `ship_to_location` for the flow",
        ),
        Reason(
            "currency_unknown",
            "normal",
            "currency {value} is not active in the target",
            "activate the currency in the target, then replay",
        ),
        Reason(
            "not_approved_for_payment",
            "normal",
            "the voucher's pay status is {value}, which this flow does not send",
            "approve the voucher for payment in the source, or change `send_pay_statuses`",
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
            "map it: connector mappings set <integration> tax_codes {value} <AREA/EXPLANATION>",
        ),
        Reason(
            "exchange_rate_not_mapped",
            "normal",
            "no exchange rate is mapped for {value}",
            "map it: connector mappings set <integration> exchange_rates {value} <rate>, or set `exchange_rate: jde`",
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
            "open the period, or set `closed_period: first_open_day`, then replay",
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
            "compare both; if they are the same document, link them by hand: connector links set",
        ),
        Reason(
            "duplicate_in_target",
            "high",
            "the target holds more than one record of this document in force: {value}",
            "void all but the linked one in the target, or link the one that stays: connector links set; the next "
            "sweep or a replay closes this once it finds one only; until then nothing is sent for the document",
        ),
        Reason(
            "missing_in_target",
            "normal",
            "the linked document {value} no longer exists in the target",
            "restore it there, or remove the link and replay to create it anew",
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
    """A problem of the closed list, its texts filled in. An unknown reason is a bug and raises KeyError."""
    entry = REASONS[reason]
    text = "" if value is None else amount_text(value) if isinstance(value, Decimal) else str(value)
    return Problem(
        reason=reason,
        field=field,
        value=text,
        message=entry.message.format(field=field, value=text),
        fix=entry.fix.format(field=field, value=text),
        waits_for=waits_for,
    )

"""Reasons of documents that become vouchers of JD Edwards."""

from __future__ import annotations

from connector_assets.engine.reasons.entry import Reason

REASONS = (
    Reason(
        "needs_order_match",
        "normal",
        "a line is for an order of the target and cannot be matched to it: {value}",
        "set orchestrations.voucher_match of the connection, or voucher the order by hand, then replay",
    ),
    Reason(
        "not_received",
        "normal",
        "there is no receipt of {value} that is not yet vouchered",
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
        "it is not clear whether this is a credit: {value}",
        "have it entered in the source as a credit note whose lines are all of one sign, or as an ordinary invoice "
        "with a negative total; then replay",
    ),
    Reason(
        "discount_unclear",
        "normal",
        "the discount of the invoice is not clear: {value}",
        "have its amount and its last day entered in the source (a payment term gives the day), or have it removed; "
        "then replay",
    ),
    Reason(
        "discount_differs",
        "normal",
        "JD Edwards has another discount on the voucher than the invoice offers: {value}",
        "correct it on the voucher in JD Edwards (discount available and its due date), or have the orchestration "
        "write both and no payment term; then replay",
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
        "it is not known whether JD Edwards has a tax of explanation code {value} in the lines or beside them",
        "set in `tax_rules` of the flow whether {value} is in_lines, beside_lines or self_assessed, then replay",
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
        "the invoice has a {value} charge without an account, and none is set for it",
        "enter its account in the source, or set `charge_accounts.{value}` of the flow, then replay",
    ),
    Reason(
        "period_closed",
        "normal",
        "no G/L date is possible: {value}",
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
        "if the money has not left, take it out of the payment run, or void its payment, in JD Edwards, then "
        "replay; else enter the difference in JD Edwards as a voucher or debit memo of its own, then dismiss this "
        "one",
    ),
    Reason(
        "paid_though_void",
        "high",
        "it is no longer to be paid where it originates, and JD Edwards has paid its {field}, or is about to: {value}",
        "put what is open of it on a pay status that JD Edwards' payment run does not select, and take it out of a "
        "run that has selected it; if the money has left and comes back, void the payment in the system that made "
        "it; then replay, which voids the voucher; if the supplier keeps the money, enter the credit as a debit "
        "memo in JD Edwards, then dismiss this one; if it is owed after all, have it approved again; if it is void "
        "for good, dismiss this one, and do not enter it again, since it is paid",
    ),
    Reason(
        "voucher_changed",
        "normal",
        "somebody changed the {field} of its voucher in JD Edwards: {value}",
        "find out which side is right; if JD Edwards is wrong, set it back there: the next sync closes this one by "
        "itself; if JD Edwards is right, have the document corrected in the same way where it originates; a change "
        "that pays nobody more or less (number, date, tax, accounts) may stay: replay accepts it",
    ),
    Reason(
        "kept_back_in_jde",
        "normal",
        "JD Edwards holds its voucher back from payment, and would not hold back the voucher that follows: {value}",
        "if the reason for the hold is over, set the pay status back in JD Edwards: the next sync goes on by "
        "itself; if it is not, replay, and set the pay status of the new voucher before the next payment run; or "
        "correct the voucher in JD Edwards by hand, then dismiss this one",
    ),
    Reason(
        "void_not_configured",
        "normal",
        "voucher {value} must be voided, and the connection names no orchestration for it",
        "void it by hand, or set orchestrations.voucher_void of the connection, then replay",
    ),
    Reason(
        "match_reverse_not_configured",
        "normal",
        "voucher {value} relieves a purchase order and must be reversed, and the connection names no orchestration "
        "that reverses a voucher match",
        "reverse it in P4314 by hand, never by a void in A/P, or set orchestrations.voucher_match_reverse of the "
        "connection, then replay",
    ),
    Reason(
        "changed_after_delivery",
        "normal",
        "the invoice changed after its voucher {value} was entered",
        "void the voucher by hand and replay, or set `on_change: void_and_add`",
    ),
    Reason(
        "reporting_codes_differ",
        "normal",
        "JD Edwards has other {field} on the voucher than were sent: {value}",
        "correct them in JD Edwards, which accepts a 1099 code on a paid voucher too; or have the orchestration "
        "write them; then replay",
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
        "the batch run was requested long ago, and the transaction still waits: {value}",
        "look for the job in JD Edwards and run the batch there, or replay, which requests the run again",
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
        "restore the bill and its approval in BILL, or have its payment reversed there; then replay",
    ),
    Reason(
        "mark_missing",
        "normal",
        "voucher {value} lost the mark by which it is recognised",
        "write the mark into it again, then replay",
    ),
    Reason(
        "voucher_not_recognised",
        "high",
        "the batch run processed {value}, and no voucher in JD Edwards is recognised as its result",
        "look for its voucher in JD Edwards by supplier and invoice number; if it is there, link it: `connector "
        "links set {flow} {key} COMPANY/TYPE/NUMBER`; if it is not, check what the batch run reported, and enter it "
        "by hand, then link it",
    ),
    Reason(
        "void_voucher_unknown",
        "high",
        "JD Edwards has a void voucher of the same supplier, number and date, and its origin is not known: {value}; "
        "somebody may have voided what we entered",
        "if the invoice is to be entered again, replay; if it is not, dismiss this one",
    ),
    Reason(
        "document_numbers_used_up",
        "normal",
        "no document number of ours is left of {value}",
        "have a further range kept for us in JD Edwards, set `preset_first` and `preset_last` of the flow, then replay",
    ),
    Reason(
        "own_vouchers_unmatched",
        "high",
        "our user entered vouchers in JD Edwards whose documents are not known: {value}; until they are known "
        "nothing is entered, since it may be there already",
        "link each to its document: `connector links set {flow} {key} COMPANY/TYPE/NUMBER`; or, if it has none, "
        "name it in `not_ours` of the flow; then replay",
    ),
    Reason(
        "own_voucher_unknown",
        "high",
        "our user entered voucher {value} in JD Edwards, and its document is not known: it may be in the "
        "other system already",
        "if it belongs to a document there, link it: `connector links set {integration}/FLOW KEY "
        "COMPANY/TYPE/NUMBER`, where FLOW is the flow that enters vouchers; if not, name it in `not_ours` of that "
        "flow; then replay",
    ),
    Reason(
        "payer_settings_differ",
        "high",
        "with the pay status {value} of new vouchers both systems would pay, or neither",
        "set `unpayable_status`, and `payer` and `approved_status` if the flow has them, so that only one system "
        "pays; then replay",
    ),
    Reason(
        "many_deleted",
        "normal",
        "{value} invoices have disappeared from the source at once",
        "check what the login may see there; if they are really gone, raise `most_deleted`, then replay",
    ),
)

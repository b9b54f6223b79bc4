"""Reasons of vouchers that another system pays: their lines, the payer, the payee, and the time."""

from __future__ import annotations

from connector_assets.engine.reasons.entry import Reason

REASONS = (
    Reason(
        "distribution_does_not_agree",
        "normal",
        "the distribution lines come to {value} more than the voucher (with a minus: less)",
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
        "the voucher is a prepayment, for which the source has no distribution: {value}",
        "set `prepayment_account` of the flow if it has that setting, then replay; else pay it in the source, on a "
        "pay status or payment instrument that is not handed over",
    ),
    Reason(
        "withholding",
        "normal",
        "the voucher is subject to withholding tax in JD Edwards: {value}",
        "decide what the target may pay the supplier of such vouchers, and set `withholding` of the flow; then "
        "replay; or withhold the tax in JD Edwards, if that is still to be done; or pay the voucher there",
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
        "hold or void it in the target, and stop its payment if there is one; or release the hold in JD Edwards; "
        "the next sync closes this one by itself",
    ),
    Reason(
        "not_posted",
        "normal",
        "the voucher is not posted: {field} {value}",
        "post the {field} in JD Edwards, or correct what prevents the posting: then the next sync sends the voucher "
        "by itself; or set `posted: any` for the flow",
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
        "nothing: it follows once that bill no longer contains it or is archived; if that bill cannot change, "
        "correct it",
    ),
    Reason(
        "already_scheduled",
        "high",
        "the source {field} it, and the target has paid it or is about to: {value}",
        "stop the payment in the target, or let it go out and correct the voucher in the source; then replay",
    ),
    Reason(
        "paid_by_another",
        "high",
        "Coupa shows as paid what JD Edwards did not pay: {value}",
        "find out whether that money has left: if it has, settle the voucher in JD Edwards, so that it is not paid "
        "again, and stop a payment of Coupa Pay that is under way; remove the payment, or the mark, in Coupa; then "
        "replay: the payment of JD Edwards is reported then; if both have left, and one of them comes back, dismiss "
        "this one",
    ),
    Reason(
        "more_payable",
        "high",
        "the target would pay more than the source owes: {field} {value}",
        "correct the document in the target, or the voucher in the source, and stop a payment that is under way; then "
        "replay",
    ),
    Reason(
        "payable_in_both",
        "high",
        "JD Edwards and the other system can both pay it: {value}",
        "in JD Edwards put the pay item on a pay status that its payment run does not select, or make the document "
        "unpayable in the other system; the next sync checks again",
    ),
    Reason(
        "bank_account_changed",
        "high",
        "the payee's bank account has changed while documents are open: {value}",
        "call the payee on a number that you have known for long, never on one from the message that asked for the "
        "change; if the account is wrong, correct it in its system, and stop what is about to be paid; a second "
        "person, not the one who changed it, closes the exception of the supplier and records what was found out: "
        "`connector exceptions dismiss ID --note NOTE`; what is held for it is then sent by itself",
    ),
    Reason(
        "not_handed_over",
        "normal",
        "JD Edwards' own payment run selects it, so no other system may pay it: {value}",
        "set `handed_over_status` of the flow and the orchestration voucher_pay_status of the connection, then "
        "replay; or give the pay item a pay status, payment instrument or bank account that the run does not select "
        "(`payment_run` of the connection)",
    ),
    Reason(
        "left_by_order",
        "normal",
        "the bill of its order is paid, and nobody pays what is left of the voucher: {value}",
        "in JD Edwards put it on a pay status that its payment run selects, or pay it there by hand; the next sync "
        "does not change it",
    ),
    Reason(
        "no_return_status",
        "high",
        "the payment was reversed, and once it is void JD Edwards' payment run would pay the voucher: {value}",
        "give the orchestration the input ReturnStatus, a pay status that it sets once the payment is void; then "
        "replay",
    ),
    Reason(
        "factored",
        "normal",
        "the voucher is to be paid to {value}, who is not its supplier, and the target pays the supplier",
        "have JD Edwards pay it, or correct its payee there; with `factored: payee` it becomes a document of the payee",
    ),
    Reason(
        "paid_to_another",
        "high",
        "the target paid another party than the voucher names: {value}",
        "find out who has the money: have it returned in the target, or make the party that was paid the payee in "
        "JD Edwards; then replay",
    ),
    Reason(
        "payee_changed",
        "high",
        "the {field} in the target is not the party to be paid: {value}",
        "have a payment that is under way stopped there, and what was paid returned; if somebody gave the record to "
        "another party, give it back to the right one, or archive it in BILL and replay: a new one is created for "
        "the party to be paid in the source; restore supplier and payee of a voucher in JD Edwards, or give its "
        "document the supplier that JD Edwards names; if JD Edwards pays and the change is meant, replay",
    ),
    Reason(
        "credit_applied_by_hand",
        "normal",
        "BILL settled a part with vendor credits and without a payment, which JD Edwards does not learn: {field} "
        "{value}",
        "in BILL remove the credit from the bill, and apply it in the payment of the bill: that payment settles "
        "both in JD Edwards; or settle voucher and debit memo against each other in JD Edwards, by a payment of "
        "zero; then replay",
    ),
    Reason(
        "credit_already_applied",
        "high",
        "the source reversed or settled the credit, and the target has applied it: {value}",
        "undo in the target what the credit was applied to, or correct the credit in the source; then replay",
    ),
)

"""Reasons of payments, made on either side."""

from __future__ import annotations

from connector_assets.engine.reasons.entry import Reason

REASONS = (
    Reason(
        "settled_without_payment",
        "normal",
        "JD Edwards has closed {value} of the voucher, and no valid payment covers it",
        "find out in JD Edwards what closed it (a journal entry, netting, a conversion, a correction that closes "
        "the old row); if money was paid, record it in the target by hand, then dismiss this one; if nobody is owed "
        "it any more, dismiss this one; else have the voucher corrected in JD Edwards: the next sync closes this "
        "one by itself",
    ),
    Reason(
        "payment_taken_back",
        "normal",
        "the source has voided or deleted {field} {value}, which is recorded in the target as paid",
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
        "link the invoice by hand: `connector links set {flow} {key} ID`, where ID is the invoice's id in the target",
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
        "correct the voucher in JD Edwards, or have the payment returned, then replay",
    ),
    Reason(
        "short_by_discount",
        "normal",
        "BILL paid less than is open, by exactly the discount of the voucher: {value}",
        "if the discount is taken: `connector mappings set {integration} payment_discounts {last} taken`, or enter "
        "the payment by hand if the message says that it cannot be sent; if the rest is still owed: `connector "
        "mappings set {integration} payment_discounts {last} part`",
    ),
    Reason(
        "paid_in_both",
        "high",
        "JD Edwards and BILL have both paid it: {value}",
        "get one of the payments back: void it in BILL, or in JD Edwards and then replay",
    ),
    Reason(
        "payment_not_funded",
        "normal",
        "BILL could not take the money for it from the bank, and pays nobody: {value}",
        "retry or cancel the payment in BILL: the next sync goes on from there",
    ),
    Reason(
        "payment_unfinished",
        "normal",
        "BILL has begun the payment and does not finish it: {value}",
        "find out in BILL what stops it, and have it approved, released, voided or cancelled; the next sync goes on "
        "from there",
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
        "ask the bank; if the money has not left: `connector mappings set {integration} payment_reversals {last} "
        "reverse`; if it has: `connector mappings set {integration} payment_reversals {last} post`",
    ),
    Reason(
        "voucher_blocked",
        "normal",
        "BILL paid a pay item that JD Edwards has blocked: {value}",
        "release the pay item in JD Edwards, or have the payment returned, then replay",
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
        "more was applied of the debit memo than is open: {value}",
        "reopen the debit memo in JD Edwards, or have the credit returned in BILL, then replay",
    ),
    Reason(
        "payment_number_shared",
        "normal",
        "payment number {value} would belong to two payments of one pay item",
        "enter one of them by hand in JD Edwards under a number of its own and dismiss it; replay the other",
    ),
    Reason(
        "journal_mode_refused",
        "high",
        "the mode `journal` would leave vouchers open to be paid again: {value}",
        "see what `connector ping` says about it, or set `mode: settle`, then replay",
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
        "close it in JD Edwards before a payment run selects it, and correct the orchestration; then replay",
    ),
    Reason(
        "number_out_of_range",
        "normal",
        "{field} of {value} is outside the range that the target accepts",
        "set `payment_number_base` of the flow so that it fits, then replay",
    ),
    Reason(
        "another_payer",
        "high",
        "this flow reports the payments of the other system: {value}",
        "let one system pay: set `payer` of approved_invoices, and remove the other payment flow, then replay",
    ),
)

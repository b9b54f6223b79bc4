"""The acts on payments that somebody else made: recorded, voided, or posted as a journal."""

from __future__ import annotations

from connector_resources.jde.contract.model import Act, Output, Step
from connector_resources.jde.contract.parts import RETURN_STATUS, VOUCHER, amount, day, number, rows, text

_BASE = "in the company's currency"
_OWN = "in the voucher's currency"
_BY_ITEM = (
    text("PayItem", 3, "pay item", "001", "F0411.SFX"),
    amount("ItemAmount", _BASE, "60.00", "F0414.PAAP", need="where", when="the voucher is in the company's currency"),
    amount("ItemForeignAmount", _OWN, "", "F0414.PFAP", need="where", when="the voucher is foreign"),
)
_BILL = "BILL's payments are posted (`jde_bill`)"

RECORD = Act(
    name="payment_record",
    purpose="Record one payment that another system made, under the number that it is given, without paying anybody.",
    inputs=(
        *VOUCHER,
        day("PaymentDate", "date of the payment", "2026-05-05", "F0413.DMTJ"),
        day("GLDate", "G/L date, in an open period", "2026-05-05", "F0911.DGJ"),
        number("PaymentNumber", "number to give", "80000123", "F0413.DOCM"),
        amount(
            "Amount",
            f"what is paid {_BASE}",
            "118.00",
            "F0414.PAAP",
            need="where",
            when="one voucher in the company's currency is paid as a whole",
        ),
        amount(
            "ForeignAmount",
            f"what is paid {_OWN}",
            "",
            "F0414.PFAP",
            need="where",
            when="one foreign voucher is paid as a whole",
        ),
        amount(
            "DiscountTaken",
            f"discount taken {_BASE}; the voucher is closed by both together",
            "2.00",
            "F0414.ADSA",
            need="where",
            when="there is one",
        ),
        amount(
            "ForeignDiscountTaken",
            f"the same {_OWN}",
            "",
            "F0411.CDSA",
            need="where",
            when="there is one and the voucher is foreign",
        ),
        rows(
            "PayItems",
            "pay items of the voucher that are paid, instead of `Amount`",
            _BY_ITEM,
            need="feature",
            when=_BILL,
        ),
        rows(
            "FurtherPayItems",
            "pay items of further vouchers that the same payment pays",
            (*VOUCHER, *_BY_ITEM),
            need="feature",
            when=_BILL,
        ),
        rows(
            "Credits",
            "pay items of debit memos that it is less; amounts negative",
            (*VOUCHER, *_BY_ITEM),
            need="feature",
            when=_BILL,
        ),
    ),
    steps=(
        Step(
            "Manual payment with voucher match (P0413M) on the bank account that the site books such payments on:"
            " payee of the voucher, payment date, G/L date, number",
            "jde-ais 3.6",
            inferred=True,
            open="form, bank account by company, payment instrument that prints nothing",
        ),
        Step(
            "Select the pay items; amount and discount of each. `Amount` without `PayItems` is spread over the open pay"
            " items in their order",
            "jde-ais 3.6",
            inferred=True,
        ),
        Step("Return PYID of F0413", "jde-ais 3.6"),
    ),
    outputs=(Output("PaymentID", "numeric", "PYID of the payment (F0413)", key=True),),
    writes=("F0413", "F0414", "F0411", "F0911", "F0011"),
    refuses=(
        "a payment number that the bank account has already",
        "more than is open of a pay item",
        "a voucher that is void, or in payment (# or Z)",
        "a G/L date in a closed period",
    ),
    never=(
        "print, transmit or otherwise make a payment",
        "pay part of what is named and leave the rest: all of it or nothing",
        "take a discount that is not sent",
        "take another number than the one that is sent",
    ),
    once="The same number is refused where JDE checks it; the caller looks first all the same.",
)

VOID = Act(
    name="payment_void",
    purpose="Void one payment that was recorded, and reopen what it had paid.",
    inputs=(
        number("PaymentID", "PYID of the payment", "815", "F0413.PYID", size=15),
        day("VoidDate", "G/L date of the void, in an open period", "2026-05-31", "F0413.VDGJ"),
        RETURN_STATUS,
    ),
    steps=(
        Step(
            "Void the payment (P0413M), not its vouchers: F0413.VDGJ, F0414 PO, F0411.AAP comes back with PST A",
            "jde-ais 15",
            inferred=True,
            open="its form and the choice between payment and vouchers",
        ),
        Step(
            "Where `ReturnStatus` is not empty, put that status on every pay item that was opened (P0411S), before"
            " anything else can select them",
            "jde-ais 15",
            inferred=True,
        ),
    ),
    outputs=(Output("PaymentID", "numeric", "PYID, repeated", key=True),),
    writes=("F0413", "F0414", "F0411", "F0911", "F0011"),
    refuses=("a payment that is void already", "a payment that is reconciled", "a G/L date in a closed period"),
    never=(
        "void the vouchers with it",
        "end between the void and the return status: both or none",
        "delete a payment that is not posted where the site voids them",
    ),
    once="A payment that is void is refused; it is never voided twice.",
)

JOURNAL = Act(
    name="payment_journal",
    purpose="Post one payment of BILL as a journal, and close the pay items that it pays; with opposite signs take it"
    " back, and open them.",
    inputs=(
        text("Company", 5, "company of the journal", "00001", "F0911.CO"),
        day("GLDate", "G/L date, in an open period", "2026-05-05", "F0911.DGJ"),
        text("Currency", 3, "currency of the voucher", "USD", "F0911.CRCD"),
        text("Explanation", 30, "explanation of the journal", "PV 4711 paid in BILL", "F0911.EXA"),
        text(
            "Remark",
            30,
            "`BILL` and the payment's id, and ` VOID` in a reversal; exactly as written",
            "BILL stp01ABC",
            "F0911.EXR",
        ),
        text("Reference", 8, "the payment's number with leading zeros, on every line", "80000123", "F0911.R2"),
        number("Supplier", "address number, on every line", "4343", "F0911.AN8"),
        text("ClosePayItem", 1, "1: close the pay items of `PayItems` in the same call", "1", one_of=("1",)),
        RETURN_STATUS,
        rows(
            "Lines",
            "the lines of the journal; they make zero",
            (
                text("Account", 29, "unit.object.subsidiary", "1.4110", "F0911.ANI"),
                amount("Amount", _BASE, "118.00", "F0911.AA"),
                amount("ForeignAmount", _OWN, "", "F0911.ACR", need="where", when="the voucher is foreign"),
            ),
        ),
        rows(
            "PayItems",
            "pay items to close; with negative amounts to open again",
            (
                *VOUCHER,
                text("PayItem", 3, "pay item", "001", "F0411.SFX"),
                amount("ItemAmount", _BASE, "118.00", "F0411.AAP"),
                amount("ItemForeignAmount", _OWN, "", "F0411.FAP", need="where", when="the voucher is foreign"),
            ),
        ),
    ),
    steps=(
        Step(
            "P0911: one journal (JE, ledger AA) with the lines, R2 and EXR on each", "jde-ais 3.5, 11.2", inferred=True
        ),
        Step(
            "Bring AAP (FAP) of each pay item down by its amount, PST P where nothing is left; up again where it is"
            " negative, on `ReturnStatus` where it is given",
            open="JD Edwards has no such program of its own: without a way of the site's own this act cannot be"
            " built, and payments are settled by `payment_record`",
        ),
    ),
    outputs=(Output("JournalNumber", "numeric", "number of the journal (DOC)", key=True),),
    writes=("F0911", "F0011", "F0411"),
    refuses=("lines that do not make zero", "more than is open of a pay item", "a G/L date in a closed period"),
    never=(
        "post the journal and leave a pay item open: it would be paid again",
        "change R2 or EXR: the entry is known by them",
    ),
    once="JDE does not know a repetition by itself: the caller looks by R2 first, and never sends again blindly.",
    optional="Only for mode `journal` of `jde_bill/payments`.",
)

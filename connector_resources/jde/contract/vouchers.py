"""The acts on vouchers: entered at once, added to the batch files and run, matched to orders, voided, put on a pay
status."""

from __future__ import annotations

from connector_resources.jde.contract.model import Act, Input, Output, Step
from connector_resources.jde.contract.parts import VOUCHER, amount, day, number, rows, text

_MARK = "vouchers are known by our mark of old"
_PRESET = "vouchers are known by document numbers of ours (`preset_document`)"
_BASE = "in the company's currency"
_OWN = "in the voucher's currency"
_FOREIGN = "the voucher is foreign (`CurrencyMode` F)"
_DOMESTIC = "the voucher is in the company's currency, or its rate is known; else JDE converts"

HEADER = (
    number("Supplier", "address number of the supplier", "4343", "F0411.AN8"),
    text("InvoiceNumber", 25, "the supplier's invoice number, exactly as written", "INV-7", "F0411.VINV"),
    day("InvoiceDate", "date on the invoice; service date too, where JDE asks for one", "2026-04-05", "F0411.DIVJ"),
    day("GLDate", "G/L date, in an open period", "2026-04-05", "F0411.DGJ"),
    text("Company", 5, "company that owes it, with leading zeros", "00001", "F0411.CO"),
    text("Currency", 3, "currency code of the voucher, as F0013 spells it", "GBP", "F0411.CRCD"),
    text(
        "CurrencyMode",
        1,
        "D: in the company's currency; F: in another",
        "D",
        "F0411.CRRM",
        one_of=("D", "F"),
    ),
    Input(
        "ExchangeRate",
        "numeric",
        "the rate by which amounts were converted, such as `1.2345`; empty: JDE takes its own (F0015)",
        "",
        "F0411.CRR",
        15,
        0,
        "where",
        f"{_FOREIGN} and the rate is known",
    ),
    text("PaymentTerms", 3, "terms code; empty: the supplier's", "N30", "F0411.PTC", need="where", when="known"),
    text(
        "Remark",
        30,
        "remark of each pay item, exactly as written",
        "PO 4500012",
        "F0411.RMK",
        need="where",
        when="there is one",
    ),
    text("DocumentType", 2, "document type to give: vouchers and debit memos", "PV", "F0411.DCT"),
    number(
        "DocumentNumber",
        "number to give, from the range that the site keeps for us; never one from next numbers then",
        "",
        "F0411.DOC",
        need="feature",
        when=_PRESET,
    ),
    text(
        "DocumentCompany",
        5,
        "document company to give beside the number",
        "",
        "F0411.KCO",
        need="feature",
        when=_PRESET,
    ),
    text("Reference", 25, "mark of ours", "", "F0411.VR01", need="feature", when=f"{_MARK} in VR01"),
    text("UserReference", 15, "mark of ours", "", "F0411.URRF", need="feature", when=f"{_MARK} in URRF"),
)

_1099 = (
    text("Flag1099", 1, "1099 flag", "", "F0411.TNN", need="feature", when="the flow sends 1099 flags (`flags_1099`)"),
    text("Code1099", 3, "1099 code", "", "F0411.AC07", need="feature", when="the flow sends 1099 codes (`code_1099`)"),
)
_TAX = (
    amount(
        "TaxAmount",
        f"tax {_BASE}",
        "20.00",
        "F0411.STAM",
        need="where",
        when=f"there is tax that the supplier asks for; {_DOMESTIC}",
    ),
    amount("ForeignTax", f"tax {_OWN}", "", "F0411.CTAM", need="where", when=_FOREIGN),
    text("TaxRateArea", 10, "tax rate area; empty: none", "GB20", "F0411.TXA1", need="where", when="there is tax"),
    text(
        "TaxExplanation", 2, "tax explanation code; empty: none", "V", "F0411.EXR1", need="where", when="there is tax"
    ),
)
_DISCOUNT = "a discount is sent with its own date (never with `PaymentTerms`, which would compute another)"

PAY_ITEMS = rows(
    "PayItems",
    "one row a pay item, in this order (SFX 001, 002 …)",
    (
        amount("GrossAmount", f"gross {_BASE}, tax included", "120.00", "F0411.AG", need="where", when=_DOMESTIC),
        amount("ForeignAmount", f"gross {_OWN}, tax included", "", "F0411.ACR", need="where", when=_FOREIGN),
        amount("TaxableAmount", f"taxable {_BASE}", "100.00", "F0411.ATXA", need="where", when="there is tax"),
        *_TAX,
        day("DueDate", "due date; empty: by the terms", "2026-05-05", "F0411.DDJ", need="where", when="known"),
        text("PayStatus", 1, "pay status to give", "A", "F0411.PST"),
        amount(
            "DiscountAvailable",
            f"discount {_BASE}",
            "",
            "F0411.ADSC",
            need="feature",
            when=_DISCOUNT,
        ),
        amount(
            "ForeignDiscountAvailable",
            f"discount {_OWN}",
            "",
            "F0411.CDS",
            need="feature",
            when=f"{_DISCOUNT}; {_FOREIGN}",
        ),
        day("DiscountDueDate", "last day of the discount", "", "F0411.DDNJ", need="feature", when=_DISCOUNT),
        *_1099,
    ),
)

DISTRIBUTION = rows(
    "Distribution",
    "one row a line of the general ledger; with the tax that JDE posts by itself they make the gross amount",
    (
        text("Account", 29, "unit.object.subsidiary", "30.8720", "F0911.ANI"),
        amount("Amount", _BASE, "100.00", "F0911.AA", need="where", when=_DOMESTIC),
        amount("ForeignAmount", _OWN, "", "F0911.ACR", need="where", when=_FOREIGN),
        text("Explanation", 30, "remark of the line", "Toner", "F0911.EXR", need="where", when="there is one"),
    ),
)

MADE = (
    Output("DocumentNumber", "numeric", "number of the voucher (DOC)", key=True),
    Output("DocumentType", "string", "its type (DCT)", optional=True),
    Output("DocumentCompany", "string", "its document company (KCO)", optional=True),
    Output("LedgerBatch", "numeric", "the batch of the general ledger that it is in (ICU)", optional=True),
)
_MARKS_ONLY = (
    "write VR01 or any field reserved for users (URC1, URDT, URAT, URAB, URRF) unless the inputs `Reference` or"
    " `UserReference` are sent: no page promises that they survive"
)

ENTER = Act(
    name="voucher_enter",
    purpose="Enter one voucher with all its pay items and its distribution, at once.",
    inputs=(*HEADER, PAY_ITEMS, DISTRIBUTION),
    steps=(
        Step("Form request on P0411, form W0411G: Add", "jde-ais 13"),
        Step(
            "On W0411A the header: company, supplier, invoice number, invoice date, G/L date, terms, currency and rate"
            " (tick Foreign for mode F), then one grid row a pay item. The header is locked once the grid is entered",
            "jde-ais 13",
            open="control and column numbers of the site's release",
        ),
        Step(
            "Where `DocumentNumber` is not empty, type it with type and company before the grid; else leave the number"
            " to next numbers",
            "jde-ais 13, 11.4",
        ),
        Step("OK on W0411A; where it comes back with warnings alone, the same OK once more", "jde-ais 13"),
        Step(
            "On W0411K one grid row a line of `Distribution`, account and amount, then OK, once more where it comes"
            " back with warnings alone. Only this OK writes F0411 and F0911; some set-ups show W0411B instead",
            "jde-ais 13",
        ),
        Step("Return the number that the form shows (DOC), its type, company and batch", "jde-ais 14.1", inferred=True),
    ),
    outputs=MADE,
    writes=("F0411", "F0911", "F0011"),
    refuses=(
        "a supplier, company, account, tax area or currency that JDE does not know",
        "a G/L date in a closed period",
        "lines that with the tax do not make the gross amount",
        "a supplier's invoice number that is there already, where the A/P constant says error (1912)",
        "a document number that is taken",
    ),
    never=(
        "leave W0411K after the OK of W0411A without its own OK: all of it or nothing",
        "take a next number where `DocumentNumber` is given",
        "shorten an invoice number",
        "post the batch, or approve it, unless the site wants that of every voucher",
        _MARKS_ONLY,
    ),
    once="JDE does not know a repetition by itself: the caller looks first, and never sends again blindly.",
)

_BATCH = text("BatchNumber", 15, "the batch of the batch files: one for each voucher", "CPA1538-1", "F0411Z1.EDBT")

BATCH_ADD = Act(
    name="voucher_batch_add",
    purpose="Put the rows of one voucher into the batch files, from which the batch run makes the voucher later.",
    inputs=(
        _BATCH,
        text("TransactionNumber", 22, "the voucher among the batch files", "CPA1538-1", "F0411Z1.EDTN"),
        *HEADER,
        PAY_ITEMS,
        DISTRIBUTION,
    ),
    steps=(
        Step(
            "One row of F0411Z1 a pay item: EDUS the user, EDBT, EDTN, EDLN 1, 2 …, EDSP 0, EDTC A, EDTR V, ICUT V,"
            " KCO the document company, else the company; a form request on P0411Z1 or a custom step",
            "jde-ais 3.6, 11.1",
            open="whether P0411Z1 takes every column by form; a business function or a connector else",
        ),
        Step(
            "After them one row of F0911Z1 a line: the same EDUS, EDBT, EDTN, EDSP, EDTC and EDTR, EDLN 1, 2 …, the"
            " same KCO (and DCT, DOC where they are given), LT AA, AM 2, a JELN of its own for each line",
            "jde-ais 11.2, 11.3",
        ),
        Step(
            "DOC only where `DocumentNumber` is not empty: the processor fills a blank from next numbers and keeps a"
            " given one. Amounts are plain values; only SQL would need them raw",
            "jde-ais 11.3, 11.4, 8",
        ),
        Step(
            "For mode F write ACR and CRR; with a rate AG too and CRRM 3, so that JDE takes both as they are",
            "jde-ais 11.1",
            inferred=True,
        ),
    ),
    outputs=(
        Output("BatchNumber", "string", "the batch, repeated", optional=True),
        Output("TransactionNumber", "string", "the transaction, repeated", optional=True),
    ),
    writes=("F0411Z1", "F0911Z1"),
    refuses=("rows of a key (EDUS, EDBT, EDTN, EDLN) that are there already",),
    never=(
        "leave a row of F0911Z1 without its F0411Z1: it puts everything after it out of balance",
        "change or delete rows that are there, or add to a batch that was run",
        "start the batch run",
        _MARKS_ONLY,
    ),
    once="The same key is refused by the database: nothing is doubled.",
)

BATCH_RUN = Act(
    name="voucher_batch_run",
    purpose="Start the batch voucher processor over one batch of the batch files.",
    inputs=(
        _BATCH,
        text("Mode", 5, "final writes the ledgers, proof only checks", "final", one_of=("final", "proof")),
    ),
    steps=(
        Step(
            "Report R04110ZA in a version of the site's own, data selection or option EDBT = `BatchNumber`, option EDUS"
            " the user; mode by `Mode`; do not wait for its end (fire and forget)",
            "jde-ais 3.3, 11.3",
        ),
        Step("Options: out of balance not allowed; versions P0400047 and P0900049 of the site", "jde-ais 11.3"),
    ),
    outputs=(Output("JobNumber", "numeric", "the job's number, for people", optional=True),),
    writes=("F0411", "F0911", "F0011", "F0411Z1.EDSP", "F0911Z1.EDSP"),
    never=(
        "take any other batch with it: a blank selection runs all that wait",
        "answer an error because a transaction was rejected: `voucher_batch_status` reports that",
    ),
    once="What was processed (EDSP 1) is not taken again; a second run beside the first must not be possible"
    " (one queue, one job at a time).",
)

BATCH_STATUS = Act(
    name="voucher_batch_status",
    purpose="Say what the work center holds against transactions of a batch that the run left behind.",
    inputs=(_BATCH,),
    steps=(
        Step("Data request on F0411Z1 where EDBT = `BatchNumber`: EDTN and EDSP of each transaction", "jde-ais 11.4"),
        Step(
            "The work center's messages about each, where the site can read them",
            inferred=True,
            open="how messages are found by their transaction; an empty `Message` else",
        ),
    ),
    outputs=(
        Output(
            "Transactions",
            "array",
            "one row a transaction that the batch files still have",
            members=(
                Output("TransactionNumber", "string", "EDTN"),
                Output("Processed", "string", "EDSP: 1 done; 0 or blank not done, or rejected"),
                Output("Message", "string", "why it was rejected; empty where nothing is said"),
            ),
        ),
    ),
    never=("change anything",),
    reads=True,
    optional="Without it a rejected transaction is only seen as waiting.",
)

MATCH = Act(
    name="voucher_match",
    purpose="Enter one voucher that relieves lines of purchase orders; what is for no order is distributed.",
    inputs=(
        *HEADER,
        text("PayStatus", 1, "pay status to give", "A", "F0411.PST"),
        day("DueDate", "due date; empty: by the terms", "2026-05-05", "F0411.DDJ", need="where", when="known"),
        *_TAX,
        *_1099,
        rows(
            "Lines",
            "one row an order line that is vouchered",
            (
                text("POCompany", 5, "order company", "00001", "F4311.KCOO"),
                number("PONumber", "order number", "4500012", "F4311.DOCO"),
                text("POType", 2, "order type", "OP", "F4311.DCTO"),
                Input("POLine", "numeric", "line number", "1.000", "F4311.LNID", 6, 3),
                Input("Quantity", "numeric", "plain quantity; 0: by amount", "10", "F43121.UREC", 15),
                amount("Amount", f"without tax, {_BASE}", "100.00", "F43121.AREC", need="where", when=_DOMESTIC),
                amount("ForeignAmount", f"without tax, {_OWN}", "", "", need="where", when=_FOREIGN),
            ),
        ),
        DISTRIBUTION,
    ),
    steps=(
        Step("P4314, voucher match: header as in `voucher_enter`", "jde-ais 3.5, 13", open="its forms were not read"),
        Step(
            "Find the receipts of each row of `Lines` (F43121, MATC 1), else the line where the site matches two"
            " ways; fill quantity and amount; match",
            "jde-ais 12.5",
            inferred=True,
        ),
        Step("Rows of `Distribution` as lines of the general ledger; it may be empty", inferred=True),
        Step("OK, once more where it comes back with warnings alone", "jde-ais 13", inferred=True),
    ),
    outputs=MADE,
    writes=("F0411", "F0911", "F43121", "F4311", "F0011"),
    refuses=(
        "more than was received and not vouchered yet",
        "an order line of another supplier, currency or company",
        "a price beyond the site's tolerance",
    ),
    never=(
        "enter a voucher without relieving every row of `Lines`: all of them or nothing",
        "close a line with a quantity still to come",
        "take a next number where `DocumentNumber` is given",
        _MARKS_ONLY,
    ),
    once="What was vouchered is not there to be matched again: a repetition is refused.",
)

VOID = Act(
    name="voucher_void",
    purpose="Void one unpaid voucher of accounts payable.",
    inputs=(*VOUCHER, day("GLDate", "G/L date of the reversal, in an open period", "2026-04-30", "F0911.DGJ")),
    steps=(
        Step(
            "P0411, form W0411G: find by document company, type and number; void all its pay items",
            "jde-ais 13, 15",
            inferred=True,
            open="the form of the void and its G/L date on the site's release",
        ),
        Step(
            "A posted voucher becomes void (VOD V, AAP 0, PST P, an audit row PE); an unposted one is deleted",
            "jde-ais 15",
        ),
    ),
    outputs=(),
    writes=("F0411", "F0911", "F0011"),
    refuses=(
        "a voucher that is paid, partly paid or in payment",
        "a voucher made by procurement (F43121 has its document): `voucher_match_reverse` does that",
        "a G/L date in a closed period",
    ),
    never=("void single pay items", "void a payment", "delete rows by any other way than the program"),
    once="A voucher that is void is refused, or nothing happens; it is never voided twice.",
)

MATCH_REVERSE = Act(
    name="voucher_match_reverse",
    purpose="Reverse one unpaid voucher of procurement, so that its order lines are open to be vouchered again.",
    inputs=(*VOUCHER, day("GLDate", "G/L date of the reversal, in an open period", "2026-04-30", "F0911.DGJ")),
    steps=(
        Step(
            "P4314: find the voucher by company, type and number; reverse all its matched lines",
            "jde-ais 15, 13",
            open="its forms were not read",
        ),
        Step("Unposted it is deleted there; posted it gets reversing entries", "jde-ais 15"),
    ),
    outputs=(),
    writes=("F0411", "F0911", "F43121", "F4311", "F0011"),
    refuses=("a voucher that is paid, partly paid or in payment", "a voucher that procurement did not make"),
    never=("void the voucher in accounts payable (P0411), which damages the purchasing data", "reverse the receipt"),
    once="A voucher that was reversed is refused; it is never reversed twice.",
    optional="Without it a voucher made by procurement is not taken back by the connector, and its document is held.",
)

PAY_STATUS = Act(
    name="voucher_pay_status",
    purpose="Put open pay items of one voucher on a pay status.",
    inputs=(
        *VOUCHER,
        text("PayStatus", 1, "pay status to set", "H", "F0411.PST"),
        rows(
            "PayItems",
            "which ones; left out: all open pay items of the voucher",
            (text("PayItem", 3, "pay item", "001", "F0411.SFX"),),
            need="where",
            when="not all are meant",
        ),
    ),
    steps=(
        Step(
            "Speed status change P0411S: find by company, type and number; set PST of the open pay items that are"
            " meant",
            "jde-ais 15",
            open="its form and controls",
        ),
    ),
    outputs=(),
    writes=("F0411.PST",),
    refuses=("a pay status that UDC 00/PS does not have", "a pay item that is not there"),
    never=(
        "touch paid pay items, or such in payment (# or Z)",
        "change due date, payee, bank account or payment instrument",
        "set other pay items than those that are named",
    ),
    once="What has the status already stays as it is, and is no error.",
)

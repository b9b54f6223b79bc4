"""Orchestrations on payments: record one, void one, and the journal that says what was paid elsewhere (jde-ais
sections 3.4 and 3.6)."""

from __future__ import annotations

from connector_sandbox.jde.journals import Closed, Line
from connector_sandbox.jde.orchestrating import (
    KEY,
    KEY_REQUIRED,
    Inputs,
    InputType,
    Orchestration,
    OrchestrationContext,
    Result,
    rows_required,
    voucher_key,
)
from connector_sandbox.jde.payments import Order, Other, Share


def _record_payment(context: OrchestrationContext, inputs: Inputs) -> Result:
    items = {
        f"{row.whole('PayItem'):03d}": _share(row, "ItemAmount", "ItemForeignAmount", "ItemDiscount")
        for row in inputs.rows("PayItems")
    }
    share = _share(inputs, "Amount", "ForeignAmount", "DiscountTaken", "ForeignDiscountTaken")
    others = {grid: _others(inputs, grid) for grid in ("FurtherPayItems", "Credits")}
    order = Order(voucher_key(inputs), share, items, others["FurtherPayItems"], others["Credits"])
    day = inputs.day("PaymentDate") or context.reader.today
    number, posted = inputs.whole("PaymentNumber"), inputs.day("GLDate")
    payment = context.payments.record(order, day, number=number, posted=posted)
    data = context.environment.database["F0413"]
    row = data.get({"PYID": payment})
    assert row is not None
    return Result({"PaymentID": payment, "PaymentNumber": data.value(row, "DOCM"), "Amount": data.value(row, "PAAP")})


def _others(inputs: Inputs, grid: str) -> list[Other]:
    """Pay items of other documents."""
    return [
        Other(voucher_key(row), f"{row.whole('PayItem'):03d}", _share(row, "ItemAmount", "ItemForeignAmount"))
        for row in inputs.rows(grid)
    ]


def _share(inputs: Inputs, amount: str, foreign: str, discount: str = "", foreign_discount: str = "") -> Share:
    """What is to be paid; an input that is left out or 0 is not given."""
    numbers = [inputs.number(name) or None for name in (amount, foreign, foreign_discount)]
    return Share(numbers[0], numbers[1], inputs.number(discount), numbers[2])


def _void_payment(context: OrchestrationContext, inputs: Inputs) -> Result:
    payment = inputs.whole("PaymentID")
    context.voiding.payment(
        payment, inputs.day("VoidDate") or context.reader.today, reopened_on=inputs.text("ReturnStatus")
    )
    return Result({"PaymentID": payment})


def _add_journal(context: OrchestrationContext, inputs: Inputs) -> Result:
    header = {
        "CO": inputs.text("Company"),
        "DGJ": inputs.day("GLDate") or context.reader.today,
        "CRCD": inputs.text("Currency"),
        "EXA": inputs.text("Explanation"),
        "EXR": inputs.text("Remark"),
        "R2": inputs.text("Reference"),
        "AN8": inputs.whole("Supplier"),
    }
    lines = [
        Line(row.text("Account"), row.number("Amount"), row.number("ForeignAmount")) for row in inputs.rows("Lines")
    ]
    closing = inputs.text("ClosePayItem") not in ("", "0", "N")
    closed = [
        Closed(
            voucher_key(row), f"{row.whole('PayItem'):03d}", row.number("ItemAmount"), row.number("ItemForeignAmount")
        )
        for row in inputs.rows("PayItems")
    ]
    return Result(
        {"JournalNumber": context.journals.add(header, lines, closed if closing else [], inputs.text("ReturnStatus"))}
    )


_ITEMS: dict[str, InputType] = {
    "PayItem": "String",
    "ItemAmount": "Numeric",
    "ItemForeignAmount": "Numeric",
    "ItemDiscount": "Numeric",
}

# a grid that names documents of its own has no one-row form
_OTHER_ITEMS: dict[str, InputType] = {
    **KEY,
    "PayItem": "String",
    "ItemAmount": "Numeric",
    "ItemForeignAmount": "Numeric",
}

PAYMENTS = (
    Orchestration(
        "ML_PaymentRecord",
        "Records a manual payment of a voucher, of what is open unless an amount is given",
        _record_payment,
        {
            **KEY,
            "PaymentDate": "Date",
            "GLDate": "Date",
            "PaymentNumber": "Numeric",
            "Amount": "Numeric",
            "ForeignAmount": "Numeric",
            "DiscountTaken": "Numeric",
            "ForeignDiscountTaken": "Numeric",
        },
        ("PaymentID", "PaymentNumber", "Amount"),
        "P0413M_W0413MA",
        details={"PayItems": _ITEMS, "FurtherPayItems": _OTHER_ITEMS, "Credits": _OTHER_ITEMS},
        required=(
            *(*KEY_REQUIRED, "PaymentDate", "GLDate", "PaymentNumber"),
            *rows_required("PayItems", "PayItem"),
            *rows_required("FurtherPayItems", *KEY, "PayItem"),
            *rows_required("Credits", *KEY, "PayItem"),
        ),
    ),
    Orchestration(
        "ML_PaymentVoid",
        "Voids a payment, opens its vouchers again, and sets them to a pay status where one is given",
        _void_payment,
        {"PaymentID": "Numeric", "VoidDate": "Date", "ReturnStatus": "String"},
        ("PaymentID",),
        "P0413M_W0413MD",
        required=("PaymentID", "VoidDate"),
    ),
    Orchestration(
        "ML_JournalAdd",
        "Adds a journal entry, and closes the pay items that were paid elsewhere; negative amounts open them again",
        _add_journal,
        {
            "Company": "String",
            "GLDate": "Date",
            "Currency": "String",
            "Explanation": "String",
            "Remark": "String",
            "Reference": "String",
            "Supplier": "Numeric",
            "ClosePayItem": "String",
            "ReturnStatus": "String",
        },
        ("JournalNumber",),
        "P0911_W0911A",
        details={
            "Lines": {"Account": "String", "Amount": "Numeric", "ForeignAmount": "Numeric"},
            "PayItems": _OTHER_ITEMS,
        },
        required=(
            *("Company", "GLDate", "Currency", "Explanation", "Remark", "Reference", "Supplier", "ClosePayItem"),
            *("Lines", *rows_required("Lines", "Account", "Amount")),
            *("PayItems", *rows_required("PayItems", *KEY, "PayItem", "ItemAmount")),
        ),
    ),
)

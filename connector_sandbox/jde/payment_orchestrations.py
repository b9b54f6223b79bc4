"""Orchestrations on payments: record one, void one (jde-ais sections 3.4 and 3.6)."""

from __future__ import annotations

from connector_sandbox.jde.orchestrating import KEY, Desk, Inputs, InputType, Orchestration, Result, voucher_key
from connector_sandbox.jde.payments import Order, Share


def _record_payment(desk: Desk, inputs: Inputs) -> Result:
    items = {
        f"{row.whole('PayItem'):03d}": _share(row, "ItemAmount", "ItemForeignAmount", "ItemDiscount")
        for row in inputs.rows("PayItems")
    }
    order = Order(voucher_key(inputs), _share(inputs, "Amount", "ForeignAmount", "DiscountTaken"), items)
    day = inputs.day("PaymentDate") or desk.reader.today
    number, posted = inputs.whole("PaymentNumber"), inputs.day("GLDate")
    payment = desk.payments.record(order, day, number=number, posted=posted)
    data = desk.environment.database["F0413"]
    row = data.get({"PYID": payment})
    assert row is not None
    return Result({"PaymentID": payment, "PaymentNumber": data.value(row, "DOCM"), "Amount": data.value(row, "PAAP")})


def _share(inputs: Inputs, amount: str, foreign: str, discount: str) -> Share:
    """What is to be paid; an input that is left out or 0 is not given."""
    return Share(inputs.number(amount) or None, inputs.number(foreign) or None, inputs.number(discount))


def _void_payment(desk: Desk, inputs: Inputs) -> Result:
    payment = inputs.whole("PaymentID")
    desk.payments.void(payment, inputs.day("VoidDate") or desk.reader.today)
    return Result({"PaymentID": payment})


_ITEMS: dict[str, InputType] = {
    "PayItem": "String",
    "ItemAmount": "Numeric",
    "ItemForeignAmount": "Numeric",
    "ItemDiscount": "Numeric",
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
        },
        ("PaymentID", "PaymentNumber", "Amount"),
        "P0413M_W0413MA",
        details={"PayItems": _ITEMS},
    ),
    Orchestration(
        "ML_PaymentVoid",
        "Voids a payment and opens its vouchers again",
        _void_payment,
        {"PaymentID": "Numeric", "VoidDate": "Date"},
        ("PaymentID",),
        "P0413M_W0413MD",
    ),
)

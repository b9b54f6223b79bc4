"""Orchestrations on payments: record one, void one (jde-ais sections 3.4 and 3.6)."""

from __future__ import annotations

from connector_sandbox.jde.orchestrating import KEY, Desk, Inputs, Orchestration, Result, voucher_key


def _record_payment(desk: Desk, inputs: Inputs) -> Result:
    amount = inputs.number("Amount") or None
    day = inputs.day("PaymentDate") or desk.reader.today
    payment = desk.payables.pay(voucher_key(inputs), day, inputs.whole("PaymentNumber"), amount)
    data = desk.environment.database["F0413"]
    row = data.get({"PYID": payment})
    assert row is not None
    return Result({"PaymentID": payment, "PaymentNumber": data.value(row, "DOCM"), "Amount": data.value(row, "PAAP")})


def _void_payment(desk: Desk, inputs: Inputs) -> Result:
    payment = inputs.whole("PaymentID")
    desk.payables.void_payment(payment, inputs.day("VoidDate") or desk.reader.today)
    return Result({"PaymentID": payment})


PAYMENTS = (
    Orchestration(
        "ML_PaymentRecord",
        "Records a manual payment of a voucher, of what is open unless an amount is given",
        _record_payment,
        {**KEY, "PaymentDate": "Date", "PaymentNumber": "Numeric", "Amount": "Numeric"},
        ("PaymentID", "PaymentNumber", "Amount"),
        "P0413M_W0413MA",
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

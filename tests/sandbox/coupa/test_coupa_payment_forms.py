"""Every documented form of a payment on an invoice, in an instance of California (coupa section 3.5.1)."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, line

from connector_sandbox.testing import Sandbox

XML = {"Accept": "application/xml", "Content-Type": "application/xml"}
X1 = """<invoice-header><paid>true</paid><payment-date>2009-06-23T00:00:00-08:00</payment-date>
<payment-notes>CHECK|#1003|USD|989.00|FULLY PAID|</payment-notes>
<payments><payment><amount-paid>989.00</amount-paid><notes>1003</notes><payment-date>2009-06-23</payment-date></payment>
</payments></invoice-header>"""
X2 = """<invoice-header><invoice-date>"2019-10-22 00:00:00 -0900"</invoice-date><invoice-number>INV-1</invoice-number>
<payments><payment><amount-paid>100.00</amount-paid><notes>1004</notes></payment></payments></invoice-header>"""
X3 = """<invoice-header><payments>
<payment><amount-paid>10.00</amount-paid><payment-date>2009-06-23</payment-date><notes>1</notes></payment>
<payment><amount-paid>20.00</amount-paid><payment-date>2009-06-23</payment-date><notes>2</notes></payment>
</payments></invoice-header>"""
X4 = """<invoice-header><paid>true</paid><payments><payment><amount-paid nil="true">100.23</amount-paid>
<check-number nil="true">232</check-number><payment-date nil="true">2010-09-25T02:22:11Z</payment-date>
</payment></payments></invoice-header>"""
_J = {"payment_date": "9/12/2019", "check_number": "1003", "notes": "1003"}
_HEAD = {"paid": "false", "payment_date": "9/11/2019", "payment_notes": "part"}
J1 = {**_HEAD, "payments": {"payment": {"amount_paid": "199.98", **_J}}}
J2 = {**_HEAD, "payments": {"payment": [{"amount_paid": "510", **_J}, {"amount_paid": "10.00", **_J}]}}
J3 = {**_HEAD, "payments": [{"amount_paid": "510", **_J}, {"amount_paid": "10.00", **_J}]}
J4 = {
    "paid": "true",
    "payment-date": "2019-08-13T00:00:00Z",
    "payments": {
        "payment": [
            {
                "amount-paid": "989.00",
                "payment-date": "2019-08-13T00:00:00Z",
                "notes": "1003",
                "payable-type": "InvoiceHeader",
                "payable-id": "4835",
            }
        ]
    },
}
SUMMER, DAY = "2009-06-23T00:00:00-07:00", "2019-09-12T00:00:00-07:00"


@pytest.fixture
def invoice(stocked: Coupa, sandbox: Sandbox) -> Coupa:
    """An approved invoice of 989.00 with the date of the second example."""
    sandbox.post("/options", {"coupa": {"time_zone": "America/Los_Angeles"}})
    stocked.approved(**{"invoice-date": "2019-10-22", "invoice-lines": [line("989.00")]})
    return stocked


@pytest.mark.parametrize(
    ("sent", "paid", "expected"),
    [
        pytest.param(X1, True, [("989.00", "1003", SUMMER)], id="X1"),
        pytest.param(X2, False, [("100.00", "1004", None)], id="X2"),
        pytest.param(X3, False, [("10.00", "1", SUMMER), ("20.00", "2", SUMMER)], id="X3"),
        pytest.param(X4, True, [("100.23", "232", "2010-09-24T19:22:11-07:00")], id="X4"),
        pytest.param(J1, False, [("199.98", "1003", DAY)], id="J1"),
        pytest.param(J2, False, [("510.00", "1003", DAY), ("10.00", "1003", DAY)], id="J2"),
        pytest.param(J3, False, [("510.00", "1003", DAY), ("10.00", "1003", DAY)], id="J3"),
        pytest.param(J4, True, [("989.00", "1003", "2019-08-12T17:00:00-07:00")], id="J4"),
    ],
)
def test_each_documented_form_is_taken(invoice: Coupa, sent: Any, paid: bool, expected: list[Any]) -> None:
    if isinstance(sent, str):
        answer = invoice.session.put(f"{invoice.url}/api/invoices/1", sent.encode(), headers=XML, timeout=10)
        assert answer.status_code == 200, answer.text
    else:
        invoice.put("invoices/1", sent)
    held = invoice.get("invoices/1")
    assert held["paid"] is paid
    assert [(each["amount-paid"], each["notes"], each["payment-date"]) for each in held["payments"]] == expected
    for each in held["payments"]:
        assert (each["check-number"], each["payable-id"], each["payable-type"]) == (each["notes"], 1, "InvoiceHeader")
    assert held["invoice-date"] == "2019-10-22T00:00:00-07:00"


def test_answers_hold_payments_as_the_option_says(invoice: Coupa, sandbox: Sandbox) -> None:
    for shown in ("wrapped", "single"):
        sandbox.post("/options", {"coupa": {"payments_shown": shown}})
        assert invoice.get("invoices/1")["payments"] == []
    sandbox.post("/options", {"coupa": {"payments_shown": "single"}})
    assert invoice.put("invoices/1", J1)["payments"]["payment"]["amount-paid"] == "199.98"
    sandbox.post("/options", {"coupa": {"payments_shown": "wrapped"}})
    [payment] = invoice.get("invoices/1")["payments"]["payment"]
    assert payment["amount-paid"] == "199.98"
    sandbox.post("/options", {"coupa": {"payments_shown": "single"}})
    assert len(invoice.put("invoices/1", J1)["payments"]["payment"]) == 2
    sandbox.post("/options", {"coupa": {"payments_shown": "list"}})
    assert len(invoice.get("invoices/1")["payments"]) == 2

"""Coupa Pay: payments that its users make, and what the invoices show of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from coupa_caller import WORLD, Coupa, invoice, line

from connector_sandbox.testing import Sandbox, running


def act(sandbox: Sandbox, name: str, **more: Any) -> Any:
    return sandbox.post("/rows", {"system": "coupa", "act": name, **more})


def approved(sandbox: Sandbox, number: str, amount: str = "100.00", **more: Any) -> int:
    body = invoice(number, **{"invoice-lines": [line(amount)], **more})
    made: int = act(sandbox, "enter_invoice", body=body, approve=True)["id"]
    return made


def paid(coupa: Coupa, number: int) -> tuple[Any, ...]:
    shown = coupa.get(f"invoices/{number}")
    amounts = [each["amount-paid"] for each in shown["payments"]]
    return shown["paid"], shown["amount-due"], amounts, shown["payment-channel"]


def test_a_payment_of_several_invoices_stands_on_them_once_it_is_completed(stocked: Coupa, sandbox: Sandbox) -> None:
    first, second = approved(sandbox, "A"), approved(sandbox, "B", "40.00")
    made = act(
        sandbox,
        "make_payment",
        invoices=[{"id": first}, {"where": {"invoice-number": "B"}}],
        identifier="ACH-77",
        date="2024-06-20",
    )
    assert made == {"id": 1, "status": "payment_initiated"}
    assert paid(stocked, first) == (False, "100.00", [], "Coupa Pay")
    before = stocked.get("coupa_pay/payments/1")
    sandbox.post("/clock", {"advance": 60})
    act(sandbox, "move_payment", id=1, status="payment_in_progress")
    act(sandbox, "move_payment", where={"payment-identifier": "ACH-77"}, status="completed_successfully")
    assert paid(stocked, first) == (True, "0.00", ["100.00"], "Coupa Pay")
    assert paid(stocked, second) == (True, "0.00", ["40.00"], "Coupa Pay")
    assert stocked.get(f"invoices/{first}")["payments"][0]["notes"] == "ACH-77"
    query = {
        "status[in]": "completed_successfully,completed_with_errors",
        "exported": "false",
        "pay_to_account[type]": "CoupaPay::SupplierPaymentAccount",
    }
    [payment] = stocked.get("coupa_pay/payments", **query)
    assert payment["updated-at"] > before["updated-at"] and payment["pay-to-total"] == "140.00"
    details = [
        (each["payment-id"], each["source-transaction-id"], each["source-transaction-reference"], each["payment-total"])
        for each in payment["payment-details"]
    ]
    assert details == [("1", first, "A", "100.00"), ("1", second, "B", "40.00")]
    assert payment["payee"]["payee"]["name"] == "Anvil & Sons" and payment["requested-execution-date"].startswith(
        "2024-06-20"
    )
    held = sandbox.get("/state")["coupa"]["coupa_pay_payments"]
    assert held["by_status"] == {"completed_successfully": {"count": 1, "totals": {"GBP": "140.00"}}}


def test_a_part_leaves_the_rest_due_and_a_discount_does_not(stocked: Coupa, sandbox: Sandbox) -> None:
    number = approved(sandbox, "A")
    act(sandbox, "make_payment", invoices=[{"id": number, "amount": "30"}], status="completed_successfully")
    assert paid(stocked, number) == (False, "70.00", ["30.00"], "Coupa Pay")
    act(sandbox, "make_payment", invoices=[{"id": number, "discount": "2"}], status="completed_successfully")
    assert paid(stocked, number) == (True, "0.00", ["30.00", "68.00"], "Coupa Pay")
    [detail] = stocked.get("coupa_pay/payments/2")["payment-details"]
    assert (detail["discount-total"], detail["payment-total"], detail["transaction-total"]) == (
        "2.00",
        "68.00",
        "100.00",
    )


@pytest.mark.parametrize("end", ["cancelled", "completed_with_errors"])
def test_a_payment_that_comes_back_is_taken_off_by_a_negative_one(stocked: Coupa, sandbox: Sandbox, end: str) -> None:
    number = approved(sandbox, "A")
    act(sandbox, "make_payment", invoices=[{"id": number}], status="completed_successfully")
    act(sandbox, "move_payment", id=1, status=end, error="account closed")
    channel = "ERP" if end == "cancelled" else "Coupa Pay"
    assert paid(stocked, number) == (False, "100.00", ["100.00", "-100.00"], channel)
    assert stocked.get("coupa_pay/payments/1")["error-text"] == "account closed"


def test_a_payment_cancelled_before_it_is_completed_leaves_no_trace_on_the_invoice(
    stocked: Coupa, sandbox: Sandbox
) -> None:
    number = approved(sandbox, "A")
    act(sandbox, "make_payment", invoices=[{"id": number}], status="approved")
    act(sandbox, "move_payment", id=1, status="cancelled")
    assert paid(stocked, number) == (False, "100.00", [], "ERP")
    with pytest.raises(ValueError, match="payment 1 is cancelled"):
        act(sandbox, "move_payment", id=1, status="payment_in_progress")
    act(sandbox, "make_payment", invoices=[{"id": number}], status="completed_successfully", check="100377")
    assert stocked.get("coupa_pay/payments/2")["digital-check"]["check-number"] == "100377"


def test_a_credit_is_taken_with_the_invoice_it_is_for(stocked: Coupa, sandbox: Sandbox) -> None:
    number = approved(sandbox, "A")
    credit = approved(sandbox, "C", "-25.00")
    act(sandbox, "make_payment", invoices=[{"id": number}, {"id": credit}], status="completed_successfully")
    assert stocked.get("coupa_pay/payments/1")["pay-to-total"] == "75.00"
    assert paid(stocked, credit) == (True, "0.00", ["-25.00"], "Coupa Pay")


def test_what_cannot_be_paid(stocked: Coupa, sandbox: Sandbox) -> None:
    number = approved(sandbox, "A")
    draft = act(sandbox, "enter_invoice", body=invoice("D"))["id"]
    euro = approved(sandbox, "E", currency={"code": "EUR"})
    act(sandbox, "make_payment", invoices=[{"id": number, "amount": "60"}])
    for invoices, hint in (
        ([], "one or more invoices"),
        ([{"id": draft}], "only approved invoices are payable"),
        ([{"id": number, "amount": "41"}], "40.00 is due"),
        ([{"id": number, "amount": "1"}, {"id": euro}], "one supplier in one currency"),
        ([{"id": euro, "amount": "1"}, {"id": euro, "amount": "1"}], "pays an invoice once"),
    ):
        with pytest.raises(ValueError, match=hint):
            act(sandbox, "make_payment", invoices=invoices)
    with pytest.raises(ValueError, match="a payment begins as"):
        act(sandbox, "make_payment", invoices=[{"id": euro}], status="cancelled")
    with pytest.raises(ValueError, match="not 'lost'"):
        act(sandbox, "move_payment", id=1, status="lost")
    assert len(stocked.get("coupa_pay/payments")) == 1


def test_what_is_settled_is_remembered_over_a_restart(tmp_path: Path) -> None:
    with running(world={"coupa": WORLD}, only=["coupa"], limits=False, state=tmp_path) as sandbox:
        coupa = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
        coupa.supplier()
        coupa.account("39284", "9270")
        number = approved(sandbox, "A")
        act(sandbox, "make_payment", invoices=[{"id": number, "discount": "5"}], status="completed_successfully")
        payments = coupa.get("coupa_pay/payments")
    with running(world={}, only=["coupa"], limits=False, state=tmp_path) as sandbox:
        coupa = Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])
        assert coupa.get("coupa_pay/payments") == payments
        act(sandbox, "move_payment", id=1, status="cancelled")
        assert paid(coupa, number) == (False, "100.00", ["95.00", "-95.00"], "ERP")


def test_the_payee_is_printed_as_the_option_says_and_the_payable_is_no_invoice(
    stocked: Coupa, sandbox: Sandbox
) -> None:
    number = stocked.approved()["id"]
    made = act(sandbox, "make_payment", invoices=[{"id": number}])["id"]
    shown = stocked.get(f"coupa_pay/payments/{made}")
    payee = shown["payee"]["payee"]
    assert (payee["id"], payee["name"], payee["number"]) == (1, "Anvil & Sons", None)
    [detail] = shown["payment-details"]
    assert (detail["payable-type"], detail["source-transaction-type"]) == ("CoupaPay::Invoice", "InvoiceHeader")
    assert detail["source-transaction-id"] == number != detail["payable-id"]
    assert shown["pay-to-account"]["supplier"]["id"] == 1
    sandbox.post("/options", {"coupa": {"pay_payee": "once", "pay_payee_number": True}})
    assert stocked.get(f"coupa_pay/payments/{made}")["payee"]["number"] == "4343"
    marked = stocked.put(f"coupa_pay/payments/{made}", {"coupa-pay-payment": {"exported": "true"}})
    assert marked["exported"] is True

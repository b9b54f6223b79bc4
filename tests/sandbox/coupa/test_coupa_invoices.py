"""Invoices: what they need, what they compute, how they move, and how they are paid."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, invoice, line

from connector_sandbox.testing import Sandbox


def header(message: str) -> dict[str, list[str]]:
    return {"invoice_header": [message]}


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ("invoice-number", "Invoice number"),
        ("invoice-date", "Invoice date"),
        ("supplier", "Supplier"),
        ("account-type", "Account type"),
        ("line-level-taxation", "Line level taxation"),
    ],
)
def test_what_an_invoice_needs(stocked: Coupa, missing: str, name: str) -> None:
    body = invoice()
    body["invoice-lines"][0]["account"] = {"id": 1}
    del body[missing]
    assert stocked.refused("POST", "invoices", body) == header(f"{name} can't be blank")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"description": None}, "Line 1: Description can't be blank"),
        ({"price": None}, "Line 1: Price can't be blank"),
        ({"type": "InvoiceQuantityLine"}, "Line 1: Quantity can't be blank"),
        ({"type": "Line", "quantity": 1}, "Type must be one of InvoiceQuantityLine, InvoiceAmountLine."),
        (
            {"account": {"code": "1-1"}},
            'Unable to find valid Account record for account with keys {"code"=>"1-1"}. Possible keys are ["id", ',
        ),
        (
            {"account": {"id": 1}, "account-allocations": [{"account": {"id": 1}, "pct": 100}]},
            "Line 1: give either an account or account allocations",
        ),
        (
            {"account": None, "account-allocations": [{"account": {"id": 1}, "pct": "99.9"}]},
            "Line 1: account allocations must add up to 100 percent",
        ),
        (
            {"account": None, "account-allocations": [{"pct": 100}]},
            "Line 1: an account allocation needs account and pct",
        ),
    ],
)
def test_what_a_line_needs(stocked: Coupa, changes: dict[str, Any], message: str) -> None:
    [refused] = stocked.refused("POST", "invoices", invoice(**{"invoice-lines": [line(**changes)]}))["invoice_header"]
    assert refused.startswith(message)


def test_the_supplier_has_to_be_active(stocked: Coupa) -> None:
    stocked.put("suppliers/1", {"status": "inactive"})
    assert stocked.refused("POST", "invoices", invoice()) == header("Supplier must be active")


def test_the_account_has_to_be_active(stocked: Coupa, sandbox: Sandbox) -> None:
    made = stocked.invoice()["id"]
    stocked.put("accounts/1", {"active": False})
    refusal = header("Line 1: Account 39284-9270 is not active")
    assert stocked.refused("POST", "invoices", invoice("INV-2")) == refusal
    assert stocked.refused("PUT", f"invoices/{made}", {"comments": "x"}) == refusal
    sandbox.post("/options", {"coupa": {"enforce_invoice_validations": False}})
    assert stocked.put(f"invoices/{made}", {"comments": "x"})["comments"] == "x"


def test_totals_are_computed_with_the_headers_charges_and_tax_and_no_discount_lowers_them(stocked: Coupa) -> None:
    charges = {"shipping-amount": "5", "handling-amount": "1.50", "misc-amount": 2, "discount-amount": "0.50"}
    made = stocked.invoice(**{"invoice-lines": [line("100"), line("-20.00")], "tax-amount": "16.00", **charges})
    assert made["gross-total"] == made["total-with-taxes"] == made["amount-due"] == "104.50"
    assert [each["line-num"] for each in made["invoice-lines"]] == [1, 2]


def test_tax_by_rate_and_tax_on_the_lines(stocked: Coupa) -> None:
    by_rate = stocked.invoice("A", **{"tax-rate": 20})
    assert (by_rate["tax-amount"], by_rate["gross-total"]) == ("20.00", "120.00")
    taxes = [{"type": "TaxLine", "rate": 20}, {"type": "TaxLine", "amount": "0.01"}]
    on_lines = stocked.invoice(
        "B", **{"line-level-taxation": True, "tax-amount": "99", "invoice-lines": [line(**{"tax-lines": taxes})]}
    )
    assert (on_lines["tax-amount"], on_lines["gross-total"]) == ("20.01", "120.01")
    assert on_lines["invoice-lines"][0]["tax-amount"] == "20.01"


def test_allocations_split_a_line(stocked: Coupa) -> None:
    other = stocked.account("39284", "9271")["id"]
    split = [{"account": {"id": 1}, "pct": "33.33"}, {"account": {"id": other}, "pct": "66.67"}]
    made = stocked.invoice(**{"invoice-lines": [line(account=None, **{"account-allocations": split})]})
    assert [each["amount"] for each in made["invoice-lines"][0]["account-allocations"]] == ["33.33", "66.67"]


def test_a_negative_invoice_and_a_credit_note(stocked: Coupa) -> None:
    negative = stocked.invoice("A", **{"invoice-lines": [line("-10")]})
    assert (negative["gross-total"], negative["document-type"]) == ("-10.00", "Invoice")
    body = invoice("B", **{"is-credit-note": True})
    assert stocked.refused("POST", "invoices", body)["invoice_header"] == [
        "Original invoice number can't be blank",
        "Original invoice date can't be blank",
    ]
    credit = stocked.post("invoices", {**body, "original-invoice-number": "A", "original-invoice-date": "2024-06-01"})
    assert credit["document-type"] == "Credit Note"


def test_due_dates_come_from_the_term_of_the_invoice_or_of_the_supplier(stocked: Coupa) -> None:
    assert stocked.invoice("A")["net-due-date"] is None
    stocked.put("suppliers/1", {"payment-term": {"code": "Net 30"}})
    assert stocked.invoice("B")["net-due-date"] == "2024-07-01T23:59:59+01:00"
    assert stocked.invoice("C", **{"payment-term": {"code": "Net 7"}})["net-due-date"] == "2024-06-08T23:59:59+01:00"


def test_whether_a_number_may_come_twice_is_an_option(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.invoice()
    second = stocked.invoice()["id"]
    sandbox.post("/options", {"coupa": {"unique_invoice_drafts": True}})
    assert stocked.refused("POST", "invoices", invoice()) == header("Invoice number has already been taken")
    stocked.put(f"invoices/{second}", {"comments": "still editable"})
    for number in (1, second):
        stocked.put(f"invoices/{number}/void")
    stocked.invoice()
    stocked.supplier("Beta", "5000")
    stocked.invoice(supplier={"number": "5000"})


def test_lines_are_changed_by_id_or_number_added_and_removed(stocked: Coupa) -> None:
    made = stocked.invoice(**{"invoice-lines": [line("10"), line("20"), line("30")]})
    first = made["invoice-lines"][0]["id"]
    body = {
        "invoice-lines": [
            {"id": first, "price": "11"},
            {"line-num": 2, "_delete": True},
            line("40", **{"line-num": 4}),
        ]
    }
    changed = stocked.put("invoices/1", body)
    assert [(each["line-num"], each["total"]) for each in changed["invoice-lines"]] == [
        (1, "11.00"),
        (3, "30.00"),
        (4, "40.00"),
    ]
    assert (changed["gross-total"], changed["lock-version-key"]) == ("81.00", 1)
    assert stocked.refused("PUT", "invoices/1", {"invoice-lines": [{"id": 999, "price": "1"}]}) == header(
        "Invoice lines has no record with id 999"
    )
    assert stocked.get("invoices/1")["gross-total"] == "81.00"


def test_an_update_that_changes_nothing_does_not_move_the_record(stocked: Coupa, sandbox: Sandbox) -> None:
    made = stocked.invoice()
    sandbox.post("/clock", {"advance": 60})
    same = stocked.put("invoices/1", {"invoice-number": "INV-1", "status": "approved"})
    assert (same["updated-at"], same["lock-version-key"]) == (made["updated-at"], 0)


def test_submit_asks_for_approval_and_the_approver_decides(stocked: Coupa) -> None:
    for number, decision, status in (("A", "approve", "approved"), ("B", "reject?reason=wrong", "rejected")):
        made = stocked.invoice(number)["id"]
        submitted = stocked.put(f"invoices/{made}/submit")
        assert (submitted["status"], submitted["approvals"][0]["status"]) == ("pending_approval", "pending_approval")
        [approval] = stocked.get("approvals", **{"approvable-id": made, "status": "pending_approval"})
        assert approval["approvable-type"] == "InvoiceHeader"
        stocked.put(f"approvals/{approval['id']}/{decision}")
        assert stocked.get(f"invoices/{made}")["status"] == status
        assert stocked.ask("PUT", f"approvals/{approval['id']}/approve").status_code == 400
    assert stocked.get("approvals/2")["note"] == "wrong"


def test_bypass_needs_a_submitted_invoice(stocked: Coupa) -> None:
    stocked.invoice()
    refusal = header("InvoiceHeader cannot be approved in status draft.")
    assert stocked.refused("PUT", "invoices/1/bypass_approvals") == refusal
    stocked.put("invoices/1/submit")
    assert stocked.put("invoices/1/bypass_approvals")["approvals"][0]["status"] == "bypassed"
    assert stocked.get("invoices/1")["status"] == "approved"


def test_a_submitted_invoice_can_be_invalid_and_be_mended(stocked: Coupa) -> None:
    stocked.invoice(**{"invoice-lines": [line(account=None)], "supplier-total": "90.00"})
    failed = stocked.put("invoices/1/submit")
    assert failed["status"] == "invalid"
    assert {each["code"]: each["breach-amount"] for each in failed["failed-tolerances"]} == {
        "no_account": None,
        "supplier_total": "10.00",
    }
    corrected = {"supplier-total": "100", "invoice-lines": [{"line-num": 1, "account": {"id": 1}}]}
    stocked.put("invoices/1", corrected)
    assert stocked.put("invoices/1/submit")["status"] == "pending_approval"


def test_submit_requires_a_currency(stocked: Coupa) -> None:
    stocked.invoice(currency=None)
    assert stocked.refused("PUT", "invoices/1/submit") == header("Currency can't be blank")


def test_an_instance_may_approve_by_itself(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"auto_approve": True}})
    stocked.invoice()
    assert stocked.put("invoices/1/submit")["status"] == "approved"


@pytest.mark.parametrize(
    ("status", "may_void", "may_abandon"),
    [
        ("draft", True, True),
        ("pending_approval", False, True),
        ("pending_receipt", True, True),
        ("approved", True, False),
        ("rejected", False, True),
        ("abandoned", False, False),
        ("voided", False, False),
    ],
)
def test_void_and_abandon_by_status(
    stocked: Coupa, sandbox: Sandbox, status: str, may_void: bool, may_abandon: bool
) -> None:
    for action, may, after in (("void", may_void, "voided"), ("abandon", may_abandon, "abandoned")):
        made = stocked.invoice(f"INV-{action}")["id"]
        sandbox.post("/rows", {"system": "coupa", "entity": "invoices", "id": made, "set": {"status": status}})
        answer = stocked.ask("PUT", f"invoices/{made}/{action}")
        assert answer.status_code == (200 if may else 400), answer.text
        assert stocked.get(f"invoices/{made}")["status"] == (after if may else status)
    assert stocked.ask("DELETE", "invoices/1").status_code == 400


def test_payments_append_and_are_reversed_by_a_negative_one(stocked: Coupa) -> None:
    stocked.approved()
    body = {"payments": [{"amount-paid": "100", "notes": "1003"}]}
    stocked.put("invoices/1", body)
    twice = stocked.put("invoices/1", body)
    assert (len(twice["payments"]), twice["amount-due"], twice["paid"]) == (2, "-100.00", False)
    reversed_ = stocked.put("invoices/1", {"payments": [{"amount-paid": "-100", "notes": "void 1003"}]})
    assert [each["amount-paid"] for each in reversed_["payments"]] == ["100.00", "100.00", "-100.00"]


def test_only_approved_invoices_are_payable(stocked: Coupa) -> None:
    stocked.invoice()
    refusal = header("Only approved invoices are payable.")
    assert stocked.refused("PUT", "invoices/1", {"paid": True}) == refusal
    assert stocked.refused("PUT", "invoices/1", {"payments": [{"amount-paid": "1"}]}) == refusal
    assert stocked.refused("POST", "invoices", invoice("B", payments=[{"amount-paid": "1"}])) == refusal


def test_what_is_wrong_with_payments_may_come_in_xml(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.invoice()
    sandbox.post("/options", {"coupa": {"payment_errors_in_xml": True}})
    answer = stocked.ask("PUT", "invoices/1", {"paid": True})
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (400, "application/xml")
    assert "<error>Only approved invoices are payable.</error>" in answer.text
    assert stocked.refused("PUT", "invoices/1", {"invoice-number": ""})


def test_what_was_approved_stays_as_it_is(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.approved()
    refusal = stocked.refused("PUT", "invoices/1", {"invoice-lines": [{"line-num": 1, "price": "1"}]})
    assert refusal == header("Invoice cannot be changed in status approved: invoice-lines")
    assert stocked.put("invoices/1", {"internal-note": "seen"})["internal-note"] == "seen"
    sandbox.post("/options", {"coupa": {"edit_decided_invoices": True}})
    assert stocked.put("invoices/1", {"invoice-lines": [{"line-num": 1, "price": "1"}]})["gross-total"] == "1.00"


def test_exported_is_marked_by_its_own_request_and_never_taken_off(stocked: Coupa) -> None:
    stocked.invoice()
    answer = stocked.ask(
        "PUT", "invoices/1", {"comments": "ignored"}, params={"exported": "true", "fields": '["id","exported"]'}
    )
    assert answer.json() == {"id": 1, "exported": True}
    shown = stocked.get("invoices/1")
    assert shown["comments"] is None and shown["last-exported-at"]
    for undo in ({"exported": False}, {"comments": "edited"}):
        stocked.put("invoices/1", undo)
    stocked.put("invoices/1?exported=false")
    assert stocked.get("invoices/1")["exported"] is True
    stocked.invoice("B")
    assert stocked.put("invoices/2", {"exported": True})["exported"] is True


def test_marking_may_leave_updated_at_alone(stocked: Coupa, sandbox: Sandbox) -> None:
    made = stocked.invoice()["updated-at"]
    sandbox.post("/options", {"coupa": {"export_moves_updated_at": False}})
    sandbox.post("/clock", {"advance": 60})
    assert stocked.put("invoices/1?exported=true")["updated-at"] == made


def test_a_users_edit_moves_the_record_and_may_reset_exported(stocked: Coupa, sandbox: Sandbox) -> None:
    before = stocked.put("invoices/" + str(stocked.invoice()["id"]) + "?exported=true")
    edit = {"system": "coupa", "entity": "invoices", "where": {"invoice-number": "INV-1"}}
    sandbox.post("/clock", {"advance": 60})
    sandbox.post("/rows", {**edit, "set": {"status": "on_hold"}})
    held = stocked.get("invoices/1")
    assert (held["status"], held["exported"]) == ("on_hold", True) and held["updated-at"] > before["updated-at"]
    sandbox.post("/options", {"coupa": {"ui_edit_resets_exported": True}})
    sandbox.post("/rows", {**edit, "set": {"status": "approved"}})
    assert stocked.get("invoices", exported="false", status="approved")[0]["id"] == 1
    sandbox.post("/rows", {**edit, "delete": True})
    assert stocked.get("invoices") == []

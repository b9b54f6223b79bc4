"""Invoices that are born in Coupa: what its users do with them, and the API's verbs around approval."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, invoice, line

from connector_sandbox.testing import Sandbox


def act(sandbox: Sandbox, name: str, **more: Any) -> Any:
    return sandbox.post("/rows", {"system": "coupa", "act": name, **more})


def test_a_clerk_enters_an_invoice_and_the_approver_approves_it(stocked: Coupa, sandbox: Sandbox) -> None:
    taxed = line("100", **{"tax-lines": [{"type": "TaxLine", "rate": 20}]})
    exempt = line("50", **{"tax-lines": [{"type": "TaxLine", "rate": 0}]})
    body = invoice(**{"line-level-taxation": True, "invoice-lines": [taxed, exempt]})
    entered = act(sandbox, "enter_invoice", body=body, submit=True)
    assert entered == {"id": 1, "status": "pending_approval"}
    assert act(sandbox, "approve_invoice", id=1) == {"id": 1, "status": "approved"}
    shown = stocked.get("invoices/1")
    assert (shown["tax-amount"], shown["total-with-taxes"], shown["payment-channel"]) == ("20.00", "170.00", "ERP")
    assert shown["created-by"]["login"] == "ap.clerk"
    assert [each["status"] for each in shown["approvals"]] == ["approved"]


def test_tax_lines_of_the_whole_add_up_and_withheld_tax_does_not_count(stocked: Coupa) -> None:
    more = {
        "tax-lines": [{"type": "TaxLine", "rate": 20}, {"type": "TaxLine", "amount": "1.50"}],
        "withholding-tax-lines": [{"rate": 10}, {"amount": "3.25"}],
    }
    made = stocked.invoice(**more)
    assert (made["tax-amount"], made["total-with-taxes"]) == ("21.50", "121.50")
    assert [each["amount"] for each in made["tax-lines"]] == ["20.00", "1.50"]
    assert [each["amount"] for each in made["withholding-tax-lines"]] == ["10.00", "3.25"]


def test_a_change_after_approval_goes_to_the_approvers_again(stocked: Coupa, sandbox: Sandbox) -> None:
    act(sandbox, "enter_invoice", body=invoice(), approve=True)
    sandbox.post("/clock", {"advance": 60})
    before = stocked.get("invoices/1")
    lines = [{"line-num": 1, "price": "80"}]
    changed = act(sandbox, "change_invoice", where={"invoice-number": "INV-1"}, set={"invoice-lines": lines})
    assert changed == {"id": 1, "status": "pending_approval"}
    after = stocked.get("invoices/1")
    assert after["gross-total"] == "80.00" and after["updated-at"] > before["updated-at"]
    assert [each["status"] for each in after["approvals"]] == ["approved", "pending_approval"]
    act(sandbox, "approve_invoice", id=1)
    assert [each["status"] for each in stocked.get("invoices/1")["approvals"]] == ["approved", "approved"]


def test_an_edit_may_take_the_export_mark_off(stocked: Coupa, sandbox: Sandbox) -> None:
    act(sandbox, "enter_invoice", body=invoice(), approve=True)
    stocked.put("invoices/1?exported=true")
    act(sandbox, "change_invoice", id=1, set={"internal-note": "seen"})
    assert stocked.get("invoices/1")["exported"] is True
    sandbox.post("/options", {"coupa": {"ui_edit_resets_exported": True}})
    act(sandbox, "change_invoice", id=1, set={"internal-note": "seen twice"})
    assert stocked.get("invoices/1")["exported"] is False


def test_a_dispute_has_a_reason_and_is_withdrawn(stocked: Coupa, sandbox: Sandbox) -> None:
    act(sandbox, "enter_invoice", body=invoice(), approve=True)
    refused = stocked.refused("PUT", "invoices/1/dispute", {"dispute-reason": {"code": "NONE"}})["invoice_header"]
    assert refused[0].startswith("Unable to find valid DisputeReason record for dispute_reason")
    stocked.refused("PUT", "invoices/1/dispute", {})
    body = {"dispute-reason": {"code": "PRICE"}, "comment": "two pounds too much"}
    disputed = stocked.put("invoices/1/dispute", body)
    assert (disputed["status"], disputed["comments"]) == ("disputed", "two pounds too much")
    assert [each["code"] for each in disputed["dispute-reasons"]] == ["PRICE"]
    withdrawn = stocked.put("invoices/1/withdraw_dispute")
    assert (withdrawn["status"], withdrawn["dispute-reasons"]) == ("pending_approval", [])
    assert act(sandbox, "dispute_invoice", id=1, reason="OTHER")["status"] == "disputed"
    assert act(sandbox, "withdraw_dispute", id=1)["status"] == "pending_approval"


def test_a_reason_that_is_not_used_any_more_is_refused(stocked: Coupa, sandbox: Sandbox) -> None:
    act(sandbox, "enter_invoice", body=invoice(), submit=True)
    reason = {"entity": "dispute_reasons", "where": {"code": "PRICE"}, "set": {"active": False}}
    sandbox.post("/rows", {"system": "coupa", **reason})
    refused = stocked.refused("PUT", "invoices/1/dispute", {"dispute-reason": {"code": "PRICE"}})
    assert refused == {"invoice_header": ["Dispute reason is not active"]}


@pytest.mark.parametrize("status", ["on_hold", "ap_hold", "booking_hold", "pending_receipt"])
def test_an_invoice_is_held_and_let_go(stocked: Coupa, sandbox: Sandbox, status: str) -> None:
    act(sandbox, "enter_invoice", body=invoice(), approve=True)
    assert act(sandbox, "hold_invoice", id=1, status=status)["status"] == status
    assert act(sandbox, "release_invoice", id=1)["status"] == "pending_approval"
    assert act(sandbox, "reject_invoice", id=1, reason="not ours")["status"] == "rejected"
    assert stocked.get("invoices/1")["approvals"][-1]["note"] == "not ours"


def test_approvers_are_passed_over_one_by_one_or_asked_again(stocked: Coupa, sandbox: Sandbox) -> None:
    act(sandbox, "enter_invoice", body=invoice(), submit=True)
    second = {"approvable-id": 1, "approvable-type": "InvoiceHeader", "status": "pending_approval", "position": 2}
    sandbox.post("/rows", {"system": "coupa", "entity": "approvals", "create": second})
    assert stocked.put("invoices/1/bypass_current_approval")["status"] == "pending_approval"
    assert [each["status"] for each in stocked.get("invoices/1")["approvals"]] == ["bypassed", "pending_approval"]
    assert stocked.put("invoices/1/bypass_current_approval")["status"] == "approved"
    act(sandbox, "hold_invoice", id=1)
    restarted = stocked.put("invoices/1/restart_approvals")
    assert (restarted["status"], restarted["approvals"][-1]["status"]) == ("pending_approval", "pending_approval")


def test_void_abandon_and_delete(stocked: Coupa, sandbox: Sandbox) -> None:
    for number, name, status in (("A", "void_invoice", "voided"), ("B", "abandon_invoice", "abandoned")):
        made = act(sandbox, "enter_invoice", body=invoice(number), approve=name == "void_invoice")
        assert act(sandbox, name, id=made["id"])["status"] == status
    gone = act(sandbox, "enter_invoice", body=invoice("C"), approve=True)["id"]
    assert act(sandbox, "delete_invoice", where={"invoice-number": "C"}) == {"id": gone, "status": "deleted"}
    assert stocked.ask("GET", f"invoices/{gone}").status_code == 404


def test_what_users_cannot_do_is_said(stocked: Coupa, sandbox: Sandbox) -> None:
    act(sandbox, "enter_invoice", body=invoice())
    bad = invoice("BAD", **{"invoice-lines": [line(account=None)]})
    assert act(sandbox, "enter_invoice", body=bad, submit=True) == {"id": 2, "status": "invalid"}
    for name, more, hint in (
        ("fly", {}, "no act .fly."),
        ("void_invoice", {"id": 9}, "no invoices with id 9"),
        ("approve_invoice", {"id": 2}, "cannot be approved in status invalid"),
        ("hold_invoice", {"id": 1, "status": "approved"}, "not as .approved."),
        ("hold_invoice", {"id": 1}, "invoice 1 is draft"),
        ("release_invoice", {"id": 1}, "invoice 1 is draft"),
        ("enter_invoice", {"body": invoice(**{"invoice-number": None})}, "Invoice number can.t be blank"),
        ("reject_invoice", {"id": 1}, "nobody is asked"),
        ("approve_invoice", {"number": 1}, "unknown field"),
    ):
        with pytest.raises(ValueError, match=hint):
            act(sandbox, name, **more)


def test_goods_are_received_on_an_order(stocked: Coupa, sandbox: Sandbox) -> None:
    made = stocked.issued()
    act(sandbox, "receive_order_line", where={"po-number": made["po-number"]}, line="1", quantity="4")
    act(sandbox, "receive_order_line", id=made["id"], quantity="2.5")
    assert stocked.get(f"purchase_orders/{made['id']}")["order-lines"][0]["received"] == "6.5"

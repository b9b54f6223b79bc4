"""What a test or a drill does to BILL from outside: faults, rows, options, and what survives a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox_bill_caller import Bill, credit, vendor
from sandbox_bill_caller import bill as body

from connector_sandbox.bill.system import BillSystem
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.testing import Sandbox, running

CREATE = "POST /connect/v3/bills"


def script(sandbox: Sandbox, kind: str, route: str = CREATE, **rule: Any) -> None:
    sandbox.post("/faults", {"system": "bill", "route": route, "kind": kind, "name": "it", **rule})


@pytest.mark.parametrize(("kind", "bills"), [("drop_before", 0), ("drop_after", 1), ("cut", 1)])
def test_a_dropped_answer_to_a_create(bill: Bill, sandbox: Sandbox, kind: str, bills: int) -> None:
    acme = bill.vendor()["id"]
    script(sandbox, kind, calls=[1])
    with pytest.raises(requests.RequestException):
        bill.ask("POST", "bills", body(acme))
    assert len(bill.listed("bills", filters=f"vendorId:eq:{acme}")) == bills


def test_a_page_of_html_in_place_of_an_answer(bill: Bill, sandbox: Sandbox) -> None:
    page = {"body": "<html>bad gateway</html>", "headers": {"content-type": "text/html"}, "status": 502}
    script(sandbox, "status_after", calls=[1], **page)
    answer = bill.ask("POST", "bills", body(bill.vendor()["id"]))
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.headers["X-Sandbox-Fault"] == "it#1" and len(bill.listed("bills")) == 1


def test_a_session_that_expires_in_the_middle(bill: Bill, sandbox: Sandbox) -> None:
    made = bill.bill(bill.vendor()["id"])
    script(sandbox, "expire_token", "PATCH /connect/v3/bills/{id}", calls=[1])
    assert bill.refused("PATCH", f"bills/{made['id']}", {"description": "x"})[:2] == (401, "BDC_1109")
    assert "description" not in Bill(sandbox).get(f"bills/{made['id']}")


def test_rows_change_any_field_behind_the_apis_back(bill: Bill, sandbox: Sandbox) -> None:
    acme = bill.vendor()["id"]
    made = bill.bill(acme)
    rows = {"system": "bill", "entity": "bills", "where": {"invoice.invoiceNumber": "A-1"}}
    change = {"paymentStatus": "UNDEFINED", "invoice.invoiceNumber": "A-9", "dueDate": "2026-12-31"}
    assert sandbox.post("/rows", {**rows, "set": change}) == {"id": made["id"]}
    shown = bill.get(f"bills/{made['id']}")
    assert (shown["invoice"], shown["dueDate"]) == (
        {"invoiceNumber": "A-9", "invoiceDate": "2026-03-01"},
        "2026-12-31",
    )
    assert shown["paymentStatus"] == "UNPAID"
    sandbox.post("/rows", {"system": "bill", "entity": "bills", "id": made["id"], "delete": True})
    assert bill.refused("GET", f"bills/{made['id']}")[0] == 404
    made = sandbox.post("/rows", {"system": "bill", "entity": "vendor_credits", "create": credit(acme)})
    assert bill.get(f"vendor-credits/{made['id']}")["amount"] == 25
    for command, hint in (
        ({"entity": "nothing", "delete": True}, "no entity"),
        ({"entity": "bills", "id": "x", "delete": True}, "no bills with id"),
        ({"entity": "vendors", "create": {"name": "x"}}, "address: must not be null"),
        ({"entity": "payments", "create": {}}, "not made by rows"),
        ({"act": "dance"}, "no act 'dance'"),
        ({"act": "approve_bill", "colour": "red"}, "colour"),
    ):
        with pytest.raises(ValueError, match=hint):
            sandbox.post("/rows", {"system": "bill", **command})


def test_users_edit_archive_and_rename(bill: Bill) -> None:
    acme = bill.act("enter_vendor", body=vendor("Acme"))["id"]
    account = bill.account()["id"]
    key = bill.act("enter_bill", body=body(acme, billApprovals=True))["id"]
    bill.act("edit_bill", id=key, set={"description": "by hand", "invoice": {"invoiceNumber": "HAND"}})
    assert bill.listed("bills")[0]["invoice"]["invoiceNumber"] == "HAND"
    assert bill.act("archive_bill", id=key)["archived"] is True
    assert bill.act("restore_bill", id=key)["recordStatus"] == "ACTIVE"
    bill.act("edit_vendor", id=acme, set={"phone": "555"})
    bill.act("rename_vendor", where={"name": "Acme"}, name="Apex")
    assert bill.act("archive_vendor", where={"phone": "555"})["archived"] is True
    assert bill.act("restore_vendor", id=acme)["archived"] is False
    bill.act("edit_account", id=account, set={"name": "Other supplies"})
    assert bill.act("archive_account", where={"account.number": "0010.5010"})["archived"] is True
    assert bill.act("restore_account", id=account)["archived"] is False
    held = bill.act("enter_credit", body=credit(acme))["id"]
    bill.act("edit_credit", id=held, set={"description": "x"})
    assert bill.act("archive_credit", id=held)["archived"] is True


def test_an_act_that_cannot_be_done_leaves_nothing_behind(bill: Bill, sandbox: Sandbox) -> None:
    acme = bill.vendor()["id"]
    bill.options(approval_required=True)
    before = sandbox.get("/state")["bill"]
    with pytest.raises(ValueError, match="The bill is not approved"):
        bill.act("pay_bill", bills=[{"id": bill.act("enter_bill", body=body(acme))["id"]}])
    with pytest.raises(ValueError, match="Maximum length"):
        bill.act("enter_bill", body=body(acme, "n" * 22))
    assert sandbox.get("/state")["bill"]["payments"] == before["payments"]


@pytest.mark.parametrize(
    "options",
    [{"in_flight": -1}, {"limit_status": 503}, {"empty_page_every": 1}, {"colour": "red"}, {"tax_id": "hidden"}],
)
def test_a_switch_that_is_none_is_refused(sandbox: Sandbox, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="bill options"):
        sandbox.post("/options", {"bill": options})


def test_numbers_of_any_kind_are_taken_as_options(bill: Bill, sandbox: Sandbox) -> None:
    bill.options(idle_seconds=0.5, exchange_rates={"EUR": 1.1})
    assert sandbox.get("/options")["bill"]["exchange_rates"] == {"EUR": "1.1"}
    sandbox.post("/clock", {"advance": 1})
    assert bill.refused("GET", "bills")[1] == "BDC_1109"


def test_content_can_be_given_and_an_empty_organisation_has_one_bank_account() -> None:
    world = {
        "vendors": [{**vendor("Acme"), "id": "00901ACMEACMEACMEACM"}],
        "chart_of_accounts": [{"name": "Supplies", "account": {"number": "1"}}],
        "bills": [body("00901ACMEACMEACMEACM")],
    }
    with running(world={"bill": world}, only=["bill"], limits=False) as sandbox:
        bill = Bill(sandbox)
        assert bill.listed("bills")[0]["vendorName"] == "Acme"
        state = sandbox.get("/state")["bill"]
        assert {name: state[name]["count"] for name in ("users", "bank_accounts", "vendors", "bills", "payments")} == {
            "users": 3,
            "bank_accounts": 1,
            "vendors": 1,
            "bills": 1,
            "payments": 0,
        }


def test_everything_survives_a_restart_and_ids_go_on(tmp_path: Path) -> None:
    with running(world={}, only=["bill"], limits=False, state=tmp_path) as sandbox:
        bill = Bill(sandbox)
        acme = bill.vendor()["id"]
        first, held = bill.bill(acme)["id"], bill.credit(acme)["id"]
        payment = bill.act("pay_bill", bills=[{"id": first, "credits": [{"id": held}]}])["id"]
        last = bill.account()["id"]
        sandbox.post("/rows", {"system": "bill", "entity": "chart_of_accounts", "id": last, "delete": True})
        before = [bill.every(path) for path in ("vendors", "bills", "vendor-credits", "payments")]
        state = sandbox.get("/state")
    with running(world={}, only=["bill"], limits=False, state=tmp_path) as sandbox:
        bill = Bill(sandbox)
        assert [bill.every(path) for path in ("vendors", "bills", "vendor-credits", "payments")] == before
        assert sandbox.get("/state") == state
        assert bill.account()["id"] != last
        assert bill.refused("POST", "bills", body(acme, "a-1"))[1] == "BDC_1171"
        bill.act("void_payment", id=payment)
        assert bill.get(f"vendor-credits/{held}")["status"] == "NOT_APPLIED"


def test_every_change_is_told_once_it_is_complete() -> None:
    system = BillSystem(SandboxClock(), limits=False, options={})
    system.load({})
    reported: list[str] = []
    system._books.emit = lambda kind, record: reported.append(kind)
    acme = system.rows({"act": "enter_vendor", "body": vendor()})["id"]
    key = system.rows({"act": "enter_bill", "body": body(acme)})["id"]
    for act in (
        {"act": "edit_bill", "id": key, "set": {"description": "x"}},
        {"act": "archive_bill", "id": key},
        {"act": "restore_bill", "id": key},
        {"act": "approve_bill", "id": key},
        {"act": "pay_bill", "id": key},
    ):
        system.rows(act)
    assert reported == [
        "vendor.created",
        "bill.created",
        "bill.updated",
        "bill.archived",
        "bill.restored",
        "bill.approval",
        "payment.created",
        "bill.progressed",
        "payment.updated",
    ]
    reported.clear()
    with pytest.raises(ValueError, match="Duplicate"):
        system.rows({"act": "enter_bill", "body": body(acme)})
    assert reported == []


def test_times_may_end_in_z(bill: Bill) -> None:
    made = bill.vendor()
    assert made["createdTime"].endswith("+00:00")
    bill.options(time_suffix="Z")
    shown = bill.get(f"vendors/{made['id']}")
    assert shown["createdTime"] == made["createdTime"].replace("+00:00", "Z")
    assert bill.listed("vendors")[0] == shown

"""External payables, Coupa Pay payments, integration monitoring, and the control interface's view of all."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa

from connector_sandbox.testing import Sandbox

PAYABLE = {
    "account-type": {"name": "JDE"},
    "currency": {"code": "GBP"},
    "document-amount": "120.00",
    "document-number": "4711",
    "document-type": "PV",
    "payable-amount": "120.00",
    "source-name": "JDE",
    "source-reference": "00001/PV/4711",
    "due-date": "2024-07-01",
}
PATH = "payables/external/payables"


def test_an_external_payable_is_found_again_and_may_be_there_twice_unless_by_option(
    coupa: Coupa, sandbox: Sandbox
) -> None:
    made = coupa.post(PATH, PAYABLE)
    assert (made["payable-amount"], made["status"]) == ("120.000000", "open")
    coupa.post(PATH, {**PAYABLE, "source-name": "Fusion"})
    found = coupa.get(PATH, **{"source-name": "JDE", "source-reference": "00001/PV/4711"})
    assert [each["id"] for each in found] == [made["id"]]
    coupa.post(PATH, PAYABLE)
    assert len(coupa.get(PATH, **{"source-name": "JDE", "source-reference": "00001/PV/4711"})) == 2
    sandbox.post("/options", {"coupa": {"unique_payable_references": True}})
    assert coupa.refused("POST", PATH, PAYABLE) == {"payable": ["Source reference has already been taken"]}


def test_only_what_the_page_lists_comes_back_of_an_external_payable(coupa: Coupa, sandbox: Sandbox) -> None:
    coupa.supplier()
    sent = {**PAYABLE, "payable-detail": {"supplier-id": 1}, "remaining-amount": "120", "document-date": "2024-06-01"}
    made = coupa.post(PATH, sent)
    assert set(made) == {
        *("id", "status", "currency-id", "source-name", "source-reference", "document-number", "document-type"),
        *("document-amount", "payable-amount", "paid-amount", "paid-date"),
        *("created-at", "updated-at", "created-by", "updated-by"),
    }
    assert made["currency-id"] == coupa.get("currencies", code="GBP")[0]["id"]
    assert coupa.get(f"{PATH}/1") == made and coupa.get(f"{PATH}/1", fields='["id","due_date"]') == {"id": 1}
    sandbox.post("/options", {"coupa": {"payables_return": "all"}})
    shown = coupa.get(f"{PATH}/1")
    assert (shown["payee"]["number"], shown["due-date"][:10]) == ("4343", "2024-07-01")


@pytest.mark.parametrize(
    ("way", "sent"),
    [
        ("payable-detail.supplier-id", {"payable-detail": {"supplier-id": 1}}),
        ("payable-detail.supplier", {"payable-detail": {"supplier": {"number": "4343"}}}),
        ("payee", {"payee": {"number": "4343"}}),
    ],
)
def test_a_payee_is_taken_by_each_way_that_the_option_lets_through(
    coupa: Coupa, sandbox: Sandbox, way: str, sent: dict[str, Any]
) -> None:
    coupa.supplier()
    sandbox.post("/options", {"coupa": {"payable_payee_required": True, "payables_return": "all"}})
    assert coupa.post(PATH, {**PAYABLE, **sent})["payee"]["number"] == "4343"
    again = {**PAYABLE, "source-reference": "2"}
    assert coupa.refused("POST", PATH, again) == {"payable": ["Payee can't be blank"]}
    others = [each for each in ("payable-detail.supplier-id", "payable-detail.supplier", "payee") if each != way]
    sandbox.post("/options", {"coupa": {"payable_payees": others}})
    assert coupa.refused("POST", PATH, {**again, **sent}) == {"payable": [f"{way} is not an attribute of a payable."]}


def test_a_payee_that_is_not_there_and_a_type_that_is_not_listed(coupa: Coupa, sandbox: Sandbox) -> None:
    [message] = coupa.refused("POST", PATH, {**PAYABLE, "payable-detail": {"supplier-id": 99}})["payable"]
    assert message.startswith("Unable to find valid Supplier record")
    sandbox.post("/options", {"coupa": {"payable_document_types": ["invoice"]}})
    assert coupa.refused("POST", PATH, PAYABLE) == {"payable": ["Document type must be one of invoice."]}
    assert coupa.post(PATH, {**PAYABLE, "document-type": "invoice"})["document-type"] == "invoice"


@pytest.mark.parametrize("missing", ["account-type", "currency", "document-amount", "source-name", "source-reference"])
def test_what_an_external_payable_needs(coupa: Coupa, missing: str) -> None:
    body = {key: value for key, value in PAYABLE.items() if key != missing}
    name = missing.replace("-", " ").capitalize()
    assert coupa.refused("POST", PATH, body) == {"payable": [f"{name} can't be blank"]}


def test_an_external_payable_is_paid_by_update_and_voided(coupa: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"payables_return": "all"}})
    coupa.post(PATH, PAYABLE)
    paid = coupa.put(f"{PATH}/1", {"paid-amount": "120.000000", "remaining-amount": 0})
    assert (paid["paid-amount"], paid["remaining-amount"]) == ("120.000000", "0.000000")
    assert coupa.put(f"{PATH}/1/void")["status"] == "voided"
    assert coupa.ask("PUT", f"{PATH}/1/void").status_code == 400
    held = sandbox.get("/state")["coupa"]["external_payables"]
    assert (held["count"], held["totals"], held["by_status"]["voided"]["count"]) == (1, {"GBP": "120.00"}, 1)


def test_coupa_pay_payments_are_read_and_marked_only(stocked: Coupa, sandbox: Sandbox) -> None:
    invoice = stocked.approved()
    detail = {
        "payable-id": 9,
        "payable-type": "InvoiceHeader",
        "source-transaction-id": invoice["id"],
        "source-transaction-reference": "INV-1",
        "payment-total": "100.00",
        "currency": {"code": "GBP"},
    }
    record = {
        "status": "completed_successfully",
        "pay-to-total": "100.00",
        "pay-to-currency": {"code": "GBP"},
        "payee": {"number": "4343"},
        "pay-to-account": {"type": "CoupaPay::SupplierPaymentAccount"},
        "payment-details": [detail],
    }
    sandbox.post("/rows", {"system": "coupa", "entity": "coupa_pay_payments", "create": record})
    query = {
        "status[in]": "completed_successfully,completed_with_errors",
        "exported": "false",
        "pay_to_account[type]": "CoupaPay::SupplierPaymentAccount",
    }
    [payment] = stocked.get("coupa_pay/payments", **query)
    assert payment["payment-details"][0]["source-transaction-id"] == invoice["id"]
    assert payment["payment-details"][0]["payment-total"] == "100.00"
    assert stocked.ask("POST", "coupa_pay/payments", record).status_code == 405
    assert stocked.ask("PUT", "coupa_pay/payments/1", {"status": "cancelled"}).status_code == 400
    assert stocked.put("coupa_pay/payments/1?exported=true")["exported"] is True
    assert stocked.get("coupa_pay/payments", **query) == []


def test_integration_errors_can_be_kept_found_and_resolved(coupa: Coupa) -> None:
    coupa.post("integrations", {"code": "JDE_INV", "name": "JDE", "direction": "to_coupa"})
    run = coupa.post("integration_runs", {"integration": {"code": "JDE_INV"}})["id"]
    assert coupa.put(f"integration_runs/{run}/run")["start-time"]
    assert coupa.put(f"integration_runs/{run}/success")["status"] == "success"
    body = {
        "document-type": "InvoiceHeader",
        "document-id": 12,
        "integration": {"code": "JDE_INV"},
        "integration-run": {"id": run},
        "responses": [{"response-code": "400", "response-message": "Account can't be blank"}],
    }
    made = coupa.post("integration_errors", body)["id"]
    query = {"resolved": "false", "document-type": "InvoiceHeader", "document-id": "12"}
    assert len(coupa.get("integration_errors", **query)) == 1
    coupa.put(f"integration_errors/{made}/resolve")
    assert coupa.get("integration_errors", **query) == []


def test_state_counts_and_sums(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.invoice("A")
    stocked.approved("B")
    held = sandbox.get("/state")["coupa"]
    assert (held["suppliers"]["count"], held["accounts"]["count"], held["lookup_values"]["count"]) == (1, 1, 2)
    assert held["invoices"] == {
        "count": 2,
        "totals": {"GBP": "200.00"},
        "by_status": {
            "draft": {"count": 1, "totals": {"GBP": "100.00"}},
            "approved": {"count": 1, "totals": {"GBP": "100.00"}},
        },
    }


def test_rows_say_what_is_wrong_with_them(stocked: Coupa, sandbox: Sandbox) -> None:
    for command, hint in (
        ({"entity": "robots", "create": {}}, "has no entity 'robots'"),
        ({"entity": "invoices", "id": 9, "set": {}}, "no invoices with id 9"),
        ({"entity": "suppliers", "where": {"number": "1"}, "set": {}}, "0 suppliers where"),
        ({"entity": "suppliers", "id": 1}, "take one of"),
        ({"entity": "suppliers", "id": 1, "set": {"payment-term": {"code": "?"}}}, "Unable to find valid PaymentTerm"),
    ):
        with pytest.raises(ValueError, match=hint.replace("'", ".")):
            sandbox.post("/rows", {"system": "coupa", **command})


def test_options_are_checked(sandbox: Sandbox) -> None:
    for options in ({"unique": True}, {"unique_invoice_drafts": "maybe"}, {"time_zone": "Mars/Olympus"}):
        with pytest.raises(ValueError, match="coupa options"):
            sandbox.post("/options", {"coupa": options})

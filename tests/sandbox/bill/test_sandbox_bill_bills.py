"""Bills (bill section 3.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sandbox_bill_caller import Bill, codes
from sandbox_bill_caller import bill as body

from connector_sandbox.testing import Sandbox


@pytest.fixture
def acme(bill: Bill) -> str:
    return str(bill.vendor()["id"])


def amounts(made: dict[str, Any]) -> tuple[Decimal, ...]:
    names = ("amount", "paidAmount", "dueAmount", "scheduledAmount", "creditAmount")
    return tuple(Decimal(str(made[name])) for name in names)


def test_a_new_bill(bill: Bill, acme: str) -> None:
    made = bill.bill(acme, "ACM-20418", "1180.50", description="JDE 00100-PV-778812-001", purchaseOrderNumber="OP 1")
    assert made["id"].startswith("00n") and made["billLineItems"][0]["id"].startswith("bli")
    assert (made["paymentStatus"], made["approvalStatus"]) == ("UNPAID", "UNASSIGNED")
    assert (made["recordStatus"], made["archived"]) == ("ACTIVE", False)
    assert amounts(made) == (Decimal("1180.50"), 0, Decimal("1180.50"), 0, 0)
    assert made["dueDate"] == "2026-03-31" and made["invoice"]["invoiceDate"] == "2026-03-01"
    assert not {"payFromChartOfAccountId", "classifications", "exchangeRate", "approvers"} & set(made)


def test_money_is_a_json_number(bill: Bill, acme: str) -> None:
    made = bill.ask("POST", "bills", body(acme, "A", "100.10"))
    assert '"amount":100.10' in made.text


def test_the_vendors_name_is_in_lists_and_by_id_only(bill: Bill, acme: str) -> None:
    made = bill.bill(acme)
    assert "vendorName" not in made
    assert bill.get(f"bills/{made['id']}")["vendorName"] == "Acme Drilling Supply"
    bill.act("rename_vendor", id=acme, name="Acme Renamed")
    assert bill.listed("bills")[0]["vendorName"] == "Acme Renamed"
    assert "vendorName" not in bill.patch(f"bills/{made['id']}", {"description": "x"})


def test_a_line_is_its_amount_or_quantity_times_price(bill: Bill, acme: str) -> None:
    lines = [{"quantity": 3, "price": 1.115}, {"quantity": 2, "price": 5, "amount": 7.25}, {"amount": "0.1"}]
    made = bill.bill(acme, billLineItems=lines)
    assert [line["amount"] for line in made["billLineItems"]] == [Decimal("3.35"), Decimal("7.25"), Decimal("0.10")]
    assert made["amount"] == Decimal("10.70")
    none = body(acme, "B", billLineItems=[{"description": "nothing"}])
    assert bill.refused("POST", "bills", none) == (400, None, ["billLineItems[0].amount: must not be null"])
    fine = body(acme, "B", billLineItems=[{"amount": 1.005}])
    assert bill.refused("POST", "bills", fine)[2][0].startswith("billLineItems[0].amount: numeric value out of bounds")


def test_what_a_bill_must_have(bill: Bill, acme: str) -> None:
    assert bill.refused("POST", "bills", {}) == (
        400,
        None,
        [f"{name}: must not be null" for name in ("vendorId", "dueDate", "invoice", "billLineItems")],
    )
    assert bill.refused("POST", "bills", body(acme, billLineItems=[]))[2] == [
        "billLineItems: size must be between 1 and 2147483647"
    ]
    assert bill.refused("POST", "bills", body(acme, invoice={}))[2] == [
        "invoice.invoiceNumber: must not be null",
        "invoice.invoiceDate: must not be null",
    ]
    assert bill.refused("POST", "bills", body(acme, dueDate="31/03/2026"))[2][0].startswith("Cannot construct instance")


@pytest.mark.parametrize("status", [422, 400])
def test_an_invoice_number_has_at_most_21_characters(bill: Bill, acme: str, status: int) -> None:
    bill.options(invalid_entity_status=status)
    message = "Invalid entity data. invoiceNumber: Maximum length cannot be greater than 21 characters."
    assert bill.refused("POST", "bills", body(acme, "1" * 22)) == (status, "BDC_1143", [message])
    assert bill.bill(acme, "1" * 21)["invoice"]["invoiceNumber"] == "1" * 21


def test_a_second_number_of_a_vendor_is_refused_in_any_case_unless_allowed(bill: Bill, acme: str) -> None:
    first, other = bill.bill(acme, "Inv-1"), bill.vendor("Other")["id"]
    status, code, messages = bill.refused("POST", "bills", body(acme, "INV-1"))
    assert (status, code) == (422, "BDC_1171")
    assert messages == ["Duplicate invoice number: INV-1.", f"{first['id']} : Duplicate invoice number: INV-1."]
    assert bill.bill(other, "Inv-1")["vendorId"] == other
    bill.options(invoice_number_scope="organization")
    assert bill.refused("POST", "bills", body(bill.vendor("Third")["id"], "inv-1"))[1] == "BDC_1171"
    bill.options(duplicate_invoice_numbers="allow")
    assert bill.bill(acme, "INV-1")["invoice"]["invoiceNumber"] == "INV-1"


def test_an_archived_bill_gives_its_number_away(bill: Bill, acme: str) -> None:
    first = bill.bill(acme, "A-1")
    bill.post(f"bills/{first['id']}/archive", status=200)
    second = bill.bill(acme, "A-1")
    assert bill.refused("POST", f"bills/{first['id']}/restore")[:2] == (422, "BDC_1171")
    bill.post(f"bills/{second['id']}/archive", status=200)
    assert bill.post(f"bills/{first['id']}/restore", status=200)["archived"] is False


def test_what_it_refers_to_must_exist_and_be_in_use(bill: Bill, acme: str) -> None:
    account = bill.account()["id"]
    lines = [{"amount": 1, "classifications": {"chartOfAccountId": account}}]
    made = bill.bill(acme, billLineItems=lines)
    bill.act("archive_account", id=account)
    assert bill.refused("POST", "bills", body(acme, "B", billLineItems=lines))[:2] == (422, "BDC_1143")
    bill.options(archived_references="accept")
    assert bill.bill(acme, "ARCHIVED", billLineItems=lines)["billLineItems"][0]["classifications"]
    bill.options(archived_references="refuse")
    assert bill.patch(f"bills/{made['id']}", {"description": "still"})["description"] == "still"
    for change in (
        {"vendorId": "00901nobody"},
        {"payFromChartOfAccountId": "0ca01nothing"},
        {"classifications": {"departmentId": account}},
        {"billLineItems": [{"amount": 1, "classifications": {"customerId": "0cu01"}}]},
    ):
        assert bill.refused("POST", "bills", {**body(acme, "B"), **change})[:2] == (422, "BDC_1119")
    bill.act("archive_vendor", id=acme)
    assert bill.refused("POST", "bills", body(acme, "B"))[:2] == (422, "BDC_1143")


def test_bulk_is_a_bare_array_both_ways_all_or_nothing_and_at_most_100(bill: Bill, acme: str) -> None:
    other = bill.vendor("Other")["id"]
    made = bill.post("bills/bulk", [body(acme, "A"), body(other, "A")])
    assert [each["vendorId"] for each in made] == [acme, other] and "vendorName" not in made[0]
    refused = bill.ask("POST", "bills/bulk", [body(acme, "B"), body(acme, "b"), body(acme, "C")])
    assert codes(refused) == ["BDC_1171", "BDC_1171", "BDC_1246", "BDC_1246"]
    bill.options(bulk_others=False)
    refused = bill.ask("POST", "bills/bulk", [body(acme, "B"), body(acme, "b"), body(acme, "C")])
    assert (refused.status_code, codes(refused)) == (422, ["BDC_1171", "BDC_1171"])
    bill.options(bulk_others=True, unknown_reference="BDC_1205")
    refused = bill.ask("POST", "bills/bulk", [body("00901nobody", "B"), body(acme, "C")])
    assert (refused.status_code, codes(refused)) == (404, ["BDC_1205", "BDC_1246"])
    assert bill.refused("POST", "bills/bulk", [body(acme, "B"), {**body(acme, "C"), "dueDate": None}]) == (
        400,
        None,
        ["[1].dueDate: must not be null"],
    )
    many = [body(acme, f"N{number}") for number in range(101)]
    assert bill.refused("POST", "bills/bulk", many) == (400, None, ["size must be between 1 and 100"])
    assert len(bill.every("bills")) == 2
    assert len(bill.post("bills/bulk", many[:100])) == 100


def test_patch_changes_a_line_by_its_id_and_removes_none(bill: Bill, acme: str) -> None:
    made = bill.bill(acme, billLineItems=[{"amount": 10, "description": "a"}, {"quantity": 2, "price": 3}])
    first, second = (line["id"] for line in made["billLineItems"])
    path = f"bills/{made['id']}"
    changed = bill.patch(path, {"billLineItems": [{"id": second, "quantity": 5}, {"amount": 1}]})
    assert [(line["id"], line["amount"]) for line in changed["billLineItems"][:2]] == [(first, 10), (second, 15)]
    assert len(changed["billLineItems"]) == 3 and changed["amount"] == 26
    assert changed["dueDate"] == made["dueDate"]
    status, code, _ = bill.refused("PATCH", path, {"billLineItems": [{"id": "bli01nowhere", "amount": 1}]})
    assert (status, code) == (422, "BDC_1143")
    assert bill.patch(path, {"invoice": {"invoiceNumber": "A-2"}})["invoice"] == {
        "invoiceNumber": "A-2",
        "invoiceDate": "2026-03-01",
    }


def test_put_replaces_everything_lines_included(bill: Bill, acme: str) -> None:
    lines = [{"amount": 10}, {"amount": 20, "description": "b"}]
    made = bill.bill(acme, description="to go", billLineItems=lines)
    kept = made["billLineItems"][1]["id"]
    path = f"bills/{made['id']}"
    sent = body(acme, "A-2", billLineItems=[{"id": kept, "amount": 21}, {"amount": 5}])
    replaced = bill.put(path, sent)
    assert [line["id"] == kept for line in replaced["billLineItems"]] == [True, False]
    assert "description" not in replaced and "description" not in replaced["billLineItems"][0]
    assert replaced["amount"] == 26 and replaced["createdTime"] == made["createdTime"]
    assert bill.refused("PUT", path, {"vendorId": acme})[2] == [
        f"{name}: must not be null" for name in ("dueDate", "invoice", "billLineItems")
    ]


def test_archive_touches_neither_status_nor_amounts(bill: Bill, acme: str) -> None:
    made = bill.bill(acme)
    path = f"bills/{made['id']}"
    archived = bill.post(f"{path}/archive", status=200)
    assert (archived["archived"], archived["recordStatus"], archived["paymentStatus"]) == (True, "INACTIVE", "UNPAID")
    assert amounts(archived) == amounts(made) and bill.post(f"{path}/archive", status=200) == archived
    restored = bill.post(f"{path}/restore", status=200)
    assert (restored["archived"], restored["recordStatus"]) == (False, "ACTIVE")
    bill.options(record_status=False)
    assert "recordStatus" not in bill.get(path)


def test_a_draft_is_archived_until_it_is_finished(bill: Bill, acme: str) -> None:
    draft = bill.act("enter_bill", body=body(acme), draft=True)
    shown = bill.get(f"bills/{draft['id']}")
    assert (shown["recordStatus"], shown["archived"]) == ("DRAFT", True)
    bill.act("finish_draft", id=draft["id"])
    shown = bill.get(f"bills/{draft['id']}")
    assert (shown["recordStatus"], shown["archived"]) == ("ACTIVE", False)


def test_bill_approvals_once_true_is_to_be_said_again(bill: Bill, acme: str) -> None:
    path = f"bills/{bill.bill(acme, billApprovals=True)['id']}"
    assert bill.refused("PATCH", path, {"description": "x"}) == (400, None, ["billApprovals: must be true"])
    assert bill.patch(path, {"description": "x", "billApprovals": True})["description"] == "x"
    assert "billApprovals" not in bill.get(path)


def test_funding_is_in_dollars_by_the_rate_of_the_vendors_currency(bill: Bill) -> None:
    euro, yen = bill.vendor("Euro", billCurrency="EUR")["id"], bill.vendor("Yen", billCurrency="JPY")["id"]
    made = bill.bill(euro, amount="100.05")
    assert (made["amount"], made["fundingAmount"], made["exchangeRate"]) == (
        Decimal("100.05"),
        Decimal("108.05"),
        Decimal("1.08"),
    )
    assert not {"fundingAmount", "exchangeRate"} & set(bill.bill(yen))


def test_bills_are_filtered_by_what_their_header_says(bill: Bill, acme: str) -> None:
    department = bill.post("classifications/departments", {"name": "Parks"})["id"]
    other = bill.vendor("Other")["id"]
    first = bill.bill(acme, classifications={"departmentId": department})["id"]
    second = bill.bill(other, dueDate="2026-04-30")["id"]
    for filters, found in (
        (f"vendorId:eq:{acme}", [first]),
        (f'vendorId:in:"{acme},{other}"', [first, second]),
        (f"classifications.departmentId:eq:{department}", [first]),
        ("dueDate:gt:2026-03-31", [second]),
        ('dueDate:lte:"2026-03-31",paymentStatus:eq:UNPAID', [first]),
        (f"id:ne:{first}", [second]),
    ):
        assert [each["id"] for each in bill.listed("bills", filters=filters)] == found, filters


def test_state_sums_bills_by_currency(bill: Bill, acme: str, sandbox: Sandbox) -> None:
    bill.bill(acme, "A", "10.10")
    bill.bill(bill.vendor("Euro", billCurrency="EUR")["id"], "B", "5.00")
    gone = bill.bill(acme, "C")
    bill.post(f"bills/{gone['id']}/archive", status=200)
    held = sandbox.get("/state")["bill"]["bills"]
    assert (held["count"], held["archived"], held["totals"]) == (3, 1, {"EUR": "5.00", "USD": "10.10"})
    assert held["due"] == held["totals"] and held["paid"] == {"EUR": "0.00", "USD": "0.00"}

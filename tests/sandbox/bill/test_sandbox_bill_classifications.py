"""The chart of accounts and the other classifications (bill section 3.6)."""

from __future__ import annotations

import pytest
from sandbox_bill_caller import Bill

ACCOUNTS = "classifications/chart-of-accounts"
FAMILIES = {
    "chart-of-accounts": ("chartOfAccounts", "0ca"),
    "departments": ("departments", "0de"),
    "locations": ("locations", "loc"),
    "jobs": ("jobs", "job"),
    "accounting-classes": ("accountingClasses", "cls"),
    "items": ("items", "0ii"),
    "employees": ("employees", "emp"),
}


@pytest.mark.parametrize("path", FAMILIES)
def test_every_family_has_the_same_verbs(bill: Bill, path: str) -> None:
    key, prefix = FAMILIES[path]
    path = f"classifications/{path}"
    field = "firstName" if key == "employees" else "name"
    made = bill.post(path, {field: "One"})
    assert made["id"].startswith(prefix) and len(made["id"]) == 20 and made["archived"] is False
    both = bill.post(f"{path}/bulk", [{field: "Two"}, {field: "Three"}])
    assert set(both) == {key} and [each[field] for each in both[key]] == ["Two", "Three"]
    two, three = (each["id"] for each in both[key])
    assert bill.patch(f"{path}/{two}", {field: "Second"})[field] == "Second"
    changed = bill.patch(f"{path}/bulk", [{"id": two, field: "2"}, {"id": three, field: "3"}])
    assert [each[field] for each in changed[key]] == ["2", "3"]
    archived = bill.post(f"{path}/bulk/archive?ids={two},{three}", status=200)[key]
    assert [each["archived"] for each in archived] == [True, True]
    restored = bill.post(f"{path}/bulk/restore?ids={two}", status=200)[key]
    assert [each["archived"] for each in restored] == [False]
    assert bill.post(f"{path}/{two}/archive", status=200) == bill.post(f"{path}/{two}/archive", status=200)
    assert bill.post(f"{path}/{two}/restore", status=200)["archived"] is False
    active = bill.every(path, filters="archived:eq:false", sort="updatedTime:asc")
    assert [each[field] for each in active] == ["One", "2"]


def test_the_number_of_an_account_is_text_inside_account(bill: Bill) -> None:
    made = bill.account(number="001")
    assert made["account"] == {"type": "EXPENSE", "number": "001"} and "number" not in made
    assert bill.post(ACCOUNTS, {"name": "Plain"})["account"] == {"type": "UNSPECIFIED"}
    changed = bill.patch(f"{ACCOUNTS}/{made['id']}", {"account": {"number": "002"}})
    assert changed["account"] == {"type": "EXPENSE", "number": "002"}
    assert bill.post(ACCOUNTS, {"name": "Child", "parentId": made["id"]})["parentId"] == made["id"]
    assert bill.refused("POST", ACCOUNTS, {"name": "Orphan", "parentId": "0canowhere"})[1] == "BDC_1119"


def test_names_and_numbers_are_unique_unless_the_option_says_otherwise(bill: Bill) -> None:
    bill.account("Supplies", "1")
    for body in ({"name": "SUPPLIES"}, {"name": "Others", "account": {"number": "1"}}):
        assert bill.refused("POST", ACCOUNTS, body)[:2] == (422, "BDC_1143")
    assert bill.post("classifications/departments", {"name": "Supplies"})["name"] == "Supplies"
    bill.options(unique_classifications=False)
    assert bill.account("Supplies", "1")["account"]["number"] == "1"


def test_a_name_is_required_of_accounts_and_departments_only(bill: Bill) -> None:
    missing = (400, None, ["name: must not be null"])
    assert bill.refused("POST", ACCOUNTS, {}) == bill.refused("POST", "classifications/departments", {}) == missing
    assert bill.post("classifications/locations", {"shortName": "HQ"})["shortName"] == "HQ"


def test_bulk_is_all_or_nothing_and_at_most_50(bill: Bill) -> None:
    many = [{"name": f"D{number}"} for number in range(51)]
    path = "classifications/departments/bulk"
    assert bill.refused("POST", path, many) == (400, None, ["size must be between 1 and 50"])
    assert bill.refused("POST", path, [*many[:3], {"name": "d1"}])[1] == "BDC_1143"
    assert bill.listed("classifications/departments") == []
    assert len(bill.post(path, many[:50])["departments"]) == 50
    assert bill.refused("PATCH", path, [{"name": "x"}]) == (400, None, ["[0].id: must not be null"])

"""Vendors (bill section 3.1), and what validation says of any body (5.2)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_bill_caller import ADDRESS, Bill, vendor

from connector_sandbox.testing import Sandbox, running


def test_what_is_missing_is_one_entry_a_field_without_a_code(bill: Bill) -> None:
    assert bill.refused("POST", "vendors", {}) == (400, None, ["name: must not be null", "address: must not be null"])
    assert bill.refused("POST", "vendors", vendor("")) == (400, None, ["name: must not be blank"])
    too_long = vendor("n" * 101, shortName="s" * 41)
    assert bill.refused("POST", "vendors", too_long) == (
        400,
        None,
        ["name: size must be between 1 and 100", "shortName: size must be between 0 and 40"],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"address": "1 Dock Rd"},
        {"name": {"first": "A"}},
        {"accountType": "COMPANY"},
        {"additionalInfo": {"track1099": "yes"}},
    ],
)
def test_a_wrong_json_type_is_an_instance_that_cannot_be_constructed(bill: Bill, change: dict[str, Any]) -> None:
    status, code, [message] = bill.refused("POST", "vendors", vendor(**change))
    assert (status, code) == (400, None) and message.startswith("Cannot construct instance of ")


def test_a_body_that_is_no_json(bill: Bill) -> None:
    answer = bill.session.post(bill.url + "vendors", data=b"{", timeout=10)
    assert answer.status_code == 400 and answer.json()[0]["message"].startswith("Cannot construct instance of ")


def test_unset_fields_are_omitted_and_unknown_ones_forgotten(bill: Bill) -> None:
    made = bill.vendor(email=None, externalId="JDE 4242")
    assert not {"email", "phone", "shortName", "externalId", "additionalInfo"} & set(made)
    assert made["id"].startswith("009") and len(made["id"]) == 20
    assert (made["archived"], made["billCurrency"], made["networkStatus"]) == (False, "USD", "NOT_CONNECTED")
    assert bill.get(f"vendors/{made['id']}") == made


def test_ids_are_the_same_for_the_same_seed() -> None:
    def first(seed: int) -> str:
        with running(world={}, only=["bill"], limits=False, options={"bill": {"id_seed": seed}}) as sandbox:
            return str(Bill(sandbox).vendor()["id"])

    assert first(1) == first(1) != first(2)


def test_patch_changes_what_it_names(bill: Bill) -> None:
    made = bill.vendor(additionalInfo={"taxId": "12-3456789", "track1099": True}, email="a@acme.example")
    changed = bill.patch(
        f"vendors/{made['id']}",
        {"email": "", "phone": "555", "address": {"line1": "2 Dock Rd"}, "additionalInfo": {"track1099": False}},
    )
    assert "email" not in changed and changed["phone"] == "555"
    assert changed["address"] == {**ADDRESS, "line1": "2 Dock Rd"}
    assert changed["additionalInfo"] == {"taxId": "12-3456789", "track1099": False}
    assert bill.patch(f"vendors/{made['id']}", {"phone": None})["phone"] == "555"
    assert bill.refused("PATCH", f"vendors/{made['id']}", {"name": ""}) == (400, None, ["name: must not be blank"])
    assert bill.refused("PUT", f"vendors/{made['id']}", vendor())[0] == 404


def test_an_id_that_leads_nowhere(bill: Bill) -> None:
    for method, path in (
        ("GET", "vendors/nobody"),
        ("PATCH", "vendors/nobody"),
        ("POST", "vendors/nobody/archive"),
        ("GET", "bills/nothing"),
        ("GET", "payments/nothing"),
        ("GET", "classifications/departments/nothing"),
    ):
        assert bill.refused(method, path, {} if method == "PATCH" else None)[:2] == (404, "BDC_1205")
    bill.options(missing_status=422, missing_code="BDC_1120")
    assert bill.refused("GET", "vendors/nobody") == (422, "BDC_1120", ["No data found."])


def test_archive_and_restore_can_be_said_twice(bill: Bill) -> None:
    path = f"vendors/{bill.vendor()['id']}"
    first = bill.post(f"{path}/archive", status=200)
    assert first["archived"] is True and bill.post(f"{path}/archive", status=200) == first
    assert bill.post(f"{path}/restore", status=200)["archived"] is False
    assert bill.post(f"{path}/restore", status=200)["archived"] is False


def test_a_second_vendor_of_a_name_is_refused_unless_the_option_allows_it(bill: Bill) -> None:
    made = bill.vendor()
    assert bill.refused("POST", "vendors", vendor("ACME drilling supply"))[:2] == (422, "BDC_1143")
    other = bill.vendor("Other")
    status, code, messages = bill.refused("PATCH", f"vendors/{other['id']}", {"name": made["name"]})
    assert (status, code) == (422, "BDC_1143")
    assert messages[1] == f"{other['id']} : {messages[0]}"
    bill.post(f"vendors/{made['id']}/archive", status=200)
    bill.vendor()
    assert bill.refused("POST", f"vendors/{made['id']}/restore")[1] == "BDC_1143"
    bill.options(unique_vendor_names=False)
    assert bill.vendor()["name"] == made["name"]


def test_bulk_is_all_or_nothing_at_most_20_and_answers_under_a_key(bill: Bill) -> None:
    made = bill.post("vendors/bulk", [vendor("A"), vendor("B")])
    assert set(made) == {"vendors"} and [each["name"] for each in made["vendors"]] == ["A", "B"]
    assert bill.refused("POST", "vendors/bulk", [vendor("C"), {"name": "D"}]) == (
        400,
        None,
        ["[1].address: must not be null"],
    )
    assert bill.refused("POST", "vendors/bulk", [vendor("E"), vendor("A")])[1] == "BDC_1143"
    many = [vendor(str(number)) for number in range(21)]
    assert bill.refused("POST", "vendors/bulk", many) == (400, None, ["size must be between 1 and 20"])
    assert bill.refused("POST", "vendors/bulk", {"vendors": [vendor("F")]})[0] == 400
    assert [each["name"] for each in bill.listed("vendors")] == ["A", "B"]
    assert len(bill.post("vendors/bulk", many[:20])["vendors"]) == 20


@pytest.mark.parametrize(("how", "shown"), [("clear", "12-3456789"), ("masked", "*****6789"), ("absent", None)])
def test_the_tax_id_is_shown_as_the_option_says(bill: Bill, how: str, shown: str | None) -> None:
    made = bill.vendor(additionalInfo={"taxId": "12-3456789", "taxIdType": "EIN"})
    bill.options(tax_id=how)
    assert bill.get(f"vendors/{made['id']}")["additionalInfo"].get("taxId") == shown
    assert bill.listed("vendors")[0]["additionalInfo"]["taxIdType"] == "EIN"


def test_a_bank_account_is_deleted_and_created_never_changed(bill: Bill, sandbox: Sandbox) -> None:
    account = {"nameOnAccount": "Acme", "accountNumber": "000123456789", "routingNumber": "074000010"}
    made = bill.vendor(paymentInformation={"bankAccount": account})
    path = f"vendors/{made['id']}/bank-account"
    assert (made["bankAccountStatus"], made["paymentInformation"]["payByType"]) == ("NO_NET_LINKED_ACCOUNT", "ACH")
    assert "bankAccount" not in made["paymentInformation"]
    assert bill.get(path)["accountNumber"] == "*****6789"
    assert bill.refused("POST", path, account)[1] == "BDC_1143"
    assert bill.ask("DELETE", path).status_code == 204
    assert bill.refused("GET", path)[0] == 404
    assert bill.get(f"vendors/{made['id']}")["paymentInformation"]["payByType"] == "CHECK"
    assert bill.post(path, {**account, "type": "CHECKING"}, 200)["type"] == "CHECKING"
    assert sandbox.get("/state")["bill"]["vendor_bank_accounts"]["count"] == 1


def test_only_the_number_of_a_bank_account_is_required_and_status_and_code_are_options(bill: Bill) -> None:
    path = f"vendors/{bill.vendor()['id']}/bank-account"
    assert bill.refused("POST", path, {})[2] == ["accountNumber: must not be null"]
    made = bill.post(path, {"accountNumber": "DE02120300000000202051"}, 200)
    assert made["status"] == "UNVERIFIED" and "nameOnAccount" not in made
    assert bill.ask("DELETE", path).status_code == 204
    bill.options(bank_account_created=201, bank_account_state="")
    assert "status" not in bill.post(path, {"accountNumber": "1"}, 201)


def test_no_payee_name_is_made_up(bill: Bill) -> None:
    assert "payeeName" not in bill.vendor()["paymentInformation"]
    named = bill.vendor("Other", paymentInformation={"payeeName": "Other Factoring"})
    assert named["paymentInformation"]["payeeName"] == "Other Factoring"

"""Suppliers, their addresses and sites."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, supplier

from connector_sandbox.testing import Sandbox, running

ADDRESS = {
    "remit-to-code": "4343-1",
    "street1": "1 Forge Rd",
    "city": "Leeds",
    "postal-code": "LS1",
    "country": {"code": "GB"},
}


def test_a_supplier_without_a_status_is_a_draft(coupa: Coupa) -> None:
    body = supplier()
    del body["status"]
    assert coupa.post("suppliers", body)["status"] == "draft"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "Name can't be blank"),
        ({"invoice-matching-level": None}, "Invoice matching level can't be blank"),
        (
            {"po-change-method": ""},
            "PO change method must be one of cxml, xml, email, prompt, mark_as_sent, buy_online.",
        ),
        ({"status": "asleep"}, "Supplier status must be one of active, inactive, onboarding."),
        ({"name": "x" * 101}, "Name is too long (maximum is 100 characters)"),
        ({"po-method": "email"}, "PO email can't be blank"),
        ({"po-method": "email", "po-email": "nobody"}, "PO email is not a valid email address."),
        ({"primary-contact": {"email": "nobody"}}, "Supplier email is not a valid email address."),
        (
            {"payment-term": {"code": "Net 99"}},
            'Unable to find valid PaymentTerm record for payment_term with keys {"code"=>"Net 99"}. '
            'Possible keys are ["id", "code"]. Please verify your xml.',
        ),
        (
            {"primary-address": {"street1": "1", "country": {"code": "UK"}}},
            'Unable to find valid Country record for country with keys {"code"=>"UK"}. '
            'Possible keys are ["id", "code", "name"]. Please verify your xml.',
        ),
    ],
)
def test_what_a_supplier_needs(coupa: Coupa, changes: dict[str, Any], message: str) -> None:
    assert coupa.refused("POST", "suppliers", supplier(**changes)) == {"supplier": [message]}


def test_name_and_number_are_unique_whatever_the_case(coupa: Coupa) -> None:
    coupa.supplier()
    errors = coupa.refused("POST", "suppliers", supplier("ANVIL & sons", "4343"))
    assert errors == {"supplier": ["Name has already been taken", "Number has already been taken"]}
    other = coupa.supplier("Beta", "5000")["id"]
    assert coupa.refused("PUT", f"suppliers/{other}", {"name": "anvil & Sons"})
    assert coupa.put(f"suppliers/{other}", {"name": "BETA"})["name"] == "BETA"


def test_case_may_matter_in_another_instance() -> None:
    with running(world={}, only=["coupa"], limits=False, options={"coupa": {"case_insensitive": False}}) as strict:
        coupa = Coupa(strict.url("coupa"), strict.get("/credentials")["coupa"])
        coupa.supplier("Anvil", "1")
        coupa.supplier("ANVIL", "2")
        assert len(coupa.get("suppliers", name="anvil")) == 0


def test_suppliers_without_a_number_do_not_collide(coupa: Coupa) -> None:
    for name in ("A", "B"):
        body = supplier(name)
        del body["number"]
        coupa.post("suppliers", body)
    assert len(coupa.get("suppliers", **{"number[blank]": "true"})) == 2


def test_a_put_changes_only_what_it_names(coupa: Coupa, sandbox: Sandbox) -> None:
    made = coupa.supplier(**{"tax-id": "GB1", "primary-address": {"street1": "1 Forge Rd", "city": "Leeds"}})
    sandbox.post("/clock", {"advance": 60})
    changed = coupa.put(f"suppliers/{made['id']}", {"tax-id": "GB2"})
    assert changed["tax-id"] == "GB2" and changed["updated-at"] > made["updated-at"]
    ignored = ("tax-id", "updated-at")
    assert {k: v for k, v in changed.items() if k not in ignored} == {k: v for k, v in made.items() if k not in ignored}
    assert coupa.ask("PATCH", f"suppliers/{made['id']}", {"tax-id": None}).json()["tax-id"] is None


def test_a_primary_address_is_edited_in_place(coupa: Coupa) -> None:
    made = coupa.supplier(**{"primary-address": {"street1": "1 Forge Rd", "city": "Leeds"}})
    number = made["primary-address"]["id"]
    changed = coupa.put("suppliers/1", {"primary-address": {"id": number + 50, "city": "York"}})["primary-address"]
    assert (changed["id"], changed["street1"], changed["city"]) == (number, "1 Forge Rd", "York")


def test_phones_of_the_primary_contact(coupa: Coupa) -> None:
    phone = {"country-code": "44", "area-code": "113", "number": "4960000", "extension": None}
    made = coupa.supplier(**{"primary-contact": {"email": "a@b.example", "phone-work": phone}})
    assert made["primary-contact"]["phone-work"] == phone


def test_remit_to_addresses_live_below_the_supplier(coupa: Coupa, sandbox: Sandbox) -> None:
    made = coupa.supplier()
    sandbox.post("/clock", {"advance": 60})
    address = coupa.post("suppliers/1/addresses", ADDRESS)
    assert coupa.get("suppliers/1/addresses")[0]["remit-to-code"] == "4343-1"
    shown = coupa.get("suppliers/1")
    assert shown["remit-to-addresses"][0]["id"] == address["id"]
    # A change of an address is no change of its supplier.
    coupa.put(f"suppliers/1/addresses/{address['id']}", {"city": "York"})
    assert coupa.get("suppliers/1")["updated-at"] == made["updated-at"]
    assert coupa.ask("DELETE", f"suppliers/1/addresses/{address['id']}").status_code == 200
    assert coupa.get("suppliers/1/addresses") == []


def test_an_address_is_found_below_its_own_supplier_only(coupa: Coupa) -> None:
    coupa.supplier()
    coupa.supplier("Beta", "5000")
    address = coupa.post("suppliers/1/addresses", ADDRESS)["id"]
    assert coupa.get("suppliers/2/addresses") == []
    assert coupa.ask("GET", f"suppliers/2/addresses/{address}").status_code == 404
    assert coupa.ask("GET", "suppliers/9/addresses").status_code == 404


def test_remit_to_codes_are_unique_in_the_instance_or_per_supplier(coupa: Coupa, sandbox: Sandbox) -> None:
    coupa.supplier()
    coupa.supplier("Beta", "5000")
    coupa.post("suppliers/1/addresses", ADDRESS)
    taken = {"address": ["Remit to code has already been taken"]}
    assert coupa.refused("POST", "suppliers/2/addresses", ADDRESS) == taken
    sandbox.post("/options", {"coupa": {"remit_to_code_per_supplier": True}})
    coupa.post("suppliers/2/addresses", ADDRESS)
    assert coupa.refused("POST", "suppliers/2/addresses", ADDRESS) == taken


def test_what_a_remit_to_address_needs(coupa: Coupa) -> None:
    coupa.supplier()
    errors = coupa.refused("POST", "suppliers/1/addresses", {"name": "Works"})["address"]
    names = ("Remit to code", "Street1", "City", "Postal code", "Country")
    assert errors == [f"{name} can't be blank" for name in names]


def test_supplier_sites(coupa: Coupa) -> None:
    coupa.supplier()
    coupa.post("suppliers/1/supplier_sites", {"code": "LEEDS", "name": "Leeds works"})
    assert coupa.get("supplier_sites", **{"supplier[number]": "4343"})[0]["code"] == "LEEDS"
    assert coupa.refused("POST", "supplier_sites", {"code": "leeds", "name": "x", "supplier": {"number": "4343"}})


def test_an_id_may_be_sent_as_text_and_is_answered_as_a_number(coupa: Coupa, sandbox: Sandbox) -> None:
    body = supplier(**{"payment-term": {"id": "1"}})
    assert coupa.post("suppliers", body)["payment-term"]["id"] == 1
    sandbox.post("/options", {"coupa": {"string_ids": False}})
    assert "PaymentTerm" in coupa.refused("POST", "suppliers", body)["supplier"][0]


def test_both_examples_of_the_vendor_make_a_supplier(coupa: Coupa, sandbox: Sandbox) -> None:
    """Section 3.1.1: one has no po-change-method, and underscores in its address; the other no status either."""
    active = {
        "name": "Active",
        "invoice-matching-level": "3-way",
        "po-method": "prompt",
        "status": "active",
        "primary_contact": {"email": "ap@anvil.example", "name-given": "Ana", "name-family": "Vil"},
        "primary_address": {
            "street1": "1 Forge Rd",
            "city": "Denver",
            "postal_code": "80202",
            "country": {"code": "US"},
        },
    }
    draft = {"name": "Draft", "invoice-matching-level": "3-way", "po-method": "prompt"}
    assert coupa.post("suppliers", active)["primary-address"]["postal-code"] == "80202"
    made = coupa.post("suppliers", draft)
    assert (made["status"], made["payment-method"], made["primary-contact"]) == ("draft", "invoice", None)
    sandbox.post("/options", {"coupa": {"supplier_create": "strict"}})
    refused = coupa.refused("POST", "suppliers", {**draft, "name": "Strict"})
    assert refused == {"supplier": ["PO change method can't be blank"]}

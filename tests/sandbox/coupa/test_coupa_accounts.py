"""Charts of accounts, lookup values and the rest of the reference data."""

from __future__ import annotations

from typing import Any

import pytest
from coupa_caller import Coupa, invoice, line

from connector_sandbox.testing import Sandbox

NO_ACCOUNT = "Unable to find valid Account record for account with keys"


def test_a_code_is_made_of_the_segments_and_cannot_be_set(coupa: Coupa) -> None:
    made = coupa.account("39284", "9270", "01", code="whatever")
    assert (made["code"], made["account-type-id"], made["active"]) == ("39284-9270-01", 1, True)
    changed = coupa.put(f"accounts/{made['id']}", {"code": "other", "name": "Parks"})
    assert (changed["code"], changed["name"]) == ("39284-9270-01", "Parks")


def test_a_combination_of_segments_exists_once_in_a_chart(coupa: Coupa) -> None:
    coupa.account("39284", "9270")
    body = {"account-type": {"name": "JDE"}, "segment-1": "39284", "segment-2": "9270"}
    assert coupa.refused("POST", "accounts", body) == {"account": ["Segment combination has already been taken"]}
    coupa.account("39284", "9270", "01")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"account-type": {"name": "JDE"}, "segment-2": "1"}, "Segment 1 - Cost Center can't be blank"),
        (
            {"account-type": {"name": "US CoA"}, "segment-1": "1"},
            'Unable to find valid AccountType record for account_type with keys {"name"=>"US CoA"}. '
            'Possible keys are ["id", "name"]. Please verify your xml.',
        ),
        ({"segment-1": "1"}, "Account type can't be blank"),
        (
            {"account-type": {"name": "JDE"}, "segment-1": "1", "segment-2": "2", "segment-4": "4"},
            "Segment 4 is not part of the chart JDE",
        ),
    ],
)
def test_what_an_account_needs(coupa: Coupa, body: dict[str, Any], message: str) -> None:
    assert coupa.refused("POST", "accounts", body) == {"account": [message]}


def test_an_account_is_found_by_chart_and_segments_or_code(coupa: Coupa) -> None:
    coupa.account("39284", "9270")
    by_segments = {"account-type[name]": "JDE", "segment-1": "39284", "segment-2": "9270", "active": "true"}
    assert len(coupa.get("accounts", **by_segments)) == 1
    assert len(coupa.get("accounts", **{"code": "39284-9270", "account-type[name]": "JDE"})) == 1
    assert len(coupa.get("accounts", **{"code": "39284-9270", "account-type[name]": "JDE dynamic"})) == 0


def test_accounts_of_a_dynamic_chart_come_into_being_on_first_use(stocked: Coupa) -> None:
    body = {"account-type": {"name": "JDE dynamic"}, "segment-1": "39284", "segment-2": "9270"}
    assert "come into being on first use" in stocked.refused("POST", "accounts", body)["account"][0]
    assert stocked.get("accounts", **{"account-type[name]": "JDE dynamic"}) == []
    reference = {"code": "39284-9270", "account-type": {"name": "JDE dynamic"}}
    made = stocked.invoice(**{"invoice-lines": [line(account=reference)]})
    again = stocked.invoice("INV-2", **{"invoice-lines": [line(account=body)]})
    assert made["invoice-lines"][0]["account"]["id"] == again["invoice-lines"][0]["account"]["id"]
    assert len(stocked.get("accounts", **{"account-type[name]": "JDE dynamic"})) == 1


def test_a_segment_without_a_lookup_value_makes_no_account(stocked: Coupa) -> None:
    wrong = line(account={"code": "39285-9270", "account-type": {"name": "JDE dynamic"}})
    body = invoice(**{"invoice-lines": [wrong]})
    assert NO_ACCOUNT in stocked.refused("POST", "invoices", body)["invoice_header"][0]
    value = {"name": "Woods", "lookup": {"name": "Cost Centers"}, "external-ref-num": "39285"}
    number = stocked.post("lookup_values", value)["id"]
    stocked.post("invoices", body)
    stocked.put(f"lookup_values/{number}", {"active": False})
    other = line(account={"segment-1": "39285", "segment-2": "9270", "account-type": {"name": "JDE dynamic"}})
    stocked.post("invoices", invoice("INV-2", **{"invoice-lines": [other]}))  # It exists by now.


def test_a_refused_invoice_leaves_no_account_behind(stocked: Coupa) -> None:
    reference = {"code": "39284-9270", "account-type": {"name": "JDE dynamic"}}
    stocked.refused("POST", "invoices", invoice(**{"invoice-date": "x", "invoice-lines": [line(account=reference)]}))
    assert stocked.get("accounts", **{"account-type[name]": "JDE dynamic"}) == []


def test_validate_account(coupa: Coupa) -> None:
    account = coupa.account("39284", "9270")
    static = {"account-type": {"name": "JDE"}, "segment-1": "39284", "segment-2": "9270"}
    assert coupa.post("accounts/validate_account", static)["id"] == account["id"]
    assert NO_ACCOUNT in coupa.refused("POST", "accounts/validate_account", {**static, "segment-2": "1"})["account"][0]
    coupa.put(f"accounts/{account['id']}", {"active": False})
    assert coupa.refused("POST", "accounts/validate_account", static) == {"account": ["Account is not active"]}
    dynamic = {**static, "account-type": {"name": "JDE dynamic"}}
    assert coupa.post("accounts/validate_account", dynamic)["code"] == "39284-9270"
    assert coupa.refused("POST", "accounts/validate_account", {**dynamic, "segment-1": "1"}) == {
        "account": ["Segment 1 - Cost Center is not included in the list"]
    }
    assert len(coupa.get("accounts")) == 1


def test_a_chart_can_be_copied_and_not_changed(coupa: Coupa) -> None:
    copy = coupa.post("account_types/1/copy", {"name": "JDE 2025"})
    assert (copy["name"], copy["currency"]["code"], copy["dynamic-flag"]) == ("JDE 2025", "GBP", False)
    coupa.account("1", "2", chart="JDE 2025")
    assert coupa.ask("PUT", "account_types/1", {"name": "x"}).status_code == 405


def test_lookup_values_are_unique_per_lookup_and_parent_and_know_their_parents(coupa: Coupa) -> None:
    body = {"name": "Parks", "lookup": {"name": "Cost Centers"}, "external-ref-num": "39284"}
    assert coupa.refused("POST", "lookup_values", body) == {
        "lookup_value": ["Name has already been taken", "External ref num has already been taken"]
    }
    coupa.post("lookup_values", {**body, "lookup": {"name": "Objects"}})
    child = coupa.post("lookup_values", {**body, "external-ref-num": "1", "parent": {"id": 1}})
    assert (child["depth"], child["external-ref-code"], child["parent-id"]) == (1, "39284-1", 1)
    again = coupa.refused("POST", "lookup_values", {**body, "external-ref-num": "1", "parent-id": 1})
    assert again["lookup_value"] == ["Name has already been taken", "External ref num has already been taken"]
    top = coupa.get("lookup_values/1")
    assert (top["children-count"], top["depth"], top["parent-id"]) == (1, 0, None)
    found = coupa.get("lookup_values", **{"lookup[name]": "Cost Centers", "external-ref-num": "39284"})
    assert [each["id"] for each in found] == [1]
    assert [each["id"] for each in coupa.get("lookup_values", **{"parent-id": "1"})] == [child["id"]]
    missing = coupa.refused("POST", "lookup_values", {**body, "name": "x", "parent-id": 99})["lookup_value"][0]
    assert missing.startswith("Unable to find valid LookupValue record for parent")


def test_the_code_of_a_lookup_value_follows_its_number_and_those_above_it(coupa: Coupa, sandbox: Sandbox) -> None:
    body = {"lookup": {"name": "Cost Centers"}, "external-ref-code": "sent and ignored"}
    child = coupa.post("lookup_values", {**body, "name": "B", "external-ref-num": "2", "parent": {"name": "Parks"}})
    leaf = coupa.post("lookup_values", {**body, "name": "C", "parent": {"external-ref-code": "39284-2"}})
    assert (leaf["external-ref-code"], leaf["depth"], leaf["external-ref-num"]) == ("39284-2-C", 2, None)
    coupa.put("lookup_values/1", {"external-ref-num": "7"})
    codes = [coupa.get(f"lookup_values/{each['id']}")["external-ref-code"] for each in (child, leaf)]
    assert codes == ["7-2", "7-2-C"]
    assert coupa.get("lookup_values/1")["children-count"] == 1
    sandbox.post("/options", {"coupa": {"lookup_separator": "."}})
    assert coupa.put(f"lookup_values/{leaf['id']}", {"name": "D"})["external-ref-code"] == "7-2.D"


def test_lookups_are_written_and_count_their_values(coupa: Coupa) -> None:
    made = coupa.post("lookups", {"name": "Projects", "fixed-depth": 2, "level-1-name": "Region"})
    assert (made["level-1-name"], made["values-count"]) == ("Region", 0)
    assert coupa.refused("POST", "lookups", {"name": "projects"}) == {"lookup": ["Name has already been taken"]}
    coupa.post("lookup_values", {"name": "North", "lookup": {"name": "Projects"}})
    assert coupa.get("lookups", name="Projects")[0]["values-count"] == 1
    unknown = coupa.refused("POST", "lookup_values", {"name": "x", "lookup": {"name": "None"}})["lookup_value"][0]
    assert unknown.startswith('Unable to find valid Lookup record for lookup with keys {"name"=>"None"}.')


@pytest.fixture
def dependent(stocked: Coupa, sandbox: Sandbox) -> Coupa:
    """A chart whose third segment depends on the second: sub-object 10 is below 9270 and below 9271."""
    stocked.post("lookups", {"name": "Accounts"})
    chart = {
        "name": "Dependent",
        "currency": {"code": "GBP"},
        "dynamic-flag": True,
        "segments": [
            {"name": "Cost Center", "lookup": "Cost Centers"},
            {"name": "Object", "lookup": "Accounts"},
            {"name": "Sub", "lookup": "Accounts", "depends-on": 2, "required": False},
        ],
    }
    sandbox.post("/rows", {"system": "coupa", "entity": "account_types", "create": chart})
    lookup = {"lookup": {"name": "Accounts"}}
    for number, subs in (("9270", ("10", "20")), ("9271", ("10",))):
        parent = stocked.post("lookup_values", {**lookup, "name": f"Object {number}", "external-ref-num": number})
        for sub in subs:
            body = {**lookup, "name": f"Sub {sub}", "external-ref-num": sub, "parent": {"id": parent["id"]}}
            stocked.post("lookup_values", body)
    return stocked


def validated(coupa: Coupa, *segments: str) -> str | list[str]:
    body = {f"segment-{place}": value for place, value in enumerate(segments, 1)}
    answer = coupa.ask("POST", "accounts/validate_account", {**body, "account-type": {"name": "Dependent"}})
    reported: dict[str, Any] = answer.json()
    return str(reported["code"]) if answer.status_code == 201 else list(reported["errors"]["account"])


def test_a_dependent_segment_takes_the_values_below_the_one_it_depends_on(dependent: Coupa) -> None:
    wrong = ["Segment 3 - Sub is not included in the list"]
    assert validated(dependent, "39284", "9270", "20") == "39284-9270-20"
    assert validated(dependent, "39284", "9271", "10") == "39284-9271-10"
    assert validated(dependent, "39284", "9271", "20") == wrong
    # a value of the second level is none of the first
    assert validated(dependent, "39284", "10") == ["Segment 2 - Object is not included in the list"]
    reference = {"code": "39284-9271-20", "account-type": {"name": "Dependent"}}
    body = invoice(**{"invoice-lines": [line(account=reference)]})
    assert NO_ACCOUNT in dependent.refused("POST", "invoices", body)["invoice_header"][0]
    reference["code"] = "39284-9270-20"
    made = dependent.invoice(**{"invoice-lines": [line(account=reference)]})
    assert made["invoice-lines"][0]["account"]["segment-3"] == "20"


def test_a_value_of_one_chart_is_none_of_another(dependent: Coupa) -> None:
    [value] = dependent.get("lookup_values", **{"lookup[name]": "Cost Centers", "external-ref-num": "39284"})
    dependent.put(f"lookup_values/{value['id']}", {"account-type": {"name": "JDE dynamic"}})
    assert validated(dependent, "39284", "9270") == ["Segment 1 - Cost Center is not included in the list"]
    dependent.put(f"lookup_values/{value['id']}", {"account-type": {"name": "Dependent"}})
    assert validated(dependent, "39284", "9270") == "39284-9270"


def test_an_account_validation_rule_forbids_what_it_matches_with_its_own_message(
    dependent: Coupa, sandbox: Sandbox
) -> None:
    rule = {
        "name": "No parks on 9270",
        "description": "x",
        "error-message": "Account No Parks: Invalid Combination",
        "account-type": {"name": "Dependent"},
        "segment-2-min": "9270",
        "segment-2-max": "9270",
        "segment-3-condition": "blank_value",
    }
    made = dependent.post("account_validation_rules", rule)
    assert dependent.refused("POST", "account_validation_rules", {"name": "x"}) == {
        "account_validation_rule": ["Description can't be blank", "Error message can't be blank"]
    }
    broken = ["Account No Parks: Invalid Combination"]
    assert validated(dependent, "39284", "9270") == broken
    assert validated(dependent, "39284", "9270", "10") == "39284-9270-10"
    assert validated(dependent, "39284", "9271") == "39284-9271"
    reference = {"code": "39284-9270", "account-type": {"name": "Dependent"}}
    body = invoice(**{"invoice-lines": [line(account=reference)]})
    assert dependent.refused("POST", "invoices", body)["invoice_header"] == broken
    sandbox.post("/options", {"coupa": {"account_rules": "allow"}})
    assert validated(dependent, "39284", "9271") == broken
    sandbox.post("/options", {"coupa": {"account_rules": "forbid"}})
    dependent.put(f"account_validation_rules/{made['id']}", {"active": False})
    assert validated(dependent, "39284", "9270") == "39284-9270"


def test_ranges_of_rules_are_compared_as_text_or_as_numbers(dependent: Coupa, sandbox: Sandbox) -> None:
    rule = {"name": "R", "description": "x", "error-message": "Closed", "segment-2-min": "1000", "segment-2-max": "95"}
    dependent.post("account_validation_rules", rule)
    assert validated(dependent, "39284", "9270") == ["Closed"]
    sandbox.post("/options", {"coupa": {"account_rule_ranges": "number"}})
    assert validated(dependent, "39284", "9270") == "39284-9270"


def test_reference_data_can_be_written_where_the_documents_say_so(coupa: Coupa) -> None:
    assert coupa.post("departments", {"name": "Parks"})["active"] is True
    assert coupa.refused("POST", "departments", {"name": "parks"}) == {"department": ["Name has already been taken"]}
    term = coupa.post("payment_terms", {"code": "2/10N30", "days-for-net-payment": 30, "discount-rate": 2.0})
    assert (term["discount-rate"], term["type"]) == (2.0, "DaysAfterNetPaymentTerm")
    rate = {"from-currency": {"code": "USD"}, "to-currency": {"code": "GBP"}, "rate": "0.787500001"}
    assert coupa.post("exchange_rates", {**rate, "rate-date": "2024-06-01"})["rate"] == "0.787500001"
    assert coupa.post("uoms", {"code": "HUR", "name": "Hour"})["code"] == "HUR"
    assert coupa.ask("POST", "currencies", {"code": "CHF"}).status_code == 405
    assert coupa.get("currencies", code="GBP")[0]["decimals"] == 2
    assert coupa.get("users", login="integration")[0]["email"]

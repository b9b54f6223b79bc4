"""JSON and XML, header rules, field selection: what an answer looks like."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from coupa_caller import Coupa, invoice, supplier

from connector_sandbox.testing import Sandbox

XML = {"Accept": "application/xml", "Content-Type": "application/xml"}


def test_without_an_accept_header_for_json_the_answer_is_xml(stocked: Coupa) -> None:
    answer = stocked.ask("GET", "suppliers", headers={"Accept": "*/*"})
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert ElementTree.fromstring(answer.content).findtext("supplier/number") == "4343"


def test_an_empty_list_is_404_in_xml_and_200_in_json(coupa: Coupa) -> None:
    in_xml = coupa.ask("GET", "suppliers", headers=XML)
    assert in_xml.status_code == 404
    assert "No results match your search criteria." in in_xml.text
    assert coupa.ask("GET", "suppliers").json() == []


def test_a_supplier_can_be_created_in_xml(coupa: Coupa) -> None:
    body = (
        "<supplier><name>Anvil &amp; Sons</name><number>4343</number><status>active</status>"
        "<po-method>prompt</po-method><po-change-method>prompt</po-change-method>"
        "<invoice-matching-level>2-way</invoice-matching-level>"
        "<payment-term><code>Net 30</code></payment-term></supplier>"
    )
    answer = coupa.session.post(f"{coupa.url}/api/suppliers", body, headers=XML, timeout=10)
    assert answer.status_code == 201
    assert ElementTree.fromstring(answer.content).findtext("payment-term/code") == "Net 30"
    assert coupa.get("suppliers")[0]["name"] == "Anvil & Sons"


def test_messages_in_xml_are_one_element_each(coupa: Coupa) -> None:
    answer = coupa.session.post(f"{coupa.url}/api/suppliers", "<supplier/>", headers=XML, timeout=10)
    assert answer.status_code == 400
    messages = [each.text for each in ElementTree.fromstring(answer.content)]
    assert "Name can't be blank" in messages and len(messages) == 2


def test_content_type_and_accept_have_to_agree_where_there_is_a_body(coupa: Coupa, sandbox: Sandbox) -> None:
    mixed = {"Accept": "application/json", "Content-Type": "application/xml"}
    assert coupa.ask("POST", "suppliers", supplier(), headers=mixed).status_code == 400
    only_accept = {"Authorization": coupa.session.headers["Authorization"], "Accept": "application/json"}
    url = f"{coupa.url}/api/suppliers"
    assert requests.get(url, headers=only_accept, timeout=10).status_code == 200
    sandbox.post("/options", {"coupa": {"content_headers": "strict"}})
    assert requests.get(url, headers=only_accept, timeout=10).status_code == 400
    assert coupa.ask("GET", "suppliers").status_code == 200


def test_keys_are_read_in_both_spellings_and_written_with_hyphens(coupa: Coupa) -> None:
    body = {key.replace("-", "_"): value for key, value in supplier().items()}
    made = coupa.post("suppliers", body)
    assert made["po-change-method"] == "prompt"
    assert not any("_" in key for key in made)


def test_unknown_and_read_only_fields_are_dropped_without_a_word(stocked: Coupa) -> None:
    made = stocked.invoice(**{"status": "approved", "gross-total": "1.00", "exported": True, "colour": "red", "id": 77})
    assert made["id"] != 77
    assert (made["status"], made["gross-total"], made["exported"]) == ("draft", "100.00", False)
    assert "colour" not in made


def test_custom_fields_are_those_that_the_customer_set_up(stocked: Coupa, sandbox: Sandbox) -> None:
    sent = {"jde_document": "00001/PV/4711", "other": "x"}
    made = stocked.invoice(**{"custom-fields": sent})
    assert made["custom-fields"] == {"jde-document": "00001/PV/4711"}
    sandbox.post("/options", {"coupa": {"custom_fields": {"invoices": ["other"]}}})
    assert stocked.get("invoices")[0]["custom-fields"] == {"jde-document": "00001/PV/4711", "other": None}


def test_amounts_are_text_with_trailing_zeros_and_ids_numbers(stocked: Coupa) -> None:
    lines = [
        {
            "type": "InvoiceQuantityLine",
            "line-num": 1,
            "description": "Bolts",
            "price": 2.5,
            "quantity": 10,
            "uom": {"code": "EA"},
            "account": {"code": "39284-9270"},
        }
    ]
    made = stocked.invoice(**{"invoice-lines": lines, "tax-amount": 0})
    first = made["invoice-lines"][0]
    assert (first["price"], first["quantity"], first["total"]) == ("2.50", "10.0", "25.00")
    assert (made["tax-amount"], made["gross-total"], made["total-with-taxes"]) == ("0.00", "25.00", "25.00")
    assert isinstance(made["id"], int) and isinstance(first["line-num"], int)


def test_a_fraction_in_a_body_is_taken_exactly(stocked: Coupa) -> None:
    body = (
        '{"invoice-number":"X","invoice-date":"2024-06-01","supplier":{"number":"4343"},"account-type":{"name":"JDE"},'
        '"line-level-taxation":false,"invoice-lines":[{"type":"InvoiceAmountLine","description":"d",'
        '"price":123456789012345.67}]}'
    )
    answer = stocked.session.post(f"{stocked.url}/api/invoices", body, timeout=10)
    assert answer.json()["gross-total"] == "123456789012345.67"


def test_dates_carry_the_instances_offset(stocked: Coupa, sandbox: Sandbox) -> None:
    made = stocked.invoice()
    assert made["invoice-date"] == "2024-06-01T00:00:00+01:00"
    sandbox.post("/options", {"coupa": {"time_zone": "America/Denver"}})
    assert stocked.get(f"invoices/{made['id']}")["invoice-date"] == "2024-06-01T00:00:00-06:00"
    assert stocked.get(f"invoices/{made['id']}")["created-at"][19:] in ("-06:00", "-07:00")


def test_fields_trims_an_answer_at_any_depth(stocked: Coupa) -> None:
    stocked.invoice(**{"custom-fields": {"jde-document": "1"}})
    fields = '["id","invoice_number",{"supplier":["number"]},{"invoice_lines":["line_num"]},{"custom_fields":{}}]'
    assert stocked.get("invoices", fields=fields) == [
        {
            "id": 1,
            "invoice-number": "INV-1",
            "supplier": {"number": "4343"},
            "invoice-lines": [{"line-num": 1}],
            "custom-fields": {"jde-document": "1"},
        }
    ]


def test_a_field_that_the_release_lacks_is_just_absent(stocked: Coupa) -> None:
    assert stocked.get("suppliers", fields='["id","from_a_later_release"]') == [{"id": 1}]


def test_a_wrong_selection_is_refused_before_it_has_an_effect(stocked: Coupa) -> None:
    answer = stocked.ask("POST", "invoices", invoice(), params={"fields": "id,status"})
    assert answer.status_code == 400
    assert stocked.get("invoices") == []


def test_return_object(stocked: Coupa) -> None:
    none = stocked.ask("POST", "invoices", invoice(), params={"return_object": "none"})
    assert (none.status_code, none.content) == (201, b"")
    assert stocked.get("invoices", return_object="limited") == [{"id": 1}]
    shallow = stocked.get("invoices/1", return_object="shallow")
    assert shallow["currency"] == {"id": 1, "code": "GBP"}
    assert shallow["supplier"] == {"id": 1, "number": "4343", "name": "Anvil & Sons"}
    assert shallow["created-by"] == {"id": 1, "login": "integration", "email": "integration@coupa.example"}
    assert [sorted(each) for each in shallow["invoice-lines"]] == [["external-src-ref", "id"]]
    assert (shallow["invoice-number"], shallow["approvals"]) == ("INV-1", [])
    posted = stocked.ask("POST", "invoices", invoice("INV-2"), params={"return_object": "shallow"})
    assert posted.json()["account-type"] == {"id": 1, "name": "JDE"}
    changed = stocked.ask("PUT", "invoices/1", {"comments": "x"}, params={"return_object": "shallow"}).json()
    assert (changed["comments"], changed["currency"]) == ("x", {"id": 1, "code": "GBP"})
    assert "query" in stocked.refused("GET", "invoices", params={"return_object": "none"})


def test_a_default_response_filter_hides_fields_unless_they_are_asked_for(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.invoice()
    sandbox.post("/options", {"coupa": {"hidden_fields": {"invoices": ["status", "payments"]}}})
    assert "status" not in stocked.get("invoices/1") and "payments" not in stocked.get("invoices")[0]
    assert stocked.get("invoices/1", fields='["status"]') == {"status": "draft"}


def test_a_named_response_filter(stocked: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/options", {"coupa": {"response_filters": {"short": ["id", "number"]}}})
    assert stocked.get("suppliers", filter="short") == [{"id": 1, "number": "4343"}]
    assert "no API response filter" in stocked.refused("GET", "suppliers", params={"filter": "long"})["query"][0]
    assert stocked.get("suppliers", filter="default_suppliers_filter")[0]["name"] == "Anvil & Sons"


@pytest.mark.parametrize("body", ["{", "[]", '"text"'])
def test_a_body_that_is_not_one_object_is_400(coupa: Coupa, body: str) -> None:
    answer = coupa.session.post(f"{coupa.url}/api/suppliers", body, timeout=10)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["base"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"invoice-number": "9" * 41}, "Invoice number is too long (maximum is 40 characters)"),
        ({"invoice-date": "2024-13-01"}, "Invoice date is not a valid date"),
        ({"line-level-taxation": "perhaps"}, "Line level taxation is not a boolean"),
        ({"tax-amount": "ten"}, "Tax amount is not a number"),
        ({"internal-note": {"a": 1}}, "Internal note is invalid"),
    ],
)
def test_values_that_do_not_fit_are_named(stocked: Coupa, value: dict[str, Any], message: str) -> None:
    assert stocked.refused("POST", "invoices", invoice(**value)) == {"invoice_header": [message]}


def test_an_unknown_id_is_404(coupa: Coupa) -> None:
    answers = [coupa.ask("GET", "suppliers/99") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.headers["Content-Type"].partition(";")[0] for answer in answers} == {"application/json", "text/html"}
    assert coupa.ask("PUT", "invoices/99", {}).status_code == 404
    assert coupa.ask("GET", "no_such_thing").status_code == 404


def test_the_historic_answer_to_a_new_address(coupa: Coupa, sandbox: Sandbox) -> None:
    body = {"street1": "1 Forge Rd", "city": "Leeds", "postal-code": "LS1", "country": {"code": "GB"}}
    assert coupa.post("addresses", body)["country"]["name"] == "United Kingdom"
    sandbox.post("/options", {"coupa": {"legacy_address_answers": True}})
    old = coupa.post("addresses", body)
    assert (old["postal_code"], old["country"]) == ("LS1", "United Kingdom")


def test_numbers_and_booleans_may_be_answered_as_text(stocked: Coupa, sandbox: Sandbox) -> None:
    stocked.invoice()
    sandbox.post("/options", {"coupa": {"answers_as_text": True}})
    [shown] = stocked.get("invoices")
    assert (shown["id"], shown["paid"], shown["supplier"]["id"], shown["payment-term"]) == ("1", "false", "1", None)
    assert shown["invoice-lines"][0]["line-num"] == "1"


def test_booleans_are_taken_as_words(stocked: Coupa) -> None:
    values = [stocked.put("suppliers/1", {"on-hold": word})["on-hold"] for word in ("true", "false", "yes", "no", "1")]
    assert values == [True, False, True, False, True]


def test_a_slash_may_stand_before_the_query(stocked: Coupa) -> None:
    stocked.invoice(comments="important")
    assert len(stocked.get("invoices/", **{"comments[starts_with]": "im"})) == 1
    assert stocked.get("coupa_pay/payments/", **{"status[in]": "draft"}) == []


def test_an_id_in_a_query_is_a_list_and_no_hit_is_an_empty_one_or_404(stocked: Coupa, sandbox: Sandbox) -> None:
    assert [each["number"] for each in stocked.get("suppliers", id="1")] == ["4343"]
    assert stocked.get("accounts", id="99") == []
    assert stocked.ask("GET", "accounts", params={"id": "99"}, headers=XML).status_code == 404
    sandbox.post("/options", {"coupa": {"empty_lists": "not_found"}})
    none = stocked.ask("GET", "accounts", params={"id": "99"})
    assert (none.status_code, none.json()) == (404, {"errors": {"query": ["No results match your search criteria."]}})


def test_queries_with_a_bracket_first_are_understood(stocked: Coupa) -> None:
    names = {each["name"] for each in stocked.get("lookup_values", **{"[lookup][created-at][gt]": "2020-01-01"})}
    assert names == {"Parks", "Repairs"}
    assert len(stocked.get("suppliers", **{"id": "1", "[created_by[id]]": "1"})) == 1
    assert stocked.ask("GET", "suppliers", params={"supplier[name[": "x"}).status_code == 400

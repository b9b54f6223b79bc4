"""The verbs of each resource: what they send, what they make of the answer."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from coupa_fake import FORBIDDEN, FakeCoupa, Reply

from connector_resources.coupa import CoupaClient
from connector_resources.coupa.models import Account, Invoice, RemitToAddress, Supplier
from connector_resources.errors import FieldMessage, NotAllowed, NotFound, OutcomeUnknown, Refused, Unavailable

SUPPLIERS, INVOICES = "/api/suppliers", "/api/invoices"


def whole(model: Any, **given: Any) -> dict[str, Any]:
    """A record with every field of the model, empty but for those given."""
    record = {name.replace("_", "-"): None for name in model.model_fields}
    return record | {name.replace("_", "-"): value for name, value in given.items()}


def supplier(key: int, **given: Any) -> dict[str, Any]:
    return whole(Supplier, **{"id": key, "number": str(key), "name": f"S{key}", "status": "active"} | given)


def invoice(number: int, **given: Any) -> dict[str, Any]:
    owner = {"id": 1, "name": "S1", "number": "4343"}
    return whole(Invoice, **{"id": number, "invoice_number": "INV-1", "supplier": owner, "status": "draft"} | given)


def account(number: int, *segments: str, **given: Any) -> dict[str, Any]:
    values = {f"segment_{n}": value for n, value in enumerate(segments, 1)}
    chart = {"id": 1, "name": "US CoA"}
    return whole(Account, id=number, code="-".join(segments), active=True, account_type=chart, **values, **given)


def test_every_call_has_both_content_headers(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[INVOICES] = [invoice(1)]
    client.invoices.get(1)
    client.invoices.update(1, {"internal-note": "x"})
    client.invoices.mark_exported(1)
    for seen in fake.api():
        assert (seen.headers["accept"], seen.headers["content-type"]) == ("application/json",) * 2


def test_every_read_names_its_fields(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[INVOICES] = [invoice(1)]
    client.invoices.get(1)
    list(client.invoices.all())
    client.invoices.find("INV-1", "4343")
    assert all("invoice_number" in seen.query["fields"] for seen in fake.api())


def test_a_hidden_field_is_loud(fake: FakeCoupa, client: CoupaClient, make: Any) -> None:
    """The API client's default response filter may hide fields from every answer."""
    hidden = supplier(1)
    del hidden["number"], hidden["updated-at"]
    fake.scripts.append(lambda seen: Reply(200, [hidden]) if seen.path == SUPPLIERS else None)
    with pytest.raises(NotAllowed, match="without number, updated-at") as caught:
        client.suppliers.find("1")
    assert "default response filter" in caught.value.fix
    assert "absent_fields.suppliers" in caught.value.fix
    other = make(absent_fields={"suppliers": ["number", "updated-at"]})
    assert other.suppliers.find_by_name("S1").id == 1
    assert '"number"' not in json.dumps(json.loads(fake.api()[-1].query["fields"])[:3])


def test_a_garbled_value_is_not_passed_on(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[INVOICES] = [invoice(1, gross_total="12,50")]
    with pytest.raises(Unavailable, match="coupa:invoices:1 cannot be read: gross_total"):
        client.invoices.get(1)


def test_an_answer_that_is_no_list_or_another_record_is_not_believed(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[SUPPLIERS] = [supplier(1)]
    fake.once("GET", SUPPLIERS, Reply(200, {"id": 1}))
    with pytest.raises(Unavailable, match="without a list"):
        client.suppliers.find("1")
    fake.once("GET", f"{SUPPLIERS}/1", Reply(200, supplier(2)))
    with pytest.raises(Unavailable, match="supplier 2"):
        client.suppliers.get(1)


def test_an_unknown_id_is_not_found(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[SUPPLIERS] = []
    with pytest.raises(NotFound, match="read supplier 9"):
        client.suppliers.get(9)


class TestSuppliers:
    def test_found_by_exactly_that_number_or_name(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[SUPPLIERS] = [supplier(1, number="a1"), supplier(2, number="A1", name="s1")]
        found = client.suppliers.find("A1")
        assert found is not None
        assert found.id == 2
        assert client.suppliers.find("A2") is None
        named = client.suppliers.find_by_name("s1")
        assert named is not None
        assert named.id == 2

    def test_many_numbers_in_pages_and_those_with_a_comma_alone(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[SUPPLIERS] = [supplier(n) for n in range(1, 101)] + [supplier(200, number="7,8")]
        found = client.suppliers.by_numbers([str(n) for n in range(1, 81)] + ["7,8", "none", "5"])
        assert len(found) == 81
        assert found["7,8"].id == 200
        asked = [seen.query["number[in]"] for seen in fake.api() if "number[in]" in seen.query]
        assert max(len(numbers.split(",")) for numbers in asked) == 50

    def test_a_body_goes_as_given_with_decimals_as_strings(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[SUPPLIERS] = [supplier(1)]
        body = {
            "name": "Anvil & Sons",
            "number": "4343",
            "payment-term": {"id": 3, "code": "Net 30"},
            "limit": Decimal("1E+3"),
        }
        made = client.suppliers.create(body)
        assert fake.api("POST")[0].json == {**body, "limit": "1000"}
        assert (made.id, made.number) == (1001, "4343")

    def test_an_update_sends_only_what_it_changes(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[SUPPLIERS] = [supplier(1)]
        assert client.suppliers.update(1, {"status": "inactive"}).status == "inactive"
        assert fake.api("PUT")[0].json == {"status": "inactive"}

    def test_a_refusal_carries_its_fields(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("POST", SUPPLIERS, Reply(400, {"errors": {"supplier": ["Number has already been taken"]}}))
        with pytest.raises(Refused) as caught:
            client.suppliers.create({"number": "1"})
        assert caught.value.fields == (FieldMessage("number", "Number has already been taken"),)

    def test_remit_to_addresses_live_under_their_supplier(self, fake: FakeCoupa, client: CoupaClient) -> None:
        path = f"{SUPPLIERS}/7/addresses"
        fake.lists[path] = [whole(RemitToAddress, id=1, remit_to_code="A", active=True)]
        addresses = client.suppliers.addresses(7)
        assert [a.remit_to_code for a in addresses.all()] == ["A"]
        assert addresses.find("B") is None
        assert addresses.create({"remit-to-code": "B", "street1": "1 Forge Rd"}).street1 == "1 Forge Rd"
        assert addresses.update(1, {"active": False}).active is False

    def test_an_older_answer_with_underscores_will_do(self, fake: FakeCoupa, client: CoupaClient) -> None:
        path = f"{SUPPLIERS}/7/addresses"
        record = whole(RemitToAddress, id=5, remit_to_code="B", country="United States")
        older = {name.replace("-", "_"): value for name, value in record.items()}
        fake.once("POST", path, Reply(201, older))
        made = client.suppliers.addresses(7).create({"remit-to-code": "B", "country": {"code": "US"}})
        assert made.country is not None
        assert made.country.name == "United States"


class TestAccounts:
    def test_found_by_chart_and_all_segments(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists["/api/accounts"] = [account(1, "SF", "10", "X"), account(2, "SF", "10"), account(3, "sf", "10")]
        found = client.accounts.find("US CoA", ["SF", "10", ""])
        assert found is not None
        assert found.id == 2
        query = fake.api()[0].query
        assert query["account-type[name]"] == "US CoA"
        assert (query["segment-1"], query["segment-2"], query["active"]) == ("SF", "10", "true")
        assert "segment-3" not in query

    def test_segments_tell_codes_apart_that_look_alike(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists["/api/accounts"] = [account(1, "1-6", "2"), account(2, "1", "6-2")]
        found = client.accounts.find("US CoA", ["1", "6-2"])
        assert found is not None
        assert found.id == 2

    def test_all_of_a_chart(self, fake: FakeCoupa, client: CoupaClient) -> None:
        other = account(2, "9", account_type_id=2) | {"account-type": {"id": 2, "name": "UK"}}
        fake.lists["/api/accounts"] = [account(1, "1"), other]
        assert [a.id for a in client.accounts.of_type("UK")] == [2]


def test_reference_data(fake: FakeCoupa, client: CoupaClient) -> None:
    value = {"id": 1, "name": "Yard", "external-ref-num": "100", "active": True, "lookup": {"id": 1, "name": "CC"}}
    fake.lists["/api/lookup_values"] = [value, value | {"id": 2, "lookup": {"id": 2, "name": "Project"}}]
    fake.lists["/api/currencies"] = [{"id": 1, "code": "GBP", "decimals": 2}]
    chart = {"id": 1, "name": "US CoA", "currency": {"id": 1, "code": "USD"}, "active": True, "dynamic-flag": True}
    fake.lists["/api/account_types"] = [chart]
    assert [v.id for v in client.lookup_values.find("CC", "100")] == [1]
    assert [v.id for v in client.lookup_values.of_lookup("Project")] == [2]
    assert client.lookup_values.create({"name": "Depot", "external-ref-num": "200"}).external_ref_num == "200"
    assert [c.code for c in client.currencies.all()] == ["GBP"]
    found = client.account_types.find("US CoA")
    assert found is not None
    assert found.dynamic_flag is True


class TestInvoices:
    def test_found_by_number_and_supplier_all_of_them(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[INVOICES] = [
            invoice(1),
            invoice(2, status="voided"),
            invoice(3, invoice_number="inv-1"),
            invoice(4, supplier={"id": 2, "name": "S2", "number": "9"}),
        ]
        assert [i.id for i in client.invoices.find("INV-1", "4343")] == [1, 2]
        assert [i.id for i in client.invoices.find("INV-1", "4343", fields=["status"])] == [1, 2]
        assert fake.api()[0].query["supplier[number]"] == "4343"

    def test_money_and_dates_of_an_answer(self, fake: FakeCoupa, client: CoupaClient) -> None:
        line = {
            "id": 78762,
            "line-num": 1,
            "type": "InvoiceQuantityLine",
            "description": "Bolts",
            "price": "2.50",
            "quantity": "10.0",
            "total": "25.00",
            "account": {"id": 1563, "code": "1-6110-200"},
            "account-allocations": [],
        }
        paid = {"id": 1, "amount-paid": "25.0000", "payment-date": "2024-05-31T00:00:00Z", "notes": "1003"}
        fake.lists[INVOICES] = [
            invoice(
                4835,
                invoice_date="2024-05-01T00:00:00-07:00",
                gross_total="25.00",
                tax_rate=0,
                paid="true",
                invoice_lines=[line],
                payments=[paid],
                custom_fields={"jde-key": "00001-PV-77"},
            )
        ]
        found = client.invoices.get(4835)
        assert found.invoice_date == date(2024, 5, 1)
        assert found.gross_total == Decimal("25.00")
        assert found.paid is True
        assert found.invoice_lines[0].price == Decimal("2.50")
        assert found.payments[0].amount_paid == 25
        assert found.custom("jde-key") == "00001-PV-77"

    @pytest.mark.parametrize("act", ["submit", "void", "abandon", "bypass_approvals"])
    def test_acts_are_puts_without_a_body(self, fake: FakeCoupa, client: CoupaClient, act: str) -> None:
        fake.once("PUT", f"{INVOICES}/7/{act}", Reply(200, invoice(7, status="pending_approval")))
        assert getattr(client.invoices, act)(7).status == "pending_approval"
        assert fake.api("PUT")[0].body == b""

    def test_an_act_without_permission_names_its_own_scope(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("PUT", f"{INVOICES}/7/bypass_approvals", Reply(403, FORBIDDEN))
        with pytest.raises(NotAllowed, match=r"core\.invoice\.approval\.bypass"):
            client.invoices.bypass_approvals(7)

    def test_a_payment_is_sent_once_whatever_comes_back(self, fake: FakeCoupa, client: CoupaClient) -> None:
        """A second one would be a second payment."""
        fake.sequence("PUT", f"{INVOICES}/7", [Reply(None)])
        body = {"paid": True, "payments": [{"amount-paid": Decimal("989.00"), "notes": "1003"}]}
        with pytest.raises(OutcomeUnknown):
            client.invoices.pay(7, body)
        assert [seen.json for seen in fake.api("PUT")] == [
            {"paid": True, "payments": [{"amount-paid": "989.00", "notes": "1003"}]}
        ]

    def test_exported_is_a_request_of_its_own(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[INVOICES] = [invoice(7, exported=False)]
        assert client.invoices.mark_exported(7) is True
        seen = fake.api()[0]
        assert (seen.method, seen.path, seen.body) == ("PUT", f"{INVOICES}/7", b"")
        assert seen.query == {"exported": "true", "fields": '["id","exported"]'}

    def test_whether_there_is_any_costs_one_record(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[INVOICES] = []
        assert client.invoices.holds_any() is False
        fake.lists[INVOICES] = [invoice(1)]
        assert client.invoices.holds_any({"status": "draft"}) is True
        assert fake.api()[-1].query == {"status": "draft", "limit": "1", "fields": '["id"]'}


class TestAnswersOfWrites:
    """A 2xx that shows the record is a write that took; where it shows a part of it, the record is read again."""

    def test_an_answer_with_less_than_asked_for_is_read_again(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists[SUPPLIERS] = [supplier(1, number="4343")]
        fake.once("POST", SUPPLIERS, Reply(201, {"id": 1}))
        assert client.suppliers.create({"number": "4343"}).number == "4343"
        fake.once("PUT", f"{SUPPLIERS}/1", Reply(200, {"id": 1}))
        assert client.suppliers.update(1, {"status": "active"}).status == "active"
        assert len(fake.api("POST")) == len(fake.api("PUT")) == 1

    @pytest.mark.parametrize("body", [b"", b"{}", b"0", b"[]", b"null", b'{"status": "ok"}'])
    def test_an_answer_that_shows_no_record_proves_nothing(
        self, fake: FakeCoupa, client: CoupaClient, body: bytes
    ) -> None:
        fake.lists[SUPPLIERS] = [supplier(1, number="4343")]
        fake.once("PUT", f"{SUPPLIERS}/1", Reply(200, body))
        with pytest.raises(OutcomeUnknown):
            client.suppliers.update(1, {"status": "active"})

    def test_a_record_that_cannot_be_read_again_is_unknown(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("POST", SUPPLIERS, Reply(201, {"id": 1}))
        with pytest.raises(OutcomeUnknown, match="could not be seen"):
            client.suppliers.create({"number": "4343"})

    def test_the_answer_of_another_create_is_not_taken_for_ours(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("POST", SUPPLIERS, Reply(201, supplier(1, number="1111")))
        with pytest.raises(OutcomeUnknown, match="number is not the one sent"):
            client.suppliers.create({"number": "4343"})
        fake.once("POST", SUPPLIERS, Reply(201, supplier(2, number="A 43")))
        assert client.suppliers.create({"number": " a  43"}).id == 2  # tidied up by Coupa, and ours

    def test_the_answer_of_another_update_is_not_taken_for_ours(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("PUT", f"{SUPPLIERS}/1", Reply(200, supplier(2)))
        with pytest.raises(OutcomeUnknown):
            client.suppliers.update(1, {"status": "active"})

    def test_a_page_of_html_with_200_is_unknown(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("PUT", f"{SUPPLIERS}/1", Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}))
        with pytest.raises(OutcomeUnknown):
            client.suppliers.update(1, {"status": "active"})


def test_external_payables(fake: FakeCoupa, make: Any) -> None:
    path = "/api/payables/external/payables"
    names = (
        *("document-number", "document-type", "document-amount", "document-date", "due-date", "payable-amount"),
        *("paid-amount", "paid-date", "account-type", "currency"),
    )
    blank = dict.fromkeys(names)
    fake.lists[path] = [blank | {"id": 1, "source-name": "JDE", "source-reference": "00001-PV-77"}]
    client = make(scopes=["core.payables.external.read", "core.payables.external.write"])
    found = client.external_payables.find("JDE", "00001-PV-77")
    assert found is not None
    assert found.id == 1
    made = client.external_payables.create(
        {"source-name": "JDE", "source-reference": "00001-PV-78", "payable-amount": Decimal("9.90")}
    )
    assert made.payable_amount == Decimal("9.90")
    fake.once("PUT", f"{path}/1/void", Reply(200, fake.lists[path][0] | {"status": "voided"}))
    assert client.external_payables.void(1).status == "voided"


def test_custom_fields_of_an_older_tenant_go_and_come_at_the_top(fake: FakeCoupa, make: Any) -> None:
    record = invoice(1) | {"jde-key": None}
    del record["custom-fields"]
    fake.lists[INVOICES] = [record]
    client = make(top_level_custom_fields={"invoices": ["jde-key"]})
    changed = client.invoices.update(1, {"custom-fields": {"jde-key": "K1"}})
    assert fake.api("PUT")[0].json == {"jde-key": "K1"}
    assert changed.custom("jde-key") == "K1"

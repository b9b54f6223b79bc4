"""Purchase orders: what the verbs send, what they make of the answer, and whether the instance takes external ones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from coupa_fake import FORBIDDEN, FakeCoupa, Reply

from connector_resources.coupa import CoupaClient, OrderLine, PurchaseOrder
from connector_resources.errors import (
    FieldMessage,
    LoginRefused,
    NotAllowed,
    OutcomeUnknown,
    Refused,
    SystemProblem,
    Unavailable,
)

ORDERS = "/api/purchase_orders"


def order(number: int, **given: Any) -> dict[str, Any]:
    """An order with every field of the model, empty but for these."""
    record = {name.replace("_", "-"): None for name in PurchaseOrder.model_fields}
    known = {"id": number, "po-number": f"{number}-OP-00001", "status": "issued", "custom-fields": {}}
    return record | known | {name.replace("_", "-"): value for name, value in given.items()}


def line(number: int, **given: Any) -> dict[str, Any]:
    record = {name.replace("_", "-"): None for name in OrderLine.model_fields}
    return record | {"id": number} | {name.replace("_", "-"): value for name, value in given.items()}


def test_found_by_exactly_that_number(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[ORDERS] = [order(1, po_number="a-OP"), order(2, po_number="A-OP")]
    found = client.purchase_orders.find("A-OP")
    assert found is not None
    assert found.id == 2
    assert client.purchase_orders.find("B-OP") is None
    assert fake.api()[0].query["po-number"] == "A-OP"


def test_many_numbers_in_pages_and_those_with_a_comma_alone(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[ORDERS] = [order(n) for n in range(1, 81)] + [order(200, po_number="7,8"), order(201, po_number="9-op")]
    wanted = [f"{n}-OP-00001" for n in range(1, 71)]
    found = client.purchase_orders.by_numbers([*wanted, wanted[0], "7,8", "none", "9-OP", ""], fields=["status"])
    assert sorted(found) == sorted([*wanted, "7,8"])
    assert found["7,8"].id == 200
    asked = [seen.query["po-number[in]"].split(",") for seen in fake.api() if "po-number[in]" in seen.query]
    assert max(len(numbers) for numbers in asked) == 50
    assert [seen.query["po-number"] for seen in fake.api() if "po-number" in seen.query] == ["7,8"]


def test_orders_of_ids_that_exist(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[ORDERS] = [order(n) for n in range(1, 61)]
    assert [each.id for each in client.purchase_orders.by_ids([3, 60, 3, 99])] == [3, 60]
    assert [each.id for each in client.purchase_orders.by_ids([])] == []


def test_lines_of_an_answer_in_their_types(fake: FakeCoupa, client: CoupaClient) -> None:
    bolts = line(
        11,
        type="OrderQuantityLine",
        line_num="1.000",
        description="Bolts",
        price="2.500000",
        quantity="10.0",
        uom={"id": 1, "code": "EA"},
        currency={"id": 1, "code": "USD"},
        account={"id": 5, "code": "1-6110", "account-type": {"id": 1, "name": "US CoA"}},
        need_by_date="2024-06-01T00:00:00-07:00",
        received="4.0",
        total="25.00",
    )
    fee = {"id": 12, "type": "OrderAmountLine", "line-num": 2, "description": "Fee", "price": "100.00"}
    fake.lists[ORDERS] = [order(1, order_lines=[bolts, fee], version=3, ship_to_user={"id": 9, "login": "receiver"})]
    found = client.purchase_orders.get(1)
    first, second = found.order_lines
    assert (first.line_num, second.line_num) == ("1.000", "2")
    assert (first.price, first.quantity, first.received, first.total) == (Decimal("2.5"), 10, 4, 25)
    assert first.need_by_date == date(2024, 6, 1)
    assert first.account is not None
    assert first.account.account_type is not None
    assert first.account.account_type.name == "US CoA"
    assert (second.price, second.quantity) == (100, None)
    assert found.ship_to_user is not None
    assert found.ship_to_user.login == "receiver"


def test_an_answer_without_the_number_or_lines_is_loud(fake: FakeCoupa, client: CoupaClient) -> None:
    hidden = order(1)
    del hidden["po-number"], hidden["order-lines"]
    fake.once("GET", f"{ORDERS}/1", Reply(200, hidden))
    with pytest.raises(NotAllowed, match="without po-number, order-lines"):
        client.purchase_orders.get(1)


def test_created_as_given_and_known_again_by_its_number(fake: FakeCoupa, client: CoupaClient) -> None:
    kept = line(11, line_num="1", price="2.500000")
    fake.once("POST", ORDERS, Reply(201, order(1001, po_number="100234-OP-00001", order_lines=[kept])))
    body = {
        "type": "ExternalOrderHeader",
        "po-number": "100234-OP-00001",
        "order-lines": [{"line-num": "1", "price": Decimal("2.50"), "need-by-date": date(2024, 6, 1)}],
    }
    made = client.purchase_orders.create(body)
    [sent] = fake.api("POST")
    assert sent.json["order-lines"] == [{"line-num": "1", "price": "2.50", "need-by-date": "2024-06-01"}]
    assert (made.id, made.po_number) == (1001, "100234-OP-00001")
    fake.once("POST", ORDERS, Reply(201, order(9, po_number="other")))
    with pytest.raises(OutcomeUnknown, match="po-number is not the one sent"):
        client.purchase_orders.create(body)


@pytest.mark.parametrize("act", ["issue", "issue_without_send", "cancel", "close"])
def test_acts_are_puts_without_a_body(fake: FakeCoupa, client: CoupaClient, act: str) -> None:
    fake.once("PUT", f"{ORDERS}/7/{act}", Reply(200, order(7, status="issued")))
    assert getattr(client.purchase_orders, act)(7).status == "issued"
    assert fake.api("PUT")[0].body == b""


def test_reopening_says_why(fake: FakeCoupa, client: CoupaClient) -> None:
    why = {"reason-insight-code": "ERP", "reason-insight-event-comment": "opened in the ERP"}
    fake.once("PUT", f"{ORDERS}/7/reopen", Reply(200, order(7)))
    assert client.purchase_orders.reopen(7, why).id == 7
    assert fake.api("PUT")[0].json == why


def test_a_lost_issue_is_not_sent_again(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.sequence("PUT", f"{ORDERS}/7/issue", [Reply(None)])
    with pytest.raises(OutcomeUnknown):
        client.purchase_orders.issue(7)
    assert len(fake.api("PUT")) == 1


def test_an_act_without_permission_names_its_scope(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.once("PUT", f"{ORDERS}/7/cancel", Reply(403, FORBIDDEN))
    with pytest.raises(NotAllowed, match=r"core\.purchase_order\.write"):
        client.purchase_orders.cancel(7)


def test_a_refused_order_names_its_fields(fake: FakeCoupa, client: CoupaClient) -> None:
    sentences = ["PO Number has already been taken", "Invalid Ship-To Address"]
    fake.once("POST", ORDERS, Reply(400, {"errors": {"order_header": sentences}}))
    with pytest.raises(Refused) as caught:
        client.purchase_orders.create({"po-number": "1"})
    assert caught.value.fields == (FieldMessage("po-number", sentences[0]), FieldMessage("", sentences[1]))


def test_exported_is_a_request_of_its_own(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[ORDERS] = [order(7, exported=False)]
    assert client.purchase_orders.mark_exported(7) is True
    assert fake.api()[0].query == {"exported": "true", "fields": '["id","exported"]'}


def test_changes_are_read_by_window(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.lists[ORDERS] = [order(n, updated_at=f"2024-05-0{n}T08:00:00Z") for n in (1, 2, 3)]
    start, until = datetime(2024, 5, 2, tzinfo=UTC), datetime(2024, 5, 3, tzinfo=UTC)
    assert [each.id for each in client.purchase_orders.changed_between(start, until)] == [2]


class TestLatest:
    def test_what_changed_last_costs_one_call(self, fake: FakeCoupa, client: CoupaClient) -> None:
        page = [{"id": 5, "updated-at": "2024-05-02T08:00:00Z"}, {"id": 9, "updated-at": "2024-05-01T08:00:00Z"}]
        fake.once("GET", ORDERS, Reply(200, page))
        assert [each.id for each in client.purchase_orders.latest()] == [5, 9]
        [seen] = fake.api()
        assert {"order_by": "updated_at", "dir": "desc", "fields": '["id","updated_at"]'}.items() <= seen.query.items()

    def test_an_answer_in_another_order_says_nothing(self, fake: FakeCoupa, client: CoupaClient) -> None:
        page = [{"id": 1, "updated-at": "2024-05-01T08:00:00Z"}, {"id": 2, "updated-at": "2024-05-02T08:00:00Z"}]
        fake.once("GET", ORDERS, Reply(200, page))
        with pytest.raises(Unavailable, match="order_by=updated_at"):
            client.purchase_orders.latest()


class TestWhatWasDropped:
    """A 2xx does not prove that a line took."""

    def test_lines_agree_by_their_ids_whatever_their_order(self, client: CoupaClient) -> None:
        returned = PurchaseOrder.model_validate(
            order(1, order_lines=[line(11, price="5.00"), line(12, price="9.00"), line(13, price="1")])
        )
        sent = {"order-lines": [{"id": 12, "price": "9"}, {"id": 11, "price": "6"}, {"price": Decimal("1.00")}]}
        assert client.purchase_orders.dropped(sent, returned) == ["order-lines[1].price"]

    def test_a_removed_line_must_be_gone(self, client: CoupaClient) -> None:
        sent = {"order-lines": [{"id": 11, "_delete": True}, {"id": 12, "quantity": "3"}]}
        kept = PurchaseOrder.model_validate(order(1, order_lines=[line(11), line(12, quantity="3.0")]))
        gone = PurchaseOrder.model_validate(order(1, order_lines=[line(12, quantity="3.0")]))
        assert client.purchase_orders.dropped(sent, kept) == ["order-lines[0]"]
        assert client.purchase_orders.dropped(sent, gone) == []

    def test_references_agree_by_the_key_they_were_sent_with(self, client: CoupaClient) -> None:
        returned = PurchaseOrder.model_validate(
            order(
                1,
                ship_to_address={"id": 3, "name": None, "location-code": "M30"},
                ship_to_user={"id": 4, "login": "receiver", "email": "r@site.example"},
            )
        )
        sent = {"ship-to-address": {"location-code": "M30"}, "ship-to-user": {"login": "other"}}
        assert client.purchase_orders.dropped(sent, returned) == ["ship-to-user.login"]


class TestExternalFeature:
    """The feature is asked for by an order that nobody can take."""

    @pytest.mark.parametrize(
        "errors",
        [
            {"order_header": ["PO Number can't be blank", "Supplier can't be blank"]},
            {"external_order_header": ["Ship-To Address can't be blank"]},
            {"po_number": ["can't be blank"]},
            {"order_header": ["There must be at least one order line"]},
        ],
    )
    def test_refused_for_what_it_lacks_means_on(self, fake: FakeCoupa, client: CoupaClient, errors: Any) -> None:
        fake.once("POST", ORDERS, Reply(400, {"errors": errors}))
        assert client.purchase_orders.external_feature() == ""
        assert fake.api("POST")[0].json == {"type": "ExternalOrderHeader"}
        assert client.calls.write == 0

    @pytest.mark.parametrize(
        ("reply", "said"),
        [
            (Reply(403, {"errors": {"base": ["Not allowed."]}}), r"core\.purchase_order\.write"),
            (Reply(404, {"errors": {"base": ["Not found."]}}), "no purchase orders"),
            (Reply(400, {"errors": {"order_header": ["External purchase orders are not enabled"]}}), "not enabled"),
            (Reply(400, {"errors": {"order_header": ["Type is not included in the list"]}}), "Type is not"),
        ],
    )
    def test_refused_as_such_means_off(self, fake: FakeCoupa, client: CoupaClient, reply: Reply, said: str) -> None:
        fake.once("POST", ORDERS, reply)
        answer = client.purchase_orders.external_feature()
        assert re.search(said, answer)
        assert "switch the external purchase orders feature on" in answer

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, b"<html>Welcome back</html>"),
            Reply(200, {"ok": True}),
            Reply(200, [{"id": 1}]),
            Reply(400),
            Reply(403),
            Reply(404, b"<html>no such page</html>"),
        ],
    )
    def test_what_coupa_need_not_have_said_says_neither(self, fake: FakeCoupa, make: Any, reply: Reply) -> None:
        """A gateway's page once held every order as if the feature were off."""
        fake.scripts.append(lambda seen: reply if seen.path == ORDERS and seen.method == "POST" else None)
        with pytest.raises(SystemProblem) as reported:
            make(limits={"retries": 0}).purchase_orders.external_feature()
        assert not reported.value.proof

    def test_success_is_nothing_to_rely_on(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.once("POST", ORDERS, Reply(201, {"id": 1}))
        assert "empty purchase order" in client.purchase_orders.external_feature()

    def test_a_refused_login_says_neither(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.scripts.append(lambda seen: Reply(401) if seen.path == ORDERS else None)
        with pytest.raises(LoginRefused):
            client.purchase_orders.external_feature()

    def test_no_answer_says_neither(self, fake: FakeCoupa, make: Any) -> None:
        client = make(limits={"retries": 1})
        fake.sequence("POST", ORDERS, [Reply(None), Reply(503)])
        with pytest.raises(Unavailable):
            client.purchase_orders.external_feature()


class TestWhatOrdersReferTo:
    def test_users_by_login_or_address(self, fake: FakeCoupa, make: Any) -> None:
        users = [{"id": n, "login": login, "email": f"{login}@site.example"} for n, login in enumerate(("a", "A"))]
        fake.lists["/api/users"] = users
        client = make(scopes=["core.user.read"])
        found = client.users.find("A")
        assert (found.id, found.email) == (1, "A@site.example")
        assert client.users.find_by_email("a@Site.Example").id == 0
        assert client.users.find_by_email("b@site.example") is None

    def test_addresses_by_code_or_name(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists["/api/addresses"] = [
            {"id": n, "location-code": code, "name": f"Yard {code}", "active": True}
            for n, code in enumerate(("M30", "m31"))
        ]
        found = client.addresses.find("M30")
        assert found is not None
        assert found.name == "Yard M30"
        named = client.addresses.find_by_name("Yard m31")
        assert named is not None
        assert named.id == 1
        assert list(client.addresses.by_location_codes(["M30", "M31", "M32"])) == ["M30"]

    def test_units_by_code(self, fake: FakeCoupa, client: CoupaClient) -> None:
        fake.lists["/api/uoms"] = [
            {"id": 1, "code": "EA", "name": "Each", "allowable-precision": 0},
            {"id": 2, "code": "M,2"},
        ]
        found = client.uoms.by_codes(["EA", "ea", "M,2"])
        assert {code: unit.id for code, unit in found.items()} == {"EA": 1, "M,2": 2}
        assert found["EA"].allowable_precision == 0
        assert client.uoms.find("KG") is None

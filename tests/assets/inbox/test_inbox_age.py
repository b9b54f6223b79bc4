"""What is older than what is kept: it is not new, whoever sends it again."""

from __future__ import annotations

import json
from typing import Any

from bill_inbox_house import BILL, BillHouse, minified, notification
from inbox_house import COUPA, NORTH, NORTH_READER, House

from connector_assets.inbox.age import forget
from connector_resources.connections.bill import BillConnection
from connector_resources.connections.coupa import CoupaConnection

DAY = 86_400
TOO_OLD = "the message is older than the 30 days for which messages are known: nothing of it is kept"


def relayed(house: House, connection: str, *documents: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    body = json.dumps({"invoices": list(documents)}).encode()
    return f"/relay/{connection}", list(house.signed(connection, body).items()), body


def forget_all(house: House | BillHouse, *connections: str) -> int:
    """As the sensor does once a day."""
    gone = 0
    for name in connections:
        connection = house.home.settings().connection(name)
        assert isinstance(connection, CoupaConnection | BillConnection)
        gone += forget(house.ledger, connection, house.clock.now())
    return gone


def drain(house: House | BillHouse, integration: str) -> None:
    batch = house.ledger.inbox.batch(integration)
    assert batch is not None
    house.ledger.inbox.done(batch.id)


def reported(house: House, call: tuple[str, list[tuple[str, str]], bytes]) -> tuple[int, Any]:
    [answer] = house.call_all([call])
    return answer.status, answer.content


class TestARelayWithoutTimeStamps:
    """The connection in the north: the body alone is signed."""

    def test_a_genuine_message_is_refused_once_it_is_forgotten(self, house: House) -> None:
        call = relayed(house, NORTH, {"id": 4711, "updated-at": "2026-03-02T08:00:00Z"})
        assert reported(house, call) == (200, {"stored": 1, "repeated": 0})
        drain(house, NORTH_READER)
        house.clock.advance(29 * DAY)
        assert reported(house, call) == (200, {"stored": 0, "repeated": 1})
        house.clock.advance(DAY)
        # before it is forgotten and after: no moment between
        assert reported(house, call) == (422, {"statusCode": 422, "message": TOO_OLD})
        assert forget_all(house, NORTH) == 0
        house.clock.advance(DAY)
        assert forget_all(house, NORTH) == 1
        assert reported(house, call) == (422, {"statusCode": 422, "message": TOO_OLD})
        assert house.stored(NORTH_READER) == []

    def test_what_the_senders_clock_dates_ahead_is_known_for_longer(self, house: House) -> None:
        call = relayed(house, NORTH, {"id": 4711, "updated-at": "2026-03-05T08:00:00Z"})
        reported(house, call)
        drain(house, NORTH_READER)
        house.clock.advance(32 * DAY)
        assert forget_all(house, NORTH) == 0
        assert reported(house, call) == (200, {"stored": 0, "repeated": 1})

    def test_what_carries_no_time_is_known_for_good(self, house: House) -> None:
        call = relayed(house, NORTH, {"id": 4711}, {"id": 4712})
        assert reported(house, call) == (200, {"stored": 2, "repeated": 0})
        drain(house, NORTH_READER)
        house.clock.advance(400 * DAY)
        assert forget_all(house, NORTH) == 0
        assert reported(house, call) == (200, {"stored": 0, "repeated": 2})

    def test_a_message_is_as_old_as_the_youngest_change_that_it_tells_of(self, house: House) -> None:
        old = {"id": 1, "updated-at": "2025-12-01T00:00:00Z"}
        assert reported(house, relayed(house, NORTH, old, {"id": 2, "updated-at": "2025-12-02T00:00:00Z"}))[0] == 422
        assert reported(house, relayed(house, NORTH, old, {"id": 2, "updated-at": "2026-03-01T00:00:00Z"}))[0] == 200


class TestWhatShowsItsAgeOtherwise:
    def test_a_signed_time_stamp_is_what_counts(self, house: House) -> None:
        call = relayed(house, COUPA, {"id": 4711, "updated-at": "2020-01-01T00:00:00Z"})
        assert reported(house, call)[0] == 200
        # a trailing slash names the same place
        assert reported(house, (f"{call[0]}/", *call[1:])) == (200, {"stored": 0, "repeated": 1})
        drain(house, "jde_coupa")
        house.clock.advance(32 * DAY)
        assert forget_all(house, COUPA) == 1
        assert reported(house, call)[0] == 401
        assert house.stored() == []

    def test_a_call_out_ends_with_its_token(self, house: House) -> None:
        headers = list(house.bearer(house.token()).items())
        call = ("/call-out/coupa/invoices", headers, b'{"id": 4711, "updated-at": "2026-03-01T00:00:00Z"}')
        assert reported(house, call)[0] == 200
        # a trailing slash names the same place
        assert reported(house, ("/call-out/coupa/invoices/", *call[1:]))[0] == 200
        drain(house, "jde_coupa")
        house.clock.advance(32 * DAY)
        assert forget_all(house, COUPA) == 1
        assert reported(house, call)[0] == 401

    def test_call_outs_without_a_time_are_forgotten(self, house: House) -> None:
        headers = list(house.bearer(house.token(NORTH)).items())
        assert reported(house, ("/call-out/coupa_north/invoices", headers, b'{"id": 4711}'))[0] == 200
        drain(house, NORTH_READER)
        house.clock.advance(32 * DAY)
        assert forget_all(house, NORTH) == 1


class TestBill:
    def test_a_notification_that_is_forgotten_is_acknowledged_and_not_kept(self, bill_house: BillHouse) -> None:
        """BILL would send again what is not answered with 200, and then turn the subscription off."""
        body = minified(notification())
        assert bill_house.send(body).content == {"stored": 1, "repeated": 0}
        drain(bill_house, "jde_bill")
        bill_house.clock.advance(32 * DAY)
        assert forget_all(bill_house, "bill") == 1
        answer = bill_house.send(body)
        assert (answer.status, answer.content) == (200, {"stored": 0, "repeated": 0, "too_old": 1, "message": TOO_OLD})
        assert bill_house.stored() == []
        # whose it is counts first
        assert bill_house.send(body, key="another").status == 401

    def test_one_without_a_time_is_known_for_good_by_its_event_id(self, bill_house: BillHouse) -> None:
        untimed = {name: value for name, value in BILL.items() if name != "updatedTime"}
        body = minified(notification(**untimed))
        assert bill_house.send(body).content == {"stored": 1, "repeated": 0}
        drain(bill_house, "jde_bill")
        bill_house.clock.advance(400 * DAY)
        assert forget_all(bill_house, "bill") == 0
        assert bill_house.send(body).content == {"stored": 0, "repeated": 1}

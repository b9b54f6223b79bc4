"""Our subscription at a BILL that is the sandbox: made, put right, turned on; its key known whatever is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from bill_inbox import BILL, VENDOR, Served, connection_of, flushed, free_port, log_in, told, trusting

from connector_assets.inbox.keeping import Keeping
from connector_assets.run_setup import open_client
from connector_assets.systems.bill.notifications import hints_in_history
from connector_assets.systems.bill.subscription import NotSubscribed
from connector_assets.systems.bill.system import SYSTEM
from connector_resources.bill import EventRecord, Subscription
from connector_resources.checks import Check
from connector_resources.errors import ConnectorError, Refused, UnusableInput
from connector_resources.home import Home
from connector_resources.ledger.subscriptions import KeptSubscription
from connector_sandbox.testing import Sandbox, running

KEY, FORMER = "inbox_security_key", "inbox_former_security_key"
CREATE = "POST /connect-events/v3/subscriptions"
ROTATE = "POST /connect-events/v3/subscriptions/{subscription}/security_key"


@pytest.fixture(scope="session")
def bill() -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    with running(world={}, only=[BILL], limits=False) as sandbox:
        yield sandbox, sandbox.get("/options")[BILL]


@pytest.fixture
def sandbox(bill: tuple[Sandbox, dict[str, Any]]) -> Sandbox:
    served, options = bill
    served.post("/reset")
    served.post("/options", {BILL: options})
    return served


@pytest.fixture
def town(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A home with an inbox that does not listen, and no subscription yet."""
    monkeypatch.delenv("CONNECTOR_DATABASE_URL", raising=False)
    served = Served(Home(tmp_path / "home", {}), free_port())
    served.home.create()
    configure(served, sandbox)
    log_in(served.home, sandbox)
    with trusting(sandbox, served.home):
        yield served
    served.home.close()


def configure(served: Served, sandbox: Sandbox, **inbox: Any) -> None:
    connection = connection_of(sandbox, inbox={"public_url": served.url, **inbox})
    connection["limits"]["retries"] = 0
    settings = {
        "start_date": "2026-02-01",
        "connections": {"jde": {"url": "http://127.0.0.1:9/jderest"}, BILL: connection},
        "integrations": {"jde_bill": {}},
    }
    served.home.connections_file.write_text(yaml.safe_dump(settings))


def listed(served: Served) -> list[Subscription]:
    with served.client() as client:
        return list(client.events.subscriptions())


def vendor(served: Served, name: str = "Acme") -> str:
    with served.client() as client:
        return client.vendors.create({**VENDOR, "name": name}).id


def turn(served: Served, **body: Any) -> None:
    """Somebody else changes our subscription."""
    with served.client() as client:
        [ours] = client.events.subscriptions()
        client.events.update(ours.id, body)


def key(served: Served, name: str = KEY) -> str | None:
    return served.home.credentials().get(BILL).get(name)


def kept(served: Served) -> KeptSubscription:
    return served.home.ledger().subscriptions.get(BILL)


def ping(served: Served) -> list[Check]:
    with served.client() as client:
        connection = served.home.settings().connection(BILL)
        return SYSTEM.inbox_checks(served.home, connection, client, let_in=True)


def wrong(served: Served) -> list[Check]:
    return [check for check in ping(served) if not check.ok]


def calls(sandbox: Sandbox, route: str) -> int:
    return int(sandbox.get("/faults")["routes"].get(BILL, {}).get(route, 0))


def fault(sandbox: Sandbox, route: str, kind: str, **more: Any) -> None:
    sandbox.post("/faults", [{"system": BILL, "route": route, "kind": kind, "calls": [1], **more}])


class TestMaking:
    def test_one_is_made_and_then_left_alone(self, town: Served, sandbox: Sandbox) -> None:
        assert len(town.look(catch_up=True)) == 1
        [made] = listed(town)
        assert (made.name, made.notification_url, made.enabled) == ("ml-connector", f"{town.url}/bill/bill", True)
        families = {"vendor", "bill"}
        all_of = {f"{each}.{act}" for each in families for act in ("created", "updated", "archived", "restored")}
        assert made.types == all_of | {"payment.updated", "payment.failed"}
        assert kept(town).subscription == made.id and key(town)
        assert kept(town).create_key is None and kept(town).problem is None
        assert town.look(catch_up=True) == [] == town.look()
        assert listed(town) == [made] and calls(sandbox, CREATE) == 1

    @pytest.mark.parametrize("kind", ["drop_after", "status_after"])
    def test_the_key_of_a_lost_answer_is_had_by_asking_again(self, town: Served, sandbox: Sandbox, kind: str) -> None:
        more = {"status": 502} if kind == "status_after" else {}
        fault(sandbox, CREATE, kind, **more)
        with pytest.raises(ConnectorError):
            town.look(catch_up=True)
        [made] = listed(town)
        assert key(town) is None and kept(town).create_key is not None
        problem = kept(town).problem
        assert problem and wrong(town)[0].detail == "the key of its signatures is not known"

        town.look()

        assert [each.id for each in listed(town)] == [made.id] and kept(town).subscription == made.id
        assert calls(sandbox, CREATE) == 2 and calls(sandbox, ROTATE) == 0
        # the key is the right one
        with town.serving():
            id = vendor(town)
            assert flushed(sandbox)["failed"] == 0
        assert told(town.home) == [("vendors", id)]

    def test_a_death_between_the_answer_and_the_store_loses_no_key(
        self, town: Served, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keeper = town.keeper()
        with monkeypatch.context() as patched, town.client() as client, pytest.raises(KeyboardInterrupt):
            patched.setattr(keeper, "_keep", dies)
            keeper.look(client, catch_up=True)
        assert key(town) is None
        town.look()
        assert key(town) and len(listed(town)) == 1 and calls(sandbox, ROTATE) == 0

    def test_two_at_once_make_one(self, town: Served) -> None:
        errors: list[ConnectorError] = []

        def look() -> None:
            try:
                town.look(catch_up=True)
            except ConnectorError as error:
                errors.append(error)

        both = [threading.Thread(target=look) for _ in range(3)]
        for each in both:
            each.start()
        for each in both:
            each.join(60)
        town.look()
        assert len(listed(town)) == 1 and wrong(town) == [], errors

    def test_one_that_is_gone_is_made_anew_and_what_is_under_way_still_counts(self, town: Served) -> None:
        town.look()
        first, before = listed(town)[0], key(town)
        with town.client() as client:
            client.events.delete(first.id)
        assert wrong(town)[0].detail == "there is no subscription"
        town.look()
        assert listed(town)[0].id != first.id
        assert key(town) != before == key(town, FORMER)

    def test_of_doubles_the_one_is_kept_whose_key_is_known_and_others_are_none_of_ours(self, town: Served) -> None:
        with town.client() as client:
            theirs = client.events.create_subscription("theirs", ["bill.created"], "https://they.example", str(uuid4()))
            town.look()
            url = f"{town.url}/bill/bill"
            client.events.create_subscription("ml-connector", ["bill.created"], url, str(uuid4()))
        ours = kept(town).subscription
        assert [check.detail for check in wrong(town)] == ["1 more subscriptions of its name"]
        assert "was a double" in town.look()[0]
        assert {each.id for each in listed(town)} == {ours, theirs.id}

    def test_there_is_no_room_for_more_than_bill_keeps(self, town: Served) -> None:
        with town.client() as client:
            for number in range(10):
                url = f"https://they.example/{number}"
                client.events.create_subscription("theirs", ["bill.created"], url, str(uuid4()))
        with pytest.raises(Refused):
            town.look()
        assert wrong(town)[0].fix.startswith("delete one of the organisation's 10 subscriptions")
        assert len(listed(town)) == 10

    def test_other_settings_change_it_and_not_its_key(self, town: Served, sandbox: Sandbox) -> None:
        town.look()
        [made], before = listed(town), key(town)
        elsewhere = "https://elsewhere.example"
        configure(town, sandbox, public_url=elsewhere, events=["bill.*", "payment.updated"], name="north")
        assert "are not the wanted ones" in wrong(town)[0].detail
        assert town.look() == [
            "events and name and notificationUrl of the subscription are as connections.yaml has them"
        ]
        [changed] = listed(town)
        assert (changed.id, changed.name, changed.notification_url) == (made.id, "north", f"{elsewhere}/bill/bill")
        assert len(changed.types) == 5 and key(town) == before and wrong(town) == []

    def test_a_catalog_without_payments_is_no_fault_and_said(self, town: Served, sandbox: Sandbox) -> None:
        sandbox.post("/options", {BILL: {"payment_events": False}})
        town.look()
        assert not any(kind.startswith("payment.") for kind in listed(town)[0].types)
        assert wrong(town) == [] and "none of payments, which are polled" in ping(town)[-1].detail

    def test_a_catalog_with_nothing_that_is_wanted_leaves_all_to_the_poll(self, town: Served, sandbox: Sandbox) -> None:
        sandbox.post("/options", {BILL: {"payment_events": False}})
        configure(town, sandbox, events=["payment.*"])
        with pytest.raises(NotSubscribed, match=r"has none of payment\.\*: changes are polled"):
            town.look()
        assert listed(town) == []
        assert wrong(town)[-1].fix == "ask BILL for them, or set `inbox: null`"


class TestTheKey:
    def test_one_that_was_lost_is_rotated(self, town: Served, sandbox: Sandbox) -> None:
        town.look()
        town.home.credentials().delete(BILL, KEY)
        assert wrong(town)[0].detail == "the key of its signatures is not known"
        assert "there is a new one" in town.look()[0]
        assert calls(sandbox, ROTATE) == 1 and wrong(town) == []

    def test_so_is_that_of_a_ledger_that_knows_of_no_subscription(self, town: Served) -> None:
        town.look()
        town.home.ledger().subscriptions.note(BILL, subscription=None)
        town.look()
        assert len(listed(town)) == 1 and key(town, FORMER) is not None and wrong(town) == []

    def test_rotating_keeps_the_former_one_for_a_while(self, town: Served, sandbox: Sandbox) -> None:
        town.look()
        before = key(town)
        with town.client() as client:
            town.keeper().rotate(client)
        assert key(town) != before == key(town, FORMER)
        town.look()
        assert key(town, FORMER) == before
        configure(town, sandbox, former_key_hours=0)
        town.look()
        assert key(town, FORMER) is None and key(town) != before

    def test_a_rotation_whose_answer_is_lost_is_finished_by_the_next_look(self, town: Served, sandbox: Sandbox) -> None:
        town.look()
        before = key(town)
        fault(sandbox, ROTATE, "drop_after")
        with town.client() as client, pytest.raises(ConnectorError):
            town.keeper().rotate(client)
        assert key(town) == before and kept(town).rotate_key is not None
        town.look()
        assert key(town) != before == key(town, FORMER) and kept(town).rotate_key is None
        with town.serving():
            vendor(town)
            assert flushed(sandbox)["failed"] == 0

    def test_without_a_subscription_there_is_none_to_rotate(self, town: Served) -> None:
        with town.client() as client, pytest.raises(NotSubscribed, match="connector inbox serve"):
            town.keeper().rotate(client)

    def test_one_that_somebody_else_rotated_is_found_out_by_what_we_refused(
        self, town: Served, sandbox: Sandbox
    ) -> None:
        with town.serving():
            town.look()
            with town.client() as client:
                client.events.rotate_key(listed(town)[0].id, str(uuid4()))
            ids = [vendor(town, "Refused")]
            assert flushed(sandbox)["failed"] == 1
            done = town.look()
            assert "there is a new one" in done[0] and "it is on again" in done[1] and len(done) == 3
            ids += [vendor(town, "Taken")]
            flushed(sandbox)
            assert told(town.home) == [("vendors", id) for id in ids]
            # where that was not the cure, it is not tried again and again
            turn(town, status={"enabled": False})
            town.look(by_hand=True)
            assert calls(sandbox, ROTATE) == 2


class TestOnAndOff:
    def test_what_somebody_turned_off_stays_off_until_somebody_says_otherwise(
        self, town: Served, sandbox: Sandbox
    ) -> None:
        town.look()
        turn(town, status={"enabled": False})
        vendor(town)
        with pytest.raises(NotSubscribed, match="connector inbox enable bill"):
            town.look(catch_up=True)
        assert not listed(town)[0].enabled
        [off] = wrong(town)
        assert off.detail.startswith("somebody turned it off") and off.fix == "connector inbox enable bill"
        town.look(catch_up=True, by_hand=True)
        assert listed(town)[0].enabled and wrong(town) == []
        assert len(told(town.home)) == 1

    def test_a_history_of_many_pages_is_read_from_where_it_was_seen(self, town: Served, sandbox: Sandbox) -> None:
        town.look()
        turn(town, status={"enabled": False})
        with town.client() as client:
            for first in range(0, 220, 20):
                some = range(first, first + 20)
                client.vendors.create_many([{**VENDOR, "name": f"Vendor {number}"} for number in some])
        town.look(by_hand=True)
        assert len(set(told(town.home))) == 220
        reads = calls(sandbox, "GET /connect-events/v3/events/subscription/{subscription}")
        assert reads >= 3
        town.look(catch_up=True)
        assert len(told(town.home)) == 220

    def test_what_was_seen_long_ago_is_not_read_again(self, town: Served) -> None:
        town.look()
        turn(town, status={"enabled": False})
        vendor(town)
        town.home.ledger().subscriptions.note(BILL, seen_until=datetime.now(UTC) + timedelta(hours=1))
        town.look(by_hand=True)
        assert told(town.home) == []

    @pytest.mark.parametrize("payload", [None, "no json", "{}", '{"metadata": 1}'])
    def test_of_a_record_that_cannot_be_read_the_rest_still_counts(self, town: Served, payload: str | None) -> None:
        at = datetime(2026, 3, 1, 9, tzinfo=UTC)
        record = EventRecord(id="e-1", type="bill.updated", payload=payload, created_time=at)
        [hint] = hints_in_history(town.place, record)
        assert (hint.document, hint.record, hint.updated_at, hint.scheme) == ("bills", "e-1", at, "history")
        assert hint.relay_event == "e-1"


class TestKeeping:
    def test_it_looks_at_once_and_again_after_what_went_wrong(self, town: Served, sandbox: Sandbox) -> None:
        configure(town, sandbox, check_seconds=1)
        fault(sandbox, "GET /connect-events/v3/events/catalog", "status", status=503)
        opened, enough = [], threading.Semaphore(0)

        def open_one(connection: Any) -> Any:
            opened.append(connection.name)
            return open_client(town.home, connection)

        def certificate() -> None:
            enough.release()
            raise UnusableInput("no certificate today")

        home = town.home
        keeping = Keeping(home.ledger(), home.credentials(), [town.place], open_one, each_time=certificate)
        keeping.start()
        try:
            for _ in range(3):
                assert enough.acquire(timeout=60)
        finally:
            keeping.stop()
        # the first look failed, and the one after it began anew
        assert len(opened) == 2
        assert len(listed(town)) == 1 and wrong(town) == []

    def test_a_defect_does_not_end_it(self, town: Served, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
        configure(town, sandbox, check_seconds=1)
        tries = threading.Semaphore(0)

        def broken(connection: Any) -> Any:
            tries.release()
            raise RuntimeError("Authorization: Bearer abcdefghijklmnop")

        keeping = Keeping(town.home.ledger(), town.home.credentials(), [town.place], broken)
        keeping.start()
        try:
            for _ in range(2):
                assert tries.acquire(timeout=60)
        finally:
            keeping.stop()
        assert "a defect of ml-connector" in caplog.text and "abcdefghijklmnop" not in caplog.text


def dies(*_: Any) -> None:
    raise KeyboardInterrupt


def test_the_secrets_are_in_no_log(town: Served, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="connector_assets")
    town.look(catch_up=True)
    first = key(town)
    with town.client() as client:
        town.keeper().rotate(client)
    second, said = key(town), caplog.text + str(ping(town)) + repr(kept(town))
    assert first and second and first != second
    assert first not in said and second not in said

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
from bill_inbox import BILL, VENDOR, Served, connection_of, flushed, free_port, log_in, reported, trusting

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
def testbed(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
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
    def test_one_is_made_and_then_left_alone(self, testbed: Served, sandbox: Sandbox) -> None:
        assert len(testbed.look(catch_up=True)) == 1
        [made] = listed(testbed)
        assert (made.name, made.notification_url, made.enabled) == ("ml-connector", f"{testbed.url}/bill/bill", True)
        families = {"vendor", "bill"}
        all_of = {f"{each}.{act}" for each in families for act in ("created", "updated", "archived", "restored")}
        assert made.types == all_of | {"payment.updated", "payment.failed"}
        assert kept(testbed).subscription == made.id and key(testbed)
        assert kept(testbed).create_key is None and kept(testbed).problem is None
        assert testbed.look(catch_up=True) == [] == testbed.look()
        assert listed(testbed) == [made] and calls(sandbox, CREATE) == 1

    @pytest.mark.parametrize("kind", ["drop_after", "status_after"])
    def test_the_key_of_a_lost_answer_is_had_by_asking_again(
        self, testbed: Served, sandbox: Sandbox, kind: str
    ) -> None:
        more = {"status": 502} if kind == "status_after" else {}
        fault(sandbox, CREATE, kind, **more)
        with pytest.raises(ConnectorError):
            testbed.look(catch_up=True)
        [made] = listed(testbed)
        assert key(testbed) is None and kept(testbed).create_key is not None
        problem = kept(testbed).problem
        assert problem and wrong(testbed)[0].detail == "the key of its signatures is not known"

        testbed.look()

        assert [each.id for each in listed(testbed)] == [made.id] and kept(testbed).subscription == made.id
        assert calls(sandbox, CREATE) == 2 and calls(sandbox, ROTATE) == 0
        # the key is the right one
        with testbed.serving():
            id = vendor(testbed)
            assert flushed(sandbox)["failed"] == 0
        assert reported(testbed.home) == [("vendors", id)]

    def test_a_death_between_the_answer_and_the_store_loses_no_key(
        self, testbed: Served, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keeper = testbed.keeper()
        with monkeypatch.context() as patched, testbed.client() as client, pytest.raises(KeyboardInterrupt):
            patched.setattr(keeper, "_keep", dies)
            keeper.look(client, catch_up=True)
        assert key(testbed) is None
        testbed.look()
        assert key(testbed) and len(listed(testbed)) == 1 and calls(sandbox, ROTATE) == 0

    def test_two_at_once_make_one(self, testbed: Served) -> None:
        errors: list[ConnectorError] = []

        def look() -> None:
            try:
                testbed.look(catch_up=True)
            except ConnectorError as error:
                errors.append(error)

        both = [threading.Thread(target=look) for _ in range(3)]
        for each in both:
            each.start()
        for each in both:
            each.join(60)
        testbed.look()
        assert len(listed(testbed)) == 1 and wrong(testbed) == [], errors

    def test_one_that_is_gone_is_made_anew_and_what_is_under_way_still_counts(self, testbed: Served) -> None:
        testbed.look()
        first, before = listed(testbed)[0], key(testbed)
        with testbed.client() as client:
            client.events.delete(first.id)
        assert wrong(testbed)[0].detail == "there is no subscription"
        testbed.look()
        assert listed(testbed)[0].id != first.id
        assert key(testbed) != before == key(testbed, FORMER)

    def test_of_doubles_the_one_is_kept_whose_key_is_known_and_others_are_none_of_ours(self, testbed: Served) -> None:
        with testbed.client() as client:
            theirs = client.events.create_subscription("theirs", ["bill.created"], "https://they.example", str(uuid4()))
            testbed.look()
            url = f"{testbed.url}/bill/bill"
            client.events.create_subscription("ml-connector", ["bill.created"], url, str(uuid4()))
        ours = kept(testbed).subscription
        assert [check.detail for check in wrong(testbed)] == ["1 more subscriptions of its name"]
        assert "was a double" in testbed.look()[0]
        assert {each.id for each in listed(testbed)} == {ours, theirs.id}

    def test_there_is_no_room_for_more_than_bill_keeps(self, testbed: Served) -> None:
        with testbed.client() as client:
            for number in range(10):
                url = f"https://they.example/{number}"
                client.events.create_subscription("theirs", ["bill.created"], url, str(uuid4()))
        with pytest.raises(Refused):
            testbed.look()
        assert wrong(testbed)[0].fix.startswith("delete one of the organisation's 10 subscriptions")
        assert len(listed(testbed)) == 10

    def test_other_settings_change_it_and_not_its_key(self, testbed: Served, sandbox: Sandbox) -> None:
        testbed.look()
        [made], before = listed(testbed), key(testbed)
        elsewhere = "https://elsewhere.example"
        configure(testbed, sandbox, public_url=elsewhere, events=["bill.*", "payment.updated"], name="north")
        assert "are not the wanted ones" in wrong(testbed)[0].detail
        assert testbed.look() == [
            "events and name and notificationUrl of the subscription are as connections.yaml has them"
        ]
        [changed] = listed(testbed)
        assert (changed.id, changed.name, changed.notification_url) == (made.id, "north", f"{elsewhere}/bill/bill")
        assert len(changed.types) == 5 and key(testbed) == before and wrong(testbed) == []

    def test_a_catalog_without_payments_is_no_fault_and_said(self, testbed: Served, sandbox: Sandbox) -> None:
        sandbox.post("/options", {BILL: {"payment_events": False}})
        testbed.look()
        assert not any(kind.startswith("payment.") for kind in listed(testbed)[0].types)
        assert wrong(testbed) == [] and "none of payments, which are polled" in ping(testbed)[-1].detail

    def test_a_catalog_with_nothing_that_is_wanted_leaves_all_to_the_poll(
        self, testbed: Served, sandbox: Sandbox
    ) -> None:
        sandbox.post("/options", {BILL: {"payment_events": False}})
        configure(testbed, sandbox, events=["payment.*"])
        with pytest.raises(NotSubscribed, match=r"has none of payment\.\*: changes are polled"):
            testbed.look()
        assert listed(testbed) == []
        assert wrong(testbed)[-1].fix == "ask BILL for them, or set `inbox: null`"


class TestTheKey:
    def test_one_that_was_lost_is_rotated(self, testbed: Served, sandbox: Sandbox) -> None:
        testbed.look()
        testbed.home.credentials().delete(BILL, KEY)
        assert wrong(testbed)[0].detail == "the key of its signatures is not known"
        assert "there is a new one" in testbed.look()[0]
        assert calls(sandbox, ROTATE) == 1 and wrong(testbed) == []

    def test_so_is_that_of_a_ledger_that_knows_of_no_subscription(self, testbed: Served) -> None:
        testbed.look()
        testbed.home.ledger().subscriptions.note(BILL, subscription=None)
        testbed.look()
        assert len(listed(testbed)) == 1 and key(testbed, FORMER) is not None and wrong(testbed) == []

    def test_rotating_keeps_the_former_one_for_a_while(self, testbed: Served, sandbox: Sandbox) -> None:
        testbed.look()
        before = key(testbed)
        with testbed.client() as client:
            testbed.keeper().rotate(client)
        assert key(testbed) != before == key(testbed, FORMER)
        testbed.look()
        assert key(testbed, FORMER) == before
        configure(testbed, sandbox, former_key_hours=0)
        testbed.look()
        assert key(testbed, FORMER) is None and key(testbed) != before

    def test_a_rotation_whose_answer_is_lost_is_finished_by_the_next_look(
        self, testbed: Served, sandbox: Sandbox
    ) -> None:
        testbed.look()
        before = key(testbed)
        fault(sandbox, ROTATE, "drop_after")
        with testbed.client() as client, pytest.raises(ConnectorError):
            testbed.keeper().rotate(client)
        assert key(testbed) == before and kept(testbed).rotate_key is not None
        testbed.look()
        assert key(testbed) != before == key(testbed, FORMER) and kept(testbed).rotate_key is None
        with testbed.serving():
            vendor(testbed)
            assert flushed(sandbox)["failed"] == 0

    def test_without_a_subscription_there_is_none_to_rotate(self, testbed: Served) -> None:
        with testbed.client() as client, pytest.raises(NotSubscribed, match="connector inbox serve"):
            testbed.keeper().rotate(client)

    def test_one_that_somebody_else_rotated_is_found_out_by_what_we_refused(
        self, testbed: Served, sandbox: Sandbox
    ) -> None:
        with testbed.serving():
            testbed.look()
            with testbed.client() as client:
                client.events.rotate_key(listed(testbed)[0].id, str(uuid4()))
            ids = [vendor(testbed, "Refused")]
            assert flushed(sandbox)["failed"] == 1
            done = testbed.look()
            assert "there is a new one" in done[0] and "it is on again" in done[1] and len(done) == 3
            ids += [vendor(testbed, "Taken")]
            flushed(sandbox)
            assert reported(testbed.home) == [("vendors", id) for id in ids]
            # where that was not the cure, it is not tried again and again
            turn(testbed, status={"enabled": False})
            testbed.look(by_hand=True)
            assert calls(sandbox, ROTATE) == 2


class TestOnAndOff:
    def test_what_somebody_turned_off_stays_off_until_somebody_says_otherwise(
        self, testbed: Served, sandbox: Sandbox
    ) -> None:
        testbed.look()
        turn(testbed, status={"enabled": False})
        vendor(testbed)
        with pytest.raises(NotSubscribed, match="connector inbox enable bill"):
            testbed.look(catch_up=True)
        assert not listed(testbed)[0].enabled
        [off] = wrong(testbed)
        assert off.detail.startswith("somebody turned it off") and off.fix == "connector inbox enable bill"
        testbed.look(catch_up=True, by_hand=True)
        assert listed(testbed)[0].enabled and wrong(testbed) == []
        assert len(reported(testbed.home)) == 1

    def test_a_history_of_many_pages_is_read_from_where_it_was_seen(self, testbed: Served, sandbox: Sandbox) -> None:
        testbed.look()
        turn(testbed, status={"enabled": False})
        with testbed.client() as client:
            for first in range(0, 220, 20):
                some = range(first, first + 20)
                client.vendors.create_many([{**VENDOR, "name": f"Vendor {number}"} for number in some])
        testbed.look(by_hand=True)
        assert len(set(reported(testbed.home))) == 220
        reads = calls(sandbox, "GET /connect-events/v3/events/subscription/{subscription}")
        assert reads >= 3
        testbed.look(catch_up=True)
        assert len(reported(testbed.home)) == 220

    def test_what_was_seen_long_ago_is_not_read_again(self, testbed: Served) -> None:
        testbed.look()
        turn(testbed, status={"enabled": False})
        vendor(testbed)
        testbed.home.ledger().subscriptions.note(BILL, seen_until=datetime.now(UTC) + timedelta(hours=1))
        testbed.look(by_hand=True)
        assert reported(testbed.home) == []

    @pytest.mark.parametrize("payload", [None, "no json", "{}", '{"metadata": 1}'])
    def test_of_a_record_that_cannot_be_read_the_rest_still_counts(self, testbed: Served, payload: str | None) -> None:
        at = datetime(2026, 3, 1, 9, tzinfo=UTC)
        record = EventRecord(id="e-1", type="bill.updated", payload=payload, created_time=at)
        [hint] = hints_in_history(testbed.place, record)
        assert (hint.document, hint.record, hint.updated_at, hint.scheme) == ("bills", "e-1", at, "history")
        assert hint.relay_event == "e-1"


class TestKeeping:
    def test_it_looks_at_once_and_again_after_what_went_wrong(self, testbed: Served, sandbox: Sandbox) -> None:
        configure(testbed, sandbox, check_seconds=1)
        fault(sandbox, "GET /connect-events/v3/events/catalog", "status", status=503)
        opened, enough = [], threading.Semaphore(0)

        def open_one(connection: Any) -> Any:
            opened.append(connection.name)
            return open_client(testbed.home, connection)

        def certificate() -> None:
            enough.release()
            raise UnusableInput("no certificate today")

        home = testbed.home
        keeping = Keeping(home.ledger(), home.credentials(), [testbed.place], open_one, each_time=certificate)
        keeping.start()
        try:
            for _ in range(3):
                assert enough.acquire(timeout=60)
        finally:
            keeping.stop()
        # the first look failed, and the one after it began anew
        assert len(opened) == 2
        assert len(listed(testbed)) == 1 and wrong(testbed) == []

    def test_a_defect_does_not_end_it(
        self, testbed: Served, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        configure(testbed, sandbox, check_seconds=1)
        tries = threading.Semaphore(0)

        def broken(connection: Any) -> Any:
            tries.release()
            raise RuntimeError("Authorization: Bearer abcdefghijklmnop")

        keeping = Keeping(testbed.home.ledger(), testbed.home.credentials(), [testbed.place], broken)
        keeping.start()
        try:
            for _ in range(2):
                assert tries.acquire(timeout=60)
        finally:
            keeping.stop()
        assert "a defect of ml-connector" in caplog.text and "abcdefghijklmnop" not in caplog.text


def dies(*_: Any) -> None:
    raise KeyboardInterrupt


def test_the_secrets_are_in_no_log(testbed: Served, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="connector_assets")
    testbed.look(catch_up=True)
    first = key(testbed)
    with testbed.client() as client:
        testbed.keeper().rotate(client)
    second, said = key(testbed), caplog.text + str(ping(testbed)) + repr(kept(testbed))
    assert first and second and first != second
    assert first not in said and second not in said

"""The inbox's sensor: one run for what is pending, until one has succeeded; and events change nothing but when."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
    RUN_KEY_TAG,
)
from dagster_site import NAME, DagsterSite, today

from connector_assets import definitions
from connector_assets.orchestration import inbox_sensor
from connector_resources.home import Home
from connector_resources.ledger import InboxEvent

LONDON = ZoneInfo("Europe/London")


def with_inbox(settings: dict[str, Any]) -> None:
    settings["connections"]["coupa"]["inbox"] = {}


def reported_of(record: int, at: datetime | None, document: str = "invoices") -> InboxEvent:
    return InboxEvent("coupa", document, str(record), at, "approved", False, "call_out")


def tell(site: DagsterSite, *events: InboxEvent) -> int:
    return sum(site.home.ledger().inbox.take([event], [NAME]) for event in events)


def on(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), LONDON)


def look(site: DagsterSite, cursor: str | None = None) -> dg.RunRequest | str:
    """The run that a look of the sensor asks for, or why it asks for none."""
    sensor = definitions.defs.get_repository_def().get_sensor_def(f"{NAME}_inbox")
    with site.instance() as instance, dg.build_sensor_context(instance, cursor=cursor) as context:
        reported = sensor.evaluate_tick(context)
    if reported.run_requests:
        [request] = reported.run_requests
        return request
    assert reported.skip_message
    return reported.skip_message


def asked(site: DagsterSite) -> dg.RunRequest:
    found = look(site)
    assert isinstance(found, dg.RunRequest), found
    return found


def days(request: dg.RunRequest) -> tuple[date, date]:
    tags = request.tags
    if PARTITION_NAME_TAG in tags:
        return (date.fromisoformat(tags[PARTITION_NAME_TAG]),) * 2
    first, last = tags[ASSET_PARTITION_RANGE_START_TAG], tags[ASSET_PARTITION_RANGE_END_TAG]
    return date.fromisoformat(first), date.fromisoformat(last)


def follow(site: DagsterSite, request: dg.RunRequest) -> bool:
    """Run what was asked for, as Dagster would: whether it succeeded."""
    key = {} if request.run_key is None else {RUN_KEY_TAG: request.run_key}
    return site.run(*days(request), tags=dict(request.tags) | key).success


def ended(site: DagsterSite, request: dg.RunRequest, status: dg.DagsterRunStatus) -> None:
    """A run of this request, as Dagster remembers it."""
    with site.instance() as instance:
        instance.add_run(dg.DagsterRun(job_name=NAME, status=status, tags=dict(request.tags)))


@pytest.fixture
def testbed(synced: DagsterSite) -> DagsterSite:
    """A synced installation with an inbox."""
    synced.configure(with_inbox)
    return synced


class TestDefinition:
    def test_there_is_one_where_a_connection_has_an_inbox_and_an_administrator_starts_it(
        self, testbed: DagsterSite
    ) -> None:
        sensor = definitions.defs.get_repository_def().get_sensor_def(f"{NAME}_inbox")
        assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
        # at five Dagster's own loop of five seconds would leave every other look out
        assert sensor.minimum_interval_seconds is not None and sensor.minimum_interval_seconds < 5
        assert sensor.job_name == NAME

    def test_there_is_none_where_no_connection_has_one(self, synced: DagsterSite) -> None:
        assert definitions.defs.get_repository_def().sensor_defs == []

    def test_it_needs_no_poll(self, site: DagsterSite) -> None:
        def alone(settings: dict[str, Any]) -> None:
            with_inbox(settings)
            settings["integrations"][NAME]["schedule"] = None

        site.configure(alone)
        assert [each.name for each in definitions.defs.get_repository_def().sensor_defs] == [f"{NAME}_inbox"]


class TestDraining:
    def test_an_empty_inbox_asks_for_nothing_and_no_system_is_asked(self, testbed: DagsterSite) -> None:
        before = testbed.calls()
        assert look(testbed) == "no events"
        assert testbed.calls() == before

    def test_all_that_is_pending_is_one_run_over_the_days_that_it_speaks_of(self, both_sites: DagsterSite) -> None:
        site = both_sites
        site.configure(with_inbox)
        first = reported_of(1, on(site.days[1]))
        tell(site, first, reported_of(2, on(site.last)), reported_of(3, on(site.last), "payments"))

        request = asked(site)

        tags = request.tags
        batch = tags["connector/inbox_batch"]
        assert (request.run_key, tags["connector/inbox_attempt"]) == (f"{batch}-1", "1")
        assert days(request) == (site.days[1], site.last)
        assert tags["connector/due"] == "yes"
        assert tags["connector/why"] == "2 events of coupa/invoices, 1 events of coupa/payments"
        # until Dagster has made the run it is asked for again, under the same key
        assert asked(site) == request
        assert follow(site, request)
        assert look(site) == "no events"
        # what was read is known
        assert tell(site, first) == 0

    def test_what_comes_while_a_run_is_under_way_waits_for_the_next(self, testbed: DagsterSite) -> None:
        tell(testbed, reported_of(1, on(testbed.last)))
        first = asked(testbed)
        running = dg.DagsterRun(
            job_name=NAME,
            status=dg.DagsterRunStatus.STARTED,
            tags={**first.tags, "connector/integration": NAME},
        )
        with testbed.instance() as instance:
            instance.add_run(running)
            tell(testbed, reported_of(2, on(testbed.last)))
            assert look(testbed) == f"run {running.run_id} of {NAME} is queued or running"
            instance.handle_new_event(_success(running))
        second = asked(testbed)
        assert second.tags["connector/inbox_batch"] != first.tags["connector/inbox_batch"]

    def test_a_run_that_failed_is_asked_for_again_later_and_in_the_end_left_to_the_poll(
        self, testbed: DagsterSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tell(testbed, reported_of(1, on(testbed.last)))
        first = asked(testbed)
        batch = first.tags["connector/inbox_batch"]
        ended(testbed, first, dg.DagsterRunStatus.FAILURE)

        reported = look(testbed)

        assert isinstance(reported, str) and reported.startswith(
            f"the run of batch {batch} failed: it is tried again at "
        )
        assert look(testbed) == reported
        monkeypatch.setattr(inbox_sensor, "FIRST_PAUSE", timedelta(0))
        testbed.home.ledger().inbox.again(batch, 2, datetime.now(UTC))
        for attempt in range(3, inbox_sensor.MOST_ATTEMPTS + 1):
            request = asked(testbed)
            assert request.run_key == f"{batch}-{attempt}"
            ended(testbed, request, dg.DagsterRunStatus.CANCELED)
        assert look(testbed) == "no events"

    def test_what_dagster_ran_again_by_itself_counts(self, testbed: DagsterSite) -> None:
        tell(testbed, reported_of(1, on(testbed.last)))
        request = asked(testbed)
        ended(testbed, request, dg.DagsterRunStatus.FAILURE)
        assert isinstance(look(testbed), str)
        ended(testbed, request, dg.DagsterRunStatus.SUCCESS)
        assert look(testbed) == "no events"

    def test_a_real_run_that_fails_leaves_the_batch_to_be_tried_again(
        self, testbed: DagsterSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox_sensor, "FIRST_PAUSE", timedelta(0))
        tell(testbed, reported_of(1, on(testbed.last)))
        testbed.sandbox.post("/faults", {"system": "jde", "route": "* /jderest*", "kind": "drop_before"})
        first = asked(testbed)
        assert not follow(testbed, first)
        testbed.sandbox.post("/faults", {"replace": True, "rules": []})
        second = asked(testbed)
        assert second.run_key == f"{first.tags['connector/inbox_batch']}-2"
        assert follow(testbed, second)
        assert look(testbed) == "no events"

    def test_while_the_flows_wait_for_a_person_to_open_them_so_do_the_events(
        self, testbed: DagsterSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # a second home finds a Coupa that holds documents of each kind: its first run is a plan
        monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path / "second"))
        second = DagsterSite(testbed.sandbox, Home(tmp_path / "second"))
        second.configure(with_inbox)
        assert second.run().success
        tell(second, reported_of(1, on(second.last)))
        reported = look(second)
        assert isinstance(reported, str) and "--adopt or --baseline" in reported
        assert len(second.home.ledger().inbox.pending(NAME)) == 1
        second.home.close()

    def test_settings_that_cannot_be_used_are_a_skip_with_their_reason(self, testbed: DagsterSite) -> None:
        text = testbed.home.connections_file.read_text()
        testbed.home.connections_file.write_text(text.replace("overlap_days", "overlap").replace("flows:", "flowz:"))
        reported = look(testbed)
        assert isinstance(reported, str) and "unknown setting" in reported


class TestDays:
    @pytest.mark.parametrize(
        ("at", "first"),
        [
            # before the home's first day, and after today
            (lambda site: on(site.first - timedelta(days=400)), lambda site: site.first),
            (lambda site: on(site.last + timedelta(days=3)), lambda site: site.last),
            # London's day, not Greenwich's nor California's
            (lambda site: on(site.days[1], 0).astimezone(ZoneInfo("America/Los_Angeles")), lambda site: site.days[1]),
        ],
    )
    def test_they_begin_where_the_event_says_as_far_as_the_home_goes(
        self, testbed: DagsterSite, at: Callable[[DagsterSite], datetime], first: Callable[[DagsterSite], date]
    ) -> None:
        tell(testbed, reported_of(1, at(testbed)))
        assert days(asked(testbed)) == (first(testbed), testbed.last)

    def test_a_batch_whose_events_are_forgotten_or_not_read_any_more_is_a_run_of_today(
        self, testbed: DagsterSite
    ) -> None:
        tell(testbed, reported_of(1, on(testbed.days[1])))
        first = asked(testbed)
        testbed.home.ledger().inbox.purge("coupa", datetime.now(UTC) + timedelta(days=1))
        assert days(asked(testbed)) == (testbed.last, testbed.last)
        ended(testbed, first, dg.DagsterRunStatus.SUCCESS)
        tell(testbed, replace(reported_of(2, on(testbed.days[1])), connection="another"))
        assert days(asked(testbed)) == (testbed.last, testbed.last)

    def test_an_event_without_a_date_is_of_the_day_on_which_it_came(self, testbed: DagsterSite) -> None:
        tell(testbed, reported_of(1, None))
        assert days(asked(testbed)) == (today(), today())


def test_what_is_older_than_repetitions_are_known_goes_once_a_day(
    testbed: DagsterSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged: list[Any] = []
    monkeypatch.setattr(
        type(testbed.home.ledger().inbox), "purge", lambda self, *reported: purged.append(reported) or 0
    )
    this_day = datetime.now(UTC).date()
    assert look(testbed, cursor=this_day.isoformat()) == "no events"
    assert purged == []
    assert look(testbed, cursor=(this_day - timedelta(days=1)).isoformat()) == "no events"
    [(connection, before)] = purged
    assert connection == "coupa"
    assert (datetime.now(UTC) - before).days == 30


# -- events change nothing but when ---------------------------------------------------------------------------------


class Channel:
    """A sender whose events are lost three times in ten, come twice as often, and in any order."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.late: list[InboxEvent] = []
        self.lost = self.doubled = 0

    def carry(self, events: list[InboxEvent]) -> list[InboxEvent]:
        """What comes of these events, and of those that were late."""
        arriving = self.late
        self.late = []
        for event in events:
            if self.random.random() < 0.3:
                self.lost += 1
                continue
            (self.late if self.random.random() < 0.3 else arriving).append(event)
            if self.random.random() < 0.3:
                self.doubled += 1
                arriving.append(event)
        self.random.shuffle(arriving)
        return arriving


def vouchers(site: DagsterSite) -> list[dict[str, Any]]:
    rows = site.sandbox.systems["jde"].dump()["F0411"].values()
    return sorted((row for row in rows if row["DCT"] == "PV"), key=lambda row: str(row["DOC"]))


def renumber(site: DagsterSite, row: dict[str, Any], number: str) -> None:
    """The clerk corrects the supplier's invoice number on a voucher."""
    touched = {name: row[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0, "VINV": number}
    site.sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [touched]})


def poll(site: DagsterSite) -> None:
    schedule = definitions.defs.get_repository_def().get_schedule_def(f"{NAME}_poll")
    with site.instance() as instance, dg.build_schedule_context(instance) as context:
        reported = schedule.evaluate_tick(context)
    for request in reported.run_requests or ():
        assert follow(site, request)


def invoices(site: DagsterSite) -> dict[str, Any]:
    """What Coupa holds of each invoice, without the instants at which it came to hold it."""
    passing = ("created-at", "updated-at", "created_at", "updated_at")
    held = site.sandbox.systems["coupa"].dump()["invoices"].values()
    return {str(each["id"]): {name: value for name, value in each.items() if name not in passing} for each in held}


def test_lost_doubled_and_reordered_events_end_where_polling_alone_does(
    testbed: DagsterSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_first = deepcopy(testbed.sandbox.systems["coupa"].dump())
    shutil.copytree(testbed.home.path, tmp_path / "second")
    rounds = range(3)

    def change(site: DagsterSite, turn: int) -> None:
        found = vouchers(site)
        for place in range(turn, turn + 8):
            renumber(site, found[place], f"ROUND-{turn}-{place}")

    # polling alone
    before = invoices(testbed)
    for turn in rounds:
        change(testbed, turn)
        poll(testbed)
    expected, total = invoices(testbed), testbed.state()
    assert sum(held != before.get(id) for id, held in expected.items()) >= 5

    # the same changes, told by a channel that cannot be trusted; a poll at the end
    testbed.sandbox.post("/reset")
    testbed.sandbox.systems["coupa"].restore(at_first)
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path / "second"))
    second = DagsterSite(testbed.sandbox, Home(tmp_path / "second"))
    second.configure(with_inbox)
    assert invoices(second) == before
    channel, runs, repeated = Channel(seed=7), 0, 0
    for turn in rounds:
        change(second, turn)
        # Coupa tells of each of its invoices whatever happens; one event is of a record that it does not have
        reported = [reported_of(int(id), datetime.now(UTC)) for id in [*list(before)[:20], "999999"]]
        arriving = channel.carry(reported)
        repeated += len(arriving) - tell(second, *arriving)
        request = look(second)
        if isinstance(request, dg.RunRequest):
            runs += 1
            assert follow(second, request)
            assert look(second) == "no events"
    assert channel.lost > 10 and channel.doubled > 5 and repeated > 5 and runs > 0

    poll(second)

    assert invoices(second) == expected
    assert second.state() == total
    second.home.close()


def _success(run: dg.DagsterRun) -> Any:
    """The entry of Dagster's log with which a run ends well."""
    from dagster import DagsterEvent, EventLogEntry
    from dagster._core.events import DagsterEventType

    event = DagsterEvent(DagsterEventType.RUN_SUCCESS.value, job_name=run.job_name)
    return EventLogEntry(
        error_info=None,
        level="debug",
        user_message="",
        run_id=run.run_id,
        timestamp=datetime.now(UTC).timestamp(),
        job_name=run.job_name,
        dagster_event=event,
    )

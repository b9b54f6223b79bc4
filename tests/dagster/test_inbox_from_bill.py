"""BILL's own events, from the sandbox over TLS into the inbox, and from there into runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from bill_inbox import BILL, VENDOR, Served, connection_of, flushed, free_port, log_in, reported, trusting
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from dagster_site import DagsterSite

from connector_assets import definitions
from connector_assets.systems.bill.system import SYSTEM
from connector_resources.checks import Check

NAME = "jde_bill"


@pytest.fixture
def testbed(site: DagsterSite) -> Iterator[Served]:
    """An installation between JD Edwards and BILL with an inbox, which does not listen yet."""
    served = Served(site.home, free_port())

    def with_bill(settings: dict[str, Any]) -> None:
        settings["connections"].pop("coupa")
        settings["connections"][BILL] = connection_of(site.sandbox, inbox={"public_url": served.url})
        settings["integrations"] = {NAME: {}}

    site.configure(with_bill)
    log_in(site.home, site.sandbox)
    with trusting(site.sandbox, site.home):
        yield served


@pytest.fixture
def up(testbed: Served) -> Iterator[Served]:
    """The same, listening."""
    with testbed.serving():
        yield testbed


def vendor(served: Served, name: str = "Acme Drilling Supply") -> str:
    """Somebody enters a vendor; its id."""
    with served.client() as client:
        return client.vendors.create({**VENDOR, "name": name}).id


def ask(site: DagsterSite) -> dg.RunRequest | str:
    """What a look of the sensor asks for."""
    sensor = definitions.defs.get_repository_def().get_sensor_def(f"{NAME}_inbox")
    with site.instance() as instance, dg.build_sensor_context(instance) as context:
        found = sensor.evaluate_tick(context)
    request: dg.RunRequest | str = found.run_requests[0] if found.run_requests else str(found.skip_message)
    return request


def follow(site: DagsterSite, request: dg.RunRequest | str) -> tuple[date, date]:
    """Run what was asked for; its first and its last day."""
    assert isinstance(request, dg.RunRequest), request
    tags = request.tags
    first = tags.get(ASSET_PARTITION_RANGE_START_TAG) or tags[PARTITION_NAME_TAG]
    days = date.fromisoformat(first), date.fromisoformat(tags.get(ASSET_PARTITION_RANGE_END_TAG) or first)
    assert site.run(*days, job=NAME, tags=tags).success
    return days


def ping(served: Served) -> list[Check]:
    with served.client() as client:
        connection = served.home.settings().connection(BILL)
        return SYSTEM.inbox_checks(served.home, connection, client, let_in=True)


def listed(served: Served) -> list[Any]:
    with served.client() as client:
        return list(client.events.subscriptions())


def noon(day: date) -> str:
    return datetime.combine(day, time(12), ZoneInfo("Europe/London")).astimezone(UTC).isoformat()


def test_an_event_of_bill_leads_to_one_run_over_the_days_that_it_speaks_of(site: DagsterSite, up: Served) -> None:
    """Given an organisation without a subscription; when the inbox looks at it, and vendors are entered on two days;
    then BILL tells of them over TLS, and the sensor has the days since the first of them read, once."""
    assert up.look(catch_up=True) == [f"subscription {listed(up)[0].id} is made, for 10 kinds of events"]
    site.sandbox.post("/clock", {"now": noon(site.days[1])})
    try:
        first = vendor(up)
    finally:
        site.sandbox.post("/clock", {"now": datetime.now(UTC).isoformat()})
    second = vendor(up, "Bolts & Sons")

    report = flushed(site.sandbox)

    assert (report["sent"], report["failed"]) == (2, 0), report
    assert reported(up.home) == [("vendors", first), ("vendors", second)]
    request = ask(site)
    assert isinstance(request, dg.RunRequest)
    assert request.tags["connector/why"] == "2 events of bill/vendors"
    assert follow(site, request) == (site.days[1], site.last)
    assert ask(site) == "no events"


def test_what_bill_sends_twice_and_out_of_order_is_kept_once(
    site: DagsterSite, up: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a BILL that sends everything twice, in any order, as text; when vendors change; then each change is kept
    once, and all of them are."""
    up.look(catch_up=True)
    site.sandbox.post("/options", {BILL: {"event_doubles": 1.0, "event_order": "shuffled", "payload_as_string": True}})
    with caplog.at_level("INFO", logger="connector_assets.inbox"):
        ids = [vendor(up, f"Vendor {number}") for number in range(6)]
        assert flushed(site.sandbox)["failed"] == 0
    came = Counter(each.message for each in caplog.records if " reported " in each.message)
    assert came == {f"{BILL} reported 1 records, {new} of them new": 6 for new in (0, 1)}
    assert sorted(reported(up.home)) == sorted(("vendors", id) for id in ids)


def test_after_an_outage_of_ours_the_subscription_is_on_again_and_nothing_is_lost(
    site: DagsterSite, testbed: Served
) -> None:
    """Given a subscription that works; when the inbox is down while vendors change, so that BILL turns it off and sends
    nothing of what follows; then `ping` says so, and the next start turns it on and reads the rest from the history."""
    with testbed.serving():
        testbed.look(catch_up=True)
        ids = [vendor(testbed, "Told")]
        flushed(site.sandbox)
    ids += [vendor(testbed, "Tried in vain")]
    assert flushed(site.sandbox)["failed"] == 1
    ids += [vendor(testbed, "Never sent")]
    [off] = listed(testbed)
    assert (off.enabled, off.status.actor) == (False, "SYSTEM")
    [said] = [check for check in ping(testbed) if not check.ok]
    assert said.detail.startswith("BILL turned it off") and "connector inbox serve" in said.fix

    with testbed.serving():
        done = testbed.look(catch_up=True)

        assert [line.split(" ")[0] for line in done] == ["the", "2"], done
        assert reported(testbed.home) == [("vendors", id) for id in ids]
        ids += [vendor(testbed, "Told again")]
        assert flushed(site.sandbox)["failed"] == 1
        # what is told over the line and what is read from the history is known as the same
        assert testbed.look(catch_up=True) == []
    assert reported(testbed.home) == [("vendors", id) for id in ids]
    assert all(check.ok for check in ping(testbed))
    assert "last turned on again" in ping(testbed)[1].detail
    follow(site, ask(site))
    assert ask(site) == "no events"


def test_ping_says_what_is_lacking_and_then_that_all_is_well(site: DagsterSite, up: Served) -> None:
    """Given no subscription; when it is asked for; then ping says so with the fix, and after the first look that it is
    there, on, its key known, and for which events."""
    [lacking, events] = ping(up)
    assert (lacking.ok, lacking.detail) == (False, "there is no subscription")
    assert "connector inbox serve" in lacking.fix and events.ok
    up.look(catch_up=True)
    said = ping(up)
    assert [check.ok for check in said] == [True] * 4
    assert f"/bill/{BILL}" in said[0].detail
    assert [check.detail for check in said[1:]] == [
        "it is on",
        "the key of its signatures is known",
        "10 kinds of events",
    ]
    site.home.credentials().delete(BILL, "inbox_security_key")
    [lost] = [check for check in ping(up) if not check.ok]
    assert lost.fix.startswith("connector inbox rotate bill")

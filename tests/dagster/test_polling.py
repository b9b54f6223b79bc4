"""The poll: one run over the days that matter when there is something to do, and otherwise the reason why not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from dagster_site import FLOWS, NAME, DagsterSite
from sqlalchemy import delete

from connector_assets import definitions
from connector_assets.orchestration import probes
from connector_resources.home import Home
from connector_resources.ledger.models import watermarks

NOTHING = "nothing changed in the sources since the watermark, and no document is due"


def tick(site: DagsterSite) -> dict[str, str] | str:
    """The tags of the run that a tick asks for, or why it asks for none."""
    poll = definitions.defs.get_repository_def().get_schedule_def(f"{NAME}_poll")
    with site.instance() as instance, dg.build_schedule_context(instance) as context:
        reported = poll.evaluate_tick(context)
    if reported.run_requests:
        [request] = reported.run_requests
        assert request.run_key is None
        return dict(request.tags)
    assert reported.skip_message
    return reported.skip_message


def days(tags: dict[str, str] | str) -> tuple[str, str]:
    assert isinstance(tags, dict), tags
    if PARTITION_NAME_TAG in tags:
        return tags[PARTITION_NAME_TAG], tags[PARTITION_NAME_TAG]
    return tags[ASSET_PARTITION_RANGE_START_TAG], tags[ASSET_PARTITION_RANGE_END_TAG]


def test_the_first_tick_asks_for_everything_since_the_start_date(site: DagsterSite) -> None:
    tags = tick(site)

    assert days(tags) == (site.names[0], site.names[-1])
    assert isinstance(tags, dict)
    assert tags["connector/due"] == "yes"
    assert "F0411 changed" in tags["connector/why"]


def test_after_a_run_a_tick_skips_until_the_source_changes(both_synced: DagsterSite) -> None:
    site = both_synced
    # what the run itself wrote to Coupa is a change there, once: the next run finds everything as it is
    again = tick(site)
    assert isinstance(again, dict) and again["connector/why"] == "invoices changed"
    assert site.run(*site.days[-2:], tags=again).success
    before = site.calls()
    assert tick(site) == NOTHING
    asked = site.calls() - before
    assert asked["POST /jderest/v2/tokenrequest"] == asked["POST /jderest/v2/tokenrequest/logout"] == 1
    assert asked["POST /jderest/v2/dataservice"] <= 3 * 12

    site.touch_voucher()

    found = tick(site)
    # the watermark is today, and one day before it is read again
    assert days(found) == (site.names[-2], site.names[-1])
    assert isinstance(found, dict) and found["connector/why"] == "F0411 changed"
    assert site.run(*site.days[-2:], tags=found).success
    assert tick(site) == NOTHING


def test_a_tick_that_needs_today_alone_asks_for_its_partition(synced: DagsterSite) -> None:
    synced.configure(lambda settings: settings["integrations"][NAME].update(overlap_days=0))
    synced.touch_voucher()

    tags = tick(synced)
    assert isinstance(tags, dict)
    assert tags[PARTITION_NAME_TAG] == synced.names[-1]


def test_documents_that_are_due_are_reason_enough_and_no_system_is_asked(synced: DagsterSite) -> None:
    ledger, before = synced.home.ledger(), synced.calls()
    released = ledger.exceptions.release(flow=f"{NAME}/suppliers", actor="clerk", now=ledger.clock.now())
    assert released

    tags = tick(synced)

    assert isinstance(tags, dict)
    assert tags["connector/why"] == f"{len(released)} documents of suppliers are due"
    assert synced.calls() == before


def test_a_released_document_of_an_old_day_is_tried_again_by_the_run_of_the_tick(synced: DagsterSite) -> None:
    ledger = synced.home.ledger()
    released = ledger.exceptions.release(flow=f"{NAME}/suppliers", actor="clerk", now=ledger.clock.now())
    assert synced.run(synced.last, tags={"connector/due": "yes"}).success

    assert tick(synced) == NOTHING
    known = ledger.deliveries.load(f"{NAME}/suppliers", [key for _, key in released])
    assert {each.state for each in known.values()} == {"held"}


@pytest.mark.parametrize("by", ["its job", "hand"])
def test_while_a_run_is_under_way_a_tick_skips(site: DagsterSite, by: str) -> None:
    started = dg.DagsterRun(job_name="__ASSET_JOB", status=dg.DagsterRunStatus.STARTED)
    if by == "its job":
        started = started.with_tags({"connector/integration": NAME})
    else:
        started = started._replace(asset_selection=frozenset([dg.AssetKey([NAME, "invoices", "delivered"])]))
    other = dg.DagsterRun(job_name="north", status=dg.DagsterRunStatus.STARTED, tags={"connector/integration": "north"})
    with site.instance() as instance:
        instance.add_run(other)
        assert days(tick(site))
        instance.add_run(started)

    assert tick(site) == f"run {started.run_id} of {NAME} is queued or running"


@pytest.fixture
def silence() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/jderest"


def test_a_system_that_does_not_answer_is_a_skip_within_the_limit(
    site: DagsterSite, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert probes.LIMIT_SECONDS == 20
    monkeypatch.setattr(probes, "LIMIT_SECONDS", 1.5)
    monkeypatch.setattr(probes, "CLOSING_SECONDS", 0.5)
    site.configure(lambda settings: settings["connections"]["jde"].update(url=silence, limits={"timeout_seconds": 4}))

    started = time.monotonic()
    reported = tick(site)

    assert time.monotonic() - started < 4
    assert isinstance(reported, str) and reported.endswith("could not be probed: no answer within 1.5 s")


def test_a_system_that_refuses_connections_is_a_skip_with_its_reason(site: DagsterSite) -> None:
    limits = {"retries": 0, "timeout_seconds": 2}
    closed = {"url": "http://127.0.0.1:9/jderest", "limits": limits}
    site.configure(lambda settings: settings["connections"]["jde"].update(closed))

    reported = tick(site)
    assert isinstance(reported, str) and "could not be probed: " in reported and "jde" in reported


def test_a_missing_credential_is_a_skip_that_says_what_to_do(site: DagsterSite) -> None:
    site.home.credentials().delete("jde", "password")

    reported = tick(site)
    assert reported == "jde: the credential password is missing: run `connector credentials set jde password`"


def test_a_flow_that_waits_for_a_person_to_open_it_is_not_planned_again_at_every_tick(
    synced: DagsterSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a second home finds a Coupa that holds documents of each kind
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path / "second"))
    second = DagsterSite(synced.sandbox, Home(tmp_path / "second"))
    second.configure()
    planned = second.run()
    written = second.writes()
    assert planned.success, planned.failures
    assert list(second.outcomes(planned)) == list(FLOWS)

    reported = tick(second)

    assert isinstance(reported, str)
    assert reported.startswith(" and ".join(f"{NAME}/{flow}" for flow in FLOWS))
    assert "--adopt or --baseline" in reported
    assert second.writes() == written
    adopted = second.run(tags={"connector/mode": "adopt"})
    assert adopted.success, adopted.failures
    assert second.outcomes(adopted)["invoices"]["adopted"] == synced.state()["invoices"]["count"]
    assert second.writes() == written
    assert tick(second) == NOTHING
    second.home.close()


# -- how far a flow has got -------------------------------------------------------------------------------------------


def watermark(site: DagsterSite, entity: str = "F0411", flow: str = "invoices") -> str | None:
    mark = site.home.ledger().watermarks.get(f"{NAME}/{flow}", entity)
    return None if mark is None else str(mark.day)


def test_a_watermark_follows_what_was_delivered(site: DagsterSite) -> None:
    read = [*site.assets_of("suppliers")[:-1], *site.assets_of("invoices")[:-1]]
    assert site.run(assets=read).success
    assert watermark(site) is None
    assert site.deliver("suppliers").success
    assert watermark(site, "F0401", "suppliers") is None

    assert site.run().success

    assert watermark(site) == watermark(site, "F0401", "suppliers") == site.names[-1]


def test_what_a_new_version_reads_too_is_read_from_the_start_date_by_itself(synced: DagsterSite) -> None:
    """The watermark of one of the flow's tables is taken away: as if the version before had not read it."""
    with synced.home.ledger()._db.write() as connection:
        connection.execute(
            delete(watermarks).where(watermarks.c.flow == f"{NAME}/invoices", watermarks.c.entity == "F0911")
        )
    found = tick(synced)
    assert days(found) == (synced.names[-2], synced.names[-1])
    assert isinstance(found, dict)

    run = synced.run(*synced.days[-2:], tags=found)

    assert run.success
    reports = {each.flow: each.report for each in synced.home.ledger().reports.of(run.run_id)}
    assert "first_sync" not in reports[f"{NAME}/invoices"]
    # the lines of the first day touch their vouchers: they are looked at, and nothing has changed
    assert set(synced.outcomes(run)["invoices"]) <= {"unchanged", "held", "ignored"}
    assert watermark(synced, "F0911") == synced.names[-1]
    assert tick(synced) == NOTHING


def test_a_run_that_leaves_a_gap_moves_no_watermark(site: DagsterSite) -> None:
    def reached_by(*days: date) -> str | None:
        assert site.run(*days, assets=site.assets_of("suppliers")).success
        return watermark(site, "F0401", "suppliers")

    assert reached_by(site.days[1], site.days[2]) is None
    assert reached_by(site.days[0]) == site.names[0]
    assert reached_by(site.days[2]) == site.names[0]
    assert reached_by(site.days[1], site.days[2]) == site.names[2]
    assert reached_by(site.days[0]) == site.names[2]


def test_a_run_that_stops_before_today_hides_no_change_of_today(site: DagsterSite) -> None:
    assert site.run(site.days[0], site.days[1]).success

    assert watermark(site) == site.names[1]
    assert days(tick(site)) == (str(site.days[1] - timedelta(days=1)), site.names[2])


def test_an_outage_moves_no_watermark_of_what_it_kept_from_being_delivered(site: DagsterSite) -> None:
    site.sandbox.post("/faults", {"system": "coupa", "route": "* /api/invoices*", "kind": "drop_before"})
    down = site.run()

    assert not down.success
    assert watermark(site) is None
    assert watermark(site, "F0401", "suppliers") == site.names[-1]
    site.sandbox.post("/faults", {"replace": True, "rules": []})
    assert days(tick(site)) == (site.names[0], site.names[-1])

"""Two processes at the same documents: one of them sends each, the other waits and reports what it then finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from process_commands import Command
from process_sandbox import CREATE, REFUSED
from process_site import INVOICES, End, ProcessSite, outcomes, until

pytestmark = pytest.mark.slow

# late answers, so that the second is still at its first creates when the first goes on
HELD = {**CREATE, "kind": "delay", "seconds": 3}


def together(site: ProcessSite, first: Callable[[], Command], second: Callable[[], Command]) -> list[dict[str, int]]:
    """What each came to. The first stands still in its first create, its documents claimed, until the second wants
    them too."""
    site.sandbox.script(HELD)
    before = site.sandbox.called(CREATE)
    one = first()
    until(lambda: site.sandbox.called(CREATE) > before, "the first creates")
    one.pause()
    known = site.delivering()
    other = second()
    until(lambda: site.delivering() - known, "the second has mapped", pause=0.2)
    one.go_on()
    assert one.alive and other.alive
    site.sandbox.script()
    codes = [command.wait() for command in (one, other)]
    reported = one.err + other.err
    assert set(codes) <= {0, 1}, reported
    assert "locked" not in reported and "failed" not in reported and "Traceback" not in reported
    return [outcomes(command.answer) for command in (one, other)]


def each_once(found: list[dict[str, int]], invoices: list[tuple[str, ...]]) -> None:
    """Each was created by one of the two, and agreed on when the other looked."""
    total = Counter[str]()
    for each in found:
        total.update(each)
    assert total.pop("created") == total.pop("unchanged") == len(invoices)
    assert total.keys() <= {"ignored", "held"}


def test_two_syncs_of_the_same_days(both_sites: ProcessSite, undisturbed: End) -> None:
    site = both_sites

    def sync() -> Command:
        return site.start("sync", INVOICES, "--json")

    each_once(together(site, sync, sync), undisturbed.invoices)
    assert site.end() == undisturbed
    assert [run.status.value for run in site.runs()[:2]] == ["SUCCESS", "SUCCESS"]


def test_a_sync_beside_a_replay(both_sites: ProcessSite, undisturbed: End) -> None:
    site = both_sites
    site.sandbox.script(REFUSED)
    assert site.sync()["refused"] == undisturbed.states["settled"]

    found = together(
        site,
        lambda: site.start("exceptions", "replay", "--flow", INVOICES, "--json"),
        # all days, where a poll would take those after the first sync's
        lambda: site.start("sync", INVOICES, "--from", site.start_date, "--json"),
    )

    each_once(found, undisturbed.invoices)
    assert site.end() == undisturbed


def test_two_runs_of_one_partition(both_sites: ProcessSite, undisturbed: End) -> None:
    site = both_sites
    day = max(undisturbed.days.values(), key=lambda day: len(undisturbed.of_day(day)))

    def run() -> Command:
        return site.start_run(day)

    each_once(together(site, run, run), undisturbed.of_day(day))
    assert site.sandbox.invoices() == undisturbed.of_day(day)
    assert site.undecided() == []

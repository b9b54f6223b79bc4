"""Two processes at the same documents: one of them sends each, the other waits and reports what it then finds."""

from __future__ import annotations

from collections import Counter

import pytest
from process_commands import Command
from process_sandbox import CREATE, REFUSED
from process_site import INVOICES, End, ProcessSite, outcomes, until

pytestmark = pytest.mark.slow

# creates that take so long that whoever came first is still at it when the other comes
HELD = {**CREATE, "kind": "delay", "seconds": 5}


def together(site: ProcessSite, *commands: Command) -> list[dict[str, int]]:
    """Both are at work on the same documents: let them, and say what each came to."""
    assert all(command.alive for command in commands)
    site.sandbox.script()
    codes = [command.wait() for command in commands]
    told = "".join(command.err for command in commands)
    assert set(codes) <= {0, 1}, told
    assert "locked" not in told and "failed" not in told and "Traceback" not in told
    return [outcomes(command.answer) for command in commands]


def each_once(found: list[dict[str, int]], invoices: list[tuple[str, ...]]) -> None:
    """Each was created by one of the two, and agreed on when the other looked."""
    total = Counter[str]()
    for each in found:
        total.update(each)
    assert total.pop("created") == total.pop("unchanged") == len(invoices)
    assert total.keys() <= {"ignored", "held"}


def test_two_syncs_of_the_same_days(both_sites: ProcessSite, undisturbed: End) -> None:
    site = both_sites
    site.sandbox.script(HELD)
    commands = [site.start("sync", INVOICES, "--json") for _ in range(2)]
    until(lambda: site.mapped(2), "both have mapped", pause=0.2)

    found = together(site, *commands)

    each_once(found, undisturbed.invoices)
    assert site.end() == undisturbed
    assert [run.status.value for run in site.runs()[:2]] == ["SUCCESS", "SUCCESS"]


def test_a_sync_beside_a_replay(both_sites: ProcessSite, undisturbed: End) -> None:
    site = both_sites
    site.sandbox.script(REFUSED)
    assert site.sync()["refused"] == undisturbed.states["settled"]
    site.sandbox.script(HELD)
    replay = site.start("exceptions", "replay", "--flow", INVOICES, "--json")
    until(site.claimed, "the replay is at work")
    # all days, where a poll would take those after the first sync's
    sync = site.start("sync", INVOICES, "--from", site.start_date, "--json")
    until(lambda: site.mapped(1), "the sync has mapped", pause=0.2)

    found = together(site, replay, sync)

    each_once(found, undisturbed.invoices)
    assert site.end() == undisturbed


def test_two_runs_of_one_partition(both_sites: ProcessSite, undisturbed: End) -> None:
    site = both_sites
    day = max(undisturbed.days.values(), key=lambda day: len(undisturbed.of_day(day)))
    site.sandbox.script(HELD)
    runs = [site.start_run(day) for _ in range(2)]
    until(lambda: site.mapped(2), "both have mapped", pause=0.2)

    found = together(site, *runs)

    each_once(found, undisturbed.of_day(day))
    assert site.sandbox.invoices() == undisturbed.of_day(day)
    assert site.undecided() == []

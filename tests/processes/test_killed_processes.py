"""`kill -9` of the command in the middle of its calls, and of the target in the middle of its answers."""

from __future__ import annotations

import pytest
from process_site import CREATE, INVOICES, REFUSED, SUBMIT, End, ProcessSite, outcomes, until

pytestmark = pytest.mark.slow

# answers that do not come before a test has done its worst
SLOW = {"kind": "delay", "seconds": 0.5}


@pytest.mark.parametrize(("call", "number"), [(CREATE, 15), (SUBMIT, 10)], ids=["creating", "submitting"])
def test_a_killed_command_is_finished_by_the_next(
    both_sites: ProcessSite, undisturbed: End, call: dict[str, str], number: int
) -> None:
    site = both_sites
    site.sandbox.script({**call, **SLOW, "from": number})
    command = site.start("sync", INVOICES)
    until(lambda: site.sandbox.called(call) >= number, f"call {number}")
    command.kill()
    site.sandbox.script()
    assert site.sandbox.invoices() not in ([], undisturbed.invoices)

    again = site.sync()

    assert sum(again.values()) == undisturbed.documents
    assert site.end() == undisturbed
    assert [run.status.value for run in site.runs()[:2]] == ["SUCCESS", "FAILURE"]


def test_a_killed_replay_does_not_keep_its_documents(site: ProcessSite, undisturbed: End) -> None:
    """It is no run that Dagster could end, and its claims would last for ten minutes."""
    site.sandbox.script(REFUSED)
    assert site.sync()["refused"] == undisturbed.states["settled"]
    site.sandbox.script({**CREATE, **SLOW, "from": 10})
    replay = site.start("exceptions", "replay", "--all")
    begun = site.sandbox.called(CREATE)
    until(lambda: site.sandbox.called(CREATE) >= begun + 15, "the replay creates")
    replay.kill()
    assert site.claimed() != set()
    site.sandbox.script()

    site.sync()

    assert site.end() == undisturbed


def test_a_killed_target_is_found_again(site: ProcessSite, undisturbed: End) -> None:
    """Two creates it had done and not said so when it died, others it was asked for and never did."""
    site.sandbox.script({**CREATE, "kind": "drop_after", "calls": [14, 15]}, {**CREATE, **SLOW, "from": 16})
    command = site.start("sync", INVOICES, "--json")
    until(lambda: site.sandbox.called(CREATE) >= 18, "the creates have begun")
    site.sandbox.kill()
    site.sandbox.start()
    code = command.wait()

    told = outcomes(command.answer)
    assert sum(told.values()) == undisturbed.documents
    assert (code == 0) == (set(told) <= {"created", "updated", "unchanged"})
    site.sync()

    assert site.end() == undisturbed

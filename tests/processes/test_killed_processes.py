"""`kill -9` of the command in the middle of its calls, and of the target in the middle of its answers."""

from __future__ import annotations

import pytest
from process_sandbox import CREATE, REFUSED, SUBMIT
from process_site import INVOICES, End, ProcessSite, outcomes

pytestmark = pytest.mark.slow


def test_a_command_that_is_killed_twice_is_finished_by_the_third(both_sites: ProcessSite, undisturbed: End) -> None:
    """While it creates, and while the next one submits what is there and creates the rest."""
    site = both_sites
    for call, number in ((CREATE, 12), (SUBMIT, 5)):
        site.start_until(call, number).kill()
    site.sandbox.script()
    assert site.sandbox.invoices() not in ([], undisturbed.invoices)

    again = site.sync()

    assert sum(again.values()) == undisturbed.documents
    assert site.end() == undisturbed
    assert [run.status.value for run in site.runs()[:3]] == ["SUCCESS", "FAILURE", "FAILURE"]


def test_a_killed_replay_does_not_keep_its_documents(site: ProcessSite, undisturbed: End) -> None:
    """It is no run that Dagster could end, and its claims would last for ten minutes."""
    site.sandbox.script(REFUSED)
    assert site.sync()["refused"] == undisturbed.states["settled"]
    site.start_until(CREATE, 10, "exceptions", "replay", "--flow", INVOICES).kill()
    assert site.claimed() != set()
    site.sandbox.script()

    site.sync()

    assert site.end() == undisturbed


def test_a_killed_target_is_found_again(site: ProcessSite, undisturbed: End) -> None:
    """Two creates it had done and not said so when it died, others it was asked for and never did."""
    command = site.start_until(CREATE, 14, faults=[{**CREATE, "kind": "drop_after", "calls": [12, 13]}])
    site.sandbox.kill()
    site.sandbox.start()  # knows of no faults any more
    code = command.wait()

    reported = outcomes(command.answer)
    assert sum(reported.values()) == undisturbed.documents
    assert (code == 0) == ("failed" not in reported and "in_doubt" not in reported)
    site.sync()

    assert site.end() == undisturbed

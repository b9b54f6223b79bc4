"""What a person is told of a sync that did not do all it was asked."""

from __future__ import annotations

import pytest

from connector_assets.cli.sync import report_problems
from connector_assets.cli.syncing import Outcome


def test_steps_that_failed_alike_are_told_once_and_flows_that_were_kept_from_running_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failures = {"jde__F0411": "no room", "jde__F0911": "no room", "pair__suppliers__delivered": "the ledger\nis gone"}
    report_problems(Outcome("run", [], missing=["pair/suppliers", "pair/invoices"], failures=failures))
    assert capsys.readouterr().err.splitlines() == [
        "connector: jde/F0411 and 1 more: no room",
        "connector: pair/suppliers/delivered: the ledger is gone",
        "connector: pair/invoices was not run, because a step before it failed",
    ]

"""The database goes down under a run and comes up again: what it had committed counts, and nothing else."""

from __future__ import annotations

import pytest
from process_commands import Command
from process_sandbox import CREATE, SUBMIT
from process_site import End, ProcessSite
from throwaway_postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def test_a_database_that_dies_under_a_run(on_server: ProcessSite, server: PostgresServer, undisturbed: End) -> None:
    site = on_server
    command = site.start_until(CREATE, 8)
    server.kill()
    code = command.wait()
    server.run()

    assert code == 3, command.err
    reported_in_one_line(command)
    assert command.err.splitlines()[-1].startswith("connector: Dagster's database cannot be used: ")
    assert {f"F0411:{voucher}" for voucher, *_ in site.sandbox.invoices()} <= site.begun()
    assert site.undecided() != []

    command = site.start_until(SUBMIT, 4)
    server.stop_at_once()
    server.run()
    # whether it was missed depends on what the run had to write in between
    assert command.wait() in (0, 3), command.err
    reported_in_one_line(command)
    site.sandbox.script()

    site.sync()

    assert site.end() == undisturbed
    statuses = [run.status.value for run in site.runs()[:3]]
    assert statuses[0] == "SUCCESS" and statuses[2] == "FAILURE" and set(statuses) == {"SUCCESS", "FAILURE"}


def reported_in_one_line(command: Command) -> None:
    assert "Traceback" not in command.err and "defect" not in command.err
    assert len([line for line in command.err.splitlines() if line.startswith("connector: ")]) <= 1

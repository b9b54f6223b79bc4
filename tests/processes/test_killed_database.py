"""The database goes down under a run and comes up again: what it had committed counts, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from process_site import CREATE, INVOICES, End, ProcessSite, until
from throwaway_postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.mark.parametrize("how", [PostgresServer.kill, PostgresServer.stop_at_once], ids=["kill -9", "immediate stop"])
def test_a_run_whose_database_dies_says_so_and_is_finished_by_the_next(
    on_server: ProcessSite, server: PostgresServer, undisturbed: End, how: Callable[[PostgresServer], None]
) -> None:
    site = on_server
    site.sandbox.script({**CREATE, "kind": "delay", "seconds": 0.3, "from": 10})
    command = site.start("sync", INVOICES)
    until(lambda: site.sandbox.called(CREATE) >= 15, "the creates have begun")
    how(server)
    code = command.wait()
    server.run()
    site.sandbox.script()

    assert code == 3, command.err
    assert "Traceback" not in command.err and "defect" not in command.err
    assert command.err.splitlines()[-1].startswith("connector: Dagster's database cannot be used: ")
    assert {f"F0411:{voucher}" for voucher, *_ in site.sandbox.invoices()} <= site.begun()
    assert site.undecided() != []

    site.sync()

    assert site.end() == undisturbed
    assert [run.status.value for run in site.runs()[:2]] == ["SUCCESS", "FAILURE"]

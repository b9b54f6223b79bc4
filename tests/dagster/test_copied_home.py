"""A home that was copied, under Dagster: whatever starts a run there, it says the same words and writes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
from dagster_site import NAME, DagsterSite

from connector_assets.cli.app import run
from connector_assets.orchestration.inbox_sensor import drain
from connector_assets.orchestration.runs import RunResult
from connector_assets.orchestration.schedules import tick
from connector_resources.home import Home

WORDS = "this home was copied or moved: its ledger belongs to "


@pytest.fixture
def copied(both_synced: DagsterSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterSite]:
    """A copy of an installation, on each database in turn, in which a voucher has changed since."""
    site = both_synced
    site.home.ledger()
    site.home.close()
    if site.home.ledger_url.startswith("sqlite"):
        monkeypatch.delenv("CONNECTOR_INSTANCE")
        monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path / "second"))
        site = DagsterSite(site.sandbox, Home(shutil.copytree(site.home.path, tmp_path / "second")))
        site.load()
    else:
        url = site.home.ledger_url.replace("+psycopg2", "")
        with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            # as the database of another cluster, dumped and restored
            cursor.execute(f"UPDATE {site.home.ledger_schema}.home SET place = replace(place, 'cluster ', 'cluster 1')")
    row = next(row for row in site.sandbox.systems["jde"].dump()["F0411"].values() if row["DCT"] == "PV")
    touched = {name: row[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0, "VINV": "RENUMBERED"}
    site.sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [touched]})
    yield site
    site.home.close()


def stopped(result: RunResult) -> bool:
    """Whether every step that was executed ended with the words."""
    assert not result.success and result.failures
    return all(WORDS in each.message and "`connector home claim`" in each.message for each in result.failures)


def test_whatever_is_run_fails_with_the_words_and_writes_nothing(copied: DagsterSite) -> None:
    before, written = copied.state(), copied.writes()
    assert stopped(copied.run())
    assert stopped(copied.deliver("invoices", copied.last)), "the asset that writes, by itself"
    assert stopped(copied.run_job(f"{NAME}_sweep"))
    assert (copied.state(), copied.writes()) == (before, written)


def test_schedule_and_sensor_start_nothing_and_say_the_words(copied: DagsterSite) -> None:
    with copied.instance() as instance:
        for reported in (tick(instance, NAME), drain(instance, NAME)):
            assert isinstance(reported, dg.SkipReason) and str(reported.skip_message).startswith(WORDS)


def test_plan_reconcile_and_ping_go_on(copied: DagsterSite, capfd: pytest.CaptureFixture[str]) -> None:
    written = copied.writes()
    assert run(["sync", NAME, "--plan", "--json"]) in (0, 1)
    assert '"action": "update"' in capfd.readouterr().out
    assert run(["reconcile", f"{NAME}/invoices"]) in (0, 1)
    assert run(["ping"]) in (0, 1)
    assert WORDS not in capfd.readouterr().err
    assert run(["sync", NAME]) == 2
    assert WORDS in capfd.readouterr().err
    assert copied.writes() == written


def test_a_claimed_home_goes_on_where_the_copy_was_made(copied: DagsterSite) -> None:
    written = copied.writes()
    assert run(["home", "claim", "--yes"]) == 0
    result = copied.run()
    assert result.success, result.failures
    assert copied.outcomes(result)["invoices"]["updated"] == 1
    assert copied.writes() > written

"""A home and its ledger, written by the last commit before the packages were laid out anew, open here, upgrade and go
on: what comes of each document, and each call that writes, is what that commit would have made of them.

The homes are `*.tar.gz`: a ledger on SQLite, or the tables of one on PostgreSQL, the landing store, and what both
systems held. `*.json` says what was in them when they were left, and what the commit that wrote them did next.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from home_people import HOMES, PORTS, STEPS, Home, go_on, left
from scenario_site import Hands, Site

from connector_resources.errors import CopiedHome
from connector_resources.ledger import Ledger, migrations
from connector_resources.ledger.database import Database, make_schema, normalised
from connector_sandbox.testing import running

HERE = Path(__file__).parent
SCHEMA = "home"


@contextmanager
def opened(kind: str, url: str, folder: Path) -> Iterator[tuple[Site, Home, dict[str, Any]]]:
    """The home as it was left, on this machine: its ledger upgraded, its systems served again."""
    database = "sqlite" if url.startswith("sqlite") else "postgres"
    known = json.loads((HERE / f"{kind}-{database}.json").read_text("utf-8"))
    with tarfile.open(HERE / f"{kind}-{database}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    if database == "postgres":
        put_tables(url, folder / "tables")
    ports = PORTS[f"{kind}-{database}"]
    with running(world={}, limits=False, state=folder / "sandbox", port_base=ports) as sandbox:
        sandbox.post("/options", known["options"])
        sandbox.post("/clock", {"now": known["now"]})
        clock = Hands(sandbox)
        with Ledger.open(url, SCHEMA if database == "postgres" else None, clock=clock) as ledger:
            # a copy writes nothing until somebody says that the other one never will again
            with pytest.raises(CopiedHome):
                ledger.home.require()
            ledger.home.claim("admin")
            home = HOMES[kind]
            site = home.kind(sandbox, folder, ledger, clock)
            home.configure(site)
            site.flows = known["flows"]
            yield site, home, known
            site.close()


def put_tables(url: str, folder: Path) -> None:
    """The tables of a ledger of before: its own revision's, filled."""
    [revision] = (folder / "ledger_version.copy").read_text("utf-8").splitlines()[1:]
    database = Database(normalised(url), SCHEMA)
    make_schema(database.engine, SCHEMA)
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", next(iter(migrations.__path__)))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for file in sorted(folder.glob("*.copy")):
            with file.open("rb") as rows:
                columns = rows.readline().decode().strip()
                cursor.execute(f"DELETE FROM {SCHEMA}.{file.stem}")
                cursor.copy_expert(f"COPY {SCHEMA}.{file.stem} ({columns}) FROM STDIN", rows)
        cursor.execute(
            "SELECT pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name), "
            "table_name, column_name FROM information_schema.columns WHERE table_schema = %s "
            "AND (column_default LIKE 'nextval%%' OR is_identity = 'YES')",
            (SCHEMA,),
        )
        for sequence, table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT setval(%s, COALESCE(MAX({column}), 0) + 1, false) FROM {SCHEMA}.{table}", (sequence,)
            )


@pytest.mark.parametrize("kind", HOMES)
def test_a_home_of_before_goes_on_without_a_write_that_was_not_due(
    kind: str, database_url: str, tmp_path: Path
) -> None:
    """Given a home with documents in every state, half way and in doubt, with plans, approvals and old settings,
    when it is opened, its plan applied, synced twice, and what waits approved and synced,
    then each document has the outcome that it would have had, and no call is made that would not have been."""
    with opened(kind, database_url, tmp_path) as (site, home, known):
        assert left(site, home) == known["held"]
        done = json.loads(json.dumps(go_on(site, home, known["plan"]), sort_keys=True, default=str))
    expected = known["done"]
    for step in STEPS:
        assert done[step] == expected[step], step
    assert done == expected
    assert expected["planned"]["calls"] and expected["approved"]["calls"] and not expected["second"]["calls"]


def test_the_homes_hold_what_they_shall() -> None:
    """The fixtures are of every state of a document, of progress that goes on, and of calls without an outcome."""
    states: set[str] = set()
    for kind in HOMES:
        for database in ("sqlite", "postgres"):
            known = json.loads((HERE / f"{kind}-{database}.json").read_text("utf-8"))
            states |= {each for flow in known["held"].values() for each in flow["documents"].values()}
            assert any(flow["intents"] for flow in known["held"].values())
            assert any(flow["waiting"] for flow in known["held"].values())
    plain = {each.partition(" ")[0] for each in states}
    assert plain >= {"settled", "held", "ignored", "conflict", "refused", "failed", "in_doubt", "sending", "staged"}
    assert any(each.startswith("failed ") for each in states)

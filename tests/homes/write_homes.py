"""Writes the fixtures `homes/*.tar.gz` and what the commit that wrote them made of them: run it at the commit before.

    PYTHONPATH=tests:tests/scenarios:tests/homes python tests/homes/write_homes.py

The homes that are here were written by 3f4fa1e, the last commit before the packages were laid out anew; it is kept as
it was run there. A later issue that changes what a home holds may write further ones, and keeps these.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from connector_assets.delivery.recorder import Recorder
from home_people import HOMES, PORTS, Killed, go_on, left
from scenario_books import TODAY, first_books
from scenario_home import NINE
from scenario_site import Hands
from throwaway_postgres import PostgresServer

from connector_resources.ledger import Ledger
from connector_sandbox.data import reference
from connector_sandbox.testing import running

HERE = Path(__file__).parent
SCHEMA = "home"


def killed(site: Any) -> None:
    """A sync of vouchers whose process ends between a create and the record of its outcome."""
    usual = Recorder.record

    def ends(self: Recorder, reported: Any) -> None:
        if any(change.state == "settled" or change.close_intents for _, change in reported):
            raise Killed
        usual(self, reported)

    Recorder.record = ends  # type: ignore[method-assign]
    try:
        site.sync("invoices" if site.NAME == "jde_coupa" else "bills", first=TODAY, due=False)
    except Killed:
        pass
    else:
        raise AssertionError("the process did not end")
    finally:
        Recorder.record = usual  # type: ignore[method-assign]


def write(kind: str, database: str, url: str) -> dict[str, Any]:
    """One home; what it held when it was left, and what became of it."""
    home = HOMES[kind]
    folder = Path(tempfile.mkdtemp())
    world: Any = {"jde": first_books(), "coupa": reference.coupa()}
    if kind == "jde_bill":
        del world["coupa"]
    ports = PORTS[f"{kind}-{database}"]
    with running(world=world, limits=False, state=folder / "sandbox", port_base=ports) as sandbox:
        sandbox.post("/clock", {"now": NINE.isoformat()})
        clock = Hands(sandbox)
        if database == "sqlite":
            url = f"sqlite:///{folder / 'ledger.sqlite'}"
        with Ledger.open(url, SCHEMA if database == "postgres" else None, clock=clock) as ledger:
            site = home.kind(sandbox, folder, ledger, clock)
            plan = home.live(site, killed)
            held = left(site, home)
            known = {
                "now": sandbox.clock.now().isoformat(),
                "options": sandbox.get("/options"),
                "flows": site.written(),
                "plan": plan,
                "held": held,
            }
            if database == "postgres":
                copy_tables(url, folder / "tables")
            pack(folder, HERE / f"{kind}-{database}.tar.gz")
            known["done"] = go_on(site, home, plan)
            site.close()
    shutil.rmtree(folder)
    return known


def copy_tables(url: str, folder: Path) -> None:
    """Every table of the schema as PostgreSQL's own text."""
    folder.mkdir()
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position) "
            "FROM information_schema.columns WHERE table_schema = %s GROUP BY 1",
            (SCHEMA,),
        )
        for table, columns in cursor.fetchall():
            with (folder / f"{table}.copy").open("wb") as file:
                file.write(columns.encode() + b"\n")
                cursor.copy_expert(f"COPY {SCHEMA}.{table} ({columns}) TO STDOUT", file)


def pack(folder: Path, archive: Path) -> None:
    """The home's folder as it is, the ledger's write-ahead log folded in."""
    ledger = folder / "ledger.sqlite"
    if ledger.exists():
        import sqlite3

        with closing(sqlite3.connect(ledger)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with tarfile.open(archive, "w:gz") as tar:
        for each in sorted(folder.iterdir()):
            if not each.name.startswith("ledger.sqlite-"):
                tar.add(each, each.name)


def main() -> None:
    server = PostgresServer()
    server.start()
    try:
        for kind in HOMES:
            for database in ("sqlite", "postgres"):
                name = f"{kind}_{database}"
                if database == "postgres":
                    server.execute(f"CREATE DATABASE {name}")
                known = write(kind, database, server.url(name))
                text = json.dumps(known, indent=1, sort_keys=True, default=str)
                (HERE / f"{kind}-{database}.json").write_text(text + "\n", encoding="utf-8")
                print(name, json.dumps(known["done"]["first"], default=str), file=sys.stderr)
    finally:
        server.stop()


if __name__ == "__main__":
    main()

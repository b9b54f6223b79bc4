"""How long `connector audit KEY` takes, from the prompt to the prompt, with a million documents in the ledger.

    python -m benchmarks.audit_key [--documents 1000000] [--runs 15] [--postgres [URL]] [--verify] [--keep DIR]

Fills a ledger by bulk SQL with documents, their calls, links and events (in whole chains), and some exceptions among
many closed ones; then measures the whole process, by a document's key, by the source's record and by the target's, and
`exceptions list`. The floor is a Python that only loads what every command needs. With `--postgres` the same on
PostgreSQL, a throw-away server unless a URL is given; with `--verify` the speed of `audit verify` as well. A table goes
to standard output, the measurements to benchmarks/results/audit_key.json.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from throwaway_postgres import PostgresServer

from benchmarks.filled_ledger import BEGAN, EVENTS_EACH, Filled, fill, filled_already
from benchmarks.measurements import Measurement, write
from connector_assets.templates import sandbox_connections
from connector_resources.home import Home

COMMAND = [str(Path(sys.executable).with_name("connector"))]
NOTHING = [sys.executable, "-c", "import typer, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite"]
MILLISECONDS = 1000


class Took(NamedTuple):
    """Milliseconds that a process took: on the clock, and of a processor."""

    wall: float
    processor: float


def timed(command: Sequence[str], environment: dict[str, str]) -> Took:
    """Run a process to its end; RuntimeError where it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stderr[-500:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall * MILLISECONDS, processor * MILLISECONDS)


def measure(
    database: str, filled: Filled, environment: dict[str, str], runs: int, *, verify: bool
) -> Iterator[Measurement]:
    """The measurements on one filled ledger. Each run asks for another document, chosen by chance."""
    chance = Random(7)
    numbers = [chance.randrange(filled.documents) for _ in range(runs)]
    questions = {
        "audit KEY": [["audit", filled.key(n), "--json"] for n in numbers],
        "audit of a source record": [["audit", f"jde:{filled.key(n)}", "--json"] for n in numbers],
        "audit of a target record": [["audit", f"coupa:invoices:{filled.target(n)}", "--json"] for n in numbers],
        "exceptions list": [["exceptions", "list", "--json"]] * runs,
    }
    context = {"database": database, "documents": filled.documents, "events": filled.events, "open": filled.open}
    timed(NOTHING, environment)
    for name, commands in questions.items():
        timed([*COMMAND, *commands[0]], environment)
        took, floors = [], []
        for each in commands:
            # in turn, since whatever else the machine does shall weigh on both
            floors.append(timed(NOTHING, environment).wall)
            took.append(timed([*COMMAND, *each], environment))
        walls = [each.wall for each in took]
        yield Measurement(
            name=f"{name}, {database}",
            unit="ms",
            ours=round(statistics.median(walls), 1),
            floor=round(statistics.median(floors), 1),
            runs=runs,
            spread=round(max(walls) - min(walls), 1),
            # a machine that does something else meanwhile shows in the one and not in the other
            context=context | {"processor_ms": round(statistics.median(each.processor for each in took), 1)},
        )
    if verify:
        took_once = timed([*COMMAND, "audit", "verify", "--json"], environment).wall / MILLISECONDS
        yield Measurement(f"audit verify, {database}", "events/s", round(filled.events / took_once), context=context)


@contextlib.contextmanager
def place(keep: Path | None) -> Iterator[Path]:
    """A folder for the home, gone afterwards unless it is to be kept."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def postgres(url: str) -> Iterator[str]:
    """The given server, or a throw-away one."""
    if url:
        yield url
        return
    server = PostgresServer()
    try:
        server.start()
        yield server.url("postgres")
    finally:
        server.stop()


def measured(folder: Path, url: str | None, arguments: argparse.Namespace) -> list[Measurement]:
    """Fill one ledger and measure it."""
    database = "PostgreSQL" if url else "SQLite"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    environment["CONNECTOR_HOME"] = str(folder / database.lower())
    if url:
        environment["CONNECTOR_DATABASE_URL"] = url
    home = Home(Path(environment["CONNECTOR_HOME"]), environment)
    home.create()
    home.connections_file.write_text(sandbox_connections(BEGAN.date()), encoding="utf-8")
    began = time.perf_counter()
    filled = filled_already(home, arguments.documents) or fill(home, arguments.documents)
    took = time.perf_counter() - began
    print(f"{database}: {filled.documents:,} documents, {filled.events:,} events in {took:.0f} s", flush=True)
    found = []
    for each in measure(database, filled, environment, arguments.runs, verify=arguments.verify):
        more = f"floor {each.floor}, spread {each.spread}, processor {each.context.get('processor_ms', '-')}"
        print(f"  {each.name:<40} {each.ours:>10,} {each.unit}  ({more})", flush=True)
        found.append(each)
    return found


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_key")
    parser.add_argument("--documents", type=int, default=1_000_000, help=f"each with {EVENTS_EACH} events")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--postgres", nargs="?", const="", metavar="URL", help="measure PostgreSQL too")
    parser.add_argument("--verify", action="store_true", help="measure `audit verify` too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the homes there, and use them again")
    arguments = parser.parse_args()
    with place(arguments.keep) as folder:
        found = measured(folder, None, arguments)
        if arguments.postgres is not None:
            with postgres(arguments.postgres) as url:
                found += measured(folder, url, arguments)
    print(f"written to {write('audit_key', found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Side by side: deliver the same invoices under the same faults with every tool, and count what Coupa holds.

    python -m benchmarks.delivery [--size 2000] [--seed 1] [--only TOOL ...] [--faults FILE] [--cache DIR] [--keep DIR]

A table goes to standard output, the measurements to benchmarks/results/delivery.json (not where --only is given).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from loopback import free_port
from throwaway_postgres import PostgresServer

from benchmarks.delivery import table
from benchmarks.delivery.contestants import EVERYONE, FLOOR, Contestant
from benchmarks.delivery.course import DidNotFinish, Score, run
from benchmarks.delivery.environments import CannotInstall, default_cache, python_of
from benchmarks.delivery.loads import measure_loads
from benchmarks.delivery.sandbox import CREATE
from benchmarks.delivery.scene import Scene, prepare
from benchmarks.measurements import write

PORTS = 7


def fault_plan(seed: int) -> list[dict[str, Any]]:
    """3 % of creates answered by a dropped connection after the effect, 3 % by a 503 after the effect."""
    common = {"system": "coupa", "route": CREATE, "rate": 0.03}
    return [
        {"name": "dropped", "kind": "drop_after", "seed": seed, **common},
        {"name": "503", "kind": "status_after", "status": 503, "seed": seed + 1, **common},
    ]


def main() -> int:
    """Run what the command line asks for; 1 where one of ours duplicated or lost a document."""
    given = _arguments()
    chosen = [each for each in EVERYONE if not given.only or each.name in given.only]
    faults = json.loads(given.faults.read_text()) if given.faults else fault_plan(given.seed)
    with _folder(given.keep) as folder, _postgres(chosen) as server:
        tell(f"preparing {given.size} vouchers (seed {given.seed}) in {folder}")
        scene = prepare(folder, free_port(PORTS), seed=given.seed, size=given.size)
        tell(f"{len(scene.expected)} invoices to deliver, {scene.held} vouchers are held")
        scores = {
            (each.name, kill): _score(each, scene, given.cache, server, faults, kill=kill)
            for kill in (False, True)
            for each in chosen
            if each.killed or not kill
        }
        floor, loads = None, None
        if not given.only:
            floor = _score(FLOOR, scene, given.cache, server, [], kill=False)
            loads = measure_loads(scene, faults)
    results = table.Results(scores, faults, given.seed, given.size, scene.held, floor, loads)
    print(table.markdown(results))
    if not given.only:
        tell(f"written: {write('delivery', table.measurements(results))}")
    return 1 if results.ours_failed else 0


def tell(text: str) -> None:
    """One line on how it goes."""
    print(text, file=sys.stderr, flush=True)


def _score(
    contestant: Contestant,
    scene: Scene,
    cache: Path,
    server: PostgresServer | None,
    faults: list[dict[str, Any]],
    *,
    kill: bool,
) -> Score | str:
    """Its score, or why there is none."""
    try:
        python = python_of(contestant.peer, cache) if contestant.peer else Path(sys.executable)
        tell(f"{contestant.name}{', killed half way' if kill else ''}")
        found = run(contestant, scene, python, _database(server), faults, kill=kill)
    except (CannotInstall, DidNotFinish) as error:
        tell(f"  {error}")
        return str(error)
    counted = f"landed {found.landed}, duplicates {found.duplicates}, lost {found.lost}"
    tell(f"  {counted}, {found.seconds:.0f} s, exit {found.exit_code}: {found.said}")
    return found


def _database(server: PostgresServer | None) -> str:
    """A new database, so that nobody finds another's memory."""
    if server is None:
        return ""
    name = f"bench_{secrets.token_hex(4)}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@contextlib.contextmanager
def _postgres(chosen: list[Contestant]) -> Iterator[PostgresServer | None]:
    """PostgreSQL for those whose best setting needs it."""
    if not any(each.name == "drt" for each in chosen):
        yield None
        return
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where everything is; removed afterwards unless the caller named it."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise SystemExit(f"{keep} is not empty")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="connector-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    names = [each.name for each in EVERYONE]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery", description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2000, help="vouchers in the ledger")
    parser.add_argument("--seed", type=int, default=1, help="of the ledger and of the faults")
    parser.add_argument("--only", action="append", choices=names, metavar="TOOL", help=", ".join(names))
    parser.add_argument("--faults", type=Path, help="JSON list of the sandbox's fault rules, instead of the usual plan")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the peers' environments are kept")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave logs and states in this new folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

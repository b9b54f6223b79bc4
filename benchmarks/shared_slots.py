"""How much of what three calls in flight allow is reached by four processes that share them through the ledger.

    python -m benchmarks.shared_slots [--seconds 8] [--runs 3] [--processes 4] [--threads 3]

A small server answers after 20, 50 or 200 ms and counts what it has in hand. Ours is the calls that it answered in a
second while all processes called, on SQLite and on PostgreSQL (which writes to the disk as in production). The floor is
one process with three threads and no lease: the same client, and nothing to share; the ideal, three calls in hand at
every instant, is in the context, for no client comes to it. A fourth call in hand makes the benchmark fail. A table
goes to standard output, the measurements to benchmarks/results/shared_slots.json.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from slot_course import CountingServer, Runner, Started
from throwaway_postgres import PostgresServer

from benchmarks.measurements import Measurement, write

SLOTS = 3
MILLISECONDS = (20, 50, 200)
# all processes have begun by then
WARM_SECONDS = 1.0


def rate(runners: Sequence[Runner], server: CountingServer, seconds: float) -> float:
    """Calls answered in a second, while all of them call. RuntimeError where the server had too many in hand."""
    started = [Started(each) for each in runners]
    try:
        for each in started:
            each.ready()
        for each in started:
            each.go()
        time.sleep(WARM_SECONDS)
        began, before = time.monotonic(), server.answered
        time.sleep(seconds)
        answered, took = server.answered - before, time.monotonic() - began
        problems = [problem for each in started for problem in each.ended().problems]
    finally:
        for each in started:
            each.kill()
    if problems or server.most > SLOTS:
        raise RuntimeError(f"{server.most} calls in hand, {len(problems)} failed: {problems[:1]}")
    return answered / took


def measure(name: str, url: str, schema: str | None, arguments: argparse.Namespace) -> list[Measurement]:
    """One measurement for each length of a call."""
    found = []
    for milliseconds in MILLISECONDS:
        ours, floors = [], []
        for _ in range(arguments.runs):
            for rates, processes, leased in ((floors, 1, False), (ours, arguments.processes, True)):
                server = CountingServer(milliseconds / 1000)
                runners = [
                    Runner(
                        f"p{number}",
                        server.url,
                        url,
                        schema,
                        threads=arguments.threads if leased else SLOTS,
                        seconds=arguments.seconds + 2 * WARM_SECONDS,
                        leased=leased,
                    )
                    for number in range(processes)
                ]
                try:
                    rates.append(rate(runners, server, arguments.seconds))
                finally:
                    server.stop()
        mine, floor = statistics.median(ours), statistics.median(floors)
        ideal = SLOTS * 1000 / milliseconds
        context = {
            "ideal": round(ideal, 1),
            "of_ideal": round(mine / ideal, 3),
            "of_floor": round(mine / floor, 3),
            "processes": arguments.processes,
            "threads": arguments.threads,
        }
        told = f"{mine / floor:.3f} of one process without a lease, {mine / ideal:.3f} of the ideal"
        print(f"{name:<11} {milliseconds:>4} ms {mine:>8.1f} calls/s  {told}", flush=True)
        spread = round(max(ours) - min(ours), 1)
        found.append(
            Measurement(
                f"{milliseconds} ms calls, {name}",
                "calls/s",
                round(mine, 1),
                floor=round(floor, 1),
                runs=arguments.runs,
                spread=spread,
                context=context,
            )
        )
    return found


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shared_slots")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=3, help="of each process")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as folder:
        found = measure("SQLite", f"sqlite:///{folder}/ledger.sqlite", None, arguments)
    server = PostgresServer(durable=True)
    try:
        server.start()
        found += measure("PostgreSQL", server.url("postgres"), "shared_slots", arguments)
    finally:
        server.stop()
    print(f"written to {write('shared_slots', found)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

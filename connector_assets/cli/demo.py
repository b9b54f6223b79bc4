"""`connector demo`: the sandbox, one full sync of every integration through Dagster, a day in the life of the made-up
systems with a sync after each half of it, and a summary."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector_assets.cli.exits import DONE, NEEDS_A_PERSON, UNREACHABLE, tell
from connector_assets.cli.init import make_sandbox_home
from connector_assets.cli.sandbox import Ledger, Seed, Size, inbox_authority, serving
from connector_assets.cli.sandboxes import free_port_base, served
from connector_assets.cli.show import Json, print_json, print_line, quiet_stdout

if TYPE_CHECKING:
    from connector_assets.cli.syncing import Outcome
    from connector_resources.home import Home


def demo(
    ledger: Ledger = None,
    seed: Seed = 1,
    size: Size = None,
    port_base: Annotated[
        int | None, typer.Option("--port-base", min=1, max=65529, help="Control port; without it, any that is free.")
    ] = None,
    as_json: Json = False,
) -> None:
    """A full sync of made-up systems, or of a real ledger's files; its home is made again each time."""
    from connector_assets.cli import demo_home
    from connector_resources.home import Home

    started = time.monotonic()
    home = Home.locate()
    demo_home.check(home)
    existed = home.path.is_dir()
    base = port_base if port_base is not None else free_port_base()
    home.create()
    state = home.path / f"sandbox-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    state.mkdir(mode=0o700)
    trust = inbox_authority(home)
    arguments = serving(base, ledger=ledger, seed=seed, size=size, limits="off", state=state / "data", trust=trust)
    tell(f"starting the sandbox on port {base} and those after it")
    try:
        with served(arguments, state / "log"):
            # only now, when its data could be read, does an earlier demo go
            demo_home.begin_anew(home, state)
            demo_home.leave(home, base, state / "data")
            first, last = make_sandbox_home(home, base)
            with quiet_stdout():
                done = _sync_all(home, first, last)
                # nobody acts on a real ledger's files
                later = _live_on(home, base) if ledger is None else []
    except BaseException:
        _take_back(home, state, existed)
        raise
    _print(home, done, later, as_json, time.monotonic() - started)
    raise typer.Exit(_code([*done, *later]))


def _take_back(home: Home, state: Path, existed: bool) -> None:
    """Leave nothing behind of a demo that never began."""
    from connector_assets.cli.demo_home import MARKER

    marker = home.path / MARKER
    if marker.is_file() and str(state.name) in marker.read_text(encoding="utf-8"):
        return
    shutil.rmtree(state, ignore_errors=True)
    if not existed:
        with suppress(OSError):
            home.path.rmdir()


def _sync_all(home: Home, first: date, last: date) -> list[Outcome]:
    os.environ["CONNECTOR_HOME"] = str(home.path)

    from connector_assets.cli.syncing import run_flows
    from connector_assets.pairs.registry import flows_on

    done = []
    for integration in home.settings().integrations.values():
        tell(f"syncing {integration.name}: {first} to {last}")
        flows = flows_on(integration)
        days = (first, last) if any(flow.partitioned for flow in flows) else None
        done.append(run_flows(home, integration, flows, days, whole=True))
    return done


def _live_on(home: Home, base: int) -> list[Outcome]:
    """The people of each pair act in its systems, and a sync of each follows, twice: so the ways back are shown."""
    from connector_assets.cli.demo_people import ACTS, people_of
    from connector_assets.cli.syncing import run_flows
    from connector_assets.pairs.registry import flows_on, pair_of

    done = []
    settings = home.settings()
    pairs = [each for each in settings.integrations.values() if pair_of(each.kind).people()]
    for act in ACTS:
        days = []
        for integration in pairs:
            first = next(iter(integration.connections.values()))
            today = datetime.now(settings.connection(first).zone).date()
            days.append((today, today))
            with people_of(home, integration, base, today) as people:
                tell(f"{act}, {integration.name}: {getattr(people, act)()}")
        for integration, day in zip(pairs, days, strict=True):
            done.append(run_flows(home, integration, flows_on(integration), day, whole=True))
    return done


def _print(home: Home, done: list[Outcome], later: list[Outcome], as_json: bool, seconds: float) -> None:
    from connector_assets.cli.sync import report_problems
    from connector_assets.cli.tables import print_flows

    entries = [entry for each in done for entry in each.entries]
    if as_json:
        followed = [{"run": each.run, "flows": each.entries} for each in later]
        runs = [each.run for each in done]
        print_json({"run": runs[0] if runs else None, "runs": runs, "plan": False, "flows": entries, "later": followed})
    else:
        print_flows(entries)
        for each in later:
            print_line("Later, after people acted in the systems:")
            print_flows(entry for entry in each.entries if _moved(entry))
        print_line(f"{seconds:.0f} s in all. Everything is in {home.path}.")
        print_line("What is held, and why:  connector exceptions list")
        print_line("Dagster's page on this data:  make ui")
    for each in (*done, *later):
        report_problems(each)


def _code(done: list[Outcome]) -> int:
    """0 where every document read has its outcome and none has failed: held rows are part of the demo."""
    from connector_assets.cli.exits import system_problems

    if any(each.causes & system_problems() for each in done):
        return UNREACHABLE
    complete = all(_complete(entry) for each in done for entry in each.entries)
    return DONE if complete and not any(each.failures or each.missing for each in done) else NEEDS_A_PERSON


def _moved(entry: dict[str, Any]) -> bool:
    """Whether a later sync wrote something, or set something aside."""
    return any(count for name, count in entry["outcomes"].items() if name not in ("unchanged", "ignored"))


def _complete(entry: dict[str, Any]) -> bool:
    outcomes = entry["outcomes"]
    return bool(entry["read"] == sum(outcomes.values())) and not outcomes["failed"] and not outcomes["in_doubt"]

"""Which tests run, and in which order: `make quick`, and the long ones first."""

from __future__ import annotations

import gc
import random
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What takes seconds comes first, so that the processes end together; and what waits for others before what computes, so
# that there is something to compute meanwhile.
LONG = ("processes", "dagster", "drills", "scenarios", "bench")
# of these folders `--quick` takes what is marked, of the others all that is neither slow nor on PostgreSQL
SAMPLED = (*LONG, "ledger")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="what one runs after each edit")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="in an order by chance: nothing depends on it")
    parser.addoption(
        "--switch",
        action="append",
        default=[],
        metavar="SYSTEM.NAME=JSON",
        help="a switch of the sandbox that every scenario begins with: jde.purge_processed=true",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        config.hook.pytest_deselected(items=[each for each in items if not is_quick(each)])
        items[:] = [each for each in items if is_quick(each)]
    if (seed := config.getoption("--shuffle")) is not None:
        random.Random(seed).shuffle(items)
    else:
        items.sort(key=lambda item: LONG.index(folder(item)) if folder(item) in LONG else len(LONG))


def pytest_collection_finish() -> None:
    # what is imported is no garbage: every full collection would look through all of it
    gc.freeze()


def folder(item: pytest.Item) -> str:
    """The folder below `tests` that a test is in."""
    return item.path.relative_to(HERE).parts[0]


def is_quick(item: pytest.Item) -> bool:
    """Whether `make quick` runs it."""
    if item.get_closest_marker("quick"):
        return True
    named = {mark.name for mark in item.iter_markers()}
    return folder(item) not in SAMPLED and not named & {"slow", "postgres", "ledger"}

"""Scenarios: one sandbox for all of them, put back before each, and a new installation beside it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import scenario_keys
from described.listening import listening
from scenario_books import first_books
from scenario_home import NINE, installation, put_back
from scenario_site import Site

from connector_resources.ledger import Ledger
from connector_sandbox.data import reference
from connector_sandbox.testing import Sandbox, running


@pytest.fixture(scope="session")
def delivered() -> dict[str, Any]:
    """The sandbox's switches as they are by default, by system; filled by `served`."""
    return {}


@pytest.fixture(scope="session")
def served(pytestconfig: pytest.Config, delivered: dict[str, Any]) -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    """A sandbox over real HTTP, without rate limits, with the switches that the command line names; BILL's organisation
    is an empty one."""
    world: Any = {"jde": first_books(), "coupa": reference.coupa()}
    with running(world=world, limits=False) as sandbox:
        delivered.update(deepcopy(sandbox.get("/options")))
        for each in pytestconfig.getoption("--switch"):
            name, _, value = each.partition("=")
            system, _, switch = name.partition(".")
            sandbox.post("/options", {system: {switch: json.loads(value)}})
        yield sandbox, sandbox.get("/options")


@pytest.fixture(autouse=True)
def _makes_its_reasons(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """A scenario marked with a reason must have made an exception of it: `reason` is a promise to the operator that
    somebody has seen it happen."""
    yield
    promised = {mark.args[0] for mark in request.node.iter_markers("reason")}
    if promised:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
            made = {row[0] for row in ledger.execute("SELECT DISTINCT reason FROM exceptions")}
        assert promised <= made, f"no exception of {', '.join(sorted(promised - made))} was made"


@pytest.fixture(autouse=True)
def _sends_what_the_vendors_describe(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every request of every scenario is one of the vendors' pages: each path, header, parameter and field of it. What
    a site has of its own is beyond them, and the scenario says so."""
    beyond = [each for mark in request.node.iter_markers("beyond_the_page") for each in mark.args]
    with listening() as heard:
        yield
    for pattern in beyond:
        assert any(re.search(pattern, each) for each in heard.wrong), f"nothing is beyond the page by {pattern!r}"
    wrong = [each for each in heard.wrong if not any(re.search(pattern, each) for pattern in beyond)]
    assert not wrong, "\n".join(sorted(wrong))


@pytest.fixture
def sandbox(
    request: pytest.FixtureRequest, served: tuple[Sandbox, dict[str, Any]], delivered: dict[str, Any]
) -> Sandbox:
    """The sandbox as it was at the start, at nine o'clock. A scenario marked `as_delivered` has these switches as they
    are by default, whatever the command line says."""
    running_one, options = served
    put_back(running_one, options, NINE)
    for mark in request.node.iter_markers("as_delivered"):
        for name in mark.args:
            system, _, switch = name.partition(".")
            running_one.post("/options", {system: {switch: delivered[system][switch]}})
    return running_one


@pytest.fixture
def known_by(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """By what the vouchers that we make are known, and what JD Edwards keeps of them; a module may run in every way."""
    way: str = getattr(request, "param", scenario_keys.DEFAULT)
    if switches := scenario_keys.begin(way):
        sandbox.post("/options", {"jde": dict(switches)})
    return way


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module with `KNOWN_BY` runs in each of these ways, a scenario marked `known_by` in its own."""
    if any("known_by" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")):
        return
    marker = metafunc.definition.get_closest_marker("known_by")
    ways = marker.args if marker is not None else getattr(metafunc.module, "KNOWN_BY", ())
    if ways:
        metafunc.parametrize("known_by", ways, indirect=True)


@pytest.fixture(autouse=True)
def _known(known_by: str) -> None:
    """Every scenario is of some way."""


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated ledger, to be copied: migrating takes longer than a scenario."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def site(sandbox: Sandbox, empty_ledger: Path, tmp_path: Path) -> Iterator[Site]:
    """A new installation between JD Edwards and Coupa; nothing was ever synced."""
    with installation(sandbox, tmp_path, empty_ledger) as site:
        yield site


@pytest.fixture(scope="session")
def set_up(
    served: tuple[Sandbox, dict[str, Any]], empty_ledger: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any]:
    """Suppliers and accounts delivered once: the installation's folder, and what Coupa holds then."""
    sandbox, options = served
    put_back(sandbox, options, NINE)
    folder = tmp_path_factory.mktemp("set-up")
    with installation(sandbox, folder, empty_ledger) as site:
        site.sync("suppliers", "accounts")
        assert not site.exceptions("suppliers") and not site.exceptions("accounts")
    return folder, deepcopy(sandbox.systems["coupa"].dump())


@pytest.fixture
def testbed(sandbox: Sandbox, set_up: tuple[Path, Any], tmp_path: Path) -> Iterator[Site]:
    """An installation whose suppliers and accounts are in Coupa already, some minutes later."""
    folder, held = set_up
    sandbox.systems["coupa"].restore(deepcopy(held))
    sandbox.post("/clock", {"now": (NINE + timedelta(minutes=10)).isoformat()})
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with installation(sandbox, tmp_path) as site:
        yield site

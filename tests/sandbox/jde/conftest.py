"""One sandbox of JD Edwards with a small ledger for these tests, put back before each, and someone who is logged in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ais_caller import LENIENT, Ais, world

from connector_sandbox.testing import Sandbox, running


@pytest.fixture(scope="session")
def served_jde() -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    with running(world={"jde": world()}, only=["jde"], options={"jde": LENIENT}) as sandbox:
        yield sandbox, sandbox.get("/options")["jde"]


@pytest.fixture
def sandbox(served_jde: tuple[Sandbox, dict[str, Any]]) -> Sandbox:
    running_one, options = served_jde
    running_one.post("/options", {"jde": options})
    running_one.post("/reset")
    return running_one


@pytest.fixture
def ais(sandbox: Sandbox) -> Ais:
    return Ais(sandbox)

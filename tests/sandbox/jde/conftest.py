"""A running sandbox with a small ledger, and someone who is logged in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ais_caller import Ais, world

from connector_sandbox.testing import Sandbox, running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(world={"jde": world()}, only=["jde"]) as served:
        yield served


@pytest.fixture
def ais(sandbox: Sandbox) -> Ais:
    return Ais(sandbox)

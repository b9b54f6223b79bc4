"""A house with an inbox for each test, and the same over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bill_inbox_house import BillHouse
from inbox_house import Door, House, Served, listening

from connector_resources.clock import ManualClock


@pytest.fixture
def house(tmp_path: Path, clock: ManualClock) -> Iterator[House]:
    """An inbox of two connections; nothing came yet."""
    made = House(tmp_path / "home", clock)
    yield made
    made.close()


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """One server for all houses: to begin and to end one takes longer than a test."""
    made = Door()
    with listening(made) as made.port:
        yield made


@pytest.fixture
def served(house: House, door: Door) -> Iterator[Served]:
    """The same, listening."""
    with door.into(house) as found:
        yield found


@pytest.fixture
def bill_house(tmp_path: Path, clock: ManualClock) -> Iterator[BillHouse]:
    """An inbox that takes BILL's notifications; nothing came yet."""
    made = BillHouse(tmp_path / "home", clock)
    yield made
    made.close()

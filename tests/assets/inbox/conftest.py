"""A house with an inbox for each test, and the same over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bill_inbox_house import BillHouse
from inbox_house import House, Served, serving

from connector_resources.clock import ManualClock


@pytest.fixture
def house(tmp_path: Path, clock: ManualClock) -> Iterator[House]:
    """An inbox of two connections; nothing came yet."""
    made = House(tmp_path / "home", clock)
    yield made
    made.close()


@pytest.fixture
def served(house: House) -> Iterator[Served]:
    """The same, listening."""
    with serving(house) as found:
        yield found


@pytest.fixture
def bill_house(tmp_path: Path, clock: ManualClock) -> Iterator[BillHouse]:
    """An inbox that takes BILL's notifications; nothing came yet."""
    made = BillHouse(tmp_path / "home", clock)
    yield made
    made.close()

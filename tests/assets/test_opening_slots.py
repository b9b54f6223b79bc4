"""A client that takes slots gets those that all processes of its home share; the others are made as before."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from connector_assets import run_setup
from connector_assets.systems.bill import system as bill
from connector_resources.clock import Clock, ManualClock
from connector_resources.errors import RateLimited
from connector_resources.http import Slots
from connector_resources.ledger import Ledger

CREDENTIALS = {"dev_key": "a-key", "organization_id": "00801"}


class Sharing:
    def __init__(
        self, connection: Any, credentials: Mapping[str, str], *, clock: Clock, slots: Slots | None = None
    ) -> None:
        assert slots is not None
        self.slots = slots


class Alone:
    def __init__(self, connection: Any, credentials: Mapping[str, str], *, clock: Clock) -> None:
        self.credentials = credentials


@pytest.fixture
def opened(ledger: Ledger, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Any:
    home = SimpleNamespace(
        credentials=lambda: SimpleNamespace(get=lambda name, names: CREDENTIALS), ledger=lambda: ledger
    )
    shared = SimpleNamespace(client=lambda: Sharing, slots=bill.SYSTEM.slots)
    alone = SimpleNamespace(client=lambda: Alone, slots=lambda *given: None)
    monkeypatch.setattr(run_setup, "system_of", {"sharing": shared, "alone": alone}.__getitem__)

    def open_one(system: str, name: str) -> Any:
        limits = SimpleNamespace(in_flight=3, calls_per_hour=2)
        connection: Any = SimpleNamespace(system=system, name=name, CREDENTIALS=tuple(CREDENTIALS), limits=limits)
        return run_setup.open_client(home, connection, clock)  # type: ignore[arg-type]

    return open_one


def test_clients_of_one_key_share_what_the_vendor_allows(opened: Any) -> None:
    one, other = opened("sharing", "bill"), opened("sharing", "bill_too")
    assert one.slots is other.slots
    for each in (one, other):
        with each.slots.take():
            pass
    with pytest.raises(RateLimited, match="have made 2 calls") as reported, one.slots.take():
        pass
    assert reported.value.retry_after == 3600


def test_a_client_without_slots_is_made_as_before(opened: Any) -> None:
    assert opened("alone", "erp").credentials == CREDENTIALS

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from fake_ais import PASSWORD, USER, FakeAis

from connector_resources.clock import ManualClock
from connector_resources.connections.jde import JdeConnection
from connector_resources.jde import JdeClient

Connect = Callable[..., JdeClient]


@pytest.fixture
def ais() -> Iterator[FakeAis]:
    with FakeAis() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 8, 23, 12, 0, tzinfo=UTC))


@pytest.fixture
def connect(ais: FakeAis, clock: ManualClock) -> Iterator[Connect]:
    opened: list[JdeClient] = []

    def build(*, username: str = USER, password: str = PASSWORD, **settings: Any) -> JdeClient:
        connection = JdeConnection(**{"name": "erp", "url": ais.url, "environment": "JPD920", **settings})
        client = JdeClient(connection, {"username": username, "password": password}, clock=clock)
        opened.append(client)
        return client

    yield build
    for client in opened:
        client.close()


@pytest.fixture
def ledger(ais: FakeAis) -> list[dict[str, Any]]:
    """25 pay items of vouchers, dated 3 to 27 April 2026, and one address."""
    vouchers = [
        {
            "DOC": 100 + number // 2,
            "DCT": "PV",
            "KCO": "00001",
            "SFX": f"{number % 2 + 1:03d}",
            "SFXE": 0,
            "AN8": 4343,
            "VINV": f"INV-{number}",
            "AG": Decimal("250.05") + number,
            "UPMJ": date(2026, 4, 3 + number),
            "UPMT": 90000 + number,
        }
        for number in range(25)
    ]
    ais.tables["F0411"] = vouchers
    ais.tables["F0101"] = [{"AN8": 4343, "ALPH": "Müller & Sons", "MCU": "30", "UPMJ": date(2026, 4, 5), "UPMT": 1}]
    return vouchers

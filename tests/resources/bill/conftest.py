"""A fake BILL and a client that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bill_fake import FakeBill

from connector_resources.bill import BillClient
from connector_resources.clock import ManualClock
from connector_resources.connections.bill import BillConnection

BILL_CREDENTIALS = {
    "dev_key": "dev-key-of-ours",
    "username": "ap@ours.example",
    "password": "pa55/word+ours",
    "organization_id": "00801ORG",
}


@pytest.fixture
def fake() -> Iterator[FakeBill]:
    server = FakeBill()
    yield server
    server.close()


@pytest.fixture
def clock() -> ManualClock:
    """Its hands move only when something sleeps: no test waits."""
    return ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def make(fake: FakeBill, clock: ManualClock) -> Iterator[Any]:
    """A client with other settings or credentials."""
    made: list[BillClient] = []

    def build(credentials: dict[str, str] | None = None, slots: Any = None, **settings: Any) -> BillClient:
        # how long a new login is given is what the scenarios of logins are about
        own = {"name": "bill", "url": fake.url, "fresh_login_seconds": 0}
        connection = BillConnection(**{**own, **settings})
        chosen = BILL_CREDENTIALS if credentials is None else credentials
        made.append(BillClient(connection, chosen, clock=clock, slots=slots))
        return made[-1]

    yield build
    for one in made:
        one.close()


@pytest.fixture
def client(make: Any) -> BillClient:
    made: BillClient = make()
    return made

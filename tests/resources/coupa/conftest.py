"""A fake Coupa and a client that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from coupa_fake import FakeCoupa

from connector_resources.clock import ManualClock
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.coupa import CoupaClient

CREDENTIALS = {"client_id": "our-id", "client_secret": "s3cret/of+ours"}


def connection(fake: FakeCoupa, **settings: Any) -> CoupaConnection:
    # how long a new login is given is what the scenarios of logins are about
    return CoupaConnection(**{"name": "coupa", "url": fake.url, "fresh_login_seconds": 0, **settings})


@pytest.fixture
def fake() -> Iterator[FakeCoupa]:
    server = FakeCoupa()
    yield server
    server.close()


@pytest.fixture
def clock() -> ManualClock:
    """Its hands move only when something sleeps: no test waits."""
    return ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def client(fake: FakeCoupa, clock: ManualClock) -> Iterator[CoupaClient]:
    with CoupaClient(connection(fake), CREDENTIALS, clock=clock) as made:
        yield made


@pytest.fixture
def make(fake: FakeCoupa, clock: ManualClock) -> Iterator[Any]:
    """A client with other settings or credentials."""
    made: list[CoupaClient] = []

    def build(credentials: dict[str, str] | None = None, **settings: Any) -> CoupaClient:
        chosen = CREDENTIALS if credentials is None else credentials
        made.append(CoupaClient(connection(fake, **settings), chosen, clock=clock))
        return made[-1]

    yield build
    for one in made:
        one.close()

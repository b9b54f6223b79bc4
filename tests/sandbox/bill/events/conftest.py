"""One sandbox of BILL for these tests, emptied before each, and a receiver whose authority it trusts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bill_event_caller import Events
from bill_event_receiver import Authority, Receiver, receiving

from connector_sandbox.testing import Sandbox, running


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    with running(world={}, only=["bill"], limits=False) as sandbox:
        yield sandbox, sandbox.get("/options")["bill"]


@pytest.fixture
def sandbox(served: tuple[Sandbox, dict[str, Any]]) -> Sandbox:
    running_one, options = served
    running_one.post("/reset")
    running_one.post("/options", {"bill": options})
    return running_one


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def events(sandbox: Sandbox, authority: Authority, tmp_path: Path) -> Events:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(authority.pem)
    caller = Events(sandbox)
    caller.options(trust=str(trust))
    return caller


@pytest.fixture
def receiver(authority: Authority, tmp_path: Path) -> Iterator[Receiver]:
    with receiving(authority.server_context(tmp_path)) as one:
        yield one

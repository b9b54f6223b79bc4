"""One sandbox of BILL for these tests, emptied before each, and a caller that has a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_bill_caller import Bill

from connector_sandbox.testing import Sandbox, running


@pytest.fixture(scope="session")
def served_bill() -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    with running(world={}, only=["bill"], limits=False) as sandbox:
        yield sandbox, sandbox.get("/options")["bill"]


@pytest.fixture
def sandbox(served_bill: tuple[Sandbox, dict[str, Any]]) -> Sandbox:
    running_one, options = served_bill
    running_one.post("/options", {"bill": options})
    running_one.post("/reset")
    return running_one


@pytest.fixture
def bill(sandbox: Sandbox) -> Bill:
    return Bill(sandbox)

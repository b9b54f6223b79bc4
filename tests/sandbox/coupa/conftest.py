"""One sandbox of Coupa for these tests, emptied before each, and a caller that holds a token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from coupa_caller import WORLD, Coupa

from connector_sandbox.testing import Sandbox, running


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    as_documented = {"coupa": {"discounts_lower_totals": False}}
    with running(world={"coupa": WORLD}, only=["coupa"], limits=False, options=as_documented) as sandbox:
        yield sandbox, sandbox.get("/options")["coupa"]


@pytest.fixture
def sandbox(served: tuple[Sandbox, dict[str, Any]]) -> Sandbox:
    running_one, options = served
    running_one.post("/reset")
    running_one.post("/options", {"coupa": options})
    return running_one


@pytest.fixture
def coupa(sandbox: Sandbox) -> Coupa:
    return Coupa(sandbox.url("coupa"), sandbox.get("/credentials")["coupa"])


@pytest.fixture
def stocked(coupa: Coupa) -> Coupa:
    """With a supplier and an account to write invoices to."""
    coupa.supplier()
    coupa.account("39284", "9270")
    return coupa

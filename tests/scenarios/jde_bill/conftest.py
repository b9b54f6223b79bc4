"""Scenarios of JD Edwards and BILL: a new installation, and one whose reference data is in BILL already."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bill_site import SET_UP, BillSite
from scenario_home import NINE, installation, put_back

from connector_sandbox.testing import Sandbox


@pytest.fixture
def site(sandbox: Sandbox, empty_ledger: Path, tmp_path: Path) -> Iterator[BillSite]:
    """A new installation between JD Edwards and BILL; nothing was ever synced."""
    with installation(sandbox, tmp_path, empty_ledger, BillSite) as site:
        yield site


@pytest.fixture(scope="session")
def set_up(
    served: tuple[Sandbox, dict[str, Any]], empty_ledger: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Any]:
    """The flows of SET_UP delivered once: the installation's folder, and what BILL holds then."""
    sandbox, options = served
    put_back(sandbox, options, NINE)
    folder = tmp_path_factory.mktemp("bill-set-up")
    with installation(sandbox, folder, empty_ledger, BillSite) as site:
        site.sync(*SET_UP)
        assert not any(site.exceptions(flow) for flow in SET_UP)
    return folder, deepcopy(sandbox.systems["bill"].dump())


@pytest.fixture
def testbed(sandbox: Sandbox, set_up: tuple[Path, Any], tmp_path: Path) -> Iterator[BillSite]:
    """An installation whose accounts and departments are in BILL already, some minutes later."""
    folder, held = set_up
    sandbox.systems["bill"].restore(deepcopy(held))
    sandbox.post("/clock", {"now": (NINE + timedelta(minutes=10)).isoformat()})
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with installation(sandbox, tmp_path, kind=BillSite) as site:
        yield site

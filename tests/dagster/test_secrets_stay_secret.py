"""No password, token or secret is in anything that a run leaves behind, even where a vendor's answer repeats one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster_site import NAME, DagsterSite

from connector_resources.coupa.auth import CoupaAuthorizer
from connector_resources.jde.session import JdeLogin


def everything_in(home: Path) -> Iterator[tuple[Path, str]]:
    """Every file's content as text; databases as the statements that would make them anew."""
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.name == "keys":
            continue
        if path.suffix in (".sqlite", ".db"):
            database = sqlite3.connect(path)
            yield path, "\n".join(database.iterdump())
            database.close()
        else:
            yield path, path.read_bytes().decode("latin-1")


@pytest.fixture
def given_out(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The passwords and tokens that the clients know when they hide them."""
    seen: set[str] = set()
    for kind in (JdeLogin, CoupaAuthorizer):
        known = kind.secrets

        def noted(self: Any, known: Callable[[Any], Iterable[str]] = known) -> tuple[str, ...]:
            found = tuple(known(self))
            seen.update(found)
            return found

        monkeypatch.setattr(kind, "secrets", noted)
    return seen


def test_nothing_that_a_run_leaves_behind_holds_a_secret(site: DagsterSite, given_out: set[str]) -> None:
    password, secret = site.secrets()
    supplier = {"system": "coupa", "route": "POST /api/suppliers", "kind": "status", "status": 400, "calls": [3]}
    site.sandbox.post("/faults", [{**supplier, "body": {"errors": {"name": [f"{secret} is not welcome"]}}}])
    refused = site.run()
    assert site.outcomes(refused)["suppliers"]["refused"] == 1
    reading = {"system": "jde", "route": "* /jderest/v2/dataservice", "kind": "status", "status": 400}
    site.sandbox.post("/faults", [{**reading, "body": {"message": f"{password} is not welcome"}}])
    failed = site.run()
    assert "is not welcome" in failed.failures[0].message and password not in failed.failures[0].message

    waiting = site.home.ledger().exceptions.open(flow=f"{NAME}/suppliers")
    assert ["is not welcome" in each.message for each in waiting if each.state == "refused"] == [True]
    assert {password, secret} < given_out and len(given_out) >= 4
    seen = list(everything_in(site.home.path))
    assert any(path.name == "index.db" for path, _ in seen) and any(path.suffix == ".log" for path, _ in seen)
    for path, text in seen:
        for each in given_out:
            assert each not in text, path

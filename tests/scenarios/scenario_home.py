"""How an installation is made beside the sandbox, and the sandbox put back: for the fixtures of every pair."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scenario_site import Hands, Site

from connector_resources.ledger import Ledger
from connector_sandbox.testing import Sandbox

# a Monday morning in London
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@contextmanager
def installation(sandbox: Sandbox, folder: Path, ledger: Path | None = None, kind: type[Site] = Site) -> Iterator[Any]:
    """A site of its kind in a folder; with `ledger`, a copy of that one is its own."""
    path = folder / "ledger.sqlite"
    if ledger is not None:
        shutil.copy(ledger, path)
    clock = Hands(sandbox)
    with Ledger.open(f"sqlite:///{path}", clock=clock) as opened:
        made = kind(sandbox, folder, opened, clock)
        yield made
        made.close()
        # it may be another one by then
        made.ledger.close()


def put_back(sandbox: Sandbox, options: dict[str, Any], now: datetime) -> None:
    """The sandbox as it was at its start, with these switches, at this instant."""
    sandbox.post("/reset")
    sandbox.post("/options", options)
    sandbox.post("/clock", {"now": now.isoformat()})

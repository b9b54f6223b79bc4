"""What watches an environment's tables sees of it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from connector_sandbox.jde.options import Options
from connector_sandbox.jde.store import Database


class Watched(Protocol):
    """The part of `Environment` that batch control and the outbound log use."""

    options: Options
    database: Database
    application: str

    def local_now(self) -> datetime:
        """Now, in the server's local zone."""

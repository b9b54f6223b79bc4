"""A process that dies where it is told, and the ledger's database as it sees it.

A durable boundary is crossed before and after each transaction of the ledger that writes, and before and after each
call that creates or changes something in a system. They are counted as they are crossed: whatever the engine, a flow or
the ledger comes to write is in the drill by being written.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from sqlalchemy import Connection

from connector_resources.ledger.database import Database

LEDGER = "connector_resources.ledger."


class Death(BaseException):
    """The process is gone: nothing of it runs any more, handlers included."""


class Process:
    """One process of ours. It dies at the boundary of number `dies_at`, counted from zero, and stays dead."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.dead = False
        self.crossed: list[str] = []
        self._lock = threading.Lock()

    def cross(self, what: str) -> None:
        """A durable boundary."""
        with self._lock:
            self.alive()
            self.crossed.append(what)
            if len(self.crossed) - 1 == self.dies_at:
                self.dead = True
                raise Death(what)

    def alive(self) -> None:
        """Nothing happens to, or by, the dead."""
        if self.dead:
            raise Death


class WatchedDatabase(Database):
    """The ledger's database; its writing transactions are boundaries of the process at hand.

    One for all cases of a drill, since the statements that an engine has compiled are most of what opening costs.
    """

    process = Process()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.process.alive()
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self, *, even_copied: bool = False) -> Iterator[Connection]:
        verb = _verb(sys._getframe(2))
        self.process.cross(f"before ledger.{verb}")
        with super().write(even_copied=even_copied) as connection:
            yield connection
        self.process.cross(f"after ledger.{verb}")

    def put(self, path: Path, content: bytes) -> None:
        """Replace the file behind it."""
        self.engine.dispose()
        for tail in ("-wal", "-shm"):
            path.with_name(path.name + tail).unlink(missing_ok=True)
        path.write_bytes(content)

    def take(self, path: Path) -> bytes:
        """The file behind it, its log written into it."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.engine.dispose()
        return path.read_bytes()


def _verb(frame: FrameType | None) -> str:
    """The ledger's verb that a transaction belongs to: `intents.open`, `recording.record`."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(LEDGER) and not module.endswith(".database"):
            return f"{module.removeprefix(LEDGER)}.{frame.f_code.co_name}"
        frame = frame.f_back
    raise AssertionError("a transaction of the ledger that no verb of the ledger began")

"""SQLite databases that a process keeps open.

Dagster's own opens a fresh engine for every statement: 7 to 9 ms an event, and a range run over half a year writes
more than a thousand of them. Kept open, it is 1.3 ms.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import Any

from sqlalchemy import Engine, create_engine, event

from connector_resources.dagster_private.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS


class OpenDatabases:
    """The SQLite engines of one process, for any thread; the least recently used is closed first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()
        self._process = os.getpid()

    def engine(self, url: str) -> Engine:
        """The open engine of this database."""
        with self._lock:
            if self._process != os.getpid():  # forked: the parent's connections are not ours to use or to close
                self._process = os.getpid()
                self._close_all(ours=False)
            engine = self._engines.pop(url, None) or _opened(url)
            self._engines[url] = engine
            if len(self._engines) > self._limit:
                self._engines.popitem(last=False)[1].dispose()
            return engine

    def forget(self, url: str) -> None:
        """Close one database, whose file is gone."""
        with self._lock:
            if engine := self._engines.pop(url, None):
                engine.dispose()

    def close(self) -> None:
        """Close all; a later use opens again."""
        with self._lock:
            self._close_all(ours=True)

    def _close_all(self, ours: bool) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose(close=ours)


def _opened(url: str) -> Engine:
    """An engine whose connections stay open.

    synchronous=NORMAL is safe for a write-ahead log against a crash of the program; a power cut may lose the last
    moments of a run's log, and that run is then found dead and marked failed. The ledger does not share this setting.
    """
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine

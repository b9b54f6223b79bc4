"""One JDE environment: its tables, its local clock and the switches of its site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector_sandbox.jde.batches import POSTING, BatchControl
from connector_sandbox.jde.options import Options
from connector_sandbox.jde.outbound import OutboundLog
from connector_sandbox.jde.store import Changed, Database
from connector_sandbox.jde.tables import Row
from connector_sandbox.kernel.clock import SandboxClock


class Environment:
    """What services and business logic work on."""

    def __init__(self, clock: SandboxClock, options: Options, changed: Changed) -> None:
        self.clock = clock
        self.options = options
        self.database = Database(changed)
        self.application = POSTING
        """The program that writes at this moment, as `insert` and `update` say; posting writes rows by itself."""
        self.log = OutboundLog(self)
        self.batches = BatchControl(self)
        self.warned: set[str] = set()
        """Calls whose form stands on its first OK, because that gave a warning (section 13)."""

    def local_now(self) -> datetime:
        """Now, in the server's local zone: the audit clock of JDE (jde-ais section 8, 7)."""
        return self.clock.now().astimezone(ZoneInfo(self.options.time_zone))

    def today(self) -> date:
        """The server's idea of today."""
        return self.local_now().date()

    def timestamp(self) -> str:
        """Now, as this Tools release prints it (jde-ais section 8, 16)."""
        now = self.local_now()
        if self.options.timestamp_style == "classic":
            return now.strftime("%Y-%m-%d:%H.%M.%S")
        return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}{now:%z}"

    def stamped(self, table: str, values: Mapping[str, Any], *, user: str, program: str) -> dict[str, Any]:
        """`values` with the audit columns that application logic fills, unless they are given."""
        data_table = self.database[table].table
        now = self.local_now()
        audit: dict[str, Any] = {"USER": user, "PID": program, "JOBN": "SANDBOX", "UPMJ": now.date()}
        if data_table.time_alias is not None:
            # HHMMSS as a number: no leading zeros (section 8, 6).
            audit[data_table.time_alias] = int(f"{now:%H%M%S}")
        return {**{a: v for a, v in audit.items() if a in data_table.by_alias}, **values}

    def insert(
        self, table: str, values: Mapping[str, Any], *, user: str, program: str, application: str = "P0411"
    ) -> Row:
        """Add a row with its audit columns; DuplicateKeyError, ValueError as `TableData.insert`.

        `application` is which of JDE's programs this is, whatever the audit column PID (`program`) says.
        """
        with self.writing(application):
            return self.database[table].insert(self.stamped(table, values, user=user, program=program))

    def update(
        self,
        table: str,
        row: Row,
        values: Mapping[str, Any],
        *,
        user: str,
        program: str,
        application: str = "P0411",
    ) -> None:
        """Change a row and its audit columns."""
        with self.writing(application):
            self.database[table].update(row, self.stamped(table, values, user=user, program=program))

    def delete(self, table: str, row: Row, *, application: str = "P0411") -> None:
        """Delete a row for good."""
        with self.writing(application):
            self.database[table].delete(row)

    @contextmanager
    def writing(self, application: str) -> Iterator[None]:
        """That program writes within the block, without audit columns where it goes to the rows directly."""
        self.application = application
        try:
            yield
        finally:
            self.application = POSTING

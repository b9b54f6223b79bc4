"""Value tables that an operator owns. A changed value releases what was held for it, in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from connector_resources.ledger import csv_files
from connector_resources.ledger.database import Database
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import mappings as table
from connector_resources.ledger.releasing import release_waiting
from connector_resources.ledger.rows import MappingRow, NewEvent

# inside the class, `list` is its own
Rows = list[MappingRow]
Pairs = list[tuple[str, str]]

COLUMNS = ("name", "key", "value", "note")
_COLUMNS = tuple(table.c[name] for name in MappingRow.__slots__)


class Mappings:
    """The group `ledger.mappings`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def table(self, integration: str, name: str) -> dict[str, str]:
        """Key -> value of one table; empty where there is none."""
        query = select(table.c.key, table.c.value).where(table.c.integration == integration, table.c.name == name)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def list(self, integration: str | None = None, name: str | None = None) -> Rows:
        """All rows, by integration, name and key."""
        query = select(*_COLUMNS).order_by(table.c.integration, table.c.name, table.c.key)
        if integration is not None:
            query = query.where(table.c.integration == integration)
        if name is not None:
            query = query.where(table.c.name == name)
        with self._db.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def set(
        self, integration: str, name: str, key: str, value: str, actor: str, now: datetime, note: str = ""
    ) -> Pairs:
        """Set one value; returns the changed (name, key), empty when it was so already."""
        return self._set_all(integration, {(name, key): (value, note)}, actor, now)

    def remove(self, integration: str, name: str, key: str, actor: str, now: datetime) -> bool:
        """Remove one value; False where there was none. What was delivered with it stays as it is."""
        with self._db.write() as connection:
            old = self._known(connection, integration).get((name, key))
            if old is None:
                return False
            connection.execute(
                delete(table).where(table.c.integration == integration, table.c.name == name, table.c.key == key)
            )
            detail = {"from": old.value, "to": None}
            add_events(connection, [_event("mapping_removed", integration, name, key, actor, detail)], now)
        return True

    def import_csv(self, path: Path | str, integration: str, actor: str, now: datetime) -> Pairs:
        """Set the values of a CSV file (columns name, key, value and, optionally, note); none is removed.

        All rows are checked before the first is written: raises UnusableInput naming file and rows. Returns
        the changed (name, key).
        """
        rows = csv_files.read(path, COLUMNS, optional=("note",), keys=[("name", "key")])
        values = {(row["name"], row["key"]): (row["value"], row["note"]) for _, row in rows}
        return self._set_all(integration, values, actor, now)

    def export_csv(self, path: Path | str, integration: str, name: str | None = None) -> int:
        """Write the values as CSV, ready for `import_csv`; returns how many."""
        rows = ((row.name, row.key, row.value, row.note) for row in self.list(integration, name))
        return csv_files.write(path, COLUMNS, rows)

    def _known(self, connection: Connection, integration: str) -> dict[tuple[str, str], MappingRow]:
        query = select(*_COLUMNS).where(table.c.integration == integration)
        return {(row.name, row.key): _row(row) for row in connection.execute(query)}

    def _set_all(
        self, integration: str, values: Mapping[tuple[str, str], tuple[str, str]], actor: str, now: datetime
    ) -> Pairs:
        with self._db.write() as connection:
            known = self._known(connection, integration)
            changed = [
                pair
                for pair, (value, note) in sorted(values.items())
                if pair not in known or (known[pair].value, known[pair].note) != (value, note)
            ]
            if not changed:
                return []
            rows = [
                {
                    "integration": integration,
                    "name": name,
                    "key": key,
                    "value": values[name, key][0],
                    "note": values[name, key][1],
                    "updated_by": actor,
                    "updated_at": now,
                }
                for name, key in changed
            ]
            statement = self._db.insert(table)
            statement = statement.on_conflict_do_update(
                index_elements=[table.c.integration, table.c.name, table.c.key],
                set_={each: statement.excluded[each] for each in ("value", "note", "updated_by", "updated_at")},
            )
            connection.execute(statement, rows)
            events = []
            for name, key in changed:
                old = known.get((name, key))
                detail = {"from": old.value if old else None, "to": values[name, key][0]}
                events.append(_event("mapping_set", integration, name, key, actor, detail))
            release_waiting(connection, [f"{name}:{key}" for name, key in changed], now, integration)
            add_events(connection, events, now)
        return changed


def _row(row: Sequence[Any]) -> MappingRow:
    return MappingRow(*row)


def _event(event: str, integration: str, name: str, key: str, actor: str, detail: Mapping[str, Any]) -> NewEvent:
    return NewEvent(event, flow=integration, key=f"mapping:{name}/{key}", actor=actor, detail=detail)

"""What a sweep finds wrong with a document that may long be settled: exceptions beside whatever its delivery comes to.

Other exceptions are what became of an attempt, and the next attempt replaces them. A finding stands: it is opened and
closed by the look that found it, or by a person who dismisses it. Its delivery keeps its state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, select

from connector_resources.ledger.database import FLOW, KEYS, Database, chunks
from connector_resources.ledger.events import add_events
from connector_resources.ledger.exceptions import CHANGED_BY, close_exceptions, open_exceptions
from connector_resources.ledger.models import deliveries
from connector_resources.ledger.models import exceptions as table
from connector_resources.ledger.releasing import lock_deliveries, release_found, set_released
from connector_resources.ledger.rows import NewEvent, Problem

_OF = select(table.c.key, table.c.reason, table.c.field, table.c.value, table.c.message, table.c.fix).where(
    table.c.flow == FLOW,
    table.c.key.in_(KEYS),
    table.c.closed_at.is_(None),
    table.c.stands,
    table.c.reason == bindparam("reason"),
)
_STANDING = select(deliveries.c.key, deliveries.c.state, deliveries.c.partition).where(
    deliveries.c.flow == FLOW, deliveries.c.key.in_(KEYS)
)


@dataclass
class Reported:
    """What a look changed: the keys that were not known of before, and those that are well again."""

    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


class Findings:
    """The group `ledger.findings`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, flow: str, reason: str, keys: Collection[str]) -> dict[str, Problem]:
        """Key -> the open finding of this reason of those documents that have one."""
        found: dict[str, Problem] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                for row in connection.execute(_OF, {"flow": flow, "reason": reason, "keys": part}):
                    found[row.key] = Problem(
                        reason=row.reason, field=row.field, value=row.value, message=row.message, fix=row.fix
                    )
        return found

    def dismissed(self, flow: str, reason: str) -> set[tuple[str, str]]:
        """(key, value) of the findings that a person has dismissed as they are."""
        query = select(table.c.key, table.c.value).where(
            table.c.flow == flow, table.c.reason == reason, table.c.stands, table.c.closed_how == "dismissed"
        )
        with self._db.read() as connection:
            return {(row.key, row.value) for row in connection.execute(query)}

    def set(
        self,
        flow: str,
        reason: str,
        found: Mapping[str, Problem],
        *,
        run: str,
        now: datetime,
        looked_at: Collection[str] | None = None,
        changed_by: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> Reported:
        """Make these the open findings of a flow and reason, or of the documents alone that were `looked_at`. What was
        held because of one that is over is due again. `changed_by` says of some whose doing they are, as far as the
        system tells: none of these may confirm it."""
        with self._db.write() as connection:
            before = _open(connection, flow, reason)
            if looked_at is not None:
                seen = set(looked_at)
                before = {key: each for key, each in before.items() if key in seen}
            gone = sorted(before.keys() - found.keys())
            lock_deliveries(connection, [(flow, key) for key in sorted({*gone, *found})])
            known = _known(connection, flow, sorted({*gone, *found}))
            close_exceptions(connection, [before[key][0] for key in gone], now, "settled")
            problems = {
                (flow, key): ("held", [problem], known.get(key, ("", None))[1], run) for key, problem in found.items()
            }
            open_exceptions(self._db, connection, problems, now, stands=True)
            set_released(connection, [(flow, key) for key in gone if known.get(key, ("", None))[0] == "held"], now)
            release_found(connection, [(flow, key) for key in gone], now)
            news = sorted(key for key, each in found.items() if key not in before or before[key][1] != each.value)
            events = [_event("held", flow, key, reason, found[key].value, run, changed_by.get(key)) for key in news]
            events += [_event("cleared", flow, key, reason, before[key][1], run) for key in gone]
            add_events(connection, events, now)
        return Reported([key for key in sorted(found) if key not in before], gone)


def _open(connection: Connection, flow: str, reason: str) -> dict[str, tuple[str, str]]:
    """Key -> (id, value) of the open findings."""
    query = select(table.c.key, table.c.id, table.c.value).where(
        table.c.flow == flow, table.c.reason == reason, table.c.stands, table.c.closed_at.is_(None)
    )
    return {row.key: (row.id, row.value) for row in connection.execute(query)}


def _known(connection: Connection, flow: str, keys: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Key -> (state, partition) of the deliveries that there are."""
    found: dict[str, tuple[str, str | None]] = {}
    for part in chunks(keys):
        rows = connection.execute(_STANDING, {"flow": flow, "keys": part})
        found.update((row.key, (row.state, row.partition)) for row in rows)
    return found


def _event(
    event: str, flow: str, key: str, reason: str, value: str, run: str, changed_by: Collection[str] | None = None
) -> NewEvent:
    names = {CHANGED_BY: sorted(changed_by)} if changed_by else {}
    return NewEvent(event, flow=flow, key=key, run=run, detail={"reasons": [reason], "value": value, **names})

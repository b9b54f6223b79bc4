"""Intents: every call that creates or changes something is written down before it is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from connector_resources.ledger.database import FLOW, KEYS, Database, chunks, insert_into
from connector_resources.ledger.deliveries import blank
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import deliveries
from connector_resources.ledger.models import intents as table
from connector_resources.ledger.rows import Intent, IntentResult, NewEvent, NewIntent

_COLUMNS = tuple(table.c[name] for name in Intent.__slots__)

_CLOSE = (
    update(table)
    .where(
        table.c.id == bindparam("intent"),
        # what was once known is not unlearned; what was unknown may be found out
        or_(table.c.result.is_(None), table.c.result == "unknown"),
    )
    .values(closed_at=bindparam("at"), result=bindparam("outcome"), result_detail=bindparam("told"))
)

_OPEN = insert(table).returning(table.c.id, sort_by_parameter_order=True)
_OF_KEYS = table.c.flow == FLOW, table.c.key.in_(KEYS)
_UNFINISHED = select(*_COLUMNS).where(*_OF_KEYS, table.c.closed_at.is_(None)).order_by(table.c.id)
_LOST_SINCE = (
    select(table.c.key, table.c.opened_at, table.c.result)
    .where(*_OF_KEYS, table.c.result.in_(("absent", "found")), table.c.opened_at > bindparam("since"))
    .order_by(table.c.opened_at)
)

_NAMED = (
    select(table.c.key, table.c.detail)
    .where(*_OF_KEYS, or_(table.c.result.is_(None), table.c.result.not_in(("refused", "not_sent", "not_processed"))))
    .order_by(table.c.id)
)
_DONE_SINCE = (
    select(table.c.key, table.c.step, table.c.body_hash, table.c.opened_at)
    .where(*_OF_KEYS, table.c.result == "done", table.c.opened_at > bindparam("since"))
    .order_by(table.c.id)
)


def close_intents(
    connection: Connection,
    closing: Sequence[tuple[int, IntentResult, Mapping[str, Any] | None]],
    now: datetime,
) -> None:
    """Write down what became of calls, inside a transaction."""
    if closing:
        ordered = sorted(closing, key=lambda each: each[0])
        rows = [{"intent": id, "at": now, "outcome": result, "told": shown} for id, result, shown in ordered]
        connection.execute(_CLOSE, rows)


class Intents:
    """The group `ledger.intents`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, intents: Sequence[NewIntent], now: datetime) -> list[int]:
        """Write down calls about to be made, in one transaction; returns their ids in the same order.

        Their deliveries become 'sending', and the audit trail gets an 'intent' each.
        """
        if not intents:
            return []
        with self._db.write() as connection:
            self._mark(connection, intents, now)
            rows = [
                {
                    "flow": each.flow,
                    "key": each.key,
                    "step": each.step,
                    "body_hash": each.body_hash,
                    "run": each.run,
                    "opened_at": now,
                    "detail": dict(each.detail),
                }
                for each in intents
            ]
            ids = list(connection.execute(_OPEN, rows).scalars())
            add_events(
                connection,
                [
                    NewEvent(
                        "intent",
                        flow=each.flow,
                        key=each.key,
                        run=each.run,
                        partition=each.partition,
                        detail={
                            **each.detail,
                            "intent": id,
                            "step": each.step,
                            "body_hash": each.body_hash,
                        },
                    )
                    for each, id in zip(intents, ids, strict=True)
                ],
                now,
            )
        return ids

    def _mark(self, connection: Connection, intents: Sequence[NewIntent], now: datetime) -> None:
        for read in (True, False):
            names = ("state", "run", *(("seen_hash", "read_at") if read else ()))
            values = {
                (each.flow, each.key): blank(each.flow, each.key, now)
                | {"state": "sending", **{name: getattr(each, name) for name in names[1:]}}
                for each in intents
                if (each.read_at is not None) is read
            }
            if not values:
                continue
            marking = _marking(self._db.dialect, (*names, "updated_at"))
            connection.execute(marking, [values[each] for each in sorted(values)])

    def lost_since(self, flow: str, keys: Collection[str], since: datetime) -> dict[str, datetime]:
        """Key -> when its latest call was opened, of those since then that may yet take effect although the document
        went on without them: believed to have had no effect, or one of several of which one was found."""
        opened: dict[str, datetime] = {}
        found: set[str] = set()
        with self._db.read() as connection:
            for part in chunks(keys):
                for row in connection.execute(_LOST_SINCE, {"flow": flow, "keys": part, "since": since}):
                    if row.result == "found" and row.key not in found:
                        # this one is there
                        found.add(row.key)
                    else:
                        opened[row.key] = row.opened_at
        return opened

    def done_since(
        self, flow: str, keys: Collection[str], since: datetime
    ) -> dict[str, tuple[tuple[str, str], datetime]]:
        """Key -> step and fingerprint of the last call that was accepted, of those opened since then, and when it
        was."""
        found: dict[str, tuple[tuple[str, str], datetime]] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                for row in connection.execute(_DONE_SINCE, {"flow": flow, "keys": part, "since": since}):
                    found[row.key] = (row.step, row.body_hash), row.opened_at
        return found

    def named(self, flow: str, keys: Collection[str], field: str) -> dict[str, set[str]]:
        """Key -> the values that one of the fields that name a document had in its calls, of all that may ever have
        taken effect; keys without any are left out."""
        found: dict[str, set[str]] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                for row in connection.execute(_NAMED, {"flow": flow, "keys": part}):
                    if (value := (row.detail.get("sent") or {}).get(field)) is not None:
                        found.setdefault(row.key, set()).add(str(value))
        return found

    def unfinished(self, flow: str, keys: Collection[str]) -> dict[str, list[Intent]]:
        """Key -> its intents without an outcome, oldest first; keys without any are left out."""
        found: dict[str, list[Intent]] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                for row in connection.execute(_UNFINISHED, {"flow": flow, "keys": part}):
                    found.setdefault(row.key, []).append(Intent(*row))
        return found


@cache
def _marking(dialect: str, names: tuple[str, ...]) -> Any:
    statement = insert_into(deliveries, dialect)
    return statement.on_conflict_do_update(
        index_elements=[deliveries.c.flow, deliveries.c.key],
        set_={name: statement.excluded[name] for name in names},
    )

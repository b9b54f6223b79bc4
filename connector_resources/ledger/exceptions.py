"""Exceptions: documents that need a person, and what the person may do about them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from connector_resources.errors import UnusableInput
from connector_resources.ledger.database import Database, by_flow, within
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import deliveries
from connector_resources.ledger.models import exceptions as table
from connector_resources.ledger.releasing import set_released
from connector_resources.ledger.rows import ExceptionRow, NewEvent, Problem

_COLUMNS = tuple(table.c[name] for name in ExceptionRow.__slots__)
_IDENTITY = ("flow", "key", "reason", "field")

_CLOSE = (
    update(table)
    .where(table.c.id == bindparam("exception"), table.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"), closed_how=bindparam("how"))
)


class _Ids:
    """Short ids in the order of their making: microseconds, never the same twice here, and chance for
    elsewhere.
    """

    _ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
    _EPOCH = datetime(2020, 1, 1, tzinfo=UTC)

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def new(self, now: datetime) -> str:
        with self._lock:
            self._last = max((now - self._EPOCH) // timedelta(microseconds=1), self._last + 1)
            number = self._last
        text = "".join(self._ALPHABET[(number >> shift) & 31] for shift in range(50, -1, -5))
        return text + "".join(secrets.choice(self._ALPHABET) for _ in range(3))


_ids = _Ids()


def new_id(now: datetime) -> str:
    """An id for what people name on the command line."""
    return _ids.new(now)


def set_problems(
    database: Database,
    connection: Connection,
    problems: Mapping[tuple[str, str], tuple[str, Sequence[Problem], str | None, str | None]],
    now: datetime,
) -> None:
    """Make these the open exceptions of their documents, inside a transaction.

    `problems` is (flow, key) -> (state, problems, partition, run). One that was open already keeps its id and
    `since` and gains an attempt; those no longer among them are closed, as settled where none is left, else
    as replaced.
    """
    rows: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for (flow, key), (state, found, partition, run) in sorted(problems.items()):
        for problem in found:
            # of two problems of one reason and field the first is told; the other shows once that is mended
            rows.setdefault(
                (flow, key, problem.reason, problem.field),
                _values(flow, key, state, problem, partition, run, now),
            )
    closing = []
    for each in _open_of(connection, problems):
        if (each.flow, each.key, each.reason, each.field) not in rows:
            how = "replaced" if problems[each.flow, each.key][1] else "settled"
            closing.append({"exception": each.id, "at": now, "how": how})
    if closing:
        connection.execute(_CLOSE, closing)
    if rows:
        statement = database.insert(table)
        replaced = ("state", "value", "message", "fix", "waits_for", "last_at", "partition", "run")
        statement = statement.on_conflict_do_update(
            index_elements=[table.c[name] for name in _IDENTITY],
            index_where=table.c.closed_at.is_(None),
            set_={name: statement.excluded[name] for name in replaced} | {"attempts": table.c.attempts + 1},
        )
        connection.execute(statement, list(rows.values()))


def _values(
    flow: str, key: str, state: str, problem: Problem, partition: str | None, run: str | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": _ids.new(now),
        "flow": flow,
        "key": key,
        "state": state,
        "reason": problem.reason,
        "field": problem.field,
        "value": problem.value,
        "message": problem.message,
        "fix": problem.fix,
        "waits_for": problem.waits_for,
        "since": now,
        "last_at": now,
        "attempts": 1,
        "partition": partition,
        "run": run,
    }


def _open_of(connection: Connection, documents: Iterable[tuple[str, str]]) -> list[ExceptionRow]:
    found = []
    for flow, keys in by_flow(documents):
        query = select(*_COLUMNS).where(table.c.flow == flow, table.c.key.in_(keys), table.c.closed_at.is_(None))
        found += [_row(row) for row in connection.execute(query)]
    return found


class Exceptions:
    """The group `ledger.exceptions`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(
        self, flow: str | None = None, integration: str | None = None, reason: str | None = None
    ) -> list[ExceptionRow]:
        """The open exceptions, oldest first."""
        with self._db.read() as connection:
            return _select(connection, _chosen(flow, integration, reason))

    def get(self, id: str) -> ExceptionRow | None:
        """One exception, open or closed."""
        with self._db.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(table.c.id == id)).first()
        return None if row is None else _row(row)

    def counts(self, flow: str | None = None, integration: str | None = None) -> dict[str, int]:
        """Reason -> number of open exceptions."""
        query = (
            select(table.c.reason, func.count())
            .where(*_chosen(flow, integration, None))
            .group_by(table.c.reason)
            .order_by(table.c.reason)
        )
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def release(
        self,
        *,
        ids: Collection[str] | None = None,
        flow: str | None = None,
        integration: str | None = None,
        reason: str | None = None,
        all: bool = False,
        actor: str,
        now: datetime,
    ) -> list[tuple[str, str]]:
        """Replay: make the documents of these open exceptions due now. Returns their (flow, key), each once.

        Everything is replayed only with `all`. Raises UnusableInput for an id that is not that of an open
        exception.
        """
        if not (ids or flow or integration or reason or all):
            raise ValueError("say which exceptions: ids, flow, integration, reason or all")
        with self._db.write() as connection:
            found = _select(connection, _chosen(flow, integration, reason))
            if ids:
                missing = sorted(set(ids) - {each.id for each in found})
                if missing:
                    raise UnusableInput(f"no open exception {missing[0]}")
                found = [each for each in found if each.id in set(ids)]
            events = {(each.flow, each.key): _event("replayed", each, actor) for each in found}
            set_released(connection, sorted(events), now)
            add_events(connection, list(events.values()), now)
        return sorted(events)

    def dismiss(self, id: str, actor: str, note: str, now: datetime) -> ExceptionRow:
        """Leave the document alone until its content changes; closes all its open exceptions.

        Raises UnusableInput when `id` is not that of an open exception.
        """
        with self._db.write() as connection:
            chosen = _select(connection, [table.c.id == id, table.c.closed_at.is_(None)])
            if not chosen:
                raise UnusableInput(f"no open exception {id}")
            document = (chosen[0].flow, chosen[0].key)
            connection.execute(
                update(deliveries)
                .where(deliveries.c.flow == document[0], deliveries.c.key == document[1])
                .values(state="ignored", outcome="dismissed", released=False, due_at=None, updated_at=now)
            )
            closing = _open_of(connection, [document])
            connection.execute(_CLOSE, [{"exception": each.id, "at": now, "how": "dismissed"} for each in closing])
            add_events(connection, [_event("dismissed", chosen[0], actor, note=note)], now)
        return chosen[0]


def _event(event: str, row: ExceptionRow, actor: str, **more: str) -> NewEvent:
    detail = {"exception": row.id, "reason": row.reason, "field": row.field, **more}
    return NewEvent(event, flow=row.flow, key=row.key, partition=row.partition, run=row.run, actor=actor, detail=detail)


def _select(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[ExceptionRow]:
    query = select(*_COLUMNS).where(*conditions).order_by(table.c.id)
    return [_row(row) for row in connection.execute(query)]


def _chosen(flow: str | None, integration: str | None, reason: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [table.c.closed_at.is_(None)]
    if flow is not None:
        conditions.append(table.c.flow == flow)
    if integration is not None:
        conditions.append(within(table.c.flow, integration))
    if reason is not None:
        conditions.append(table.c.reason == reason)
    return conditions


def _row(row: Sequence[Any]) -> ExceptionRow:
    return ExceptionRow(*row)

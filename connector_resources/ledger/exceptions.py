"""Exceptions: documents that need a person, and what the person may do about them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, insert, select, update

from connector_resources.errors import UnusableInput
from connector_resources.ledger.database import FLOW, KEYS, Database, by_flow, chunks, insert_into, within
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import audit_events, awaited, deliveries, intents
from connector_resources.ledger.models import exceptions as table
from connector_resources.ledger.releasing import lock_deliveries, release_found, set_released, split_name
from connector_resources.ledger.rows import ExceptionRow, NewEvent, Problem

_COLUMNS = tuple(table.c[name] for name in ExceptionRow.__slots__ if name != "waits_for")
_IDENTITY = ("flow", "key", "reason")
# the state of a source record that could not be read: it is no document, and has no delivery
UNREADABLE = "unreadable"
# findings that a second person confirms: to dismiss one says why, closes it alone, and lets go what waits for its end
CONFIRMED = frozenset({"bank_account_changed"})
# in the event that tells of such a finding: whose doing it is, as far as its system says so
CHANGED_BY = "changed_by"
# of how many different messages and fixes of one reason a person is informed; fields and values are named in full
SHOWN = 3

_CLOSE = (
    update(table)
    .where(table.c.id == bindparam("exception"), table.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"), closed_how=bindparam("how"))
)
_OPEN_OF = select(*_COLUMNS).where(table.c.flow == FLOW, table.c.key.in_(KEYS), table.c.closed_at.is_(None))
_REPLACEABLE = _OPEN_OF.where(~table.c.stands)
_FORGET_AWAITED = delete(awaited).where(awaited.c.exception.in_(KEYS))


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

    `problems` is (flow, key) -> (state, problems, partition, run). Problems of one reason are one exception. One that
    was open already keeps its id and `since` and gains an attempt; those no longer among them are closed, as settled
    where none is left, else as replaced. Findings stand (see `findings`).
    """
    closing = []
    for each in _open_of(connection, problems, _REPLACEABLE):
        own = problems[each.flow, each.key][1]
        if each.reason not in {problem.reason for problem in own}:
            closing.append({"exception": each.id, "at": now, "how": "replaced" if own else "settled"})
    _close(connection, closing)
    open_exceptions(database, connection, problems, now)


def open_exceptions(
    database: Database,
    connection: Connection,
    problems: Mapping[tuple[str, str], tuple[str, Sequence[Problem], str | None, str | None]],
    now: datetime,
    *,
    stands: bool = False,
) -> None:
    """Open these beside those that are open already; `problems` as for `set_problems`."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    waits: dict[tuple[str, str, str], set[str]] = {}
    for (flow, key), (state, found, partition, run) in sorted(problems.items()):
        for reason, own in _by_reason(each.of(flow, key) for each in found).items():
            rows[flow, key, reason] = _values(flow, key, state, own, partition, run, now) | {"stands": stands}
            waits[flow, key, reason] = {each.waits_for for each in own if each.waits_for is not None}
    if rows:
        done = connection.execute(_upsert(database.dialect), list(rows.values()))
        kept = {(row[1], row[2], row[3]): row[0] for row in done}
        _set_awaited(connection, {kept[each]: waits[each] for each in rows})


@cache
def _upsert(dialect: str) -> Any:
    insert = insert_into(table, dialect)
    replaced = ("state", "field", "value", "message", "fix", "last_at", "partition", "run")
    return insert.on_conflict_do_update(
        index_elements=[table.c[name] for name in _IDENTITY],
        index_where=table.c.closed_at.is_(None),
        set_={name: insert.excluded[name] for name in replaced} | {"attempts": table.c.attempts + 1},
    ).returning(table.c.id, *(table.c[name] for name in _IDENTITY))


def _by_reason(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.reason, []).append(problem)
    return found


def _values(
    flow: str, key: str, state: str, problems: Sequence[Problem], partition: str | None, run: str | None, now: datetime
) -> dict[str, Any]:
    return {
        "id": _ids.new(now),
        "flow": flow,
        "key": key,
        "state": state,
        "reason": problems[0].reason,
        "field": ", ".join(_different(each.field for each in problems)),
        "value": ", ".join(_different(each.value for each in problems)),
        "message": _some(_different(each.message for each in problems)),
        "fix": _some(_different(each.fix for each in problems)),
        "since": now,
        "last_at": now,
        "attempts": 1,
        "partition": partition,
        "run": run,
    }


def _different(texts: Iterable[str]) -> list[str]:
    """Each text once, in the order of their coming; blank ones say nothing."""
    return [text for text in dict.fromkeys(texts) if text]


def _some(texts: Sequence[str]) -> str:
    """The first of them in full, and how many more there are."""
    more = [f"and {len(texts) - SHOWN} more"] if len(texts) > SHOWN else []
    return "; ".join([*texts[:SHOWN], *more])


def _set_awaited(connection: Connection, waits: Mapping[str, Collection[str]]) -> None:
    """Make these names what the exceptions wait for."""
    _forget_awaited(connection, waits)
    rows = [
        {"exception": id, "source": source, "key": key}
        for id in sorted(waits)
        for source, key in map(split_name, sorted(waits[id]))
    ]
    if rows:
        connection.execute(insert(awaited), rows)


def _forget_awaited(connection: Connection, ids: Iterable[str]) -> None:
    for part in chunks(sorted(ids)):
        connection.execute(_FORGET_AWAITED, {"keys": part})


def _close(connection: Connection, closing: Sequence[dict[str, Any]]) -> None:
    """Close exceptions, which then wait for nothing: `closing` are (exception, at, how)."""
    if closing:
        connection.execute(_CLOSE, closing)
        _forget_awaited(connection, [each["exception"] for each in closing])


def close_exceptions(connection: Connection, ids: Iterable[str], now: datetime, how: str) -> None:
    """Close these open exceptions."""
    _close(connection, [{"exception": id, "at": now, "how": how} for id in ids])


def _open_of(
    connection: Connection, documents: Iterable[tuple[str, str]], query: Select[Any] = _OPEN_OF
) -> list[ExceptionRow]:
    found = []
    for flow, keys in by_flow(documents):
        found += [_row(row) for row in connection.execute(query, {"flow": flow, "keys": keys})]
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
            found = _select(connection, [table.c.id == id])
        return found[0] if found else None

    def of_documents(self, flow: str, keys: Collection[str]) -> list[ExceptionRow]:
        """The open exceptions of these documents of a flow; any number of keys."""
        found: list[ExceptionRow] = []
        with self._db.read() as connection:
            for part in chunks(sorted(keys)):
                found += [_row(row) for row in connection.execute(_OPEN_OF, {"flow": flow, "keys": part})]
        return found

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

    def report_records(
        self, flow: str, records: Mapping[str, tuple[Problem, str | None]], now: datetime, run: str | None = None
    ) -> None:
        """Make these the open exceptions of source records that could not be read: key -> (problem, partition).

        One that is open already keeps its id and gains an attempt. One that a person dismissed stays so as long as it
        is unreadable for the very same cause.
        """
        with self._db.write() as connection:
            known = self._of_records(connection, flow, records)
            left = {
                key: problem_of
                for key, problem_of in records.items()
                if key not in known or not _same_dismissed(known[key], problem_of[0])
            }
            found = {(flow, key): (UNREADABLE, [problem], partition, run) for key, (problem, partition) in left.items()}
            set_problems(self._db, connection, found, now)
            news = [key for key in sorted(left) if key not in known or known[key].closed_at is not None]
            detail = {key: {"field": left[key][0].field, "message": left[key][0].message} for key in news}
            events = [NewEvent("unreadable", flow=flow, key=key, run=run, detail=detail[key]) for key in news]
            add_events(connection, events, now)

    def records_read(self, flow: str, keys: Collection[str], now: datetime, run: str | None = None) -> None:
        """Close the exceptions of these records, which can be read now, or are no longer there."""
        with self._db.write() as connection:
            found = [each for each in _open_of(connection, [(flow, key) for key in keys]) if each.state == UNREADABLE]
            _close(connection, [{"exception": each.id, "at": now, "how": "settled"} for each in found])
            events = [NewEvent("read", flow=flow, key=each.key, run=run) for each in found]
            add_events(connection, events, now)

    @staticmethod
    def _of_records(connection: Connection, flow: str, keys: Collection[str]) -> dict[str, ExceptionRow]:
        """The newest exception of each of these records."""
        found: dict[str, ExceptionRow] = {}
        for part in chunks(sorted(keys)):
            conditions = [table.c.flow == flow, table.c.key.in_(part), table.c.state == UNREADABLE]
            found.update((each.key, each) for each in _select(connection, conditions))
        return found

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

    def is_confirmed(self, id: str) -> bool:
        """Whether it is a finding that a second person confirms, so that `dismiss` closes it alone."""
        with self._db.read() as connection:
            return _is_confirmed(connection, id)

    def dismiss(self, id: str, actor: str, note: str, now: datetime) -> ExceptionRow:
        """Leave the document alone until its content changes; closes all its open exceptions.

        A finding that a second person confirms is closed alone: its document goes on as before. Raises UnusableInput
        when `id` is not that of an open exception, for a confirmation without a `note` or by somebody whose doing it
        is, and for a document of which a call may be under way: whatever became of it in the target must be known
        before anybody stops looking.
        """
        with self._db.write() as connection:
            chosen = _select(connection, [table.c.id == id, table.c.closed_at.is_(None)])
            if not chosen:
                raise UnusableInput(f"no open exception {id}")
            document = (chosen[0].flow, chosen[0].key)
            if _is_confirmed(connection, id):
                if not note.strip():
                    raise UnusableInput(f"{chosen[0].reason}: say with --note what was found out, and by whom")
                _require_second_person(connection, chosen[0], actor)
                close_exceptions(connection, [id], now, "dismissed")
                release_found(connection, [document], now)
                add_events(connection, [_event("confirmed", chosen[0], actor, note=note)], now)
                return chosen[0]
            lock_deliveries(connection, [document])
            _require_decided(connection, *document, now)
            connection.execute(
                update(deliveries)
                .where(deliveries.c.flow == document[0], deliveries.c.key == document[1])
                .values(state="ignored", outcome="dismissed", released=False, due_at=None, updated_at=now)
            )
            closing = [each.id for each in _open_of(connection, [document])]
            close_exceptions(
                connection, [each for each in closing if not _is_confirmed(connection, each)], now, "dismissed"
            )
            add_events(connection, [_event("dismissed", chosen[0], actor, note=note)], now)
        return chosen[0]


def _is_confirmed(connection: Connection, id: str) -> bool:
    """Whether it is a finding that a second person confirms, by itself and by nothing else."""
    own = select(table.c.id).where(table.c.id == id, table.c.stands, table.c.reason.in_(CONFIRMED))
    return connection.scalar(own) is not None


def _require_second_person(connection: Connection, row: ExceptionRow, actor: str) -> None:
    """Raise UnusableInput where whoever confirms a finding is among those whose doing it is."""
    query = select(audit_events.c.detail).where(
        audit_events.c.key == row.key,
        audit_events.c.flow == row.flow,
        audit_events.c.event == "held",
        audit_events.c.at >= row.since,
    )
    details = [detail for detail in connection.execute(query).scalars() if row.reason in detail.get("reasons", ())]
    names = {name for detail in details for name in detail.get(CHANGED_BY, ())}
    same = [name for name in sorted(names) if name.casefold() == actor.casefold()]
    if same:
        raise UnusableInput(f"{row.reason}: {same[0]} made the change and cannot confirm it: let a second person do it")


def _same_dismissed(row: ExceptionRow, problem: Problem) -> bool:
    return row.closed_how == "dismissed" and (row.field, row.message) == (problem.field, problem.message)


def _require_decided(connection: Connection, flow: str, key: str, now: datetime) -> None:
    """Raise UnusableInput for a document that is of unknown outcome, or that a run has in hand."""
    columns = (deliveries.c.state, deliveries.c.claimed_by, deliveries.c.claimed_until)
    row = connection.execute(select(*columns).where(deliveries.c.flow == flow, deliveries.c.key == key)).first()
    calls = intents.c.flow == flow, intents.c.key == key, intents.c.closed_at.is_(None)
    unknown = connection.scalar(select(func.count()).select_from(intents).where(*calls))
    if unknown or (row is not None and row.state in ("in_doubt", "sending")):
        raise UnusableInput(
            f"{flow}: {key} is in doubt, and is dismissed only once a sync has looked it up in the target"
        )
    if row is not None and row.claimed_by is not None and row.claimed_until is not None and row.claimed_until > now:
        raise UnusableInput(f"{flow}: {key} is in the hands of run {row.claimed_by}: dismiss it when that is over")


def _event(event: str, row: ExceptionRow, actor: str, **more: str) -> NewEvent:
    detail = {"exception": row.id, "reason": row.reason, "field": row.field, **more}
    return NewEvent(event, flow=row.flow, key=row.key, partition=row.partition, run=row.run, actor=actor, detail=detail)


def _select(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[ExceptionRow]:
    query = select(*_COLUMNS).where(*conditions).order_by(table.c.id)
    rows = [_row(row) for row in connection.execute(query)]
    waits: dict[str, list[str]] = {}
    for part in chunks([row.id for row in rows]):
        names = select(awaited).where(awaited.c.exception.in_(part)).order_by(awaited.c.source, awaited.c.key)
        for row in connection.execute(names):
            waits.setdefault(row.exception, []).append(f"{row.source}:{row.key}")
    return [replace(row, waits_for=tuple(waits[row.id])) if row.id in waits else row for row in rows]


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

"""`Ledger.record`: the one way in which a delivery changes after its claim, a batch in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from connector_resources.ledger.database import FLOW, KEYS, Database, by_flow, insert_into
from connector_resources.ledger.deliveries import blank
from connector_resources.ledger.events import add_events
from connector_resources.ledger.exceptions import set_problems
from connector_resources.ledger.intents import close_intents
from connector_resources.ledger.links import add_links, raise_taken, remove_links
from connector_resources.ledger.models import deliveries as table
from connector_resources.ledger.releasing import lock_deliveries, release_linked
from connector_resources.ledger.rows import UNSET, Change, NewEvent, NewLink
from connector_resources.ledger.staging import follow

_FIELDS = (
    "state",
    "outcome",
    "target_entity",
    "target_id",
    "content_hash",
    "content",
    "seen_hash",
    "read_at",
    "stage",
    "waiting",
    "due_at",
    "partition",
    "amount",
    "currency",
    "run",
    "party",
    "party_number",
    "label",
)
_STATES = select(table.c.key, table.c.state).where(table.c.flow == FLOW, table.c.key.in_(KEYS))


def record(database: Database, changes: Sequence[Change], now: datetime) -> None:
    """Write a batch, all or nothing. Raises LinkTaken."""
    links = [_link(change) for change in changes if change.link is not None]
    try:
        with database.write() as connection:
            events: list[NewEvent] = []
            for part in _once_each(changes):
                _record(database, connection, part, now)
                events += follow(connection, part, now)
                events += [_event(change, event) for change in part for event in change.events]
            add_events(connection, events, now)
    except IntegrityError as error:
        raise_taken(database, links, error)


def _once_each(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The batch in parts that hold each document once, in the order of its changes: one upsert takes a row
    once.
    """
    left = list(changes)
    while left:
        part: dict[tuple[str, str], Change] = {}
        rest: list[Change] = []
        for change in left:
            if (change.flow, change.key) in part:
                rest.append(change)
            else:
                part[change.flow, change.key] = change
        # the same order in every process, so that two of them never wait for each other in a ring
        yield [part[each] for each in sorted(part)]
        left = rest


def _record(database: Database, connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    lock_deliveries(connection, [(change.flow, change.key) for change in changes])
    _write_deliveries(database, connection, changes, now)
    close_intents(connection, [closing for change in changes for closing in change.close_intents], now)
    remove_links(connection, [(change.flow, change.key) for change in changes if change.unlink])
    links = [_link(change) for change in changes if change.link is not None]
    add_links(database, connection, links, now)
    states = _states(connection, [c for c in changes if c.problems is not None and c.state is UNSET])
    set_problems(
        database,
        connection,
        {
            (change.flow, change.key): (
                states[change.flow, change.key] if change.state is UNSET else change.state,
                change.problems,
                _known(change.partition),
                _known(change.run),
            )
            for change in changes
            if change.problems is not None
        },
        now,
    )
    # after the exceptions: documents of one batch may wait for each other
    release_linked(connection, [(link.flow, link.source_key) for link in links], now)


def _write_deliveries(database: Database, connection: Connection, changes: Sequence[Change], now: datetime) -> None:
    """One upsert for all changes that set the same fields. A row is there since its claim, or is made
    here.
    """
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        values = {name: getattr(change, name) for name in _FIELDS if getattr(change, name) is not UNSET}
        if change.release_claim:
            values |= {"claimed_by": None, "claimed_until": None}
        if change.clear_released:
            values["released"] = False
        row = blank(change.flow, change.key, now) | values | {"attempts": change.attempts_delta}
        groups.setdefault(tuple(values), []).append(row)
    for names, rows in groups.items():
        connection.execute(_upsert(database.dialect, names), rows)


@cache
def _upsert(dialect: str, names: tuple[str, ...]) -> Any:
    insert = insert_into(table, dialect)
    return insert.on_conflict_do_update(
        index_elements=[table.c.flow, table.c.key],
        set_={name: insert.excluded[name] for name in (*names, "updated_at")}
        | {"attempts": table.c.attempts + insert.excluded.attempts},
    )


def _states(connection: Connection, changes: Sequence[Change]) -> dict[tuple[str, str], str]:
    """The states of documents whose change does not set one."""
    states: dict[tuple[str, str], str] = {}
    for flow, keys in by_flow((change.flow, change.key) for change in changes):
        found = connection.execute(_STATES, {"flow": flow, "keys": keys})
        states.update(((flow, row.key), row.state) for row in found)
    return states


def _known(value: Any) -> str | None:
    return None if value is UNSET else value


def _link(change: Change) -> NewLink:
    if change.link is None:
        raise AssertionError("asked for the link of a change without one")
    return replace(
        change.link,
        flow=change.link.flow or change.flow,
        source_key=change.link.source_key or change.key,
        run=change.link.run or _known(change.run),
    )


def _event(change: Change, event: NewEvent) -> NewEvent:
    return replace(
        event,
        flow=event.flow or change.flow,
        key=event.key or change.key,
        run=event.run or _known(change.run),
        partition=event.partition or _known(change.partition),
    )

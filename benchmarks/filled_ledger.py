"""A ledger as years of delivering leave it, written by bulk SQL: documents, calls, links, events in whole chains."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import psycopg2

from connector_resources.home import Home
from connector_resources.ledger.chain import GENESIS, Entry, digest
from connector_resources.ledger.models import dump_json

FLOW = "jde_coupa/invoices"
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 20_000
# of a document: the intent of its create, its settlement, and for one in EXTRA a later update
EVENTS_EACH = "2 to 4"
EXTRA = 4
# of how many documents one has been an exception, and one still is
CLOSED, OPEN = 20, 2000

Row = Sequence[Any]
Insert = Callable[[str, Sequence[str], Iterator[Row]], None]


@dataclass(frozen=True, slots=True)
class Filled:
    """What a ledger was filled with."""

    documents: int
    events: int
    open: int

    @staticmethod
    def key(number: int) -> str:
        """The key of a document by its number, from 0."""
        return f"F0411:{number % 40:05d}/PV/{number}"

    @staticmethod
    def target(number: int) -> str:
        """Its id in the target."""
        return str(1000 + number)


class _Trail:
    """The chain of the flow's events, as it grows."""

    def __init__(self) -> None:
        self.count = 0
        self.hash = GENESIS

    def row(self, at: datetime, number: int, event: str, target: str | None, detail: dict[str, Any]) -> Row:
        """The next event, in the order of EVENT_COLUMNS."""
        day = at.date().isoformat()
        entry = Entry(at, FLOW, Filled.key(number), event, None, target, _run(at), day, None, dump_json(detail))
        self.count += 1
        self.hash = digest(self.hash, self.count, entry)
        return (self.count, at, *entry[1:], self.count, self.hash)


EVENT_COLUMNS = ("id", *Entry._fields, "place", "hash")
DELIVERY_COLUMNS = (
    *("flow", "key", "state", "outcome", "target_entity", "target_id", "content_hash", "content", "seen_hash"),
    *("read_at", "released", "attempts", "partition", "amount", "currency", "run", "created_at", "updated_at"),
)
INTENT_COLUMNS = ("id", "flow", "key", "step", "body_hash", "run", "opened_at", "closed_at", "result", "detail")
LINK_COLUMNS = (
    *("id", "flow", "source_connection", "source_entity", "source_key", "target_connection", "target_entity"),
    *("target_id", "target_label", "origin", "attributes", "run", "at"),
)
EXCEPTION_COLUMNS = (
    *("id", "flow", "key", "state", "reason", "field", "value", "message", "fix", "since", "last_at", "attempts"),
    *("partition", "run", "closed_at", "closed_how"),
)


def filled_already(home: Home, documents: int) -> Filled | None:
    """What an earlier run has filled the ledger with, if it was that."""
    events = 2 * documents + 2 * len(range(0, documents, EXTRA))
    head = home.ledger().audit.chains().get(FLOW)
    home.close()
    return Filled(documents, events, _open(documents)) if head is not None and head.count == events else None


def _open(documents: int) -> int:
    """How many exceptions are open."""
    return len(range(0, documents, OPEN))


def fill(home: Home, documents: int) -> Filled:
    """Fill the home's new ledger."""
    home.ledger()
    insert, close = _sqlite(home) if home.ledger_url.startswith("sqlite") else _postgres(home)
    with closing(close):
        numbers = range(documents)
        trail = _Trail()
        insert("audit_events", EVENT_COLUMNS, (row for n in numbers for row in _events(trail, n)))
        insert("audit_heads", ("flow", "events", "hash"), iter([(FLOW, trail.count, trail.hash)]))
        insert("deliveries", DELIVERY_COLUMNS, map(_delivery, numbers))
        insert("intents", INTENT_COLUMNS, map(_intent, numbers))
        insert("links", LINK_COLUMNS, map(_link, numbers))
        insert("exceptions", EXCEPTION_COLUMNS, (_exception(n) for n in numbers if n % CLOSED == 0))
    home.close()
    return Filled(documents, trail.count, _open(documents))


def _at(number: int) -> datetime:
    return BEGAN + timedelta(seconds=number * 70, microseconds=number % 1_000_000)


def _run(at: datetime) -> str:
    return f"run-{at:%Y%m%d}"


def _hash(number: int) -> str:
    return f"{number:064x}"


def _events(trail: _Trail, number: int) -> Iterator[Row]:
    at, target = _at(number), Filled.target(number)
    call = {"body_hash": _hash(number), "intent": number + 1, "refuses_second": False, "stage": "0f" * 8}
    yield trail.row(at, number, "intent", None, call | {"step": "create"})
    yield trail.row(at, number, "settled", target, {"outcome": "created", "waiting": None})
    if number % EXTRA == 0:
        later = at + timedelta(hours=3)
        yield trail.row(later, number, "intent", target, call | {"step": "update"})
        yield trail.row(later, number, "settled", target, {"outcome": "updated", "waiting": None})


def _delivery(number: int) -> Row:
    at = _at(number)
    line = {"account": f"{number % 90:02d}-5010", "amount": "60.00", "description": "Grounds upkeep, second quarter"}
    content = {"amount": "120.00", "currency": "GBP", "date": "2026-02-20", "key": Filled.key(number)[6:]}
    content |= {"lines": [line, line], "number": f"INV-{number}", "paid": False, "supplier": str(number % 5000)}
    state, outcome = ("held", "held") if number % OPEN == 0 else ("settled", "created")
    return (
        *(FLOW, Filled.key(number), state, outcome, "invoices", Filled.target(number), _hash(number)),
        *(json.dumps(content, sort_keys=True), _hash(number), at, False, 0, at.date().isoformat(), "120.00", "GBP"),
        *(_run(at), at, at),
    )


def _intent(number: int) -> Row:
    at = _at(number)
    return (number + 1, FLOW, Filled.key(number), "create", _hash(number), _run(at), at, at, "done", "{}")


def _link(number: int) -> Row:
    at = _at(number)
    ours = (number + 1, FLOW, "jde", "F0411", Filled.key(number))
    theirs = ("coupa", "invoices", Filled.target(number), f"INV-{number}")
    return (*ours, *theirs, "created", "{}", _run(at), at)


def _exception(number: int) -> Row:
    at = _at(number)
    closed = (None, None) if number % OPEN == 0 else (at + timedelta(days=1), "settled")
    told = ("account_not_found", "account", "39284.9270", "account 39284.9270 does not exist", "correct it")
    day = at.date().isoformat()
    return (f"{number:014d}", FLOW, Filled.key(number), "held", *told, at, at, 1, day, _run(at), *closed)


# -- the two databases ------------------------------------------------------------------------------------------------


def _sqlite(home: Home) -> tuple[Insert, Any]:
    connection = sqlite3.connect(home.path / "ledger.sqlite", isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")

    def insert(table: str, columns: Sequence[str], rows: Iterator[Row]) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
        while batch := [[_for_sqlite(value) for value in row] for row in islice(rows, BATCH)]:
            connection.execute("BEGIN")
            connection.executemany(statement, batch)
            connection.execute("COMMIT")

    return insert, connection


def _for_sqlite(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _postgres(home: Home) -> tuple[Insert, Any]:
    connection = psycopg2.connect(home.ledger_url.replace("+psycopg2", ""))
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SELECT set_config('search_path', %s, false)", (f'"{home.ledger_schema}"',))

    def insert(table: str, columns: Sequence[str], rows: Iterator[Row]) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        while batch := list(islice(rows, BATCH)):
            text = io.StringIO()
            csv.writer(text).writerows([r"\N" if value is None else value for value in row] for row in batch)
            text.seek(0)
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT csv, NULL '\\N')", text)
        # as its own housekeeping would have done long ago
        cursor.execute(f"ANALYZE {table}")

    return insert, connection

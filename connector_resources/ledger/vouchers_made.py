"""What we made in a target that has no field for a key of ours: which record there is which revision of a document.

A row is written before the record is asked for, with all by which it can be known again. What is found to be it is
kept, so that nothing that looks alike later takes its place; a link tells of the newest revision alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, cast, func, or_, select, true

from connector_resources.ledger.database import FLOW, KEYS, Database, chunks
from connector_resources.ledger.models import intents, links, voucher_keys
from connector_resources.ledger.models import vouchers_made as table


@dataclass(frozen=True, slots=True)
class Made:
    """One revision of a document. `attempts` is what was asked for, the last one last; none where only a record was
    found. `found` is the record, `seen` which signs of ours it showed; `number` the one that it was given beforehand.
    """

    flow: str
    key: str
    revision: int
    connection: str
    attempts: tuple[Mapping[str, Any], ...] = ()
    number: str | None = None
    found: str | None = None
    seen: Mapping[str, bool] | None = None


_COLUMNS = tuple(table.c[name] for name in Made.__slots__)
_OF = select(*_COLUMNS).where(table.c.flow == FLOW, table.c.key.in_(KEYS)).order_by(table.c.key, table.c.revision)
_FOUND = select(*_COLUMNS).where(table.c.connection == bindparam("connection"), table.c.found.in_(KEYS))
_NUMBERED = select(*_COLUMNS).where(table.c.connection == bindparam("connection"), table.c.number.in_(KEYS))
_WAITING = select(*_COLUMNS).where(table.c.flow == FLOW, table.c.found.is_(None)).order_by(table.c.key)
_TRIED = select(table.c.key).where(table.c.flow == FLOW, table.c.tried).limit(1)
_ANY = select(table.c.key).where(table.c.flow == FLOW).limit(1)
# what a person linked was not made here
_LINKED = select(links.c.source_key).where(links.c.flow == FLOW, links.c.origin != "set").limit(1)
_CALLED = select(intents.c.key).where(intents.c.flow == FLOW).limit(1)
_KNOWN_BY = select(voucher_keys.c.known_by, voucher_keys.c.why).where(voucher_keys.c.flow == FLOW)
_SEEN = (
    select(table.c.seen)
    .where(table.c.flow == FLOW, table.c.seen.is_not(None))
    .order_by(table.c.found_at.desc(), table.c.key.desc())
    .limit(1)
)


class VouchersMade:
    """The group `ledger.vouchers_made`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def attempt(
        self, flow: str, key: str, revision: int, connection: str, sent: Mapping[str, Any], *, by_us: bool = True
    ) -> Made:
        """Write down what is about to be asked for; durable when this returns. What was asked for before under another
        name is kept beside it. Returns all that was asked for. `by_us`: by this ledger; else it is found to have been
        asked for, which follows from what was read, also by a home that may only read."""
        own = table.c.flow == flow, table.c.key == key, table.c.revision == revision
        with self._db.write(even_copied=not by_us) as db:
            row = db.execute(select(*_COLUMNS).where(*own)).one_or_none()
            if row is None:
                made = Made(flow, key, revision, connection, (dict(sent),))
                values = {"flow": flow, "key": key, "revision": revision, "connection": connection}
                db.execute(table.insert().values(**values, attempts=list(made.attempts), tried=by_us))
                return made
            others = [each for each in row.attempts if each != dict(sent)]
            made = replace(_made(row), attempts=(*others, dict(sent)))
            tried = true() if by_us else table.c.tried
            db.execute(table.update().where(*own).values(attempts=list(made.attempts), tried=tried))
            return made

    def reserve(self, flow: str, key: str, revision: int, connection: str, number: str) -> bool:
        """Give a revision its number beforehand, durable when this returns; False where the number is another's."""
        insert = self._db.insert(table)
        row = {"flow": flow, "key": key, "revision": revision, "connection": connection, "attempts": [], "tried": False}
        # a plan needs its numbers too, and a copied home may plan
        with self._db.write(even_copied=True) as db:
            db.execute(insert.values(**row).on_conflict_do_nothing())
            holder = select(table.c.key).where(table.c.connection == connection, table.c.number == number)
            if db.execute(holder).one_or_none() is not None:
                return False
            own = table.c.flow == flow, table.c.key == key, table.c.revision == revision
            db.execute(table.update().where(*own).values(number=number))
            return True

    def highest(self, connection: str, first: int, last: int) -> int | None:
        """The highest of `first` to `last` that was given beforehand; None where none was."""
        number = cast(table.c.number, Integer)
        with self._db.read() as db:
            own = table.c.connection == connection, table.c.number.is_not(None), number.between(first, last)
            return db.scalar(select(func.max(number)).where(*own))

    def recognise(self, found: Sequence[Made], now: datetime) -> None:
        """Keep which records were found to be which revisions, and what they show."""
        if not found:
            return
        insert = self._db.insert(table)
        statement = insert.on_conflict_do_update(
            index_elements=[table.c.flow, table.c.key, table.c.revision],
            set_={name: insert.excluded[name] for name in ("found", "seen", "found_at")},
        )
        rows = [
            {
                "flow": each.flow,
                "key": each.key,
                "revision": each.revision,
                "connection": each.connection,
                "attempts": list(each.attempts),
                "tried": bool(each.attempts),
                "found": each.found,
                "seen": None if each.seen is None else dict(each.seen),
                "found_at": now,
            }
            for each in found
        ]
        # it follows from what was read, also by a home that may only read
        with self._db.write(even_copied=True) as db:
            db.execute(statement, rows)

    def of(self, flow: str, keys: Collection[str]) -> dict[str, list[Made]]:
        """Document key -> its revisions, the newest last; documents without any are absent."""
        made: dict[str, list[Made]] = {}
        with self._db.read() as db:
            for part in chunks(sorted(keys)):
                for row in db.execute(_OF, {"flow": flow, "keys": part}):
                    made.setdefault(row.key, []).append(_made(row))
        return made

    def found(self, connection: str, ids: Collection[str]) -> dict[str, Made]:
        """Record -> what it is, of these records of a connection, whichever flow made them."""
        return self._by(_FOUND, connection, ids, "found")

    def numbered(self, connection: str, numbers: Collection[str]) -> dict[str, Made]:
        """Number -> the revision that it was given to."""
        return self._by(_NUMBERED, connection, numbers, "number")

    def waiting(self, flow: str) -> list[Made]:
        """The revisions that were asked for, and of which no record is known yet."""
        with self._db.read() as db:
            return [_made(row) for row in db.execute(_WAITING, {"flow": flow}) if row.attempts]

    def keys(self, flow: str) -> Iterator[str]:
        """Every document of which anything was asked for or found, in order; a number given beforehand is neither."""
        with self._db.read() as db:
            made = table.c.flow == flow, or_(table.c.tried, table.c.found.is_not(None))
            rows = db.execute(select(table.c.key).where(*made).distinct().order_by(table.c.key))
            yield from [row.key for row in rows]

    def tried(self, flow: str) -> bool:
        """Whether this ledger knows of anything that the flow asked for."""
        with self._db.read() as db:
            return db.execute(_TRIED, {"flow": flow}).first() is not None

    def any(self, flow: str) -> bool:
        """Whether this ledger knows any record as one that the flow made or asked for."""
        with self._db.read() as db:
            return db.execute(_ANY, {"flow": flow}).first() is not None

    def others(self, flow: str) -> bool:
        """Whether the flow has called or linked anything, itself, whatever is known here of what it made."""
        with self._db.read() as db:
            return any(db.execute(query, {"flow": flow}).first() is not None for query in (_LINKED, _CALLED))

    def known_by(self, flow: str) -> tuple[str, str] | None:
        """By what the flow's records are known, and why, as it was decided once; None where it was not yet."""
        with self._db.read() as db:
            row = db.execute(_KNOWN_BY, {"flow": flow}).one_or_none()
        return (row.known_by, row.why) if row is not None else None

    def decide(self, flow: str, known_by: str, why: str, now: datetime) -> tuple[str, str]:
        """Keep by what they are known; what was decided first stays. Returns what holds now."""
        values = {"flow": flow, "known_by": known_by, "why": why, "since": now}
        # it follows from what was read, also by a home that may only read
        with self._db.write(even_copied=True) as db:
            db.execute(self._db.insert(voucher_keys).values(**values).on_conflict_do_nothing())
            row = db.execute(_KNOWN_BY, {"flow": flow}).one()
        return row.known_by, row.why

    def signs(self, flow: str) -> Mapping[str, bool] | None:
        """Which signs of ours the record showed that was found last; None where none was found."""
        with self._db.read() as db:
            row = db.execute(_SEEN, {"flow": flow}).one_or_none()
        return row.seen if row is not None else None

    def _by(self, query: Any, connection: str, values: Collection[str], name: str) -> dict[str, Made]:
        made: dict[str, Made] = {}
        with self._db.read() as db:
            for part in chunks(sorted(values)):
                rows = db.execute(query, {"connection": connection, "keys": part})
                made.update((getattr(row, name), _made(row)) for row in rows)
        return made


def _made(row: Any) -> Made:
    made = Made(*row)
    return replace(made, attempts=tuple(made.attempts))

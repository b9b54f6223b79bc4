"""Deliveries: claimed, looked at, listed. Everything else that happens to one goes through
`Ledger.record`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select, update

from connector_resources.clock import Clock
from connector_resources.ledger.approving import approved_unsent
from connector_resources.ledger.database import FLOW, KEYS, Database, chunks, insert_into
from connector_resources.ledger.models import deliveries as table
from connector_resources.ledger.releasing import arrived_since
from connector_resources.ledger.rows import Delivery, State

PAGE = 1000
_COLUMNS = tuple(table.c[name] for name in Delivery.__slots__)
_LOAD = select(*_COLUMNS).where(table.c.flow == FLOW, table.c.key.in_(KEYS))
_NOW: BindParameter[datetime] = bindparam("now")
_FREE = or_(table.c.claimed_by.is_(None), table.c.claimed_until <= _NOW)
# a query each, since one with OR would use no index
_DUE = (
    *(
        select(table.c.key).where(table.c.flow == FLOW, condition)
        for condition in (
            table.c.released,
            and_(table.c.state.in_(("failed", "in_doubt")), or_(table.c.due_at.is_(None), table.c.due_at <= _NOW)),
            and_(table.c.state == "held", table.c.due_at <= _NOW),
            and_(table.c.waiting.is_not(None), table.c.due_at <= _NOW),
            and_(table.c.state.in_(("new", "sending")), _FREE),
            approved_unsent(),
        )
    ),
    *arrived_since(),
)
_WAITING = select(table.c.key).where(table.c.flow == FLOW, table.c.waiting.is_not(None))
_COUNTS = select(table.c.state, func.count()).where(table.c.flow == FLOW).group_by(table.c.state)


def _delivery(row: Sequence[Any]) -> Delivery:
    return Delivery(*row)


def blank(flow: str, key: str, now: datetime) -> dict[str, object]:
    """What a row must say that nobody has said anything about yet."""
    return {
        "flow": flow,
        "key": key,
        "state": "new",
        "outcome": "",
        "released": False,
        "attempts": 0,
        "created_at": now,
        "updated_at": now,
    }


class Deliveries:
    """The group `ledger.deliveries`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def load(self, flow: str, keys: Collection[str]) -> dict[str, Delivery]:
        """Those of the keys that the ledger knows; any number of keys."""
        found: dict[str, Delivery] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                rows = connection.execute(_LOAD, {"flow": flow, "keys": part})
                found.update((row.key, _delivery(row)) for row in rows)
        return found

    def claim(self, flow: str, keys: Collection[str], owner: str, lease_seconds: float) -> set[str]:
        """Take the documents that are free, expired or already ours; missing ones are created in state 'new'.

        Returns what is ours now, until `lease_seconds` from now; the rest is another's. One statement
        decides.
        """
        if not keys:
            return set()
        now = self._clock.now()
        claim = {"claimed_by": owner, "claimed_until": now + timedelta(seconds=lease_seconds)}
        # the same order in every process, so that two of them never wait for each other in a ring
        rows = [blank(flow, key, now) | claim | {"now": now, "owner": owner} for key in sorted(set(keys))]
        with self._db.write() as connection:
            return set(connection.execute(_claiming(self._db.dialect), rows).scalars())

    def renew(self, flow: str, keys: Collection[str], owner: str, lease_seconds: float) -> set[str]:
        """Prolong the claims that are still ours, and return them."""
        until = self._clock.now() + timedelta(seconds=lease_seconds)
        return self._set_claims(flow, keys, owner, {"claimed_until": until})

    def release(self, flow: str, keys: Collection[str], owner: str) -> set[str]:
        """Give back the claims that are still ours, and return them."""
        return self._set_claims(flow, keys, owner, {"claimed_by": None, "claimed_until": None})

    def owners(self, flow: str) -> set[str]:
        """Who holds claims that have not run out."""
        held = and_(table.c.flow == flow, table.c.claimed_until > self._clock.now(), table.c.claimed_by.is_not(None))
        with self._db.read() as connection:
            return set(connection.execute(select(table.c.claimed_by).where(held).distinct()).scalars())

    def release_all(self, flow: str, owner: str) -> int:
        """End every claim of an owner that is known to be dead; returns how many there were."""
        free = {"claimed_by": None, "claimed_until": None}
        with self._db.write() as connection:
            held = and_(table.c.flow == flow, table.c.claimed_by == owner)
            return connection.execute(update(table).where(held).values(free)).rowcount

    def _set_claims(self, flow: str, keys: Collection[str], owner: str, values: dict[str, datetime | None]) -> set[str]:
        changed: set[str] = set()
        if not keys:
            return changed
        with self._db.write() as connection:
            for part in chunks(sorted(keys)):
                condition = and_(table.c.flow == flow, table.c.key.in_(part), table.c.claimed_by == owner)
                statement = update(table).where(condition).values(values).returning(table.c.key)
                changed.update(connection.execute(statement).scalars())
        return changed

    def due(self, flow: str, now: datetime) -> list[str]:
        """Keys that want another attempt, in order.

        Released ones; failed and of unknown outcome whose time has come (none set: at once); held and waiting ones
        whose time has come; approved ones; those whose process died before their first intent, or between an intent and
        its outcome, once its claim has run out; and those held for a link or a mapping that is there since."""
        asked = {"flow": flow, "integration": flow.partition("/")[0], "now": now}
        keys: set[str] = set()
        with self._db.read() as connection:
            for query in _DUE:
                keys.update(connection.execute(query, asked).scalars())
        return sorted(keys)

    def waiting(self, flow: str) -> list[str]:
        """Keys of documents that wait for something elsewhere, due or not, in order."""
        with self._db.read() as connection:
            # sorted here: told to order by key, SQLite walks through all keys of the flow
            return sorted(connection.execute(_WAITING, {"flow": flow}).scalars())

    def counts(self, flow: str) -> dict[State, int]:
        """State -> number of documents; states without any are left out."""
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(_COUNTS, {"flow": flow})}

    def by_target(self, flow: str, target_entity: str, target_id: str) -> Delivery | None:
        """The delivery that led to this record of the target, the last one that touched it."""
        query = (
            select(*_COLUMNS)
            .where(table.c.flow == flow, table.c.target_entity == target_entity, table.c.target_id == target_id)
            .order_by(table.c.updated_at.desc(), table.c.key)
            .limit(1)
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _delivery(row)

    def with_amount(self, flow: str) -> list[Delivery]:
        """The documents of a flow that are in the target and have an amount other than zero: of what is paid, those of
        which something is open."""
        nothing = [Decimal(each) for each in ("0", "0.0", "0.00", "0.000")]
        query = select(*_COLUMNS).where(
            table.c.flow == flow,
            table.c.target_id.is_not(None),
            table.c.amount.is_not(None),
            table.c.amount.not_in(nothing),
        )
        with self._db.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def keys(self, flow: str, states: Collection[State] | None = None) -> Iterator[str]:
        """All keys of a flow, in order, page by page; no transaction is open between pages."""
        query = select(table.c.key).where(table.c.flow == flow).order_by(table.c.key).limit(PAGE)
        if states is not None:
            query = query.where(table.c.state.in_(states))
        page = query
        while True:
            with self._db.read() as connection:
                keys = list(connection.execute(page).scalars())
            yield from keys
            if len(keys) < PAGE:
                return
            page = query.where(table.c.key > keys[-1])


@cache
def _claiming(dialect: str) -> Any:
    insert = insert_into(table, dialect)
    return insert.on_conflict_do_update(
        index_elements=[table.c.flow, table.c.key],
        set_={name: insert.excluded[name] for name in ("claimed_by", "claimed_until")},
        where=or_(_FREE, table.c.claimed_by == bindparam("owner")),
    ).returning(table.c.key)

"""What people do with staged calls: look at them, approve them, reject them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from connector_resources.errors import UnusableInput
from connector_resources.ledger.database import FLOW, Database, by_flow, chunks, within
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import deliveries
from connector_resources.ledger.models import staged as table
from connector_resources.ledger.rows import Staged
from connector_resources.ledger.staging import COLUMNS, OPEN, OPEN_OF, Document, event_of, update_staged

# the fields of a source's content that name the supplier of a document
SUPPLIER_FIELDS = ("supplier", "vendor")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of the waiting calls: all conditions that are given hold. In `key` and `supplier` a `*` stands for any
    characters, and every other character for itself: an invoice number may hold `?` and `[`. `up_to` is an amount
    without its sign, of `currency`.
    """

    ids: frozenset[str] = frozenset()
    flow: str | None = None
    integration: str | None = None
    up_to: Decimal | None = None
    currency: str | None = None
    key: str | None = None
    supplier: str | None = None

    def text(self) -> str:
        """The rule as it stands in the audit trail."""
        given = {
            "flow": self.flow,
            "integration": self.integration,
            "up-to": None if self.up_to is None else format(self.up_to, "f"),
            "currency": self.currency,
            "key": self.key,
            "supplier": self.supplier,
        }
        words = [f"--{name} {value}" for name, value in given.items() if value is not None]
        return " ".join(words) or ("by id" if self.ids else "--all")

    def admits(self, row: Staged) -> bool:
        """Whether a waiting call is meant. Flow and integration have been looked at already."""
        supplier = supplier_of(row)
        return (
            (not self.ids or row.id in self.ids)
            and (self.currency is None or row.currency == self.currency)
            and (self.up_to is None or (row.stake is not None and row.stake <= self.up_to))
            and (self.key is None or _matches(self.key, row.key))
            and (self.supplier is None or (supplier is not None and _matches(self.supplier, supplier)))
        )


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def supplier_of(row: Staged) -> str | None:
    """The supplier of a staged document as its source names it; None where it has none."""
    return next((str(row.content[name]) for name in SUPPLIER_FIELDS if row.content.get(name)), None)


class StagedCalls:
    """The group `ledger.staged`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, flow: str, keys: Collection[str]) -> dict[str, Staged]:
        """Key -> its open staged call, waiting or approved."""
        found: dict[str, Staged] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                rows = connection.execute(OPEN_OF, {"flow": flow, "keys": part})
                found.update((row.key, Staged(*row)) for row in rows)
        return found

    def waiting(self, chosen: Chosen | None = None) -> list[Staged]:
        """The calls that wait for an approval, oldest first. Raises UnusableInput for an id that does not wait."""
        with self._db.read() as connection:
            return _waiting(connection, chosen or Chosen())

    def counts(self, flows: Collection[str]) -> dict[str, int]:
        """Flow -> how many of its calls wait for an approval; flows without any are left out."""
        query = (
            select(table.c.flow, func.count())
            .select_from(_WITH_DELIVERY)
            .where(_WAITING, table.c.flow.in_(sorted(flows)))
            .group_by(table.c.flow)
            .order_by(table.c.flow)
        )
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def get(self, id: str) -> Staged | None:
        """One staged call, open or closed."""
        with self._db.read() as connection:
            row = connection.execute(select(*COLUMNS).where(table.c.id == id)).first()
        return None if row is None else Staged(*row)

    def applied(self, plans: Collection[str]) -> dict[str, int]:
        """Plan -> how many of its calls are known to have taken effect; plans without any are left out."""
        found: dict[str, int] = {}
        with self._db.read() as connection:
            for part in chunks(plans):
                query = (
                    select(table.c.plan, func.count())
                    .where(table.c.plan.is_not(None), table.c.plan.in_(part), table.c.begun)
                    .group_by(table.c.plan)
                )
                found.update((row[0], row[1]) for row in connection.execute(query))
        return found

    def approve(self, chosen: Chosen, *, actor: str, note: str = "", now: datetime) -> list[Staged]:
        """Let these calls go: their documents are due now. Raises UnusableInput for an id that does not wait, and then
        approves nothing.
        """
        with self._db.write() as connection:
            rows = _waiting(connection, chosen, lock=True)
            rule = chosen.text()
            ids = [row.id for row in rows]
            update_staged(connection, ids, state="approved", decided_at=now, decided_by=actor, rule=rule, note=note)
            add_events(connection, [event_of("approved", row, actor, rule=rule, note=note) for row in rows], now)
        return rows

    def reject(self, chosen: Chosen, *, actor: str, note: str = "", now: datetime) -> list[Staged]:
        """Leave these documents alone until their content changes. Raises UnusableInput as `approve` does."""
        with self._db.write() as connection:
            # deliveries first, as in `Ledger.record`, and no call whose delivery is not ours: what began to wait
            # meanwhile would let each wait for the other in a ring
            documents = {(row.flow, row.key) for row in _waiting(connection, chosen)}
            for flow, keys in by_flow(documents):
                own = and_(deliveries.c.flow == flow, deliveries.c.key.in_(keys))
                connection.execute(select(deliveries.c.key).where(own).order_by(deliveries.c.key).with_for_update())
            rows = _waiting(connection, chosen, lock=True, documents=documents)
            rule = chosen.text()
            values = {"state": "rejected", "decided_at": now, "decided_by": actor, "rule": rule, "note": note}
            update_staged(connection, [row.id for row in rows], **values, closed_at=now)
            for flow, keys in by_flow((row.flow, row.key) for row in rows):
                left = {"state": "ignored", "outcome": "rejected", "released": False, "due_at": None, "updated_at": now}
                connection.execute(
                    update(deliveries).where(deliveries.c.flow == flow, deliveries.c.key.in_(keys)).values(left)
                )
            add_events(connection, [event_of("rejected", row, actor, rule=rule, note=note) for row in rows], now)
        return rows


_WITH_DELIVERY = table.join(deliveries, and_(table.c.flow == deliveries.c.flow, table.c.key == deliveries.c.key))
# what a check or a rule holds meanwhile waits for that first, and is shown once it is staged again
_WAITING = and_(table.c.state == "waiting", OPEN, deliveries.c.state == "staged")


def approved_unsent() -> ColumnElement[bool]:
    """Of the deliveries of a flow, `FLOW`: those with an approved call that nobody has taken up yet."""
    keys = select(table.c.key).where(table.c.flow == FLOW, table.c.state == "approved", OPEN)
    return and_(deliveries.c.state == "staged", deliveries.c.key.in_(keys))


def _waiting(
    connection: Connection, chosen: Chosen, *, lock: bool = False, documents: Collection[Document] | None = None
) -> list[Staged]:
    """The calls that are meant, of these documents if any are given."""
    query = select(*COLUMNS).select_from(_WITH_DELIVERY).where(_WAITING)
    if chosen.flow is not None:
        query = query.where(table.c.flow == chosen.flow)
    if chosen.integration is not None:
        query = query.where(within(table.c.flow, chosen.integration))
    if lock:
        query = query.with_for_update(of=table)
    # in the order in which everybody locks
    query = query.order_by(table.c.flow, table.c.key)
    queries = [query]
    if documents is not None:
        queries = [query.where(table.c.flow == flow, table.c.key.in_(keys)) for flow, keys in by_flow(documents)]
    rows = [Staged(*row) for each in queries for row in connection.execute(each)]
    found = [row for row in rows if chosen.admits(row)]
    missing = sorted(chosen.ids - {row.id for row in found})
    if missing:
        raise UnusableInput(f"{missing[0]} does not wait for an approval")
    return sorted(found, key=lambda row: row.id)

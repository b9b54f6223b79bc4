"""Staged calls: written down to the byte, sent only once a person has said so.

Whatever happens to a staged call happens in the transaction that brings it about. `follow` is the part of
`Ledger.record`: it writes down what is staged, notices that an approved call took effect, and closes what has nothing
left to send. What people do with staged calls is in `approving`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connector_resources.ledger.database import FLOW, KEYS, by_flow, chunks
from connector_resources.ledger.exceptions import new_id
from connector_resources.ledger.models import intents
from connector_resources.ledger.models import staged as table
from connector_resources.ledger.rows import UNSET, Change, NewEvent, NewStaged, Staged

COLUMNS = tuple(table.c[name] for name in Staged.__slots__)
OPEN = table.c.closed_at.is_(None)
OPEN_OF = select(*COLUMNS).where(table.c.flow == FLOW, table.c.key.in_(KEYS), OPEN)
_LOCKED = OPEN_OF.order_by(table.c.key).with_for_update()

Document = tuple[str, str]


def follow(connection: Connection, changes: Sequence[Change], now: datetime) -> list[NewEvent]:
    """Stage what these changes stage, and bring what is staged already into line with them. Each document stands once
    among the changes, whose deliveries are written already. Returns the events that this makes.
    """
    about = {
        (change.flow, change.key): change
        for change in changes
        if change.staging is not None or change.close_intents or change.state == "settled"
    }
    rows = _open_of(connection, about)
    begun = _begun(connection, rows, about) if rows else set()
    events: list[NewEvent] = []
    made: list[Staged] = []
    over: list[Staged] = []
    for document, change in sorted(about.items()):
        row = rows.get(document)
        if row is not None and row.id in begun:
            row = replace(row, begun=True)
        if change.staging is not None:
            if row is not None and not _differing(row, change.staging):
                # a person may have decided since the change was made up: that decision stands
                events += _approve(connection, row, change, change.staging, now)
                continue
            if row is not None:
                over.append(row)
                events += _superseded(row, change, ", ".join(_differing(row, change.staging)))
            made.append(_made(change, change.staging, now))
            events += _decision_events(made[-1], change.staging)
        elif row is not None and change.state == "settled" and change.waiting in (None, UNSET):
            over.append(row)
            events += _superseded(row, change, "settled")
    update_staged(connection, [row.id for row in over if row.begun], state="done", closed_at=now)
    update_staged(connection, [row.id for row in over if not row.begun], state="superseded", closed_at=now)
    if made:
        connection.execute(insert(table), [{name: getattr(row, name) for name in Staged.__slots__} for row in made])
    return events


def _begun(connection: Connection, rows: Mapping[Document, Staged], about: Mapping[Document, Change]) -> set[str]:
    """Mark the approved calls that are known to have taken effect, and return their ids."""
    closing = [
        id for each in about.values() for id, result, _ in each.close_intents or () if result in ("done", "found")
    ]
    sent: set[tuple[str, str, str, str | None]] = set()
    for part in chunks(closing):
        columns = (intents.c.flow, intents.c.key, intents.c.step, intents.c.body_hash)
        query = select(*columns).where(intents.c.id.in_(part))
        sent.update((row[0], row[1], row[2], row[3]) for row in connection.execute(query))
    begun = {
        row.id
        for row in rows.values()
        if row.state == "approved" and not row.begun and (row.flow, row.key, row.step, row.body_hash) in sent
    }
    update_staged(connection, begun, begun=True)
    return begun


def _approve(connection: Connection, row: Staged, change: Change, new: NewStaged, now: datetime) -> list[NewEvent]:
    """Approve a call that waits, where it is staged again together with its approval."""
    if new.approved_by is None or row.state != "waiting":
        return []
    decided = {"state": "approved", "decided_at": now, "decided_by": new.approved_by, "rule": new.rule}
    update_staged(connection, [row.id], **decided, plan=new.plan)
    return [event_of("approved", row, new.approved_by, run=_known(change.run), rule=new.rule)]


def _made(change: Change, new: NewStaged, now: datetime) -> Staged:
    approved = new.approved_by is not None
    return Staged(
        id=new_id(now),
        flow=change.flow,
        key=change.key,
        state="approved" if approved else "waiting",
        step=new.step,
        body=new.body,
        body_hash=new.body_hash,
        content=dict(new.content),
        content_hash=new.content_hash,
        target_id=new.target_id,
        target_version=new.target_version,
        changes=[dict(each) for each in new.changes],
        amount=_known(change.amount),
        currency=_known(change.currency),
        stake=new.stake,
        plan=new.plan,
        partition=_known(change.partition),
        run=_known(change.run),
        staged_at=now,
        decided_at=now if approved else None,
        decided_by=new.approved_by,
        rule=new.rule,
        note="",
        begun=False,
        closed_at=None,
    )


def _decision_events(row: Staged, new: NewStaged) -> list[NewEvent]:
    amounts: dict[str, Any] = {"amount": row.amount, "currency": row.currency} if row.amount is not None else {}
    events = [event_of("staged", row, new.actor, **amounts)]
    if new.approved_by is not None:
        events.append(event_of("approved", row, new.approved_by, rule=new.rule))
    return events


def _differing(row: Staged, new: NewStaged) -> list[str]:
    """What changed since a call was staged, in the words of the audit trail."""
    pairs = {
        "source": row.content_hash != new.content_hash,
        "step": row.step != new.step,
        "request": (row.body_hash, row.body) != (new.body_hash, new.body),
        "target": (row.target_id, row.target_version) != (new.target_id, new.target_version),
    }
    return [name for name, differs in pairs.items() if differs]


def _superseded(row: Staged, change: Change, why: str) -> list[NewEvent]:
    """The event of a staged call that ends: what was approved and took effect is done, the rest never went."""
    if row.begun:
        return []
    return [event_of("superseded", row, None, run=_known(change.run), was=row.state, changed=why)]


def _open_of(connection: Connection, documents: Iterable[Document]) -> dict[Document, Staged]:
    """The open staged calls of these documents, locked, in one order for everybody."""
    found = {}
    for flow, keys in by_flow(documents):
        rows = connection.execute(_LOCKED, {"flow": flow, "keys": keys})
        found.update({(row.flow, row.key): Staged(*row) for row in rows})
    return found


def update_staged(connection: Connection, ids: Collection[str], **values: Any) -> None:
    """Change these rows."""
    for part in chunks(sorted(ids)):
        connection.execute(update(table).where(table.c.id.in_(part)).values(values))


def _known(value: Any) -> Any:
    return None if value is UNSET else value


def event_of(event: str, row: Staged, actor: str | None, *, run: str | None = None, **detail: Any) -> NewEvent:
    """What happened to a staged call, for the audit trail."""
    shown = {"staged": row.id, "step": row.step, "body_hash": row.body_hash} | ({"plan": row.plan} if row.plan else {})
    return NewEvent(
        event,
        flow=row.flow,
        key=row.key,
        partition=row.partition,
        run=run or row.run,
        actor=actor,
        target_id=row.target_id,
        detail=shown | detail,
    )

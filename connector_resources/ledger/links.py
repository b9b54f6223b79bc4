"""Cross-references: which record here is which record there. One target record belongs to one source key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError

from connector_resources.errors import ConnectorError, UnusableInput
from connector_resources.ledger import csv_files
from connector_resources.ledger.database import Database, by_flow, chunks, insert_into, within
from connector_resources.ledger.events import add_events
from connector_resources.ledger.models import links as table
from connector_resources.ledger.releasing import release_linked
from connector_resources.ledger.rows import Link, NewEvent, NewLink

PAGE = 1000
_OWNERS = select(table.c.target_id, table.c.source_key).where(
    table.c.flow == bindparam("in_flow"),
    table.c.target_entity == bindparam("of_entity"),
    table.c.target_id.in_(bindparam("ids", expanding=True)),
)
COLUMNS = ("flow", "source_key", "target_entity", "target_id", "target_label")


class LinkTaken(ConnectorError):
    """The target record is linked to another source key; nothing of the batch was written."""

    def __init__(self, flow: str, key: str, target_id: str, owner_key: str) -> None:
        super().__init__(f"{flow}: {key}: the target's record {target_id} is linked to {owner_key}")
        self.flow = flow
        self.key = key
        self.target_id = target_id
        self.owner_key = owner_key


def link_of(row: Sequence[Any]) -> Link:
    """A row of the table, all columns in their order."""
    return Link(*row)


def add_links(connection: Connection, links: Sequence[NewLink], now: datetime) -> None:
    """Write links inside a transaction, each replacing the one of its source key. Raises LinkTaken."""
    if not links:
        return
    taken = _owners(connection, links)
    for link in links:
        owner = taken.setdefault((link.flow, link.target_entity, link.target_id), link.source_key)
        if owner != link.source_key:
            raise LinkTaken(link.flow, link.source_key, link.target_id, owner)
    rows = {(link.flow, link.source_key): _values(link, now) for link in links}
    connection.execute(_upsert(connection.dialect.name), [rows[each] for each in sorted(rows)])


@cache
def _upsert(dialect: str) -> Any:
    insert = insert_into(table, dialect)
    replaced = [column.name for column in table.c if column.name not in ("id", "flow", "source_key")]
    return insert.on_conflict_do_update(
        index_elements=[table.c.flow, table.c.source_key], set_={name: insert.excluded[name] for name in replaced}
    )


def _values(link: NewLink, now: datetime) -> dict[str, Any]:
    return {
        "flow": link.flow,
        "source_connection": link.source_connection,
        "source_entity": link.source_entity or link.source_key.partition(":")[0],
        "source_key": link.source_key,
        "target_connection": link.target_connection,
        "target_entity": link.target_entity,
        "target_id": link.target_id,
        "target_label": link.target_label,
        "origin": link.origin,
        "attributes": dict(link.attributes),
        "run": link.run,
        "at": now,
    }


def _owners(connection: Connection, links: Sequence[NewLink]) -> dict[tuple[str, str, str], str]:
    owners: dict[tuple[str, str, str], str] = {}
    for entity in {link.target_entity for link in links}:
        targets = ((link.flow, link.target_id) for link in links if link.target_entity == entity)
        for flow, ids in by_flow(targets):
            asked = {"in_flow": flow, "of_entity": entity, "ids": ids}
            owners.update(((flow, entity, row[0]), row[1]) for row in connection.execute(_OWNERS, asked))
    return owners


def raise_taken(database: Database, links: Sequence[NewLink], error: IntegrityError) -> None:
    """Tell a link that another process took in the same moment from any other broken rule."""
    with database.read() as connection:
        owners = _owners(connection, links)
    for link in links:
        owner = owners.get((link.flow, link.target_entity, link.target_id), link.source_key)
        if owner != link.source_key:
            raise LinkTaken(link.flow, link.source_key, link.target_id, owner) from error
    raise error


def remove_links(connection: Connection, keys: Collection[tuple[str, str]]) -> None:
    """Delete the links of these (flow, source key) inside a transaction."""
    for flow, part in by_flow(keys):
        connection.execute(delete(table).where(table.c.flow == flow, table.c.source_key.in_(part)))


class Links:
    """The group `ledger.links`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, flow: str, keys: Collection[str]) -> dict[str, Link]:
        """Source key -> link, of those that have one; any number of keys."""
        found: dict[str, Link] = {}
        with self._db.read() as connection:
            for part in chunks(keys):
                query = table.select().where(table.c.flow == flow, table.c.source_key.in_(part))
                found.update((row.source_key, link_of(row)) for row in connection.execute(query))
        return found

    def by_target(self, flow: str, entity: str, ids: Collection[str]) -> dict[str, Link]:
        """Target id -> link, of those that have one; any number of ids."""
        found: dict[str, Link] = {}
        with self._db.read() as connection:
            for part in chunks(ids):
                query = table.select().where(
                    table.c.flow == flow, table.c.target_entity == entity, table.c.target_id.in_(part)
                )
                found.update((row.target_id, link_of(row)) for row in connection.execute(query))
        return found

    def all(self, flow: str | None = None, integration: str | None = None) -> Iterator[Link]:
        """Every link, by flow and source key, page by page; no transaction is open between pages."""
        query = table.select().where(*_chosen(flow, integration)).order_by(table.c.flow, table.c.source_key)
        page = query.limit(PAGE)
        while True:
            with self._db.read() as connection:
                rows = [link_of(row) for row in connection.execute(page)]
            yield from rows
            if len(rows) < PAGE:
                return
            last = (rows[-1].flow, rows[-1].source_key)
            page = query.where(tuple_(table.c.flow, table.c.source_key) > last).limit(PAGE)

    def counts(self, flow: str | None = None, integration: str | None = None) -> dict[str, int]:
        """Flow -> number of links."""
        query = select(table.c.flow, func.count()).where(*_chosen(flow, integration)).group_by(table.c.flow)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def set(self, link: NewLink, actor: str, now: datetime) -> None:
        """Set a link by hand, replacing that of its source key, and release what waited for it; audited. Raises
        LinkTaken.
        """
        self._set_all([replace(link, origin="set")], actor, now)

    def remove(self, flow: str, source_key: str, actor: str, now: datetime) -> Link | None:
        """Remove a link by hand; audited. Returns what it was, None where there was none."""
        with self._db.write() as connection:
            old = _old(connection, [(flow, source_key)]).get((flow, source_key))
            if old is not None:
                remove_links(connection, [(flow, source_key)])
                add_events(connection, [_event("unlinked", old, actor)], now)
        return old

    def export_csv(self, path: Path | str, flow: str | None = None, integration: str | None = None) -> int:
        """Write the links as CSV and return how many."""
        rows = ((getattr(link, name) for name in COLUMNS) for link in self.all(flow, integration))
        return csv_files.write(path, COLUMNS, rows)

    def import_csv(
        self,
        path: Path | str,
        connections: Mapping[str, tuple[str, str]],
        actor: str,
        now: datetime,
        complete: Callable[[Sequence[tuple[int, NewLink]]], Sequence[NewLink]] | None = None,
    ) -> list[tuple[str, str]]:
        """Set the links of a CSV file; `connections` is flow -> (source connection, target connection).

        All rows are checked before the first is written: raises UnusableInput naming file and row. `complete` is then
        given the links with their row numbers, to look them up and fill in what the file leaves blank. Returns the
        (flow, source key) whose link changed.
        """
        rows = csv_files.read(path, COLUMNS, keys=[COLUMNS[:2], (COLUMNS[0], *COLUMNS[2:4])])
        links: list[tuple[int, NewLink]] = []
        at_row: dict[tuple[str, str], int] = {}
        for number, row in rows:
            if row["flow"] not in connections:
                raise UnusableInput(f"{path} row {number}: no flow {row['flow']!r} in connections.yaml")
            source, target = connections[row["flow"]]
            at_row[row["flow"], row["source_key"]] = number
            link = NewLink(
                flow=row["flow"],
                source_key=row["source_key"],
                source_connection=source,
                target_connection=target,
                target_entity=row["target_entity"],
                target_id=row["target_id"],
                target_label=row["target_label"],
                origin="set",
            )
            links.append((number, link))
        completed = complete(links) if complete else [link for _, link in links]
        try:
            return self._set_all(completed, actor, now)
        except LinkTaken as taken:
            raise UnusableInput(f"{path} row {at_row[taken.flow, taken.key]}: {taken}") from taken

    def _set_all(self, links: Sequence[NewLink], actor: str, now: datetime) -> list[tuple[str, str]]:
        """In one transaction, so that links of a file may swap their targets."""
        try:
            with self._db.write() as connection:
                before = _old(connection, [(link.flow, link.source_key) for link in links])
                changed = [link for link in links if _differs(before.get((link.flow, link.source_key)), link)]
                keys = [(link.flow, link.source_key) for link in changed]
                remove_links(connection, keys)
                add_links(connection, changed, now)
                release_linked(connection, keys, now)
                events = [_event("unlinked", before[key], actor) for key in keys if key in before]
                add_events(connection, events + [_event("linked", link, actor) for link in changed], now)
        except IntegrityError as error:
            raise_taken(self._db, links, error)
        return keys


def _differs(old: Link | None, new: NewLink) -> bool:
    names = ("source_connection", "target_connection", "target_entity", "target_id", "target_label")
    return old is None or any(getattr(old, name) != getattr(new, name) for name in names)


def _old(connection: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Link]:
    old: dict[tuple[str, str], Link] = {}
    for flow, part in by_flow(keys):
        query = table.select().where(table.c.flow == flow, table.c.source_key.in_(part))
        old.update(((row.flow, row.source_key), link_of(row)) for row in connection.execute(query))
    return old


def _event(event: str, link: Link | NewLink, actor: str) -> NewEvent:
    return NewEvent(
        event,
        flow=link.flow,
        key=link.source_key,
        target_id=link.target_id,
        actor=actor,
        detail={
            "target_connection": link.target_connection,
            "target_entity": link.target_entity,
            "target_label": link.target_label,
            "origin": link.origin,
        },
    )


def _chosen(flow: str | None, integration: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if flow is not None:
        conditions.append(table.c.flow == flow)
    if integration is not None:
        conditions.append(within(table.c.flow, integration))
    return conditions

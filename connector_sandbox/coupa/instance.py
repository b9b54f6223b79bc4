"""One Coupa instance: its content, and how records come into being and change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector_sandbox.coupa.documents import DOCUMENTS
from connector_sandbox.coupa.errors import Refusal, not_found
from connector_sandbox.coupa.intake import Body, Intake
from connector_sandbox.coupa.master import MASTER
from connector_sandbox.coupa.options import Options
from connector_sandbox.coupa.order_shapes import ORDERS
from connector_sandbox.coupa.query import Query
from connector_sandbox.coupa.references import References
from connector_sandbox.coupa.render import Renderer
from connector_sandbox.coupa.schema import Entity, Record, copied, hyphenated, label
from connector_sandbox.coupa.tables import Tables
from connector_sandbox.kernel.clock import SandboxClock

ENTITIES: Mapping[str, Entity] = {entity.name: entity for entity in (*MASTER, *ORDERS, *DOCUMENTS)}
"""In the order in which content is loaded."""

_LINES_OF = {"purchase_order_lines": "purchase_orders"}
"""Lines as a resource have the custom fields that they have inside their document."""


class Change:
    """A record on its way in: what it will be, what it was, what was sent, and what is wrong with it.

    `privileged` changes come from the control interface or are the first content: a user's doing, not the
    API's.
    """

    def __init__(self, record: Record, before: Record | None, body: Body, *, privileged: bool) -> None:
        self.record = record
        self.before = before
        self.sent = {hyphenated(key): value for key, value in body.items()}
        self.privileged = privileged
        self.messages: list[str] = []

    def alters(self, *keys: str) -> list[str]:
        """Those of the fields that will not be what they were."""
        return [key for key in keys if self.before is None or self.record.get(key) != self.before.get(key)]


Rule = Callable[["Instance", Change], None]
"""Completes a record (what is computed) and adds messages (what is wrong)."""
Follower = Callable[["Instance", Record | None, Record | None], None]
"""What else changes with a record: told what it was (None: new) and what it is (None: gone)."""


class Instance:
    """The content of an instance and the verbs that all resources share."""

    def __init__(
        self,
        clock: SandboxClock,
        options: Options,
        rules: Mapping[str, Rule],
        followers: Mapping[str, Follower] | None = None,
    ) -> None:
        self._clock = clock
        self._rules = rules
        self._followers = followers or {}
        self.options = options
        self._acting: int | None = None
        self.custom_fields: dict[str, list[str]] = {}
        self.clear()

    def clear(self) -> None:
        """Begin with nothing."""
        self.tables = Tables(ENTITIES, fold_case=self.options.case_insensitive)
        self.references = References(self.tables, self._options)
        self.intake = Intake(self.tables, self.references, self._options, self.custom_fields_of)
        self.renderer = Renderer(self.tables, self._options, self.custom_fields_of)
        self.query = Query(self.tables, self._options)
        self.changed: dict[tuple[str, int], None] = {}
        """Documents that changed since this was last emptied and that somebody is to hear of, in order."""
        self.newborn: list[tuple[str, int]] = []
        """Records that came into being for a change that is still under way."""

    def _options(self) -> Options:
        return self.options

    def custom_fields_of(self, entity: str) -> Sequence[str]:
        """The custom fields that the customer has set up for a resource."""
        entity = _LINES_OF.get(entity, entity)
        configured = [*self.custom_fields.get(entity, ()), *self.options.custom_fields.get(entity, ())]
        return list(dict.fromkeys(hyphenated(name) for name in configured))

    def now(self) -> datetime:
        """The current instant, to the second, as records keep it."""
        return self._clock.now().replace(microsecond=0)

    @property
    def zone(self) -> ZoneInfo:
        """The instance's time zone."""
        return ZoneInfo(self.options.time_zone)

    def actor(self) -> int | None:
        """The user behind a change: the one who acts in Coupa just now, else the API's, which is the first."""
        users = self.tables["users"].ids
        return self._acting or (users[0] if users else None)

    @contextmanager
    def acting(self, login: str) -> Iterator[None]:
        """Changes are this user's, if there is one of that login, until the block ends."""
        self._acting = min(self.tables["users"].find(("login",), (login,)), default=None)
        try:
            yield
        finally:
            self._acting = None

    def record(self, name: str, number: int) -> Record:
        """A record to look at; Refusal 404 when there is none."""
        row = self.tables[name].rows.get(number)
        if row is None:
            raise not_found(ENTITIES[name].singular)
        return row

    def create(
        self, name: str, body: Body, *, preset: Mapping[str, Any] | None = None, privileged: bool = False
    ) -> Record:
        """Create a record; Refusal with the messages about the body."""
        record = self._drafted(name, body, preset, privileged=privileged)
        self.put(name, record)
        return record

    def update(self, name: str, number: int, body: Body, *, privileged: bool = False) -> Record:
        """Change what the body names of a record; Refusal with the messages about it."""
        entity = ENTITIES[name]
        before = self.record(name, number)
        change = Change(copied(before), before, body, privileged=privileged)
        change.messages += self.intake.assign(name, entity.shape, change.record, body, privileged=privileged)
        change.record["id"] = number
        self._check(entity, change)
        return self.touch(name, change.record) if change.record != before else before

    def touch(self, name: str, record: Record) -> Record:
        """Put a changed copy of a record in its place, stamped."""
        record["updated-at"] = self.now()
        record["updated-by"] = self.actor()
        if "lock-version-key" in record:
            record["lock-version-key"] = (record["lock-version-key"] or 0) + 1
        self.put(name, record)
        return record

    def put(self, name: str, record: Record) -> None:
        """Put a record in its place as it is."""
        before = self.tables[name].rows.get(record["id"])
        self.tables.put(name, record)
        if any(call_out.document == name for call_out in self.options.call_outs):
            self.changed[name, record["id"]] = None
        self._follow(name, before, record)

    def remove(self, name: str, number: int) -> None:
        """Remove a record as if it had never been."""
        before = self.record(name, number)
        self.tables.remove(name, number)
        self._follow(name, before, None)

    def _follow(self, name: str, before: Record | None, after: Record | None) -> None:
        if name in self._followers:
            self._followers[name](self, before, after)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """A change that happens with all that comes into being for it, or not at all."""
        self.newborn = []
        try:
            yield
        except Refusal:
            for name, number in self.newborn:
                self.tables.remove(name, number)
            raise

    def _drafted(self, name: str, body: Body, preset: Mapping[str, Any] | None, *, privileged: bool) -> Record:
        entity = ENTITIES[name]
        record = self.intake.blank(entity.shape)
        record.update(preset or {})
        change = Change(record, None, body, privileged=privileged)
        if entity.stamps:
            record["created-at"] = record["updated-at"] = self.now()
            record["created-by"] = record["updated-by"] = self.actor()
        change.messages += self.intake.assign(name, entity.shape, record, body, privileged=privileged)
        if record.get("id") is None:
            record["id"] = self.tables[name].next_id()
        self._check(entity, change)
        return record

    def _check(self, entity: Entity, change: Change) -> None:
        if not change.privileged:
            change.messages += _missing(entity, change.record, change.messages)
        if entity.name in self._rules:
            self._rules[entity.name](self, change)
        change.messages += self._taken(entity, change.record)
        if change.messages:
            raise Refusal(400, entity.singular, *dict.fromkeys(change.messages))

    def _taken(self, entity: Entity, record: Record) -> list[str]:
        table = self.tables[entity.name]
        return [
            f"{unique.label} has already been taken"
            for unique in entity.unique
            if record.get(unique.given) not in (None, "")
            and table.find(unique.fields, [record.get(key) for key in unique.fields]) - {record["id"]}
        ]


def _missing(entity: Entity, record: Record, messages: Sequence[str]) -> list[str]:
    names = {key: label(key, entity.shape.fields[key]) for key in entity.required}
    return [
        f"{name} can't be blank"
        for key, name in names.items()
        # What was sent but does not fit has its message already.
        if record.get(key) in (None, "") and not any(name in m or key.replace("-", "_") in m for m in messages)
    ]

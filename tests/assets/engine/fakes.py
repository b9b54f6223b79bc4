"""A target in memory with every way of failing, and a flow that writes into it.

The flow's documents need up to three calls: create, submit, and a payment that the target takes only once approved.
A second payment or a second create shows: the target counts what it was sent.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    mapped_columns,
    reason,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import (
    Bulk,
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    NeedTarget,
    Step,
    Target,
    differences,
)
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.merge import converge, taken
from connector_resources.clock import ManualClock
from connector_resources.errors import (
    FieldMessage,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from connector_resources.ledger import Delivery

WINDOW = 20.0
T = TypeVar("T")


class SetClock(ManualClock):
    """A clock whose wall time somebody sets; the monotonic reading is not impressed."""

    def set_by(self, seconds: float) -> None:
        """Put the wall clock forward or back."""
        self._now += timedelta(seconds=seconds)


# -- the target -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """What happens to one call. `effect`: 'no', 'yes', or seconds after which it takes effect; `error` is raised."""

    name: str
    error: Callable[[], Exception] | None
    effect: str | float = "no"
    drops: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _unknown(message: str, status: int | None = None) -> Callable[[], Exception]:
    return lambda: OutcomeUnknown(message, status=status)


def refusal(message: str, *fields: FieldMessage) -> Refused:
    """What the target itself says."""
    error = Refused(message, fields=fields, status=422)
    error.proof = "422: the target's own words"
    return error


DROP_BEFORE = Fault("drop_before", _unknown("connection reset"))
DROP_AFTER = Fault("drop_after", _unknown("connection reset"), "yes")
LATE = Fault("late", _unknown("read timed out"), WINDOW - 5)
ERROR_BEFORE = Fault("503_before", _unknown("503", 503))
ERROR_AFTER = Fault("503_after", _unknown("503", 503), "yes")
UNREACHABLE = Fault("unreachable", lambda: Unavailable("connection refused"))
LIMITED = Fault("429", lambda: RateLimited("slow down", retry_after=7, status=429))
LIMITED_SILENT = Fault("429_silent", lambda: RateLimited("slow down", status=429))
DROPS_FIELD = Fault("drops_field", None, "yes", ("name",))
DROPS_FIELD_AND_ANSWER = Fault("drops_field_and_answer", _unknown("cut"), "yes", ("name",))
REFUSED = Fault("refused", lambda: refusal("invalid", FieldMessage("name", "is not nice")))
NOT_ALLOWED = Fault("not_allowed", lambda: NotAllowed("no scope", fix="grant it", status=403))
DEFECT_AFTER = Fault("defect_after", lambda: KeyError("secret body"), "yes")

# after any of these a rerun must end with every document settled once
PASSING = (
    DROP_BEFORE,
    DROP_AFTER,
    LATE,
    ERROR_BEFORE,
    ERROR_AFTER,
    UNREACHABLE,
    LIMITED,
    LIMITED_SILENT,
    DROPS_FIELD,
    DROPS_FIELD_AND_ANSWER,
)


@dataclass
class Record:
    """What the target holds of one document."""

    id: str
    values: dict[str, Any]
    status: str = "draft"
    payments: list[str] = field(default_factory=list)
    submits: int = 0


class FakeTarget:
    """Records by id, found by their field `key`; faults by verb and number of the call, counted from one."""

    def __init__(self, clock: ManualClock, *, unique: bool = False, approves: bool = True) -> None:
        self.clock = clock
        self.unique = unique
        self.approves = approves
        self.refuses: str | None = None
        self.records: dict[str, Record] = {}
        self.faults: dict[tuple[str, int], Fault] = {}
        self.always: dict[str, Fault] = {}
        self.seen: Counter[str] = Counter()
        self.sent: list[tuple[str, str]] = []
        self._late: list[tuple[float, Callable[[], object]]] = []
        self._lock = threading.RLock()
        self._ids = 1000

    @property
    def writes(self) -> int:
        """Calls that were meant to create or change something."""
        return len(self.sent)

    def fail(self, verb: str, call: int, fault: Fault) -> None:
        """Script a fault."""
        self.faults[verb, call] = fault

    def create(self, body: Mapping[str, Any]) -> Record:
        """A new draft; where `unique`, refused when the number is taken."""

        return self._write("create", str(body["key"]), lambda fault: self._taken([body], fault)[0])

    def create_many(self, bodies: Sequence[Mapping[str, Any]]) -> list[Record]:
        """New drafts, all or none."""
        names = "+".join(str(body["key"]) for body in bodies)
        return self._write("create_many", names, lambda fault: self._taken(bodies, fault))

    def _taken(self, bodies: Sequence[Mapping[str, Any]], fault: Fault | None) -> list[Record]:
        there = {record.values["number"] for record in self.records.values()}
        if self.unique and any(body["number"] in there for body in bodies):
            raise refusal("taken", FieldMessage("number", "has been taken"))
        if any(body["name"] == self.refuses for body in bodies):
            raise refusal("invalid", FieldMessage("name", "is not nice"))
        made = []
        for body in bodies:
            self._ids += 1
            dropped = fault.drops if fault else ()
            values = {name: None if name in dropped else value for name, value in body.items()}
            record = self.records[str(self._ids)] = Record(str(self._ids), values)
            made.append(record)
        return made

    def update(self, id: str, body: Mapping[str, Any]) -> Record:
        """Replace these fields."""

        def effect(fault: Fault | None) -> Record:
            dropped = fault.drops if fault else ()
            record = self.records[id]
            record.values |= {name: value for name, value in body.items() if name not in dropped}
            return record

        return self._write("update", id, effect)

    def submit(self, id: str) -> Record:
        """For approval; a second time is refused."""

        def effect(fault: Fault | None) -> Record:
            record = self.records[id]
            if record.status != "draft":
                raise refusal(f"{id} is {record.status}")
            record.submits += 1
            record.status = "approved" if self.approves else "pending"
            return record

        return self._write("submit", id, effect)

    def pay(self, id: str, body: Mapping[str, Any]) -> Record:
        """Append a payment; nothing keeps a second one of the same sum out."""

        def effect(fault: Fault | None) -> Record:
            record = self.records[id]
            if record.status != "approved":
                raise refusal(f"{id} is {record.status}")
            record.payments.append(body["amount"])
            return record

        return self._write("pay", id, effect)

    def find(self, keys: Collection[str]) -> dict[str, list[Record]]:
        """Records by the key that they carry."""
        self._read("find")
        found: dict[str, list[Record]] = {}
        for record in self.records.values():
            if record.values["key"] in keys:
                found.setdefault(record.values["key"], []).append(record)
        return found

    def get(self, ids: Collection[str]) -> dict[str, Record]:
        """Records by id."""
        self._read("get")
        return {id: self.records[id] for id in ids if id in self.records}

    def arrive(self) -> None:
        """Let late effects happen whose time has come."""
        with self._lock:
            due = [effect for at, effect in self._late if at <= self.clock.monotonic()]
            self._late = [each for each in self._late if each[0] > self.clock.monotonic()]
            for effect in due:
                with suppress(Refused):  # there is nobody left to be told
                    effect()

    def _read(self, verb: str) -> None:
        with self._lock:
            self.arrive()
            self.seen[verb] += 1
            fault = self.faults.get((verb, self.seen[verb])) or self.always.get(verb)
            if fault is not None and fault.error is not None:
                raise fault.error()

    def _write(self, verb: str, name: str, effect: Callable[[Fault | None], T]) -> T:
        with self._lock:
            self.arrive()
            self.seen[verb] += 1
            self.sent.append((verb, name))
            fault = self.faults.get((verb, self.seen[verb])) or self.always.get(verb)
            if fault is None:
                return effect(None)
            record = None
            if fault.effect == "yes":
                record = effect(fault)
            elif fault.effect != "no":
                self._late.append((self.clock.monotonic() + float(fault.effect), lambda: effect(fault)))
            if fault.error is not None:
                raise fault.error()
            assert record is not None
            return record


# -- the flow ---------------------------------------------------------------------------------------------------------

BASE = ("key", "number", "name", "date", "currency", "amount")


class NoSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FakeFlow(Flow):
    """Bills of a source in memory to the target."""

    name = "bills"
    title = "Bills"
    sources = (Source("jde", "F0411"),)
    carries_money = True
    source_role, source_entity = "jde", "F0411"
    target_role, target_entity = "coupa", "bills"
    natural_key = "key"
    lookup_fields = ("key", "amount", "date", "currency")
    document_columns: ClassVar[Mapping[str, str]] = {"number": "str", "name": "str?", "until": "str", "paid": "str?"}
    line_columns: ClassVar[Mapping[str, str]] = {"text": "str"}
    Settings = NoSettings

    def __init__(self, context: RunContext, target: Any, source: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        super().__init__(context)
        self.target = target
        self.source = source or {}
        self.kept_key = True
        self.refuses_second: bool | None = None
        self.bulk: int | None = None

    # the source side

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {row["key"]: row["day"] for row in rows}

    def all_keys(self) -> dict[str, date | None]:
        return {key: row.get("day") for key, row in self.source.items()}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        made = Assembly()
        for key in keys:
            row = self.source[key]
            made.rows += 1
            if row.get("row_ignored"):
                made.ignored_rows["no_bill"] += 1
                continue
            made.rows_in_documents += 1
            made.documents.append(
                {
                    "key": key,
                    "day": row.get("day", keys[key]),
                    "ignored": row.get("ignored"),
                    "amount": row.get("amount", Decimal("10.00")),
                    "currency": row.get("currency", "GBP"),
                    "number": row.get("number", f"N-{key}"),
                    "name": row.get("name", "Bill"),
                    "until": row.get("until", "draft"),
                    "paid": row.get("paid"),
                }
            )
            made.lines += [{"key": key, "text": text} for text in row.get("lines", ["one"])]
        return made

    def resolve(self, frames: Frames) -> Frames:
        return frames

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("bills", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                "bills",
                {
                    "name": [required(), at_most(20)],
                    "currency": [reason("currency_unknown", lambda codes: codes.isin(["GBP", "EUR"]))],
                },
            ),
            line_shape=shape_schema("bill lines", {"key": "str", "text": "str"}, unique=None),
            line_rows=row_schema("bill lines", {"text": [required()]}),
            waits_for=lambda why, row: f"currency:{row['currency']}" if why == "currency_unknown" else None,
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "key": row["key"],
            "number": row["number"],
            "name": row["name"],
            "date": "2026-03-01",
            "currency": row["currency"],
            "amount": f"{row['amount']:.2f}",
            "until": row["until"],
            "paid": row["paid"],
        }

    # the target side

    def holds_any(self) -> bool:
        return bool(self.target.records)

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        found = self.target.find([document.content["key"] for document in documents])
        hits = {d.key: [observe(record) for record in found.get(d.content["key"], [])] for d in documents}
        return {key: own for key, own in hits.items() if own}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {id: observe(record) for id, record in self.target.get(ids).items()}

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        wanted = {name: document.content[name] for name in BASE}
        base = converge(
            wanted,
            replace(known, content=_base(known.content), stage=known.progress.accepted or None),
            None if target is None else replace(target, content=_base(target.content) or {}),
            create=lambda: self._create(document, wanted),
            update=lambda current, changes: self._update(wanted, known, current, changes),
            source_wins=False,
        )
        if not isinstance(base, Done) or document.content["until"] == "draft":
            return base
        return self._advance(document, known, target)

    def _advance(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.state == "settled" and known.content_hash == document.hash and not (known.waiting or known.released):
            return Done()
        if target is None:
            return NeedTarget()
        if target.status == "draft":
            return Do(self._act("submit", target, lambda _: self.target.submit(target.id), {}))
        amount = document.content["paid"]
        if amount is None or amount in target.content["payments"]:
            return Done()
        if target.status != "approved":
            return Done(waiting="approval")
        return Do(self._act("pay", target, lambda sent: self.target.pay(target.id, sent), {"amount": amount}))

    def _create(self, document: Document, wanted: Mapping[str, Any]) -> Step:
        return Step(
            name="create",
            body=wanted,
            send=lambda sent: observe(self.target.create(sent)),
            outcome="created",
            progress=taken(wanted),
            refuses_second=self.target.unique if self.refuses_second is None else self.refuses_second,
            changes=differences({}, wanted),
            bulk=None if self.bulk is None else Bulk("bills", self.bulk, self._create_many),
        )

    def _create_many(self, bodies: Sequence[Mapping[str, Any]]) -> list[Target]:
        return [observe(record) for record in self.target.create_many(bodies)]

    def _update(
        self, wanted: Mapping[str, Any], known: Delivery, current: Target, changes: tuple[FieldChange, ...]
    ) -> Step:
        return Step(
            name="update",
            body={change.field: change.after for change in changes},
            send=lambda sent: observe(self.target.update(current.id, sent)),
            outcome="updated",
            progress=taken(wanted),
            changes=changes,
        )

    def _act(self, name: str, target: Target, send: Callable[[Any], Record], body: dict[str, Any]) -> Step:
        return Step(name=name, body=body, send=lambda sent: observe(send(sent)), outcome="updated")

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return tuple(
            FieldChange(name, target.content[name], document.content[name])
            for name in ("amount", "date", "currency")
            if target.content[name] != document.content[name]
        )

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        return None if self.kept_key else NotAllowed("the target did not keep the key", fix="add the field")

    def targets(self) -> list[Target]:
        return [observe(record) for record in self.target.records.values()]

    def key_of(self, target: Target) -> str | None:
        key: str | None = target.content["key"]
        return key


def _base(content: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if content is None else {name: content.get(name) for name in BASE}


def observe(record: Record) -> Target:
    """A record of the target in the terms of the flow's content."""
    return Target(
        record.id,
        {**record.values, "payments": list(record.payments)},
        status=record.status,
        label=record.values["number"],
    )

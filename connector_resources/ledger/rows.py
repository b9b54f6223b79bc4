"""What goes into the ledger and what comes out, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, get_args

from connector_resources.ledger.progress import Progress

State = Literal[
    "new",
    "held",
    "staged",
    "sending",
    "settled",
    "refused",
    "failed",
    "in_doubt",
    "conflict",
    "ignored",
    "baseline",
]
STATES: Final[tuple[State, ...]] = get_args(State)
IntentResult = Literal["done", "refused", "not_processed", "not_sent", "unknown", "found", "absent"]
Origin = Literal["matched", "created", "set"]
LandingKind = Literal["window", "snapshot", "keys", "mapped"]
OpenedBy = Literal["empty_target", "adopt", "baseline"]
Standing = Literal["waiting", "approved", "rejected", "superseded", "done"]


class Unset(Enum):
    """The type of UNSET, which says 'leave as it is' where None is a value."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Delivery:
    """What we know about bringing one document into the target.

    `outcome` is '' until there is one; of an ignored document it is the rule ('dismissed' when a person said
    so). `content` and `content_hash` are what both sides last agreed on; `seen_hash` is the source's content,
    read at `read_at`, when it was last looked at, whatever came of it. `released` means due now, by replay or
    a mapping. `party` is the supplier that the document is about, `party_number` its number in the source; `label` is
    the number by which a person knows the document, such as the supplier's invoice number.
    """

    flow: str
    key: str
    state: State
    outcome: str
    target_entity: str | None
    target_id: str | None
    content_hash: str | None
    content: dict[str, Any] | None
    seen_hash: str | None
    read_at: datetime | None
    stage: str | None
    waiting: str | None
    due_at: datetime | None
    released: bool
    attempts: int
    partition: str | None
    amount: Decimal | None
    currency: str | None
    run: str | None
    party: str | None
    party_number: str | None
    label: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def progress(self) -> Progress:
        """How far the target's record has come: `stage`, which is its text."""
        return Progress.parse(self.stage)

    @classmethod
    def blank(cls, flow: str, key: str, now: datetime) -> Delivery:
        """A delivery of which the ledger knows nothing yet."""
        nothing: dict[str, Any] = {each.name: None for each in fields(cls)}
        return cls(
            **nothing
            | {"flow": flow, "key": key, "state": "new", "outcome": "", "released": False, "attempts": 0}
            | {"created_at": now, "updated_at": now}
        )


@dataclass(frozen=True, slots=True)
class NewIntent:
    """A call about to be made: `step` names it, `body_hash` is its body's fingerprint.

    `seen_hash` and `read_at` say which content of the source it is for: should the process die, a frame that was read
    before is known to be an older one.
    """

    flow: str
    key: str
    step: str
    body_hash: str | None = None
    run: str | None = None
    partition: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    seen_hash: str | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that was about to be made, and what became of it (`result` None: not known to us)."""

    id: int
    flow: str
    key: str
    step: str
    body_hash: str | None
    run: str | None
    opened_at: datetime
    closed_at: datetime | None
    result: IntentResult | None
    detail: dict[str, Any]
    result_detail: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """Which record here is which record there.

    Inside a `Change`, flow, source_key and run are the change's where left empty. `source_entity` is the part
    of the key before its colon where left empty.
    """

    source_connection: str
    target_connection: str
    target_entity: str
    target_id: str
    target_label: str = ""
    origin: Origin = "created"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    flow: str = ""
    source_key: str = ""
    source_entity: str = ""
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A cross-reference; `source_key` is the document's key."""

    id: int
    flow: str
    source_connection: str
    source_entity: str
    source_key: str
    target_connection: str
    target_entity: str
    target_id: str
    target_label: str
    origin: Origin
    attributes: dict[str, Any]
    run: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a document needs a person.

    `waits_for` names what would release it by itself: '<mapping name>:<key>' or 'link:<flow>:<key>'. `fix` may hold
    `{integration}`, `{flow}`, `{key}`, `{record}` (the key without its table) and `{last}` (its last part): the names
    of the document that has the problem.
    """

    reason: str
    field: str
    value: str
    message: str
    fix: str
    waits_for: str | None = None

    def of(self, flow: str, key: str) -> Problem:
        """The problem as that of a document, whose names are filled in."""
        if "{" not in self.fix:
            return self
        record = key.partition(":")[2]
        last = record.rpartition("/")[2]
        names = {"integration": flow.partition("/")[0], "flow": flow, "record": record, "last": last}
        fix = self.fix
        for name, value in (names | {"key": key}).items():
            fix = fix.replace(f"{{{name}}}", value)
        return replace(self, fix=fix)


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """The problems of one reason as the ledger keeps them; open while `closed_at` is None.

    Of several, `field` and `value` name each, and any of `waits_for` releases the document. A closed one waits for
    nothing.
    """

    id: str
    flow: str
    key: str
    state: State | Literal["unreadable"]
    reason: str
    field: str
    value: str
    message: str
    fix: str
    since: datetime
    last_at: datetime
    attempts: int
    partition: str | None
    run: str | None
    closed_at: datetime | None
    closed_how: Literal["settled", "dismissed", "replaced"] | None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewStaged:
    """A call that may be sent only once a person has said so: its step, and its body to the byte.

    `body` is text that the ledger does not look into, `body_hash` its fingerprint. `content` is the source's content,
    masked as everywhere, and `content_hash` its fingerprint; `target_version` that of the target's record as it was
    read. `stake` is the largest amount, without its sign, of those that the call touches; None where they are of
    several currencies or not known. With `approved_by` it is approved as it is staged, by the rule `rule`.
    """

    step: str
    body: str
    body_hash: str
    content_hash: str
    content: Mapping[str, Any] = field(default_factory=dict)
    target_id: str | None = None
    target_version: str | None = None
    changes: Sequence[Mapping[str, Any]] = ()
    stake: Decimal | None = None
    actor: str | None = None
    plan: str | None = None
    approved_by: str | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged call and what became of it.

    `state` is 'waiting', 'approved', 'rejected', 'superseded' (source or target changed, or there was nothing left to
    send), or 'done'; `begun` says that the approved call is known to have taken effect, so that the calls which follow
    it need no approval of their own. Open (`closed_at` None) is one at most of a document.
    """

    id: str
    flow: str
    key: str
    state: Standing
    step: str
    body: str
    body_hash: str
    content: dict[str, Any]
    content_hash: str
    target_id: str | None
    target_version: str | None
    changes: list[dict[str, Any]]
    amount: Decimal | None
    currency: str | None
    stake: Decimal | None
    plan: str | None
    partition: str | None
    run: str | None
    staged_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    rule: str
    note: str
    begun: bool
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something to remember for ever. Inside a `Change`, flow, key, run and partition are the change's where
    empty.
    """

    event: str
    flow: str = ""
    key: str = ""
    source_id: str | None = None
    target_id: str | None = None
    run: str | None = None
    partition: str | None = None
    actor: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in the order of `id`."""

    id: int
    at: datetime
    flow: str
    key: str
    event: str
    source_id: str | None
    target_id: str | None
    run: str | None
    partition: str | None
    actor: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What to write about one delivery after its claim; UNSET leaves a field as it is.

    `problems`: None leaves the open exceptions alone, an empty list closes them as settled, a list becomes
    the open set. `release_claim` gives the claim back, `clear_released` ends a replay. `close_intents` are
    (intent id, result, detail). `staging` is the call that waits for an approval, or has it.
    """

    flow: str
    key: str
    state: State | Unset = UNSET
    outcome: str | Unset = UNSET
    target_entity: str | Unset | None = UNSET
    target_id: str | Unset | None = UNSET
    content_hash: str | Unset | None = UNSET
    content: Mapping[str, Any] | Unset | None = UNSET
    stage: str | Unset | None = UNSET
    waiting: str | Unset | None = UNSET
    due_at: datetime | Unset | None = UNSET
    attempts_delta: int = 0
    partition: str | Unset | None = UNSET
    amount: Decimal | Unset | None = UNSET
    currency: str | Unset | None = UNSET
    run: str | Unset | None = UNSET
    party: str | Unset | None = UNSET
    party_number: str | Unset | None = UNSET
    label: str | Unset | None = UNSET
    release_claim: bool = True
    clear_released: bool = True
    close_intents: Sequence[tuple[int, IntentResult, Mapping[str, Any] | None]] = ()
    link: NewLink | None = None
    unlink: bool = False
    problems: Sequence[Problem] | None = None
    events: Sequence[NewEvent] = ()
    seen_hash: str | Unset | None = UNSET
    read_at: datetime | Unset = UNSET
    staging: NewStaged | None = None


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One line of a value table that an operator owns."""

    integration: str
    name: str
    key: str
    value: str
    note: str
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LandedObject:
    """One immutable object of the landing store; the window's days are both inclusive."""

    id: int
    connection: str
    entity: str
    run: str
    kind: LandingKind
    window_from: date | None
    window_to: date | None
    path: str
    rows: int
    schema_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a flow has read an entity, and what its change probe said then."""

    flow: str
    entity: str
    day: date
    probe: Any
    at: datetime
    run: str | None


@dataclass(frozen=True, slots=True)
class FlowState:
    """By what a flow was opened for writing."""

    flow: str
    opened_by: OpenedBy
    opened_at: datetime
    baseline_to: date | None
    run: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What one run (or plan) did in one flow; a plan's report keeps its documents."""

    run: str
    flow: str
    plan: bool
    report: dict[str, Any]
    at: datetime

"""What a flow delivers, and what it may decide to do with it next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.engine.words import shown
from connector_resources.ledger import Problem
from connector_resources.ledger.progress import Progress


def canonical(content: Mapping[str, Any]) -> str:
    """`content` as JSON with sorted keys; the text that is hashed and compared. Amounts are strings already."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def value_print(value: Any) -> str:
    """A short fingerprint of one field's value."""
    return fingerprint({"": value})[:12]


@dataclass(frozen=True)
class Document:
    """One thing that a flow writes, as the source has it now.

    `key` names it (`F0411:00001/PV/4711`), `content` is everything that both sides shall agree on (strings, numbers,
    booleans, lists and dicts; amounts as plain decimal strings), `day` its partition (None: outside the partitions),
    `read_at` when the source was read. `ignored` is the name of the rule by which it is ignored; `problems` are why
    it is held. `facts` carries what the flow needs to act but does not agree on (ids of referenced records). `moved`
    says that the target's record is not as it was left, so that it is looked at although the source has not changed.
    `party` is the supplier that it is about, by name where that is known, `party_number` its number; `label` is the
    number by which a person knows it, such as the supplier's invoice number.
    """

    key: str
    content: dict[str, Any]
    read_at: datetime
    day: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    ignored: str | None = None
    problems: tuple[Problem, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    moved: bool = False
    party: str | None = None
    party_number: str | None = None
    label: str | None = None

    @property
    def deliverable(self) -> bool:
        """Whether neither a rule nor a check stops the document."""
        return self.ignored is None and not self.problems

    @cached_property
    def hash(self) -> str:
        """The fingerprint of the content."""
        return fingerprint(self.content)


@dataclass(frozen=True)
class Target:
    """A document as the target holds it: `content` in the same terms as `Document.content`, for the fields we own.
    `version` is the vendor's own mark of a version, such as when the record was last updated, if it has one."""

    id: str
    content: dict[str, Any]
    status: str = ""
    label: str = ""
    raw: Any = field(default=None, repr=False, compare=False)
    version: str = field(default="", compare=False)


VOID = frozenset({"void", "voided"})


def is_void(target: Target) -> bool:
    """Whether the target's record is no longer in force."""
    return bool(target.content.get("void")) or target.status.lower() in VOID


def version_text(updated_at: datetime | None) -> str:
    """`Target.version` of a record whose vendor says when it was last updated."""
    return updated_at.isoformat() if updated_at is not None else ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The result of a preparing step: it is done, and the target is as it was."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One line of a plan."""

    field: str
    before: Any
    after: Any

    @property
    def in_words(self) -> str:
        """The change in words: `100.00 to 120.00`."""
        return f"{shown(self.before)} to {shown(self.after)}"


@dataclass(frozen=True)
class Bulk:
    """How documents of one kind are created several in a call, all or none of them.

    `send_many` sends at most `limit` bodies and returns the documents in the same order. When it raises `Refused`,
    nothing was taken; an unknown outcome is one of them all. Creates of one `name` may go together.
    """

    name: str
    limit: int
    send_many: Callable[[Sequence[Mapping[str, Any]]], Sequence[Target]]


@dataclass(frozen=True)
class Step:
    """One call that creates or changes something: a durable boundary of a delivery.

    `body` is exactly what is sent; `send` sends it and returns the document as it is afterwards. `outcome` is what the
    run counts when this step happened ('created' or 'updated'). `refuses_second` is True only where the target itself
    refuses a second document of that key, so that after a look-up that finds nothing it can be sent again at once.
    A create with `bulk` may go in one call with others of its slice; `send` is used where it goes alone.

    A step that `prepares` is done in the source system, before the target is touched: it answers `Prepared`, and the
    flow is asked once more, which must know by itself that it is done. It can be repeated, with the same effect, as
    long as what became of it is not known. Its `outcome` is that of the call which it prepares.
    """

    name: str
    body: Mapping[str, Any]
    send: Callable[[Mapping[str, Any]], Target | Prepared]
    outcome: str
    progress: Progress | None = None
    refuses_second: bool = False
    changes: tuple[FieldChange, ...] = ()
    bulk: Bulk | None = None
    prepares: bool = False

    @property
    def creates(self) -> bool:
        """Whether the step creates a new document, or prepares that."""
        return self.outcome == "created"

    def shown_changes(self) -> list[dict[str, Any]]:
        """The changes as plans and approvals show them: field, from, to."""
        return [{"field": each.field, "from": each.before, "to": each.after} for each in self.changes]


# What a flow's `decide` may answer.


@dataclass(frozen=True)
class Do:
    """Take this step next."""

    step: Step


@dataclass(frozen=True)
class NeedTarget:
    """Read the target first: what is known is not enough to decide."""


@dataclass(frozen=True)
class Done:
    """Both sides agree; `waiting` names what must happen elsewhere before the rest can follow."""

    waiting: str | None = None


@dataclass(frozen=True)
class Hold:
    """A person is needed; `conflict` when both sides changed. `again` when nothing shows that the target itself said
    so: the next run asks once more. `waiting` names what may happen elsewhere meanwhile: each run looks whether it did.
    """

    problems: tuple[Problem, ...]
    conflict: bool = False
    again: bool = False
    waiting: str | None = None


@dataclass(frozen=True)
class Ignore:
    """Leave it alone, by a stated rule; for now only where `waiting` names what must happen elsewhere: each run looks
    whether it did; with `again` also this one, at its end, and the next one at once."""

    rule: str
    waiting: str | None = None
    again: bool = False


Decision = Do | NeedTarget | Done | Hold | Ignore


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The top-level fields in which `after` differs from `before`."""
    names = sorted(before.keys() | after.keys())
    return tuple(
        FieldChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )

"""One document on its way through a run: what is known, what happened, and the ledger changes that say so."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connector_assets.engine.document import Document, Step, Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.frozen import Frozen
from connector_assets.engine.report import Result
from connector_resources.ledger import UNSET, Change, Delivery, Intent, Ledger, NewEvent, Problem, Staged

# the finding for which nothing is sent: the target holds one record of the document too many
DUPLICATE = "duplicate_in_target"


# how long a run waits for its own calls of unknown outcome before it ends, in seconds; 0 leaves them to the next run
PATIENCE_VARIABLE = "CONNECTOR_PATIENCE_SECONDS"


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How the engine goes about it. Seconds throughout.

    `slice_size` documents share a ledger transaction; `workers` calls are in flight; `lease_seconds` a claim lasts;
    `effect_window` a lost call may still take effect; `send_within` after its intent a call is sent or not at all;
    `tries` per run for a call that the target could not take; `longest_wait_seconds` a run waits when the target says
    when to come back; `patience_seconds` it waits for its own calls of unknown outcome.
    """

    slice_size: int = 200
    workers: int = 8
    lease_seconds: float = 600.0
    effect_window: float = 120.0
    send_within: float = 60.0
    tries: int = 7
    backoff_seconds: float = 0.25
    backoff_cap_seconds: float = 30.0
    longest_wait_seconds: float = 300.0
    wait_for_outcomes: bool = True
    patience_seconds: float = 900.0
    recheck_seconds: float = 3600.0

    @property
    def lands_within(self) -> float:
        """Seconds after its intent in which a call may take effect, whatever became of the process that sent it."""
        return self.send_within + self.effect_window


def policy_of(flow: Flow) -> DeliveryPolicy:
    """The policy of a flow: its target connection's limits and effect window."""
    target = flow.context.connection(flow.target_role)
    policy = DeliveryPolicy(workers=target.limits.in_flight, effect_window=target.effect_window_seconds)
    patience = os.environ.get(PATIENCE_VARIABLE)
    if patience is None:
        return policy
    return replace(policy, patience_seconds=float(patience), wait_for_outcomes=float(patience) > 0)


@dataclass
class DeliveryTask:
    """A claimed document on its way. `result` is set once; `parked` means: come back later; `absent` that an earlier
    call of unknown outcome is now believed to have had no effect. `staged` is its call that waits for an approval or
    has it, `planned` its call in the plan that is applied; `finding` says why nothing is sent for it. `seen` says that
    `target` is the record of the known id, seen now. `said` is the answer to its last call of unknown outcome."""

    document: Document
    known: Delivery
    run: str
    unfinished: list[Intent] = field(default_factory=list)
    staged: Staged | None = None
    planned: Frozen | None = None
    finding: Problem | None = None
    target: Target | None = None
    seen: bool = False
    linked: bool = False
    outcome: str | None = None
    tries: int = 0
    rounds: int = 0
    absent: bool = False
    parked: bool = False
    said: str = ""
    result: Result | None = None
    intent: int | None = None
    opened_at: datetime | None = None

    @property
    def alive(self) -> bool:
        """Whether something is still to be done in this slice."""
        return self.result is None and not self.parked

    @property
    def approved(self) -> bool:
        """Whether a person has approved its call."""
        return self.planned is not None or (self.staged is not None and self.staged.state == "approved")

    @property
    def tried(self) -> bool:
        """Whether the target may hold the document although nothing is linked: a call was tried, or a link removed."""
        return bool(self.known.attempts or self.known.target_entity or self.absent or self.unfinished)

    @property
    def sent(self) -> Document:
        """The document as the last call of unknown outcome named it: the source may have changed since, and the target
        must be searched for what was sent."""
        sent = [each.detail["sent"] for each in self.unfinished if each.detail.get("sent")]
        fields: dict[str, Any] = sent[-1] if sent else {}
        if all(self.document.content.get(name) == value for name, value in fields.items()):
            return self.document
        return replace(self.document, content={**self.document.content, **fields})

    @property
    def meant(self) -> bool:
        """Whether the calls of unknown outcome had exactly the content that the source has now."""
        return all(each.detail.get("content") in (None, self.document.hash) for each in self.unfinished)

    @property
    def partition(self) -> str | None:
        """The day of the document; of one that comes without, since it was due, the day that it was last seen on."""
        return self.document.day.isoformat() if self.document.day else self.known.partition

    def finish(self, outcome: str, rule: str | None = None) -> None:
        """Set the one outcome."""
        document = self.document
        self.result = Result(document.key, outcome, document.day, document.amount, document.currency, rule)

    def change(self, **values: Any) -> Change:
        """A ledger change of this document, with what every change carries."""
        document = self.document
        return Change(
            flow=self.known.flow,
            key=document.key,
            run=self.run,
            partition=self.partition,
            amount=document.amount,
            currency=document.currency,
            party=document.party if document.party is not None else UNSET,
            party_number=document.party_number if document.party_number is not None else UNSET,
            label=document.label if document.label is not None else UNSET,
            seen_hash=document.hash,
            read_at=document.read_at,
            **values,
        )

    def event(self, name: str, **detail: Any) -> NewEvent:
        """An audit event of this document."""
        return NewEvent(event=name, target_id=self.target.id if self.target else self.known.target_id, detail=detail)

    def ignore(self, rule: str, waiting: str | None = None, due_at: datetime | None = None) -> Change:
        """Ignored by a rule; with `waiting` only until then, and looked at again by each run."""
        self.finish("ignored", rule)
        known_already = self.known.state == "ignored" and self.known.outcome == rule and waiting is not None
        events = (
            [] if known_already else [self.event("ignored", rule=rule, **({"waiting": waiting} if waiting else {}))]
        )
        return self.change(state="ignored", outcome=rule, problems=[], events=events, waiting=waiting, due_at=due_at)

    def hold(self, problems: Iterable[Problem], *, conflict: bool = False, **values: Any) -> Change:
        """Waits for a mapping or a person."""
        found = list(problems)
        state = "conflict" if conflict else "held"
        self.finish(state)
        known = self._held_already(state, found)
        events = [] if known else [self.event(state, reasons=sorted({p.reason for p in found}))]
        # what it waited for elsewhere waits for the person now: nothing is due until then
        values = {"waiting": None, "due_at": None} | values
        return self.change(state=state, outcome=state, problems=found, events=events, **values)

    def _held_already(self, state: str, found: list[Problem]) -> bool:
        # the audit trail tells changes; a document that is held every quarter of an hour for a month is one event
        return self.known.state == state and self.known.seen_hash == self.document.hash and bool(found)

    def follow(self, flow: Flow, target: Target, **values: Any) -> Change | None:
        """The record under the known id has become another one (a batch row its voucher; a void voucher the one that
        replaced it): id and link are replaced together. None if it is the same."""
        before = self.known.target_id
        if before is None or target.id == before:
            return None
        self.known = replace(self.known, target_id=target.id)
        self.target = target
        return self.change(
            target_entity=flow.target_entity,
            target_id=target.id,
            link=flow.link(self.document, target, "created"),
            events=[self.event("moved", before=before)],
            release_claim=False,
            clear_released=False,
            **values,
        )

    def next_outcome(self, step: Step) -> str:
        """A document that was created or adopted in this run keeps that outcome, whatever else is done."""
        return self.outcome if self.outcome in ("created", "adopted") else step.outcome


def tasks_of(flow: Flow, documents: Sequence[Document], owner: str) -> list[DeliveryTask]:
    """Documents with what the ledger knows of them, and their calls without an outcome."""
    ledger, keys = flow.context.ledger, [document.key for document in documents]
    known = known_with_links(ledger, flow.full_name, keys, flow.context.clock.now())
    intents = ledger.intents.unfinished(flow.full_name, keys)
    staged = ledger.staged.of(flow.full_name, keys)
    findings = ledger.findings.of(flow.full_name, DUPLICATE, keys)
    return [
        DeliveryTask(
            document,
            known[document.key],
            owner,
            unfinished=list(intents.get(document.key, ())),
            staged=staged.get(document.key),
            finding=findings.get(document.key),
        )
        for document in documents
    ]


def known_with_links(ledger: Ledger, flow: str, keys: Collection[str], now: datetime) -> dict[str, Delivery]:
    """What the ledger knows of these documents, blank if it knows nothing. The cross-references say which target
    belongs to which: a link that was set or removed by hand counts from now on."""
    known = ledger.deliveries.load(flow, keys)
    links = ledger.links.of(flow, keys)
    found = {}
    for key in keys:
        delivery = known.get(key) or Delivery.blank(flow, key, now)
        link = links.get(key)
        target = link.target_id if link else None
        if delivery.target_id != target:
            delivery = replace(delivery, target_id=target, content=None, content_hash=None, stage=None)
        found[key] = delivery
    return found

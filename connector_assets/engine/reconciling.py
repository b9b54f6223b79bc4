"""Reconciliation: both systems are read again and compared, record by record.

The source's documents are read and mapped as in a sync, all records of the target are read, and the two are compared by
the key on the target's own record. The ledger is not asked what is where, or for what amount. It explains a difference
(see `explanations`), and says to which document a record without its key belongs.

**What counts.** On the source side every document, ignored and held ones too. On the target side the records that are
ours and not void: those with a key of ours, and those without one that are linked to a document. All others are counted
as `foreign` and are no differences. An amount that is void on both sides is counted on neither.

**What differs.** A flow says which fields it compares, since it knows what the target computes or orders differently. A
difference in money is always reported, and `waiting` never explains it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from connector_assets.engine.document import Document, Done, Target, differences, is_void
from connector_assets.engine.explanations import STATUS_FIELDS, Gap, Memory
from connector_assets.engine.flow import Flow
from connector_assets.engine.money import amount_text
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.replaying import land_reference_data
from connector_assets.engine.task import policy_of
from connector_resources.ledger import Delivery
from connector_resources.unreadable import Unreadable, set_aside

AMOUNT_FIELDS = frozenset({"amount", "open", "tax"})
MONEY_FIELDS = AMOUNT_FIELDS | {"currency"}
# what explains a difference, where it is no exception
RULE = "rule:"
GROUPS = ("unexplained", "exception", "rule")
# why a document that differs may do so: what of it waits in the target is no difference to act on
WAITS = "rule:waiting"
# the record that is missing may be, or is, one that cannot be read
UNREADABLE = "rule:unreadable_record"


@dataclass
class Side:
    """Documents and amounts of one side."""

    documents: int = 0
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: Decimal("0.00")))

    def add(self, amount: Decimal | None, currency: str | None) -> None:
        """Count one document."""
        self.documents += 1
        if amount is not None and currency:
            self.amounts[currency] += amount

    def as_json(self) -> dict[str, Any]:
        """`{"documents": 1, "amounts": {"GBP": "1.00"}}`."""
        amounts = {currency: amount_text(amount, currency) for currency, amount in sorted(self.amounts.items())}
        return {"documents": self.documents, "amounts": amounts}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `explained_by` is an exception's id, `rule:<name>`, or None. `amount` is how much money it is
    about: that of the document which is missing, or by how much both sides differ."""

    key: str
    kind: str
    field: str
    source: str
    target: str
    explained_by: str | None
    amount: Decimal | None = None
    currency: str | None = None

    @property
    def group(self) -> str:
        """`unexplained`, `exception` or `rule`: what explains it."""
        if self.explained_by is None:
            return "unexplained"
        return "rule" if self.explained_by.startswith(RULE) else "exception"


@dataclass
class Comparison:
    """One flow, both sides."""

    flow: str
    source: Side = field(default_factory=Side)
    target: Side = field(default_factory=Side)
    foreign: int = 0
    differences: list[Difference] = field(default_factory=list)

    def in_order(self) -> list[Difference]:
        """The differences in the order in which a person wants them: the unexplained, then those of an exception, then
        those of a rule; by kind and key."""
        return sorted(self.differences, key=lambda each: (GROUPS.index(each.group), each.kind, each.key))

    @property
    def unexplained(self) -> list[Difference]:
        """Differences that nothing explains."""
        return [each for each in self.differences if each.explained_by is None]

    def summary(self) -> dict[str, Side]:
        """The differences by what explains them, with how much money each group is about."""
        found = {group: Side() for group in GROUPS}
        for each in self.differences:
            found[each.group].add(each.amount, each.currency)
        return found

    def by_explanation(self) -> dict[str, Side]:
        """What explains differences -> how many, and how much money: each rule, and each exception by its id."""
        found: dict[str, Side] = {}
        for each in self.differences:
            if each.explained_by is not None:
                found.setdefault(each.explained_by, Side()).add(each.amount, each.currency)
        return found

    def as_json(self) -> dict[str, Any]:
        """The flow's entry in what `connector reconcile --json` prints: the unexplained first."""
        rules = {name: side for name, side in self.by_explanation().items() if name.startswith(RULE)}
        return {
            "flow": self.flow,
            "source": self.source.as_json(),
            "target": self.target.as_json(),
            "foreign": self.foreign,
            "summary": {
                group: {"differences": side["documents"], "amounts": side["amounts"]}
                for group, side_of in self.summary().items()
                for side in [side_of.as_json()]
            },
            "rules": {
                name.removeprefix(RULE): {"differences": side["documents"], "amounts": side["amounts"]}
                for name, side_of in sorted(rules.items())
                for side in [side_of.as_json()]
            },
            "differences": [
                {
                    "key": each.key,
                    "kind": each.kind,
                    "field": each.field,
                    "source": each.source,
                    "target": each.target,
                    "explained_by": each.explained_by,
                    "amount": amount_text(each.amount, each.currency) if each.amount is not None else None,
                    "currency": each.currency,
                }
                for each in self.in_order()
            ],
        }


def compare(flow: Flow, first: date | None = None, last: date | None = None) -> Comparison:
    """Compare one flow's documents of these days (both included; without, of all days since the home's start, and older
    ones that are linked).

    Documents without a day are always compared.
    """
    # first, since keys may come from reference data
    land_reference_data(flow)
    pipeline = Pipeline(flow, policy_of(flow))
    everything = pipeline.all_keys()
    begin = first or flow.context.start_date
    chosen = {key: day for key, day in everything.items() if _within(day, begin, last)}
    if first is None and not flow.master_data:
        # what of before the start date is in the target all the same: let in, or linked
        old = {key: day for key, day in everything.items() if key not in chosen and _within(day, None, last)}
        chosen |= {key: old[key] for key in flow.context.ledger.links.of(flow.full_name, old.keys())}
    documents = {document.key: document for document in pipeline.documents(pipeline.map(chosen))}
    with set_aside() as unreadable:
        targets, foreign = _by_key(flow)
    memory = Memory(flow, chosen.keys() | targets.keys())
    hidden = _hidden(flow, documents, unreadable)
    found = Comparison(flow.full_name, foreign=foreign)
    for key, document in documents.items():
        live = [each for each in targets.get(key, ()) if not is_void(each)]
        differing = _compare_one(flow, document, targets.get(key, []), live, memory)
        worth = _amount(document)
        differing = (_worth(each, worth, document.currency) for each in differing)
        found.differences += [_explained(each, UNREADABLE) if key in hidden else each for each in differing]
        voided = bool(document.content.get("void")) and bool(targets.get(key)) and not live
        found.source.add(None if voided else _amount(document), document.currency)
    for key, held in targets.items():
        live = [each for each in held if not is_void(each)]
        gone = key not in everything and _last_seen_within(memory, key, first, last)
        if key in documents or gone:
            for each in live:
                found.target.add(*_money(flow, each))
        if gone:
            explained = memory.explanation(key, None, Gap("missing_in_source"))
            # it may be what could not be read
            explained = explained or (UNREADABLE if pipeline.unreadable.met else None)
            found.differences += [
                Difference(key, "missing_in_source", "", "", _shown_amount(flow, each), explained, *_money(flow, each))
                for each in live
            ]
    return found


def _hidden(flow: Flow, keys: Iterable[str], unreadable: Sequence[Unreadable]) -> set[str]:
    """The documents that are linked to a record of the target that cannot be read."""
    ids = {each.id for each in unreadable}
    links = flow.context.ledger.links.of(flow.full_name, list(keys)) if ids else {}
    return {key for key, link in links.items() if link.target_id in ids}


def _worth(difference: Difference, amount: Decimal | None, currency: str | None) -> Difference:
    """A difference with how much money it is about."""
    if difference.kind == "amount":
        try:
            amount = abs(Decimal(difference.source or "0") - Decimal(difference.target or "0"))
        except InvalidOperation:
            amount = None
    elif difference.kind == "field" and difference.field not in MONEY_FIELDS:
        # the money agrees, or is reported by a difference of its own
        amount = None
    return difference if amount is None else replace(difference, amount=amount, currency=currency)


def _explained(difference: Difference, why: str) -> Difference:
    return difference if difference.explained_by else replace(difference, explained_by=why)


def _within(day: date | None, first: date | None, last: date | None) -> bool:
    return day is None or ((first is None or day >= first) and (last is None or day <= last))


def _last_seen_within(memory: Memory, key: str, first: date | None, last: date | None) -> bool:
    """Whether a document that the source no longer holds was last seen in these days, or nobody knows when."""
    partition = memory.delivery(key).partition
    return _within(date.fromisoformat(partition) if partition else None, first, last)


def _by_key(flow: Flow) -> tuple[dict[str, list[Target]], int]:
    """The target's records by our key, and how many are not ours."""
    found: dict[str, list[Target]] = {}
    nameless: dict[str, Target] = {}
    for target in flow.targets():
        key = flow.key_of(target)
        if key is None:
            nameless[target.id] = target
        else:
            found.setdefault(key, []).append(target)
    # somebody emptied the key, or the flow writes none: the record is the linked document's all the same
    links = flow.context.ledger.links.by_target(flow.full_name, flow.target_entity, list(nameless))
    for id, link in links.items():
        found.setdefault(link.source_key, []).append(nameless[id])
    return found, len(nameless) - len(links)


def _compare_one(
    flow: Flow, document: Document, held: list[Target], live: list[Target], memory: Memory
) -> Iterator[Difference]:
    key = document.key
    if not held:
        amount = _amount(document)
        shown = amount_text(amount, document.currency) if amount is not None else ""
        explained = memory.explanation(key, document, Gap("missing_in_target"))
        yield Difference(key, "missing_in_target", "", shown, "", explained)
        return
    several = [each.id for each in live if flow.in_force(each)]
    if len(several) > 1:
        explained = memory.explanation(key, document, Gap("duplicate_in_target"))
        yield Difference(key, "duplicate_in_target", "", "1", ", ".join(several), explained)
    target = live[0] if live else held[0]
    wanted_void = bool(document.content.get("void"))
    if is_void(target) != wanted_void:
        explained = memory.explanation(key, document, Gap("status", "void", target))
        yield Difference(key, "status", "void", _text(wanted_void), target.status or "void", explained)
    if is_void(target) or wanted_void:
        # nothing more is sent to what is void, so that its fields say nothing
        return
    for name, ours, theirs, waits in _fields(flow, document, target):
        kind = _kind(name)
        explained = memory.explanation(key, document, Gap(kind, name, target))
        yield Difference(key, kind, name, _text(ours), _text(theirs), explained or (WAITS if waits else None))


def _fields(flow: Flow, document: Document, target: Target) -> Iterable[tuple[str, Any, Any, bool]]:
    """The fields in which both sides differ: name, ours, theirs, and whether it only waits in the target.

    Held documents are compared field by field: the flow would refuse to look at them.
    """
    held = flow.comparable(document, target.content)
    common = document.content.keys() & held.keys()
    raw = differences({name: held[name] for name in common}, {name: document.content[name] for name in common})
    if not raw or document.problems or document.ignored is not None:
        return [(each.field, each.after, each.before, False) for each in raw]
    # as if nothing were known but the link, so that no memory of an earlier agreement hides a difference
    known = replace(Delivery.blank(flow.full_name, document.key, document.read_at), target_id=target.id)
    decision = flow.decide(document, known, target)
    content = isinstance(decision, Done)
    waits = isinstance(decision, Done) and decision.waiting is not None
    return [
        (each.field, each.after, each.before, waits and each.field not in MONEY_FIELDS)
        for each in raw
        if not content or waits or each.field in MONEY_FIELDS
    ]


def _kind(field: str) -> str:
    return "amount" if field in AMOUNT_FIELDS else "status" if field in STATUS_FIELDS else "field"


def _amount(document: Document) -> Decimal | None:
    """The amount on which both sides agree, which is not always the one that outcomes are counted with: of what JDE
    has paid nothing is left to agree on."""
    shown = document.content.get("amount")
    return document.amount if shown is None or document.amount is None else Decimal(shown)


def _money(flow: Flow, target: Target) -> tuple[Decimal | None, str | None]:
    """Amount and currency of a target's record, where the flow carries money."""
    amount, currency = target.content.get("amount"), target.content.get("currency")
    return (Decimal(amount), currency) if flow.carries_money and amount is not None else (None, None)


def _shown_amount(flow: Flow, target: Target) -> str:
    amount, currency = _money(flow, target)
    return amount_text(amount, currency) if amount is not None else target.id


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)

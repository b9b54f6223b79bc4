"""What explains a difference between two systems: an open exception that is about it, or a rule. Nothing else does.

**An open exception** explains a difference of its document only if all of this holds:

* the document is not settled: an exception that is left over from before explains nothing;
* it is about the source's content as it is now: that content is what the ledger saw when it held the document, or the
  same check fails now. What changed in the source since was never tried, and is reported as a difference; * it is about
  this difference. A document that is held, refused, failed or of unknown outcome is *missing in the target* if it was
  never there; one that is linked is missing because of `missing_in_target` alone. A *field, amount or status* differs
  because the source's change was not sent, if the target still holds what both sides last agreed on. Where the target
  moved, or nothing was ever agreed, an exception explains only the fields that it names (`total_differs` and
  `raised_in_target` also the lines that make the total; `natural_key_taken` all). A *duplicate* is explained by
  `natural_key_taken`, and by `duplicate_in_target` whatever else is known of the document; one that is *missing in the
  source* by `deleted_in_source`.

**A rule** explains what it leaves alone: a rule of the flow, an approval that is waited for or was refused, and the
baseline explain that a document was never sent, or that its change was not. A dismissal explains every difference but a
duplicate, until the document's content changes in the source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from connector_assets.engine.document import Document, Target
from connector_assets.engine.flow import Flow
from connector_resources.ledger import Delivery, ExceptionRow

UNSETTLED = frozenset({"held", "conflict", "refused", "failed", "in_doubt", "sending", "staged"})
# reasons that say something of the target; every other one keeps a document from being sent
LOST = frozenset({"missing_in_target", "deleted_in_target"})
OF_THE_TARGET = LOST | {"changed_on_both_sides", "raised_in_target", "total_differs", "deleted_in_source"}
# a finding of the sweep, which stands beside a settled document
DUPLICATE = "duplicate_in_target"
# a total is the sum of its lines
ALSO_NAMED = {
    "total_differs": frozenset({"lines", "tax"}),
    "raised_in_target": frozenset({"total", "lines"}),
}
STATUS_FIELDS = frozenset({"status", "active", "paid", "void", "closed"})
# of what the ledger says of a document that is ignored, the rule as reconciliation tells it
LEFT = {"staged": "waits_for_approval", "baseline": "before_baseline"}


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference that wants an explanation: its kind, and for a field its name and the target's record."""

    kind: str
    field: str = ""
    target: Target | None = None


class Memory:
    """What the ledger knows of a flow's documents, for explaining only."""

    def __init__(self, flow: Flow, keys: Collection[str]) -> None:
        ledger = flow.context.ledger
        self._exceptions: dict[str, list[ExceptionRow]] = defaultdict(list)
        for each in ledger.exceptions.open(flow.full_name):
            self._exceptions[each.key].append(each)
        self._deliveries = ledger.deliveries.load(flow.full_name, keys)
        self._linked = ledger.links.of(flow.full_name, keys).keys()
        self._flow = flow

    def delivery(self, key: str) -> Delivery:
        """What is known of a document."""
        return self._deliveries.get(key) or Delivery.blank(self._flow.full_name, key, self._flow.context.now())

    def explanation(self, key: str, document: Document | None, gap: Gap) -> str | None:
        """An exception's id, `rule:<name>`, or None. `document` is the source's, None where it is not there."""
        known = self.delivery(key)
        for each in self._exceptions.get(key, ()):
            if gap.kind == each.reason == DUPLICATE:
                return each.id
            if known.state in UNSETTLED and _current(each, document, known) and self._is_about(each, known, gap):
                return each.id
        return next((f"rule:{rule}" for rule in self._rules(document, known, gap)), None)

    def _is_about(self, exception: ExceptionRow, known: Delivery, gap: Gap) -> bool:
        reason = exception.reason
        match gap.kind:
            case "missing_in_source":
                return reason == "deleted_in_source"
            case "duplicate_in_target":
                return reason == "natural_key_taken"
            case "missing_in_target":
                return reason in LOST if known.key in self._linked else reason not in OF_THE_TARGET
        if reason == "natural_key_taken" or _names(exception, gap.field):
            return True
        return reason not in OF_THE_TARGET - {"changed_on_both_sides"} and _as_agreed(known, gap)

    def _rules(self, document: Document | None, known: Delivery, gap: Gap) -> Iterator[str]:
        if gap.kind == "duplicate_in_target":
            return
        as_it_was = document is None or known.seen_hash == document.hash
        if known.state == "ignored" and known.outcome == "dismissed" and as_it_was:
            yield "dismissed"
        if document is None:
            return
        if known.key in self._linked and (gap.kind == "missing_in_target" or not _as_agreed(known, gap)):
            # it was there, and it was so: no rule of ours has changed that
            return
        if document.ignored is not None:
            yield document.ignored
        elif known.state in LEFT and as_it_was:
            yield LEFT[known.state]
        elif known.state == "ignored" and known.outcome == "rejected" and as_it_was:
            yield "rejected"


def _current(exception: ExceptionRow, document: Document | None, known: Delivery) -> bool:
    """Whether an exception is about the source's content as it is now."""
    if document is None:
        return exception.reason == "deleted_in_source"
    return known.seen_hash == document.hash or exception.reason in {each.reason for each in document.problems}


def _names(exception: ExceptionRow, field: str) -> bool:
    """Whether an exception names a field; `status` stands for all that tell one."""
    named = {*exception.field.split(", "), *ALSO_NAMED.get(exception.reason, ())}
    return field in named or ("status" in named and field in STATUS_FIELDS)


def _as_agreed(known: Delivery, gap: Gap) -> bool:
    """Whether the target still holds what both sides last agreed on, so that it is the source that moved."""
    if known.content is None or gap.target is None:
        return False
    agreed, held, name = known.content, gap.target.content, gap.field
    return name in agreed and name in held and bool(agreed[name] == held[name])

"""What a run did with every document of a flow, counted once by key, and the money that goes with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.engine.frozen import Frozen
from connector_assets.engine.money import amount_text
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.references import as_shown, shown
from connector_resources.ledger import Problem, Staged

OUTCOMES = (
    "created",
    "updated",
    "unchanged",
    "adopted",
    "held",
    "staged",
    "conflict",
    "refused",
    "failed",
    "in_doubt",
    "ignored",
)
SETTLED = frozenset({"created", "updated", "unchanged", "adopted"})
# what is staged waits for a person too, but nothing is wrong with it: it is no exception
NEEDS_A_PERSON = frozenset({"held", "conflict", "refused", "failed", "in_doubt"})
UNFINISHED = frozenset({"failed", "in_doubt"})


@dataclass(frozen=True, slots=True)
class Result:
    """The one outcome of one document. `rule` names the rule that ignored it."""

    key: str
    outcome: str
    day: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The call that a planned one prepares: its name, the changes that it makes and its body."""

    action: str
    changes: list[dict[str, Any]]
    request: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As it stands beside the planned call."""
        return {"action": self.action, "changes": as_shown(self.changes), "request": as_shown(self.request)}


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done with one document: `request` is the exact body that would be sent, `frozen` the call as it can
    be sent later; both are None where nothing is sent. `after` are the documents, (flow's name, key), that it refers to
    and that earlier flows of the plan would make; `content` is then its content as canonical text. `then` is the call
    that the planned one prepares, where it does."""

    key: str
    action: str
    changes: list[dict[str, Any]]
    request: dict[str, Any] | None
    frozen: Frozen | None = None
    day: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    after: tuple[Referred, ...] = ()
    content: str | None = None
    then: FollowUp | None = None

    def as_json(self) -> dict[str, Any]:
        """The document's entry in what `connector sync --plan --json` prints."""
        entry = {
            "key": self.key,
            "action": self.action,
            "after": [shown(each) for each in self.after],
            "changes": as_shown(self.changes),
            "request": as_shown(self.request),
        }
        return entry | ({"then": self.then.as_json()} if self.then is not None else {})


@dataclass(frozen=True, slots=True)
class DaysRead:
    """The days that a run read: from `first` each entity to a day of its own, since each source has its own today."""

    first: date
    to: Mapping[str, date]


@dataclass(frozen=True)
class FirstLook:
    """What the days of a first sync do not show. `undated` are the documents without a usable day of change (none, or
    one that is still to come), which were read besides; `before` is the number of those of before the start date."""

    undated: Collection[str] = ()
    before: int = 0

    @classmethod
    def parse(cls, kept: Mapping[str, Any]) -> FirstLook:
        """What `kept` has made."""
        return cls(tuple(kept["undated"]), kept["before"])

    def kept(self) -> dict[str, Any]:
        """As the mapped asset leaves it for the one that writes."""
        return {"undated": sorted(self.undated), "before": self.before}

    def as_json(self, results: Mapping[str, Result]) -> dict[str, Any]:
        """As a report shows it, with the money of the documents that were read."""
        sums: dict[str, Decimal] = {}
        for key in self.undated:
            result = results.get(key)
            if result is not None and result.amount is not None and result.currency:
                sums[result.currency] = sums.get(result.currency, Decimal("0.00")) + result.amount
        amounts = {currency: amount_text(amount, currency) for currency, amount in sorted(sums.items())}
        return {"without_a_date": len(self.undated), "amounts": amounts, "before_start_date": self.before}


class AccountingError(AssertionError):
    """Rows or documents are not all accounted for. A defect of ml-connector, never of the data: stop."""


@dataclass
class FlowReport:
    """The results of one flow in one run.

    `rows` accounts for the rows of the flow's main source table (`Assembly.as_json`), where this run mapped them;
    `held` says, in a plan, which document would be held for what; `waiting` are the calls of its staged documents
    that wait for an approval. `whole` says of a plan which days it is all of: nothing of them is left for a sync but
    what the plan sends.
    """

    flow: str
    carries_money: bool
    results: dict[str, Result] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    held: list[tuple[str, Problem]] = field(default_factory=list)
    waiting: list[Staged] = field(default_factory=list)
    plan: bool = False
    plan_reason: str | None = None
    whole: DaysRead | None = None
    first_look: FirstLook | None = None
    error: Exception | None = None
    reads: int = 0
    writes: int = 0
    seconds: float = 0.0

    def add(self, results: Iterable[Result]) -> None:
        """Take results in; a second outcome for a key is a defect and raises."""
        for result in results:
            if result.key in self.results:
                raise AccountingError(f"{self.flow}: {result.key} was given two outcomes in one run")
            if result.outcome not in OUTCOMES:
                raise AccountingError(f"{self.flow}: {result.key} has the unknown outcome {result.outcome}")
            self.results[result.key] = result

    def check(self, expected: Iterable[str]) -> None:
        """Every document has exactly one outcome, and nothing else has one. Raises AccountingError."""
        missing = set(expected) ^ self.results.keys()
        if missing:
            raise AccountingError(
                f"{self.flow}: {len(missing)} documents without exactly one outcome, {min(missing)} among them"
            )

    def outcomes(self, day: date | None = None) -> dict[str, int]:
        """Documents per outcome, all eleven present; of one day where a day is given."""
        counted = Counter(result.outcome for result in self.results.values() if day is None or result.day == day)
        return {name: counted.get(name, 0) for name in OUTCOMES}

    def amounts(self) -> dict[str, dict[str, Decimal]]:
        """Per currency: read, settled, and one sum for each outcome that settles nothing."""
        sums: dict[str, dict[str, Decimal]] = {}
        for result in self.results.values():
            if result.amount is None or not result.currency:
                continue
            row = sums.setdefault(
                result.currency,
                dict.fromkeys(
                    ("read", "settled", *(name for name in OUTCOMES if name not in SETTLED)), Decimal("0.00")
                ),
            )
            row["read"] += result.amount
            row["settled" if result.outcome in SETTLED else result.outcome] += result.amount
        return sums

    def unfinished(self) -> list[Result]:
        """Documents that the next run must look at again."""
        return [result for result in self.results.values() if result.outcome in UNFINISHED]

    def sentence(self) -> str:
        """The report in one line."""
        counted = ", ".join(f"{count} {name}" for name, count in self.outcomes().items() if count)
        unreadable = f", {self.unreadable} records unreadable" if self.unreadable else ""
        return f"{self.flow}: {len(self.results)} documents: {counted or 'nothing to do'}{unreadable}"

    @property
    def unreadable(self) -> int:
        """How many records could not be read."""
        return int(self.rows.get("unreadable", 0))

    def rules(self) -> dict[str, int]:
        """How many documents each rule ignored."""
        return dict(Counter(result.rule for result in self.results.values() if result.rule))

    def rule_amounts(self) -> dict[str, dict[str, Decimal]]:
        """Per rule and currency: the money of the documents that it ignored."""
        sums: dict[str, dict[str, Decimal]] = {}
        for result in self.results.values():
            if result.rule and result.amount is not None and result.currency:
                row = sums.setdefault(result.rule, {})
                row[result.currency] = row.get(result.currency, Decimal("0.00")) + result.amount
        return sums

    def as_json(self) -> dict[str, Any]:
        """The flow's entry in what `connector sync --json` prints."""
        entry: dict[str, Any] = {
            "flow": self.flow,
            "read": len(self.results),
            "outcomes": self.outcomes(),
            "calls": {"read": self.reads, "write": self.writes},
            "seconds": round(self.seconds, 3),
            "rows": self.rows,
            "ignored_by": self.rules(),
        }
        if self.carries_money:
            entry["ignored_amounts"] = {
                rule: {currency: amount_text(amount, currency) for currency, amount in sorted(sums.items())}
                for rule, sums in self.rule_amounts().items()
            }
            entry["amounts"] = {
                currency: {name: amount_text(amount, currency) for name, amount in sums.items()}
                for currency, sums in sorted(self.amounts().items())
            }
        if self.plan:
            entry["documents"] = [each.as_json() for each in self.planned]
            entry["held"] = [
                {"key": key, **{name: getattr(why, name) for name in ("reason", "field", "value", "message", "fix")}}
                for key, why in self.held
            ]
        if self.first_look is not None:
            entry["first_sync"] = self.first_look.as_json(self.results)
        if self.plan_reason:
            entry["plan_reason"] = self.plan_reason
        return entry

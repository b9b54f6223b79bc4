"""What happens to a flow's work when records cannot be read: those are reported, and all other documents go on.

An unreadable record never counts as absent. A read that meets one raises `UnreadableRecord`. The work is then halved
until it is known which documents need that record, and only these are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from connector_assets.engine.flow import Flow
from connector_assets.engine.reasons import problem
from connector_resources.ledger import Change, ExceptionRow, Problem
from connector_resources.ledger.exceptions import UNREADABLE
from connector_resources.unreadable import Unreadable, UnreadableRecord, set_aside

E = TypeVar("E")
R = TypeVar("R")

REASON = "unreadable_record"
# what a document waits for whose records cannot all be read: each run looks again
WAITS = "unreadable_record"
# of what the ledger knows of a document, the states in which each run may look at it again
_LOOKED_AT = frozenset({"held", "settled", "conflict"})


def record_problem(record: Unreadable) -> Problem:
    """The exception of a record that cannot be read, or of a document that cannot do without it."""
    return replace(problem(REASON, record.field, record.type), message=str(record))


def without_unreadable(task: Sequence[E], attempt: Callable[[list[E]], R]) -> tuple[R, list[tuple[E, Unreadable]]]:
    """The result of `attempt` for the works that meet no unreadable record, and those that do with the first such one.

    `attempt` reads and may be called several times. Raises UnreadableRecord where only several works together meet one.
    """
    left, blocked = list(task), list[tuple[E, Unreadable]]()
    while True:
        try:
            return attempt(left), blocked
        except UnreadableRecord:
            found = _blocked(left, attempt)
            if not found:
                raise
        blocked += [(left[index], record) for index, record in found]
        guilty = {index for index, _ in found}
        left = [each for index, each in enumerate(left) if index not in guilty]


def _blocked(task: list[E], attempt: Callable[[list[E]], R], start: int = 0) -> list[tuple[int, Unreadable]]:
    """The indexes of those works that meet an unreadable record by themselves."""
    if not task:
        return []
    try:
        attempt(task)
    except UnreadableRecord as error:
        if len(task) == 1:
            return [(start, error.records[0])]
        middle = len(task) // 2
        return [*_blocked(task[:middle], attempt, start), *_blocked(task[middle:], attempt, start + middle)]
    return []


@dataclass
class UnreadableRecords:
    """The records that one flow could not read in one run, each once, and the documents that cannot do without them."""

    flow: Flow
    met: dict[str, Unreadable] = field(default_factory=dict)
    blocked: dict[str, date | None] = field(default_factory=dict)
    # keys of records of earlier runs that can be read now, or are gone
    read: list[str] = field(default_factory=list)

    def add(self, records: Iterable[Unreadable]) -> None:
        """Records that the flow reads and could not."""
        self.met |= {each.key: each for each in records}

    def block(self, documents: Iterable[tuple[str, Unreadable]], days: Mapping[str, date | None]) -> None:
        """Documents that are left out, each for a record."""
        for key, record in documents:
            self.add([record])
            self.blocked[key] = days.get(key)

    def open(self) -> list[ExceptionRow]:
        """The records of earlier runs that the flow still waits for."""
        rows = self.flow.context.ledger.exceptions.open(self.flow.full_name, reason=REASON)
        return [each for each in rows if each.state == UNREADABLE]

    def read_again(self, keys: Iterable[str] | None = None) -> dict[str, date | None]:
        """Read the open records again (those of these keys alone), and say which documents they touch."""
        wanted = None if keys is None else set(keys)
        touched: dict[str, date | None] = {}
        for row in self.open():
            if wanted is None or row.key in wanted:
                touched |= self._again(row)
        return touched

    def _again(self, row: ExceptionRow) -> dict[str, date | None]:
        connection, entity, id = row.key.split(":", 2)
        context = self.flow.context
        role = next((role for role, each in context.integration.connections.items() if each.name == connection), None)
        source = next((each for each in self.flow.sources if (each.role, each.entity) == (role, entity)), None)
        if role is None:
            self.read.append(row.key)
            return {}
        reader = context.reader(role)
        if source is not None and not source.daily:
            # read whole in each run, so that the newest snapshot tells
            found, rows = reader.unreadable_of_snapshot(entity), []
        else:
            day = date.fromisoformat(row.partition) if row.partition else None
            with set_aside() as found:
                rows = reader.read_again(entity, id, day)
        self.add(each for each in found if source is not None or each.key == row.key)
        if all(each.key != row.key for each in found):
            self.read.append(row.key)
        if source is None or not rows:
            return {}
        with set_aside() as more:
            touched = self.flow.changed_keys(entity, rows)
        self.add(more)
        return touched

    def tell(self, shown_on: date | None = None) -> None:
        """Write the exceptions; `shown_on` is the partition of a record that does not say when it changed."""
        context, name = self.flow.context, self.flow.full_name
        records = {key: (record_problem(each), _iso(each.day or shown_on)) for key, each in self.met.items()}
        if records:
            context.ledger.exceptions.report_records(name, records, context.now(), context.run)
        known = context.ledger.deliveries.load(name, list(self.blocked))
        changes = [
            self._waiting(key, day, new=key not in known)
            for key, day in self.blocked.items()
            if key not in known or known[key].state in _LOOKED_AT
        ]
        if changes:
            context.ledger.record(changes, context.now())

    def settle(self) -> None:
        """Close the exceptions of records that could be read, once their documents have their outcomes."""
        context = self.flow.context
        done = sorted(set(self.read) - self.met.keys())
        if done:
            context.ledger.exceptions.records_read(self.flow.full_name, done, context.now(), context.run)

    def _waiting(self, key: str, day: date | None, *, new: bool) -> Change:
        context = self.flow.context
        standing = {"state": "held", "outcome": "held", "partition": _iso(day)} if new else {}
        return Change(
            flow=self.flow.full_name,
            key=key,
            run=context.run,
            waiting=WAITS,
            due_at=context.now(),
            release_claim=False,
            **standing,  # type: ignore[arg-type]
        )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None

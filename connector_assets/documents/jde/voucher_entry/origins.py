"""From which document a voucher of JD Edwards was made, and which vouchers a document has.

One object answers both for the flow that enters the vouchers, and for the flows that must recognise them: what
originates elsewhere is never sent there. The setting `voucher_key` of the flow says how vouchers are recognised: by a
mark in a column of F0411 (`MarkedOrigins` here), or by what a voucher carries in any case (`without_mark`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, chunks, voucher_key
from connector_assets.documents.jde.voucher_entry.marks import MarkRules
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.context import Reader, RunContext
from connector_resources.jde.query import Where, any_of, starts_with

# the id of a document, and which voucher of it: the first, the second …
Origin = tuple[Any, int]
NOTHING: Mapping[Origin, Row] = {}
# reads rows of F0411 by key: columns, and the keys in their order
Read = Callable[[Sequence[str], Collection[tuple[Any, ...]]], Sequence[Row]]
# revisions are asked for so many at a time: nearly every voucher is the first of its document
AT_A_TIME = 5
# a revision among the last of these that were asked for, and there may be more
LAST = 3
# conditions of one question
PREFIXES = 20
REFERENCES = {"VR01": "Reference", "URRF": "UserReference"}


def voucher_id(row: Row) -> str:
    """A voucher as links name it: `00001/PV/4711`."""
    return voucher_key(row).removeprefix("F0411:")


@dataclass
class Found:
    """Vouchers with their pay items (F0411, no audit rows), and what each is of: by `00001/PV/4711`."""

    vouchers: dict[str, list[Row]] = field(default_factory=dict)
    of: dict[str, Origin] = field(default_factory=dict)


class Origins(ABC):
    """Of the vouchers that one flow makes. `flow` is its full name, `entity` what its document keys begin with."""

    # whether the batch files refuse a second row of one key whatever happens: not where processed rows may be purged,
    # since nothing else would tell of the first
    refuses_second: ClassVar[bool] = False
    # the inputs without which an orchestration would make vouchers that are not known again
    INPUTS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, context: RunContext, flow: str, entity: str, rules: MarkRules[Any]) -> None:
        self.context = context
        self.flow = flow
        self.entity = entity
        self.rules = rules

    def key(self, id: Any) -> str:
        """The document key of an id."""
        return f"{self.entity}:{id}"

    def id(self, key: str) -> Any:
        """The id in a document key."""
        return type(self.rules).id_of(key.partition(":")[2])

    def vouchers(self, reader: Reader, ids: Collection[Any]) -> dict[Any, list[list[Row]]]:
        """Id -> the vouchers made of the document, of each its pay items, by number; what is read lands."""
        found = self.find(lambda columns, keys: reader.complete("F0411", columns, keys), ids)
        made: dict[Any, list[list[Row]]] = {id: [] for id in ids}
        for name in sorted(found.of, key=lambda each: _sortable(found.vouchers[each][0])):
            made[found.of[name][0]].append(found.vouchers[name])
        return made

    def of_row(self, row: Row) -> Origin | None:
        """What the voucher of one row is of; None where it was not born elsewhere."""
        return self.of_rows([row]).get(voucher_id(row))

    @abstractmethod
    def of_rows(self, rows: Sequence[Row]) -> dict[str, Origin]:
        """Voucher -> what it is of, of the vouchers of these rows of F0411; those that were not born elsewhere are
        absent."""

    @abstractmethod
    def find(self, read: Read, ids: Collection[Any]) -> Found:
        """The vouchers of these documents, of every revision."""

    @abstractmethod
    def current(self, jde: Any, ids: Collection[Any], processed: Mapping[Origin, Row] = NOTHING) -> Found:
        """The same, asked of JDE's client. `processed` are the batch rows of which JDE says that it made a voucher."""

    @abstractmethod
    def all(self, jde: Any) -> Found:
        """Every voucher of every document."""

    @abstractmethod
    def ids(self, jde: Any) -> set[Any]:
        """The ids of the documents that JDE holds a voucher of, or did."""

    @abstractmethod
    def any(self, jde: Any) -> bool:
        """Whether JDE holds any."""

    @abstractmethod
    def fields(self, id: Any, revision: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of an orchestration by which its voucher is known; `row` is the document's mapped one."""

    # -- what a mark needs none of -------------------------------------------------------------------------------

    def reserve(self, id: Any, revision: int, row: Mapping[str, Any]) -> bool:
        """Keep what its voucher will be known by, if it needs anything; False where nothing is left."""
        return True

    def attempt(  # noqa: B027 - nothing, unless a way needs it
        self, id: Any, revision: int, act: str, body: Mapping[str, Any], content: Mapping[str, Any]
    ) -> None:
        """A voucher is about to be asked for, by the orchestration `act`: what it will be known by is written down."""

    def recognised(self, id: Any, revision: int, items: Sequence[Row]) -> None:  # noqa: B027 - as above
        """JDE itself told that this voucher is the one that was asked for."""

    def waits(self, id: Any, revision: int, rows: Sequence[Row]) -> None:  # noqa: B027 - as above
        """Rows of ours wait in the batch files: what will be known of their voucher is what they say."""

    def newest_made(self, id: Any) -> int:
        """The newest revision that our memory knows to have been made, though JDE may hold it no more; 0: of none."""
        return 0

    def answered(self, id: Any, revision: int, items: Sequence[Row]) -> bool:
        """Whether the voucher that an orchestration says it made is the one that was asked for."""
        return self.of_row(items[0]) is not None

    def claim(
        self, jde: Any, wanted: Mapping[Any, Mapping[str, Any]], processed: Mapping[Any, int], *, by_user: bool
    ) -> Found:
        """Of documents that our memory knows nothing of, the vouchers that are ours all the same: id -> what it says
        (supplier, number, amount, date, currency, type; None where it does not matter). `processed` is the newest
        revision that the batch files have processed. `by_user`: whether it is enough that our user made it."""
        return Found()

    def perhaps(self, rows: Sequence[Row]) -> set[str]:
        """Vouchers of these rows that may be what was asked for and was not seen yet: while it is not known, they are
        sent nowhere."""
        return set()

    def maybe_ours(self, wanted: Mapping[Any, Mapping[str, Any]], vouchers: Found) -> dict[str, Any]:
        """Of these vouchers, of which it is not known of what they are, those that may have been made of a document all
        the same (id -> what it says, as for `claim`), and of which."""
        return {}

    def awaits_first(self) -> bool:
        """Whether a voucher that shows what survives is under way, and not known yet."""
        return False

    def goes_alone(self, left: Collection[str]) -> bool:
        """Whether the next voucher goes alone: it shows what survives of what we give it, and nothing has yet. `left`
        are the documents (keys) that this run still looks at."""
        return False

    def awaited(self, id: Any, act: str) -> bool:
        """Whether the voucher of another document, of which it is not known yet, has to show first what survives of
        those that the orchestration `act` makes."""
        return False

    def unmatched(self) -> list[str]:
        """Vouchers of ours that are of no document that we know: nothing is written before they are accounted for."""
        return []

    def unaccounted(self, rows: Sequence[Row]) -> set[str]:
        """Vouchers of these rows that our user made, and of which nobody knows of what."""
        return set()

    def startup_problems(self) -> list[str]:
        """What a site still has to do that vouchers can be known, one sentence each: for `ping`."""
        return []

    def startup_notes(self) -> list[str]:
        """What it should know, one sentence each."""
        return []


class MarkedOrigins(Origins):
    """By a mark in VR01 or URRF: it needs no memory, and a JDE that keeps what it is given there."""

    refuses_second = True

    def of_rows(self, rows: Sequence[Row]) -> dict[str, Origin]:
        return {voucher_id(row): origin for row in rows if (origin := self.rules.of_row(row)) is not None}

    def find(self, read: Read, ids: Collection[Any]) -> Found:
        return marked(read, self.rules, ids)

    def current(self, jde: Any, ids: Collection[Any], processed: Mapping[Origin, Row] = NOTHING) -> Found:
        column, found = self.rules.mark_column, Found()
        for part in chunks(sorted(ids), PREFIXES):
            self._into(found, jde, any_of(*(starts_with(column, self.rules.begins(id)) for id in part)))
        return found

    def all(self, jde: Any) -> Found:
        found = Found()
        self._into(found, jde, starts_with(self.rules.mark_column, self.rules.mark_prefix))
        return found

    def ids(self, jde: Any) -> set[Any]:
        prefix, column = self.rules.mark_prefix, self.rules.mark_column
        pages = jde.browse("F0411", columns=[column], where=starts_with(column, prefix))
        return {mark[0] for page in pages for row in page if (mark := self.rules.of_row(row)) is not None}

    def any(self, jde: Any) -> bool:
        return bool(jde.count("F0411", starts_with(self.rules.mark_column, self.rules.mark_prefix)))

    def fields(self, id: Any, revision: int, row: Mapping[str, Any]) -> dict[str, Any]:
        return {REFERENCES[self.rules.mark_column]: self.rules.mark(id, revision)}

    def awaited(self, id: Any, act: str) -> bool:
        ledger = self.context.ledger
        if ledger.deliveries.counts(self.flow).get("settled"):
            return False
        # the batch run made the first one, and its mark is not there: each further one would be lost alike
        lost = ledger.exceptions.open(flow=self.flow, reason="voucher_not_recognised")
        return any(each.key != self.key(id) for each in lost)

    def _into(self, found: Found, jde: Any, where: Where) -> None:
        rows = [row for page in jde.browse("F0411", where=where) for row in page]
        group(found, rows, self.rules.of_row)


def marked(read: Read, rules: MarkRules[Any], ids: Collection[Any]) -> Found:
    """The vouchers that carry the marks of these documents."""
    found, asked, start = Found(), list(dict.fromkeys(ids)), 1
    wanted = set(asked)
    while asked:
        revisions = [each for each in range(start, start + AT_A_TIME) if rules.room_for(each)]
        marks = [(rules.mark(id, revision),) for id in asked for revision in revisions]
        rows = read([rules.mark_column], marks) if marks else []
        start += AT_A_TIME
        shown = [mark for row in rows if (mark := rules.of_row(row)) is not None and mark[0] in wanted]
        group(found, rows, rules.of_row)
        asked = list(dict.fromkeys(id for id, revision in shown if revision >= start - LAST))
    of = {name: origin for name, origin in found.of.items() if origin[0] in wanted}
    return Found({name: found.vouchers[name] for name in of}, of)


def group(found: Found, rows: Sequence[Row], of_row: Callable[[Row], Origin | None]) -> None:
    """Put the pay items among these rows together as vouchers; those that `of_row` knows nothing of are left out."""
    for items in by(without_audit_rows(rows), *VOUCHER_KEY).values():
        if (origin := of_row(items[0])) is not None:
            name = voucher_id(items[0])
            found.vouchers[name], found.of[name] = items, origin


def _sortable(row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in VOUCHER_KEY)


def pages(rows: Iterable[Sequence[Row]]) -> list[Row]:
    """All rows of these pages."""
    return [row for page in rows for row in page]

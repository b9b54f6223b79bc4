"""The mark that a voucher of JD Edwards carries of the document it was made of: `<prefix><id>-<revision>`.

It says without our memory that a voucher was born in the other system, and of which document. In the batch files the
transaction number (F0411Z1.EDTN, 22 characters) says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from connector_assets.delivery.workbench import Reader
from connector_assets.integrations.from_jde.keys import VOUCHER_KEY, Row, by, text
from connector_assets.integrations.from_jde.posting import without_audit_rows

Id = TypeVar("Id", int, str)
# revisions are asked for so many at a time: nearly every voucher is the first of its document
AT_A_TIME = 5
# a revision among the last of these that were asked for, and there may be more
LAST = 3


class MarkRules(BaseModel, Generic[Id]):
    """How the vouchers of one kind of documents are marked; a pair gives the two fields their defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mark_column: str
    mark_prefix: str

    # what an id looks like, and how it is read of such a text
    ID: ClassVar[str]
    id_of: ClassVar[Callable[[str], Any]]
    # the highest revision that there is room for; None: any
    LAST_REVISION: ClassVar[int | None] = None

    def mark(self, id: Id, revision: int) -> str:
        """The mark of one revision of a document."""
        return f"{self.mark_prefix}{id}-{revision}"

    def begins(self, id: Id) -> str:
        """What the marks of all revisions of a document begin with."""
        return f"{self.mark_prefix}{id}-"

    def batch(self, id: Id, revision: int) -> str:
        """The batch (F0411Z1.EDBT, 15 characters) of one revision: nothing can be added to a batch that was run, so
        each has its own."""
        return f"{self.mark_prefix.rstrip('-')}{id}-{revision}"

    @property
    def transactions(self) -> str:
        """What all transaction numbers of ours begin with."""
        return self.mark_prefix

    def transaction(self, id: Id, revision: int) -> str:
        """The transaction number of one revision."""
        return self.mark(id, revision)

    def transaction_begins(self, id: Id) -> str:
        """What the transaction numbers of all revisions of a document begin with."""
        return self.begins(id)

    def read(self, value: Any) -> tuple[Id, int] | None:
        """(id, revision) of a mark; None of any other text."""
        return self._parts(rf"{re.escape(self.mark_prefix)}({self.ID})-([1-9]\d*)", value)

    def read_transaction(self, value: Any) -> tuple[Id, int] | None:
        """(id, revision) of a transaction number; None of any other text."""
        return self.read(value)

    def of_row(self, row: Mapping[str, Any]) -> tuple[Id, int] | None:
        """(id, revision) of a row of F0411; None where the voucher was not born in the other system."""
        return self.read(row.get(self.mark_column))

    def room_for(self, revision: int) -> bool:
        """Whether there can be a mark of this revision."""
        return self.LAST_REVISION is None or revision <= self.LAST_REVISION

    def _parts(self, pattern: str, value: Any) -> tuple[Id, int] | None:
        found = re.fullmatch(pattern, text(value) or "")
        if found is None or not self.room_for(int(found[2])):
            return None
        return type(self).id_of(found[1]), int(found[2])


def marked(reader: Reader, rules: MarkRules[Id], ids: Collection[Id]) -> dict[Id, list[list[Row]]]:
    """Id -> the vouchers made of the document, of each its pay items (F0411), read by their marks."""
    found: dict[Id, list[Row]] = {id: [] for id in ids}
    asked, start = list(found), 1
    while asked:
        revisions = [each for each in range(start, start + AT_A_TIME) if rules.room_for(each)]
        marks = [(rules.mark(id, revision),) for id in asked for revision in revisions]
        rows = reader.complete("F0411", [rules.mark_column], marks) if marks else []
        start += AT_A_TIME
        asked = list(dict.fromkeys(id for id, revision in _read(rows, rules, found) if revision >= start - LAST))
    return {id: _vouchers(without_audit_rows(rows)) for id, rows in found.items()}


def _read(rows: Sequence[Row], rules: MarkRules[Id], into: dict[Id, list[Row]]) -> Iterator[tuple[Id, int]]:
    for row in rows:
        told = rules.of_row(row)
        if told is not None and told[0] in into:
            into[told[0]].append(row)
            yield told


def _vouchers(rows: Sequence[Row]) -> list[list[Row]]:
    vouchers = by(rows, *VOUCHER_KEY)
    return [vouchers[key] for key in sorted(vouchers)]

"""The mark on a voucher of JD Edwards that names its document: `<prefix><id>-<revision>`.

It says, without the ledger, that a voucher originates in the other system, and from which document. In the batch files
the transaction number (F0411Z1.EDTN, 22 characters) says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connector_assets.documents.jde.keys import text

Id = TypeVar("Id", int, str)


class MarkRules(BaseModel, Generic[Id]):
    """How the vouchers of one kind of documents are marked; a pair gives the two fields their defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mark_column: str
    mark_prefix: str
    voucher_key: Literal["supplier_invoice", "preset_document", "mark"] | None = Field(
        default=None,
        description="by what a voucher of ours is known: supplier_invoice (supplier, invoice number and what else must "
        "agree), preset_document (a number of `preset_first` to `preset_last`), or mark (in `mark_column`, "
        "which JD Edwards' batch processor drops); null: supplier_invoice, but mark "
        "in a home that has made vouchers under the mark, or that names `mark_column`",
    )
    mark_in_remark: bool = Field(
        default=True,
        description="without a mark column: whether the remark (F0411.RMK) begins with the mark; the remark follows it",
    )
    not_ours: tuple[str, ...] = Field(
        default=(),
        description="vouchers (COMPANY/TYPE/NUMBER) that our user entered in JD Edwards and that no document of the "
        "other system stands behind",
    )

    preset_first: int = Field(
        default=0, ge=0, le=99_999_999, description="first document number (F0411.DOC) that the site keeps for us"
    )
    preset_last: int = Field(default=0, ge=0, le=99_999_999, description="the last of them")
    document_type: str = Field(default="PV", max_length=2, description="F0411.DCT of vouchers")
    credit_type: str = Field(default="PD", max_length=2, description="F0411.DCT of credits")

    # how the contents of the flow call the document's id
    SOURCE: ClassVar[str]

    # what an id looks like, and how it is read of such a text
    ID: ClassVar[str]
    id_of: ClassVar[Callable[[str], Any]]
    # the highest revision that there is room for; None: any
    LAST_REVISION: ClassVar[int | None] = None

    @model_validator(mode="after")
    def _has_numbers(self) -> Self:
        if self.voucher_key == "preset_document" and not 0 < self.preset_first <= self.preset_last:
            raise ValueError("voucher_key: preset_document needs preset_first and preset_last, a range of our own")
        return self

    @property
    def document_types(self) -> tuple[str, ...]:
        """The document types of our vouchers."""
        return tuple(dict.fromkeys((self.document_type, self.credit_type)))

    def is_preset(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of F0411 bears a document number of ours, under a type of ours."""
        known = self.voucher_key == "preset_document" and text(row.get("DCT")) in self.document_types
        return bool(known and self.preset_first <= row["DOC"] <= self.preset_last)

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
        """(id, revision) of a row of F0411; None where the voucher was not originating in the other system."""
        return self.read(row.get(self.mark_column))

    @staticmethod
    def is_mark(value: str) -> bool:
        """Whether a text looks like a mark, of whatever flow."""
        return re.fullmatch(r"[A-Z0-9]{1,6}-[0-9A-Za-z]+-[1-9]\d*", value) is not None

    def room_for(self, revision: int) -> bool:
        """Whether there can be a mark of this revision."""
        return self.LAST_REVISION is None or revision <= self.LAST_REVISION

    def _parts(self, pattern: str, value: Any) -> tuple[Id, int] | None:
        found = re.fullmatch(pattern, text(value) or "")
        if found is None or not self.room_for(int(found[2])):
            return None
        return type(self).id_of(found[1]), int(found[2])

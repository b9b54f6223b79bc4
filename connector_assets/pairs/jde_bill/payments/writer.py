"""The common interface of the two ways to post a payment of BILL in JD Edwards: `settling` writes payments, `journals`
entries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from connector_assets.documents.jde.keys import Row
from connector_assets.documents.jde.payments.recording import RETURN_STATUS
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Document, Step, Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.money import amount_text
from connector_assets.pairs.jde_bill.payments.settings import PaymentsSettings, return_status
from connector_resources.ledger import NewLink
from connector_resources.ledger.progress import Progress

POSTED, VOIDED = Progress("posted"), Progress("voided")


@dataclass(frozen=True, slots=True)
class Part:
    """A pay item that is settled: its key, how much in the document's currency, and as `base` in the company's."""

    company: str
    type: str
    number: int
    suffix: str
    amount: Decimal
    base: Decimal

    @property
    def voucher(self) -> dict[str, Any]:
        """The fields that name its document to an orchestration."""
        return {"DocumentCompany": self.company, "DocumentType": self.type, "DocumentNumber": self.number}


def parts_of(document: Document) -> list[Part]:
    """What a document settles: pay items, and debit memos, whose amounts are negative."""
    return [_part(line) for line in document.facts["lines"] if line["item"] is not None]


def _part(line: Mapping[str, Any]) -> Part:
    company, kind, number, suffix = line["item"].split("/")
    # as a content writes it: a frame that was stored has more decimals, and the request would be another one
    amount, base = (Decimal(amount_text(line[name])) for name in ("amount", "base"))
    return Part(company, kind, int(number), suffix, amount, base)


class PaymentWriter(ABC):
    """One way of posting. `entity` is what its records are called in JD Edwards, `needs` act -> fields that its
    orchestration cannot do without."""

    entity: ClassVar[str]

    def __init__(self, context: RunContext, settings: PaymentsSettings) -> None:
        self.context = context
        self.settings = settings

    @abstractmethod
    def missing(self) -> str | None:
        """The first act that the connection names no orchestration for."""

    @abstractmethod
    def lacking(self) -> list[str]:
        """What the site's orchestrations lack, one sentence each; asks JDE."""

    @abstractmethod
    def returns(self) -> bool:
        """Whether the site's orchestration takes the pay status that vouchers go back to; asks JDE."""

    def no_discounts(self, *, foreign: bool) -> str:
        """Why a discount cannot be taken with a payment, in words; '' where it can; asks JDE."""
        return f"mode {self.settings.mode} takes no discounts"

    @abstractmethod
    def any(self) -> bool:
        """Whether there is a record of a number of ours."""

    @abstractmethod
    def all(self) -> list[Target]:
        """Every record of a number of ours."""

    @abstractmethod
    def numbered(self, numbers: Collection[int]) -> list[Target]:
        """The records of these numbers."""

    @abstractmethod
    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """The records of these ids; a void one that was followed by another is answered for by that one."""

    def linked(self, link: NewLink, target: Target) -> NewLink:
        """The link of a record, with what is kept of it beyond its id."""
        return link

    def taken_back(self, flow: Flow, ids: Collection[str]) -> dict[str, Target]:
        """The records of these ids that JDE holds no more because we took them back, or what followed them."""
        return {}

    @abstractmethod
    def perhaps_undone(self, entity: str, rows: Sequence[Row]) -> dict[str, date | None]:
        """The ids of records that these changed rows of a table may say to be void now, each with its day."""

    @abstractmethod
    def answers_to(self, target: Target, row: Mapping[str, Any]) -> bool:
        """Whether a record of its number is the one of a mapped row."""

    @abstractmethod
    def post(self, document: Document) -> Step:
        """The step that posts it."""

    @abstractmethod
    def reverse(self, document: Document, target: Target) -> Step:
        """The step that takes it back, dated as the document says."""

    @property
    def returns_nothing(self) -> bool:
        """Whether a payment that is taken back needs no pay status to go back to, whatever the bill."""
        settings = self.context.integration.settings
        return not any(
            return_status(settings, originates_in_bill=each) for each in (False, "approved_bills" in settings.flows)
        )

    def found_void(self, target: Target, document: Document) -> str | None:
        """What JDE's own payment run selects of the pay items of a record that was taken back, in words; None where
        there is nothing."""
        return None

    def known_as(self, target: Target) -> Hashable:
        """What tells a record from another one of its number; None where it carries the id of its bill payment."""
        return None

    def inner_duplicates(self, target: Target) -> Collection[str]:
        """In words, what stands in JD Edwards more than once although it is shown as one record."""
        return ()

    def found(self, target: Target, document: Document) -> str | None:
        """What is wrong with a record of ours although it was accepted, in words; None where nothing is."""
        return None


def returned(row: Mapping[str, Any]) -> dict[str, Any]:
    """The field that says on which pay status the vouchers of a payment stand once it is taken back."""
    return {RETURN_STATUS: row["return_status"]} if row["return_status"] else {}


def standing(targets: Sequence[Target]) -> list[Target]:
    """The records that count: those in force, or where there is none the newest void one."""
    live = [each for each in targets if not each.content["void"]]
    return live or list(targets[-1:])

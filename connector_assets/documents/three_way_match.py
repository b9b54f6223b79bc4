"""Order, receipt, invoice and voucher compared, and where they do not agree.

A pure comparison: what the four say about one matter comes in as `Said`, what does not agree goes out as `Discrepancy`.
It holds nothing: each flow's own checks decide what is written, and this says what a person should look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Source
from connector_assets.engine.money import amount_text

DOCUMENTS = ("order", "receipt", "invoice", "voucher")
ZERO = Decimal(0)


class Comparison(Protocol):
    """Reads what both systems of a pair say of the orders and invoices that changed."""

    sources: ClassVar[tuple[Source, ...]]

    def __init__(self, context: RunContext) -> None: ...

    def of(self, first: date, last: date) -> Sequence[Matter]:
        """What is to be compared of these days, both included."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one paper says: the amount without tax in its currency, and the quantity; None where it says nothing."""

    amount: Decimal | None = None
    quantity: Decimal | None = None
    currency: str | None = None
    supplier: str | None = None
    account: str | None = None


@dataclass
class Matter:
    """One thing that several documents are about: an order line, or an invoice without an order.

    `key` names it, `day` is the latest day on which one of its documents changed. `received` says whether goods must be
    received before they are invoiced.
    """

    key: str
    day: date | None = None
    received: bool = False
    documents: dict[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One line of the table: `what` differs (amount, quantity, currency, supplier, account), as each paper has it."""

    key: str
    day: date | None
    what: str
    order: str
    receipt: str
    invoice: str
    voucher: str
    why: str


def discrepancies(matters: Iterable[Matter]) -> Iterator[Discrepancy]:
    """Where the documents of each matter do not agree, in the order of the matters."""
    for matter in matters:
        for what, why in _findings(matter):
            yield _line(matter, what, why)


def _findings(matter: Matter) -> Iterator[tuple[str, str]]:
    for what in ("supplier", "currency", "account"):
        if len({value for value in _values(matter, what).values() if value}) > 1:
            yield what, f"the {what} is not the same everywhere"
    yield from _quantities(matter, _values(matter, "quantity"))
    yield from _amounts(_values(matter, "amount"))


def _quantities(matter: Matter, found: Mapping[str, Decimal]) -> Iterator[tuple[str, str]]:
    ordered, got = found.get("order"), found.get("receipt")
    invoiced, vouchered = found.get("invoice"), found.get("voucher")
    if _more(got, ordered):
        yield "quantity", "more was received than ordered"
    if _more(invoiced, ordered):
        yield "quantity", "more was invoiced than ordered"
    if matter.received and _more(invoiced, got or ZERO):
        yield "quantity", "more was invoiced than received" if got else "it was invoiced, and nothing was received"
    if vouchered is not None and invoiced is not None and vouchered != invoiced:
        yield "quantity", "voucher and invoice differ"


def _amounts(found: Mapping[str, Decimal]) -> Iterator[tuple[str, str]]:
    ordered, invoiced, vouchered = found.get("order"), found.get("invoice"), found.get("voucher")
    if _more(invoiced, ordered):
        yield "amount", "more was invoiced than ordered"
    if vouchered is not None and invoiced is not None and vouchered != invoiced:
        yield "amount", "voucher and invoice differ"


def _more(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether `one` is beyond `other`, of which both are known; a credit's is beyond when it is further below zero."""
    return one is not None and other is not None and abs(one) > abs(other)


def _values(matter: Matter, what: str) -> dict[str, Any]:
    said = {paper: getattr(matter.documents[paper], what) for paper in DOCUMENTS if paper in matter.documents}
    return {paper: value for paper, value in said.items() if value is not None}


def _line(matter: Matter, what: str, why: str) -> Discrepancy:
    said = _values(matter, what)
    shown = {paper: _text(what, said.get(paper)) for paper in DOCUMENTS}
    return Discrepancy(key=matter.key, day=matter.day, what=what, why=why, **shown)


def _text(what: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return amount_text(value) if what == "amount" else format(value.normalize(), "f")
    return str(value)

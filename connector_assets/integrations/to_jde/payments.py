"""Payments in JD Edwards that were made elsewhere: F0413 with F0414, known by a number of ours (jde-ais section 3.6).

Orchestrations record and void them. `payment_record` is sent DocumentCompany, DocumentType and DocumentNumber of the
voucher, PaymentDate, GLDate, PaymentNumber (DOCM), and what is paid: Amount or for a foreign voucher ForeignAmount, and
DiscountTaken where there is one, in the company's currency, beside ForeignDiscountTaken in the voucher's; or by pay
item the grid PayItems (PayItem, ItemAmount or ItemForeignAmount), with those of further vouchers in the grid
FurtherPayItems (DocumentCompany, DocumentType, DocumentNumber and the same), less those of the grid Credits, whose
amounts are below nought. `payment_void` is sent PaymentID (PYID), VoidDate, and ReturnStatus where the other system
pays: the pay status that the vouchers get, since JDE itself puts A, which its payment run selects (jde-ais section 15).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.delivery.document import Target
from connector_assets.delivery.flow import Flow
from connector_assets.delivery.money import amount_text
from connector_assets.delivery.workbench import Workbench
from connector_assets.integrations.from_jde.currencies import is_foreign
from connector_assets.integrations.from_jde.keys import VOUCHER_KEY, Row, by, text
from connector_assets.integrations.from_jde.payments import discount_of, is_taken_back, paid_by, payments_of
from connector_assets.integrations.from_jde.posting import without_audit_rows
from connector_assets.integrations.to_jde.acts import lacking_inputs, missing_act
from connector_assets.integrations.to_jde.pay_items import told
from connector_resources.connections import PaymentRun
from connector_resources.errors import OutcomeUnknown, SystemProblem
from connector_resources.jde.query import between

# the mapping in which a person says of a payment whose end is unclear what is done with it, and the two words
REVERSALS, REVERSE, POST = "payment_reversals", "reverse", "post"
RECORD, VOID = "payment_record", "payment_void"
# the input by which an orchestration puts vouchers back on a pay status that JDE does not pay
RETURN_STATUS = "ReturnStatus"
OF_VOUCHER = ("DocumentCompany", "DocumentType", "DocumentNumber")
# what each act cannot do without: our field, which is the input's name unless the connection maps it
NEEDS: Mapping[str, Sequence[str]] = {
    RECORD: (*OF_VOUCHER, "PaymentDate", "PaymentNumber", "Amount"),
    VOID: ("PaymentID", "VoidDate"),
}
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Settled:
    """What a payment settles: (KCO, DCT, DOC, SFX) -> amount in the payment's currency; of a credit below nought.
    `selectable` are in words those of its pay items that are open, and that JDE's own payment run selects; `base` is
    the sum in the company's currency, with which the bank account is credited."""

    items: Mapping[tuple[str, str, int, str], Decimal]
    selectable: tuple[str, ...] = ()
    base: Decimal = ZERO

    @property
    def vouchers(self) -> str:
        """The documents, as `KCO/DCT/DOC`."""
        return ", ".join(dict.fromkeys(f"{company}/{kind}/{number}" for company, kind, number, _ in self.items))


class PaymentRecords:
    """The payments of a range of numbers, as targets whose `raw` is what they settle. `needs` says what the acts cannot
    do without."""

    def __init__(self, bench: Workbench, needs: Mapping[str, Sequence[str]] = NEEDS) -> None:
        self.bench = bench
        self.needs = needs

    @property
    def jde(self) -> Any:
        """The client, opened on first use."""
        return self.bench.client("jde")

    def missing(self) -> str | None:
        """The first act that the connection names no orchestration for."""
        return missing_act(self.bench, self.needs)

    def lacking(self) -> list[str]:
        """What the site's orchestrations lack, one sentence each; asks JDE."""
        return lacking_inputs(self.bench, self.needs)

    def numbered(self, numbers: Collection[int]) -> list[Target]:
        """The payments of these numbers (DOCM)."""
        return self._targets(self._by("F0413", ["DOCM"], [(number,) for number in numbers]))

    def within(self, first: int, last: int) -> list[Target]:
        """The payments whose numbers are from `first` to `last`."""
        rows = [row for page in self.jde.browse("F0413", where=between("DOCM", first, last)) for row in page]
        return self._targets(rows)

    def any_within(self, first: int, last: int) -> bool:
        """Whether there is a payment of such a number."""
        return bool(self.jde.count("F0413", between("DOCM", first, last)))

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """Payments by their PYID."""
        rows = self._by("F0413", ["PYID"], [(int(each),) for each in ids])
        return {target.id: target for target in self._targets(rows)}

    def record(self, sent: Mapping[str, Any], ours: Callable[[Target], bool] = lambda target: True) -> Target:
        """Record a payment and read it back; `ours` says which ones of its number may be it. OutcomeUnknown where it
        was taken and cannot be seen."""
        outcome = self.jde.orchestrations.call(RECORD, sent)
        number = int(sent["PaymentNumber"])
        seen = self._seen(RECORD, lambda: self.numbered([number]))
        found = {each.id: each for each in seen if ours(each) and not each.content["void"]}
        if len(found) > 1 and outcome.key in found:
            return found[outcome.key]
        if len(found) != 1:
            raise OutcomeUnknown(f"{RECORD} was called, and there are {len(found)} payments of number {number}")
        return next(iter(found.values()))

    def void(self, sent: Mapping[str, Any]) -> Target:
        """Void a payment and read it back. OutcomeUnknown where it was taken and cannot be seen."""
        self.jde.orchestrations.call(VOID, sent)
        number = str(sent["PaymentID"])
        found = {each.id: each for each in self._seen(VOID, lambda: self.read([number]).values())}
        if number not in found:
            raise OutcomeUnknown(f"{VOID} was called, and payment {number} is not to be seen")
        return found[number]

    def _seen(self, act: str, look: Any) -> Iterable[Target]:
        try:
            found: Iterable[Target] = look()
        except SystemProblem as error:
            raise OutcomeUnknown(f"{act} was called, and what came of it could not be read: {error}") from error
        return found

    def _by(self, table: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> list[Row]:
        if not keys:
            return []
        return [row for page in self.jde.by_keys(table, columns, keys) for row in page]

    def _targets(self, headers: Sequence[Row]) -> list[Target]:
        details = by(self._by("F0414", ["PYID"], [(row["PYID"],) for row in headers]), "PYID")
        keys = {tuple(row[column] for column in VOUCHER_KEY) for rows in details.values() for row in rows}
        items = by(without_audit_rows(self._by("F0411", VOUCHER_KEY, list(keys))), *VOUCHER_KEY)
        run = self.bench.connection("jde").payment_run  # type: ignore[union-attr]
        found = {row["PYID"]: _target(row, details.get(row["PYID"], []), items, run) for row in headers}
        return [found[number] for number in sorted(found)]


def voided_there(flow: Flow, headers: Sequence[Row]) -> dict[str, date | None]:
    """The documents of a flow whose payment in JD Edwards is void (rows of F0413) and was not when we last saw it, each
    with the day of the change."""
    void = {str(row["PYID"]): row.get("UPMJ") for row in headers if row.get("VDGJ") is not None}
    links = flow.bench.ledger.links.by_target(flow.full_name, "F0413", list(void))
    known = flow.bench.ledger.deliveries.load(flow.full_name, [link.source_key for link in links.values()])
    days = {link.source_key: void[id] for id, link in links.items()}
    return {key: day for key, day in days.items() if key in known and not (known[key].content or {}).get("void", True)}


def _target(header: Row, details: Sequence[Row], items: Mapping[Any, Sequence[Row]], run: PaymentRun) -> Target:
    """A payment in the terms of a flow's content; of a payment that has no detail, the amount is blank."""
    settled: dict[tuple[str, str, int, str], Decimal] = {}
    base, discount, foreign = ZERO, ZERO, False
    for key, rows in by(details, *VOUCHER_KEY).items():
        own = items.get(key, [])
        foreign = bool(own) and is_foreign(own[0])
        for suffix, lines in by(rows, "SFX").items():
            entries = payments_of(own, lines, {header["PYID"]: header}, foreign=foreign)
            settled[(*key, suffix)] = Decimal(entries[0]["amount"]) if entries else ZERO
            base += sum(paid_by(own, lines, foreign=False).values(), ZERO)
        negative = sum((settled[(*key, suffix)] for suffix in by(rows, "SFX")), ZERO) < 0
        discount += _discount(rows, negative=negative)
    content = {
        "number": str(header["DOCM"]),
        "amount": amount_text(sum(settled.values(), ZERO)),
        # of a foreign payment F0414 tells the discount in the company's currency only
        "discount": None if foreign else amount_text(discount),
        "currency": text(header.get("CRCD")),
        "date": header["DMTJ"].isoformat() if header.get("DMTJ") else None,
        "void": is_taken_back(header, details),
    }
    status = "void" if content["void"] else "paid"
    own_items = [
        row for key in by(details, *VOUCHER_KEY) for row in items.get(key, ()) if (*key, row["SFX"]) in settled
    ]
    held = Settled(settled, tuple(told(row) for row in own_items if run.selectable(row)), base)
    return Target(str(header["PYID"]), content, status=status, label=str(header["DOCM"]), raw=held)


def _discount(rows: Sequence[Row], *, negative: bool) -> Decimal:
    """What was taken as discount; lines that a void adds have the opposite sign and do not count."""
    total = discount_of(rows)
    return -total if negative else total

"""Payments in JD Edwards that were made elsewhere: F0413 with F0414, known by a number of ours (jde-ais section 3.6).

Orchestrations record and void them. `payment_record` is sent DocumentCompany, DocumentType and DocumentNumber of the
voucher, PaymentDate, GLDate, PaymentNumber (DOCM), and what is paid: Amount or for a foreign voucher ForeignAmount, and
DiscountTaken where there is one, in the company's currency, beside ForeignDiscountTaken in the voucher's; or by pay
item the grid PayItems (PayItem, ItemAmount or ItemForeignAmount), with those of further vouchers in the grid
FurtherPayItems (DocumentCompany, DocumentType, DocumentNumber and the same), less those of the grid Credits, whose
amounts are negative. `payment_void` is sent PaymentID (PYID), VoidDate, and ReturnStatus where the other system
pays: the pay status that the vouchers get, since JDE itself puts A, which its payment run selects (jde-ais section 15).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, text, voucher_parts
from connector_assets.documents.jde.orchestrations import lacking_inputs, missing_act
from connector_assets.documents.jde.payments.reading import discount_of, is_taken_back, paid_by, payments_of
from connector_assets.documents.jde.vouchers.pay_item_texts import pay_item_words
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.money import amount_text
from connector_resources.connections.jde import JdeConnection, PaymentRun
from connector_resources.errors import OutcomeUnknown, SystemProblem
from connector_resources.jde import JdeClient
from connector_resources.jde.query import between
from connector_resources.ledger import NewLink

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
# of a link: the documents that the payment settles
PAID = "paid"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Settled:
    """What a payment settles: (KCO, DCT, DOC, SFX) -> amount in the payment's currency; negative for a credit.
    `selectable` are in words those of its pay items that are open, and that JDE's own payment run selects; `base` is
    the sum in the company's currency, with which the bank account is credited. Of a payment that our void deleted JDE
    tells no more, and `deleted` are the documents that it paid, as `KCO/DCT/DOC`."""

    items: Mapping[tuple[str, str, int, str], Decimal]
    selectable: tuple[str, ...] = ()
    base: Decimal = ZERO
    deleted: str = ""

    @property
    def vouchers(self) -> str:
        """The documents, as `KCO/DCT/DOC`."""
        if self.deleted:
            return self.deleted
        return ", ".join(dict.fromkeys(f"{company}/{kind}/{number}" for company, kind, number, _ in self.items))


class PaymentRecords:
    """The payments of a range of numbers, as targets whose `raw` is what they settle. `needs` says what the acts cannot
    do without."""

    def __init__(self, context: RunContext, needs: Mapping[str, Sequence[str]] = NEEDS) -> None:
        self.context = context
        self.needs = needs

    @property
    def jde(self) -> Any:
        """The client, opened on first use."""
        return self.context.client("jde", JdeClient)

    def missing(self) -> str | None:
        """The first act that the connection names no orchestration for."""
        return missing_act(self.context, self.needs)

    def lacking(self) -> list[str]:
        """What the site's orchestrations lack, one sentence each; asks JDE."""
        return lacking_inputs(self.context, self.needs)

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

    def void(self, sent: Mapping[str, Any], held: Target) -> Target:
        """Void a payment and read it back; one that was not posted may be deleted by it (jde-ais section 15). `held` is
        the payment as it was. OutcomeUnknown where what came of it cannot be seen."""
        self.jde.orchestrations.call(VOID, sent)
        found = self._seen(VOID, lambda: self.read([held.id]) or self.deleted({held.id: (held, held.raw.vouchers)}))
        if held.id not in found:
            raise OutcomeUnknown(f"{VOID} was called, and payment {held.id} is not to be seen")
        return found[held.id]

    def deleted(self, gone: Mapping[str, tuple[Target, str]]) -> dict[str, Target]:
        """Those of these payments, without a header and voided by us, that have no details either: as void ones. Each
        with the documents that it paid, as `Settled.vouchers` has them, of which JDE's own run may select some now."""
        details = by(self._by("F0414", ["PYID"], [(int(id),) for id in gone]), "PYID")
        left = {id: each for id, each in gone.items() if int(id) not in details}
        keys = {voucher_parts(name) for _, vouchers in left.values() for name in vouchers.split(", ")}
        items = by(without_audit_rows(self._by("F0411", VOUCHER_KEY, sorted(keys))), *VOUCHER_KEY)
        run = self.context.connection("jde", JdeConnection).payment_run
        found = {}
        for id, (held, vouchers) in left.items():
            rows = [row for name in vouchers.split(", ") for row in items.get(voucher_parts(name), ())]
            raw = Settled({}, tuple(pay_item_words(row) for row in rows if run.selectable(row)), deleted=vouchers)
            found[id] = replace(held, content={**held.content, "void": True}, status="void", raw=raw)
        return found

    def _seen(self, act: str, look: Callable[[], Found]) -> Found:
        try:
            return look()
        except SystemProblem as error:
            raise OutcomeUnknown(f"{act} was called, and what came of it could not be read: {error}") from error

    def _by(self, table: str, columns: Sequence[str], keys: Collection[tuple[Any, ...]]) -> list[Row]:
        if not keys:
            return []
        return [row for page in self.jde.by_keys(table, columns, keys) for row in page]

    def _targets(self, headers: Sequence[Row]) -> list[Target]:
        details = by(self._by("F0414", ["PYID"], [(row["PYID"],) for row in headers]), "PYID")
        keys = {tuple(row[column] for column in VOUCHER_KEY) for rows in details.values() for row in rows}
        items = by(without_audit_rows(self._by("F0411", VOUCHER_KEY, list(keys))), *VOUCHER_KEY)
        run = self.context.connection("jde", JdeConnection).payment_run
        found = {row["PYID"]: _target(row, details.get(row["PYID"], []), items, run) for row in headers}
        return [found[number] for number in sorted(found)]


def linked(link: NewLink, target: Target) -> NewLink:
    """The link of a payment, which keeps what it pays: JDE does not show it any more once our void has deleted it."""
    settled = target.raw
    return replace(link, attributes={**link.attributes, PAID: settled.vouchers}) if settled.vouchers else link


def taken_back(flow: Flow, records: PaymentRecords, ids: Collection[str]) -> dict[str, Target]:
    """Those of these payments, which JDE holds no more, that we took back: one that was not posted may be deleted by
    that. It counts as void, until what followed it is there."""
    ledger, name = flow.context.ledger, flow.full_name
    links = ledger.links.by_target(name, flow.target_entity, sorted(ids)) if ids else {}
    keys = [link.source_key for link in links.values()]
    known, open_calls = ledger.deliveries.load(name, keys), ledger.intents.unfinished(name, keys)
    gone = {}
    for id, link in links.items():
        left, vouchers = known.get(link.source_key), link.attributes.get(PAID)
        ours = any(intent.step == "void" for intent in open_calls.get(link.source_key, ()))
        if left is None or left.content is None or not vouchers or not (ours or left.content.get("void")):
            continue
        gone[id] = (Target(id, left.content, "void", link.target_label), str(vouchers))
    return records.deleted(gone) if gone else {}


def voided_there(flow: Flow, headers: Sequence[Row]) -> dict[str, date | None]:
    """The documents of a flow whose payment in JD Edwards is void (rows of F0413) and was not when we last saw it, each
    with the day of the change."""
    void = {str(row["PYID"]): row.get("UPMJ") for row in headers if row.get("VDGJ") is not None}
    links = flow.context.ledger.links.by_target(flow.full_name, "F0413", list(void))
    known = flow.context.ledger.deliveries.load(flow.full_name, [link.source_key for link in links.values()])
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
        # of a foreign payment F0414 shows the discount in the company's currency only
        "discount": None if foreign else amount_text(discount),
        "currency": text(header.get("CRCD")),
        "date": header["DMTJ"].isoformat() if header.get("DMTJ") else None,
        "void": is_taken_back(header, details),
    }
    status = "void" if content["void"] else "paid"
    own_items = [
        row for key in by(details, *VOUCHER_KEY) for row in items.get(key, ()) if (*key, row["SFX"]) in settled
    ]
    held = Settled(settled, tuple(pay_item_words(row) for row in own_items if run.selectable(row)), base)
    return Target(str(header["PYID"]), content, status=status, label=str(header["DOCM"]), raw=held)


def _discount(rows: Sequence[Row], *, negative: bool) -> Decimal:
    """What was taken as discount; lines that a void adds have the opposite sign and do not count."""
    total = discount_of(rows)
    return -total if negative else total

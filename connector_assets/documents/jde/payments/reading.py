"""The payments of a voucher, and their voids, as entries that only ever grow (jde-ais section 3.6, F0413/F0414)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.keys import Row, by, text
from connector_assets.engine.money import amount_text

ZERO = Decimal("0.00")
# F0414.DCTM of a line that takes a payment back (jde-ais section 15)
TAKES_BACK = "PO"
# which of these payments (rows of F0413, and of F0414 with what they settle) another system made: their PYIDs
Elsewhere = Callable[[Sequence[Row], Sequence[Row]], Collection[Any]]


def nowhere(headers: Sequence[Row], details: Sequence[Row]) -> Collection[Any]:
    """All payments are JD Edwards' own."""
    return ()


def payments_of(
    items: Sequence[Row], details: Sequence[Row], headers: Mapping[Any, Row], *, foreign: bool
) -> list[dict[str, str]]:
    """The entries, `{"date", "note", "amount"}` each, in the order of their payments.

    Every payment is an entry with a positive amount for a voucher (negative for a credit); one that was taken back
    (VDGJ, the void date, or lines of type PO) adds an entry of the opposite amount. How PAAP is signed in F0414 is not
    established, nor whether a void always adds lines there: the sign is taken from the pay item, and lines that take
    back others of their payment and pay item do not count.
    """
    sums = paid_by(items, details, foreign=foreign)
    entries = []
    for payment in sorted(sums, key=lambda each: (_date(headers.get(each)), each)):
        header, amount = headers.get(payment), sums[payment]
        if header is None or not amount:
            continue
        note = " ".join(filter(None, (text(header.get("DCTM")), str(header.get("DOCM") or ""))))
        entries.append({"date": _date(header), "note": note, "amount": amount_text(amount)})
        if is_taken_back(header, [row for row in details if row["PYID"] == payment]):
            day = header.get("VDGJ") or header.get("UPMJ")
            void = {
                "date": day.isoformat() if day else _date(header),
                "note": f"{note} void",
                "amount": amount_text(-amount),
            }
            entries.append(void)
    return entries


def is_taken_back(header: Row, details: Sequence[Row]) -> bool:
    """Whether a payment was voided: its header has a void date, or a line of type PO takes it back."""
    return header.get("VDGJ") is not None or any(map(_takes_back, details))


def unproved(items: Sequence[Row], details: Sequence[Row], headers: Mapping[Any, Row], *, foreign: bool) -> Decimal:
    """What is closed of these pay items (rows of F0411, none of them void) and no payment that stands proves, in the
    voucher's currency and signed as they are: a journal, netting, or a correction may have closed it, or its amount was
    zero from the start. Pay status and open amount never prove a payment (jde-ais section 15).

    `details` are the rows of F0414 of their voucher, `headers` those of F0413 by PYID, whoever made the payments. What
    was taken as discount counts as paid. Of a foreign voucher either of its currencies proves it: how JD Edwards
    converts a payment at another rate is not established.
    """
    names = set(map(_item, items))
    own = [row for row in details if _item(row) in names and row["PYID"] in headers]
    by_payment = by(own, "PYID")
    stands = {each for each, lines in by_payment.items() if not is_taken_back(headers[each], lines)}
    own = [row for row in own if row["PYID"] in stands]
    base = _left_unproved(items, own, "AG", "AAP", foreign=False)
    return min(base, _left_unproved(items, own, "ACR", "FAP", foreign=True), key=abs) if foreign else base


def _left_unproved(items: Sequence[Row], details: Sequence[Row], gross: str, left: str, *, foreign: bool) -> Decimal:
    closed = sum(((row.get(gross) or ZERO) - (row.get(left) or ZERO) for row in items), ZERO)
    signs = {_item(row): -1 if (row.get("AG") or ZERO) < 0 else 1 for row in items}
    if foreign:
        # F0414 shows what was taken as discount in the company's currency only
        taken = sum((row.get("CDSA") or ZERO for row in items), ZERO)
    else:
        lines = [row for row in details if not _takes_back(row)]
        taken = sum((abs(row.get("ADSA") or ZERO) * signs[_item(row)] for row in lines), ZERO)
    rest = closed - sum(paid_by(items, details, foreign=foreign).values(), ZERO) - taken
    return rest if rest * closed > 0 else ZERO


def _item(row: Row) -> tuple[Any, int]:
    """Which pay item a row of F0411 or F0414 is of: its suffix and extension."""
    return row["SFX"], row.get("SFXE") or 0


def _takes_back(row: Row) -> bool:
    return text(row.get("DCTM")) == TAKES_BACK


def paid_by(items: Sequence[Row], details: Sequence[Row], *, foreign: bool) -> dict[Any, Decimal]:
    """PYID -> what that payment paid of these pay items, signed as they are, whether or not it was voided since."""
    signs = {_item(row): (row.get("AG") or ZERO) < 0 for row in items}
    paid: dict[tuple[Any, ...], list[Decimal]] = {}
    for row in sorted((each for each in details if not _takes_back(each)), key=lambda row: row["RC5"]):
        amount = row.get("PFAP" if foreign else "PAAP") or ZERO
        paid.setdefault((row["PYID"], *_item(row)), []).append(amount)
    sums: dict[Any, Decimal] = {}
    for (payment, *item), amounts in paid.items():
        amount = abs(sum((each for each in amounts if (each < 0) == (amounts[0] < 0)), ZERO))
        credit = signs.get(tuple(item), False)
        sums[payment] = sums.get(payment, ZERO) + (-amount if credit else amount)
    return sums


def discount_of(details: Sequence[Row]) -> Decimal:
    """What was taken as discount in the lines of one payment, in the company's currency and unsigned; lines that a void
    adds have the opposite sign and do not count."""
    details = [row for row in details if not _takes_back(row)]
    if not details:
        return ZERO
    first = min(details, key=lambda row: row["RC5"])
    sign = (first.get("PAAP") or ZERO) < 0
    return sum((abs(row.get("ADSA") or ZERO) for row in details if ((row.get("PAAP") or ZERO) < 0) == sign), ZERO)


def _date(header: Row | None) -> str:
    paid = header.get("DMTJ") if header else None
    return paid.isoformat() if paid else ""

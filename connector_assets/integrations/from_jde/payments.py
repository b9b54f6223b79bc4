"""The payments of a voucher, and their voids, as entries that only ever grow (jde-ais section 3.6, F0413/F0414)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.delivery.money import amount_text
from connector_assets.integrations.from_jde.keys import Row, text

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


def proven(details: Sequence[Row], headers: Mapping[Any, Row]) -> bool:
    """Whether one of these payments of a voucher (rows of F0414, and of F0413 by PYID) stands: that alone proves that
    it was paid, its pay status never does (jde-ais section 15)."""
    return any(
        row["PYID"] in headers
        and not is_taken_back(headers[row["PYID"]], [each for each in details if each["PYID"] == row["PYID"]])
        for row in details
    )


def _takes_back(row: Row) -> bool:
    return text(row.get("DCTM")) == TAKES_BACK


def paid_by(items: Sequence[Row], details: Sequence[Row], *, foreign: bool) -> dict[Any, Decimal]:
    """PYID -> what that payment paid of these pay items, signed as they are, whether or not it was voided since."""
    signs = {(row["SFX"], row.get("SFXE")): (row.get("AG") or ZERO) < 0 for row in items}
    paid: dict[tuple[Any, ...], list[Decimal]] = {}
    for row in sorted((each for each in details if not _takes_back(each)), key=lambda row: row["RC5"]):
        amount = row.get("PFAP" if foreign else "PAAP") or ZERO
        paid.setdefault((row["PYID"], row["SFX"], row.get("SFXE")), []).append(amount)
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

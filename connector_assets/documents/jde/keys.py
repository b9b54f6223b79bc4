"""Document keys of JDE records, and the small conversions that all of them need.

A key is `<table>:<part>/<part>`: `F0401:4343`, `F0901:00679926`, `F0411:00001/PV/4711`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, Any]
VOUCHER_KEY = ("KCO", "DCT", "DOC")
ORDER_KEY = ("KCOO", "DCTO", "DOCO")


def supplier_key(an8: int) -> str:
    """The document key of a supplier master record; AN8 is the address number."""
    return f"F0401:{an8}"


def account_key(aid: str) -> str:
    """The document key of an account; AID is the short account id, eight digits with leading zeros."""
    return f"F0901:{aid}"


def voucher_key(row: Row) -> str:
    """The document key of a voucher from any row with KCO (document company), DCT (document type), DOC (number)."""
    return f"F0411:{row['KCO']}/{row['DCT']}/{row['DOC']}"


def voucher_parts(key: str) -> tuple[str, str, int]:
    """(KCO, DCT, DOC) of a voucher key."""
    company, kind, number = key.removeprefix("F0411:").split("/")
    return company, kind, int(number)


def order_key(row: Row) -> str:
    """The document key of a purchase order from any row with KCOO (order company), DCTO (order type) and DOCO (order
    number): `F4301:00001/OP/100234`."""
    return f"F4301:{row['KCOO']}/{row['DCTO']}/{row['DOCO']}"


def order_parts(key: str) -> tuple[str, str, int]:
    """(KCOO, DCTO, DOCO) of an order key."""
    company, kind, number = key.removeprefix("F4301:").split("/")
    return company, kind, int(number)


def number_of(key: str) -> int:
    """The number behind a key such as `F0401:4343`."""
    return int(key.partition(":")[2])


def chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of at most `size`."""
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def by(rows: Iterable[Row], *columns: str) -> dict[Any, list[Row]]:
    """Rows grouped by one column's value, or by the tuple of several."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        name = row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns)
        groups.setdefault(name, []).append(row)
    return groups


def text(value: Any) -> str | None:
    """A trimmed string, None for nothing or blank."""
    if value is None:
        return None
    found = str(value).strip()
    return found or None


def day_of(rows: Sequence[Row]) -> date | None:
    """The latest UPMJ (date updated) of these rows; None where none has one."""
    days = [row["UPMJ"] for row in rows if row.get("UPMJ") is not None]
    return max(days, default=None)


def is_void(items: Sequence[Row]) -> bool:
    """Whether all pay items of a voucher (F0411) are void (VOD)."""
    return all(text(row.get("VOD")) == "V" for row in items)


def standing(items: Sequence[Row]) -> Sequence[Row]:
    """The pay items of a voucher without those that were voided alone, whether or not their gross amounts were cleared
    (jde-ais section 15); all of a voucher that is void."""
    return items if is_void(items) else [row for row in items if not is_void([row])]


def is_settled(items: Sequence[Row]) -> bool:
    """Whether all pay items of a voucher (F0411) are on the status of what is paid (P), and nothing of them is open."""
    return all(text(row.get("PST")) == "P" and not row.get("AAP") for row in items)


def latest(days: Mapping[str, date | None], key: str, row: Row) -> date | None:
    """The later of what is noted for `key` and the row's UPMJ."""
    noted: date | None = days.get(key)
    found: date | None = row.get("UPMJ")
    if noted is None or found is None:
        return noted or found
    return max(noted, found)

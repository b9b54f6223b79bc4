"""The vouchers of purchase orders: pay items (F0411) name their order by PKCO, PDCT and PO (jde-ais section 3.6).

PO is a text of eight characters. A voucher match writes the number with leading zeros; a number that a clerk types has
none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from connector_assets.documents.jde.keys import ORDER_KEY, Row, text
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.context import Reader

# (KCOO, DCTO, DOCO)
Order = tuple[str, str, int]
COLUMNS = ("PKCO", "PDCT", "PO")


def vouchers_of(reader: Reader, orders: Collection[Order]) -> dict[Order, list[Row]]:
    """The pay items that refer to each of these orders, void ones and all, as JDE has them now; orders without one are
    absent.

    Asked by the order's supplier, with whom the index of F0411 begins (jde-ais section 16): procurement matches to no
    other. Of an order that JDE holds no more no supplier is known: F0411 is looked through.
    """
    suppliers = {
        (row["KCOO"], row["DCTO"], row["DOCO"]): row["AN8"]
        for row in reader.complete("F4301", ORDER_KEY, sorted(orders))
    }
    keys, gone = set(), set()
    for company, kind, number in orders:
        for written in (str(number), str(number).rjust(8, "0")):
            supplier = suppliers.get((company, kind, number))
            if supplier is None:
                gone.add((company, kind, written))
            else:
                keys.add((supplier, company, kind, written))
    rows = reader.complete("F0411", ("AN8", *COLUMNS), sorted(keys))
    rows += reader.complete("F0411", COLUMNS, sorted(gone))
    found: dict[Order, list[Row]] = {}
    for row in without_audit_rows(rows):
        order = order_of(row)
        if order is not None and order in orders:
            found.setdefault(order, []).append(row)
    return found


def orders_of(rows: Iterable[Row]) -> set[Order]:
    """The orders that pay items refer to."""
    return {order for row in rows if (order := order_of(row)) is not None}


def order_of(row: Row) -> Order | None:
    """The order that a pay item is for; None where it names none."""
    company, kind, number = (text(row.get(column)) for column in COLUMNS)
    if not (company and kind and number and number.isdigit()):
        return None
    return company, kind, int(number)

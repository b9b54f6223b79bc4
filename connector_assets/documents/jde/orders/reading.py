"""Purchase orders of JD Edwards: an F4301 header with its F4311 lines (jde-ais section 3.6).

Header and lines share order company KCOO, type DCTO and number DOCO. If either table changed, the whole order is read
by that key. What a line's status means differs by site: NXTR is its next status, LTTR its last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.accounts.of_lines import ACCOUNT_COLUMNS, account_columns
from connector_assets.documents.jde.currencies import company_currencies, is_foreign
from connector_assets.documents.jde.keys import ORDER_KEY, Row, latest, order_key, order_parts, text
from connector_assets.engine.context import Reader
from connector_assets.engine.flow import Assembly
from connector_assets.engine.money import CENT, Units

ZERO = Decimal("0.00")
# F4311.PRRC and FRRC have four decimals; the target's price has six
HALF_OF_THE_LAST = Decimal("0.00005")
MILLIONTH = Decimal("0.000001")
TABLES = ("F4301", "F4311")

COLUMNS = {
    "company": "str",
    "order_type": "str",
    "order_number": "int",
    "supplier": "int",
    "term": "str?",
    "order_date": "date?",
    "ship_to_number": "str?",
    "business_unit": "str?",
    "hold_code": "str?",
    "in_force": "bool",
    "cancelled": "bool",
    "closed": "bool",
    "line_count": "int",
}
LINE_COLUMNS = {
    "line": "str",
    "aid": "str?",
    "account": "str",
    "quantity": "money",
    "price": "money",
    "line_amount": "money",
    "gap": "money",
    "unit_of_measure": "str?",
    "description": "str",
    "need_by": "date?",
    "promised": "date?",
    **ACCOUNT_COLUMNS,
}


class OrderRules(BaseModel):
    """What a site decides about its orders: which they are, and what their statuses mean (order activity rules)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order_types: tuple[str, ...] = Field(
        default=("OP",), description="F4301.DCTO values that are purchase orders; others are ignored"
    )
    order_suffix: str = Field(default="000", description="F4301.SFXO of purchase orders; others are ignored")
    ignored_line_types: tuple[str, ...] = Field(
        default=("T",), description="F4311.LNTY of lines that order nothing, such as texts"
    )
    approved: tuple[str, ...] = Field(
        default=("280", "300", "370", "380", "400", "440", "999"),
        description="F4311.NXTR of lines that are in force: approved, sent, to be received, complete",
    )
    cancelled_last: tuple[str, ...] = Field(default=("980",), description="F4311.LTTR of cancelled lines")
    closed_next: tuple[str, ...] = Field(default=("999",), description="F4311.NXTR of lines with nothing left to do")
    received_columns: tuple[Literal["UREC", "URLV"], ...] = Field(
        default=("UREC", "URLV"),
        description="F4311 columns whose sum was received of a line; [UREC] where URLV is a part of it",
    )
    rounding: Decimal = Field(
        default=CENT,
        ge=0,
        description="how far quantity x unit cost may be off the extended amount, beyond the unit cost's own rounding;"
        " in a currency without cents as many of its smallest unit: 0.01 is 1 yen, or 0.001 dinar",
    )
    default_account: str | None = Field(
        default=None, description="account id (F0901.AID) of lines without one, such as stock lines; null: held"
    )
    not_postable: tuple[str, ...] = Field(
        default=("I", "N", "M", "B"), description="posting edit codes (F0901.PEC) that refuse A/P postings"
    )
    held_orders: Literal["ignore", "hold", "send"] = Field(
        default="ignore", description="orders with a hold code (F4301.HOLD): left alone, held, or sent all the same"
    )


@dataclass(frozen=True)
class _Sources:
    """What the lines of a set of orders refer to."""

    accounts: Mapping[str, Row]
    company_currency: Mapping[str, str]
    units: Units
    rules: OrderRules


def changed_orders(entity: str, rows: Sequence[Row], rules: OrderRules) -> dict[str, date | None]:
    """The orders that rows of F4301 or F4311 touch. Headers of other types are let through, to be counted."""
    days: dict[str, date | None] = {}
    for row in rows:
        if entity == "F4301" or _is_order(row, rules):
            key = order_key(row)
            days[key] = latest(days, key, row)
    return days


def all_orders(reader: Reader, rules: OrderRules) -> dict[str, date | None]:
    """Every purchase order that has a header, with its header's day of change."""
    days: dict[str, date | None] = {}
    for rows in reader.all_rows("F4301", [*ORDER_KEY, "SFXO", "UPMJ"]):
        days |= changed_orders("F4301", [row for row in rows if _is_order(row, rules)], rules)
    return days


def assemble_orders(reader: Reader, keys: Mapping[str, date | None], rules: OrderRules) -> Assembly:
    """One document per order among `keys` that has a header, with those of its lines that are in force.

    Rows counted are headers and lines. Ignored are headers and lines of another type (`order_type`) or suffix
    (`order_suffix`), lines that order nothing (`line_type`) and lines whose header is gone (`no_header`). Cancelled
    lines are in the document: of what was received of them something is left.
    """
    parts = [order_parts(key) for key in keys]
    headers = reader.complete("F4301", ORDER_KEY, parts)
    lines = reader.complete("F4311", ORDER_KEY, parts)
    orders = {order_key(row): row for row in headers if _is_order(row, rules)}
    ignored: Counter[str] = Counter(filter(None, (_row_rule(row, rules) for row in headers)))
    own: dict[str, list[Row]] = {key: [] for key in orders}
    for row in lines:
        rule = _row_rule(row, rules) or ("no_header" if order_key(row) not in orders else None)
        if rule is None and text(row.get("LNTY")) in rules.ignored_line_types:
            rule = "line_type"
        if rule is None:
            own[order_key(row)].append(row)
        else:
            ignored[rule] += 1
    sources = _read(reader, [row for rows in own.values() for row in rows], rules)
    assembly = Assembly(rows=len(headers) + len(lines), ignored_rows=ignored)
    for key, header in orders.items():
        document, kept = _order(key, keys.get(key), header, own[key], sources)
        assembly.documents.append(document)
        assembly.lines += kept
        assembly.rows_in_documents += 1 + len(own[key])
    return assembly


def unsent_rule(*, void: bool, closed: bool) -> str | None:
    """Why an order that was never sent need not be sent any more."""
    return "cancelled_before_sent" if void else "closed_before_go_live" if closed else None


def order_rule(row: Mapping[str, Any], rules: OrderRules, *, sent: bool) -> str | None:
    """Why a mapped order is ignored. Those that were over before they were ever sent are history; those that are not
    in force (yet, or again) wait in JDE, and so do their changes. A header whose lines are gone, or not there yet, says
    nothing."""
    if not row["line_count"]:
        return "no_lines"
    over = unsent_rule(void=row["cancelled"], closed=row["closed"])
    if over is not None:
        return None if sent else over
    if not row["in_force"]:
        return "not_approved"
    return "on_hold" if row["hold_code"] and rules.held_orders == "ignore" else None


def _is_order(row: Row, rules: OrderRules) -> bool:
    return _row_rule(row, rules) is None


def _row_rule(row: Row, rules: OrderRules) -> str | None:
    """Why a header or line belongs to no purchase order."""
    if row["DCTO"] not in rules.order_types:
        return "order_type"
    return None if (text(row.get("SFXO")) or "") == rules.order_suffix else "order_suffix"


def _read(reader: Reader, lines: Collection[Row], rules: OrderRules) -> _Sources:
    aids = {aid for row in lines if (aid := _account_id(row, rules))}
    accounts = reader.complete("F0901", ["AID"], [(aid,) for aid in sorted(aids)])
    return _Sources(
        accounts={row["AID"]: row for row in accounts},
        company_currency=company_currencies(reader),
        units=Units(reader.decimals),
        rules=rules,
    )


def _order(
    key: str, day: date | None, header: Row, rows: Sequence[Row], sources: _Sources
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    rules = sources.rules
    foreign = is_foreign(header)
    rows = sorted(rows, key=lambda row: row["LNID"])
    first: Row = rows[0] if rows else {}
    company = text(first.get("CO")) or header["KCOO"]
    domestic = sources.company_currency.get(company) or text(header.get("BCRC"))
    currency = text(header.get("CRCD")) if foreign else domestic or text(header.get("CRCD"))
    unit = sources.units.of(currency)
    lines = [{"key": key, **line} for row in rows if (line := _line(row, header, sources, unit, foreign=foreign))]
    alive = [row for row in rows if not _cancelled(row, rules)]
    ship_to = header.get("SHAN") or first.get("SHAN")
    document = {
        "key": key,
        "day": day,
        "ignored": None,
        "amount": sum((line["line_amount"] for line in lines), ZERO),
        "currency": currency,
        "company": header["KCOO"],
        "order_type": header["DCTO"],
        "order_number": header["DOCO"],
        "supplier": header["AN8"],
        "term": text(header.get("PTC")),
        "order_date": header.get("TRDJ"),
        "ship_to_number": str(ship_to) if ship_to else None,
        "business_unit": text(header.get("MCU")) or text(first.get("MCU")),
        "hold_code": text(header.get("HOLD")),
        "in_force": all((text(row.get("NXTR")) or "") in rules.approved for row in alive),
        # nothing is left in force: what was received of a cancelled line still is
        "cancelled": bool(rows) and not lines,
        "closed": bool(lines) and all((text(row.get("NXTR")) or "") in rules.closed_next for row in alive),
        "line_count": len(rows),
    }
    return document, lines


def _line(row: Row, header: Row, sources: _Sources, unit: Decimal, *, foreign: bool) -> dict[str, Any] | None:
    """A line as it is in force, in the order's currency, whose smallest amount is `unit`; None for a cancelled one of
    which nothing was received."""
    rules = sources.rules
    ordered = row.get("UORG") or Decimal(0)
    cost = row.get("FRRC" if foreign else "PRRC") or Decimal(0)
    extended = row.get("FEA" if foreign else "AEXP") or ZERO
    quantity, amount = ordered, extended
    # of what was received the old price may stand, so that the extended amount is of two prices
    rounding = Decimal("Infinity") if any(row.get(name) for name in rules.received_columns) else rules.rounding
    price = unit_price(ordered, cost, extended, rounding * unit / CENT, unit) if ordered else extended
    gap = ZERO if price is not None else ordered * cost - extended
    if _cancelled(row, rules):
        quantity, amount = _received(row, rules, ordered, cost if price is None else price, unit, foreign=foreign)
        if not quantity and not amount:
            return None
        price = price if ordered else amount
    aid = _account_id(row, rules)
    return {
        "line": plain(row["LNID"]),
        "aid": aid,
        "account": _account(row) or aid or "",
        "quantity": quantity,
        "price": cost if price is None else price,
        "line_amount": amount,
        "gap": gap,
        "unit_of_measure": text(row.get("UOM")),
        "description": _description(row),
        "need_by": row.get("DRQJ") or row.get("PDDJ") or header.get("DRQJ"),
        "promised": row.get("PDDJ") or header.get("PDDJ"),
        **account_columns(aid, sources.accounts, rules.not_postable),
    }


def unit_price(
    quantity: Decimal, cost: Decimal, extended: Decimal, rounding: Decimal, unit: Decimal = CENT
) -> Decimal | None:
    """The price of a unit, with at most six decimals, that makes the extended amount to the currency's smallest `unit`.

    The unit cost of JDE has four decimals and is often rounded itself: then the price is taken from the amount. None
    where the two are further apart than rounding explains.
    """
    if (quantity * cost).quantize(unit, ROUND_HALF_UP) == extended:
        return cost
    if abs(quantity * cost - extended) > abs(quantity) * HALF_OF_THE_LAST + rounding:
        return None
    price = (extended / quantity).quantize(MILLIONTH, ROUND_HALF_UP)
    return price if (quantity * price).quantize(unit, ROUND_HALF_UP) == extended else None


def plain(number: Decimal) -> str:
    """A number without zeros at its end: `10`, `1.5`."""
    return format(number.normalize(), "f")


def _received(
    row: Row, rules: OrderRules, ordered: Decimal, price: Decimal, unit: Decimal, *, foreign: bool
) -> tuple[Decimal, Decimal]:
    """Quantity and amount that stay in force of a cancelled line; a line without a quantity was received by amount."""
    if not ordered:
        received = [row.get("FREC")] if foreign else [row.get("A" + name[1:]) for name in rules.received_columns]
        return Decimal(0), sum((each or ZERO for each in received), ZERO)
    quantity = sum((row.get(name) or Decimal(0) for name in rules.received_columns), Decimal(0))
    return quantity, (quantity * price).quantize(unit, ROUND_HALF_UP)


def _cancelled(row: Row, rules: OrderRules) -> bool:
    return (text(row.get("LTTR")) or "") in rules.cancelled_last


def _account_id(row: Row, rules: OrderRules) -> str | None:
    return text(row.get("AID")) or rules.default_account


def _account(row: Row) -> str:
    """The account as people write it: as it was typed, else unit.object[.subsidiary]."""
    parts = [text(row.get(column)) for column in ("OMCU", "OBJ", "SUB")]
    return text(row.get("ANI")) or ".".join(part for part in parts if part)


def _description(row: Row) -> str:
    """Both description lines; of a line without any its item number, else its own number."""
    shown = " ".join(filter(None, (text(row.get("DSC1")), text(row.get("DSC2")))))
    return shown or text(row.get("LITM")) or f"Line {plain(row['LNID'])}"

"""Rows of the order tables of JD Edwards, as purchasing would have written them (jde-ais section 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .stamps import Stamp
from .world import Row, account_number

_ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_PRICE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Order:
    """What all rows of one order share."""

    company: str
    """KCOO and CO."""
    number: int
    """DOCO."""
    supplier: int
    """AN8."""
    currency: str
    """CRCD, the document's; `base` is the company's."""
    base: str
    ordered: date
    """TRDJ; requested and promised are that day too, unless `promised` is given."""
    stamp: Stamp
    kind: str = "OP"
    """DCTO."""
    rate: Decimal = Decimal(0)
    """CRR: base currency for one unit of the document's; 0 in a domestic order."""
    ship_to: int = 0
    """SHAN."""
    buyer: int = 0
    """ANBY."""
    unit: str = ""
    """MCU; the company's own unit when blank."""
    reference: str = ""
    """VR01: 25 characters, the number of the order in another system."""
    terms: str = ""
    """PTC."""
    promised: date | None = None
    smallest: Decimal = _CENT
    """The smallest amount of the document's currency."""
    smallest_base: Decimal = _CENT
    """The smallest amount of the company's."""

    @property
    def foreign(self) -> bool:
        """Whether CRRM is F."""
        return self.currency != self.base

    @property
    def key(self) -> Row:
        """KCOO, DCTO, DOCO, SFXO."""
        return {"KCOO": self.company, "DCTO": self.kind, "DOCO": self.number, "SFXO": "000"}


def order_line(
    order: Order,
    line: int,
    account: Row,
    quantity: Decimal,
    price: Decimal,
    text: str,
    *,
    uom: str = "EA",
    kind: str = "N",
    last: str = "380",
    next: str = "400",
    item: str = "",
    subledger: str = "",
) -> Row:
    """A row of F4311 of which nothing is received; `line` is LNID, `kind` LNTY, `last` and `next` LTTR and NXTR.

    `price` is the unit cost in the document's currency, at most four decimals; `account` the row of F0901. With a
    quantity of 0, `price` is the amount of the line, as of a lump sum. `subledger` ("C1234") is SBLT and SBL.
    """
    extended = _rounded(quantity * price if quantity else price, order.smallest)
    domestic = _rounded(extended * order.rate, order.smallest_base) if order.foreign else extended
    unit_cost = price if quantity else Decimal(0)
    promised = order.promised or order.ordered
    return order.stamp.onto_order(
        {
            **order.key,
            "LNID": Decimal(line),
            "MCU": order.unit or order.company,
            "CO": order.company,
            "AN8": order.supplier,
            "SHAN": order.ship_to,
            "DRQJ": promised,
            "TRDJ": order.ordered,
            "PDDJ": promised,
            "OPDJ": promised,
            "DGL": order.ordered,
            "LITM": item,
            "DSC1": text[:30],
            "DSC2": text[30:60],
            "LNTY": kind,
            "NXTR": next,
            "LTTR": last,
            "UOM": uom,
            "UORG": quantity,
            "UOPN": quantity,
            "UREC": _ZERO,
            "URLV": _ZERO,
            "PRRC": _rounded(unit_cost * order.rate, _PRICE) if order.foreign else unit_cost,
            "AEXP": domestic,
            "AOPN": domestic,
            "AREC": _ZERO,
            "ARLV": _ZERO,
            "PTC": order.terms,
            "ANI": account_number(account),
            "AID": account["AID"],
            "OMCU": account["MCU"],
            "OBJ": account["OBJ"],
            "SUB": account["SUB"],
            "SBL": subledger[1:],
            "SBLT": subledger[:1],
            "LT": "AA",
            "CRCD": order.currency,
            "CRR": order.rate,
            "FRRC": unit_cost if order.foreign else _ZERO,
            "FEA": extended if order.foreign else _ZERO,
            "FAP": extended if order.foreign else _ZERO,
            "FREC": _ZERO,
            "TORG": "BUYER",
        }
    )


def order_header(order: Order, lines: Sequence[Row], *, hold: str = "", remark: str = "") -> Row:
    """A row of F4301 for these rows of F4311; `hold` is HOLD."""
    promised = order.promised or order.ordered
    standing = [line for line in lines if line["LTTR"] != "980"]
    return order.stamp.onto_order(
        {
            **order.key,
            "MCU": order.unit or order.company,
            "AN8": order.supplier,
            "SHAN": order.ship_to,
            "DRQJ": promised,
            "TRDJ": order.ordered,
            "PDDJ": promised,
            "OPDJ": promised,
            "VR01": order.reference,
            "VR02": "",
            "RMK": remark,
            "DESC": "",
            "PTC": order.terms,
            "HOLD": hold,
            "ANBY": order.buyer,
            "OTOT": _sum(standing, "AEXP"),
            "CRRM": "F" if order.foreign else "D",
            "CRCD": order.currency,
            "CRR": order.rate,
            "FAP": _sum(standing, "FAP"),
            "BCRC": order.base,
            "ORBY": "BUYER",
            "TKBY": "BUYER",
        }
    )


def receipt(
    line: Row,
    number: int,
    document: int,
    quantity: Decimal,
    on: date,
    stamp: Stamp,
    *,
    smallest: Decimal = _CENT,
    smallest_base: Decimal = _CENT,
) -> Row:
    """Receive a quantity of a row of F4311, which changes, and give the row of F43121 (MATC 1).

    `number` is NLIN, `document` the receipt's own number (DOC, of type OV). `smallest` is that of the line's currency,
    `smallest_base` of its company's.
    """
    whole = quantity == line["UOPN"]
    amount = _amount(line, "AOPN") if whole else _rounded(quantity * _amount(line, "PRRC"), smallest_base)
    foreign = _amount(line, "FAP") if whole else _rounded(quantity * _amount(line, "FRRC"), smallest)
    for taken, given, part in (("UOPN", "UREC", quantity), ("AOPN", "AREC", amount), ("FAP", "FREC", foreign)):
        line[taken] = _amount(line, taken) - part
        line[given] = _amount(line, given) + part
    line["LTTR"] = "400"
    stamp.onto_order(line)
    return stamp.onto_order(
        {
            **{alias: line[alias] for alias in ("KCOO", "DCTO", "DOCO", "SFXO", "LNID", "AN8", "TRDJ")},
            "MATC": "1",
            "NLIN": number,
            "KCO": line["KCOO"],
            "DCT": "OV",
            "DOC": document,
            "UREC": quantity,
            "AREC": amount,
            "UOPN": quantity,
            "AOPN": amount,
            "RCDJ": on,
        }
    )


def end_line(line: Row, last: str, stamp: Stamp) -> None:
    """Cancel (`last` 980) or close what is open of a row of F4311."""
    line.update({"UOPN": _ZERO, "AOPN": _ZERO, "FAP": _ZERO, "LTTR": last, "NXTR": "999"})
    stamp.onto_order(line)


def _sum(rows: Sequence[Row], alias: str) -> Decimal:
    return sum((_amount(row, alias) for row in rows), _ZERO)


def _amount(row: Row, alias: str) -> Decimal:
    value = row[alias]
    if not isinstance(value, Decimal):
        raise TypeError(f"{alias} is not an amount")
    return value


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)

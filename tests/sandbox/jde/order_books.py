"""Orders of the small ledger: what its buyers enter, and what a test reads of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ais_caller import Ais, condition

from connector_sandbox.data import rows
from connector_sandbox.data.rows import Order, Stamp
from connector_sandbox.testing import Sandbox

ORDERED = date(2016, 4, 1)
ROADS = {"AID": "00000001", "MCU": "30", "OBJ": "4210", "SUB": ""}
PARKS = {"AID": "00000002", "MCU": "39284", "OBJ": "4210", "SUB": "01"}
DOMESTIC = Order("00001", 9001, 4343, "GBP", "GBP", ORDERED, Stamp(ORDERED, 90000), ship_to=4343, buyer=7)
FOREIGN = Order("00001", 9002, 4344, "EUR", "GBP", ORDERED, Stamp(ORDERED, 90000), rate=Decimal("0.8"))


def enter(sandbox: Sandbox, order: Order, *lines: dict[str, Any]) -> None:
    """Enter an order: its rows by the control verb, as text and whole numbers."""
    header = rows.order_header(order, lines)
    for table, found in (("F4301", [header]), ("F4311", list(lines))):
        plain = [{alias: plain_value(value) for alias, value in row.items()} for row in found]
        sandbox.post("/rows", {"system": "jde", "table": table, "upsert": plain})


def plain_value(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


def enter_two_lines(sandbox: Sandbox) -> None:
    """Order 9001: ten signs at 12.50, and a lump sum of 300.00."""
    signs = rows.order_line(DOMESTIC, 1, ROADS, Decimal(10), Decimal("12.50"), "Road signs")
    survey = rows.order_line(DOMESTIC, 2, PARKS, Decimal(0), Decimal("300.00"), "Survey", uom="")
    enter(sandbox, DOMESTIC, signs, survey)


def enter_foreign(sandbox: Sandbox) -> None:
    """Order 9002 in euros: three benches at 33.3333."""
    benches = rows.order_line(FOREIGN, 1, PARKS, Decimal(3), Decimal("33.3333"), "Benches")
    enter(sandbox, FOREIGN, benches)


def act(sandbox: Sandbox, name: str, order: Order = DOMESTIC, line: int = 0, **more: Any) -> dict[str, Any]:
    """A buyer's act on an order."""
    key = {"KCOO": order.company, "DCTO": order.kind, "DOCO": order.number, "LNID": line}
    made: dict[str, Any] = sandbox.post("/rows", {"system": "jde", "act": name, **key, **more})
    return made


def line_of(ais: Ais, number: int, line: int = 1) -> dict[str, Any]:
    """A row of F4311."""
    wanted = (condition("F4311.DOCO", "EQUAL", number), condition("F4311.LNID", "EQUAL", line))
    (row,) = ais.rows("F4311", *wanted)
    return row


def figures(row: dict[str, Any]) -> dict[str, str]:
    """Quantities and amounts of a row that are not zero, and its statuses, as text."""
    aliases = ("UORG", "UOPN", "UREC", "URLV", "AEXP", "AOPN", "AREC", "ARLV", "FEA", "FAP", "FREC")
    shown = {alias: f"{row[alias]:.2f}" for alias in aliases if row.get(alias)}
    return shown | {alias: row[alias].strip() for alias in ("LTTR", "NXTR") if alias in row}


def receivers(ais: Ais, number: int) -> list[tuple[Any, ...]]:
    """MATC, LNID, NLIN, DCT, UREC, AREC, UOPN, AOPN of the rows of F43121, in order of line and NLIN."""
    found = ais.rows("F43121", condition("F43121.DOCO", "EQUAL", number))
    aliases = ("MATC", "LNID", "NLIN", "DCT", "UREC", "AREC", "UOPN", "AOPN")
    ordered = sorted(found, key=lambda row: (row["LNID"], row["NLIN"]))
    return [tuple(f"{row[a]:.2f}" if isinstance(row[a], Decimal) else row[a] for a in aliases) for row in ordered]

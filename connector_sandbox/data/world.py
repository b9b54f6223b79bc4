"""What a loader hands to the systems: their first content, and an account of what is in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

Value = str | int | Decimal | date | None
"""A cell: strings without padding, amounts as Decimal, dates as dates; None is an empty number or date."""

Row = dict[str, Value]
"""One JD Edwards row: alias -> value."""

Tables = dict[str, list[Row]]
"""Table name -> its rows."""


class World(TypedDict):
    """The first content of all systems.

    `jde`     table -> rows, alias -> value.
    `coupa`   entity -> records with the API's own hyphen keys; amounts as Decimal.
    `report`  plain JSON values: counts, control totals (amounts as text), `start_date` and `end_date` (the first
              and last UPMJ, ISO), `cases` (label -> keys), what was untidy.
    """

    jde: Tables
    coupa: dict[str, Any]
    report: dict[str, Any]


class UnusableData(Exception):
    """A ledger folder that cannot be loaded: one line naming the file, and the row and column or the setting."""


def document_key(row: Row) -> str:
    """The key of the voucher that a row of F0411, F0911 or F0414 belongs to: "00001/PV/4711"."""
    return f"{row['KCO']}/{row['DCT']}/{row['DOC']}"


def account_number(row: Row) -> str:
    """The account of a row of F0901 or F0911 as people write it: "MCU.OBJ" or "MCU.OBJ.SUB" (ANI)."""
    number = f"{row['MCU']}.{row['OBJ']}"
    return f"{number}.{row['SUB']}" if row["SUB"] else number

"""The chart of accounts of the seed: two companies, their units, and accounts of every posting edit code."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

from ..rows import OFFSET_OBJECT, TAX_OBJECT, Stamp, account, company, month_before, unit
from ..world import Row, Tables, account_number
from .words import EURO_UNITS, OBJECTS, UNITS

HOME, EURO = "00001", "00002"
BASE_CURRENCY = {HOME: "GBP", EURO: "EUR"}

NOT_POSTABLE = {"N": "5190", "I": "5290", "B": "5390", "M": "5490"}
"""PEC -> object of the account of unit 5020 with that code (non-posting, inactive, budget only, machine only)."""
POSTABLE = {"L": "5591", "S": "5592", "U": "5593", "X": "5594"}
"""PEC -> object of the account of unit 5020: subledger required (L, S), units required, no subledger."""


@dataclass
class Chart:
    """The accounts, and which of them a voucher may choose from."""

    tables: Tables
    expense: dict[str, list[Row]] = field(default_factory=lambda: {HOME: [], EURO: []})
    """Company -> its plain postable accounts."""
    offset: dict[str, Row] = field(default_factory=dict)
    tax: dict[str, Row] = field(default_factory=dict)
    by_number: dict[str, Row] = field(default_factory=dict)
    """"MCU.OBJ" or "MCU.OBJ.SUB" -> row."""
    with_subsidiary: list[Row] = field(default_factory=list)
    with_dash: list[Row] = field(default_factory=list)

    def missing(self) -> Row:
        """An account that lines may name, which the account master does not hold."""
        return account(99_999_999, "5020", "5999", "Not in the chart", HOME, Stamp(None, None))


def make_chart(rng: random.Random, stamp: Stamp, today: date) -> Chart:
    """Companies, units and accounts, all with one stamp; last month's period is the current one. About 180 accounts."""
    chart = Chart({"F0010": [], "F0006": [], "F0901": []})
    _companies(chart, stamp, today)
    for number, name in UNITS:
        chart.tables["F0006"].append(unit(number, name, HOME, stamp))
        for objekt, text in sorted(rng.sample(OBJECTS, 8)):
            row = _add(chart, HOME, number, objekt, text, stamp)
            (chart.with_dash if "-" in number else chart.expense[HOME]).append(row)
    for number, name in EURO_UNITS:
        chart.tables["F0006"].append(unit(number, name, EURO, stamp))
        chart.expense[EURO] += [_add(chart, EURO, number, objekt, text, stamp) for objekt, text in OBJECTS[:5]]
    for subsidiary, text in (("01", "Care Packages - North"), ("02", "Care Packages - South")):
        chart.with_subsidiary.append(
            _add(chart, HOME, "2010", "5810", text, stamp, subsidiary=subsidiary),
        )
    for code, objekt in {**NOT_POSTABLE, **POSTABLE}.items():
        _add(chart, HOME, "5020", objekt, f"Posting edit code {code}", stamp, posting=code)
    return chart


def _companies(chart: Chart, stamp: Stamp, today: date) -> None:
    for number, name in ((HOME, "Northmoor Council"), (EURO, "Northmoor Europe")):
        chart.tables["F0010"].append(company(number, name, BASE_CURRENCY[number], stamp, current=month_before(today)))
        chart.tables["F0006"].append(unit(number, "Balance Sheet", number, stamp, balance_sheet=True))
        chart.offset[number] = _add(chart, number, number, OFFSET_OBJECT, "Trade Creditors", stamp, posting="M")
        chart.tax[number] = _add(chart, number, number, TAX_OBJECT, "VAT Recoverable", stamp, posting="M")


def _add(
    chart: Chart,
    company: str,
    unit: str,
    objekt: str,
    text: str,
    stamp: Stamp,
    *,
    subsidiary: str = "",
    posting: str = "",
) -> Row:
    number = 10_000 + len(chart.tables["F0901"])
    row = account(number, unit, objekt, text, company, stamp, subsidiary=subsidiary, posting=posting)
    chart.tables["F0901"].append(row)
    chart.by_number[account_number(row)] = row
    return row

"""Amounts as a site's server shows them: by their currency's own decimals, or by those of the data dictionary, two.

The database keeps an amount as a whole number of its currency's smallest unit. Where the data service only applies the
display decimals of the data dictionary, 1000 yen come as 10.00, and 1.234 dinars as 12.34 (jde-ais section 8, 4: which
of both is not established).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connector_sandbox.jde.acting import Program
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.tables import Column, Row, Table, wire_decimal

# amounts in the document's own currency; all others of a row are in that of its company's books
_OF_DOCUMENT = ["ACR", "FAP", "CDS", "CDSA", "CTXA", "CTXN", "CTAM", "PFAP", "FEA", "FREC"]
_MONEY = (15, 3)
_DISPLAYED = 2


def displayed(environment: Environment, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of an answer, amounts with the decimal point where the site's server puts it."""
    money = [column for column in table.columns if (column.size, column.decimals) == _MONEY]
    if environment.options.currency_decimals == "as_served" or not money:
        return rows
    program = Program(environment, "", "")
    return [_row(program, table, money, row) for row in rows]


def _row(program: Program, table: Table, money: Sequence[Column], row: Row) -> Row:
    shown = list(row)
    for column in money:
        unit = program.smallest(_currency(program, table, row, column.alias))
        exponent = unit.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else _DISPLAYED
        if places != _DISPLAYED:
            amount = Decimal(str(row[column.position]))
            shown[column.position] = wire_decimal(amount.scaleb(places - _DISPLAYED), column.decimals)
    return type(row)(shown)


def _currency(program: Program, table: Table, row: Row, alias: str) -> str:
    def text(name: str) -> str:
        return str(row[table.by_alias[name].position]).strip() if name in table.by_alias else ""

    if alias in _OF_DOCUMENT or text("LT") == "CA":
        return text("CRCD")
    return text("BCRC") or program.base_currency(text("CO") or text("KCO") or text("KCOO"))

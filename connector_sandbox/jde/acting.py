"""What every business program of this environment shares: refusing with a message, and writing audited rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.tables import Row

MATCH_PROGRAM = "EP4314"
"""PID of what voucher match writes."""

_AUDIT = ("USER", "PID", "JOBN", "UPMJ", "UPMT", "TDAY")


class BusinessError(ValueError):
    """A program refuses: the code and the text of the error message, and the control it marks."""

    def __init__(self, code: str, text: str, control: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.control = control

    def on_wire(self) -> dict[str, str]:
        """An item of `errors` or `warnings` (section 3.3)."""
        return {
            "CODE": self.code,
            "TITLE": f"Error: {self.text}",
            "ERRORCONTROL": self.control,
            "DESC": f"CAUSE . . . .  {self.text}\n",
            "MOBILE": self.text,
        }


class Program:
    """A program that a user runs: its rows carry the user's name and the program's."""

    application: ClassVar[str] = "P0411"
    """Which of JDE's programs it is."""

    def __init__(self, environment: Environment, user: str, program: str) -> None:
        self._environment = environment
        self._database = environment.database
        self._user = user
        self._program = program

    @property
    def user(self) -> str:
        """Who runs it."""
        return self._user

    def base_currency(self, company: str) -> str:
        """The currency of a company's domestic amounts; blank for an unknown company."""
        companies = self._database["F0010"]
        row = companies.get({"CO": company})
        return str(companies.value(row, "CRCD")) if row is not None else ""

    def smallest(self, currency: str) -> Decimal:
        """The smallest amount of a currency by F0013.CDEC; a hundredth where the currency is not known."""
        currencies = self._database["F0013"]
        row = currencies.get({"CRCD": currency})
        decimals = str(currencies.value(row, "CDEC")) if row is not None else ""
        return Decimal(1).scaleb(-int(decimals)) if decimals.isdigit() else Decimal("0.01")

    def _record(self, table: str, row: Row) -> dict[str, Any]:
        """Alias -> value, without what is empty."""
        return dict(self._database[table].record(row))

    def _amount(self, table: str, row: Row, alias: str) -> Decimal:
        return Decimal(str(self._database[table].value(row, alias)))

    def _text(self, table: str, row: Row, alias: str) -> str:
        return str(self._database[table].value(row, alias)).strip()

    def _day(self, table: str, row: Row, alias: str) -> date | None:
        value = self._database[table].value(row, alias)
        return value if isinstance(value, date) else None

    def _add(self, table: str, values: Mapping[str, Any]) -> Row:
        return self._environment.insert(
            table, values, user=self._user, program=self._program, application=self._application
        )

    def _change(self, table: str, row: Row, values: Mapping[str, Any], application: str = "") -> None:
        application = application or self._application
        self._environment.update(table, row, values, user=self._user, program=self._program, application=application)

    def _delete(self, table: str, row: Row) -> None:
        self._environment.delete(table, row, application=self._application)

    @property
    def _application(self) -> str:
        # Voucher match enters and voids its vouchers by the programs of A/P, under its own name.
        return "P4314" if self._program == MATCH_PROGRAM else self.application


def chosen(record: Mapping[str, Any], aliases: str) -> dict[str, Any]:
    """These columns of a record (aliases apart by blanks), where it has them."""
    return {alias: record[alias] for alias in aliases.split() if alias in record}


def unaudited(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its audit columns."""
    return {alias: value for alias, value in record.items() if alias not in _AUDIT}


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """An amount in whole units, halves away from zero."""
    return amount.quantize(unit, ROUND_HALF_UP)

"""`ledger.toml`: what the files of a ledger folder cannot say themselves.

    company = "00001"               # KCO and CO, five digits
    company_name = "Northmoor"      # F0010.NAME
    document_type = "PV"            # DCT
    currency = "GBP"                # of the company and of all amounts
    updated = "GL Date"             # UPMJ: "GL Date", "never" (null), or one ISO date
    offset_account = "00001.4110"   # trade creditors, unit.object: the account of the lines that posting adds
    current_period = 2016-07-01     # a day of the current fiscal period (F0010); the last month unless given

    [files."2016-07.csv.gz"]        # for one spend file; company, document_type, currency and updated
    company = "00002"
    updated = "2016-10-01"

All are optional. They are about spend files; table files say everything themselves. A key that is not listed
here is an error, and so are two currencies for one company.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from .cells import day
from .rows import OFFSET_OBJECT
from .world import UnusableData

FILE = "ledger.toml"


@dataclass(frozen=True, slots=True)
class FileSettings:
    """How one spend file is read. `updated` is "GL Date", or the one UPMJ of all its rows (None: null)."""

    company: str = "00001"
    document_type: str = "PV"
    currency: str = "GBP"
    updated: date | str | None = "GL Date"

    def updated_on(self, posted: date) -> date | None:
        """UPMJ of a row of that GL Date."""
        return posted if isinstance(self.updated, str) else self.updated


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The whole of `ledger.toml`."""

    default: FileSettings = FileSettings()
    company_name: str = "Ledger"
    offset_account: str = ""
    current_period: date | None = None
    files: Mapping[str, FileSettings] = field(default_factory=dict)

    def of(self, file: str) -> FileSettings:
        """The settings of a spend file."""
        return self.files.get(file, self.default)

    def offset(self, company: str) -> tuple[str, str]:
        """Unit and object of a company's trade creditors; by default on the unit of the company's number."""
        unit, _, objekt = (self.offset_account or f"{company}.{OFFSET_OBJECT}").partition(".")
        return unit, objekt


def read_settings(directory: Path, spend_files: list[str]) -> LedgerSettings:
    """The settings of a folder, the defaults without a `ledger.toml`.

    Raises UnusableData naming the setting for an unknown key, a value that does not fit, or a file that is not there.
    """
    path = directory / FILE
    if not path.is_file():
        return LedgerSettings()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableData(f"{FILE}: cannot be read: {error}") from None
    files = given.pop("files", {})
    if not isinstance(files, dict):
        raise UnusableData(f"{FILE}: files: a table [files.<name>] was expected")
    whole = {name: given.pop(name) for name in _WHOLE if name in given}
    default = _file_settings(given, FileSettings(), "")
    overrides = {}
    for name, values in files.items():
        if name not in spend_files:
            raise UnusableData(f"{FILE}: files.{name}: no such spend file in this folder")
        if not isinstance(values, dict):
            raise UnusableData(f"{FILE}: files.{name}: a table was expected")
        overrides[name] = _file_settings(values, default, f"files.{name}.")
    settings = LedgerSettings(default, files=overrides, **{name: _WHOLE[name](name, whole[name]) for name in whole})
    _one_currency_each(settings, spend_files)
    return settings


def _file_settings(given: Mapping[str, Any], base: FileSettings, prefix: str) -> FileSettings:
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _OF_A_FILE:
            known = ", ".join([*_OF_A_FILE, *([] if prefix else [*_WHOLE, "files"])])
            raise UnusableData(f"{FILE}: {prefix}{name}: no such setting (there are {known})")
        changes[name] = _OF_A_FILE[name](prefix + name, value)
    return replace(base, **changes)


def _one_currency_each(settings: LedgerSettings, spend_files: list[str]) -> None:
    currencies: dict[str, str] = {}
    for file in spend_files:
        of = settings.of(file)
        if currencies.setdefault(of.company, of.currency) != of.currency:
            raise UnusableData(f"{FILE}: {file}: company {of.company} has currency {currencies[of.company]} elsewhere")


def _matching(pattern: str, what: str) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise UnusableData(f"{FILE}: {name}: {value!r} is not {what}")
        return value

    return check


def _updated(name: str, value: Any) -> date | str | None:
    if value == "GL Date":
        return "GL Date"
    if value == "never":
        return None
    if type(value) is date:  # a date of TOML itself; a date with a time is not one
        return value
    try:
        return day(value if isinstance(value, str) else "")
    except ValueError:
        raise UnusableData(f'{FILE}: {name}: {value!r} is not "GL Date", "never" or a date YYYY-MM-DD') from None


def _period(name: str, value: Any) -> date:
    if type(value) is not date:
        raise UnusableData(f"{FILE}: {name}: {value!r} is not a date YYYY-MM-DD")
    return value


_OF_A_FILE: Mapping[str, Callable[[str, Any], Any]] = {
    "company": _matching(r"\d{5}", "a company number of five digits"),
    "document_type": _matching(r"[A-Z0-9]{2}", "a document type of two characters"),
    "currency": _matching(r"[A-Z]{3}", "a currency code of three letters"),
    "updated": _updated,
}
_WHOLE: Mapping[str, Callable[[str, Any], Any]] = {
    "company_name": _matching(r"\S.{0,29}", "a name of at most 30 characters"),
    "offset_account": _matching(r"[A-Z0-9]{1,12}\.[A-Z0-9]{1,6}", "an account unit.object"),
    "current_period": _period,
}

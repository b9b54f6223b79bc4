"""A ledger folder as the content of the sandbox: spend files, table files, and an optional `ledger.toml`.

Spend files (`*.csv`, `*.csv.gz` of exactly 14 columns) become the tables of an accounts-payable ledger; see
`books.py`. Table files (`F0411.csv`, `F0101.csv.gz`, ...) hold rows as they are: headings are column aliases, dates
are ISO, blank numbers and dates are empty. A folder may hold both; a row of a table file then takes the place of the
row of the same key. Other files in the folder are not looked at.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from connector_sandbox.jde.catalogue import TABLES

from .books import Books
from .cells import table_rows
from .reference import coupa, currencies, exchange_rates, payment_terms
from .rows import Stamp, company, month_before
from .settings import LedgerSettings, read_settings
from .spend import SpendReader
from .totals import control_figures
from .world import Row, Tables, UnusableData, World

_TABLE_FILE = re.compile(r"(F\d{4}[0-9A-Z]*)\.csv(\.gz)?", re.IGNORECASE)
_NO_STAMP = Stamp(None, None)


def load_ledger(directory: Path) -> World:
    """The world of a ledger folder.

    `report` holds the control figures of totals.control_figures, and of the spend files: `files` (name -> lines),
    `spend` (lines, documents, suppliers, units, accounts), `alternates` (what was found under several names: the name
    taken, and the lines of each other), `shared_names` (how many supplier names several address numbers have),
    `cut` (texts too long for JD Edwards), `cases` (label -> document keys), `offset_accounts`, `warnings`.

    Raises UnusableData, in one line naming file, line and column or setting, for anything that does not fit.
    """
    spend_files, table_files = _files(directory)
    settings = read_settings(directory, [path.name for path in spend_files])
    books = Books(settings)
    reader = SpendReader()
    for path in spend_files:
        books.add(path.name, reader.lines(path))
    tables: Tables = books.tables() if spend_files else {}
    for name, path in table_files.items():
        tables[name] = _over(tables.get(name, []), table_rows(path, TABLES[name]), name)
    _add_reference(tables, settings, [path.name for path in spend_files])
    report = {
        "source": "ledger",
        **control_figures(tables),
        **books.report(),
        "cut": sorted(reader.cut),
        "table_files": {path.name: len(tables[name]) for name, path in table_files.items()},
    }
    return {"jde": tables, "coupa": coupa(), "report": report}


def _files(directory: Path) -> tuple[list[Path], dict[str, Path]]:
    """The spend files by name, and the table files by table."""
    if not directory.is_dir():
        raise UnusableData(f"{directory}: no such folder")
    spend: list[Path] = []
    tables: dict[str, Path] = {}
    for path in sorted(directory.iterdir()):
        if not path.name.lower().endswith((".csv", ".csv.gz")) or path.name.startswith(".") or not path.is_file():
            continue
        match = _TABLE_FILE.fullmatch(path.name)
        if match is None:
            spend.append(path)
            continue
        name = match[1].upper()
        if name not in TABLES:
            raise UnusableData(f"{path.name}: the sandbox has no table {name}")
        if name in tables:
            raise UnusableData(f"{path.name}: {tables[name].name} holds table {name} already")
        tables[name] = path
    if not spend and not tables:
        raise UnusableData(f"{directory}: no ledger files (*.csv or *.csv.gz) in this folder")
    return spend, tables


def _over(rows: list[Row], newer: list[Row], table: str) -> list[Row]:
    """Rows of a table, each replaced by the newer one of its key."""
    key = TABLES[table].key
    merged = {tuple(row[alias] for alias in key): row for row in rows}
    merged.update({tuple(row[alias] for alias in key): row for row in newer})
    return list(merged.values())


def _add_reference(tables: Tables, settings: LedgerSettings, spend_files: list[str]) -> None:
    """Companies, currencies and payment terms, where no table file brought them."""
    of_files = [settings.of(name) for name in spend_files] or [settings.default]
    companies = {of.company: of.currency for of in of_files}
    # What is entered from now on is entered now, however old the ledger is.
    current = settings.current_period or month_before(datetime.now(UTC).date())
    tables.setdefault(
        "F0010",
        [
            company(number, settings.company_name, currency, _NO_STAMP, current=current)
            for number, currency in sorted(companies.items())
        ],
    )
    tables.setdefault("F0013", currencies(_NO_STAMP))
    tables.setdefault("F0014", payment_terms(_NO_STAMP))
    tables.setdefault("F0015", exchange_rates(_NO_STAMP))

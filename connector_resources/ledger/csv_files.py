"""Small tables that people keep: CSV in, every row checked before the first is used, and CSV out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import IO

from connector_resources.errors import UnusableInput
from connector_resources.private import whole_file

# what a spreadsheet reads as the beginning of a formula, the full-width forms included; a line feed or a carriage
# return may bring it to the beginning of a cell of its own. Apostrophes in front are ours, or would be taken for it.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def read(
    path: Path | str,
    columns: Sequence[str],
    *,
    optional: Collection[str] = ("target_label",),
    keys: Sequence[Sequence[str]],
) -> list[tuple[int, dict[str, str]]]:
    """The rows with their numbers, as a spreadsheet counts them: the header is row 1.

    `keys` are the sets of columns that no two rows may share; those are never blank, nor is any column but
    the `optional` ones, which may be missing altogether. Raises UnusableInput naming file and row.
    """
    reader = csv.reader(io.StringIO(_text(Path(path)), newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    seen: dict[tuple[str, ...], int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, columns, optional)
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise UnusableInput(f"{path} row {number}: {len(cells)} cells, the header has {len(header)}")
            row = dict.fromkeys(columns, "") | dict(zip(header, map(_value, cells), strict=True))
            blank = [name for name in columns if not row[name] and name not in optional]
            if blank:
                raise UnusableInput(f"{path} row {number}: {blank[0]} is blank")
            _check_keys(path, number, row, keys, seen)
            rows.append((number, row))
    except csv.Error as error:
        raise UnusableInput(f"{path} line {reader.line_num}: not CSV: {error}") from None
    return rows


def _value(cell: str) -> str:
    return unguarded(cell.strip())


def _text(path: Path) -> str:
    try:
        # spreadsheets put a byte order mark in front; ends of lines inside a cell are its own
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except FileNotFoundError:
        raise UnusableInput(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise UnusableInput(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be read: {error.strerror}") from None


def _check_header(path: Path | str, header: Sequence[str], columns: Sequence[str], optional: Collection[str]) -> None:
    unknown = [name for name in header if name not in columns]
    missing = [name for name in columns if name not in header and name not in optional]
    double = [name for name in columns if header.count(name) > 1]
    expected = f"the columns are {', '.join(columns)}"
    if unknown:
        raise UnusableInput(f"{path} row 1: unknown column {unknown[0]!r}; {expected}")
    if missing:
        raise UnusableInput(f"{path} row 1: column {missing[0]!r} is missing; {expected}")
    if double:
        raise UnusableInput(f"{path} row 1: column {double[0]!r} stands twice")


def _check_keys(
    path: Path | str,
    number: int,
    row: dict[str, str],
    keys: Sequence[Sequence[str]],
    seen: dict[tuple[str, ...], int],
) -> None:
    for key in keys:
        value = tuple(row[name] for name in key)
        first = seen.setdefault((",".join(key), *value), number)
        if first != number:
            raise UnusableInput(
                f"{path} row {number}: {', '.join(key)} {', '.join(value)} stands already in row {first}"
            )


def write(path: Path | str, columns: Sequence[str], rows: Iterable[Iterable[str]]) -> int:
    """Write a table, for its owner alone, and return the number of its rows. `read` gives the same values back."""
    count = 0
    try:
        with whole_file(Path(path)) as file:
            writer = csv.writer(_Lines(file), lineterminator="\r\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow(map(guarded, row))
                count += 1
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be written: {error.strerror}") from None
    return count


class _Lines:
    """Rows that end with a line feed alone. To the writer they end with both characters, or Python would leave a
    carriage return inside a cell without its quotes, and what follows it would begin a row."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(f"{row[:-2]}\n".encode())


def guarded(value: str) -> str:
    """A value as a cell that no spreadsheet takes for a formula: with an apostrophe in front where it might. A plain
    number stays one."""
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value


def unguarded(cell: str) -> str:
    """The value of a cell: what `guarded` made it of. An apostrophe in front of anything else is the value's own."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell

"""What commands print on standard output: one JSON object, or tables for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from shutil import get_terminal_size
from typing import Annotated, Any

import msgspec
import typer

from connector_resources.printable import printable, printable_json

# tables that go to a file or a pipe are not cut to the width of a terminal that is not there
WIDTH_OF_A_FILE = 220
# columns of a terminal below which a table of sentences cannot be read
NARROW = 140
REQUEST = "request"
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for programs.")]


def print_json(value: Mapping[str, Any]) -> None:
    """The command's answer as JSON. Amounts are strings, save in a `request`, which is shown as it is sent."""
    text = _ENCODER.encode(_plain(value)).decode()
    sys.stdout.write(printable_json(msgspec.json.format(text, indent=2)) + "\n")
    sys.stdout.flush()


def _plain(value: Any, *, sent: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner, sent=sent or name == REQUEST) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, sent=sent) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return value if sent else format(value, "f")
    if isinstance(value, str):
        # half a character, which a vendor's JSON may hold, has no place in UTF-8
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def print_line(text: str) -> None:
    """A line of the command's answer."""
    sys.stdout.write(f"{printable(text)}\n")


def print_table(
    title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """A table; `right` names the columns of numbers."""
    # imported here: a command that prints JSON does not need it
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold")
    for name in columns:
        table.add_column(Text(printable(name)), justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        # plain text: an operator's value may look like rich's markup
        table.add_row(*(Text("" if cell is None else printable(str(cell))) for cell in row))
    console = Console(file=sys.stdout) if sys.stdout.isatty() else Console(file=sys.stdout, width=WIDTH_OF_A_FILE)
    if title:
        console.print(Text(printable(title), style="bold"))
    console.print(table)


def narrow() -> bool:
    """Whether standard output is a terminal that has no room for a wide table."""
    return sys.stdout.isatty() and get_terminal_size().columns < NARROW


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Whatever a library prints meanwhile goes to standard error."""
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        yield
    finally:
        sys.stdout = stdout

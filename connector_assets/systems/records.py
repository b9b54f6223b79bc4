"""How documents of a SaaS system land: a few plain columns for people, and the whole record as text.

A record has more parts than a table has columns, so it lands as canonical JSON. Each system's module defines that, and
makes the client's model of it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pyarrow as pa

from connector_resources.encrypted import encrypted_field
from connector_resources.unreadable import Unreadable

DAY = "updated_on"
RECORD = "record"
AMOUNT = pa.decimal128(38, 6)
AMOUNT_COLUMN_DIGITS = 32  # before its point
MOMENT = pa.timestamp("us", tz="UTC")
WIDE = Context(prec=60)  # some systems' decimals have up to 46 digits
_MILLIONTHS = Decimal("0.000001")


@dataclass(frozen=True)
class Column:
    """One column: its type, the fields of the record that it is made of (None: all), and how.

    `value` is given the record and the connection's time zone.
    """

    type: pa.DataType
    fields: tuple[Any, ...] | None
    value: Callable[[Any, tzinfo], Any]
    encrypted: bool = False  # holds tax or bank numbers


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document: the client's resource of it, its model and columns.

    `keys` are the columns by whose values it can be asked for.
    """

    resource: str
    model: type[Any]
    columns: Mapping[str, Column]
    keys: frozenset[str] = frozenset({"id"})

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema in which it lands."""
        return pa.schema(
            [
                encrypted_field(name) if column.encrypted else pa.field(name, column.type)
                for name, column in self.columns.items()
            ]
        )

    def fields(self, names: Collection[str]) -> list[Any] | None:
        """What to ask for to fill these columns; None: the whole record."""
        asked: list[Any] = []
        for name in names:
            own = self.columns[name].fields
            if own is None:
                return None
            asked += own
        return asked

    def row(self, record: Any, zone: tzinfo, names: Collection[str]) -> dict[str, Any]:
        """These columns of one record; `zone` is the connection's."""
        return {name: self.columns[name].value(record, zone) for name in names}


def day_of(moment: datetime | None, zone: tzinfo) -> date | None:
    """The day of an instant where the connection is."""
    return None if moment is None else moment.astimezone(zone).date()


def in_utc(moment: datetime | None) -> datetime | None:
    """In UTC: Arrow, with pandas beside it, drops an offset of another kind without a word."""
    return None if moment is None else moment.astimezone(UTC)


def shown_amount(amount: Decimal | None) -> Decimal | None:
    """An amount as the column has it, for people: the exact one is in the record. None for one that it cannot hold."""
    if amount is None or amount.adjusted() >= AMOUNT_COLUMN_DIGITS:
        return None
    return amount.quantize(_MILLIONTHS, ROUND_HALF_EVEN, WIDE)


def stamp_of(unreadable: Sequence[Unreadable]) -> dict[str, list[str]]:
    """What a stamp says of records that it could not read: it differs where they do."""
    records = sorted(f"{each.key} {each.at} {each.field} {each.type}" for each in unreadable)
    return {"unreadable": records} if records else {}


def window_of(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From the first instant of `first` to that of the day after `last`, in `zone`, however long those days are."""
    after = last + timedelta(days=1)
    return (
        datetime(first.year, first.month, first.day, tzinfo=zone),
        datetime(after.year, after.month, after.day, tzinfo=zone),
    )

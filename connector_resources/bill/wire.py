"""What goes out: filters, sort and request bodies as BILL reads them (bill sections 4 and 8)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from connector_resources.bill.shapes import day_of
from connector_resources.values import decimal_of, instant_of

Scalar = str | int | bool | Decimal | date | datetime
Value = Scalar | Sequence[Scalar]
# `field` (equal to the value, or to one of several) or `field:op` -> value, all of which must hold
Filters = Mapping[str, Value]

OPERATORS = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "sw"})
_BARE = re.compile(r"[A-Za-z0-9_.-]+")
# No escape is documented (bill section 4): what may end a quoted text, or begin an escape, is never sent.
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f]')
_CENT = -2
_UNLIMITED = frozenset({"price", "quantity"})  # not amounts of money: they may have more than two decimals


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a filter. What cannot be said in BILL's syntax is asked for wider, and compared here."""

    field: str
    op: str
    value: Value

    def sent(self, starting: Container[str] = ()) -> str | None:
        """The condition as BILL reads it, None where it cannot be said; `starting` are fields that know `sw`."""
        if self.op in ("in", "nin"):
            texts = [scalar_text(value) for value in _many(self.value)]
            if any(_UNSAFE.search(text) or "," in text for text in texts):
                return None
            return f'{self.field}:{self.op}:"{",".join(texts)}"'
        text = scalar_text(_many(self.value)[0])
        unsafe = _UNSAFE.search(text)
        if unsafe is None:
            return f"{self.field}:{self.op}:{self._quoted(text)}"
        prefix = text[: unsafe.start()].rstrip()
        if self.op not in ("eq", "sw") or self.field not in starting or not prefix:
            return None
        return f'{self.field}:sw:"{prefix}"'

    def exact(self) -> bool:
        """Whether `sent` says all of it, so that nothing is left to compare here."""
        return not any(
            _UNSAFE.search(text) or (self.op in ("in", "nin") and "," in text)
            for text in map(scalar_text, _many(self.value))
        )

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether a record, as it came, meets the condition. Texts are compared as BILL may do: without case."""
        found: Any = record
        for part in self.field.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if self.op in ("ne", "nin"):
            return not Condition(self.field, "in", _many(self.value)).holds(record)
        if found is None:
            return False
        try:
            return any(_compared(self.op, found, value) for value in _many(self.value))
        except ValueError:
            # what cannot be compared is not passed over: whoever reads the record says that it cannot be read
            return True

    def _quoted(self, text: str) -> str:
        """Date-times and what `sw` takes go in quotes, ids, numbers and enumerations without (bill section 4)."""
        if isinstance(self.value, bool | int | Decimal):
            return text
        if self.op == "sw" or isinstance(self.value, date) or not _BARE.fullmatch(text):
            return f'"{text}"'
        return text


def conditions(filters: Filters) -> list[Condition]:
    """Filters as conditions. Raises ValueError for an unknown operator, or a list where one value belongs."""
    made = []
    for name, value in filters.items():
        field, _, op = name.partition(":")
        several = not isinstance(value, str) and isinstance(value, Sequence)
        op = op or ("in" if several else "eq")
        if op not in OPERATORS:
            raise ValueError(f"{name}: BILL has no filter operator {op}")
        if several and op not in ("in", "nin"):
            raise ValueError(f"{name}: several values need in or nin")
        made.append(Condition(field, op, value))
    return made


def from_moment(conditions: Iterable[Condition], field: str, moment: datetime) -> list[Condition]:
    """The conditions, with `field` from `moment` on: a lower bound of it that is there already is replaced."""
    kept, lowest = [], moment
    for condition in conditions:
        bound = condition.value if condition.field == field and condition.op in ("gt", "gte") else None
        if isinstance(bound, datetime):
            lowest = max(lowest, bound)
        else:
            kept.append(condition)
    return [*kept, Condition(field, "gte", lowest)]


def query(parameters: Iterable[tuple[str, str]]) -> str:
    """A query string in which all that is special is encoded, a blank as %20: no `+` can be misread."""
    return urlencode(list(parameters), quote_via=quote, safe="")


def scalar_text(value: Scalar) -> str:
    """One value as text. Instants go in UTC with milliseconds and `Z`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def instant_text(moment: datetime) -> str:
    """An instant to the millisecond, in UTC. Raises ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(content: Any, name: str = "", *, nulls: bool = False) -> Any:
    """A request body: money as JSON numbers of at most two decimals, dates as text, None left out unless `nulls`.

    Raises ValueError for a float, and for an amount that two decimals cannot hold (bill section 8.16).
    """
    if isinstance(content, Mapping):
        kept = {str(key): value for key, value in content.items() if nulls or value is not None}
        return {key: body(value, key, nulls=nulls) for key, value in kept.items()}
    if isinstance(content, list | tuple):
        return [body(value, name, nulls=nulls) for value in content]
    if isinstance(content, float):
        raise ValueError(f"{name}: a float in a request body: amounts are Decimals")
    if isinstance(content, Decimal):
        return _number(content, name)
    if isinstance(content, date):
        return scalar_text(content)
    return content


def _number(amount: Decimal, name: str) -> Decimal:
    """The amount in plain digits, zeros behind the second decimal taken off."""
    if not amount.is_finite():
        raise ValueError(f"{name}: {amount} is not an amount")
    plain = Decimal(format(amount.normalize(), "f"))
    exponent = plain.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _CENT and name not in _UNLIMITED:
        raise ValueError(f"{name}: {amount} has more than two decimals")
    return plain


def _many(value: Value) -> Sequence[Scalar]:
    return value if not isinstance(value, str) and isinstance(value, Sequence) else (value,)


def _compared(op: str, found: Any, value: Scalar) -> bool:
    left: Any
    right: Any
    if isinstance(value, bool):
        left, right = found, value
    elif isinstance(value, datetime):
        left, right = instant_of(found), value
    elif isinstance(value, date):
        left, right = day_of(found), value
    elif isinstance(value, int | Decimal):
        left, right = decimal_of(found), Decimal(value)
    else:
        left, right = str(found).casefold(), value.casefold()
    if left is None:
        return False
    if op == "sw":
        return str(left).startswith(str(right))
    comparisons = {
        "gt": lambda: left > right,
        "gte": lambda: left >= right,
        "lt": lambda: left < right,
        "lte": lambda: left <= right,
    }
    return bool(comparisons[op]()) if op in comparisons else bool(left == right)

"""Values as a person reads them: a blank is named as such, a long value is cut, and a text is one line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector_assets.engine.money import amount_text

BLANK = "(blank)"
# of a value that stands inside a sentence
LONGEST = 200


def words(value: Any) -> str:
    """A value as text: '' where it is blank, `yes` or `no`, an amount in plain decimals, the parts of a list or of a
    record one after the other."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return amount_text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, each in value.items() if (inner := words(each)))
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(inner for each in value if (inner := words(each)))
    return str(value).strip()


def shown(value: Any) -> str:
    """A value inside a sentence: `(blank)` where it is, on one line, and cut where it is long."""
    text = " ".join(words(value).split()) or BLANK
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"


def beside(theirs: Any, ours: Any) -> str:
    """What the target holds beside what it should: `100.00, ours 120.00`."""
    return f"{shown(theirs)}, ours {shown(ours)}"

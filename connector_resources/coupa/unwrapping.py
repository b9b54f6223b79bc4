"""The odd shapes that Coupa's answers are printed in, made plain before a record is read (coupa sections 3.0.1, 3.5.1).

A list inside its singular, `{"payments": {"payment": [...]}}`, also with one object in place of the list; an object
inside its own name, `{"payee": {"payee": {...}}}`; and what comes of XML's `nil="true"`, which stands on elements that
hold a value as well: the text counts, not the attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_resources.coupa.fields import CUSTOM_FIELDS, underscored

_NIL = frozenset({"nil", "@nil", "xsi:nil", "@xsi:nil"})
_TEXT = ("#text", "$", "_", "content", "__content__", "text")


def unwrapped(record: Any) -> Any:
    """A record of an answer in the plain form; what is in none of these shapes comes back as it is."""
    if isinstance(record, list):
        return [unwrapped(each) for each in record]
    if not isinstance(record, Mapping):
        return record
    return {key: _value(underscored(str(key)), value) for key, value in record.items()}


def _value(name: str, value: Any) -> Any:
    if name == CUSTOM_FIELDS:
        # names and shapes there are the customer's
        return value
    if isinstance(value, Mapping):
        if any(str(key) in _NIL for key in value):
            return _text(value)
        if len(value) == 1:
            [(only, inner)] = value.items()
            called = underscored(str(only))
            if called == name and isinstance(inner, Mapping):
                return unwrapped(inner)
            if name in _plurals(called) and isinstance(inner, Mapping | list | None):
                several = inner if isinstance(inner, list) else [] if inner is None else [inner]
                return [unwrapped(each) for each in several]
    return unwrapped(value)


def _text(value: Mapping[str, Any]) -> Any:
    """What an element holds that says it is nil."""
    return next((value[key] for key in _TEXT if value.get(key) not in (None, "")), None)


def _plurals(word: str) -> tuple[str, ...]:
    """`payment` and `tax_line` become `payments` and `tax_lines`; `address` becomes `addresses`."""
    return f"{word}s", f"{word}es"

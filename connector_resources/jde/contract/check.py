"""Whether what is sent is what the contract declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connector_resources.jde.contract.model import Act, Input


def problems(act: Act, values: Mapping[str, Any]) -> list[str]:
    """What does not agree, one phrase each: fields that are not declared, required ones that are missing, values of
    another type. A field that is None or an empty text stands for nothing said."""
    return list(_problems(act.inputs, values, ""))


def too_long(act: Act, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field, what is said of it) of each text of more characters, and each number of more digits before its decimals,
    than is declared. `values` are of the declared types."""
    found: list[tuple[str, str]] = []
    for each in act.inputs:
        value = values.get(each.name)
        if each.type == "array":
            for place, row in enumerate(value or (), 1):
                inside = ((f"{each.name} {place}: {one.name}", one, row.get(one.name)) for one in each.members)
                found += [(name, said) for name, one, held in inside if (said := _excess(one, held))]
        elif said := _excess(each, value):
            found.append((each.name, said))
    return found


def _excess(declared: Input, value: Any) -> str | None:
    if value is None or not declared.size:
        return None
    if declared.type == "string" and len(value) > declared.size:
        return f"{value} has {len(value)} characters, {declared.size} at most"
    # decimals that a column has not are rounded there, as a rate's are
    most = declared.size - declared.decimals
    if declared.type == "numeric" and value != "" and (digits := _whole_digits(value)) > most:
        return f"{value} has {digits} digits before the decimals, {most} at most"
    return None


def _whole_digits(value: str | int | Decimal) -> int:
    whole, _, _ = f"{Decimal(value):f}".lstrip("-").partition(".")
    return len(whole.lstrip("0"))


def _problems(declared: Sequence[Input], values: Mapping[str, Any], inside: str) -> list[str]:
    known = {each.name: each for each in declared}
    found = [f"{inside}{name} is not declared" for name in values if name not in known]
    for name, each in known.items():
        value = values.get(name)
        if value is None or value == "":
            if each.need == "always" and (name not in values or each.type != "string"):
                found.append(f"{inside}{name} is missing")
            continue
        if each.type == "array":
            found += _rows(each, value, f"{inside}{name}")
        elif not _fits(each, value):
            found.append(f"{inside}{name} is a {type(value).__name__}, not a {each.type}")
        elif each.one_of and value not in each.one_of:
            found.append(f"{inside}{name} is none of {', '.join(each.one_of)}")
    return found


def _rows(array: Input, value: Any, path: str) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [f"{path} is a {type(value).__name__}, not an array"]
    found: list[str] = []
    for place, row in enumerate(value, 1):
        if isinstance(row, Mapping):
            found += _problems(array.members, row, f"{path} {place}: ")
        else:
            found.append(f"{path} {place} is a {type(row).__name__}, not an object")
    return found


def _fits(declared: Input, value: Any) -> bool:
    if declared.type == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    if declared.type == "numeric":
        return _is_number(value)
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        digits = value.removeprefix("-").replace(".", "", 1)
        return digits.isascii() and digits.isdigit()
    return isinstance(value, int | Decimal) and not isinstance(value, bool)

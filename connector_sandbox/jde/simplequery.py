"""The GET form of the data service: `$filter`, `$field`, `$sort` and friends (jde-ais section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from connector_sandbox.jde.errors import AisError

_OPERATORS = {
    "EQ": "EQUAL",
    "NE": "NOT_EQUAL",
    "STARTSWITH": "STR_START_WITH",
    "ENDSWITH": "STR_END_WITH",
    "CONTAINS": "STR_CONTAIN",
    "LT": "LESS",
    "LE": "LESS_EQUAL",
    "GT": "GREATER",
    "GE": "GREATER_EQUAL",
}
# From 9.2.8.3 on: `F0101.UPMJ GE 5 TODAY_MINUS_DAY`.
_SPECIAL = re.compile(r"^(?:(?P<number>-?\d+)\s+)?(?P<special>TODAY(?:_(?:PLUS|MINUS)_(?:DAY|MONTH|YEAR))?)$")


def data_request(kind: str, target: str, parameters: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The data request that a query string stands for; AisError 500 for a `$filter` that is none."""

    def all_of(name: str) -> list[str]:
        return [value for key, value in parameters if key == name]

    def last_of(name: str) -> str | None:
        return next(iter(reversed(all_of(name))), None)

    return {
        "targetName": target,
        "targetType": kind,
        "dataServiceType": "BROWSE",
        "returnControlIDs": "|".join(name.strip() for name in all_of("$field")),
        "maxPageSize": last_of("$limit"),
        "outputType": last_of("$outputType"),
        "query": {
            "matchType": last_of("$filterType") or "MATCH_ALL",
            "condition": [_condition(text) for text in all_of("$filter")],
        },
        "aggregation": {"orderBy": [_order(text) for text in all_of("$sort")]},
    }


def _condition(text: str) -> dict[str, Any]:
    words = text.strip().split(None, 2)
    if len(words) < 2 or words[1].upper() not in _OPERATORS:
        raise AisError(500, f"$filter {text!r} is not `TABLE.ALIAS OPERATOR value`")
    content = words[2] if len(words) == 3 else ""
    value = {"content": content, "specialValueId": "LITERAL"}
    special = _SPECIAL.match(content)
    if special is not None:
        value = {"content": special["number"] or "", "specialValueId": special["special"]}
    return {"controlId": words[0], "operator": _OPERATORS[words[1].upper()], "value": [value]}


def _order(text: str) -> dict[str, str]:
    # A `+` that was not encoded as %2B arrives as a blank; both mean ascending.
    text = text.strip()
    return {"column": text.lstrip("+-"), "direction": "DESC" if text.startswith("-") else "ASC"}

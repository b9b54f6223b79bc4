"""The shape a data request must have: what a real server's JSON binding refuses is a 400 here too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from connector_sandbox.jde.errors import AisError


class _Value(msgspec.Struct):
    content: Any = None
    special: str | None = msgspec.field(name="specialValueId", default=None)


class _Condition(msgspec.Struct):
    control: str = msgspec.field(name="controlId")
    operator: str
    value: list[_Value] | None = None
    aggregation: str | None = None


class _Complex(msgspec.Struct):
    query: _Query | None = None
    and_or: str | None = msgspec.field(name="andOr", default=None)


class _Query(msgspec.Struct):
    condition: list[_Condition] | None = None
    complex: list[_Complex] | None = msgspec.field(name="complexQuery", default=None)
    match: str | None = msgspec.field(name="matchType", default=None)


class _Column(msgspec.Struct):
    column: str
    aggregation: str | None = None
    direction: str | None = None


class _Aggregation(msgspec.Struct):
    aggregations: list[_Column] | None = None
    group: list[_Column] | None = msgspec.field(name="groupBy", default=None)
    order: list[_Column] | None = msgspec.field(name="orderBy", default=None)


class _Request(msgspec.Struct):
    target: str | None = msgspec.field(name="targetName", default=None)
    columns: str | None = msgspec.field(name="returnControlIDs", default=None)
    query: _Query | None = None
    aggregation: _Aggregation | None = None
    having: _Query | None = None
    members: list[_Request] | None = msgspec.field(name="dataRequests", default=None)


def check_data_request(body: Mapping[str, Any]) -> None:
    """AisError 400, naming the place, when the body cannot be a data request."""
    try:
        msgspec.convert(body, _Request)
    except msgspec.ValidationError as error:
        raise AisError(400, f"Invalid JSON input: {error}") from None

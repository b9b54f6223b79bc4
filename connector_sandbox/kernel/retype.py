"""The fault `retype`: a field of a record comes in another type than the vendor documents."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from connector_sandbox.kernel.faults import Rule

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def retyped(response: Response, rule: Rule) -> Response:
    """The answer with the field of the chosen records replaced; one that holds no JSON is left as it is."""
    try:
        content = _DECODER.decode(bytes(response.body))
    except msgspec.DecodeError:
        return response
    _walk(content, rule)
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(_ENCODER.encode(content), response.status_code, kept, response.headers.get("content-type"))


def _walk(found: Any, rule: Rule) -> None:
    if isinstance(found, dict):
        if _chosen(found, rule.match):
            _set(found, rule.field.split("."), rule.value)
        for inner in found.values():
            _walk(inner, rule)
    elif isinstance(found, list):
        for inner in found:
            _walk(inner, rule)


def _chosen(record: Mapping[str, Any], match: Mapping[str, Any]) -> bool:
    return all(name in record and _plain(record[name]) == _plain(value) for name, value in match.items())


def _plain(value: Any) -> str:
    """Numbers and texts of one meaning are the same here: `"8051"`, 8051, blanks around them."""
    return str(value).strip()


def _set(record: Any, path: list[str], value: Any) -> None:
    name, *rest = path
    if name == "*" and isinstance(record, list):
        for inner in record:
            _set(inner, rest, value)
    elif isinstance(record, dict) and name in record:
        if rest:
            _set(record[name], rest, value)
        else:
            record[name] = value

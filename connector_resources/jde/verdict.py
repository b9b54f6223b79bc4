"""What a 2xx answer of an orchestration says: done, refused, or not to be known (jde-ais sections 3.4, 14.2).

A warning is not a refusal: JDE went on after it, or the form waits for its OK once more. With the key of the document
it was made; without it nobody knows, and the document is looked up. Of an orchestration that makes no document the
answer never tells what it did: whoever calls looks at that each time, warned or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector_resources.jde.errors import Words, errors_inside, items_of, words

_DONE = "SUCCESS"
_WARNED = ("WARN", "WARNING")
_WARNINGS = frozenset(("warnings", "Warnings"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`key` is the document's number, None where there is none; `errors` what JDE refused with; `uncertain` why nobody
    knows what was done, in words. Without `errors` and `uncertain` it was done."""

    key: str | None
    errors: Words | None = None
    uncertain: str = ""


def verdict(body: Mapping[str, Any], key_output: str | None, *, makes: bool = True) -> Verdict:
    """Judge an answer; `key_output` names the output that holds the number, `makes` says whether the orchestration
    makes a document at all."""
    key = output(body, key_output) if key_output else ""
    went_on = body.get("continuedOnError")
    errors = _errors(body)
    if went_on or (errors is not None and key):
        said = errors or Words("a step failed")
        return Verdict(key or None, uncertain=f"it went on after an error: {said.all}")
    if errors is not None:
        return Verdict(None, errors=errors)
    if key_output and not key:
        warned = _warnings(body)
        beside = f", with the warning: {warned}" if warned else ""
        return Verdict(None, uncertain=f"it answered without an error and without {key_output}{beside}")
    status = _status(body)
    if status not in (_DONE, *_WARNED):
        return Verdict(key or None, uncertain=f"it answered jde__status {status}, which is neither success nor error")
    warned = _warnings(body) or (status if status != _DONE else "")
    if warned and not key and makes:
        return Verdict(None, uncertain=f"it answered with a warning: {warned}")
    return Verdict(key or None)


def output(body: Any, name: str) -> str:
    """The value of an output wherever the answer holds it; '' when absent, blank or zero."""
    if isinstance(body, Mapping):
        if name in body and isinstance(body[name], str | int | Decimal):
            written = str(body[name]).strip()
            return written if written.strip("0.") else ""
        found = (output(value, name) for value in body.values())
        return next((value for value in found if value), "")
    if isinstance(body, list):
        return next((value for value in (output(item, name) for item in body) if value), "")
    return ""


def _status(body: Mapping[str, Any]) -> str:
    return str(body.get("jde__status") or _DONE).strip().upper()


def _errors(body: Mapping[str, Any]) -> Words | None:
    if body.get("continuedOnError"):
        return words({**body, "errors": body["continuedOnError"]})
    if _status(body).startswith("ERR"):
        return words(body) or Words(f"jde__status {_status(body)}")
    return errors_inside(body)


def _warnings(body: Mapping[str, Any]) -> str:
    """What the forms warned of, in one line."""
    return Words("", tuple(dict.fromkeys(items_of(body, _WARNINGS)))).all

"""Which of BILL's answers prove that a write was refused or not processed (bill section 5).

Errors are a JSON array of entries; what decides is the code in it, not the status. A validation of the request has no
code, but a severity and a sentence for each field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connector_resources.http import Answer, Answers, Row

_CODE = re.compile(r"BDC_\d{4,5}")
_SEVERITIES = frozenset({"ERROR", "WARNING", "INFORMATION"})
# the statuses that the vendor, or those who met them, name for its errors (bill sections 5.1 to 5.3); of 5xx nothing is
# promised
_STATUSES = frozenset({400, 401, 403, 404, 422, 423, 429})


def _entries(answer: Answer) -> Iterator[Mapping[str, Any]]:
    """The entries of an error array; none where the body is anything else."""
    content = answer.json_or_none()
    if isinstance(content, list) and content and all(isinstance(entry, Mapping) for entry in content):
        yield from content


def _code(*wanted: str) -> Callable[[Answer], bool]:
    """Whether an entry has one of these codes, or any where none is named."""

    def found(answer: Answer) -> bool:
        said = {str(entry.get("code") or "") for entry in _entries(answer)}
        return bool(said & set(wanted)) if wanted else any(_CODE.fullmatch(code) for code in said)

    return found


def _validation(answer: Answer) -> bool:
    """Entries of severity and sentence, without a code (bill section 5.2)."""
    entries = list(_entries(answer))
    return bool(entries) and all(
        isinstance(entry.get("message"), str) and entry.get("severity") in _SEVERITIES for entry in entries
    )


ANSWERS: Answers = (
    Row(_STATUSES, _code("BDC_1109"), "not_processed", "BDC_1109: the session is invalid", "bill 2.3, 5.4"),
    Row(_STATUSES, _code("BDC_1322"), "not_processed", "BDC_1322: too many calls in flight", "bill 5.1, 5.4"),
    Row(_STATUSES, _code("BDC_1144"), "not_processed", "BDC_1144: the hour's calls are spent", "bill 5.1, 5.4"),
    Row(_STATUSES, _code("BDC_1107"), "not_processed", "BDC_1107: the organisation is locked", "bill 5.3"),
    Row(_STATUSES, _code("BDC_1121"), "not_processed", "BDC_1121: there is no such call", "bill 5.3"),
    Row(_STATUSES, _code("BDC_1361", "BDC_1145"), "not_processed", "the user may not do it", "bill 5.3"),
    Row({400}, _validation, "refused", "entries of severity and sentence: a field is wrong", "bill 5.2"),
    Row(_STATUSES, _code("BDC_1205", "BDC_1120"), "refused", "BDC_1205: nothing has this id", "bill 5.3"),
    Row(_STATUSES, _code("BDC_1246"), "refused", "BDC_1246: one of several is refused, none was made", "bill 5.3"),
    Row(_STATUSES, _code(), "refused", "BILL's own code: a rule of its business", "bill 5.2, 5.3"),
)

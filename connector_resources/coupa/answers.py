"""Which of Coupa's answers prove that a write was refused or not processed (coupa section 5).

The bodies of 401, 403 and 429 are not published, and some come empty. What shows the vendor's hand is its
error envelope; a status without it is any server's between here and there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector_resources.http import Answer, Answers, Row

_XML_ENVELOPE = re.compile(rb"^\s*(<\?xml[^>]*>\s*)?<errors\b.*<error\b", re.DOTALL | re.IGNORECASE)


def _envelope(answer: Answer) -> bool:
    """`{"errors": {resource: [sentence]}}`, or `<errors><error>` (coupa section 5.3)."""
    content = answer.json_or_none()
    if isinstance(content, Mapping):
        errors = content.get("errors")
        return isinstance(errors, Mapping) and any(isinstance(said, str | list) and said for said in errors.values())
    return _XML_ENVELOPE.match(answer.body) is not None


ANSWERS: Answers = (
    Row({400}, _envelope, "refused", "Coupa's errors, by resource", "coupa 5.2, 5.3"),
    Row({404}, _envelope, "refused", "Coupa's errors: no such record", "coupa 5.2"),
    Row({401}, _envelope, "not_processed", "Coupa's errors: the token is not accepted", "coupa 2.3"),
    Row({403}, _envelope, "not_processed", "Coupa's errors: a scope or permission is missing", "coupa 5.2"),
    Row({429}, _envelope, "not_processed", "Coupa's errors: too many calls", "coupa 5.1"),
)

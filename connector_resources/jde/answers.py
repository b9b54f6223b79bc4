"""Which of AIS' answers prove that a write was refused or not processed (jde-ais sections 2, 3.4 and 5).

AIS' own error is a ServiceErrorResponse: JSON with `message` and the exception's class or its stamp. Pages of the
application server in front of it are HTML. 404, 405, 406 and 415 have no documented body, and prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_resources.http import Answer, Answers, Row
from connector_resources.jde.errors import speaks_of_the_document


def _service_error(answer: Answer) -> bool:
    content: Any = answer.json_or_none()
    return isinstance(content, Mapping) and "message" in content and ("exception" in content or "timeStamp" in content)


def _aborted(answer: Answer) -> bool:
    """An orchestration that ended with words of its designer or of the application, not with the kernel's trouble."""
    return speaks_of_the_document(answer.json_or_none())


ANSWERS: Answers = (
    Row({444}, _service_error, "not_processed", "ServiceErrorResponse: the token is invalid", "jde-ais 2"),
    Row({403}, _service_error, "not_processed", "ServiceErrorResponse: authorization failure", "jde-ais 5"),
    Row({400}, _service_error, "refused", "ServiceErrorResponse: the JSON is not valid", "jde-ais 5"),
    # steps before the one that failed are not rolled back
    Row({500}, _aborted, "refused", "the orchestration aborted, with the site's own words", "jde-ais 3.4, 5", True),
)

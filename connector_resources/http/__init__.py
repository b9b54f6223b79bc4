"""One HTTP layer for all vendors: pooling, login, retry, throttle, in-flight limit, the error vocabulary."""

from connector_resources.http.limits import HttpLimits
from connector_resources.http.model import Answer, Call, CallCount
from connector_resources.http.problems import (
    field_messages_text,
    one_line,
    retry_after_seconds,
    usual_problem,
)
from connector_resources.http.proof import Answers, Row
from connector_resources.http.session import Authorizer, HttpSession
from connector_resources.http.slots import Slots
from connector_resources.http.throttle import Throttle

__all__ = [
    "Answer",
    "Answers",
    "Authorizer",
    "Call",
    "CallCount",
    "HttpLimits",
    "HttpSession",
    "Row",
    "Slots",
    "Throttle",
    "field_messages_text",
    "one_line",
    "retry_after_seconds",
    "usual_problem",
]

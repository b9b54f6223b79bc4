"""What an answer of the events API other than success is made of."""

from __future__ import annotations

from typing import Any


class EventRefusal(Exception):
    """A status and one message per fault (bill sections 5.2 and 7.6); a request that is not valid has no code."""

    def __init__(self, status: int, *messages: str, code: str | None = None) -> None:
        super().__init__("; ".join(messages))
        self.status = status
        self.messages = messages
        self.code = code

    def body(self, timestamp: str) -> list[dict[str, Any]]:
        """The array of BILL's errors."""
        known = {} if self.code is None else {"code": self.code, "category": "DOWNSTREAM"}
        return [{"timestamp": timestamp, "severity": "ERROR", **known, "message": each} for each in self.messages]


def no_data() -> EventRefusal:
    """An id that leads nowhere."""
    return EventRefusal(404, "No data found.", code="BDC_1120")

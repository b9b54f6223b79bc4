"""Answers other than success: arrays of entries in one of two shapes (bill section 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

CATEGORY = "DOWNSTREAM"
_ROLLED_BACK = ("BDC_1246", "Operation was rolled back because of an error in another object of the request.")


class Refusal(Exception):
    """An answer of `status` with an entry for each message.

    Without a code it is a validation of the request: its entries have neither code nor category.
    """

    def __init__(self, status: int, code: str | None, *messages: str, rolled_back: int = 0) -> None:
        super().__init__("; ".join(messages))
        self.status = status
        self.code = code
        self.messages = messages
        self.rolled_back = rolled_back
        """How many other records of a bulk call were not made because of this one."""

    def body(self, now: datetime) -> list[dict[str, Any]]:
        """The entries, as they go out."""
        stamp = timestamp(now)
        if self.code is None:
            return [{"timestamp": stamp, "severity": "ERROR", "message": each} for each in self.messages]
        entries = [(self.code, each) for each in self.messages] + [_ROLLED_BACK] * self.rolled_back
        return [
            {"timestamp": stamp, "code": code, "severity": "ERROR", "category": CATEGORY, "message": each}
            for code, each in entries
        ]


def timestamp(instant: datetime) -> str:
    """`2026-01-05T23:15:23.127+00:00`, as all times of the API are written."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def invalid(messages: Sequence[str]) -> Refusal:
    """A request that does not fit: 400 with "<field>: <reason>" for each field."""
    return Refusal(400, None, *messages)


def unreadable(what: str, problem: str) -> Refusal:
    """A JSON value of another type than its place takes (400; the beginning of the text is documented)."""
    return Refusal(400, None, f"Cannot construct instance of `{what}`: {problem}")


def against_rule(code: str, message: str, record: str | None = None, *, status: int = 422) -> Refusal:
    """A business rule: the same reason twice where it is about a record, plainly and after the record's id."""
    return Refusal(status, code, message, *([f"{record} : {message}"] if record else []))


def session_invalid() -> Refusal:
    """No session of that id with that developer key, or not any more (bill section 2.3)."""
    return Refusal(401, "BDC_1109", "Session is invalid. Please log in.")


def bad_developer_key() -> Refusal:
    """The developer key is not known, or is missing."""
    return Refusal(401, "BDC_1102", "Developer key is invalid.")


def not_supported() -> Refusal:
    """No such path, or not in this case of letters, or not with this method."""
    return Refusal(404, "BDC_1121", "API not supported.")

"""What an answer other than success is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """An answer with field messages: status, and messages by resource (coupa section 5.3)."""

    def __init__(self, status: int, key: str, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.status = status
        self.key = key
        self.messages = messages

    @property
    def body(self) -> dict[str, Any]:
        """{"errors": {"supplier": ["Name has already been taken"]}}"""
        return {"errors": {self.key: list(self.messages)}}


class NoRows(Exception):
    """An empty list, which XML consumers get as a 404 (coupa section 4)."""


def bad_query(message: str) -> Refusal:
    """A query that cannot be understood, with a hint (coupa section 3.0)."""
    return Refusal(400, "query", message)


def not_found(singular: str) -> Refusal:
    """An id that leads nowhere."""
    return Refusal(404, singular, "Couldn't find the requested record.")


def no_such_reference(model: str, attribute: str, given: Mapping[str, Any], possible: Sequence[str]) -> str:
    """The vendor's sentence about a reference that leads nowhere (coupa section 3.2)."""
    keys = ", ".join(f'"{key.replace("-", "_")}"=>{_ruby(value)}' for key, value in given.items())
    names = ", ".join(f'"{key.replace("-", "_")}"' for key in possible)
    return (
        f"Unable to find valid {model} record for {attribute.replace('-', '_')} with keys {{{keys}}}. "
        f"Possible keys are [{names}]. Please verify your xml."
    )


def _ruby(value: Any) -> str:
    if value is None:
        return "nil"
    return str(value) if isinstance(value, int) else f'"{value}"'

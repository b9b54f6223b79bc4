"""A request that is refused, and what its sender is reported."""

from __future__ import annotations

from collections.abc import Mapping

from connector_resources.errors import ConnectorError


class Refusal(ConnectorError):
    """The answer's status and one line that says why; never anything of the request's secrets or its body."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


def only(values: list[str], name: str) -> str | None:
    """The one value of a header; None where it is missing. A header that comes twice could be read in two ways."""
    if len(values) > 1:
        raise Refusal(400, f"the header {name} comes more than once")
    return values[0] if values else None

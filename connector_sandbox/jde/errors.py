"""The error answers of an AIS server (jde-ais sections 2 and 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AisError(Exception):
    """A call that ends with a ServiceErrorResponse.

    `body` replaces the default one where a service has a shape of its own; `html` is an answer of the
    application
    server, not of AIS.
    """

    def __init__(self, status: int, message: str, *, body: Mapping[str, Any] | None = None, html: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.body = body
        self.html = html


class UnknownTargetError(AisError):
    """A table or column that does not exist; the shape of the answer is not established (section 8, 11)."""

    def __init__(self, message: str) -> None:
        super().__init__(500, message)


def invalid_token(status: int = 444) -> AisError:
    """The expiry signal."""
    return AisError(status, "Invalid Token")


def expired_result_set() -> AisError:
    """A next link whose cursor has gone (section 4)."""
    text = "JAS_MSG347: The query results expired. Please run the query again."
    return AisError(500, text, body={"sysErrors": [{"TITLE": text, "DESC": text}]})

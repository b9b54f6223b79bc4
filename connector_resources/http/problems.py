"""From transport failures and HTTP statuses to the error vocabulary."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError

from connector_resources.errors import (
    ConnectorError,
    FieldMessage,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    Unavailable,
    UnboundedAnswer,
    UnusableInput,
)
from connector_resources.http.model import Answer, Call

_UNUSABLE_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    LocationParseError,
)


def transport_problem(error: Exception, call: Call, *, connection: str) -> ConnectorError:
    """What a failed exchange means whose request left, or may have left.

    Nothing of the exception's own text is used: it quotes whole addresses and header values.
    """
    if isinstance(error, requests.exceptions.Timeout):
        return call.without_answer(f"{call.what}: {connection} did not answer in time", connection=connection)
    return call.without_answer(
        f"{call.what}: the connection to {connection} broke before the whole answer came ({_reason(_causes(error))})",
        connection=connection,
    )


def unbounded_problem(limit: str, allowed: float, call: Call, *, connection: str) -> ConnectorError:
    """What an answer means that went past a limit of the connection, by the limit's name and value."""
    over = {
        "total_seconds": f"{connection} did not answer in time",
        "answer_bytes": f"the answer of {connection} is too long",
        "decoded_bytes": f"the answer of {connection} is too long once decompressed",
    }[limit]
    text = f"{call.what}: {over}: {limit} is {allowed:g}"
    if call.is_safe:
        return UnboundedAnswer(f"{text}; raise limits.{limit} of the connection if it is right", connection=connection)
    return call.without_answer(text, connection=connection)


def unsent_problem(error: Exception, call: Call, *, connection: str, url: str) -> ConnectorError | None:
    """What kept a request from leaving, where the failure says so by itself, else None; `url` is redacted."""
    if isinstance(error, UnicodeError | requests.exceptions.InvalidHeader):
        return UnusableInput(f"connection {connection}: its url or a credential holds characters HTTP cannot carry")
    if isinstance(error, _UNUSABLE_ADDRESS):
        return UnusableInput(f"connection {connection}: {url} is not a usable address; correct its url")
    causes = list(_causes(error))
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return UnusableInput(
            f"connection {connection}: the certificate of {url} is not trusted"
            f" ({certificate.verify_message}); name the issuer's file in its verify setting"
        )
    if isinstance(error, requests.exceptions.SSLError) and _speaks_plain(causes):
        return UnusableInput(f"connection {connection}: {url} does not speak TLS; should its url begin with http://?")
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes):
        return Unavailable(
            f"{call.what}: cannot connect to {connection} at {url} ({_reason(causes)}); is its url right?",
            connection=connection,
        )
    return None


def usual_problem(
    call: Call, answer: Answer, *, details: str = "", fields: tuple[FieldMessage, ...] = ()
) -> ConnectorError | None:
    """What a status usually means, for the vendor's classifier to fall back on; None for 2xx.

    `details` replaces the body's text, `fields` are the vendor's field messages.
    """
    status, connection = answer.status, answer.connection
    if 200 <= status < 300:
        return None
    text = one_line(details) if details else answer.text(300)
    message = f"{call.what}: {connection} answered {status}" + (f": {text}" if text else "")
    if status == 429:
        return RateLimited(message, connection=connection, status=status, retry_after=answer.retry_after)
    if status >= 500 or status == 408:
        return call.without_answer(message, connection=connection, status=status)
    if status in (404, 410):
        return NotFound(message, connection=connection, status=status)
    if status in (401, 403):
        return NotAllowed(message, connection=connection, status=status)
    return Refused(message, fields=fields, connection=connection, status=status)


def redirect_problem(call: Call, answer: Answer) -> ConnectorError | None:
    """A redirect is never followed: it would carry the login to another address."""
    if not 300 <= answer.status < 400:
        return None
    location = answer.headers.get("Location", "")
    return UnusableInput(
        f"connection {answer.connection}: {answer.url} redirects to {location or 'nowhere'} ({call.what});"
        " set its url to the address that answers itself"
    )


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, given in seconds or as an HTTP date; None where unreadable."""
    if not value:
        return None
    value = value.strip()
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def one_line(text: str, limit: int = 300) -> str:
    """`text` without line breaks, cut after `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def field_messages_text(fields: Iterable[FieldMessage]) -> str:
    """Field messages as one text for a person."""
    return "; ".join(str(field) for field in fields)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all inside it: requests keeps urllib3's as an argument, urllib3 keeps a `reason`."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        waiting.extend(item for item in inner if isinstance(item, BaseException))


def _speaks_plain(causes: Iterable[BaseException]) -> bool:
    return any(
        isinstance(cause, ssl.SSLError) and cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
        for cause in causes
    )


def _reason(causes: Iterable[BaseException]) -> str:
    """The operating system's words where there are any: they name no address and no secret."""
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, requests.RequestException):
            return cause.strerror.lower()
    return "no connection" if any(isinstance(cause, NewConnectionError) for cause in causes) else "broken off"

"""How much of an answer is taken in: bytes on the wire and once decompressed, seconds, levels of its JSON.

The transport stops at the bytes and seconds of a real connection; what is seen here holds for any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from connector_resources.clock import Clock

if TYPE_CHECKING:
    from connector_resources.http.limits import HttpLimits

_PART = 16_384
_DIGITS = 20  # more than any length has
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)


class Unbounded(requests.RequestException):
    """An answer went past a limit of the connection; the text is the limit's name."""


def whole_body(response: requests.Response, limits: HttpLimits, clock: Clock, ends_at: float) -> bytes:
    """The body of an answer, decompressed. `ends_at` is a reading of the clock.

    Raises `Unbounded`, after which the connection is not used again, and what `requests` raises.
    """
    declared = response.headers.get("Content-Length", "")
    # of thousands of digits no int can be made
    if declared.isdecimal() and (len(declared) > _DIGITS or int(declared) > limits.answer_bytes):
        response.close()
        raise Unbounded("answer_bytes")
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_PART):
        parts.append(part)
        size += len(part)
        broken = "decoded_bytes" if size > limits.decoded_bytes else "total_seconds" if _late(clock, ends_at) else ""
        if broken:
            response.close()
            raise Unbounded(broken)
    return b"".join(parts)


def _late(clock: Clock, ends_at: float) -> bool:
    return clock.monotonic() > ends_at


def too_deep(body: bytes, decoded: Any, limit: int) -> bool:
    """Whether JSON is nested more than `limit` levels deep.

    Counted by taking away the innermost pairs of brackets, level by level. Brackets inside texts may be left over: then
    what was decoded is counted.
    """
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(limit):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return False
    return _depth(decoded, limit) > limit


def _depth(decoded: Any, limit: int) -> int:
    level, found = [decoded], 0
    while level and found <= limit:
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        nested = [each for each in level if isinstance(each, dict | list)]
        found += bool(nested)
        level = [each for each in inner if isinstance(each, dict | list)]
    return found

"""The signature of a notification (bill section 7.4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence

HEADER = "x-bill-sha-signature"

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[ \t\r\n]+', re.DOTALL)


def signed(body: bytes, header: str, keys: Sequence[str]) -> bool:
    """Whether `header` is a signature of `body` under one of the `keys`; see `signed_message`."""
    return signed_message(body, header, keys) is not None


def signed_message(body: bytes, header: str, keys: Sequence[str]) -> bytes | None:
    """What of `body` has the base64 HMAC-SHA256 `header` under one of the `keys`; None where nothing has. Whatever
    else the body holds is nobody's word.

    `body` is what was received, to the byte. Where that is not what was signed, its minified form is tried, and the
    notification inside it where it came as a text. Several keys: after a rotation, notifications under way still
    carry the old signature. The comparison takes the same time whatever is wrong.
    """
    try:
        given = base64.b64decode(header.strip().encode("ascii"), validate=True)
    except (binascii.Error, ValueError):  # ValueError: a header with other characters than ASCII
        return None
    if not given:
        return None
    for message in _readings(body):
        for key in keys:
            if key and hmac.compare_digest(hmac.new(key.encode(), message, hashlib.sha256).digest(), given):
                return message
    return None


def minified(body: bytes) -> bytes:
    """JSON without the blanks between its tokens; numbers and texts stay as they are written. What is no JSON takes
    time in the square of its length."""
    return _TOKEN.sub(lambda found: found[0] if found[0].startswith(b'"') else b"", body)


def _readings(body: bytes) -> Iterator[bytes]:
    """What may have been signed: the bytes; of JSON its minified form, too, and the same of a text inside."""
    yield body
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        # whoever sends it may be anybody, and quotes without an end cost more than time in proportion
        return
    yield from _smaller(body)
    if isinstance(content, dict):
        content = content.get("payload")
    if isinstance(content, str):
        inner = content.encode("utf-8", "surrogatepass")
        yield inner
        try:
            json.loads(inner)
        except (ValueError, RecursionError):
            return
        yield from _smaller(inner)


def _smaller(body: bytes) -> Iterator[bytes]:
    if (found := minified(body)) != body:
        yield found

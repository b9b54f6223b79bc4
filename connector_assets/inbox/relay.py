"""The signature of a relay: HMAC-SHA256 over the body as it came, with the time stamp and the event id where they are
signed. A relay is the site's own; no vendor signs like this.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import Headers

from connector_assets.systems.refusal import Refusal, only
from connector_resources.inbox_settings import RelaySettings

# without a dot, which stands between the signed parts
_EVENT_ID = re.compile(r"[A-Za-z0-9_:=+/-]{1,200}")
_SECONDS = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a genuine message is known by."""

    event_id: str | None
    signature: str


def verify(settings: RelaySettings, secret: str, headers: Headers, body: bytes, now: datetime) -> Signed:
    """What the message is known by. Raises Refusal 401 for a signature that is missing or wrong, and for a genuine one
    whose time stamp is too far from `now`; 400 for headers that cannot be read for sure."""
    stamp = _header(headers, settings.timestamp_header)
    event_id = _header(headers, settings.event_id_header)
    if event_id is not None and not _EVENT_ID.fullmatch(event_id):
        raise Refusal(400, f"the header {settings.event_id_header} is no event id")
    known = {"timestamp": stamp, "id": event_id}
    parts = settings.signed.split(".")
    # what is missing is signed as nothing, so that every request takes the same work
    signed = b".".join(body if part == "body" else (known[part] or "").encode("latin-1") for part in parts)
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    text = digest.hex() if settings.encoding == "hex" else base64.b64encode(digest).decode()
    given = _header(headers, settings.header) or ""
    # as text: another spelling of the same bytes is another signature
    genuine = hmac.compare_digest(given.encode("latin-1"), f"{settings.prefix}{text}".encode("latin-1", "replace"))
    if not genuine or any(known[part] is None for part in parts if part != "body"):
        raise Refusal(401, "the signature is missing or not valid")
    if stamp is not None and abs((_instant(stamp) - now).total_seconds()) > settings.tolerance_seconds:
        raise Refusal(401, f"the time stamp is more than {settings.tolerance_seconds} s from now")
    return Signed(event_id, hashlib.sha256(digest).hexdigest())


def _header(headers: Headers, name: str | None) -> str | None:
    return None if name is None else only(headers.getlist(name), name)


def _instant(stamp: str) -> datetime:
    try:
        if _SECONDS.fullmatch(stamp):
            return datetime.fromtimestamp(int(stamp), UTC)
        found = datetime.fromisoformat(stamp)
        if found.tzinfo is None:
            raise ValueError("without a zone it is no instant")
        return found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Refusal(401, "the time stamp is neither Unix seconds nor ISO 8601 with a zone") from None

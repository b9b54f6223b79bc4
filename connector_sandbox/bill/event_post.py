"""One delivery over the wire: HTTPS alone, with the chain and the host's name verified."""

from __future__ import annotations

import base64
import hmac
import ssl
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

SIGNATURE = "x-bill-sha-signature"


@dataclass(frozen=True, slots=True)
class Answer:
    """The receiver's status; None and a reason when there was none."""

    status: int | None
    reason: str = ""


def signature(key: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 over the body as it is sent (bill section 7.4)."""
    return base64.b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()


class Poster:
    """Posts, trusting the machine's authorities and those of a file."""

    def __init__(self) -> None:
        self._context: tuple[object, ssl.SSLContext] | None = None

    def post(self, url: str, body: bytes, key: str, seconds: float, trust: str) -> Answer:
        """Block until the receiver answered, at most about `seconds`; the rest of its answer is not read."""
        try:
            context = self._trusting(trust)
        except (OSError, ssl.SSLError) as error:
            return Answer(None, f"the file of trusted authorities cannot be used: {error.strerror or error}")
        parts = urlsplit(url)
        connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds, context=context)
        headers = {"Content-Type": "application/json", SIGNATURE: signature(key, body), "Connection": "close"}
        try:
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            connection.request("POST", target, body, headers)
            status = connection.getresponse().status
        except ssl.SSLCertVerificationError as error:
            return Answer(None, f"the certificate is not trusted: {error.verify_message}")
        except (OSError, HTTPException, UnicodeError) as error:
            return Answer(None, f"no answer: {type(error).__name__}")
        finally:
            connection.close()
        return Answer(status, "" if status == 200 else f"answered {status}")

    def _trusting(self, trust: str) -> ssl.SSLContext:
        """Made again when the file appeared, changed or went since the last delivery."""
        mark = _mark(trust)
        if self._context is None or self._context[0] != mark:
            context = ssl.create_default_context()
            if mark is not None:
                context.load_verify_locations(cafile=trust)
            self._context = mark, context
        return self._context[1]


def _mark(trust: str) -> tuple[str, int, int, int] | None:
    if not trust:
        return None
    try:
        found = Path(trust).stat()
    except FileNotFoundError:
        return None
    return trust, found.st_ino, found.st_mtime_ns, found.st_size

"""Call-outs: documents that Coupa sends to an endpoint of the customer's whenever they change (coupa section 7).

There is no envelope and no signature. A token is asked for at the receiver's own token endpoint and kept for as
long as the receiver said; then the document itself is posted, as the API writes it. All of it happens in a thread
of its own, so that no answer of the API waits for a receiver. What was refused, or met nobody, is kept to be sent
again.
"""

from __future__ import annotations

import random
import threading
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from connector_sandbox.coupa import xml
from connector_sandbox.coupa.instance import ENTITIES, Instance
from connector_sandbox.coupa.options import CallOut, Options
from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.system import BadCommandError

_TIMEOUT_SECONDS = 10
_GATHERING_SECONDS = 0.05
"""How long changes are gathered before they are sent in another order."""
_FORM = "application/x-www-form-urlencoded"
_NO_TRIGGER = ("coupa_pay_payments", "approvals")
"""Documents whose changes start nothing: there is no trigger for payments."""


def check(options: Options) -> None:
    """BadCommandError for a call-out of a document that has no trigger, or to no address."""
    for call_out in options.call_outs:
        if call_out.document not in ENTITIES or call_out.document in _NO_TRIGGER:
            raise BadCommandError(f"coupa options: no call-out can be set up for {call_out.document!r}")
        for url in (call_out.url, call_out.token_url):
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
                raise BadCommandError(f"coupa options: {url!r} is not where a call-out can go")


@dataclass(frozen=True, slots=True)
class _Letter:
    call_out: CallOut
    number: int
    body: bytes
    reason: str = ""


class CallOuts:
    """The queue of an instance's call-outs, and the thread that empties it."""

    def __init__(self, clock: SandboxClock, options: Callable[[], Options]) -> None:
        self._clock = clock
        self._options = options
        self._state = threading.Condition()
        self._thread: threading.Thread | None = None
        self._waiting: deque[_Letter] = deque()
        self._epoch = 0
        self.forget()

    def forget(self) -> None:
        """Nothing was sent, nothing waits, no token is known, and chance begins again."""
        with self._state:
            self._epoch += 1
            self._waiting.clear()
            self._failed: list[_Letter] = []
            self._sent = self._dropped = 0
            self._tokens: dict[tuple[str, str], tuple[str, float]] = {}
        self.reseed()

    def reseed(self) -> None:
        """Chance begins again."""
        # Two, so that which ones are lost does not hang on how fast the thread is.
        seed = self._options().call_out_seed
        self._loss, self._order = random.Random(seed), random.Random(seed)  # noqa: S311 - faults, not secrets

    def collect(self, instance: Instance) -> None:
        """Queue the documents that the last command changed, as they are now."""
        changed, instance.changed = instance.changed, {}
        letters = [letter for name, number in changed for letter in self._letters(instance, name, number)]
        if letters:
            self._queue(self._misbehaved(letters))

    def report(self) -> dict[str, Any]:
        """Counts, and what failed: never what was in it."""
        with self._state:
            return {
                "sent": self._sent,
                "failed": len(self._failed),
                "dropped": self._dropped,
                "waiting": len(self._waiting) + (self._thread is not None),
                "failures": [
                    {"document": each.call_out.document, "id": each.number, "url": each.call_out.url,
                     "reason": each.reason}
                    for each in self._failed
                ],
            }  # fmt: skip

    def resend(self) -> dict[str, Any]:
        """Send again what failed."""
        with self._state:
            again, self._failed = self._failed, []
        self._queue(again)
        return {"resent": len(again)}

    def wait(self, seconds: float) -> None:
        """Block until nothing waits, or for so long."""
        with self._state:
            self._state.wait_for(lambda: self._thread is None, seconds)

    def _letters(self, instance: Instance, name: str, number: int) -> Iterable[_Letter]:
        record = instance.tables[name].rows.get(number)
        if record is None:
            return
        entity = ENTITIES[name]
        for call_out in self._options().call_outs:
            if call_out.document == name:
                tree = instance.renderer.show(entity, record, fields=None, returned=None, named=None)
                as_json = call_out.format == "json"
                root = entity.singular.replace("_", "-")
                body = msgspec.json.encode(tree) if as_json else xml.document(root, tree)
                yield _Letter(call_out, number, body)

    def _misbehaved(self, letters: list[_Letter]) -> list[_Letter]:
        """What becomes of letters where some are lost and some come twice."""
        options = self._options()
        repeated = [letter for letter in letters for _ in range(options.call_out_repeat)]
        kept = [letter for letter in repeated if self._loss.random() >= options.call_out_drop]
        with self._state:
            self._dropped += len(repeated) - len(kept)
        return kept

    def _queue(self, letters: Iterable[_Letter]) -> None:
        with self._state:
            self._waiting.extend(letters)
            if self._waiting and self._thread is None:
                self._thread = threading.Thread(target=self._empty, name="coupa-call-outs", daemon=True)
                self._thread.start()

    def _empty(self) -> None:
        if self._options().call_out_shuffle:
            time.sleep(_GATHERING_SECONDS)
        while (taken := self._next()) is not None:
            epoch, letter = taken
            reason = self._send(letter, epoch)
            with self._state:
                if epoch != self._epoch:
                    continue  # The content that it was about is gone.
                if reason:
                    self._failed.append(_Letter(letter.call_out, letter.number, letter.body, reason))
                else:
                    self._sent += 1

    def _next(self) -> tuple[int, _Letter] | None:
        with self._state:
            if not self._waiting:
                self._thread = None
                self._state.notify_all()
                return None
            if self._options().call_out_shuffle:
                self._waiting.rotate(-self._order.randrange(len(self._waiting)))
            return self._epoch, self._waiting.popleft()

    def _send(self, letter: _Letter, epoch: int) -> str:
        """Why it failed; nothing when it was taken."""
        call_out = letter.call_out
        kind = "application/json" if call_out.format == "json" else "application/xml"
        try:
            token = self._token(call_out, epoch)
            if token is None:
                return "the token endpoint gave no token"
            headers = {"Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": kind}
            status, _ = _post(call_out.url, headers, letter.body)
        except (OSError, HTTPException) as error:
            return f"no answer: {type(error).__name__}"
        if status == 401:
            with self._state:
                self._tokens.pop((call_out.token_url, call_out.client_id), None)
        return "" if 200 <= status < 300 else f"answered {status}"

    def _token(self, call_out: CallOut, epoch: int) -> str | None:
        key = (call_out.token_url, call_out.client_id)
        token, expires = self._tokens.get(key, ("", 0.0))
        if token and self._clock.monotonic() < expires:
            return token
        login = urlsafe_b64encode(f"{call_out.client_id}:{call_out.client_secret}".encode()).decode()
        form = {"grant_type": "client_credentials", **({"scope": call_out.scope} if call_out.scope else {})}
        headers = {"Authorization": f"Basic {login}", "Content-Type": _FORM, "Accept": "application/json"}
        status, body = _post(call_out.token_url, headers, urlencode(form).encode())
        granted = _granted(body) if status == 200 else None
        if granted is None:
            return None
        with self._state:
            if epoch == self._epoch:
                self._tokens[key] = (granted[0], self._clock.monotonic() + granted[1])
        return granted[0]


def _granted(body: bytes) -> tuple[str, float] | None:
    """A token and for how many seconds it is good."""
    try:
        given = msgspec.json.decode(body)
        return str(given["access_token"]), float(given.get("expires_in", 0))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()

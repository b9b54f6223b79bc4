"""The login: OAuth 2.0 client credentials (coupa section 2)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connector_resources.clock import Clock
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.errors import LoginRefused, SystemProblem, UnusableInput
from connector_resources.http import Answer, Call, HttpSession

log = logging.getLogger(__name__)

# The vendor renews 24-hour tokens at 20 hours; one with a shorter life is renewed at the same share of it.
_RENEWAL_SHARE = 20 / 24
_AGAIN_AFTER_SECONDS = 300.0  # between tries to renew a token that still works


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; the times are readings of the clock's `monotonic`."""

    value: str = field(repr=False)
    scopes: frozenset[str]
    renew_at: float
    expires_at: float | None
    settled_at: float

    @property
    def headers(self) -> dict[str, str]:
        """The header that presents it."""
        return {"Authorization": f"Bearer {self.value}"}


class CoupaAuthorizer:
    """One token for all threads of a connection, kept in memory.

    It is renewed by age, while the old one still works and stays in use until the new one has settled; and on
    401. A 401 in a token's first seconds is the vendor's five-second rule: that token gets another chance
    before a new one is asked for.
    """

    def __init__(self, connection: CoupaConnection, credentials: Mapping[str, str], clock: Clock) -> None:
        self._connection = connection
        self._credentials = dict(credentials)
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._next: Token | None = None  # renewed, not settled yet
        self._renewal_after = 0.0

    @property
    def granted(self) -> frozenset[str]:
        """The scopes of the current token; none before the first login."""
        token = self._next or self._token
        return token.scopes if token else frozenset()

    def secrets(self) -> Iterator[str]:
        """What must not be in any text: the client's secret and the tokens."""
        yield self._credentials.get("client_secret", "")
        for token in (self._token, self._next):
            if token is not None:
                yield token.value

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        """The current token's header; logs in on first use, renews by age.

        Raises `LoginRefused`, `UnusableInput` (a credential is missing), `Unavailable`, `RateLimited`.
        """
        token, now = self._token, self._clock.monotonic()
        if token is None:
            return self.login(http).headers
        if self._next is not None or now >= token.renew_at:
            token = self._renewed_by_age(http, token, now)
        return token.headers

    def login(self, http: HttpSession, *, retries: int | None = None) -> Token:
        """The current token, asked for when there is none: once, however many threads ask for it."""
        with self._lock:
            if self._token is None:
                self._token = self._ask(http, retries)
            return self._token

    def rejected(self, answer: Answer) -> bool:
        """401 says: log in again. 403 does not: a new token would be refused too (coupa section 2.3)."""
        return answer.status == 401

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        """See to it that the next try has a better chance: wait for a new token to settle, or get one."""
        refused_at = self._clock.monotonic()
        with self._lock:
            current = self._token
            if current is None or current.headers != stale:
                return
            if refused_at >= current.settled_at:
                # A renewed one that is waiting to settle is newer than the refused one.
                self._token, self._next = self._next or self._ask(http, None), None
                return
        # Not under the lock: all threads that were refused wait side by side.
        self._clock.sleep(current.settled_at - refused_at)

    def _renewed_by_age(self, http: HttpSession, token: Token, now: float) -> Token:
        """The token to use while a renewal is due or under way; only one thread sees to that."""
        if not self._lock.acquire(blocking=token.expires_at is not None and now >= token.expires_at):
            return token
        try:
            if self._token is not token:
                return self._token or token
            if self._next is None and now >= self._renewal_after:
                self._next = self._try_to_ask(http, token, now)
            if self._next is not None and (now >= self._next.settled_at or _expired(token, now)):
                self._token, self._next = self._next, None
            return self._token
        finally:
            self._lock.release()

    def _try_to_ask(self, http: HttpSession, token: Token, now: float) -> Token | None:
        """A new token; None when that failed and the old one still has time to live."""
        try:
            return self._ask(http, None)
        except SystemProblem as problem:
            if _expired(token, now):
                raise
            self._renewal_after = now + _AGAIN_AFTER_SECONDS
            log.warning("%s: could not renew the token yet: %s", self._connection.name, problem)
            return None

    def _ask(self, http: HttpSession, retries: int | None) -> Token:
        """Ask for a token. Asking twice does no harm, so the call is a safe one."""
        name = self._connection.name
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credential("client_id"),
            "client_secret": self._credential("client_secret"),
            "scope": " ".join(self._connection.scopes),
        }
        answer = http.send(
            Call(
                method="POST",
                path=self._connection.token_path,
                data=form,
                safe=True,
                what=f"log in to {name}",
                retries=retries,
            ),
            authorized=False,
        )
        token = self._read(answer)
        self._renewal_after = 0.0
        return token

    def _read(self, answer: Answer) -> Token:
        content = answer.json()
        value = content.get("access_token") if isinstance(content, Mapping) else None
        if not isinstance(value, str) or not value:
            raise LoginRefused(
                f"log in to {answer.connection}: the answer holds no access_token",
                fix=f"look at url and token_path of connection {answer.connection}",
                connection=answer.connection,
                status=answer.status,
            )
        settings, now = self._connection, self._clock.monotonic()
        life = _seconds(content.get("expires_in"))
        scope = content.get("scope")
        renew_after = settings.renew_after_seconds
        return Token(
            value=value,
            # RFC 6749: an answer without `scope` grants what was asked for
            scopes=frozenset(scope.split() if isinstance(scope, str) else settings.scopes),
            renew_at=now + (renew_after if life is None else min(renew_after, life * _RENEWAL_SHARE)),
            expires_at=None if life is None else now + life,
            settled_at=now + settings.settle_seconds,
        )

    def _credential(self, name: str) -> str:
        value = self._credentials.get(name, "")
        if not value:
            connection = self._connection.name
            raise UnusableInput(
                f"connection {connection}: credential {name} is missing; run `connector credentials set {connection}`"
            )
        return value

    def __repr__(self) -> str:
        return f"CoupaAuthorizer({self._connection.name!r})"


def _expired(token: Token, now: float) -> bool:
    return token.expires_at is not None and now >= token.expires_at


def _seconds(value: object) -> float | None:
    """A lifetime as number or numeric text; None where it says nothing usable."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if seconds > 0 else None

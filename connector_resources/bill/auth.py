"""The login: four credentials, one session for all threads (bill section 2)."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from connector_resources.bill.errors import LOGIN_PATH, SESSION_INVALID, codes
from connector_resources.clock import Clock
from connector_resources.connections.bill import BillConnection
from connector_resources.errors import (
    ConnectorError,
    LoginRefused,
    RateLimited,
    Unavailable,
    UnusableInput,
)
from connector_resources.http import Answer, Call, HttpSession

log = logging.getLogger(__name__)

_MINUTE, _HOUR = 60.0, 3600.0
_TRIES = 3  # of one login, where BILL cannot be reached
_CREDENTIALS = {
    "devKey": "dev_key",
    "username": "username",
    "password": "password",
    "organizationId": "organization_id",
}
SESSION_HEADER = "sessionId"


@dataclass(frozen=True, slots=True)
class Session:
    """One login. `trusted` says that two-step verification stands behind it; None where BILL does not say."""

    headers: Mapping[str, str] = field(repr=False)
    organization_id: str
    user_id: str
    trusted: bool | None


class LoginRate:
    """BILL's limits of logins (bill section 2.5), kept by us: a wait within the minute, an error beyond it."""

    def __init__(self, connection: BillConnection, clock: Clock) -> None:
        self._name = connection.name
        self._minute, self._hour = connection.logins_per_minute, connection.logins_per_hour
        self._clock = clock
        self._at: deque[float] = deque(maxlen=max(self._minute, self._hour))

    def turn(self) -> None:
        """Wait until a login may go out, and count it. Raises RateLimited where that is more than a minute away."""
        now = self._clock.monotonic()
        wait = self._wait(now, self._hour, _HOUR)
        if wait > _MINUTE:
            raise RateLimited(
                f"log in to {self._name}: {self._hour} logins within the hour are BILL's limit;"
                " something ends the sessions again and again: is the developer key used elsewhere?",
                connection=self._name,
                retry_after=wait,
            )
        self._clock.sleep(max(wait, self._wait(now, self._minute, _MINUTE)))
        self._at.append(self._clock.monotonic())

    def _wait(self, now: float, count: int, span: float) -> float:
        """Seconds until fewer than `count` logins lie within `span`."""
        return 0.0 if len(self._at) < count else max(0.0, self._at[-count] + span - now)


class BillAuthorizer:
    """One session for all threads of a connection, kept in memory.

    Its life is sliding: each call begins its 35 minutes again, so it is renewed before use after 25 idle ones. 401
    `BDC_1109` is answered with one new login for all threads. 403 `BDC_1361` is not: a new session would be as
    untrusted (bill section 2.3). A login that was refused is not tried again, for that would lock the user.
    """

    def __init__(self, connection: BillConnection, credentials: Mapping[str, str], clock: Clock) -> None:
        self._connection = connection
        self._credentials = dict(credentials)
        self._clock = clock
        self._rate = LoginRate(connection, clock)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._used_at = 0.0
        self._refused: LoginRefused | None = None
        self._ended: deque[str] = deque(maxlen=20)  # ids of sessions that an answer may still repeat
        self._closed = False

    def secrets(self) -> Iterator[str]:
        """What must not be in any text: developer key, password and sessions."""
        yield self._credentials.get("dev_key", "")
        yield self._credentials.get("password", "")
        yield from self._ended
        if self._session is not None:
            yield self._session.headers[SESSION_HEADER]

    @property
    def session(self) -> Session | None:
        """The session in use; None before the first login."""
        return self._session

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        """Developer key and session; logs in on first use and after a long idle time.

        Raises `LoginRefused`, `UnusableInput` (a credential is missing), `Unavailable`, `RateLimited`.
        """
        return self.login(http).headers

    def login(self, http: HttpSession, *, retries: int | None = None) -> Session:
        """The session in use, or a new one: one login, however many threads ask for it."""
        session = self._session
        if session is not None and not self._closed and not self._idle():
            return session
        with self._lock:
            if self._session is None or self._closed or self._idle():
                self._session = self._ask(http, retries)
            return self._session

    def rejected(self, answer: Answer) -> bool:
        """Whether it says "log in again": `BDC_1109`, or a 401 that gives no reason at all."""
        said = codes(answer) if answer.status >= 400 else frozenset()
        if SESSION_INVALID in said or (answer.status == 401 and not said):
            return True
        if answer.status < 500:  # beyond that it may be a server before BILL that answers
            self._used_at = self._clock.monotonic()
        return False

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        """One new login for all threads that were refused with the `stale` headers."""
        with self._lock:
            current = self._session
            if current is not None and current.headers == stale:
                self._session = self._ask(http, None)

    def log_out(self, http: HttpSession) -> None:
        """End the session (bill section 2.1). Never raises: one that is forgotten dies of itself."""
        with self._lock:
            session, self._closed = self._session, True
        if session is None:
            return
        call = Call(method="POST", path="v3/logout", what="log out", headers=session.headers, safe=True, retries=0)
        try:
            http.send(call, authorized=False)
        except ConnectorError as problem:
            log.debug("log out of %s: %s", self._connection.name, problem)

    def _idle(self) -> bool:
        return self._clock.monotonic() - self._used_at >= self._connection.idle_seconds

    def _ask(self, http: HttpSession, retries: int | None) -> Session:
        """Log in. Doing so twice does no harm, so the call is a safe one."""
        name = self._connection.name
        if self._closed:
            raise UnusableInput(f"connection {name}: this client is closed")
        if self._refused is not None:
            raise LoginRefused(str(self._refused), fix=self._refused.fix, connection=name, status=self._refused.status)
        body = {key: self._credential(credential) for key, credential in _CREDENTIALS.items()}
        call = Call(method="POST", path=LOGIN_PATH, what=f"log in to {name}", json=body, safe=True, retries=0)
        try:
            session = self._read(self._send(http, call, _TRIES if retries is None else 1 + retries))
        except LoginRefused as problem:
            self._refused = problem
            raise
        if self._session is not None:
            self._ended.append(self._session.headers[SESSION_HEADER])
        self._used_at = self._clock.monotonic()
        return session

    def _send(self, http: HttpSession, call: Call, tries: int) -> Answer:
        """The login's answer; each try counts among the logins of the minute and the hour."""

        def attempt() -> Answer:
            self._rate.turn()
            return http.send(call, authorized=False)

        limits = self._connection.limits
        return Retrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(tries),
            wait=wait_random_exponential(multiplier=limits.backoff_seconds, max=limits.backoff_cap_seconds),
            retry=retry_if_exception_type(Unavailable),
            reraise=True,
        )(attempt)

    def _read(self, answer: Answer) -> Session:
        content = answer.json()
        session = content.get("sessionId") if isinstance(content, Mapping) else None
        name = answer.connection
        if not isinstance(session, str) or not session.strip():
            raise LoginRefused(
                f"log in to {name}: the answer holds no sessionId",
                fix=f"check url of connection {name}: it does not answer as BILL's API v3 does",
                connection=name,
                status=answer.status,
            )
        asked, got = self._credentials["organization_id"], str(content.get("organizationId") or "")
        if got and got != asked:
            raise LoginRefused(
                f"log in to {name}: BILL opened organisation {got}, not the one of the credentials",
                fix=f"run `connector credentials set {name}` with the organisation that it is for",
                connection=name,
                status=answer.status,
            )
        trusted = content.get("trusted")
        return Session(
            headers={"devKey": self._credentials["dev_key"], SESSION_HEADER: session},
            organization_id=got or asked,
            user_id=str(content.get("userId") or ""),
            trusted=trusted if isinstance(trusted, bool) else None,
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
        return f"BillAuthorizer({self._connection.name!r})"


class EventsAuthorizer:
    """The same session for the events API, which has an address of its own: logins go to the AP API's."""

    def __init__(self, authorizer: BillAuthorizer, http: HttpSession) -> None:
        self._authorizer = authorizer
        self._http = http

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        """As the AP API's."""
        return self._authorizer.headers(self._http)

    def rejected(self, answer: Answer) -> bool:
        """As the AP API's; and any 401, for which this API names no code (bill section 7.6)."""
        return self._authorizer.rejected(answer) or answer.status == 401

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        """As the AP API's."""
        self._authorizer.renew(self._http, stale)

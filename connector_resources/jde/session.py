"""Login to AIS: one token for all threads, bound to a fixed device (jde-ais section 2)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import (
    ConnectorError,
    NotAllowed,
    SystemProblem,
    UnusableInput,
)
from connector_resources.http import Answer, Call, HttpSession
from connector_resources.jde.dates import DatePattern
from connector_resources.jde.errors import LOGIN_PATH

log = logging.getLogger(__name__)

TOKEN_HEADER = "jde-AIS-Auth"  # noqa: S105 - a header's name
DEVICE_HEADER = "jde-AIS-Auth-Device"


@dataclass(frozen=True, slots=True)
class Login:
    """One session as AIS gave it. `number` counts the logins of this client: a next link lives in one of
    them."""

    number: int
    token: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    environment: str
    role: str
    dates: DatePattern
    user: str
    # decimalFormat, as it came; '' where the login does not show it
    decimals: str = ""


class JdeLogin:
    """The `Authorizer` of a JDE connection.

    444 is answered with one new login for all threads. 403 on a call that is no login is too, once for that
    call: where it comes back it is a missing permission, and is believed from then on.
    """

    def __init__(self, connection: JdeConnection, credentials: Mapping[str, str]) -> None:
        for name in ("username", "password"):
            if not credentials.get(name):
                raise UnusableInput(
                    f"connection {connection.name}: credential {name!r} is missing;"
                    f" set it with `connector credentials set {connection.name}`"
                )
        self._connection = connection
        self._username = credentials["username"]
        self._password = credentials["password"]
        self._prefix = service_prefix(connection.api_version)
        self._lock = threading.Lock()
        self._current: Login | None = None
        self._left: list[Login] = []
        self._forbidden: set[tuple[str, str]] = set()
        self._refused: NotAllowed | None = None
        self._closed = False

    def secrets(self) -> Iterable[str]:
        """What must never be printed: the password and every token that was given out."""
        logins = [*self._left, *([self._current] if self._current else [])]
        return (self._password, *(login.token for login in logins))

    def current(self, http: HttpSession) -> Login:
        """The session in use; logs in on first use."""
        login = self._current
        if login is None or self._closed:
            with self._lock:
                login = self._current
                if login is None:
                    login = self._current = self._log_in(http)
        return login

    def headers(self, http: HttpSession) -> Mapping[str, str]:
        """Token and device of the session in use."""
        return self.current(http).headers

    def rejected(self, answer: Answer) -> bool:
        """444 always; 403 unless a new login has already been shown not to help this very act."""
        if answer.status == 444:
            return True
        return answer.status == 403 and (answer.call.path, answer.call.what) not in self._forbidden

    def renew(self, http: HttpSession, stale: Mapping[str, str]) -> None:
        """One new login for all threads that were told off with the `stale` headers."""
        with self._lock:
            old = self._current
            if old is None or old.headers[TOKEN_HEADER] != stale[TOKEN_HEADER]:
                return
            # After a 403 the old session may live on; it is logged out at close, other calls may still be in
            # it.
            self._left.append(old)
            self._current = None
            self._current = self._log_in(http)

    def forbid(self, call: Call) -> None:
        """Remember that a new login does not help this act: no more logins for it."""
        self._forbidden.add((call.path, call.what))

    def log_out(self, http: HttpSession) -> None:
        """End every session of ours: each holds a JAS session until it times out. Never raises."""
        with self._lock:
            logins, self._left = [*self._left, *([self._current] if self._current else [])], []
            self._current, self._closed = None, True
        for login in logins:
            call = Call(
                method="POST",
                path=f"{self._prefix}{LOGIN_PATH}/logout",
                what="log out",
                # the body is the token alone; the headers say whose it is
                json={"token": login.token},
                headers=login.headers,
                safe=True,
                retries=0,
            )
            try:
                http.send(call, authorized=False)
            except ConnectorError as problem:
                # The token is dead already (444) or the server is gone: nothing is left to do about it.
                log.debug("log out of %s: %s", self._connection.name, problem)

    def _log_in(self, http: HttpSession) -> Login:
        if self._closed:
            raise UnusableInput(f"connection {self._connection.name}: this client is closed")
        if self._refused is not None:
            # Asking again with the same password would lock the user's account.
            raise type(self._refused)(
                str(self._refused),
                fix=self._refused.fix,
                connection=self._connection.name,
                status=self._refused.status,
            )
        try:
            login = self._opened(http.send(self._login_call(), authorized=False).json())
        except NotAllowed as problem:
            self._refused = problem
            raise
        first = self._left[0] if self._left else login
        if login.dates != first.dates:
            self._left.append(login)
            raise UnusableInput(
                f"connection {self._connection.name}: the user's date format changed from"
                f" {first.dates.pattern!r} to {login.dates.pattern!r} while it was in use; run again"
            )
        return login

    def _login_call(self) -> Call:
        body = {
            "username": self._username,
            "password": self._password,
            "environment": self._connection.environment,
            "role": self._connection.role,
            "deviceName": self._connection.device_name,
        }
        return Call(
            method="POST",
            path=f"{self._prefix}{LOGIN_PATH}",
            what=f"log in as {self._username}",
            json={key: value for key, value in body.items() if value},
            safe=True,
        )

    def _opened(self, body: Any) -> Login:
        user = body.get("userInfo") if isinstance(body, Mapping) else None
        token = user.get("token") if isinstance(user, Mapping) else None
        name = self._connection.name
        if not isinstance(user, Mapping) or not isinstance(token, str) or not token.strip():
            raise SystemProblem(f"log in: {name} answered without a token in userInfo", connection=name)
        got = {key: str(body.get(key) or "").strip() for key in ("environment", "role")}
        pattern = str(user.get("simpleDateFormat") or "").strip()
        login = Login(
            number=len(self._left) + 1,
            token=token,
            headers={TOKEN_HEADER: token, DEVICE_HEADER: self._connection.device_name},
            environment=got["environment"],
            role=got["role"],
            dates=_pattern(pattern, name),
            user=str(body.get("username") or user.get("username") or self._username).strip(),
            decimals=str(user.get("decimalFormat") or "").strip(),
        )
        for key, asked in (("environment", self._connection.environment), ("role", self._connection.role)):
            if asked and got[key] and got[key].upper() != asked.upper():
                self._left.append(login)  # it is open all the same, and logged out at close
                raise NotAllowed(
                    f"log in: {name} opened {key} {got[key]} although {asked} was asked for",
                    fix=f"give the user the {key} {asked}, or correct the connection's {key}",
                    connection=name,
                )
        return login


def service_prefix(api_version: str) -> str:
    """`/v2` for v2, nothing for v1 (jde-ais section 1)."""
    return "" if api_version == "v1" else f"/{api_version}"


def _pattern(pattern: str, connection: str) -> DatePattern:
    try:
        return DatePattern(pattern)
    except UnusableInput as problem:
        raise UnusableInput(f"connection {connection}: {problem}") from None

"""Logins and sessions (bill section 2)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request

from connector_sandbox.bill.errors import Refusal, bad_developer_key, session_invalid
from connector_sandbox.bill.ids import Sequence
from connector_sandbox.bill.options import Options
from connector_sandbox.kernel.clock import SandboxClock

DEV_KEY = "01SANDBOXDEVKEYFORBILL"
ORGANIZATION = "00801SANDBOXSANDBOX1"
Role = Literal["full", "sync", "reader"]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    id: str
    username: str
    password: str
    role: Role


_made = Sequence(0)
CLERK = User(_made.made("users", 1), "integration@bill.example", "s4ndb0x-b1ll-p455w0rd", "full")
SYNC = User(_made.made("users", 2), "sandbox-sync-token", "s4ndb0x-b1ll-sync-t0ken", "sync")
READER = User(_made.made("users", 3), "auditor@bill.example", "s4ndb0x-b1ll-read-0nly", "reader")
APP = User(CLERK.id, "sandbox-app-full-access", "s4ndb0x-b1ll-app-5ecret", "full")
ACCOUNTING_APP = User(CLERK.id, "sandbox-app-accounting", "s4ndb0x-b1ll-acc-5ecret", "sync")
"""Developer apps: client id and secret, with the rights of the user who made them (bill section 2.6)."""
_APPS = {app.username: app for app in (APP, ACCOUNTING_APP)}
_USERS = {user.username: user for user in (CLERK, SYNC, READER)}


@dataclass(slots=True)
class Session:
    """A login that is still good; `used` in seconds of the sandbox's clock."""

    id: str
    user: User
    trusted: bool
    used: float
    opened: float


class Sessions:
    """Makes sessions and knows them again. Several may live at once: none is said to end another (2.2)."""

    def __init__(self, clock: SandboxClock, options: Callable[[], Options]) -> None:
        self._clock = clock
        self._options = options
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[str, Session] = {}
        self._opened = 0

    def forget(self) -> None:
        """All sessions become invalid."""
        self._sessions.clear()
        self._tokens.clear()

    def log_in(self, body: Mapping[str, Any]) -> Session:
        """A new session for what POST /v3/login was sent; Refusal says which part is wrong."""
        if not _same(body["devKey"], DEV_KEY):
            raise bad_developer_key()
        if self._options().organization_locked:
            raise Refusal(423, "BDC_1107", "Organization is locked out. Please try again later.")
        user = _USERS.get(body["username"])
        known = user is not None and _same(str(body.get("password", "")), user.password)
        if user is None or not known or body["organizationId"] != ORGANIZATION:
            raise Refusal(401, "BDC_1101", "User name and/or password do not match our records.")
        self._opened += 1
        number = f"{self._opened}:{self._clock.monotonic()}:{user.id}"
        identifier = hashlib.sha256(number.encode()).hexdigest()[:48]
        # The sync token takes no part in MFA (bill section 2.2).
        trusted = bool(body.get("rememberMeId")) and user.role != "sync"
        now = self._clock.monotonic()
        session = Session(identifier, user, trusted, now, now)
        self._sessions[identifier] = session
        return session

    def grant(self, form: Mapping[str, str]) -> Session | None:
        """A session whose id is an access token, for an app's credentials; None when they are not known."""
        app = _APPS.get(form.get("client_id", ""))
        if app is None or not _same(form.get("client_secret", ""), app.password):
            return None
        self._opened += 1
        now = self._clock.monotonic()
        token = hashlib.sha256(f"{self._opened}:{now}:{app.username}".encode()).hexdigest()
        session = Session(token, app, app is APP, now, now)
        self._tokens[token] = session
        return session

    def log_out(self, session: Session) -> None:
        """The session is over."""
        self._sessions.pop(session.id, None)

    def of(self, request: Request) -> Session:
        """The session of a call, whose idle time begins again; Refusal when its headers name none.

        An access token stands for the developer key and the session (bill section 2.6).
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._of_token(token.strip())
        return self.of_login(request)

    def of_login(self, request: Request) -> Session:
        """The session of a login, which alone the events take."""
        key = request.headers.get("devkey")
        if not key or not _same(key, DEV_KEY):
            raise bad_developer_key()
        session = self._sessions.get(request.headers.get("sessionid", ""))
        if session is None:
            raise session_invalid()
        options, now = self._options(), self._clock.monotonic()
        if 0 <= now - session.opened < options.token_delay_seconds:
            raise session_invalid()
        idle = options.sync_token_idle_seconds if session.user.role == "sync" else options.idle_seconds
        if now - session.used >= idle:
            self.log_out(session)
            raise session_invalid()
        session.used = now
        return session

    def _of_token(self, token: str) -> Session:
        session = self._tokens.get(token)
        if session is None or self._clock.monotonic() - session.opened >= self._options().oauth_seconds:
            raise session_invalid()
        return session


def credentials() -> dict[str, Any]:
    """The logins that are accepted, under the vendor's own names."""
    apps = {"oauth": _app(APP), "oauth_accounting": _app(ACCOUNTING_APP)}
    return {**_login(CLERK), "sync_token": _login(SYNC), "read_only": _login(READER), **apps}


def _app(app: User) -> dict[str, str]:
    return {"client_id": app.username, "client_secret": app.password, "grant_type": "client_credentials"}


def _login(user: User) -> dict[str, Any]:
    return {
        "devKey": DEV_KEY,
        "username": user.username,
        "password": user.password,
        "organizationId": ORGANIZATION,
    }


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())

"""Users and their sessions: token, binding, idle limit and absolute limit (jde-ais section 2)."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector_sandbox.jde.dates import DatePattern
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError, invalid_token
from connector_sandbox.jde.query import Numbers, Reader


@dataclass(frozen=True, slots=True)
class User:
    """One JDE user. A limited one is under data security and may not run orchestrations that write."""

    name: str
    password: str = field(repr=False)
    address_number: int
    alpha_name: str
    limited: bool = False


USERS = {
    user.name: user
    for user in (
        User("MLCONN", "Sandbox-Only-1", 90001, "ML Connector Integration"),
        User("MLREAD", "Sandbox-Only-2", 90002, "ML Connector Restricted", limited=True),
    )
}


@dataclass(slots=True)
class Session:
    """One login."""

    token: str = field(repr=False)
    user: User
    environment: str
    role: str
    device: str
    address: str
    started: datetime
    used: datetime


class Sessions:
    """All live sessions of the server."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._live: dict[str, Session] = {}

    def authenticate(self, username: str, password: str, environment: str, role: str) -> User:
        """The user of these credentials; AisError 403 for any of them being wrong, 405 for Allowed Hosts."""
        options = self._environment.options
        if not options.allowed_hosts_listed:
            raise AisError(405, "Method Not Allowed", html=True)
        user = USERS.get(username.upper())
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            raise AisError(403, "Authorization Failure: Invalid credentials")
        if environment not in ("", options.environment):
            raise AisError(403, f"Authorization Failure: environment {environment} is not available")
        if role not in ("", options.role):
            raise AisError(403, f"Authorization Failure: role {role} is not assigned to the user")
        return user

    def start(self, user: User, device: str, address: str) -> Session:
        """A new session; each login has its own."""
        options, now = self._environment.options, self._environment.clock.now()
        self._drop_dead()
        session = Session(
            token=_new_token(),
            user=user,
            environment=options.session_environment or options.environment,
            role=options.role,
            device=device,
            address=address,
            started=now,
            used=now,
        )
        self._live[session.token] = session
        return session

    def find(self, token: str, device: str, address: str, *, touch: bool = True) -> Session:
        """The live session of a token, for this device, else address; AisError 444 otherwise."""
        session = self._live.get(token)
        if session is None or not self._alive(session):
            self._live.pop(token, None)
            raise invalid_token()
        delay = timedelta(seconds=self._environment.options.token_delay_seconds)
        if timedelta(0) <= self._environment.clock.now() - session.started < delay:
            raise invalid_token()
        bound, actual = (session.device, device) if session.device else (session.address, address)
        if bound != actual:
            raise invalid_token()
        if touch:
            session.used = self._environment.clock.now()
        return session

    def named(self, token: str) -> Session:
        """The live session of a token, whoever asks: logging out needs the token alone. AisError 444 for a dead one."""
        session = self._live.get(token)
        if session is None or not self._alive(session):
            self._live.pop(token, None)
            raise invalid_token()
        return session

    def end(self, session: Session) -> None:
        """Log out."""
        self._live.pop(session.token, None)

    def end_all(self) -> None:
        """All tokens become invalid."""
        self._live.clear()

    def __contains__(self, token: str) -> bool:
        session = self._live.get(token)
        return session is not None and self._alive(session)

    def reader(self, session: Session) -> Reader:
        """How this user's literals are read."""
        options = self._environment.options
        comma = options.decimal_format == "," and options.decimal_effect != "ignored"
        numbers = Numbers(comma, strict=options.decimal_effect == "refused")
        return Reader(self.pattern(session.user), self._environment.today(), session.user.name, numbers)

    def pattern(self, user: User) -> DatePattern:
        """The user's date preference."""
        options = self._environment.options
        return DatePattern.parse(options.limited_date_pattern if user.limited else options.date_pattern)

    def login_answer(self, session: Session) -> dict[str, object]:
        """The body of a successful login."""
        return {
            "username": session.user.name,
            "environment": session.environment,
            "role": session.role,
            "jasserver": "http://jas.internal.example:8080",
            "userInfo": self._user_info(session),
            "userAuthorized": True,
            "adminAuthorized": False,
            "version": None,
            "aisSessionCookie": secrets.token_urlsafe(24),
            "deprecated": False,
            "passwordAboutToExpire": False,
        }

    def _user_info(self, session: Session) -> dict[str, object]:
        options, user = self._environment.options, session.user
        pattern, offset = self.pattern(user), f"{self._environment.local_now():%z}"
        info: dict[str, object] = {
            "token": session.token,
            "langPref": "  ",
            "locale": "en",
            "dateFormat": pattern.code,
            "dateSeperator": pattern.separator,
            "simpleDateFormat": pattern.pattern,
            "timeFormat": "H",
            "decimalFormat": options.decimal_format,
            "addressNumber": user.address_number,
            "alphaName": user.alpha_name,
            "appsRelease": "E920",
            "country": "GB",
            "username": user.name,
            "longUserId": "",
            "timeZoneOffset": f"UTC{offset[:3]}:{offset[3:]}",
            "dstRuleKey": "",
            "dstRule": {},
        }
        info |= options.user_info
        return {name: value for name, value in info.items() if value is not None}

    def _alive(self, session: Session) -> bool:
        options, now = self._environment.options, self._environment.clock.now()
        idle, total = (
            timedelta(minutes=options.session_idle_minutes),
            timedelta(minutes=options.session_ttl_minutes),
        )
        return now - session.used < idle and now - session.started < total

    def _drop_dead(self) -> None:
        for token, session in list(self._live.items()):
            if not self._alive(session):
                del self._live[token]


def _new_token() -> str:
    """Some 130 characters with `+`, `/` and `=` in them, as real tokens are."""
    while True:
        front = base64.b64encode(secrets.token_bytes(32)).decode()
        back = base64.b64encode(secrets.token_bytes(62)).decode()
        token = f"044{front}{back}"
        if "+" in token and "/" in token:
            return token

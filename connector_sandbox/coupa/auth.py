"""Tokens and scopes (coupa section 2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector_sandbox.coupa.options import Options
from connector_sandbox.kernel.clock import SandboxClock

LIFETIME_SECONDS = 86_399
TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path

READ_SCOPES = (
    "core.supplier.read", "core.supplier_sites.read", "core.invoice.read", "core.accounting.read", "core.common.read",
    "core.approval.read", "core.pay.payments.read", "core.payables.invoice.read", "core.payables.external.read",
    "core.integration.read", "core.purchase_order.read", "core.user.read",
)  # fmt: skip
WRITE_SCOPES = (
    "core.supplier.write", "core.supplier_sites.write", "core.invoice.write", "core.invoice.create",
    "core.invoice.delete", "core.invoice.approval.bypass", "core.invoice.approval.write", "core.accounting.write",
    "core.common.write", "core.uom.write", "core.approval.write", "core.pay.payments.write",
    "core.payables.invoice.write", "core.payables.external.write", "core.integration.write",
    "core.purchase_order.write",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client of the instance, with the scopes it was granted and the user that its changes are made
    by.
    """

    identifier: str
    secret: str
    scopes: frozenset[str]


FULL = Client("sandbox-coupa-connector", "s4ndb0x-c0upa-full-acce55", frozenset(READ_SCOPES + WRITE_SCOPES))
READER = Client("sandbox-coupa-reader", "s4ndb0x-c0upa-read-0nly", frozenset(READ_SCOPES))
_CLIENTS = {client.identifier: client for client in (FULL, READER)}
_SIGNING_KEY = b"made up, for tokens that nobody else accepts"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows, from when to when (seconds of the sandbox's clock)."""

    scopes: frozenset[str]
    issued: float
    expires: float


class Authority:
    """Issues tokens and knows them again. Several may be valid at once: no single-session rule is
    documented.
    """

    def __init__(self, clock: SandboxClock, options: Callable[[], Options], *, limits: bool) -> None:
        self._clock = clock
        self._options = options
        self._limits = limits
        self._grants: dict[str, Grant] = {}
        self._issued = 0

    def forget(self) -> None:
        """All tokens become invalid."""
        self._grants.clear()

    def grant(self, request: Request) -> Grant | None:
        """What the call's token allows; None when it is missing, unknown, expired or used too soon."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._grants.get(token.strip())
        if grant is None or kind.lower() != "bearer":
            return None
        now = self._clock.monotonic()
        options = self._options()
        settle = max(options.settle_seconds if self._limits else 0.0, options.token_delay_seconds)
        # A clock that was set back makes no token unsettled.
        too_soon = 0 <= now - grant.issued < settle
        return None if too_soon or now >= grant.expires else grant

    async def token(self, request: Request) -> Response:
        """POST /oauth2/token: client credentials from the form or from HTTP Basic; errors as RFC 6749 has
        them.
        """
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        basic = _basic(request.headers.get("authorization", ""))
        identifier, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        if not _is_form(request):
            return _refused(400, "invalid_request", "The body must be application/x-www-form-urlencoded.")
        if form.get("grant_type") != "client_credentials":
            known = "unsupported_grant_type" if "grant_type" in form else "invalid_request"
            return _refused(400, known, "grant_type must be client_credentials.")
        client = _CLIENTS.get(identifier)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            refusal = _refused(401, "invalid_client", "Client authentication failed.")
            if basic is not None:
                refusal.headers["www-authenticate"] = 'Basic realm="Coupa"'
            return refusal
        scopes = form.get("scope", "").split()
        if not scopes:
            return _refused(400, "invalid_scope", "The scope parameter is required.")
        if not client.scopes.issuperset(scopes):
            return _refused(400, "invalid_scope", "The requested scope is invalid, unknown, or not granted.")
        return _json(
            200,
            {
                "access_token": self._issue(client, scopes),
                "token_type": "bearer",
                "expires_in": LIFETIME_SECONDS,
                "scope": " ".join(scopes),
            },
        )

    def _issue(self, client: Client, scopes: list[str]) -> str:
        now = self._clock.monotonic()
        self._issued += 1
        issued_at = int(self._clock.now().timestamp())
        claims = {
            "iss": "https://sandbox.coupahost.test",
            "aud": client.identifier,
            "iat": issued_at,
            "exp": issued_at + LIFETIME_SECONDS,
            "jti": f"{self._issued:08d}",
            "scope": scopes,
            # The real one grows with the scopes beyond any fixed size: so does this (coupa section 2.2).
            "permissions": [{"scope": scope, "grant": hashlib.sha256(scope.encode()).hexdigest()} for scope in scopes],
        }
        unsigned = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.digest(_SIGNING_KEY, unsigned.encode(), "sha256")
        token = f"{unsigned}.{_base64(signature)}"
        self._grants[token] = Grant(frozenset(scopes), now, now + LIFETIME_SECONDS)
        return token


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded"


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    identifier, _, secret = text.partition(":")
    return unquote_plus(identifier), unquote_plus(secret)


def _part(claims: Mapping[str, object]) -> str:
    return _base64(msgspec.json.encode(claims))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _refused(status: int, error: str, description: str) -> Response:
    return _json(status, {"error": error, "error_description": description})


def _json(status: int, body: Mapping[str, object]) -> Response:
    headers = {"cache-control": "no-store", "pragma": "no-cache"}
    return Response(msgspec.json.encode(body), status, headers, "application/json")

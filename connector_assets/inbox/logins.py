"""Who asks for a token: HTTP Basic or form fields, compared in constant time with every client that there is."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote_plus

from connector_assets.inbox.receivers import Client
from connector_assets.systems.refusal import Refusal

MOST_FIELDS = 20


class TokenRefused(Refusal):
    """A refusal as OAuth 2.0 words it: `error` is one of its codes."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status, error, {"WWW-Authenticate": 'Basic realm="inbox"'} if status == 401 else None)


def client_of(clients: Iterable[Client], authorization: str | None, body: bytes) -> Client:
    """The client that a token request comes from, after its grant. Raises TokenRefused."""
    form = _form(body)
    found = None
    # to the end, and with all comparisons, whoever it is
    for client in clients:
        by_header = _by_header(client, authorization)
        by_form = _same(form.get("client_id", ""), client.id) & _same(form.get("client_secret", ""), client.secret)
        # the form may name the client again, though not another one
        agrees = "client_id" not in form or _same(form["client_id"], client.id)
        if (by_header and agrees) if authorization is not None else by_form:
            found = client
    if found is None:
        raise TokenRefused(401, "invalid_client")
    grant = form.get("grant_type")
    if grant != "client_credentials":
        raise TokenRefused(400, "invalid_request" if grant is None else "unsupported_grant_type")
    return found


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise TokenRefused(400, "invalid_request") from None
    if len(dict(fields)) != len(fields):
        raise TokenRefused(400, "invalid_request")
    return dict(fields)


def _by_header(client: Client, authorization: str | None) -> bool:
    """Whether the header is this client's: base64 of id:secret in either alphabet, padded or not; OAuth 2.0 would have
    both form-encoded before, which few do."""
    scheme, _, given = (authorization or "").partition(" ")
    found = False
    for id, secret in ((client.id, client.secret), (quote_plus(client.id), quote_plus(client.secret))):
        plain = f"{id}:{secret}".encode()
        for spelled in (base64.b64encode(plain), base64.urlsafe_b64encode(plain)):
            for text in (spelled, spelled.rstrip(b"=")):
                found |= hmac.compare_digest(given.encode(), text)
    return found and scheme.lower() == "basic"


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), kept.encode())

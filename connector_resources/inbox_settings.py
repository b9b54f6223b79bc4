"""How a connection's events may come in: Coupa's call-outs, those that a relay signs, and BILL's notifications."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, field_validator, model_validator

CLIENT_ID, CLIENT_SECRET, RELAY_SECRET = "inbox_client_id", "inbox_client_secret", "inbox_relay_secret"
# BILL makes the key of its signatures; we keep it, and the one before it for what is under way after a rotation
SECURITY_KEY, FORMER_SECURITY_KEY = "inbox_security_key", "inbox_former_security_key"

# what a sender calls a document, in the body or in the address -> what we call it (coupa section 7)
DOCUMENTS = {
    "invoice": "invoices",
    "invoice-header": "invoices",
    "order": "purchase_orders",
    "order-header": "purchase_orders",
    "external-order-header": "purchase_orders",
    "purchase-order": "purchase_orders",
    "payment": "payments",
    "coupa-pay-payment": "payments",
}
# the families of BILL's events that tell of documents, and what we call these (bill section 7.2)
BILL_DOCUMENTS = {"vendor": "vendors", "bill": "bills", "payment": "payments"}
BILL_PATH = "/bill/"
_BILL_EVENT = rf"^({'|'.join(BILL_DOCUMENTS)})\.(\*|[a-z-]+)$"
_HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServingSettings(_Settings):
    """Who may be connected to `connector inbox serve` at a time: `inbox` at the top of connections.yaml."""

    connections: int = Field(
        default=3_072, ge=16, le=60_000, description="in all; then the one that has waited longest makes room"
    )
    each_address: int = Field(
        default=256, ge=4, le=60_000, description="from one IPv4 address, or one /64 of IPv6; then likewise"
    )
    relays: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="addresses or networks of the site's own relays and proxies: each_address is not for them",
    )


class BearerSettings(_Settings):
    """Call-outs that come with a token which we issued: the system's own push."""

    token_seconds: int = Field(default=86_399, ge=60, le=604_800, description="a token's lifetime")


class RelaySettings(_Settings):
    """Messages that a relay of the site's own signs with HMAC-SHA256; no vendor signs."""

    header: str = Field(default="X-Signature", pattern=_HEADER, description="header of the signature")
    encoding: Literal["hex", "base64"] = Field(default="hex", description="of the signature: lower-case hex, or base64")
    prefix: str = Field(default="", max_length=40, description="what stands before it in the header, such as sha256=")
    signed: Literal["body", "timestamp.body", "id.timestamp.body"] = Field(
        default="timestamp.body",
        description="what is signed: these parts with a dot between them, the body as it is sent",
    )
    timestamp_header: str | None = Field(
        default="X-Timestamp", pattern=_HEADER, description="header of the time stamp: Unix seconds or ISO 8601"
    )
    tolerance_seconds: int = Field(default=300, ge=1, le=86_400, description="how old, or early, a time stamp may be")
    event_id_header: str | None = Field(default=None, pattern=_HEADER, description="header of the relay's event id")

    @model_validator(mode="after")
    def _whole(self) -> RelaySettings:
        if ("timestamp" in self.signed) != (self.timestamp_header is not None):
            raise ValueError(
                "signed and timestamp_header go together: a time stamp that is not signed proves nothing "
                "(signed: body needs timestamp_header: null)"
            )
        if "id" in self.signed and self.event_id_header is None:
            raise ValueError("signed: id.timestamp.body needs an event_id_header")
        return self

    @property
    def stamped(self) -> bool:
        """Whether the time at which a message was signed is signed with it."""
        return self.timestamp_header is not None


class InboxSettings(_Settings):
    """What `connector inbox serve` takes for a connection. `bearer: null` turns call-outs off."""

    bearer: BearerSettings | None = BearerSettings()
    relay: RelaySettings | None = None
    documents: dict[str, str] = Field(
        default_factory=dict,
        validate_default=True,
        description="more names that the sender uses -> invoices, purchase_orders or payments",
    )
    keep_days: int = Field(
        default=30, ge=1, le=366, description="how long a repetition is known as one; what is older is refused"
    )
    max_bytes: int = Field(default=5_000_000, ge=1_000, le=100_000_000, description="longest body that is read")

    @field_validator("documents")
    @classmethod
    def _names(cls, given: dict[str, str]) -> dict[str, str]:
        ours = set(DOCUMENTS.values())
        for name, document in given.items():
            if document not in ours:
                raise ValueError(f"{name}: must be one of {', '.join(sorted(ours))}")
        own = {plain(document): document for document in ours}
        return DOCUMENTS | own | {plain(name): document for name, document in given.items()}

    @model_validator(mode="after")
    def _some(self) -> InboxSettings:
        if self.bearer is None and self.relay is None:
            raise ValueError("takes nothing: set bearer or relay")
        # else a message could come again, and count as new, when it is not known any more
        kept = self.keep_days * 86_400
        if self.bearer is not None and self.bearer.token_seconds > kept:
            raise ValueError("bearer.token_seconds: a token must end within keep_days, as long as call-outs are known")
        # a stamp may be early by as much as it may be late
        if self.relay is not None and self.relay.stamped and 2 * self.relay.tolerance_seconds > kept:
            raise ValueError(
                "relay.tolerance_seconds: twice of it must be within keep_days, as long as messages are known"
            )
        return self

    @property
    def credential_names(self) -> tuple[str, ...]:
        """The credentials that it needs."""
        bearer = (CLIENT_ID, CLIENT_SECRET) if self.bearer is not None else ()
        return (*bearer, RELAY_SECRET) if self.relay is not None else bearer

    def document(self, name: str) -> str | None:
        """What we call what a sender calls so; None for what is unknown."""
        one = plain(name)
        return self.documents.get(one) or self.documents.get(one.removesuffix("s"))


class BillInboxSettings(_Settings):
    """The subscription to BILL's events that `connector inbox serve` makes and keeps (bill section 7)."""

    public_url: str = Field(
        description="https address at which BILL reaches `connector inbox serve`; /bill/<connection> is put behind it"
    )
    name: str = Field(default="ml-connector", min_length=1, max_length=100, description="of the subscription in BILL")
    events: tuple[str, ...] = Field(
        default=("vendor.*", "bill.*", "payment.updated", "payment.failed"),
        min_length=1,
        description="kinds of events, as far as the organisation's catalog has them; vendor.*: all of a family",
    )
    check_seconds: float = Field(
        default=60.0, ge=1, le=86_400, description="how often the subscription is looked at, and put right"
    )
    former_key_hours: float = Field(
        default=24.0, ge=0, le=24 * 30, description="how long the key before a rotation still counts"
    )
    keep_days: int = Field(
        default=30, ge=1, le=366, description="how long a repetition is known as one; what is older is refused"
    )
    max_bytes: int = Field(default=1_000_000, ge=1_000, le=100_000_000, description="longest body that is read")

    @field_validator("public_url")
    @classmethod
    def _https(cls, url: str) -> str:
        try:
            parts = urlsplit(url.strip())
            usable = bool(parts.hostname) and (parts.port is None or parts.port > 0) and " " not in url.strip()
        except ValueError:
            raise ValueError("not a usable address") from None
        if not usable or parts.scheme != "https":
            raise ValueError("must be an address like https://connector.example.com: BILL sends over HTTPS alone")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise ValueError("must not carry a user, password, query or fragment")
        return url.strip().rstrip("/")

    @field_validator("events")
    @classmethod
    def _kinds(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        for event in events:
            if not re.match(_BILL_EVENT, event):
                raise ValueError(f"must be {', '.join(f'{each}.*' for each in BILL_DOCUMENTS)} or one event of these")
        return events

    def url(self, connection: str) -> str:
        """Where BILL sends the events of this connection."""
        return f"{self.public_url}{BILL_PATH}{connection}"

    def chosen(self, catalog: Iterable[str]) -> list[str]:
        """The kinds of the organisation's catalog that are wanted, sorted."""
        wanted = set(self.events)
        return sorted({kind for kind in catalog if kind in wanted or f"{kind.partition('.')[0]}.*" in wanted})


def plain(name: str) -> str:
    """A sender's name in one spelling: `Invoice_Header` is `invoice-header`."""
    return name.strip().lower().replace("_", "-")

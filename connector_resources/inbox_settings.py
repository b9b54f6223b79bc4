"""How a connection's events may come in: the call-outs of the system itself, and those that a relay signs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

CLIENT_ID, CLIENT_SECRET, RELAY_SECRET = "inbox_client_id", "inbox_client_secret", "inbox_relay_secret"

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
_HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


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


class InboxSettings(_Settings):
    """What `connector inbox serve` takes for a connection. `bearer: null` turns call-outs off."""

    bearer: BearerSettings | None = BearerSettings()
    relay: RelaySettings | None = None
    documents: dict[str, str] = Field(
        default_factory=dict,
        validate_default=True,
        description="more names that the sender uses -> invoices, purchase_orders or payments",
    )
    keep_days: int = Field(default=30, ge=1, le=366, description="how long a repetition is known as one")
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


def plain(name: str) -> str:
    """A sender's name in one spelling: `Invoice_Header` is `invoice-header`."""
    return name.strip().lower().replace("_", "-")

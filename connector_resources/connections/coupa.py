"""The settings of a Coupa connection."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from connector_resources.connections.base import BaseConnection, Limits
from connector_resources.inbox_settings import InboxSettings

# What the flows of this version call (coupa section 2.4). Each must be granted to the client, or the login
# itself fails; bypassing approvals and external payables are asked for only by a site that uses them.
COUPA_SCOPES = (
    "core.supplier.read",
    "core.supplier.write",
    "core.accounting.read",
    "core.accounting.write",
    "core.common.read",
    "core.common.write",
    "core.invoice.read",
    "core.invoice.write",
    "core.invoice.create",
    "core.invoice.delete",
)
# What the flows ask for that not every site uses: it adds these to its `scopes`.
PURCHASE_ORDER_SCOPES = ("core.purchase_order.read", "core.purchase_order.write")
PAYMENT_SCOPES = ("core.pay.payments.read",)
USER_SCOPES = ("core.user.read",)


class CoupaLimits(Limits):
    """Coupa's documented rate: 25 calls a second with a queue of 20 (coupa section 5.1)."""

    in_flight: int = Field(default=8, ge=1, description="calls in flight at a time")
    per_second: float | None = Field(default=25.0, gt=0, description="calls a second; null: no limit of ours")
    burst: int = Field(default=20, ge=1, description="calls that may go out at once before the rate holds")


class CoupaConnection(BaseConnection):
    """Coupa Core (coupa section 2). `url` is the instance's root, without `/api`."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")

    system: Literal["coupa"] = "coupa"
    limits: CoupaLimits = CoupaLimits()
    scopes: tuple[str, ...] = Field(
        default=COUPA_SCOPES,
        min_length=1,
        description="asked for at login, all must be granted; add what is used of core.purchase_order.read and .write,"
        " core.pay.payments.read, core.user.read, core.invoice.approval.bypass, core.payables.external.read and .write",
    )
    token_path: str = Field(default="/oauth2/token", pattern="^/", description="where a token is had")
    page_size: int = Field(default=50, ge=1, le=50, description="records a page; Coupa gives no more than 50")
    renew_after_seconds: float = Field(default=72_000.0, gt=0, description="token's age at renewal; it lives 24 hours")
    settle_seconds: float = Field(default=5.0, ge=0, description="wait after a new token before it is used")
    absent_fields: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="resource -> fields that this instance does not have, and is not asked for",
    )
    top_level_custom_fields: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="resource -> custom fields beside the standard ones (tenants without the namespace)",
    )
    inbox: InboxSettings | None = Field(default=None, description="its events, if it is to send any; null: none")

    @property
    def credential_names(self) -> tuple[str, ...]:
        return self.CREDENTIALS if self.inbox is None else (*self.CREDENTIALS, *self.inbox.credential_names)

"""The settings of a BILL connection."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from connector_resources.connections.base import BaseConnection, Limits
from connector_resources.inbox_settings import BillInboxSettings

_API, _EVENTS, _VERSION = "/connect", "/connect-events", "/v3"


class BillLimits(Limits):
    """BILL's documented limits (bill section 5.1): three calls in flight per developer key and organisation."""

    in_flight: int = Field(
        default=3, ge=1, le=3, description="calls in flight at a time, of all processes; BILL takes no more than 3"
    )
    calls_per_hour: int = Field(
        default=20_000, ge=1, le=20_000, description="calls in a clock hour, of all that use the developer key"
    )


class BillConnection(BaseConnection):
    """BILL's AP API v3 (bill sections 1 and 2). `url` ends in `/connect`; a `/v3` behind it is taken off."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ("dev_key", "username", "password", "organization_id")

    system: Literal["bill"] = "bill"
    limits: BillLimits = BillLimits()
    events_url: str | None = Field(
        default=None, description="address of the events API; null: `url` with /connect-events for /connect"
    )
    page_size: int = Field(default=100, ge=1, le=100, description="records a page; BILL gives no more than 100")
    idle_seconds: float = Field(
        default=1_500.0, gt=0, description="a session unused for so long is renewed; BILL ends it after 35 minutes"
    )
    logins_per_minute: int = Field(default=5, ge=1, le=5, description="logins in a minute; BILL takes no more than 5")
    logins_per_hour: int = Field(
        default=200, ge=1, le=200, description="logins in an hour; BILL takes 200 per developer key"
    )
    overlap_seconds: float = Field(
        default=300.0, ge=0, description="how far before its start a reading of changes begins"
    )
    settle_seconds: float = Field(
        default=2.0, ge=0, description="wait after a write without an answer before lists are asked what became of it"
    )
    read_only_fields: tuple[str, ...] = Field(
        default=(),
        description="fields of bills, vendor credits and vendors that BILL shows but refuses to accept, added to those"
        " that it documents, such as billLineItems.taxable: a change repeats everything else that stands in a record",
    )
    inbox: BillInboxSettings | None = Field(
        default=None, description="its events, if it is to send any; null: changes are polled alone"
    )

    @field_validator("url", mode="after")
    @classmethod
    def _without_version(cls, url: str) -> str:
        return url.removesuffix(_VERSION).rstrip("/")

    @field_validator("events_url")
    @classmethod
    def _usable_events_url(cls, url: str | None) -> str | None:
        return None if url is None else cls._usable_url(url).removesuffix(_VERSION).rstrip("/")

    @model_validator(mode="after")
    def _events_known(self) -> BillConnection:
        if self.events_url is None and not self.url.endswith(_API):
            raise ValueError("url must end in /connect, as BILL's own does; or name events_url as well")
        return self

    @property
    def events_base(self) -> str:
        """The address of the events API, without `/v3`."""
        return self.events_url or self.url.removesuffix(_API) + _EVENTS

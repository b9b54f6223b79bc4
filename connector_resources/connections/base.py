"""What the settings of all connections have in common."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator


class StrictSettings(BaseModel):
    """Settings of which every name is known; a wrong value is never repeated in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Limits(StrictSettings):
    """How hard a connection may be used; the names are those of `http.HttpLimits`."""

    in_flight: int = Field(default=4, ge=1, description="calls in flight at a time")
    per_second: float | None = Field(default=None, gt=0, description="calls a second; null: no limit of ours")
    burst: int = Field(default=1, ge=1, description="calls that may go out at once before the rate holds")
    timeout_seconds: float = Field(default=60.0, gt=0, description="longest pause between two bytes of an answer")
    total_seconds: float = Field(default=300.0, gt=0, description="longest time for one call, its answer included")
    answer_bytes: int = Field(default=64 * 2**20, ge=2**16, description="longest answer on the wire")
    decoded_bytes: int = Field(default=256 * 2**20, ge=2**16, description="longest answer once decompressed")
    json_depth: int = Field(default=64, ge=16, description="deepest nesting of an answer's JSON")
    connect_seconds: float = Field(default=10.0, gt=0, description="longest wait for a connection")
    retries: int = Field(default=5, ge=0, description="further tries of a call that is safe to repeat")
    backoff_seconds: float = Field(default=0.5, ge=0, description="first back-off, doubled each time, with jitter")
    backoff_cap_seconds: float = Field(default=30.0, ge=0, description="longest back-off")


class BaseConnection(StrictSettings):
    """What every connection has. `name` is the instance's name: its key in the file."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ()  # the names of what the credential store must hold for it

    name: str
    system: str
    url: str = Field(description="address, with the path that all calls share")
    time_zone: str = Field(default="UTC", description="IANA zone of the system's own dates and times")
    limits: Limits = Limits()
    fresh_login_seconds: float = Field(
        default=15.0, ge=0, le=300, description="how long a new login that is rejected is given before it is suspected"
    )
    verify: bool | str = Field(default=True, description="check TLS certificates; or the file of a CA bundle")
    effect_window_seconds: float = Field(
        default=120.0, ge=0, description="how long after a lost answer a write may still take effect"
    )

    @field_validator("url")
    @classmethod
    def _usable_url(cls, url: str) -> str:
        try:
            parts = urlsplit(url.strip())
            port_ok = parts.port is None or parts.port > 0
        except ValueError:
            raise ValueError("not a usable address") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok or " " in url.strip():
            raise ValueError("must be an address like https://host:port/path")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not carry a user or password: use `connector credentials set`")
        if parts.query or parts.fragment:
            raise ValueError("must not carry a query or fragment")
        return url.strip().rstrip("/")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder is an OSError
            raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/London") from None
        return zone

    @field_validator("verify")
    @classmethod
    def _existing_bundle(cls, verify: bool | str) -> bool | str:
        if isinstance(verify, str) and not Path(verify).expanduser().exists():
            raise ValueError(f"no such file: {verify}")
        return str(Path(verify).expanduser()) if isinstance(verify, str) else verify

    @property
    def credential_names(self) -> tuple[str, ...]:
        """The credentials that it may have: what its client needs, and what its settings ask for besides."""
        return self.CREDENTIALS

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)

"""`connections.yaml` of a home as typed settings: which systems, how to reach them, what flows between them.

One broken entry never takes the others down: `Settings.load` keeps it under `broken` with its reason, and
only asking for that entry raises. Secrets are not settings: they live in the credential store, and an address
that carries a password is refused without being repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from connector_resources import cron
from connector_resources.close_calendar import CloseCalendar
from connector_resources.errors import UnusableInput
from connector_resources.inbox_settings import InboxSettings
from connector_resources.yaml_lines import Lines, load_mapping, parse_mapping

LATER_SYSTEMS = ("fusion", "procurify", "procore", "bill")


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Limits(_Settings):
    """How hard a connection may be used; the names are those of `http.HttpLimits`."""

    in_flight: int = Field(default=4, ge=1, description="calls in flight at a time")
    per_second: float | None = Field(default=None, gt=0, description="calls a second; null: no limit of ours")
    burst: int = Field(default=1, ge=1, description="calls that may go out at once before the rate holds")
    timeout_seconds: float = Field(default=60.0, gt=0, description="longest wait for an answer")
    connect_seconds: float = Field(default=10.0, gt=0, description="longest wait for a connection")
    retries: int = Field(default=5, ge=0, description="further tries of a call that is safe to repeat")
    backoff_seconds: float = Field(default=0.5, ge=0, description="first back-off, doubled each time, with jitter")
    backoff_cap_seconds: float = Field(default=30.0, ge=0, description="longest back-off")


class CoupaLimits(Limits):
    """Coupa's documented rate: 25 calls a second with a queue of 20 (coupa section 5.1)."""

    in_flight: int = Field(default=8, ge=1, description="calls in flight at a time")
    per_second: float | None = Field(default=25.0, gt=0, description="calls a second; null: no limit of ours")
    burst: int = Field(default=20, ge=1, description="calls that may go out at once before the rate holds")


class BaseConnection(_Settings):
    """What every connection has. `name` is the instance's name: its key in the file."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ()  # the names of what the credential store must hold for it

    name: str
    url: str = Field(description="address, with the path that all calls share")
    time_zone: str = Field(default="UTC", description="IANA zone of the system's own dates and times")
    limits: Limits = Limits()
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


class Orchestration(_Settings):
    """A site's own orchestration for one act of ours: its name, and our field -> its input's name."""

    name: str = Field(min_length=1, description="its name in Orchestrator Studio")
    version: Literal["v1", "v2", "v3"] = Field(
        default="v3", description="service prefix of the call: it chooses the output's conventions"
    )
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="our field -> its input's name, to the letter; a grid's fields as grid.field",
    )
    key_output: str | None = Field(
        default=None,
        description="output that holds the new document's number; an answer without it is no success",
    )


class JdeConnection(BaseConnection):
    """JD Edwards EnterpriseOne through an AIS server (jde-ais sections 1 and 2). `url` ends in `/jderest`."""

    CREDENTIALS: ClassVar[tuple[str, ...]] = ("username", "password")

    system: Literal["jde"] = "jde"
    environment: str | None = Field(default=None, description="login environment; null: the AIS server's default")
    role: str = Field(default="*ALL", description="login role")
    device_name: str = Field(
        default="ml-connector",
        min_length=1,
        description="token's device: fixed, else a new address kills the token",
    )
    api_version: Literal["v1", "v2"] = Field(default="v2", description="service prefix: v1 is none, v2 is /v2")
    page_size: int = Field(default=500, ge=1, le=100_000, description="rows a page")
    keys_per_call: int = Field(default=200, ge=1, le=5_000, description="keys in one LIST condition")
    orchestrations: dict[str, Orchestration] = Field(
        default_factory=dict, description="act -> orchestration; names are each site's own"
    )


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


Connection = Annotated[JdeConnection | CoupaConnection, Field(discriminator="system")]
_CONNECTION: TypeAdapter[JdeConnection | CoupaConnection] = TypeAdapter(Connection)
SYSTEMS = ("jde", "coupa")

# kind -> role -> the system that plays it
INTEGRATION_KINDS: Mapping[str, Mapping[str, str]] = {"jde_coupa": {"jde": "jde", "coupa": "coupa"}}


class CloseCadence(_Settings):
    """How often an integration is polled around a cut-off of its close calendar."""

    days_before: int = Field(default=3, ge=0, description="so many days before a cut-off `schedule` is added")
    schedule: str = Field(default="*/5 * * * *", description="cron line before the close, beside the usual ones")
    quiet_after_days: int = Field(default=2, ge=0, description="so many days after a cut-off only `quiet_schedule`")
    quiet_schedule: str = Field(default="0 * * * *", description="cron line after it, in place of the usual ones")

    @field_validator("schedule", "quiet_schedule")
    @classmethod
    def _usable_schedule(cls, schedule: str) -> str:
        cron.check(schedule)
        return schedule


class Cadence(_Settings):
    """When an integration is polled beside its schedule."""

    close: CloseCadence | None = Field(
        default=CloseCadence(), description="around the cut-offs of `close_calendar`; null: as always"
    )


class IntegrationSettings(_Settings):
    """Two connections and the flows between them. `flows` is checked by each flow's own settings."""

    DEFAULT_SCHEDULE: ClassVar[str] = "*/15 * * * *"

    name: str
    kind: str = Field(description="which pair of systems; default: the integration's name")
    connections: dict[str, str] = Field(
        default_factory=dict, description="role -> connection; a role left out is the connection of that name"
    )
    schedule: str | None = Field(default=DEFAULT_SCHEDULE, description="cron line of the poll; null: none")
    cadence: Cadence = Cadence()
    close_calendar: Path | None = Field(
        default=None, description="file of the accounting periods and their cut-offs, from the home; null: none"
    )
    overlap_days: int = Field(default=1, ge=0, le=366, description="days before the watermark that are read again")
    flows: dict[str, dict[str, Any]] = Field(default_factory=dict, description="flow -> its settings")

    @field_validator("flows", mode="before")
    @classmethod
    def _empty_flows(cls, flows: Any) -> Any:
        return {k: {} if v is None else v for k, v in flows.items()} if isinstance(flows, dict) else flows

    @field_validator("schedule")
    @classmethod
    def _usable_schedule(cls, schedule: str | None) -> str | None:
        if schedule is not None:
            cron.check(schedule)
        return schedule


class Settings:
    """All of `connections.yaml` that can be used, and why the rest cannot."""

    def __init__(
        self,
        *,
        path: Path,
        start_date: date,
        connections: Mapping[str, JdeConnection | CoupaConnection],
        integrations: Mapping[str, IntegrationSettings],
        broken_connections: Mapping[str, str] | None = None,
        broken_integrations: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.start_date = start_date
        self.connections = dict(connections)
        self.integrations = dict(integrations)
        self.broken_connections = dict(broken_connections or {})
        self.broken_integrations = dict(broken_integrations or {})

    @classmethod
    def load(cls, path: Path | str) -> Settings:
        """Read the file. Raises UnusableInput (file, line, reason) only for what concerns every entry."""
        return _load(*load_mapping(Path(path)), Path(path))

    @classmethod
    def parse(cls, text: str, path: Path) -> Settings:
        """As `load`, of a text that is at hand; `path` is what errors call it."""
        return _load(*parse_mapping(text, path), path)

    @property
    def broken(self) -> dict[str, str]:
        """Name -> one-line reason, of connections and integrations that cannot be used."""
        found = dict(self.broken_connections)
        for name, reason in self.broken_integrations.items():
            found[name] = f"{found[name]}; {reason}" if name in found else reason
        return found

    def connection(self, name: str) -> JdeConnection | CoupaConnection:
        """The connection of that name; raises UnusableInput when it is broken or not in the file."""
        if name in self.broken_connections:
            raise UnusableInput(self.broken_connections[name])
        if name not in self.connections:
            raise UnusableInput(f"{self.path}: no connection {name!r}; there are: {_names(self.connections)}")
        return self.connections[name]

    def integration(self, name: str) -> IntegrationSettings:
        """The integration of that name; raises UnusableInput when it is broken or not in the file."""
        if name in self.broken_integrations:
            raise UnusableInput(self.broken_integrations[name])
        if name not in self.integrations:
            raise UnusableInput(f"{self.path}: no integration {name!r}; there are: {_names(self.integrations)}")
        return self.integrations[name]


def _names(entries: Mapping[str, object]) -> str:
    return ", ".join(sorted(entries)) or "none"


class _File(_Settings):
    """The outermost shape; entries are looked at one by one."""

    start_date: date
    connections: dict[str, Any] = Field(default_factory=dict)
    integrations: dict[str, Any] = Field(default_factory=dict)

    @field_validator("connections", "integrations", mode="before")
    @classmethod
    def _empty(cls, entries: Any) -> Any:
        return {} if entries is None else entries


def _load(content: dict[str, Any], lines: Lines, path: Path) -> Settings:
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        raise UnusableInput(_reason(path, lines, (), error)) from None
    connections: dict[str, JdeConnection | CoupaConnection] = {}
    broken_connections: dict[str, str] = {}
    for name, body in file.connections.items():
        where = ("connections", name)
        try:
            connections[name] = _connection(name, body)
        except ValidationError as error:
            broken_connections[name] = _reason(path, lines, where, error)
        except ValueError as error:
            broken_connections[name] = _line(path, lines, where, str(error))
    settings = Settings(
        path=path,
        start_date=file.start_date,
        connections=connections,
        integrations={},
        broken_connections=broken_connections,
    )
    for name, body in file.integrations.items():
        where = ("integrations", name)
        try:
            settings.integrations[name] = _integration(name, body, settings)
        except ValidationError as error:
            settings.broken_integrations[name] = _reason(path, lines, where, error)
        except ValueError as error:
            settings.broken_integrations[name] = _line(path, lines, where, str(error))
    return settings


def _entry(name: str, body: Any) -> dict[str, Any]:
    """The body of an entry, its name checked: it becomes part of asset keys and environment variables."""
    if not (name.isascii() and name.isidentifier()) or name.startswith("_"):
        raise ValueError("a name is letters, digits and _, and starts with a letter")
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise ValueError("must be a mapping of settings")
    if "name" in body:
        raise ValueError("unknown setting name: the entry's key is its name")
    return dict(body)


def _connection(name: str, body: Any) -> JdeConnection | CoupaConnection:
    settings = _entry(name, body)
    system = settings.setdefault("system", name)
    if system in LATER_SYSTEMS:
        raise ValueError(f"system {system} is not supported by this version")
    if system not in SYSTEMS:
        raise ValueError(f"system must be one of {', '.join(SYSTEMS)}")
    return _CONNECTION.validate_python({**settings, "name": name})


def _integration(name: str, body: Any, known: Settings) -> IntegrationSettings:
    settings = _entry(name, body)
    if name in known.connections or name in known.broken_connections:
        raise ValueError("is the name of a connection too")
    kind = settings.setdefault("kind", name)
    if kind not in INTEGRATION_KINDS:
        raise ValueError(f"kind must be one of {', '.join(INTEGRATION_KINDS)} in this version")
    integration = IntegrationSettings.model_validate({**settings, "name": name})
    roles = INTEGRATION_KINDS[kind]
    unknown = sorted(integration.connections.keys() - roles.keys())
    if unknown:
        raise ValueError(f"connections.{unknown[0]} is no role of {kind}: {', '.join(roles)}")
    chosen = {role: integration.connections.get(role, role) for role in roles}
    for role, connection in chosen.items():
        if connection in known.broken_connections:
            raise ValueError(f"its connection is broken: {known.broken_connections[connection]}")
        if connection not in known.connections:
            raise ValueError(f"connections.{role}: no connection {connection!r}")
        if known.connections[connection].system != roles[role]:
            raise ValueError(f"connections.{role}: {connection!r} is not a {roles[role]} connection")
    calendar = integration.close_calendar
    if calendar is not None:
        calendar = known.path.parent / calendar.expanduser()
        try:
            CloseCalendar.load(calendar)
        except UnusableInput as error:
            raise ValueError(f"close_calendar: {error}") from None
    return integration.model_copy(update={"connections": chosen, "close_calendar": calendar})


def _reason(path: Path, lines: Lines, where: tuple[str, ...], error: ValidationError) -> str:
    """The first thing wrong, in one line; never the value, which may be a secret in the wrong place."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    # pydantic puts the union's tag in front of the setting's path
    inner = [str(part) for part in first["loc"]]
    if where[:1] == ("connections",) and inner[:1] and inner[0] in SYSTEMS:
        inner = inner[1:]
    text = {"extra_forbidden": "unknown setting", "missing": "this setting is required"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    return _line(path, lines, (*where, *inner), text)


def _line(path: Path, lines: Lines, where: tuple[str, ...], text: str) -> str:
    return f"{path} line {lines.of(where)}: {'.'.join(where)}: {text}"

"""`connections.yaml` of a home as typed settings: which systems, how to reach them, what flows between them.

One broken entry never takes the others down: `Settings.load` keeps it under `broken` with its reason, and
only asking for that entry raises. Secrets are not settings: they live in the credential store, and an address
that carries a password is refused without being repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError, field_validator

from connector_resources import catalogue, cron
from connector_resources.close_calendar import CloseCalendar
from connector_resources.connections.base import BaseConnection, StrictSettings
from connector_resources.errors import UnusableInput
from connector_resources.inbox_settings import ServingSettings
from connector_resources.yaml_lines import Lines, load_mapping, parse_mapping

# a connection of any system; each system's own settings are a class of this one
Connection = BaseConnection


class CloseCadence(StrictSettings):
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


class Cadence(StrictSettings):
    """When an integration is polled beside its schedule."""

    close: CloseCadence | None = Field(
        default=CloseCadence(), description="around the cut-offs of `close_calendar`; null: as always"
    )


class IntegrationSettings(StrictSettings):
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
        connections: Mapping[str, Connection],
        integrations: Mapping[str, IntegrationSettings],
        broken_connections: Mapping[str, str] | None = None,
        broken_integrations: Mapping[str, str] | None = None,
        inbox: ServingSettings | None = None,
    ) -> None:
        self.path = path
        self.start_date = start_date
        self.connections = dict(connections)
        self.integrations = dict(integrations)
        self.broken_connections = dict(broken_connections or {})
        self.broken_integrations = dict(broken_integrations or {})
        self.inbox = inbox or ServingSettings()

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

    def connection(self, name: str) -> Connection:
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


class _File(StrictSettings):
    """The outermost shape; entries are looked at one by one."""

    start_date: date
    inbox: ServingSettings | None = None
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
    connections: dict[str, Connection] = {}
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
        inbox=file.inbox,
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


def _connection(name: str, body: Any) -> Connection:
    settings = _entry(name, body)
    system = settings.setdefault("system", name)
    known = catalogue.systems()
    if system not in known:
        raise ValueError(f"system must be one of {', '.join(known)}")
    return known[system].connection.model_validate({**settings, "name": name})


def _integration(name: str, body: Any, known: Settings) -> IntegrationSettings:
    settings = _entry(name, body)
    if name in known.connections or name in known.broken_connections:
        raise ValueError("is the name of a connection too")
    kind = settings.setdefault("kind", name)
    pairs = catalogue.pairs()
    if kind not in pairs:
        raise ValueError(f"kind must be one of {', '.join(pairs)} in this version")
    integration = IntegrationSettings.model_validate({**settings, "name": name})
    roles = pairs[kind].roles
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
    inner = [str(part) for part in first["loc"]]
    text = {"extra_forbidden": "unknown setting", "missing": "this setting is required"}.get(
        first["type"], first["msg"].removeprefix("Value error, ")
    )
    return _line(path, lines, (*where, *inner), text)


def _line(path: Path, lines: Lines, where: tuple[str, ...], text: str) -> str:
    return f"{path} line {lines.of(where)}: {'.'.join(where)}: {text}"

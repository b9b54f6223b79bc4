"""Who is connected to the inbox: how many, from where, and who makes room for the next one.

Whoever sends nothing costs a descriptor until a deadline ends it (`protocol.py`). Until then the limits here keep a
place for those who do send: a newcomer is let in, and the one that has waited longest without a request goes. A sender
of events has its request there within milliseconds, so it is never the one that has waited longest, even where it
shares its address with thousands (NAT).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from connector_resources.inbox_settings import ServingSettings

log = logging.getLogger(__name__)

# bodies that are read at a time, of all who are not named relays: each may hold as much as `max_bytes`
MOST_BODIES = 256
# addresses of which it is known that a request has come
MOST_KNOWN = 1_000
# one line of what was closed in so long, however many there were
LOGGED_EVERY_SECONDS = 60.0
# a customer of an IPv6 provider has at least so much for itself
IPV6_NETWORK = 64


class Stage(IntEnum):
    """How far a caller is; who has come less far makes room first."""

    NEW = 0  # in the TLS handshake, or in the head of the first request
    WAITING = 1  # between two requests
    READING = 2  # in the middle of a body
    ANSWERED = 3  # its request is whole: it is never closed for another


@dataclass(eq=False, slots=True)
class Caller:
    """A TCP connection that somebody made to us. `close` ends it at once."""

    origin: str
    exempt: bool
    close: Callable[[], None]
    stage: Stage = Stage.NEW


@dataclass(eq=False, slots=True)
class _Origin:
    """All callers from one address; of each stage the one that has been there longest is the first."""

    exempt: bool
    stages: dict[Stage, dict[Caller, None]] = field(default_factory=lambda: {stage: {} for stage in Stage})

    def __len__(self) -> int:
        return sum(map(len, self.stages.values()))

    @property
    def idle(self) -> int:
        """How many of them could go."""
        return len(self) - len(self.stages[Stage.ANSWERED])

    def first_to_go(self) -> Caller | None:
        return next((caller for stage in (*Stage,)[:-1] for caller in self.stages[stage]), None)


class Callers:
    """Those who are connected, within the limits of the settings. Belongs to one event loop."""

    def __init__(self, settings: ServingSettings, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._origins: dict[str, _Origin] = {}
        self._bodies: dict[Caller, None] = {}
        # from where a whole request came, the latest at the end
        self._known: dict[str, None] = {}
        self._count = 0
        self._closed: Counter[str] = Counter()
        self._reported_at: float | None = None

    def __len__(self) -> int:
        return self._count

    def __contains__(self, caller: object) -> bool:
        return isinstance(caller, Caller) and self._where(caller) is not None

    def enter(self, address: str, close: Callable[[], None]) -> Caller | None:
        """A newcomer from a numeric address, for whom others may have been closed; None where all others are being
        answered."""
        name, exempt = self._origin(address)
        origin = self._origins.get(name)
        each, most = self._settings.each_address, self._settings.connections
        full = origin is not None and not exempt and len(origin) >= each
        if origin is not None and full and not self._make_room(origin.first_to_go(), f"more than {each} from {name}"):
            return None
        if self._count >= most and not self._make_room(self.idlest(), f"more than {most} in all"):
            return None
        caller = Caller(name, exempt, close)
        self._origins.setdefault(name, _Origin(exempt)).stages[caller.stage][caller] = None
        self._count += 1
        return caller

    def move(self, caller: Caller, stage: Stage) -> None:
        """The caller is at a stage from now on, as the last one to come there; of one who left nothing is known."""
        origin = self._where(caller)
        if origin is None:
            return
        del origin.stages[caller.stage][caller]
        self._bodies.pop(caller, None)
        caller.stage = stage
        origin.stages[stage][caller] = None
        if stage is Stage.ANSWERED:
            self._know(caller.origin)
        if stage is Stage.READING and not caller.exempt:
            self._bodies[caller] = None
            if len(self._bodies) > MOST_BODIES:
                self._make_room(next(iter(self._bodies)), f"more than {MOST_BODIES} unfinished bodies")

    def known(self, caller: Caller) -> bool:
        """Whether a whole request has come from its address, from this caller or another."""
        return caller.origin in self._known

    def leave(self, caller: Caller) -> None:
        """The caller is gone; a second time changes nothing."""
        origin = self._where(caller)
        if origin is None:
            return
        del origin.stages[caller.stage][caller]
        self._bodies.pop(caller, None)
        self._count -= 1
        if not origin:
            del self._origins[caller.origin]

    def idlest(self) -> Caller | None:
        """Who goes where there is no room at all: of the address that has most idle ones, no named relay as long as
        there are others. None where all are being answered."""
        fitting = max(self._origins.values(), key=lambda origin: (origin.idle > 0 and not origin.exempt, origin.idle))
        return fitting.first_to_go()

    def hang_up(self) -> None:
        """Close whoever has no request here, at the end of all."""
        for origin in list(self._origins.values()):
            for caller in [*origin.stages[Stage.NEW], *origin.stages[Stage.WAITING]]:
                self.leave(caller)
                caller.close()

    def late(self, caller: Caller, what: str) -> None:
        """The caller was closed by its deadline."""
        self._report(f"no {what} in time")
        self.leave(caller)

    def _know(self, origin: str) -> None:
        self._known.pop(origin, None)
        self._known[origin] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _where(self, caller: Caller) -> _Origin | None:
        origin = self._origins.get(caller.origin)
        return origin if origin is not None and caller in origin.stages[caller.stage] else None

    def _make_room(self, caller: Caller | None, why: str) -> bool:
        self._report(why)
        if caller is None:
            return False
        self.leave(caller)
        caller.close()
        return True

    def _report(self, why: str) -> None:
        """Log what was closed, in one line a minute: whoever attacks does not fill the disk as well."""
        self._closed[why] += 1
        now = self._monotonic()
        if self._reported_at is None or now - self._reported_at >= LOGGED_EVERY_SECONDS:
            shown = "; ".join(f"{why}: {count}" for why, count in self._closed.most_common(10))
            log.warning("connections closed without a request: %s (%d are open)", shown, self._count)
            self._closed.clear()
            self._reported_at = now

    def _origin(self, address: str) -> tuple[str, bool]:
        """What counts as one address, and whether it is a named relay's."""
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        if any(found in network for network in self._settings.relays):
            return str(found), True
        if isinstance(found, IPv6Address) and not found.is_loopback:
            return str(ip_network((found, IPV6_NETWORK), strict=False)), False
        return str(found), False

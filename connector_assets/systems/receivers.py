"""The connections that receive events, each with its settings and its reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from connector_resources.connections.bill import BillConnection
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.inbox_settings import BillInboxSettings, InboxSettings


class Keys(NamedTuple):
    """What a notification of BILL's must be signed with, one of them, and of which organisation it must be."""

    signing: tuple[str, ...]
    organisation: str

    def __repr__(self) -> str:
        return f"Keys({len(self.signing)} of {self.organisation!r})"


@dataclass(frozen=True)
class Receiver:
    """Where events of one Coupa connection come in, and the integrations that read it."""

    connection: CoupaConnection
    settings: InboxSettings
    integrations: tuple[str, ...]


@dataclass(frozen=True)
class BillReceiver:
    """Where notifications of one BILL connection come in, and the integrations that read it."""

    connection: BillConnection
    settings: BillInboxSettings
    integrations: tuple[str, ...]

    @property
    def url(self) -> str:
        """Where BILL sends them."""
        return self.settings.url(self.connection.name)


AnyReceiver = Receiver | BillReceiver

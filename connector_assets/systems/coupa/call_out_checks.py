"""What `connector ping` says about the inbox of a Coupa connection."""

from __future__ import annotations

from connector_resources.checks import Check
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.errors import UnusableInput
from connector_resources.home import Home
from connector_resources.inbox_settings import CLIENT_ID, RELAY_SECRET


def call_out_checks(home: Home, connection: CoupaConnection) -> list[Check]:
    """Whether the connection's inbox, if it has one, has its secrets."""
    if connection.inbox is None:
        return []
    names = connection.inbox.credential_names
    try:
        home.credentials().get(connection.name, names)
    except UnusableInput as error:
        lacking = str(error)
        return [Check("inbox", False, lacking, f"connector credentials set {connection.name} {' or '.join(names)}")]
    schemes = [word for word, name in (("call-outs", CLIENT_ID), ("a relay", RELAY_SECRET)) if name in names]
    return [Check("inbox", True, f"takes {' and '.join(schemes)}; its secrets are set")]

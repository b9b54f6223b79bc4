"""The `connections.yaml` that `connector init` writes to start from: each system and each pair has its own part of it,
`site.yaml` for real systems and `sandbox.yaml` for those on this machine."""

from __future__ import annotations

from datetime import date

from connector_assets.pairs.registry import pairs
from connector_assets.systems.registry import systems

SANDBOX_HOST = "127.0.0.1"

_HEAD = """\
# The connections of this home and what flows between them. Secrets are not kept here:
#   connector credentials set <connection> <name>
# The first day that is read; `connector sync`, the schedules and the nightly sweep begin here.
start_date: {start_date}
"""

_INBOX = """
# Who may be connected to `connector inbox serve` at a time: in all; from one address; and your own relays and proxies,
# addresses or networks, for which each_address is not
# inbox: {connections: 3072, each_address: 256, relays: []}
"""


def site_connections(start_date: date) -> str:
    """A commented file for real systems: every line that a site must look at."""
    connections = [each.template("site") for each in systems().values()]
    return _HEAD.format(start_date=start_date) + _INBOX + _of(connections, "site")


def sandbox_connections(start_date: date, port_base: int = 8900) -> str:
    """A file that points at a sandbox on this machine, which counts its ports from `port_base`."""
    connections = [
        each.template("sandbox").replace("$host", SANDBOX_HOST).replace("$port", str(port_base + each.port))
        for each in systems().values()
    ]
    return _HEAD.format(start_date=start_date) + _of(connections, "sandbox")


def _of(connections: list[str], which: str) -> str:
    integrations = [each.template(which) for each in pairs().values()]
    return f"\nconnections:\n{''.join(connections)}\nintegrations:\n{''.join(integrations)}"

"""The setting `schedule` of a flow: its own cron line."""

from __future__ import annotations

from connector_assets.engine.flow import SCHEDULE
from connector_resources import cron
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput


def flow_schedule(integration: IntegrationSettings, flow: str) -> str | None:
    """A flow's own cron line, else the integration's; None where no poll brings it. Raises UnusableInput naming the
    setting."""
    own = integration.flows.get(flow, {})
    if SCHEDULE not in own:
        return integration.schedule
    line = own[SCHEDULE]
    if line is None:
        return None
    where = f"connections.yaml: integrations.{integration.name}.flows.{flow}.{SCHEDULE}"
    if not isinstance(line, str):
        raise UnusableInput(f"{where}: must be a cron line in quotes, or null")
    try:
        cron.check(line)
    except ValueError as error:
        raise UnusableInput(f"{where}: {error}") from None
    return line

"""Which flows of an integration are polled when: their own cron lines, and the close calendar.

    flows: {invoices: {schedule: "0 * * * *"}, accounts: {schedule: null}}

A flow without a `schedule` has the integration's; with null no poll runs it. In the days before a cut-off of the close
calendar the close's line is added for every flow that is polled at all. In the days after it the quiet line replaces
all others. A flow is due if one of its lines has come up since a poll last looked at it, so a flow whose time fell into
another run is not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from connector_assets.engine.schedule import flow_schedule
from connector_resources.close_calendar import CloseCalendar
from connector_resources.connections import CloseCadence, IntegrationSettings
from connector_resources.dagster_private.definitions import get_latest_completed_cron_tick, get_next_cron_tick

Phase = Literal["usual", "before the close", "after the close"]


def all_lines(integration: IntegrationSettings, flows: Iterable[str]) -> list[str]:
    """Every cron line that may bring a flow, each once: when the schedule has to tick. None at all: no poll."""
    usual = [line for flow in flows if (line := flow_schedule(integration, flow))]
    close = _close(integration)
    around = [close.schedule, close.quiet_schedule] if usual and close else []
    return list(dict.fromkeys([*usual, *around]))


def of_one_beat(integration: IntegrationSettings, flows: Iterable[str]) -> bool:
    """Whether every tick looks at every flow: no flow has a schedule of its own, and no close changes them."""
    return _close(integration) is None and {flow_schedule(integration, flow) for flow in flows} == {
        integration.schedule
    }


def phase(integration: IntegrationSettings, now: datetime) -> Phase:
    """Where an instant is beside the cut-offs; one ahead counts more than one that has passed. Raises UnusableInput
    where the calendar's file cannot be used."""
    close = _close(integration)
    if close is None or integration.close_calendar is None:
        return "usual"
    calendar = CloseCalendar.load(integration.close_calendar)
    if calendar.before_close(now, close.days_before):
        return "before the close"
    return "after the close" if calendar.after_close(now, close.quiet_after_days) else "usual"


def lines_now(integration: IntegrationSettings, flow: str, where: Phase) -> list[str]:
    """The cron lines that bring a flow in this phase."""
    own, close = flow_schedule(integration, flow), _close(integration)
    if own is None:
        return []
    if close is None or where == "usual":
        return [own]
    return [own, close.schedule] if where == "before the close" else [close.quiet_schedule]


def due(
    integration: IntegrationSettings, flows: Sequence[str], looked_at: Mapping[str, datetime], now: datetime
) -> list[str]:
    """The flows of which a line has come up since they were last looked at; one that never was is due."""
    where = phase(integration, now)
    return [
        flow
        for flow in flows
        for last in [looked_at.get(flow)]
        if (lines := lines_now(integration, flow, where))
        and (last is None or any(last < get_latest_completed_cron_tick(line, now, "UTC") for line in lines))
    ]


def next_due(integration: IntegrationSettings, flows: Sequence[str], now: datetime) -> str:
    """When each flow is due next, in words."""
    where = phase(integration, now)
    moments = []
    for flow in flows:
        lines = lines_now(integration, flow, where)
        instants = [get_next_cron_tick(line, now, "UTC").astimezone(UTC) for line in lines]
        moments.append(f"{flow} at {min(instants):%Y-%m-%d %H:%M} UTC" if instants else f"{flow} by no schedule")
    return f"no flow is due ({where}); next: {', '.join(moments)}"


def _close(integration: IntegrationSettings) -> CloseCadence | None:
    return integration.cadence.close if integration.close_calendar is not None else None

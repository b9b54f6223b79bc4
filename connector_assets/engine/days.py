"""Each source has its own today, in its connection's zone.

The days of a run end with the latest today among its flows. A source whose clock is behind reads up to its own today. A
later run reads the day that has not begun there, since the source's watermark stays behind too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from connector_assets.engine.flow import Flow, Source


def todays(flows: Sequence[Flow]) -> dict[str, date]:
    """Connection -> its today, for every source that one of these flows reads by its day; that of the flow's own
    source where it is read whole."""
    found = {}
    for flow in flows:
        roles = {source.role for source in flow.sources if source.daily} if flow.partitioned else set()
        for role in sorted(roles | {flow.source_role}):
            found[flow.context.connection(role).name] = flow.context.today(role)
    return found


def marks_of(flow: Flow) -> dict[str, date]:
    """Entity -> the day to which the flow has read it, of those that it reads by their day."""
    marks = flow.context.ledger.watermarks
    found = {each.entity: marks.get(flow.full_name, each.entity) for each in flow.sources if each.daily}
    return {entity: mark.day for entity, mark in found.items() if mark is not None}


def new_sources(flow: Flow) -> list[Source]:
    """What a flow that was synced before has never read: a newer version, or another setting, reads it too."""
    marks = marks_of(flow)
    return [each for each in flow.sources if each.daily and each.entity not in marks] if marks else []

"""How far a flow has got: watermarks, advanced only after the outcomes of what they cover are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from connector_assets.engine.context import RunContext
from connector_assets.engine.days import marks_of
from connector_assets.engine.flow import Flow
from connector_assets.engine.report import DaysRead

ONE_DAY = timedelta(days=1)


def advance_watermarks(flow: Flow, days: Sequence[date]) -> None:
    """Move the flow's watermarks over these days, each with what the change probe said before they were read.

    Only what this run itself landed counts: a delivered asset that ran alone moves nothing. A run whose days begin
    after the day that follows the watermark leaves a gap behind, and moves nothing either. A run that stops before
    today has not read all that the probe saw: it moves the watermark, and the next poll finds everything changed. Days
    that have not begun where the source is count for nothing. A source that is new to a flow which was synced before
    was read from the start date on (`Pipeline.keys_of`): it is as far as the others are.
    """
    context = flow.context
    watermarks = context.ledger.watermarks
    marks = marks_of(flow)
    others = min(marks.values(), default=None)
    landed = {report.flow: report.report for report in context.ledger.reports.of(context.run)}
    for source in flow.sources:
        report = landed.get(f"{context.connection(source.role).name}/{source.entity}")
        if report is None:
            continue
        today = context.today(source.role)
        reached, probe = today, report["stamp"]
        if source.daily:
            known = marks.get(source.entity, others)
            if days[0] > today:
                continue
            if days[0] > (known + ONE_DAY if known else context.start_date):
                continue
            reached, probe = min(days[-1], today), probe if days[-1] >= today else None
        watermarks.advance(flow.full_name, source.entity, reached, probe=probe, run=context.run, now=context.now())


def advance_as_planned(flow: Flow, days: DaysRead) -> None:
    """Move the flow's watermarks to where a plan read, once all that it says is in the target, and nothing else of its
    days is left. What changed after the plan was made has the day to which it read, or a later one, and the next sync
    begins there at the latest; what the probe said then counts for nothing, so that the next poll looks."""
    context = flow.context
    marks = marks_of(flow)
    others = min(marks.values(), default=None)
    for source in flow.sources:
        reached, known = days.to.get(source.entity), marks.get(source.entity, others)
        if source.daily and reached is not None and days.first <= (known + ONE_DAY if known else context.start_date):
            context.ledger.watermarks.advance(
                flow.full_name, source.entity, reached, run=context.run, now=context.now()
            )


def begins_empty(flow: Flow) -> bool:
    """Whether this very run opened the flow because its target held nothing: there is nothing to look for then."""
    opened = flow.context.ledger.flows.get(flow.full_name)
    return opened is not None and opened.opened_by == "empty_target" and opened.run == flow.context.run


def opened_on(context: RunContext, flow: str, role: str) -> date | None:
    """The day, where the connection of this role is, on which an earlier run opened the flow (by its full name) for
    writing; None where none did. What this very run finds was there before."""
    opened = context.ledger.flows.get(flow)
    if opened is None or opened.run == context.run or opened.run in context.ledger.deliveries.owners(flow):
        return None
    return opened.opened_at.astimezone(context.time_zone(role)).date()


def first_day(flow: Flow, overlap_days: int) -> date:
    """Where a poll begins: the earliest watermark of the flow's daily sources less the overlap, else the start date. A
    source that has none beside others that have is read from the start date by itself, see `Pipeline.keys_of`."""
    context = flow.context
    days = marks_of(flow).values()
    if not days:
        return context.start_date
    return max(min(days) - timedelta(days=overlap_days), context.start_date)

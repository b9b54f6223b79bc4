"""Is there anything to do? Cheap questions to the sources and the ledger, within the total time of a tick."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector_assets.engine.context import SAME_AS, RunContext
from connector_assets.engine.days import todays
from connector_assets.engine.flow import Flow
from connector_assets.engine.watermarks import first_day
from connector_assets.run_setup import flows_of, open_run_context
from connector_resources.errors import ConnectorError
from connector_resources.home import Home

LIMIT_SECONDS = 20.0  # of a whole tick
CLOSING_SECONDS = 2.0  # of these, for logging out
QUESTIONS_AT_A_TIME = 4


@dataclass(frozen=True)
class Finding:
    """What a tick found: the first and last day to run, or None, and why; not `answered` where a source was silent."""

    days: tuple[date, date] | None
    why: str
    answered: bool = True


def probe(home: Home, integration: str, only: Collection[str] | None = None) -> Finding:
    """Look with clients of our own, at all flows or those of the names in `only`. Raises UnusableInput where the
    settings or credentials cannot be used."""
    stack = ExitStack()
    run_context = stack.enter_context(open_run_context(home, integration, "probe"))
    try:
        return look(run_context, [flow for flow in flows_of(run_context) if only is None or flow.name in only])
    finally:
        # a system that does not answer a question does not answer a log-out either: the tick goes on without it
        closing = threading.Thread(target=stack.close, name="probe-close", daemon=True)
        closing.start()
        closing.join(CLOSING_SECONDS)


def look(run_context: RunContext, flows: Sequence[Flow]) -> Finding:
    """Ask the ledger for documents that are due, and each source whether it changed since the flow's watermark."""
    closed = [flow for flow in flows if waits_for_opening(flow)]
    open_flows = [flow for flow in flows if flow not in closed]
    reasons = [f"{count} documents of {flow.name} are due" for flow in open_flows if (count := _due(flow))]
    if not reasons and open_flows:
        stamps = _stamps(run_context, open_flows)
        needed = {(source.role, source.entity) for flow in open_flows for source in flow.sources}
        for (role, entity), stamp in stamps.items():
            if isinstance(stamp, ConnectorError) and (role, entity) in needed:
                return Finding(None, f"{entity} could not be probed: {stamp}", answered=False)
        reasons = _changes(run_context, open_flows, stamps)
    if reasons:
        return Finding(_days(run_context, flows), "; ".join(reasons))
    if closed:
        names = " and ".join(flow.full_name for flow in closed)
        return Finding(
            None, f"{names} were planned, since the target holds documents: sync them with --adopt or --baseline"
        )
    return Finding(None, "nothing changed in the sources since the watermark, and no document is due")


def waits_for_opening(flow: Flow) -> bool:
    """Whether the flow's last run was a plan only, and will be until a person has opened the flow."""
    ledger = flow.context.ledger
    if ledger.flows.get(flow.full_name) is not None:
        return False
    last = ledger.reports.latest(flow.full_name)
    return last is not None and bool(last.report.get("plan_reason"))


def _changes(run_context: RunContext, flows: Sequence[Flow], stamps: dict[tuple[str, str], Any]) -> list[str]:
    changed: dict[str, None] = {}
    for flow in flows:
        for source in flow.sources:
            stamp = stamps[source.role, source.entity]
            mark = run_context.ledger.watermarks.get(flow.full_name, source.entity)
            if stamp and (mark is None or mark.probe != stamp):
                changed[f"{stamp.get(SAME_AS, source.entity)} changed"] = None
        for source in flow.watched():
            stamp = stamps[source.role, source.entity]
            mark = run_context.ledger.watermarks.get(flow.full_name, source.entity)
            if isinstance(stamp, dict) and (mark is None or not stamp.items() <= mark.probe.items()):
                changed[f"{source.entity} changed"] = None
    return list(changed)


def _days(run_context: RunContext, flows: Sequence[Flow]) -> tuple[date, date]:
    """From the earliest watermark less the overlap to the latest today among the sources."""
    overlap = run_context.integration.settings.overlap_days
    daily = [flow for flow in flows if flow.partitioned]
    # flows that are read whole, when they run by themselves, run as of today
    own = todays(daily or flows).values()
    return min([*own, *(first_day(flow, overlap) for flow in daily)]), max(own)


def _due(flow: Flow) -> int:
    deliveries, now = flow.context.ledger.deliveries, flow.context.now()
    return len(deliveries.due(flow.full_name, now))


def _stamps(run_context: RunContext, flows: Sequence[Flow]) -> dict[tuple[str, str], Any]:
    """(role, entity) -> its stamp, the error that stood in its way, or silence; all within the limit of a tick."""
    wanted = sorted({(source.role, source.entity) for flow in flows for source in (*flow.sources, *flow.watched())})
    readers = {}
    for role in dict(wanted):
        run_context.client(role)  # made here, since the threads would each make one
        readers[role] = run_context.reader(role)
    pool = ThreadPoolExecutor(QUESTIONS_AT_A_TIME, thread_name_prefix="probe")
    asked = {each: pool.submit(readers[each[0]].stamp, each[1]) for each in wanted}
    wait(asked.values(), timeout=LIMIT_SECONDS - CLOSING_SECONDS)
    # what is still under way ends by its own time-outs
    pool.shutdown(wait=False, cancel_futures=True)
    return {each: _result(future) for each, future in asked.items()}


def _result(future: Future[Any]) -> Any:
    if not future.done() or future.cancelled():
        return ConnectorError(f"no answer within {LIMIT_SECONDS:g} s")
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ConnectorError):
        return error
    raise error

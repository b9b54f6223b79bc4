"""Documents before the start date, which are ignored by the rule `before_start_date`.

The day of change decides a document's partition, and whether it is before `start_date`. A document without that day
counts by the latest of its own dates (`Flow.dated_by`). If it has none of these either, it is delivered. A change since
the start date moves the day of change, so the document comes in with its partition. Documents that the ledger knows are
handled however old they are: linked, delivered, held, of unknown outcome, waited for, marked as seen or dismissed.
Master data have no start date (`Flow.master_data`), since current documents refer to old suppliers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import pandas as pd

from connector_assets.engine.checks import records
from connector_assets.engine.flow import Flow, Frames
from connector_resources.ledger import Delivery

BEFORE_START_DATE = "before_start_date"
# of an ignored document: a person said so, which stands
SAID = frozenset({"dismissed", "rejected"})


def is_of_before(flow: Flow, row: Mapping[str, Any]) -> bool:
    """Whether a mapped document is of before the start date, by its day or else by its own dates."""
    day = row["day"] or own_date(flow, row)
    return day is not None and day < flow.context.start_date


def own_date(flow: Flow, row: Mapping[str, Any]) -> date | None:
    """The latest of a mapped document's own dates; None where it has none."""
    found: list[date] = [row[name] for name in flow.dated_by if row[name] is not None]
    return max(found, default=None)


def of_before(flow: Flow, frames: Frames) -> set[str]:
    """The keys of the mapped documents that the start date leaves alone."""
    if flow.master_data or not flow.partitioned:
        return set()
    rows = records(frames.documents[["key", "day", *flow.dated_by]])
    old = {row["key"]: row["day"] for row in rows if is_of_before(flow, row)}
    return old.keys() - _spoken_for(flow, old) if old else set()


def leave_alone(frames: Frames, keys: Collection[str]) -> Frames:
    """The frames with these documents ignored by the rule, whatever other rule would ignore them too."""
    if not keys:
        return frames
    documents = frames.documents.copy()
    rules = [
        BEFORE_START_DATE if key in keys else rule
        for key, rule in zip(documents["key"], documents["ignored"], strict=True)
    ]
    documents["ignored"] = pd.Series(rules, index=documents.index, dtype=object)
    return Frames(documents, frames.lines)


def _spoken_for(flow: Flow, days: Mapping[str, date | None]) -> set[str]:
    """Those of the keys that the ledger has to do with. One without a day that was claimed and not looked at since is
    due because its run died: of what day it is is not known here."""
    ledger, name = flow.context.ledger, flow.full_name
    known = ledger.deliveries.load(name, days.keys())
    ours = {key for key, each in known.items() if _stands(each) or (each.state == "new" and days[key] is None)}
    return ours | ledger.links.of(name, days.keys()).keys() | ledger.intents.unfinished(name, days.keys()).keys()


def _stands(known: Delivery) -> bool:
    if known.state == "ignored":
        return known.outcome in SAID or known.waiting is not None
    return known.state != "new"

"""Whether a voucher is posted, and what happens to one that is not (jde-ais sections 3.6 and 15).

F0411.POST says it for each pay item. A change of the amount after posting leaves an audit row (DCTA `PE`) that is not
posted and opens the batch again, so audit rows count too. Posting may leave UPMJ unchanged: a voucher that waits for
posting is read by its key in each run. Reductions of a liability never wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.keys import Row, is_void, text
from connector_assets.engine.document import Done, Hold, Ignore
from connector_assets.engine.reasons import problem

# the rule of a document that waits, what it waits for, and the reason of one that has waited too long
NOT_POSTED_YET = "not_posted_yet"
POSTING = "posting"
NOT_POSTED = "not_posted"
IGNORED_UNTIL: Mapping[str, str] = {NOT_POSTED_YET: POSTING}
HELD_UNTIL: Mapping[str, str] = {NOT_POSTED: POSTING}

# of a mapped voucher: the batch that is to be posted, None where all is; since when; whether it was posted before
COLUMNS = {"unposted": "str?", "unposted_since": "date?", "reopened": "bool"}
AUDIT_ROW = "PE"


class PostingRules(BaseModel):
    """What a site decides about vouchers that are not posted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    posted: Literal["required", "any"] = Field(
        default="required", description="vouchers that are sent: posted ones, or any"
    )
    posted_values: tuple[str, ...] = Field(
        default=("D",), min_length=1, description="values of F0411.POST that mean posted; all others do not"
    )
    unposted_after_days: int = Field(
        default=3, ge=0, description="days after which a voucher that is not posted is an exception"
    )


def without_audit_rows(rows: Sequence[Row]) -> list[Row]:
    """Pay items without the audit rows of changes and voids, which are part of them already and are in no sum."""
    return [row for row in rows if text(row.get("DCTA")) != AUDIT_ROW]


def posting_columns(rows: Sequence[Row], rules: PostingRules) -> dict[str, Any]:
    """COLUMNS of a voucher from all its rows of F0411, audit rows included. A void one waits for nothing."""
    items = without_audit_rows(rows)
    open_rows = [row for row in rows if (text(row.get("POST")) or "") not in rules.posted_values]
    if rules.posted == "any" or not open_rows or is_void(items):
        return {"unposted": None, "unposted_since": None, "reopened": False}
    since = [day for row in open_rows if (day := _since(row)) is not None]
    return {
        "unposted": ", ".join(sorted({_batch(row) for row in open_rows})),
        "unposted_since": min(since, default=None),
        "reopened": len(items) < len(rows),
    }


def is_late(row: Mapping[str, Any], rules: PostingRules, today: date) -> bool:
    """Whether a mapped voucher has waited for its posting too long, or since nobody knows when."""
    if row["unposted"] is None:
        return False
    since: date | None = row["unposted_since"]
    return since is None or today >= since + timedelta(days=rules.unposted_after_days)


def awaits_posting(row: Mapping[str, Any], rules: PostingRules, today: date, *, sent: bool) -> Done | Hold | Ignore:
    """What is decided of an unposted voucher whose liability would be made, or grow. One that was never sent is left
    alone for now, one that was stays as it is."""
    if is_late(row, rules, today):
        return Hold((problem(NOT_POSTED, "batch", row["unposted"]),), waiting=POSTING)
    return Done(waiting=POSTING) if sent else Ignore(NOT_POSTED_YET, waiting=POSTING)


def _since(row: Row) -> date | None:
    """Since when a row waits: when it was entered; of an audit row, when it was made."""
    entered: date | None = row.get("DICJ") if text(row.get("DCTA")) != AUDIT_ROW else None
    return entered or row.get("UPMJ") or row.get("DGJ")


def _batch(row: Row) -> str:
    """A batch by type and number, as people write it: `V 4711`."""
    return " ".join(filter(None, (text(row.get("ICUT")), text(row.get("ICU"))))) or "?"

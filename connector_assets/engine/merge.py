"""The decision that most flows share: create what is missing, update what differs, hold what both sides changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector_assets.engine.document import (
    Decision,
    Do,
    Done,
    FieldChange,
    Hold,
    NeedTarget,
    Step,
    Target,
    differences,
    fingerprint,
)
from connector_assets.engine.reasons import problem
from connector_resources.ledger import Delivery


def mark(content: Mapping[str, Any]) -> str:
    """What `Delivery.stage` remembers of content that the target has accepted: whatever the target then dropped or
    normalised is not sent again for ever."""
    return fingerprint(content)[:16]


def converge(
    wanted: Mapping[str, Any],
    known: Delivery,
    target: Target | None,
    *,
    create: Callable[[], Step],
    update: Callable[[Target, tuple[FieldChange, ...]], Step],
    source_wins: bool,
    moved: bool = False,
) -> Decision:
    """The next action for content that one call creates and one call updates.

    `wanted` is the content, in the same terms as the target's and the last agreed one. Steps carry `mark(wanted)` as
    their stage. With `moved` (`Document.moved`) the target is looked at although it is known to have accepted `wanted`;
    so it is while the document is not settled, for a call whose outcome is unknown may be one that undid a stranger's
    change, and what it left tells.
    """
    if known.target_id is None:
        return Do(create())
    accepted = known.stage == mark(wanted)
    if accepted and known.state == "settled" and not (known.released or moved):
        return Done()
    if target is None:
        return NeedTarget()
    changes = differences(target.content, wanted)
    if not changes:
        return Done()
    agreed = known.content if known.content is not None else target.content
    foreign_changes = [
        each for each in differences(agreed, target.content) if target.content.get(each.field) != wanted.get(each.field)
    ]
    if foreign_changes and not source_wins:
        return Hold(
            tuple(problem("changed_on_both_sides", each.field, each.told) for each in foreign_changes),
            conflict=True,
        )
    if accepted and not foreign_changes:
        return Done()
    return Do(update(target, changes))

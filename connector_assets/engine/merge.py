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
from connector_resources.ledger.progress import Progress


def mark(content: Mapping[str, Any]) -> str:
    """The fingerprint of content that the target has accepted (`Progress.accepted`): what the target then dropped or
    normalised is not sent again and again."""
    return fingerprint(content)[:16]


def taken(content: Mapping[str, Any]) -> Progress:
    """The progress of a record whose target has accepted this content, and nothing more."""
    return Progress(mark(content))


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

    `wanted` is the content, in the same terms as the target's and the last agreed one. Steps carry `taken(wanted)`
    as their progress. With `moved` (`Document.moved`) the target is looked at although it is known to have accepted
    `wanted`. So it is while the document is not settled: a call whose outcome is unknown may have undone somebody's
    change, and what it left tells.
    """
    if known.target_id is None:
        return Do(create())
    accepted = known.progress == taken(wanted)
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
            tuple(problem("changed_on_both_sides", each.field, each.in_words) for each in foreign_changes),
            conflict=True,
        )
    if accepted and not foreign_changes:
        return Done()
    return Do(update(target, changes))

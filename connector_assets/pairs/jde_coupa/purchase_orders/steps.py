"""What is done next with a purchase order in Coupa: create, issue, update, cancel, close (coupa section 3.3).

A line that was cancelled in JDE is removed, or reduced to what was received of it. An order without remaining lines is
cancelled; a complete order is closed. If Coupa no longer allows a change, it refuses it, and a person looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector_assets.documents.jde.orders.reading import unsent_rule
from connector_assets.engine.document import (
    Decision,
    Do,
    Document,
    Done,
    FieldChange,
    Hold,
    Ignore,
    NeedTarget,
    Step,
    Target,
    differences,
)
from connector_assets.engine.merge import mark, taken
from connector_assets.engine.reasons import problem
from connector_assets.engine.words import beside
from connector_assets.pairs.jde_coupa.purchase_orders.ended import ended_there, used_up
from connector_assets.pairs.jde_coupa.purchase_orders.records import OrderBodies, base_of, observe
from connector_assets.pairs.jde_coupa.purchase_orders.settings import PurchaseOrderSettings
from connector_resources.coupa.order_models import ORDER_CANCELLED, ORDER_CLOSED, ORDER_NOT_IN_FORCE, PurchaseOrder
from connector_resources.ledger import Delivery, Intent
from connector_resources.ledger.progress import Progress

DRAFT, ISSUED = "draft", "issued"
# the reason of orders that Coupa takes none of
OFF = "external_orders_off"
# an order that Coupa holds back, for its buyer, its supplier or its currency, or that its users shall issue
WAITS = "release of the order in Coupa"


class OrderSteps:
    """Decides for one flow. `orders` gives Coupa's purchase orders; `feature_off` says '' or why it takes none, and
    whether Coupa itself says so."""

    def __init__(
        self,
        settings: PurchaseOrderSettings,
        bodies: Callable[[], OrderBodies],
        orders: Callable[[], Any],
        feature_off: Callable[[], tuple[str, bool]],
    ) -> None:
        self.settings = settings
        self.bodies = bodies
        self.orders = orders
        self.feature_off = feature_off

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """The next action."""
        content = document.content
        if known.target_id is None:
            rule = unsent_rule(void=content["void"], closed=content["closed"])
            if rule is not None:
                return Ignore(rule)
            off, coupa_says_so = self.feature_off()
            if off:
                return Hold((problem(OFF, "", off),), again=not coupa_says_so)
            return Do(self._create(document))
        agreed = known.state == "settled" and known.content_hash == document.hash
        if agreed and not (known.waiting or known.released or document.moved):
            return Done()
        if target is None:
            return NeedTarget()
        if content["void"]:
            return Done() if target.content["void"] else Do(self._act("cancel", known, target, "cancelled"))
        if target.status in ORDER_CANCELLED or self._closed_there_alone(document, known, target):
            return ended_there(target)
        return (
            self._amend(document, known, target)
            or self._issue(known, target)
            or self._close(document, known, target)
            or Done(waiting=WAITS if self._held_back(document, target) else None)
        )

    def _amend(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """Bring header and lines into agreement, unless Coupa has accepted this very content before."""
        wanted, held = base_of(document.content), base_of(target.content)
        if known.progress.accepted == mark(wanted):
            return _of_another_total(wanted, held)
        changes = differences(held, wanted)
        if not changes:
            return None
        agreed = known.content if known.content is not None else target.content
        foreign_changes = [
            each for each in differences(base_of(agreed), held) if held[each.field] != wanted[each.field]
        ]
        found = [problem("changed_on_both_sides", each.field, each.in_words) for each in foreign_changes]
        if found and self.settings.on_conflict == "hold":
            return Hold(tuple(found), conflict=True)
        return Do(self._update(document, known, target, changes))

    @staticmethod
    def _closed_there_alone(document: Document, known: Delivery, target: Target) -> bool:
        """Whether it is closed there and not in JDE, or takes a change no more. What is used up Coupa closes by itself:
        only a change of it has nowhere to go."""
        if not target.content["closed"]:
            return False
        changed = known.progress.accepted != mark(base_of(document.content))
        if document.content["closed"] or (known.content or {}).get("closed"):
            return changed and bool(differences(base_of(target.content), base_of(document.content)))
        return changed or not used_up(target)

    def _issue(self, known: Delivery, target: Target) -> Decision | None:
        """Put it in force, once: without this call an order stays a draft for ever."""
        done = known.progress.done
        if self.settings.issue == "none" or target.status != DRAFT or done == ISSUED:
            return None
        act = "issue" if self.settings.issue == "issue" else "issue_without_send"
        return Do(self._act(act, known, target, ISSUED, done=ISSUED))

    def _held_back(self, document: Document, target: Target) -> bool:
        """Whether Coupa must put the order in force before it is what it shall be: only then it can be closed."""
        return target.status in ORDER_NOT_IN_FORCE and (self.settings.issue != "none" or document.content["closed"])

    def _close(self, document: Document, known: Delivery, target: Target) -> Decision | None:
        """Where Coupa closes softly first, that is closed enough: the second time is left to its own setting."""
        if not document.content["closed"] or target.status in ORDER_CLOSED | ORDER_NOT_IN_FORCE:
            return None
        return Do(self._act("close", known, target, "closed"))

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        """What was accepted is forgotten; that we issued it is not, and shows by the status."""
        done = known.progress.done
        acts = {Progress.parse(intent.detail.get("stage")).done for intent in intents}
        if ISSUED in acts and target.status != DRAFT:
            done = ISSUED
        return Progress(done=done) if done else None

    # -- steps ----------------------------------------------------------------------------------------------------

    def _create(self, document: Document) -> Step:
        wanted = base_of(document.content)
        return Step(
            name="create",
            body=self.bodies().create(document),
            send=lambda sent: self.observe(self.orders().create(sent)),
            outcome="created",
            progress=taken(wanted),
            refuses_second=True,
            changes=differences({}, wanted),
        )

    def _update(self, document: Document, known: Delivery, target: Target, changes: tuple[FieldChange, ...]) -> Step:
        number = int(target.id)
        return Step(
            name="update",
            body=self.bodies().update(document, {change.field for change in changes}, target),
            send=lambda sent: self.observe(self.orders().update(number, sent)),
            outcome="updated",
            progress=taken(base_of(document.content)).after(known.progress.done),
            changes=changes,
        )

    def _act(self, name: str, known: Delivery, target: Target, becomes: str, *, done: str = "") -> Step:
        """A change of state: its request has no body. An answer that does not show another status may be that of an
        earlier call: the order is looked at."""
        number, verb = int(target.id), getattr(self.orders(), name)

        def send(_: Mapping[str, Any]) -> Target:
            moved = self.observe(verb(number))
            return moved if moved.status != target.status else self.observe(self.orders().get(number))

        return Step(
            name=name,
            body={},
            send=send,
            outcome="updated",
            progress=known.progress.after(done),
            changes=(FieldChange("status", target.status, becomes),),
        )

    def observe(self, order: PurchaseOrder) -> Target:
        """An order of Coupa in the terms of the flow's content."""
        return observe(order, self.settings)


def _of_another_total(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> Hold | None:
    """Coupa took what we sent and came to another total or currency: nobody shall order by that."""
    differing = [name for name in ("amount", "currency") if wanted[name] != held[name]]
    if not differing:
        return None
    return Hold(tuple(problem("total_differs", name, beside(held[name], wanted[name])) for name in differing))

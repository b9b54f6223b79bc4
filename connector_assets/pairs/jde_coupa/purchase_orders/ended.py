"""Orders of ours that a person cancelled or closed in Coupa while JD Edwards has them open.

Coupa restores no cancelled order, and accepts no change of a closed one (coupa section 3.3). Nothing is sent, and the
next sync reports it, even if nothing changed in JD Edwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.engine.document import Hold, Target
from connector_assets.engine.flow import Flow
from connector_assets.engine.reasons import problem
from connector_assets.systems.records import window_of
from connector_resources.coupa.order_models import EXTERNAL_ORDER, ORDER_CANCELLED, ORDER_CLOSED, OrderLine
from connector_resources.ledger import Delivery

ENDED = ORDER_CANCELLED | ORDER_CLOSED
# of what a person was told of, also that it is as it was
_SAID = ("held", "conflict")
_READ = ("id", "type", "status")


def ended_between(flow: Flow, orders: Any, first: date, last: date) -> dict[str, date | None]:
    """The documents whose order a person ended in Coupa in these days; our own ends leave what was agreed on."""
    context = flow.context
    start, until = window_of(first, min(last, context.today("coupa")), context.time_zone("coupa"))
    found = orders.changed_between(start, until, fields=_READ, filters={"type": EXTERNAL_ORDER})
    status = {str(each.id): each.status for each in found}
    links = context.ledger.links.by_target(flow.full_name, flow.target_entity, list(status))
    known = context.ledger.deliveries.load(flow.full_name, [link.source_key for link in links.values()])
    return {
        link.source_key: last
        for id, link in links.items()
        if (left := known.get(link.source_key)) is not None and _looked_at(left, status[id])
    }


def _looked_at(left: Delivery, status: str | None) -> bool:
    agreed: Mapping[str, Any] = left.content or {}
    over = agreed.get("void") or agreed.get("closed")
    return left.state in _SAID or (status in ENDED and bool(agreed) and not over)


def ended_there(target: Target) -> Hold:
    """What is told of an order that is over in Coupa alone."""
    cancelled = target.status in ORDER_CANCELLED
    reason = "order_cancelled_in_target" if cancelled else "order_closed_in_target"
    return Hold((problem(reason, "order", f"{target.label}, {target.status}"),), conflict=True)


def used_up(target: Target) -> bool:
    """Whether all of an order was received or invoiced in Coupa, which then closes it by itself."""
    return bool(target.raw.order_lines) and all(map(_used_up, target.raw.order_lines))


def _used_up(line: OrderLine) -> bool:
    whole = line.price if line.quantity is None else line.quantity
    received = line.received is not None and whole is not None and line.received >= whole
    total = line.total if line.total is not None else (line.price or Decimal(0)) * (line.quantity or Decimal(1))
    return received or (line.total_invoiced is not None and line.total_invoiced >= total)

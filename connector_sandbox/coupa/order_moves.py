"""The states of purchase orders and of their lines, and what moves them (coupa section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector_sandbox.coupa.errors import Refusal
from connector_sandbox.coupa.instance import Instance
from connector_sandbox.coupa.order_shapes import ORDER, ORDER_LINE
from connector_sandbox.coupa.schema import Record, copied, hyphenated

_HOLDS = ("buyer_hold", "supplier_hold", "currency_hold", "supplier_window_hold")
_ISSUED_FROM = ("draft", "currency_hold", "error")
_SENT_BY = {
    "email": "scheduled_for_email", "cxml": "scheduled_for_cxml", "xml": "scheduled_for_xml",
    "buy_online": "awaiting_online_purchase", "mark_as_sent": "sent_manually", "prompt": "pending_manual",
}  # fmt: skip
_REASON_KEYS = ("reason-insight-code", "reason-insight-id")
_SIDES = ("receiving", "invoicing")


def issue(instance: Instance, number: int, *, send: bool = True, ignore_window: bool = False) -> Record:
    """Put an order in force, and let its supplier know unless told otherwise.

    An order to a supplier on hold, or whose orders a buyer looks at first, goes into that hold instead.
    """
    statuses = (*_ISSUED_FROM, "supplier_window_hold") if ignore_window else _ISSUED_FROM
    order = _order_in(instance, number, statuses, "issued")
    supplier = instance.record("suppliers", order["supplier"])
    if supplier["status"] != "active":
        raise Refusal(400, ORDER.singular, "Supplier must be active")
    if supplier["on-hold"]:
        return instance.touch("purchase_orders", {**order, "status": "supplier_hold"})
    if supplier["buyer-hold"]:
        return instance.touch("purchase_orders", {**order, "status": "buyer_hold"})
    return _into_force(instance, order, supplier, send=send)


def release_from_buyer_hold(instance: Instance, number: int) -> Record:
    """The buyer lets an order go."""
    order = _order_in(instance, number, ("buyer_hold",), "released")
    return _into_force(instance, order, instance.record("suppliers", order["supplier"]), send=True)


def cancel(instance: Instance, number: int) -> Record:
    """An order that is not to be delivered; refused once something of it is invoiced."""
    order = _order_in(instance, number, ("draft", "issued", "soft_closed", "error", *_HOLDS), "cancelled")
    if any(line["invoiced"] or line["total-invoiced"] for line in order["order-lines"]):
        raise Refusal(400, ORDER.singular, "OrderHeader cannot be cancelled: it has been invoiced.")
    return instance.touch("purchase_orders", _with_lines({**order, "status": "cancelled"}, "cancelled"))


def close(instance: Instance, number: int) -> Record:
    """An order that nothing more is expected on: softly at first where the instance does so."""
    order = _order_in(instance, number, ("issued", "soft_closed"), "closed")
    softly = instance.options.soft_close and order["status"] == "issued"
    status = "soft_closed" if softly else "closed"
    return instance.touch("purchase_orders", _with_lines({**order, "status": status}, status))


def reopen(instance: Instance, number: int, body: Mapping[str, Any]) -> Record:
    """A softly closed order is in force again, for a reason."""
    order = _order_in(instance, number, ("soft_closed",), "reopened")
    given = {hyphenated(key): value for key, value in body.items()}
    reason = next((given[key] for key in _REASON_KEYS if given.get(key) not in (None, "")), None)
    if reason is None:
        raise Refusal(400, ORDER.singular, "Reason insight can't be blank")
    reopened = {**order, "status": "issued", "reason-insight-code": str(reason)}
    return instance.touch("purchase_orders", _with_lines(reopened, "created"))


def soft_close_line(instance: Instance, number: int, *, side: str) -> Record:
    """One line takes no more receipts, or no more invoices."""
    return _move_line(instance, number, ("created",), f"soft_closed_for_{side}")


def reopen_line(instance: Instance, number: int, *, side: str) -> Record:
    """One line takes receipts or invoices again."""
    return _move_line(instance, number, (f"soft_closed_for_{side}",), "created")


LINE_MOVES = {
    **{f"soft_close_for_{side}": (soft_close_line, side) for side in _SIDES},
    **{f"reopen_for_{side}": (reopen_line, side) for side in _SIDES},
}
"""Action of a line -> what does it, and for which side of it."""


def delete_line(instance: Instance, number: int) -> None:
    """A line goes from its order; the order's rules apply."""
    line = instance.record("purchase_order_lines", number)
    instance.update("purchase_orders", line["order-header"], {"order-lines": [{"id": number, "_delete": True}]})


def _into_force(instance: Instance, order: Record, supplier: Record, *, send: bool) -> Record:
    silent = not send or order["transmission-method-override"] == "do_not_transmit"
    method = "email" if order["transmission-method-override"] == "email" else supplier["po-method"]
    sent = order["transmission-status"] if silent else _SENT_BY.get(method, "pending_manual")
    return instance.touch("purchase_orders", {**order, "status": "issued", "transmission-status": sent})


def _move_line(instance: Instance, number: int, statuses: tuple[str, ...], status: str) -> Record:
    line = instance.record("purchase_order_lines", number)
    order = copied(instance.record("purchase_orders", line["order-header"]))
    if order["status"] != "issued" or line["status"] not in statuses:
        raise Refusal(400, ORDER_LINE.singular, f"OrderLine cannot become {status} in status {line['status']}.")
    for each in order["order-lines"]:
        if each["id"] == number:
            each |= {"status": status, "updated-at": instance.now()}
    instance.touch("purchase_orders", order)
    return instance.record("purchase_order_lines", number)


def _with_lines(order: Record, status: str) -> Record:
    return {**order, "order-lines": [{**line, "status": status} for line in order["order-lines"]]}


def _order_in(instance: Instance, number: int, statuses: tuple[str, ...], done: str) -> Record:
    order = instance.record("purchase_orders", number)
    if order["status"] not in statuses:
        raise Refusal(400, ORDER.singular, f"OrderHeader cannot be {done} in status {order['status']}.")
    copy: Record = copied(order)
    return copy

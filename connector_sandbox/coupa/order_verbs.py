"""The calls on purchase orders and their lines that are not like those on other resources (coupa section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connector_sandbox.coupa import order_moves
from connector_sandbox.coupa.errors import Refusal
from connector_sandbox.coupa.instance import Instance
from connector_sandbox.coupa.order_shapes import EXTERNAL, ORDER
from connector_sandbox.coupa.schema import Record
from connector_sandbox.coupa.verbs import Verbs
from connector_sandbox.coupa.wire import Call, Result, Verb

_YES = (True, "true", "1")
_OFF = "External purchase orders are not enabled for this instance."


class OrderVerbs:
    """Makes the verbs of orders over one instance."""

    def __init__(self, instance: Instance, verbs: Verbs) -> None:
        self._instance = instance
        self._verbs = verbs

    def create(self) -> Verb:
        """POST of an external order, where the instance has the feature."""

        def make(call: Call) -> Record:
            self._check_feature()
            return self._instance.create("purchase_orders", call.body)

        return self._verbs.changing("purchase_orders", make, status=201)

    def update(self) -> Verb:
        """PUT or PATCH of an order: fields and lines, and the older way to cancel or close it."""
        instance = self._instance

        def change(call: Call) -> Record:
            number = call.path["id"]
            if instance.record("purchase_orders", number)["type"] == EXTERNAL:
                self._check_feature()
            if call.body.get("_cancel") in _YES:
                return order_moves.cancel(instance, number)
            if call.body.get("_close") in _YES:
                return order_moves.close(instance, number)
            return instance.update("purchase_orders", number, call.body)

        plain = self._verbs.changing("purchase_orders", change)
        marking = self._verbs.updater("purchase_orders")

        def verb(call: Call) -> Result:
            return plain(call) if call.parameter("exported") is None else marking(call)

        return verb

    def actions(self) -> Mapping[str, Verb]:
        """PUT of each action on an order."""
        move = self._moving
        return {
            "issue": move(order_moves.issue),
            "issue_without_send": move(lambda instance, number: order_moves.issue(instance, number, send=False)),
            "ignore_window_and_issue": move(
                lambda instance, number: order_moves.issue(instance, number, ignore_window=True)
            ),
            "cancel": move(order_moves.cancel),
            "close": move(order_moves.close),
            "release_from_buyer_hold": move(order_moves.release_from_buyer_hold),
            "reopen": self._verbs.changing(
                "purchase_orders", lambda call: order_moves.reopen(self._instance, call.path["id"], call.body)
            ),
        }

    def delete_line(self, call: Call) -> Result:
        """DELETE of an order line."""
        with self._instance.whole():
            order_moves.delete_line(self._instance, call.path["id"])
        return Result(None, "")

    def _moving(self, move: Callable[[Instance, int], Record]) -> Verb:
        return self._verbs.mover("purchase_orders", move)

    def _check_feature(self) -> None:
        options = self._instance.options
        if not options.external_orders:
            raise Refusal(options.external_orders_refusal, ORDER.singular, _OFF)

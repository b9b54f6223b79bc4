"""`/api/purchase_orders`: orders that the ERP owns, in Coupa as external orders (coupa section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connector_resources.coupa import wire
from connector_resources.coupa.fields import Selected
from connector_resources.coupa.order_models import EXTERNAL_ORDER, PurchaseOrder
from connector_resources.coupa.resource import Dated
from connector_resources.errors import FieldMessage, LoginRefused, NotAllowed, NotFound, Refused

# What an external order cannot do without, as labels of its error sentences.
_REQUIRED = ("po number", "supplier", "currency", "ship to address", "ship to user", "order line", "order lines")


class PurchaseOrders(Dated[PurchaseOrder]):
    """Purchase orders with their lines. Each verb is one call; the caller looks up lost answers.

    Only orders of type `ExternalOrderHeader` are written: the others originate in Coupa and stay its own. Nothing
    reaches the supplier before one of the issue verbs.
    """

    MODEL = PurchaseOrder
    PATH = "purchase_orders"
    NOUN = "purchase order"
    READ = "core.purchase_order.read"
    WRITE = "core.purchase_order.write"
    KEYS = frozenset({"po_number"})

    def find(self, po_number: str) -> PurchaseOrder | None:
        """The order of that number, spelt exactly so."""
        return self._first({"po-number": po_number}, po_number=po_number)

    def by_numbers(
        self, numbers: Sequence[str], *, fields: Sequence[Selected] | None = None
    ) -> dict[str, PurchaseOrder]:
        """Number -> order, for those that exist; a page of numbers per call."""
        return self._by_name("po_number", numbers, fields)

    def create(self, body: Mapping[str, Any]) -> PurchaseOrder:
        """Create an external order; a second one of the same `po-number` is refused."""
        return self._create(body)

    def update(self, order_id: int, body: Mapping[str, Any]) -> PurchaseOrder:
        """Change the fields in `body`, and no others.

        Lines are in `order-lines`: with their `id` to change, without to add, with `"_delete": True` to remove. Another
        quantity, price or item makes a new version, which is sent to the supplier again (coupa section 8.16).
        """
        return self._update(order_id, body)

    def issue(self, order_id: int) -> PurchaseOrder:
        """Put the order in force and send it to the supplier."""
        return self._act(order_id, "issue")

    def issue_without_send(self, order_id: int) -> PurchaseOrder:
        """Put the order in force; the supplier hears nothing."""
        return self._act(order_id, "issue_without_send")

    def cancel(self, order_id: int) -> PurchaseOrder:
        """Cancel the order."""
        return self._act(order_id, "cancel")

    def close(self, order_id: int) -> PurchaseOrder:
        """Close the order: softly where the instance has soft closing, and for good the second time."""
        return self._act(order_id, "close")

    def reopen(self, order_id: int, body: Mapping[str, Any]) -> PurchaseOrder:
        """Open a softly closed order again.

        `body` is `reason-insight-code` or `reason-insight-id`, and `reason-insight-event-comment`.
        """
        return self._act(order_id, "reopen", body)

    def mark_exported(self, order_id: int) -> bool:
        """Set the `exported` flag, in a request of its own; whether it is set then. A new version takes it back."""
        return self._mark_exported(order_id)

    def external_feature(self) -> str:
        """'' where this instance takes external orders, else a sentence that says why not and what to do.

        The feature has no switch that can be read. An order without a number, supplier or line is sent, which nobody
        can take: where it is refused for what it lacks the feature is on, where it is refused as such the feature
        is off. Raises `SystemProblem` where no answer came, or one in which nothing shows that Coupa gave it: a
        refusal of that kind as it came, without a `proof`.
        """
        # `safe`: it can have no effect, so it may be repeated as a read is
        call = self._call(
            "POST",
            "",
            "ask whether external purchase orders are taken",
            scope=self.WRITE,
            json=wire.body({"type": EXTERNAL_ORDER}),
            safe=True,
        )
        name = self._channel.connection.name
        try:
            order = self._channel.send(call).json()
        except LoginRefused:
            # says nothing of the feature
            raise
        except (Refused, NotAllowed, NotFound) as problem:
            if not problem.proof:
                raise
            return _why_not(name, problem)
        if not isinstance(order, Mapping) or "id" not in order:
            raise call.without_answer(f"{call.what}: {name} answered with no order", connection=name)
        return (
            f"{name} answered an empty purchase order with success: it does not check orders as Coupa does;"
            f" look at the url of connection {name}, and in Coupa for an order without a number"
        )


SWITCH_ON = "have Coupa switch the external purchase orders feature on for this instance"


def _why_not(name: str, problem: Refused | NotAllowed | NotFound) -> str:
    """'' where the order is refused for what it lacks, else what the refusal says of the feature."""
    if isinstance(problem, NotAllowed):
        return f"{problem}; where that is so, {SWITCH_ON}"
    if isinstance(problem, NotFound):
        return f"{name} has no purchase orders to write to ({problem}); {SWITCH_ON}"
    if any(_about_an_order(message) for message in problem.fields):
        return ""
    return f"{name} takes no external purchase orders ({problem}); {SWITCH_ON}"


def _about_an_order(message: FieldMessage) -> bool:
    """Whether a sentence names what an external order needs, e.g. that its PO number can't be blank."""
    words = re.sub(r"[^a-z0-9]+", " ", f" {message.message.casefold()} ")
    return message.field.replace("-", " ") in _REQUIRED or any(f" {label} " in words for label in _REQUIRED)

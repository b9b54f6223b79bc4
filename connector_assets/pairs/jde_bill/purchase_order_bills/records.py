"""Bills of BILL in the terms of the flow `purchase_order_bills`.

The amount of an order is what was ordered, paid or not; so is that of its bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector_assets.engine.document import Target
from connector_assets.pairs.jde_bill.bills.records import BillRecords, Held
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import orders_covered
from connector_resources.bill import Bill


class OrderBillRecords(BillRecords):
    """Reads bills of orders."""

    def covered(self, bill: Bill) -> Sequence[str]:
        return orders_covered(bill)

    def marked_of(self, vendor: str) -> dict[str, bool]:
        """The keys of the orders that a vendor's bills came from, each with whether its bill is archived."""
        found: dict[str, bool] = {}
        for bill in self.client.bills.of_vendor(vendor):
            for key in orders_covered(bill):
                found[key] = not bill.usable and found.get(key, True)
        return found

    def _target(self, held: Held) -> Target:
        target = super()._target(held)
        return replace(target, content={**target.content, "amount": target.content["total"]})

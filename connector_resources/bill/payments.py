"""`/v3/payments`, only read (bill section 3.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connector_resources.bill.payment_models import Payment
from connector_resources.bill.resource import Resource
from connector_resources.bill.wire import Value


class Payments(Resource[Payment]):
    """Payments. They cannot be asked for by bill: `of_vendor`, and `bill_payments` compared."""

    MODEL = Payment
    PATH = "payments"
    NOUN = "payment"
    ARCHIVES = False

    def of_vendor(self, vendor_id: str, updated_since: datetime | None = None) -> Iterator[Payment]:
        """The payments of one vendor, all or those updated since an instant."""
        filters: dict[str, Value] = {"vendorId": vendor_id}
        if updated_since is not None:
            filters["updatedTime:gte"] = updated_since
        return self.all(filters)

    def with_number(self, transaction_number: str) -> Iterator[Payment]:
        """The payments of that transaction number, the creator's own reference."""
        return self.all({"transactionNumber": transaction_number})

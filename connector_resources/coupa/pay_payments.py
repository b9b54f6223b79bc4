"""`/api/coupa_pay/payments`: what Coupa Pay pays, for the ERP to book (coupa section 3.5b)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from datetime import datetime, timedelta

from connector_resources.coupa.fields import Selected
from connector_resources.coupa.pay_models import PayPayment
from connector_resources.coupa.resource import Resource
from connector_resources.coupa.wire import Filters


class PayPayments(Resource[PayPayment]):
    """Payments of Coupa Pay; they are only read, and may be marked as exported. No event tells of them."""

    MODEL = PayPayment
    PATH = "coupa_pay/payments"
    NOUN = "payment"
    READ = "core.pay.payments.read"
    WRITE = "core.pay.payments.write"

    def changed_between(
        self,
        start: datetime,
        until: datetime | None = None,
        *,
        overlap: timedelta = timedelta(0),
        fields: Sequence[Selected] | None = None,
        filters: Filters | None = None,
        known: Container[tuple[int, datetime]] = (),
    ) -> Iterator[PayPayment]:
        """Payments updated from `start` less `overlap` to before `until`, each once, less `known` versions.

        A change of status moves `updated_at`. Without `until`, read on from the instant at which this call was made.
        """
        return self._changed(start, until, overlap, fields, filters or {}, known)

    def mark_exported(self, payment_id: int) -> bool:
        """Set the `exported` flag, in a request of its own; whether it is set then.

        There is one flag for all of the tenant's integrations; it needs a scope of its own.
        """
        return self._mark_exported(payment_id)

"""`/api/coupa_pay/payments`: what Coupa Pay pays, for the ERP to book (coupa section 3.5b)."""

from __future__ import annotations

from connector_resources.coupa.pay_models import PayPayment
from connector_resources.coupa.resource import Dated


class PayPayments(Dated[PayPayment]):
    """Payments of Coupa Pay; they are only read, and may be marked as exported. No event tells of them.

    A change of status moves `updated_at`.
    """

    MODEL = PayPayment
    PATH = "coupa_pay/payments"
    NOUN = "payment"
    READ = "core.pay.payments.read"
    WRITE = "core.pay.payments.write"

    def mark_exported(self, payment_id: int) -> bool:
        """Set the `exported` flag, in a request of its own; whether it is set then.

        There is one flag for all of the tenant's integrations; it needs a scope of its own.
        """
        return self._mark_exported(payment_id)

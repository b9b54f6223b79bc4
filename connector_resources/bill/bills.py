"""`/v3/bills` and `/v3/vendor-credits` (bill sections 3.2, 3.4 and 3.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from connector_resources.bill import keeping, wire
from connector_resources.bill.models import Bill, VendorCredit
from connector_resources.bill.payment_models import Payment
from connector_resources.bill.wire import Value
from connector_resources.bill.writing import Body, Unless, Writable
from connector_resources.errors import Refused

# one copy of the page of PATCH has it as required (bill section 3.2.1)
TERM = "paymentTermId"


class Bills(Writable[Bill]):
    """Bills; the invoice number is no filter: what was sent is looked for among the vendor's bills."""

    MODEL = Bill
    PATH = "bills"
    NOUN = "bill"
    BULK = 100
    KEYS = ("vendorId", "invoice.invoiceNumber")
    KEEPING = keeping.BILLS

    def update(
        self, record_id: str, body: Body, *, owned: Collection[str] = (), unless: Unless[Bill] | None = None
    ) -> Bill:
        """As `Writable.update`. Where BILL refuses a PATCH for want of a payment term, that of the bill is repeated;
        what has none is replaced, with everything that stands in it: none is invented."""
        try:
            return super().update(record_id, body, owned=owned, unless=unless)
        except Refused as problem:
            if TERM not in str(problem) or TERM in body:
                raise
        what = f"{self.NOUN} {record_id}"
        call = self._write("PATCH", f"{self.path}/{record_id}", f"update {what}", None)
        change = self._change(call, record_id, wire.body(body, nulls=True), owned, unless)
        if term := change.held.get(TERM):
            return self._changed(call, record_id, change, {**change.completed(), TERM: term})
        call = self._write("PUT", call.path, f"replace {what}", None)
        return self._put(call, record_id, change, change.replacing_only())

    def of_vendor(self, vendor_id: str, created_since: datetime | None = None) -> Iterator[Bill]:
        """The bills of one vendor, all or those created since an instant."""
        filters: dict[str, Value] = {"vendorId": vendor_id}
        if created_since is not None:
            filters["createdTime:gte"] = created_since
        return self.all(filters)

    def replace(
        self, bill_id: str, body: Body, *, owned: Collection[str] = (), unless: Unless[Bill] | None = None
    ) -> Bill:
        """Write a bill again: a line without `id` is a new one, a line left out is removed. Whatever else stands in the
        bill and its lines is repeated, applied credits included; `owned`, `unless` and `not_kept` as in `update`.
        Raises `Unavailable`, and sends nothing, where BILL does not show which credits are applied."""
        return self._replace(bill_id, body, owned, unless)

    def record_payment(self, body: Body) -> Payment:
        """Record a payment that was made elsewhere; no money moves. Needs `vendorId`, `processDate`, `toPrintCheck`
        and `payments`; comes back with `online_payment` False."""
        call = self._write("POST", f"{self.path}/record-payment", "record a payment", wire.body(body))
        answer = self._channel.send(call)
        try:
            return Payment.model_validate(_alone(answer.json()))
        except ValidationError:
            raise self._garbled(call, answer, "without the payment") from None


class VendorCredits(Writable[VendorCredit]):
    """Vendor credits; filters are not documented, and there is no way to restore one."""

    MODEL = VendorCredit
    PATH = "vendor-credits"
    NOUN = "vendor credit"
    PROVEN = False
    BULK = 50
    BULK_KEY = "vendorCredits"
    KEYS = ("vendorId", "referenceNumber")
    KEEPING = keeping.VENDOR_CREDITS

    def of_vendor(self, vendor_id: str, created_since: datetime | None = None) -> Iterator[VendorCredit]:
        """The credits of one vendor, all or those created since an instant."""
        filters: dict[str, Value] = {"vendorId": vendor_id}
        if created_since is not None:
            filters["createdTime:gte"] = created_since
        return self.all(filters)

    def replace(
        self, credit_id: str, body: Body, *, owned: Collection[str] = (), unless: Unless[VendorCredit] | None = None
    ) -> VendorCredit:
        """Write a credit again, as `Bills.replace` does."""
        return self._replace(credit_id, body, owned, unless)

    def restore(self, record_id: str) -> VendorCredit:
        """Refused: BILL has no such call (bill section 3.5)."""
        name = self._channel.connection.name
        raise Refused(
            f"restore vendor credit {record_id}: {name} cannot restore an archived credit; create a new one",
            connection=name,
        )


def _alone(content: Any) -> Any:
    """The one payment of an answer, also where it stands in a list."""
    if isinstance(content, Mapping) and "id" not in content and isinstance(content.get("payments"), list):
        content = content["payments"]
    return content[0] if isinstance(content, list) and len(content) == 1 else content

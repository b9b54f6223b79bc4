"""`/v3/vendors` (bill section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from connector_resources.bill import keeping
from connector_resources.bill.models import Vendor, VendorBankAccount
from connector_resources.bill.writing import Writable
from connector_resources.errors import NotFound, Unavailable
from connector_resources.http import Call


class Vendors(Writable[Vendor]):
    """Vendors: only `name` can be searched, by equality and by its beginning; there is no PUT."""

    MODEL = Vendor
    PATH = "vendors"
    NOUN = "vendor"
    STARTING = frozenset({"name"})
    BULK = 20
    BULK_KEY = "vendors"
    KEYS = ("name",)
    KEEPING = keeping.VENDORS

    def named(self, names: Iterable[str]) -> dict[str, list[Vendor]]:
        """Each name -> its vendors, archived ones among them; case and blanks make no difference. A call a name."""
        return {
            name: [vendor for vendor in self.all({"name": name}) if _plain(vendor.name or "") == _plain(name)]
            for name in dict.fromkeys(names)
            if name.strip()
        }

    def bank_account(self, vendor_id: str) -> VendorBankAccount | None:
        """Where a vendor is paid, its number masked or not; None where it has no account (204, or no data). One of a
        vendor in BILL's network may not be shown."""
        what = f"read the bank account of vendor {vendor_id}"
        call = Call(method="GET", path=f"{self.path}/{vendor_id}/bank-account", what=what)
        try:
            answer = self._channel.send(call)
        except NotFound as problem:
            if not problem.proof:
                name = self._channel.connection.name
                raise Unavailable(f"{problem}; nothing shows that BILL said so", connection=name) from None
            return None
        if not answer.body.strip():
            return None
        try:
            return VendorBankAccount.model_validate(answer.json())
        except ValidationError:
            # what it holds is nobody's to read
            name = answer.connection
            raise Unavailable(f"{what}: {name} answered with what is no account", connection=name) from None


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())

"""`/v3/vendors` (bill section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from connector_resources.bill.models import Vendor
from connector_resources.bill.writing import Writable


class Vendors(Writable[Vendor]):
    """Vendors: only `name` can be searched, by equality and by its beginning; there is no PUT."""

    MODEL = Vendor
    PATH = "vendors"
    NOUN = "vendor"
    STARTING = frozenset({"name"})
    BULK = 20
    BULK_KEY = "vendors"
    KEYS = ("name",)

    def named(self, names: Iterable[str]) -> dict[str, list[Vendor]]:
        """Each name -> its vendors, archived ones among them; case and blanks make no difference. A call a name."""
        return {
            name: [vendor for vendor in self.all({"name": name}) if _plain(vendor.name or "") == _plain(name)]
            for name in dict.fromkeys(names)
            if name.strip()
        }


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())

"""All vendors of BILL, read once and kept current, so that suppliers can be compared with them (bill sections 3.1 and
9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from connector_assets.pairs.jde_bill.vendors.matching import Known, Sought, same_name, same_number
from connector_assets.pairs.jde_bill.vendors.settings import VendorSettings
from connector_resources.bill import BillClient, Vendor


class VendorIndex:
    """The vendors by marker, tax number and name. The first look pages through all, 100 a call; each further one asks
    for what was updated since."""

    def __init__(self, client: BillClient, settings: VendorSettings) -> None:
        self._vendors = client.vendors
        self._settings = settings
        self._latest: datetime | None = None
        self._held: dict[str, Vendor] = {}
        self._known: dict[str, Known] = {}
        self._by: dict[tuple[str, str], set[str]] = defaultdict(set)

    def refresh(self) -> None:
        """See what is there now."""
        found = self._vendors.all() if self._latest is None else self._vendors.changed_between(self._latest)
        for vendor in found:
            self._put(vendor)

    def get(self, id: str) -> Vendor | None:
        """A vendor by its id."""
        return self._held.get(id)

    def known(self, vendor: Vendor) -> Known:
        """A vendor as it is compared."""
        return self._known[str(vendor.id)]

    def marked(self, key: str) -> list[Vendor]:
        """The vendors whose shortName carries this document key."""
        return self._at("key", key)

    def alike(self, sought: Sought) -> Iterator[Vendor]:
        """The vendors of the supplier's tax number or one of its names, whoever they are linked to."""
        seen: set[str] = set()
        names = {("name", same_name(name)) for name in sought.names if same_name(name)}
        number = same_number(sought.tax_id)
        for place in [*([("tax", number)] if number else []), *sorted(names)]:
            for vendor in self._at(*place):
                if vendor.id not in seen:
                    seen.add(str(vendor.id))
                    yield vendor

    def _at(self, what: str, value: str) -> list[Vendor]:
        return [self._held[id] for id in sorted(self._by.get((what, value), ()))]

    def _put(self, vendor: Vendor) -> None:
        id = str(vendor.id)
        if id in self._held:
            for place in self._places(self._held[id]):
                self._by[place].discard(id)
        self._held[id] = vendor
        self._known[id] = known_of(vendor)
        for place in self._places(vendor):
            self._by[place].add(id)
        if vendor.updated_time is not None:
            self._latest = max(self._latest or vendor.updated_time, vendor.updated_time)

    def _places(self, vendor: Vendor) -> Iterator[tuple[str, str]]:
        info = vendor.additional_info
        places = {
            "key": self._settings.key_in(vendor.short_name),
            "tax": same_number(info.tax_id if info else None),
            "name": same_name(vendor.name),
        }
        yield from ((what, value) for what, value in places.items() if value)


def known_of(vendor: Vendor) -> Known:
    """A vendor as it is compared."""
    info, address = vendor.additional_info, vendor.address
    return Known(
        id=str(vendor.id),
        name=vendor.name or "",
        tax_id=info.tax_id if info else None,
        currency=vendor.bill_currency,
        country=address.country if address else None,
        archived=not vendor.usable,
    )

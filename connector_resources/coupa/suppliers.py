"""`/api/suppliers` and the remit-to addresses under each (coupa section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector_resources.coupa.models import RemitToAddress, Supplier
from connector_resources.coupa.paging import PageEnd
from connector_resources.coupa.resource import Channel, Dated, Resource


class Suppliers(Dated[Supplier]):
    """Suppliers; `number` and `name` are each unique. Inactivated by `status`, never deleted.

    A change of a remit-to address alone does not move `updated_at` (coupa section 3.1).
    """

    MODEL = Supplier
    PATH = "suppliers"
    NOUN = "supplier"
    READ = "core.supplier.read"
    WRITE = "core.supplier.write"
    KEYS = frozenset({"number"})

    def find(self, number: str) -> Supplier | None:
        """The supplier of that ERP number, spelt exactly so."""
        return self._first({"number": number}, number=number)

    def find_by_name(self, name: str) -> Supplier | None:
        """The supplier of that name, spelt exactly so."""
        return self._first({"name": name}, name=name)

    def by_numbers(self, numbers: Sequence[str]) -> dict[str, Supplier]:
        """Number -> supplier, for those that exist; a page of numbers per call."""
        return self._by_name("number", numbers)

    def create(self, body: Mapping[str, Any]) -> Supplier:
        """Create a supplier; without `status` it becomes a `draft`, which no document can use."""
        return self._create(body)

    def update(self, supplier_id: int, body: Mapping[str, Any]) -> Supplier:
        """Change the fields in `body`, and no others."""
        return self._update(supplier_id, body)

    def addresses(self, supplier_id: int) -> RemitToAddresses:
        """The remit-to addresses of one supplier."""
        return RemitToAddresses(self._channel, supplier_id)


class RemitToAddresses(Resource[RemitToAddress]):
    """The remit-to addresses of one supplier; `remit-to-code` is unique."""

    MODEL = RemitToAddress
    PATH = "addresses"
    NOUN = "remit-to address"
    READ = "core.supplier.read"
    WRITE = "core.supplier.write"
    KEYS = frozenset({"remit_to_code"})

    def __init__(self, channel: Channel, supplier_id: int) -> None:
        super().__init__(channel)
        self._supplier_id = supplier_id
        # A supplier has a handful of addresses, and this list has no documented filter to look behind them.
        self._end = PageEnd(channel.connection.page_size, proven=True)

    @property
    def path(self) -> str:
        return f"/api/suppliers/{self._supplier_id}/addresses"

    def find(self, remit_to_code: str) -> RemitToAddress | None:
        """The address of that code. Compared here: the filter of a sub-resource is not documented."""
        return next((address for address in self.all() if address.remit_to_code == remit_to_code), None)

    def create(self, body: Mapping[str, Any]) -> RemitToAddress:
        """Add an address; needs `remit-to-code`, `street1`, `city`, `postal-code` and `country`."""
        return self._create(body)

    def update(self, address_id: int, body: Mapping[str, Any]) -> RemitToAddress:
        """Change the fields in `body`, and no others."""
        return self._update(address_id, body)

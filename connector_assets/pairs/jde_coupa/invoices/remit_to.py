"""The remit-to address of its supplier in Coupa at which the payee of a factored voucher is paid: the mapping
`remit_to`.

Its keys are `SUPPLIER/PAYEE`, address numbers of JD Edwards. Its values are remit-to codes, which are unique and name
an address in a body (coupa sections 3.0, 3.1 and 6). JD Edwards knows nothing of Coupa's addresses, and Coupa nothing
of payees.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from connector_assets.engine.context import RunContext
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.models import Invoice, RemitToAddress

TABLE = "remit_to"


def key_of(supplier: object, payee: object) -> str:
    """The key of the mapping for a supplier and payee of JD Edwards."""
    return f"{supplier}/{payee}"


def remit_to_of(invoice: Invoice) -> str | None:
    """The code of the remit-to address that an invoice is to be paid to, else its id; None where it has none."""
    place = invoice.remit_to_address
    return None if place is None else place.remit_to_code or (str(place.id) if place.id else None)


class RemitTo:
    """The mapping as it is now."""

    def __init__(self, context: RunContext) -> None:
        self.context = context

    @cached_property
    def _table(self) -> Mapping[str, str]:
        return self.context.ledger.mappings.table(self.context.integration.name, TABLE)

    def code(self, supplier: object, payee: object) -> str | None:
        """The remit-to code at which a supplier's payee is paid; None where none is mapped."""
        return self._table.get(key_of(supplier, payee))

    def payee(self, supplier: object, code: str | None) -> str | None:
        """Another party that is paid at an address of the supplier; None if the mapping has none."""
        own = f"{supplier}/"
        found = [key.removeprefix(own) for key, each in self._table.items() if each == code and key.startswith(own)]
        return found[0] if len(found) == 1 and found[0] != str(supplier) else None


def known(context: RunContext, values: Mapping[str, str]) -> set[str]:
    """Those of these keys whose supplier has, in Coupa, an active address of that code."""
    suppliers = {key: f"F0401:{key.partition('/')[0]}" for key in values if key.count("/") == 1}
    links = context.ledger.links.of(f"{context.integration.name}/suppliers", set(suppliers.values()))
    codes: dict[str, Collection[str | None]] = {
        supplier: {each.remit_to_code for each in _addresses(context, link.target_id)}
        for supplier, link in links.items()
    }
    return {key for key, supplier in suppliers.items() if values[key] in codes.get(supplier, ())}


def _addresses(context: RunContext, supplier: str) -> list[RemitToAddress]:
    found = context.client("coupa", CoupaClient).suppliers.addresses(int(supplier)).all()
    return [each for each in found if each.active is not False]

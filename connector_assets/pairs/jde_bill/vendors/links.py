"""Which vendor a JDE supplier's bills go to, by currency: for the flows that make bills and credits.

A vendor of BILL has one currency for all its bills (bill section 3.1). What a supplier's vendor has is known from what
the flow `vendors` last saw of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connector_assets.engine.bank_accounts import changed_of, held_for
from connector_assets.engine.checks import reason
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_bill.vendors.records import ARCHIVED
from connector_assets.pairs.jde_bill.vendors.settings import (
    FLOW,
    ON_HOLD,
    RELEASED,
    VendorSettings,
    parts_of,
    vendor_key,
    vendor_settings,
)
from connector_resources.ledger import Delivery, Link, Problem

NOT_LINKED = "supplier_not_linked"
OTHER_CURRENCY = "currency_not_the_vendors"
NOT_RELEASED = "supplier_not_released"
NOT_PAYABLE = "supplier_not_payable"
# of these a document goes by itself, as soon as what it waits for is there
WAITING = (NOT_LINKED, NOT_RELEASED, NOT_PAYABLE)

# the checks of a mapped column that holds the reason, '' for none
CHECKS = [
    reason(NOT_LINKED, lambda states: states != NOT_LINKED),
    reason(OTHER_CURRENCY, lambda states: states != OTHER_CURRENCY),
    reason(NOT_RELEASED, lambda states: states != NOT_RELEASED),
    reason(NOT_PAYABLE, lambda states: states != NOT_PAYABLE),
]

# address number (F0401.AN8) and currency of a voucher
Wanted = tuple[int, str]


@dataclass(frozen=True, slots=True)
class VendorLink:
    """The vendor of a supplier and currency: `id`, or the `reason` why there is none, or none to be used yet, and what
    to wait for.

    `currency` is what the supplier's vendor has its bills in, where it has one.
    """

    id: str | None = None
    reason: str | None = None
    waits_for: str | None = None
    currency: str | None = None


class VendorLinks:
    """The links of an integration's vendors flow."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.full_name = f"{context.integration.name}/{FLOW}"

    @cached_property
    def settings(self) -> VendorSettings:
        """The settings of the flow `vendors`."""
        return vendor_settings(self.context.integration.settings)

    def of(self, wanted: Collection[Wanted]) -> dict[Wanted, VendorLink]:
        """The vendor, or the reason why there is none, of each of these suppliers and currencies."""
        keys = {key for each in wanted for key in _keys(*each)}
        links = self.context.ledger.links.of(self.full_name, keys)
        known = self.context.ledger.deliveries.load(self.full_name, list(links))
        currencies = {key: bill_currency(link, known.get(key)) for key, link in links.items()}
        archived = {key for key, link in links.items() if _content(link, known.get(key)).get("status") == ARCHIVED}
        return {each: self._one(*each, links, currencies, archived) for each in wanted}

    def suppliers(self, ids: Collection[str]) -> dict[str, int]:
        """Id of a vendor -> the address number of the supplier that it is linked to; others are left out."""
        links = self.context.ledger.links.by_target(self.full_name, "vendors", sorted(ids))
        return {id: parts_of(link.source_key)[0] for id, link in links.items()}

    def accounts_changed(self, number: int, currency: str) -> tuple[Problem, ...]:
        """Why nothing may be paid to a supplier yet: a bank account of its changed, and nobody has confirmed it."""
        return held_for(self.full_name, changed_of(self.context.ledger, self.full_name, _keys(number, currency)))

    def named(self, id: str | None) -> str:
        """A vendor for people: `supplier 4343 (009…)`, where it is linked to one."""
        number = self.suppliers({id}).get(id) if id else None
        return f"supplier {number} ({id})" if number else id or "nobody"

    def _one(
        self,
        number: int,
        currency: str,
        links: Mapping[str, Link],
        currencies: Mapping[str, str | None],
        archived: Collection[str],
    ) -> VendorLink:
        main, second = vendor_key(number), vendor_key(number, currency)
        for key in (main, second):
            if key in links and currencies[key] == currency:
                if key in archived:
                    return VendorLink(links[key].target_id, NOT_PAYABLE, self._wait(key), currency)
                return self._released(number, links[key], currency)
        if main not in links:
            return VendorLink(None, NOT_LINKED, self._wait(main))
        if self.settings.other_currencies == "hold":
            return VendorLink(None, OTHER_CURRENCY, currency=currencies[main])
        return VendorLink(None, NOT_LINKED, self._wait(second), currencies[main])

    def _released(self, number: int, link: Link, currency: str) -> VendorLink:
        """The vendor, whose documents wait as long as it is new and AP has not released it."""
        held = self.settings.new_suppliers == "on_hold" and bool(link.attributes.get(ON_HOLD))
        if not held or str(number) in self._said:
            return VendorLink(link.target_id, currency=currency)
        return VendorLink(link.target_id, NOT_RELEASED, f"{RELEASED}:{number}", currency)

    @cached_property
    def _said(self) -> Collection[str]:
        """The address numbers of the new vendors that AP has released."""
        return self.context.ledger.mappings.table(self.context.integration.name, RELEASED).keys()

    def _wait(self, key: str) -> str:
        return f"link:{self.full_name}:{key}"


def state_of(link: VendorLink, known: Delivery | None) -> str:
    """Why a document cannot go to its vendor; '' where nothing prevents it. An existing document may change:
    what is no longer owed must leave it, whether the vendor is archived or not."""
    content = (known.content if known is not None else None) or {}
    if link.reason == NOT_PAYABLE and content.get("vendor") == link.id and not content.get("void"):
        return ""
    return link.reason or ""


def bill_currency(link: Link, known: Delivery | None) -> str | None:
    """The billCurrency of a linked vendor: as it was last seen, else as it was when the link was made."""
    found = (_content(link, known) or link.attributes).get("bill_currency")
    return str(found) if found else None


def _content(link: Link, known: Delivery | None) -> Mapping[str, Any]:
    """The linked vendor as it was last seen; empty where it never was."""
    return (known.content if known is not None and known.target_id == link.target_id else None) or {}


def _keys(number: int, currency: str) -> set[str]:
    """The documents that are, or may be, the vendor of a supplier and currency."""
    return {vendor_key(number), vendor_key(number, currency)}

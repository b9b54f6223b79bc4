"""The value tables of `jde_coupa`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from connector_assets.documents.jde.value_tables import column
from connector_assets.engine.context import RunContext
from connector_assets.engine.value_tables import RATES, REVERSALS, Values, ValueTable
from connector_assets.pairs.jde_coupa.invoices import remit_to
from connector_resources.coupa.client import CoupaClient


def _codes(entity: str) -> Values:
    def known(context: RunContext, values: Collection[str]) -> set[str]:
        reader = context.reader("coupa")
        reader.land_snapshot(entity)
        return {row["code"] for row in reader.snapshot(entity) if row.get("active") is not False} & set(values)

    return known


def _locations(context: RunContext, values: Collection[str]) -> set[str]:
    """Location codes of addresses to which Coupa can have something sent (coupa section 3.3, `ship-to-address`)."""
    found = context.client("coupa", CoupaClient).addresses.by_location_codes(sorted(values))
    return {code for code, address in found.items() if address.active is not False}


def _destinations(context: RunContext, keys: Collection[str]) -> set[str]:
    """Where an order goes in JD Edwards: an address book number (SHAN), or a business unit (MCU)."""
    units = column("F0006", "MCU")(context, keys)
    numbers = [(int(key),) for key in sorted(set(keys) - units) if key.isascii() and key.isdigit()]
    rows = context.reader("jde").complete("F0101", ["AN8"], numbers) if numbers else []
    return units | {str(row["AN8"]) for row in rows}


def _taxes(context: RunContext, keys: Collection[str]) -> set[str]:
    found: Mapping[str, Any] = context.client("coupa", CoupaClient).tax_codes.by_codes(sorted(keys))
    return set(found)


# TXA1 has ten characters, EXR1 two (jde-ais section 3); an exemption needs no area, and a blank explanation is V
TAX_AREA = re.compile(r"(?=.*[^\s/])[^/]{0,10}(/[^\s/]{0,2})?")
TABLES: Mapping[str, ValueTable] = {
    "payment_terms": ValueTable("an active payment term", known=_codes("payment_terms"), keys=column("F0014", "PTC")),
    "units_of_measure": ValueTable("a unit of measure", known=_codes("uoms")),
    "ship_to": ValueTable("the code of an active location", known=_locations, keys=_destinations),
    "tax_codes": ValueTable(
        "a tax area and an explanation code, AREA/EXPLANATION", keys=_taxes, form=TAX_AREA, source="Coupa"
    ),
    remit_to.TABLE: ValueTable("the code of a remit-to address of the key's supplier", pairs=remit_to.known),
    "exchange_rates": RATES,
    "payment_reversals": REVERSALS,
}

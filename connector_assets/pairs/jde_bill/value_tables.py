"""The value tables of `jde_bill`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from connector_assets.documents.jde.value_tables import column
from connector_assets.engine.context import RunContext
from connector_assets.engine.value_tables import RATES, REVERSALS, ValueTable
from connector_assets.pairs.jde_bill.departments import Departments
from connector_assets.pairs.jde_bill.vendors.flow import Vendors


def _units(context: RunContext, values: Collection[str]) -> set[str]:
    entity, reader = Departments(context).snapshot, context.reader("bill")
    reader.land_snapshot(entity)
    rows = reader.snapshot(entity)
    return {row[by] for row in rows if not row["archived"] for by in ("id", "short_name", "name")} & set(values)


def _vendors(context: RunContext, values: Collection[str]) -> set[str]:
    flow: Any = Vendors(context)
    found = {value for value in values if value == "new"}
    for value in set(values) - found:
        try:
            found |= flow.read([value]).keys() & {value}
        except ValueError:
            continue  # not of the form that ids have there
    return found


DISCOUNTS = ValueTable("`taken` or `part`", form=re.compile(r"\s*(taken|part)\s*", re.IGNORECASE))
TABLES: Mapping[str, ValueTable] = {
    "departments": ValueTable("the name or id of a record", known=_units, keys=column("F0006", "MCU")),
    "countries": ValueTable("an ISO code of two capital letters", form=re.compile("[A-Z]{2}")),
    "vendor_matches": ValueTable("the id of a vendor, or `new`", known=_vendors),
    "released_vendors": ValueTable("`yes`", form=re.compile("yes")),
    "exchange_rates": RATES,
    "payment_reversals": REVERSALS,
    "payment_discounts": DISCOUNTS,
}

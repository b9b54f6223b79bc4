"""The value tables of each kind of integration: what a value of one may be, as far as that can be known.

A value that names a record of the target must exist there; one that is a word or a number must be one. What cannot be
read of a target is taken as it is given: the columns of JD Edwards' tax areas (F4008) are in no sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from connector_assets.documents.jde.keys import text
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_bill.departments import Departments
from connector_assets.pairs.jde_bill.vendors.flow import Vendors
from connector_assets.pairs.jde_coupa.invoices import remit_to
from connector_resources.errors import UnusableInput

Values = Callable[[RunContext, Collection[str]], set[str]]


@dataclass(frozen=True, slots=True)
class ValueTable:
    """`kind` says what a value is. `known` are those of the given values that the target has, `keys` those of the given
    keys that the source has (`source` says which system that is), `pairs` those of the keys whose value exists for
    them, `form` what a value looks like; None where that cannot be asked."""

    kind: str
    known: Values | None = None
    keys: Values | None = None
    form: re.Pattern[str] | None = None
    source: str = "JD Edwards"
    pairs: Callable[[RunContext, Mapping[str, str]], set[str]] | None = None


def _codes(entity: str) -> Values:
    def known(context: RunContext, values: Collection[str]) -> set[str]:
        reader = context.reader("coupa")
        reader.land_snapshot(entity)
        return {row["code"] for row in reader.snapshot(entity) if row.get("active") is not False} & set(values)

    return known


def _column(table: str, column: str) -> Values:
    def known(context: RunContext, values: Collection[str]) -> set[str]:
        reader = context.reader("jde")
        reader.land_snapshot(table)
        return {text(row[column]) or "" for row in reader.snapshot(table)} & set(values)

    return known


def _locations(context: RunContext, values: Collection[str]) -> set[str]:
    """Location codes of addresses to which Coupa can have something sent (coupa section 3.3, `ship-to-address`)."""
    found = context.client("coupa").addresses.by_location_codes(sorted(values))
    return {code for code, address in found.items() if address.active is not False}


def _destinations(context: RunContext, keys: Collection[str]) -> set[str]:
    """Where an order goes in JD Edwards: an address book number (SHAN), or a business unit (MCU)."""
    units = _column("F0006", "MCU")(context, keys)
    numbers = [(int(key),) for key in sorted(set(keys) - units) if key.isascii() and key.isdigit()]
    rows = context.reader("jde").complete("F0101", ["AN8"], numbers) if numbers else []
    return units | {str(row["AN8"]) for row in rows}


def _taxes(context: RunContext, keys: Collection[str]) -> set[str]:
    found: Mapping[str, Any] = context.client("coupa").tax_codes.by_codes(sorted(keys))
    return set(found)


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


# TXA1 has ten characters, EXR1 two (jde-ais section 3); an exemption needs no area, and a blank explanation is V
TAX_AREA = re.compile(r"(?=.*[^\s/])[^/]{0,10}(/[^\s/]{0,2})?")
RATES = ValueTable("a rate above 0", form=re.compile(r"(?=.*[1-9])\d+(\.\d+)?"))
REVERSALS = ValueTable("`reverse` or `post`", form=re.compile(r"\s*(reverse|post)\s*", re.IGNORECASE))
DISCOUNTS = ValueTable("`taken` or `part`", form=re.compile(r"\s*(taken|part)\s*", re.IGNORECASE))
TABLES: Mapping[str, Mapping[str, ValueTable]] = {
    "jde_coupa": {
        "payment_terms": ValueTable(
            "an active payment term", known=_codes("payment_terms"), keys=_column("F0014", "PTC")
        ),
        "units_of_measure": ValueTable("a unit of measure", known=_codes("uoms")),
        "ship_to": ValueTable("the code of an active location", known=_locations, keys=_destinations),
        "tax_codes": ValueTable(
            "a tax area and an explanation code, AREA/EXPLANATION", keys=_taxes, form=TAX_AREA, source="Coupa"
        ),
        remit_to.TABLE: ValueTable("the code of a remit-to address of the key's supplier", pairs=remit_to.known),
        "exchange_rates": RATES,
        "payment_reversals": REVERSALS,
    },
    "jde_bill": {
        "departments": ValueTable("the name or id of a record", known=_units, keys=_column("F0006", "MCU")),
        "countries": ValueTable("an ISO code of two capital letters", form=re.compile("[A-Z]{2}")),
        "vendor_matches": ValueTable("the id of a vendor, or `new`", known=_vendors),
        "released_vendors": ValueTable("`yes`", form=re.compile("yes")),
        "exchange_rates": RATES,
        "payment_reversals": REVERSALS,
        "payment_discounts": DISCOUNTS,
    },
}


def table_of(kind: str, name: str) -> ValueTable:
    """A value table of a kind of integration. Raises UnusableInput naming those that there are."""
    if name not in TABLES[kind]:
        raise UnusableInput(f"there is no table {name!r} in {kind}; there are: {', '.join(sorted(TABLES[kind]))}")
    return TABLES[kind][name]


def check_form(kind: str, values: Mapping[tuple[str, str], str]) -> None:
    """Raise UnusableInput naming the first (table, key) whose table does not exist, or whose value cannot be one."""
    for (name, key), value in values.items():
        table = table_of(kind, name)
        if table.form is not None and not table.form.fullmatch(value):
            raise UnusableInput(f"{name} {key}: {value!r} is not {table.kind}; nothing was written")


def asks(kind: str, names: Collection[str]) -> bool:
    """Whether a system has to be asked for the values of these tables."""
    tables = [TABLES[kind][name] for name in names]
    return any(each.known is not None or each.keys is not None or each.pairs is not None for each in tables)


def check_known(context: RunContext, values: Mapping[tuple[str, str], str]) -> list[str]:
    """Ask both systems: raises UnusableInput naming the values that the target does not have; returns, in words, the
    keys that the source does not have, which may be yet to come."""
    warnings = []
    for name in sorted({name for name, _ in values}):
        table = TABLES[context.integration.kind][name]
        own = {key: value for (of, key), value in values.items() if of == name}
        if table.known is not None or table.pairs is not None:
            known = table.known(context, set(own.values())) if table.known is not None else set(own.values())
            fits = table.pairs(context, own) if table.pairs is not None else own.keys()
            missing = sorted(key for key, value in own.items() if value not in known or key not in fits)
            if missing:
                told = ", ".join(f"{key} to {own[key]!r}" for key in missing[:5])
                more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
                raise UnusableInput(f"{name}: the target has no such value: {told}{more}; nothing was written")
        if table.keys is not None:
            strange = sorted(own.keys() - table.keys(context, own.keys()))
            warnings += [f"{name}: {table.source} has no {key!r}" for key in strange]
    return warnings

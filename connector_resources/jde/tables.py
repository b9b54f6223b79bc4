"""The JD Edwards tables that the flows read (jde-ais section 3.6).

A column is known by its data-dictionary alias, without the table's prefix: `F0411.AN8`, never `RPAN8`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from connector_resources.errors import UnusableInput
from connector_resources.jde.described import ledgers, master, procurement
from connector_resources.jde.shapes import Table

TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (*master.TABLES, *ledgers.TABLES, *procurement.TABLES)}
)


def known_table(name: str) -> Table:
    """A table by name; raises UnusableInput for one that is not described here."""
    if name not in TABLES:
        raise UnusableInput(f"table {name} is not known; known are {', '.join(TABLES)}")
    return TABLES[name]

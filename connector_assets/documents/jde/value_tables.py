"""Values and keys of value tables that are JD Edwards'."""

from __future__ import annotations

from collections.abc import Collection

from connector_assets.documents.jde.keys import text
from connector_assets.engine.context import RunContext
from connector_assets.engine.value_tables import Values


def column(table: str, column: str) -> Values:
    """Those of the given values that stand in a column of a table."""

    def known(context: RunContext, values: Collection[str]) -> set[str]:
        reader = context.reader("jde")
        reader.land_snapshot(table)
        return {text(row[column]) or "" for row in reader.snapshot(table)} & set(values)

    return known

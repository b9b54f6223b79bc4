"""Values of the tables that operators keep, checked against what the pair says about its tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connector_assets.engine.context import RunContext
from connector_assets.engine.value_tables import ValueTable
from connector_assets.pairs.registry import pair_of
from connector_resources.errors import UnusableInput


def table_of(kind: str, name: str) -> ValueTable:
    """A value table of a kind of integration. Raises UnusableInput naming those that there are."""
    tables = pair_of(kind).value_tables()
    if name not in tables:
        raise UnusableInput(f"there is no table {name!r} in {kind}; there are: {', '.join(sorted(tables))}")
    return tables[name]


def check_form(kind: str, values: Mapping[tuple[str, str], str]) -> None:
    """Raise UnusableInput naming the first (table, key) whose table does not exist, or whose value cannot be one."""
    for (name, key), value in values.items():
        table = table_of(kind, name)
        if table.form is not None and not table.form.fullmatch(value):
            raise UnusableInput(f"{name} {key}: {value!r} is not {table.kind}; nothing was written")


def asks(kind: str, names: Collection[str]) -> bool:
    """Whether a system has to be asked for the values of these tables."""
    tables = [table_of(kind, name) for name in names]
    return any(each.known is not None or each.keys is not None or each.pairs is not None for each in tables)


def check_known(context: RunContext, values: Mapping[tuple[str, str], str]) -> list[str]:
    """Ask both systems: raises UnusableInput naming the values that the target does not have; returns, in words, the
    keys that the source does not have, which may be yet to come."""
    warnings = []
    for name in sorted({name for name, _ in values}):
        table = table_of(context.integration.kind, name)
        own = {key: value for (of, key), value in values.items() if of == name}
        if table.known is not None or table.pairs is not None:
            known = table.known(context, set(own.values())) if table.known is not None else set(own.values())
            fits = table.pairs(context, own) if table.pairs is not None else own.keys()
            missing = sorted(key for key, value in own.items() if value not in known or key not in fits)
            if missing:
                pairs_shown = ", ".join(f"{key} to {own[key]!r}" for key in missing[:5])
                more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
                raise UnusableInput(f"{name}: the target has no such value: {pairs_shown}{more}; nothing was written")
        if table.keys is not None:
            strange = sorted(own.keys() - table.keys(context, own.keys()))
            warnings += [f"{name}: {table.source} has no {key!r}" for key in strange]
    return warnings

"""Names of suppliers for a target that requires unique names, which JDE does not.

The supplier that bears the name in the target by our link keeps it, else the lowest payable address number of that
name. The others are named by a template of the site.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector_assets.documents.jde.keys import supplier_key
from connector_resources.ledger import Ledger


def bearers_in_target(ledger: Ledger, flow: str) -> dict[str, str]:
    """Name in the target, without case -> the document that bears it, as far as we know."""
    labels = {link.source_key: link.target_label for link in ledger.links.all(flow=flow)}
    known = ledger.deliveries.load(flow, list(labels))
    bearers = {}
    for key, label in labels.items():
        agreed = known[key].content if key in known else None
        name = agreed["name"] if agreed else label
        if name:
            bearers[str(name).casefold()] = key
    return bearers


def unique_names(rows: Sequence[Mapping[str, Any]], bearers: Mapping[str, str], template: str) -> list[str | None]:
    """The name of each mapped supplier row (see `suppliers/reading.py`) in the target; None where it has none. The
    template holds `{name}` and `{number}`."""
    firsts: dict[str, int] = {}
    for row in rows:
        if row["payable"] and row["alph"]:
            fold = row["alph"].casefold()
            firsts[fold] = min(firsts.get(fold, row["first_of_name"]), row["first_of_name"])
    return [_name(row["alph"], row["number"], bearers, firsts, template) if row["alph"] else None for row in rows]


def _name(name: str, number: int, bearers: Mapping[str, str], firsts: Mapping[str, int], template: str) -> str:
    bearer = bearers.get(name.casefold())
    plain = bearer == supplier_key(number) if bearer else firsts.get(name.casefold(), number) == number
    return name if plain else template.format(name=name, number=number)

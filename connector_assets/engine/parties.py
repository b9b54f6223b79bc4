"""The supplier of each document, as a person who reads an exception knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector_assets.engine.flow import Flow
from connector_assets.engine.references import reference_of

# the columns of a mapped row in which a document's own number may be, the one that a supplier knows first
LABELS = ("vinv", "full_number", "invoice_number", "number")


@dataclass(frozen=True, slots=True)
class Party:
    """A supplier: its name, else its number; and its number where that is known."""

    name: str
    number: str | None = None


def label_of(row: Mapping[str, Any]) -> str | None:
    """The number by which a person knows the document of a mapped row; None where it has none."""
    return next((str(row[name]) for name in LABELS if row.get(name)), None)


def parties(flow: Flow, rows: Sequence[Mapping[str, Any]]) -> dict[str, Party]:
    """Document key -> its supplier, of the mapped rows that name it: by the name in the target where it is linked, else
    by the name that the flow of suppliers has read, else by its number."""
    shown = {row["key"]: str(row[flow.party_column]) for row in rows if row.get(flow.party_column)}
    if not (shown and flow.parties_of):
        return {key: Party(name) for key, name in shown.items()}
    ledger, suppliers = flow.context.ledger, f"{flow.context.integration.name}/{flow.parties_of}"
    numbers = {f"{flow.party_entity}:{each}" for each in shown.values()}
    links = ledger.links.of(suppliers, numbers)
    names = {key: link.target_label for key, link in links.items() if not reference_of(link.target_label)}
    unnamed = [key for key in numbers if not names.get(key)]
    # one that is held or left alone is not linked, but was read
    names |= {key: each.party for key, each in ledger.deliveries.load(suppliers, unnamed).items() if each.party}
    return {key: Party(names.get(f"{flow.party_entity}:{number}") or number, number) for key, number in shown.items()}

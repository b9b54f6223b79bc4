"""Whose documents they are: the supplier of each, as a person who reads an exception knows him."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector_assets.delivery.flow import Flow

SUPPLIER = "F0401:"


def parties(flow: Flow, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Document key -> the name of its supplier, of the mapped rows that say him: the name in the target where he is
    linked, else his number."""
    told = {row["key"]: str(row[flow.party_column]) for row in rows if row.get(flow.party_column)}
    if not (told and flow.parties_of):
        return told
    numbers = {f"{SUPPLIER}{each}" for each in told.values()}
    links = flow.bench.ledger.links.of(f"{flow.bench.integration.name}/{flow.parties_of}", numbers)
    labels = {key: link.target_label for key, link in links.items()}
    return {key: labels.get(f"{SUPPLIER}{number}") or number for key, number in told.items()}

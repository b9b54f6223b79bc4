"""Where an invoice was born, as JD Edwards shows it, and who pays it.

A voucher of an invoice that was born in Coupa carries a mark in a column of its pay items (F0411.VR01, or URRF): the
prefix, the invoice's id in Coupa and the revision of the voucher, `CPA-1538-1`. Which column, which prefix and who pays
are settings of the flow `approved_invoices`, which writes the mark.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.delivery.flow import read_settings
from connector_assets.delivery.workbench import Reader
from connector_assets.integrations.from_jde.keys import Row, by, text
from connector_resources.connections import IntegrationSettings

BIRTH_FLOW = "approved_invoices"
PAYMENT_FLOWS = {"jde": "payments_to_coupa", "coupa": "payments_to_jde"}
# revisions are asked for so many at a time: nearly every voucher is the first of its invoice
AT_A_TIME = 5
# a revision among the last of these that were asked for, and there may be more
LAST = 3


class OriginRules(BaseModel):
    """What those who read the mark need of the settings of `approved_invoices`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mark_column: Literal["VR01", "URRF"] = Field(default="VR01", description="column of F0411 that carries the mark")
    mark_prefix: str = Field(default="CPA-", min_length=1, description="what a mark begins with")
    payer: Literal["jde", "coupa"] = Field(default="jde", description="which system pays")

    def mark(self, invoice: str, revision: int) -> str:
        """The mark of one revision of an invoice."""
        return f"{self.mark_prefix}{invoice}-{revision}"

    def read(self, mark: str | None) -> tuple[str, int] | None:
        """The invoice's id and the revision of a mark; None for anything else that people write there."""
        found = re.fullmatch(rf"{re.escape(self.mark_prefix)}(\d+)-(\d+)", mark or "", re.ASCII)
        return (found[1], int(found[2])) if found else None

    def invoice_of(self, row: Row) -> str | None:
        """The id of the Coupa invoice that a row of F0411 was made of; None where it was not."""
        found = self.read(text(row.get(self.mark_column)))
        return found[0] if found else None


def origin_rules(integration: IntegrationSettings) -> OriginRules:
    """The rules of an integration. Raises UnusableInput naming the setting that cannot be used."""
    rules = read_settings(OriginRules, integration, BIRTH_FLOW)
    assert isinstance(rules, OriginRules)
    return rules


def payer_problem(integration: IntegrationSettings, payer: Literal["jde", "coupa"]) -> str:
    """Why the flow that tells the payments of `payer` must not run, in words; '' where nothing speaks against it.

    Where `approved_invoices` is off nobody has said who pays: the payment flow that is on says it by being on.
    """
    named = integration.flows
    if BIRTH_FLOW in named and origin_rules(integration).payer != payer:
        return f"{BIRTH_FLOW} has payer {origin_rules(integration).payer}"
    other = next(flow for who, flow in PAYMENT_FLOWS.items() if who != payer)
    return f"{other} is on too, and an invoice is paid by one system" if other in named else ""


def marked(reader: Reader, rules: OriginRules, invoices: Collection[str]) -> dict[str, list[list[Row]]]:
    """Invoice id -> the vouchers made of it, of each its pay items (F0411), read by their marks."""
    found: dict[str, list[Row]] = {invoice: [] for invoice in invoices}
    asked, start = list(found), 0
    while asked:
        marks = [(rules.mark(invoice, revision),) for invoice in asked for revision in range(start, start + AT_A_TIME)]
        rows = reader.complete("F0411", [rules.mark_column], marks)
        start += AT_A_TIME
        more = dict.fromkeys(invoice for invoice, revision in _read(rows, rules, found) if revision >= start - LAST)
        asked = list(more)
    return {invoice: _vouchers(rows) for invoice, rows in found.items()}


def _read(rows: Sequence[Row], rules: OriginRules, into: dict[str, list[Row]]) -> Iterator[tuple[str, int]]:
    for row in rows:
        told = rules.read(text(row.get(rules.mark_column)))
        if told is not None and told[0] in into:
            into[told[0]].append(row)
            yield told


def _vouchers(rows: Sequence[Row]) -> list[list[Row]]:
    vouchers = by(rows, "KCO", "DCT", "DOC")
    return [vouchers[key] for key in sorted(vouchers)]


def is_void(items: Sequence[Row]) -> bool:
    """Whether all pay items of a voucher are void (VOD)."""
    return all(text(row.get("VOD")) == "V" for row in items)

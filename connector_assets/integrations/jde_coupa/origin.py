"""The vouchers of invoices that were born in Coupa, by their marks, and which system pays them.

How a voucher is marked (see `birthplace`) and who pays are settings of the flow `approved_invoices`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.delivery.flow import read_settings
from connector_assets.delivery.workbench import Reader
from connector_assets.integrations.from_jde.keys import Row, by
from connector_assets.integrations.jde_coupa.birthplace import MarkRules
from connector_resources.connections import IntegrationSettings

BIRTH_FLOW = "approved_invoices"
PAYMENT_FLOWS = {"jde": "payments_to_coupa", "coupa": "payments_to_jde"}
NUMBER_BASE, HIGHEST_NUMBER = 90_000_000, 99_999_999  # DOCM has eight digits
# revisions are asked for so many at a time: nearly every voucher is the first of its invoice
AT_A_TIME = 5
# a revision among the last of these that were asked for, and there may be more
LAST = 3


class OriginRules(MarkRules):
    """What the payment flows need of the settings of `approved_invoices`: the mark, and who pays."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payer: Literal["jde", "coupa"] = Field(default="jde", description="which system pays")


def origin_rules(integration: IntegrationSettings) -> OriginRules:
    """The rules of an integration. Raises UnusableInput naming the setting that cannot be used."""
    rules = read_settings(OriginRules, integration, BIRTH_FLOW)
    assert isinstance(rules, OriginRules)
    return rules


def booked_numbers(integration: IntegrationSettings) -> range:
    """The payment numbers (F0413.DOCM) that the flow `payments_to_jde` gives; none where it is off."""
    flow = PAYMENT_FLOWS["coupa"]
    if flow not in integration.flows:
        return range(0)
    base = int(integration.flows[flow].get("payment_number_base", NUMBER_BASE))
    return range(base + 1, HIGHEST_NUMBER + 1)


def payer_problem(integration: IntegrationSettings, payer: Literal["jde", "coupa"]) -> str:
    """Why the flow that tells the payments of `payer` must not run, in words; '' where nothing speaks against it.

    Where `approved_invoices` is off nobody has said who pays: the payment flow that is on says it by being on.
    """
    named = integration.flows
    if BIRTH_FLOW in named and origin_rules(integration).payer != payer:
        return f"{BIRTH_FLOW} has payer {origin_rules(integration).payer}"
    other = next(flow for who, flow in PAYMENT_FLOWS.items() if who != payer)
    return f"{other} is on too, and an invoice is paid by one system" if other in named else ""


def marked(reader: Reader, rules: MarkRules, invoices: Collection[int]) -> dict[int, list[list[Row]]]:
    """Invoice id -> the vouchers made of it, of each its pay items (F0411), read by their marks."""
    found: dict[int, list[Row]] = {invoice: [] for invoice in invoices}
    asked, start = list(found), 1
    while asked:
        marks = [(rules.mark(invoice, revision),) for invoice in asked for revision in range(start, start + AT_A_TIME)]
        rows = reader.complete("F0411", [rules.mark_column], marks)
        start += AT_A_TIME
        more = dict.fromkeys(invoice for invoice, revision in _read(rows, rules, found) if revision >= start - LAST)
        asked = list(more)
    return {invoice: _vouchers(rows) for invoice, rows in found.items()}


def _read(rows: Sequence[Row], rules: MarkRules, into: dict[int, list[Row]]) -> Iterator[tuple[int, int]]:
    for row in rows:
        told = rules.of_row(row)
        if told is not None and told[0] in into:
            into[told[0]].append(row)
            yield told


def _vouchers(rows: Sequence[Row]) -> list[list[Row]]:
    vouchers = by(rows, "KCO", "DCT", "DOC")
    return [vouchers[key] for key in sorted(vouchers)]

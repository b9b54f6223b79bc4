"""How the vouchers of invoices that originate in Coupa are marked, and which system pays them: settings of the flow
`approved_invoices` (see `origin`)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.voucher_entry.identity import origins_of
from connector_assets.documents.jde.voucher_entry.origins import Origins
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import read_settings
from connector_assets.pairs.jde_coupa.origin import MarkRules
from connector_resources.connections import IntegrationSettings

ORIGIN_FLOW = "approved_invoices"
PAYMENT_FLOWS = {"jde": "payments_to_coupa", "coupa": "payments_to_jde"}
UNDONE_STATUSES = ("cancelled", "canceled")
SETTLED_STATUSES, UNCLEAR_STATUSES = ("completed_successfully",), ("completed_with_errors",)
NUMBER_BASE, HIGHEST_NUMBER = 90_000_000, 99_999_999  # DOCM has eight digits


class HandedOver(BaseModel):
    """Of the settings of `invoices`: the pay status of vouchers that are handed over to Coupa Pay."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    handed_over_status: str | None = None


class PayStatuses(BaseModel):
    """Of the settings of `payments_to_jde`: the statuses of a payment of Coupa Pay that is over, or was taken back."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    statuses: tuple[str, ...] = SETTLED_STATUSES
    undone_statuses: tuple[str, ...] = UNDONE_STATUSES
    unclear_statuses: tuple[str, ...] = UNCLEAR_STATUSES


class OriginRules(MarkRules):
    """What the payment flows need of the settings of `approved_invoices`: the mark, and who pays."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payer: Literal["jde", "coupa"] = Field(default="jde", description="which system pays")
    unpayable_status: str = "H"


def origin_rules(integration: IntegrationSettings) -> OriginRules:
    """The rules of an integration. Raises UnusableInput naming the setting that cannot be used."""
    rules = read_settings(OriginRules, integration, ORIGIN_FLOW)
    assert isinstance(rules, OriginRules)
    return rules


def origins(context: RunContext) -> Origins:
    """Which vouchers of JD Edwards originate in Coupa."""
    integration = context.integration
    return origins_of(context, f"{integration.name}/{ORIGIN_FLOW}", "invoices", origin_rules(integration.settings))


def booked_numbers(integration: IntegrationSettings) -> range:
    """The payment numbers (F0413.DOCM) that the flow `payments_to_jde` may give, from that of Coupa's first payment
    detail on; none where it is off. That a payment has such a number proves nothing, see `paid.own`."""
    flow = PAYMENT_FLOWS["coupa"]
    if flow not in integration.flows:
        return range(0)
    base = int(integration.flows[flow].get("payment_number_base", NUMBER_BASE))
    return range(base + 1, HIGHEST_NUMBER + 1)


def coupa_pays(integration: IntegrationSettings) -> bool:
    """Whether Coupa Pay's payments are booked in JD Edwards: then it may pay whatever Coupa holds as payable."""
    return PAYMENT_FLOWS["coupa"] in integration.flows


def return_status(integration: IntegrationSettings, *, originates_in_coupa: bool) -> str | None:
    """The pay status that a voucher goes back to when a payment of Coupa Pay is taken back; None where it need not be
    said, since nothing is handed over by its status."""
    if originates_in_coupa:
        return origin_rules(integration).unpayable_status
    handed = read_settings(HandedOver, integration, "invoices")
    assert isinstance(handed, HandedOver)
    return handed.handed_over_status


def payer_problem(integration: IntegrationSettings, payer: Literal["jde", "coupa"]) -> str:
    """Why the flow that tells the payments of `payer` must not run, in words; '' where nothing speaks against it.

    Where `approved_invoices` is off nobody has said who pays: the payment flow that is on says it by being on.
    """
    named = integration.flows
    if ORIGIN_FLOW in named and origin_rules(integration).payer != payer:
        return f"{ORIGIN_FLOW} has payer {origin_rules(integration).payer}"
    other = next(flow for who, flow in PAYMENT_FLOWS.items() if who != payer)
    return f"{other} is on too, and an invoice is paid by one system" if other in named else ""

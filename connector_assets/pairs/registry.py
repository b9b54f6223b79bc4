"""Which integrations exist, and the flows of each in the order in which they need each other's links."""

from __future__ import annotations

from collections.abc import Mapping

from connector_assets.documents.jde.voucher_entry.number_ranges import check_ranges
from connector_assets.engine.approval import read_approval
from connector_assets.engine.flow import Flow, read_settings
from connector_assets.orchestration.cadence import flow_schedule
from connector_assets.pairs import jde_bill, jde_coupa
from connector_resources.connections import IntegrationSettings, Settings
from connector_resources.errors import UnusableInput

KINDS: Mapping[str, tuple[type[Flow], ...]] = {"jde_coupa": jde_coupa.FLOWS, "jde_bill": jde_bill.FLOWS}


def flows_on(integration: IntegrationSettings) -> tuple[type[Flow], ...]:
    """The flows of an integration in their order: those of its kind, less the optional ones that it does not name."""
    return tuple(flow for flow in KINDS[integration.kind] if not flow.optional or flow.name in integration.flows)


def flow_class(kind: str, name: str) -> type[Flow]:
    """The class of a flow. Raises UnusableInput naming the flows that there are."""
    flows = {flow.name: flow for flow in KINDS[kind]}
    if name not in flows:
        raise UnusableInput(f"no flow {name!r} in {kind}; there are: {', '.join(flows)}")
    return flows[name]


def check_flows(integration: IntegrationSettings) -> None:
    """Raise UnusableInput naming the first setting of a flow that cannot be used; nothing is opened for it."""
    for name in integration.flows:
        try:
            flow_class(integration.kind, name)
        except UnusableInput as error:
            raise UnusableInput(f"connections.yaml: integrations.{integration.name}.flows: {error}") from None
    for flow in flows_on(integration):
        read_settings(flow.Settings, integration, flow.name)
        read_approval(integration, flow.name, carries_money=flow.carries_money)
        flow_schedule(integration, flow.name)


def check_numbers(settings: Settings, integration: IntegrationSettings) -> None:
    """Raise UnusableInput where a flow of an integration gives document numbers that another flow of the home gives."""
    flows = ((each, flow) for each in settings.integrations.values() for flow in flows_on(each))
    check_ranges(settings, integration.name, flows)

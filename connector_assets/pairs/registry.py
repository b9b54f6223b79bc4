"""The pairs of systems, and the flows of each in the order in which they need each other's links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from connector_assets.documents.jde.voucher_entry.number_ranges import check_ranges
from connector_assets.documents.three_way_match import Comparison
from connector_assets.engine.approval import read_approval
from connector_assets.engine.flow import Flow, read_settings
from connector_assets.engine.schedule import flow_schedule
from connector_assets.pairs.pair import Pair
from connector_resources import catalogue
from connector_resources.connections import IntegrationSettings, Settings
from connector_resources.errors import UnusableInput


def pairs() -> Mapping[str, Pair]:
    """Every pair by name."""
    return cast(Mapping[str, Pair], catalogue.pairs())


def pair_of(kind: str) -> Pair:
    """The pair of an integration's kind."""
    return pairs()[kind]


def all_flows() -> dict[str, tuple[type[Flow], ...]]:
    """Pair -> its flows in their order."""
    return {name: pair.flows() for name, pair in pairs().items()}


def flows_on(integration: IntegrationSettings) -> tuple[type[Flow], ...]:
    """The flows of an integration in their order: those of its kind, less the optional ones that it does not name."""
    return tuple(
        flow for flow in pair_of(integration.kind).flows() if not flow.optional or flow.name in integration.flows
    )


def comparison_of(integration: IntegrationSettings) -> type[Comparison] | None:
    """The three-way match of an integration; None where it has none."""
    return pair_of(integration.kind).comparison(integration)


def flow_class(kind: str, name: str) -> type[Flow]:
    """The class of a flow. Raises UnusableInput naming the flows that there are."""
    flows = {flow.name: flow for flow in pair_of(kind).flows()}
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

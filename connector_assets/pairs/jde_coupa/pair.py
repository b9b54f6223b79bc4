"""JD Edwards with Coupa, as everything that lists pairs knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from connector_assets.pairs.pair import Pair

if TYPE_CHECKING:
    from connector_assets.documents.three_way_match import Comparison
    from connector_assets.engine.flow import Flow
    from connector_assets.engine.value_tables import ValueTable
    from connector_assets.pairs.people import People
    from connector_resources.connections import IntegrationSettings


class JdeCoupa(Pair):
    """JD Edwards with Coupa."""

    name = "jde_coupa"
    title = "JD Edwards with Coupa"
    roles: ClassVar[Mapping[str, str]] = {"jde": "jde", "coupa": "coupa"}
    drill = "drill_coupa"

    def flows(self) -> tuple[type[Flow], ...]:
        from connector_assets.pairs.jde_coupa.accounts.flow import Accounts
        from connector_assets.pairs.jde_coupa.approvals import Approvals
        from connector_assets.pairs.jde_coupa.approved_invoices.flow import ApprovedInvoices
        from connector_assets.pairs.jde_coupa.invoices.flow import Invoices
        from connector_assets.pairs.jde_coupa.payments_to_coupa.flow import PaymentsToCoupa
        from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde
        from connector_assets.pairs.jde_coupa.purchase_orders.flow import PurchaseOrders
        from connector_assets.pairs.jde_coupa.suppliers.flow import Suppliers

        return (
            Suppliers,
            Accounts,
            PurchaseOrders,
            Invoices,
            ApprovedInvoices,
            PaymentsToCoupa,
            PaymentsToJde,
            Approvals,
        )

    def value_tables(self) -> Mapping[str, ValueTable]:
        from connector_assets.pairs.jde_coupa.value_tables import TABLES

        return TABLES

    def people(self) -> type[People]:
        from connector_assets.pairs.jde_coupa.demo import CoupaPeople

        return CoupaPeople

    def comparison(self, integration: IntegrationSettings) -> type[Comparison] | None:
        """Orders, receipts, invoices and vouchers, where a flow is on that brings orders or invoices."""
        from connector_assets.pairs.jde_coupa.three_way_match.reading import ThreeWayMatch

        return ThreeWayMatch if ThreeWayMatch.needs & integration.flows.keys() else None


PAIR = JdeCoupa()

"""JD Edwards with BILL, as everything that lists pairs knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from connector_assets.pairs.pair import Pair

if TYPE_CHECKING:
    from connector_assets.engine.flow import Flow
    from connector_assets.engine.value_tables import ValueTable
    from connector_assets.pairs.people import People


class JdeBill(Pair):
    """JD Edwards with BILL."""

    name = "jde_bill"
    title = "JD Edwards with BILL"
    roles: ClassVar[Mapping[str, str]] = {"jde": "jde", "bill": "bill"}
    drill = "drill_bill"

    def flows(self) -> tuple[type[Flow], ...]:
        from connector_assets.pairs.jde_bill.approved_bills.flow import ApprovedBills
        from connector_assets.pairs.jde_bill.bills.flow import Bills
        from connector_assets.pairs.jde_bill.chart_of_accounts import ChartOfAccounts
        from connector_assets.pairs.jde_bill.departments import Departments
        from connector_assets.pairs.jde_bill.payments.flow import Payments
        from connector_assets.pairs.jde_bill.purchase_order_bills.flow import PurchaseOrderBills
        from connector_assets.pairs.jde_bill.vendor_credits.flow import VendorCredits
        from connector_assets.pairs.jde_bill.vendors.flow import Vendors

        return (
            ChartOfAccounts,
            Departments,
            Vendors,
            PurchaseOrderBills,
            Bills,
            VendorCredits,
            ApprovedBills,
            Payments,
        )

    def value_tables(self) -> Mapping[str, ValueTable]:
        from connector_assets.pairs.jde_bill.value_tables import TABLES

        return TABLES

    def people(self) -> type[People]:
        from connector_assets.pairs.jde_bill.demo import BillPeople

        return BillPeople


PAIR = JdeBill()

"""JD Edwards with BILL: accounts, business units, vendors and payables out of JDE, approved bills and payments back."""

from __future__ import annotations

from connector_assets.delivery.flow import Flow
from connector_assets.integrations.jde_bill.approved_bills import ApprovedBills
from connector_assets.integrations.jde_bill.bills import Bills
from connector_assets.integrations.jde_bill.chart_of_accounts import ChartOfAccounts
from connector_assets.integrations.jde_bill.departments import Departments
from connector_assets.integrations.jde_bill.payments import Payments
from connector_assets.integrations.jde_bill.purchase_order_bills import PurchaseOrderBills
from connector_assets.integrations.jde_bill.vendor_credits import VendorCredits
from connector_assets.integrations.jde_bill.vendors import Vendors

# in the order in which they need each other's links
FLOWS: tuple[type[Flow], ...] = (
    ChartOfAccounts,
    Departments,
    Vendors,
    PurchaseOrderBills,
    Bills,
    VendorCredits,
    ApprovedBills,
    Payments,
)

"""JD Edwards with BILL: accounts, business units, vendors and payables out of JDE, approved bills and payments back."""

from __future__ import annotations

from connector_assets.engine.flow import Flow
from connector_assets.pairs.jde_bill.approved_bills.flow import ApprovedBills
from connector_assets.pairs.jde_bill.bills.flow import Bills
from connector_assets.pairs.jde_bill.chart_of_accounts import ChartOfAccounts
from connector_assets.pairs.jde_bill.departments import Departments
from connector_assets.pairs.jde_bill.payments.flow import Payments
from connector_assets.pairs.jde_bill.purchase_order_bills.flow import PurchaseOrderBills
from connector_assets.pairs.jde_bill.vendor_credits.flow import VendorCredits
from connector_assets.pairs.jde_bill.vendors.flow import Vendors

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

"""JD Edwards with Coupa: suppliers, accounts, orders and vouchers out of JDE, approved invoices back, payments both
ways."""

from __future__ import annotations

from connector_assets.delivery.flow import Flow
from connector_assets.integrations.jde_coupa.accounts import Accounts
from connector_assets.integrations.jde_coupa.approvals import Approvals
from connector_assets.integrations.jde_coupa.approved_invoices import ApprovedInvoices
from connector_assets.integrations.jde_coupa.invoices import Invoices
from connector_assets.integrations.jde_coupa.payments_to_coupa import PaymentsToCoupa
from connector_assets.integrations.jde_coupa.payments_to_jde import PaymentsToJde
from connector_assets.integrations.jde_coupa.purchase_orders import PurchaseOrders
from connector_assets.integrations.jde_coupa.suppliers import Suppliers

# in the order in which they need each other's links
FLOWS: tuple[type[Flow], ...] = (
    Suppliers,
    Accounts,
    PurchaseOrders,
    Invoices,
    ApprovedInvoices,
    PaymentsToCoupa,
    PaymentsToJde,
    Approvals,
)

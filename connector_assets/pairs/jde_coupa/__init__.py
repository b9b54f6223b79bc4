"""JD Edwards with Coupa: suppliers, accounts, orders and vouchers out of JDE, approved invoices back, payments both
ways."""

from __future__ import annotations

from connector_assets.engine.flow import Flow
from connector_assets.pairs.jde_coupa.accounts.flow import Accounts
from connector_assets.pairs.jde_coupa.approvals import Approvals
from connector_assets.pairs.jde_coupa.approved_invoices.flow import ApprovedInvoices
from connector_assets.pairs.jde_coupa.invoices.flow import Invoices
from connector_assets.pairs.jde_coupa.payments_to_coupa.flow import PaymentsToCoupa
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde
from connector_assets.pairs.jde_coupa.purchase_orders.flow import PurchaseOrders
from connector_assets.pairs.jde_coupa.suppliers.flow import Suppliers

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

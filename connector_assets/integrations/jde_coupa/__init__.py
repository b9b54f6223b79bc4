"""JD Edwards with Coupa: suppliers, the chart of accounts and vouchers out of JDE, approved invoices back into it."""

from __future__ import annotations

from connector_assets.delivery.flow import Flow
from connector_assets.integrations.jde_coupa.accounts import Accounts
from connector_assets.integrations.jde_coupa.approved_invoices import ApprovedInvoices
from connector_assets.integrations.jde_coupa.invoices import Invoices
from connector_assets.integrations.jde_coupa.suppliers import Suppliers

# in the order in which they need each other's links
FLOWS: tuple[type[Flow], ...] = (Suppliers, Accounts, Invoices, ApprovedInvoices)

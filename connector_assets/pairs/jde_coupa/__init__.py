"""JD Edwards with Coupa: suppliers, accounts, orders and vouchers out of JDE, approved invoices back, payments both
ways."""

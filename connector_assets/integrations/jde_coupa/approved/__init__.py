"""Invoices that were born in Coupa as vouchers of JD Edwards: what the flow's module is made of."""

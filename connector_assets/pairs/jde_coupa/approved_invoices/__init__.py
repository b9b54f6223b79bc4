"""`jde_coupa/approved_invoices`: invoices that originate in Coupa as vouchers of JD Edwards."""

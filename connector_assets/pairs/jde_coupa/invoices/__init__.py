"""`jde_coupa/invoices`: vouchers of JD Edwards as invoices or external payables of Coupa."""

"""`jde_coupa/payments_to_coupa`: what JD Edwards paid, recorded on the invoices of Coupa."""

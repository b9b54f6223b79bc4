"""`jde_bill/approved_bills`: bills that originate in BILL as vouchers of JD Edwards."""

"""`jde_bill/payments`: what BILL paid, posted in JD Edwards on the pay items."""

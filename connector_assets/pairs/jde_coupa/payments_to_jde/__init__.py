"""`jde_coupa/payments_to_jde`: what Coupa Pay paid, booked in JD Edwards on the vouchers."""

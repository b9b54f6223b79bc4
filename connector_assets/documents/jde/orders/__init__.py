"""Purchase orders of JD Edwards, and the vouchers that name them."""

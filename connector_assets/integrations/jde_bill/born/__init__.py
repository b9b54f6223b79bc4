"""Bills that were born in BILL as vouchers of JD Edwards: what the flow's module is made of."""

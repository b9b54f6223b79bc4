"""Documents that were born in the other system as vouchers of JD Edwards: marked, entered, voided, made anew."""

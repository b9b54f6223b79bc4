"""Documents that originate in the other system as vouchers of JD Edwards: marked, entered, voided, entered again."""

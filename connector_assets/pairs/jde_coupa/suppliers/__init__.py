"""`jde_coupa/suppliers`: suppliers of JD Edwards in Coupa."""

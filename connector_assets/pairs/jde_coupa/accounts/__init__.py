"""`jde_coupa/accounts`: the chart of accounts of JD Edwards in Coupa."""

"""`jde_bill/vendor_credits`: negative pay items of JD Edwards as vendor credits of BILL."""

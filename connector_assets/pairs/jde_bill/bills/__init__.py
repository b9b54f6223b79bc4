"""`jde_bill/bills`: approved pay items of JD Edwards as bills of BILL."""

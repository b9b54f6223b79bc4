"""`jde_bill/purchase_order_bills`: approved purchase orders of JD Edwards as bills of BILL."""

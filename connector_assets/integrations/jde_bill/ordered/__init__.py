"""What the flow `purchase_order_bills` is made of: purchase orders of JD Edwards as bills of BILL."""

"""`jde_coupa/purchase_orders`: purchase orders of JD Edwards as external orders of Coupa."""

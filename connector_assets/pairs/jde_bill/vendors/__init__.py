"""`jde_bill/vendors`: suppliers of JD Edwards as vendors of BILL."""

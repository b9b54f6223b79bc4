"""JD Edwards and BILL."""

"""JD Edwards with BILL: accounts, business units, vendors and payables out of JDE, approved bills and payments back."""

"""What the flows `bills` and `vendor_credits` are made of: pay items of JD Edwards as payables of BILL."""

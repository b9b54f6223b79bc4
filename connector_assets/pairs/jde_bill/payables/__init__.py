"""What the flows `bills` and `vendor_credits` share: pay items of JD Edwards as payables of BILL."""

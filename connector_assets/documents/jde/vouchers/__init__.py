"""Vouchers of JD Edwards as they are read: pay items, distribution, tax, posting, and their hand-over."""

"""What the flow `vendors` is made of: its settings, how vendors are matched, and how BILL holds them."""

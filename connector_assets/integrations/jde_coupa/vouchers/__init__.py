"""What the flow of vouchers to Coupa is made of."""

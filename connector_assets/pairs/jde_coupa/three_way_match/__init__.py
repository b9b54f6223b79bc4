"""Orders, receipts, invoices and vouchers of both systems beside each other, and where they do not agree."""

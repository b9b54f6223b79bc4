"""Orders, receipts, invoices and vouchers of both systems compared, and where they do not agree."""

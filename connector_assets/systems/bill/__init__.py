"""BILL: its documents and lists of classifications as sources."""

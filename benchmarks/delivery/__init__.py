"""Side by side: the same invoices, the same Coupa, the same faults, delivered by ml-connector and by its peers."""

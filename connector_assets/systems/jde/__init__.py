"""JD Edwards: its F-tables as sources, read by day of change, by key or whole."""

"""Documents of JD Edwards, both ways: read from its F-tables, and written through its orchestrations."""

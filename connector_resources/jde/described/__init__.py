"""The columns of the JD Edwards tables that the flows read, by subject."""

"""The account master of JD Edwards, and what it says of an account that a line names."""

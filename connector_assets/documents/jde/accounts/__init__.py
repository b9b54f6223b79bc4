"""The account master of JD Edwards, and what it says about an account on a line."""

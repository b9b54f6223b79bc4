"""Suppliers of JD Edwards: names, payment holds, and where they are paid."""

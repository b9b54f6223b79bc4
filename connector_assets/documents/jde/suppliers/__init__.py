"""Suppliers of JD Edwards: names, payment holds, and bank accounts."""

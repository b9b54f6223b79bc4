"""Payments of BILL in JD Edwards: what the flow's module is made of."""

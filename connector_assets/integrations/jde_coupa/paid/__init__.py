"""Payments both ways: what the flows' modules are made of."""

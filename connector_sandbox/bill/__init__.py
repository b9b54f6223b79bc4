"""BILL's AP API v3, written from the fact sheet `bill` alone."""

from connector_sandbox.bill.system import BillSystem

__all__ = ["SYSTEM", "BillSystem"]

SYSTEM = BillSystem

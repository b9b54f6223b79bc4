"""Coupa Core, written from its documents alone."""

from connector_sandbox.coupa.system import CoupaSystem

__all__ = ["SYSTEM", "CoupaSystem"]

SYSTEM = CoupaSystem

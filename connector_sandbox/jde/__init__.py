"""JD Edwards EnterpriseOne as its AIS Server shows it, written from the fact sheet alone."""

from connector_sandbox.jde.system import JdeSystem

__all__ = ["SYSTEM", "JdeSystem"]

SYSTEM = JdeSystem

"""Shared by the flows into JD Edwards."""

"""Coupa: its documents and reference lists as sources."""

"""Dagster's plumbing: the storage and the launcher that one dagster.yaml names, and what keeps a home in order."""

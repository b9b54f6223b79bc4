"""What moves, and when: everything that Dagster loads, and the `connector` command."""

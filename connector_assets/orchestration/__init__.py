"""All that imports Dagster: assets, checks, schedules, sensors, resources, and runs that a command executes."""

"""When things move: the polling schedules with their change probes, and the sweep."""

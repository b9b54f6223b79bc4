"""One folder a system: its entities as sources, and its `System` object."""

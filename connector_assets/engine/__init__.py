"""The one engine that every flow runs through: documents in, exactly one outcome each."""

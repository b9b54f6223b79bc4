"""The engine that every flow runs through: documents in, exactly one outcome for each."""

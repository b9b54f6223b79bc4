"""What is read, per system: how its entities get into the landing store and out of it."""

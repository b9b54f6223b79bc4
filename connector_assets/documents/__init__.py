"""What documents are, in neutral terms, independent of the system that they go to or come from."""

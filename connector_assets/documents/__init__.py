"""What documents are, in neutral terms, whichever system they go to or come from."""

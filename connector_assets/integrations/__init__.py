"""One folder per kind of integration, one module per flow."""

"""Payments of JD Edwards: read with their voids, and recorded where another system paid."""

"""What we talk to, and what we remember: vendor clients, the ledger, credentials, settings."""

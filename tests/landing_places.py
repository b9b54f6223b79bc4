"""Landing stores for tests, with keys for their encrypted columns."""

from __future__ import annotations

import base64
from pathlib import Path

from connector_resources.column_keys import ColumnKeys
from connector_resources.credentials import KEYS_VARIABLE, KeySource
from connector_resources.landing import LandingStore
from connector_resources.ledger import Ledger

KEY = base64.urlsafe_b64encode(b"the key of all tests, no other's").decode()


def landing_store(url: str | Path, ledger: Ledger) -> LandingStore:
    """A store at this location; all of them have the same home's key."""
    return LandingStore(str(url), ledger, column_keys(ledger))


def column_keys(ledger: Ledger) -> ColumnKeys:
    """The keys of that home."""
    return ColumnKeys(ledger, KeySource(Path("no file"), {KEYS_VARIABLE: KEY}))

"""The keys of the landing store's encrypted columns.

They are random, and kept in the ledger, encrypted with the home's keys (`credentials.KeySource`). So a rotation of the
home's keys encrypts a few of these again and no landed object: whatever landed stays readable, whenever a process dies.
Each rotation adds one, which encrypts from then on; the earlier ones read what landed with them.
"""

from __future__ import annotations

import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector_resources.credentials import KeySource
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Ledger


class ColumnKeys:
    """The keys by their names. One object may serve threads: what it remembers never changes."""

    def __init__(self, ledger: Ledger, source: KeySource) -> None:
        self._ledger = ledger
        self._source = source
        self._known: dict[str, Fernet] = {}
        self._current: str | None = None

    def __repr__(self) -> str:
        return f"ColumnKeys({self._source.place!r})"

    def current(self) -> tuple[str, Fernet]:
        """The newest key that the home's keys open, made where there is none.

        Raises UnusableInput where the home's keys are missing or cannot be read.
        """
        if self._current is None:
            kept = self._ledger.landing_keys.list()
            readable = (name for name, sealed in reversed(kept) if self._open(name, sealed) is not None)
            self._current = next(readable, None) or self._make()
        return self._current, self._known[self._current]

    def get(self, name: str) -> Fernet:
        """A key by its name. Raises UnusableInput where the ledger lacks it, or the home's keys do not open it."""
        if name not in self._known:
            sealed = dict(self._ledger.landing_keys.list()).get(name)
            if sealed is None:
                raise UnusableInput(
                    f"the ledger lacks the key {name} of its encrypted columns: ledger and landing store are not of "
                    "one home, or of one backup"
                )
            if self._open(name, sealed) is None:
                raise UnusableInput(
                    f"the key {name} of its encrypted columns was encrypted with a key that {self._source.place} "
                    "lacks: restore that one"
                )
        return self._known[name]

    def renew(self) -> None:
        """Make a key that encrypts from now on, where there is one already."""
        if self._ledger.landing_keys.list():
            self._current = self._make()

    def lost(self) -> list[str]:
        """The names of the keys that the home's keys do not open."""
        return [name for name, sealed in self._ledger.landing_keys.list() if self._open(name, sealed) is None]

    def _open(self, name: str, sealed: bytes) -> Fernet | None:
        try:
            self._known[name] = Fernet(MultiFernet(self._source.read()).decrypt(sealed))
        except InvalidToken:
            return None
        return self._known[name]

    def _make(self) -> str:
        name, made = secrets.token_hex(8), Fernet.generate_key()
        cipher = MultiFernet(self._source.read(create=not self._ledger.holds_secrets()))
        self._ledger.landing_keys.add(name, cipher.encrypt(made), self._ledger.clock.now())
        self._known[name] = Fernet(made)
        return name

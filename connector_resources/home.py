"""A home: the one folder that holds all state of an installation. Two homes do not touch each other."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connector_resources.errors import UnusableInput
from connector_resources.private import bring_private, keep_private

# each is imported where it is asked for: a command that only looks into the ledger needs neither settings nor keys
if TYPE_CHECKING:
    from connector_resources.connections import Settings
    from connector_resources.credentials import CredentialStore, KeySource
    from connector_resources.landing import LandingStore
    from connector_resources.ledger import Ledger

HOME_VARIABLE = "CONNECTOR_HOME"
DATABASE_VARIABLE = "CONNECTOR_DATABASE_URL"
SCHEMA_VARIABLE = "CONNECTOR_SCHEMA_PREFIX"
LANDING_VARIABLE = "CONNECTOR_LANDING_URL"

# PostgreSQL cuts longer names off, and two homes could meet in one schema
LONGEST_PREFIX = 63 - len("_dagster")

_ledgers: dict[tuple[int, str, str], Ledger] = {}
_opening = threading.Lock()


class Home:
    """Where everything of an installation is. Making one opens and creates nothing."""

    def __init__(self, path: Path, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self.path = path.expanduser().absolute()
        self.connections_file = self.path / "connections.yaml"
        self.keys_file = self.path / "keys"
        self.dagster_home = self.path / "dagster"
        self.logs = self.path / "logs"
        self.tls = self.path / "tls"
        self.landing_url = self._environment.get(LANDING_VARIABLE) or str(self.path / "landing")

    @classmethod
    def locate(cls, path: Path | str | None = None) -> Home:
        """The home at `path`, else at CONNECTOR_HOME, else `.connector` below the working directory."""
        return cls(Path(path or os.environ.get(HOME_VARIABLE) or ".connector"))

    def __repr__(self) -> str:
        return f"Home({str(self.path)!r})"

    @property
    def ledger_url(self) -> str:
        """The ledger's database URL; it may hold a password, so it is not for showing."""
        url = self._environment.get(DATABASE_VARIABLE)
        if not url:
            return f"sqlite:///{self.path / 'ledger.sqlite'}"
        scheme, separator, rest = url.partition("://")
        return f"postgresql+psycopg2{separator}{rest}" if scheme in ("postgres", "postgresql") else url

    @property
    def schema_prefix(self) -> str:
        """What this home's PostgreSQL schemas begin with: the folder's name, or CONNECTOR_SCHEMA_PREFIX."""
        name = self._environment.get(SCHEMA_VARIABLE) or self.path.name
        prefix = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        if not prefix:
            raise UnusableInput(f"{name!r} gives no schema name: set {SCHEMA_VARIABLE}")
        prefix = f"h_{prefix}" if prefix[0].isdigit() else prefix
        if len(prefix) > LONGEST_PREFIX:
            prefix = f"{prefix[: LONGEST_PREFIX - 9]}_{hashlib.sha256(prefix.encode()).hexdigest()[:8]}"
        return prefix

    @property
    def ledger_schema(self) -> str:
        """The ledger's schema in PostgreSQL."""
        return f"{self.schema_prefix}_ledger"

    def create(self) -> None:
        """Make the folder, for its owner alone; one that exists stays as it is."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UnusableInput(f"no home can be made at {self.path}: {error.strerror}") from None

    def require(self) -> None:
        """Raise UnusableInput unless `connector init` has been run here."""
        if not self.connections_file.is_file():
            raise UnusableInput(f"no home at {self.path}: run `connector init`")

    def settings(self) -> Settings:
        """`connections.yaml` as it is now."""
        from connector_resources.connections import Settings

        self.require()
        return Settings.load(self.connections_file)

    def ledger(self) -> Ledger:
        """The ledger, migrated; the same object for everyone in this process."""
        from connector_resources.ledger import Ledger

        self.require()
        # the process id, since a database connection does not survive a fork
        place = (os.getpid(), self.ledger_url, self.ledger_schema)
        with _opening:
            if place not in _ledgers:
                keep_private()
                bring_private(self.path)
                _ledgers[place] = Ledger.open(self.ledger_url, self.ledger_schema, environment=self._environment)
            return _ledgers[place]

    def close(self) -> None:
        """Close this home's ledger, if this process has it open."""
        with _opening:
            ledger = _ledgers.pop((os.getpid(), self.ledger_url, self.ledger_schema), None)
        if ledger is not None:
            ledger.close()

    def landing(self) -> LandingStore:
        """The landing store, with nothing left in it that landed before its columns were encrypted."""
        from connector_resources.column_keys import ColumnKeys
        from connector_resources.landed_in_clear import encrypt_landed
        from connector_resources.landing import LandingStore

        ledger = self.ledger()
        store = LandingStore(self.landing_url, ledger, ColumnKeys(ledger, self._key_source))
        encrypt_landed(store)
        return store

    def rotate_keys(self) -> tuple[int, list[str]]:
        """Encrypt everything again: how many credentials, and the keys of landed columns that stay unreadable.

        Raises UnusableInput, having changed nothing, for a credential that cannot be read.
        """
        from connector_resources.column_keys import ColumnKeys

        self.landing()
        count = self.credentials().rotate()
        keys = ColumnKeys(self.ledger(), self._key_source)
        keys.renew()
        return count, keys.lost()

    @property
    def _key_source(self) -> KeySource:
        from connector_resources.credentials import KeySource

        return KeySource(self.keys_file, self._environment)

    def credentials(self) -> CredentialStore:
        """The credential store."""
        from connector_resources.credentials import CredentialStore

        return CredentialStore(self.ledger(), self._key_source, self._environment)

"""The encrypted store of credentials: ciphertexts in the ledger, keys outside it.

Keys come from CONNECTOR_KEYS (comma-separated, the first encrypts, all decrypt), else from a file that only
its owner can read. A credential in the environment, CONNECTOR_<CONNECTION>_<NAME>, wins over the stored one.
Values are never listed, and never part of a message.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector_resources.errors import UnusableInput
from connector_resources.ledger import Ledger

KEYS_VARIABLE = "CONNECTOR_KEYS"
KEPT_KEYS = 5


class KeySource:
    """Where the store's keys are: the environment, or a file made on first use."""

    def __init__(self, file: Path, environment: Mapping[str, str] | None = None) -> None:
        self._file = file
        self._environment = os.environ if environment is None else environment

    def __repr__(self) -> str:
        return f"KeySource({str(self._file)!r})"

    @property
    def place(self) -> str:
        """Where a person finds the keys."""
        return KEYS_VARIABLE if self._environment.get(KEYS_VARIABLE, "").strip() else str(self._file)

    @property
    def is_file(self) -> bool:
        """Whether the keys are in the file, so that we may add one."""
        return self.place != KEYS_VARIABLE

    def read(self, *, create: bool = False) -> list[Fernet]:
        """The keys, the encrypting one first; raises UnusableInput for none, a wrong one, or a file that others read.

        With `create`, a file that is missing is made, with a new key.
        """
        if not self.is_file:
            return _keys(self._environment[KEYS_VARIABLE].split(","), self.place)
        if create and not self._file.exists():
            self._create()
        return _keys(self._lines(), self.place)

    def put_first(self, key: bytes) -> None:
        """Add a key in front of those of the file; the last few stay, for what was encrypted meanwhile."""
        _write_private(self._file, [key.decode(), *self._lines()][:KEPT_KEYS])

    def _create(self) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return  # another process was first; its key is as good
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")

    def _lines(self) -> list[str]:
        try:
            mode = stat.S_IMODE(self._file.stat().st_mode)
            if mode & 0o077:
                raise UnusableInput(f"{self._file}: others can read the keys (mode {mode:03o}): chmod 600 {self._file}")
            text = self._file.read_text(encoding="ascii")
        except FileNotFoundError:
            raise UnusableInput(
                f"{self._file}: the keys of the credential store are missing; restore the file or set {KEYS_VARIABLE}"
            ) from None
        except (OSError, UnicodeDecodeError):
            raise UnusableInput(f"{self._file}: the keys of the credential store cannot be read") from None
        return [line.strip() for line in text.splitlines() if line.strip()]


def _keys(texts: Iterable[str], place: str) -> list[Fernet]:
    keys = []
    for number, text in enumerate((each.strip() for each in texts), start=1):
        try:
            keys.append(Fernet(text))
        except ValueError:
            raise UnusableInput(
                f"{place}: key {number} is not one (32 bytes in URL-safe base64, as Fernet.generate_key() makes)"
            ) from None
    if not keys:
        raise UnusableInput(f"{place}: holds no key")
    return keys


def _write_private(path: Path, lines: Sequence[str]) -> None:
    """Replace a file in one go; a crash leaves the old or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


class CredentialStore:
    """Credentials by connection and name."""

    def __init__(self, ledger: Ledger, key_source: KeySource, environment: Mapping[str, str] | None = None) -> None:
        self._ledger = ledger
        self._rows = ledger.credentials
        self._clock = ledger.clock
        self._source = key_source
        self._environment = os.environ if environment is None else environment

    def set(self, connection: str, name: str, value: str) -> None:
        """Keep one, replacing what was there. Raises UnusableInput for an empty value."""
        if not value:
            raise UnusableInput(f"the credential {name} of {connection} is empty")
        cipher = MultiFernet(self._source.read(create=not self._ledger.holds_secrets()))
        self._rows.put(connection, name, cipher.encrypt(value.encode()), self._clock.now())

    def get(self, connection: str, required: Sequence[str] = ()) -> dict[str, str]:
        """Name -> value of one connection. Raises UnusableInput naming the first required one that is
        missing.
        """
        stored = self._rows.get(connection)
        found = {name: self._from_environment(connection, name) for name in {*stored, *required}}
        needed = [name for name in stored if not found[name]]
        if needed:
            cipher = MultiFernet(self._source.read())
            found |= {name: self._decrypted(cipher, connection, name, stored[name]) for name in needed}
        for name in required:
            if not found[name]:
                raise UnusableInput(
                    f"{connection}: the credential {name} is missing: "
                    f"run `connector credentials set {connection} {name}`"
                )
        return {name: value for name, value in found.items() if value}

    def list(self) -> list[tuple[str, str, datetime]]:
        """(connection, name, when it was set) of the stored ones; never a value."""
        return self._rows.list()

    def delete(self, connection: str, name: str) -> None:
        """Forget one. Raises UnusableInput where there is none."""
        if not self._rows.delete(connection, name):
            raise UnusableInput(f"{connection} has no stored credential {name}")

    def rotate(self) -> int:
        """Encrypt everything again with a new key, all or nothing, and return how many credentials.

        The key file gets its new key first. With CONNECTOR_KEYS a person puts the new key first, and removes the old
        one after this. Whenever it ends, every ciphertext has its key. The keys of landed columns are turned with the
        rest; what landed is not touched (see `column_keys`).
        """
        self._source.read(create=not self._ledger.holds_secrets())
        return self._rows.rewrite(self._new_key)

    def _new_key(self) -> Callable[[bytes], bytes]:
        """Called while nobody else rotates."""
        if self._source.is_file:
            self._source.put_first(Fernet.generate_key())
        cipher = MultiFernet(self._source.read())

        def turn(sealed: bytes) -> bytes:
            try:
                return cipher.rotate(sealed)
            except InvalidToken:
                raise UnusableInput(
                    f"a stored credential was encrypted with a key that {self._source.place} lacks: nothing was changed"
                ) from None

        return turn

    def _decrypted(self, cipher: MultiFernet, connection: str, name: str, sealed: bytes) -> str:
        try:
            return cipher.decrypt(sealed).decode()
        except InvalidToken:
            raise UnusableInput(
                f"{connection}: the credential {name} was encrypted with a key that {self._source.place} lacks: "
                f"restore it, or run `connector credentials set {connection} {name}`"
            ) from None

    def _from_environment(self, connection: str, name: str) -> str | None:
        return self._environment.get(f"CONNECTOR_{connection}_{name}".upper())

"""The credential store: sealed at rest, silent about values, and safe to rotate."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector_resources.credentials import KEPT_KEYS, CredentialStore, KeySource
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Ledger

SECRET = "correct horse ünd battery"


def store(ledger: Ledger, file: Path, **environment: str) -> CredentialStore:
    return CredentialStore(ledger, KeySource(file, environment), environment)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys"


def test_a_credential_comes_back_and_is_sealed_at_rest(ledger: Ledger, keys: Path) -> None:
    store(ledger, keys).set("jde", "password", SECRET)
    store(ledger, keys).set("jde", "username", "me")
    assert store(ledger, keys).get("jde", ["username", "password"]) == {"username": "me", "password": SECRET}
    assert store(ledger, keys).get("coupa") == {}
    assert keys.stat().st_mode & 0o777 == 0o600
    sealed = ledger.credentials.get("jde")["password"]
    assert SECRET.encode() not in sealed and SECRET not in repr(store(ledger, keys).__dict__)
    assert [row[:2] for row in store(ledger, keys).list()] == [("jde", "password"), ("jde", "username")]
    assert SECRET not in repr(store(ledger, keys).list())


def test_a_missing_credential_is_named_with_the_command_that_sets_it(ledger: Ledger, keys: Path) -> None:
    with pytest.raises(UnusableInput, match="run `connector credentials set coupa client_secret`"):
        store(ledger, keys).get("coupa", ["client_secret"])
    with pytest.raises(UnusableInput, match="password of jde is empty"):
        store(ledger, keys).set("jde", "password", "")
    assert not keys.exists()


def test_the_environment_wins_and_needs_no_key(ledger: Ledger, keys: Path) -> None:
    store(ledger, keys).set("jde", "password", SECRET)
    keys.unlink()
    overridden = store(ledger, keys, CONNECTOR_JDE_PASSWORD="other", CONNECTOR_JDE_USERNAME="me")
    assert overridden.get("jde", ["username", "password"]) == {"username": "me", "password": "other"}


def test_rotation_seals_anew_with_a_new_key(ledger: Ledger, keys: Path) -> None:
    store(ledger, keys).set("jde", "password", SECRET)
    store(ledger, keys).set("coupa", "client_id", "id")
    old_key, old = keys.read_text().split()[0], ledger.credentials.get("jde")["password"]
    for _ in range(KEPT_KEYS + 2):
        assert store(ledger, keys).rotate() == 2
    assert store(ledger, keys).get("jde") == {"password": SECRET}
    assert ledger.credentials.get("jde")["password"] != old
    lines = keys.read_text().split()
    assert len(lines) == KEPT_KEYS and old_key not in lines and keys.stat().st_mode & 0o777 == 0o600
    newest = Fernet(lines[0])
    assert newest.decrypt(ledger.credentials.get("jde")["password"]).decode() == SECRET


def test_rotation_with_keys_of_the_environment(ledger: Ledger, keys: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    store(ledger, keys, CONNECTOR_KEYS=old).set("jde", "password", SECRET)
    both = store(ledger, keys, CONNECTOR_KEYS=f"{new}, {old}")
    assert both.get("jde") == {"password": SECRET} and both.rotate() == 1
    assert store(ledger, keys, CONNECTOR_KEYS=new).get("jde") == {"password": SECRET}
    assert not keys.exists()


def test_a_rotation_that_cannot_read_one_changes_none(ledger: Ledger, keys: Path) -> None:
    store(ledger, keys).set("coupa", "client_id", "id")
    foreign_record = Fernet.generate_key().decode()
    store(ledger, keys, CONNECTOR_KEYS=foreign_record).set("jde", "password", SECRET)
    before = ledger.credentials.get("coupa")
    with pytest.raises(UnusableInput, match="nothing was changed"):
        store(ledger, keys).rotate()
    assert ledger.credentials.get("coupa") == before
    assert store(ledger, keys).get("coupa") == {"client_id": "id"}


def test_a_wrong_key_is_told_without_the_value(ledger: Ledger, keys: Path) -> None:
    store(ledger, keys).set("jde", "password", SECRET)
    wrong = Fernet.generate_key().decode()
    with pytest.raises(UnusableInput, match="password was encrypted with a key that CONNECTOR_KEYS lacks") as caught:
        store(ledger, keys, CONNECTOR_KEYS=wrong).get("jde")
    assert wrong not in str(caught.value) and "\n" not in str(caught.value)


def test_keys_that_are_none_lost_or_open_to_others_are_refused(ledger: Ledger, keys: Path) -> None:
    with pytest.raises(UnusableInput, match="CONNECTOR_KEYS: key 2 is not one") as caught:
        store(ledger, keys, CONNECTOR_KEYS=f"{Fernet.generate_key().decode()},topsecret").set("jde", "password", "x")
    assert "topsecret" not in str(caught.value)
    store(ledger, keys).set("jde", "password", SECRET)
    keys.chmod(0o640)
    with pytest.raises(UnusableInput, match=r"others can read the keys \(mode 640\): chmod 600"):
        store(ledger, keys).get("jde")
    keys.unlink()
    with pytest.raises(UnusableInput, match="keys of the credential store are missing"):
        store(ledger, keys).get("jde")
    with pytest.raises(UnusableInput, match="keys of the credential store are missing"):
        # a new key would make those that are stored unreadable for good
        store(ledger, keys).set("jde", "username", "me")


def test_a_credential_is_deleted(ledger: Ledger, keys: Path) -> None:
    store(ledger, keys).set("jde", "password", SECRET)
    store(ledger, keys).delete("jde", "password")
    assert store(ledger, keys).list() == []
    with pytest.raises(UnusableInput, match="jde has no stored credential password"):
        store(ledger, keys).delete("jde", "password")

"""Dagster's home below a connector home: its settings and its database, made ready before anything starts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance
from sqlalchemy.exc import OperationalError

from connector_resources.errors import UnusableInput
from connector_resources.home import DATABASE_VARIABLE
from connector_resources.private import keep_private

OURS = "# ml-connector:"  # first words of a dagster.yaml that may be renewed


def packaged(name: str) -> Path:
    """`dagster.yaml` or `workspace.yaml`: beside this module in a wheel, at the top of a checkout."""
    beside = Path(__file__).parent / name
    return beside if beside.exists() else Path(__file__).parents[2] / name


def prepare_dagster_home(home: Path) -> Path:
    """Make `<home>/dagster` ready and set DAGSTER_HOME to it; gives its path.

    Writes the project's dagster.yaml unless the site has put its own there, and makes or migrates Dagster's tables,
    all under a lock: processes that start together on a fresh home would fail over each other's tables.
    Raises UnusableInput when the database cannot be opened.
    """
    keep_private()
    dagster_home = home.absolute() / "dagster"
    dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(dagster_home)
    with _alone(dagster_home / "prepare.lock"):
        _renew_settings(dagster_home / "dagster.yaml")
        _open_storage()
    return dagster_home


def _renew_settings(target: Path) -> None:
    text = packaged("dagster.yaml").read_text()
    existing = target.read_text() if target.exists() else OURS
    if existing == text or not existing.startswith(OURS):
        return
    fresh = target.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(target)


def _open_storage() -> None:
    """Make missing tables, and migrate those of an older Dagster."""
    try:
        with DagsterInstance.get() as instance:
            found = instance.run_storage.alembic_version()
            if found is not None and found[0] != found[1]:
                instance.upgrade()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        named = f" ({DATABASE_VARIABLE})" if os.environ.get(DATABASE_VARIABLE) else ""
        raise UnusableInput(f"Dagster's database cannot be opened{named}: {reason}") from None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

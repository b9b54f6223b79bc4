"""The home that `connector demo` makes for itself, and may therefore make again. It never touches another."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connector_resources.errors import UnusableInput

if TYPE_CHECKING:
    from connector_resources.home import Home

MARKER = "demo.json"


@dataclass(frozen=True)
class Left:
    """What a demo left: the ports its home points at, and the folder of the sandbox's data."""

    port_base: int
    state: Path


def left_by_demo(home: Home | None = None) -> Left:
    """What the demo left in this home. Raises UnusableInput where no demo was."""
    from connector_resources.home import Home

    place = home or Home.locate()
    marker = place.path / MARKER
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
        return Left(int(content["port_base"]), place.path / content["state"])
    except FileNotFoundError:
        raise UnusableInput(f"no demo has been run in {place.path}: run `connector demo` first") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise UnusableInput(f"{marker} cannot be read: run `connector demo` again") from None


def check(home: Home) -> None:
    """Raise UnusableInput unless the home is new, empty, or an earlier demo's."""
    path = home.path
    if not path.exists():
        return
    if not path.is_dir():
        raise UnusableInput(f"{path} is no folder")
    if not (path / MARKER).is_file() and any(path.iterdir()):
        raise UnusableInput(
            f"{path} holds something that the demo did not make: set CONNECTOR_HOME to a folder of the demo's own"
        )


def begin_anew(home: Home, keep: Path) -> None:
    """Empty an earlier demo's home but for the folder `keep` in it."""
    forget_schemas(home)
    for each in home.path.iterdir():
        if each.name == keep.relative_to(home.path).parts[0]:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def forget_schemas(home: Home) -> None:
    """Drop this home's schemas in PostgreSQL, where it is used; those of a home that an earlier demo made."""
    from connector_resources.ledger.database import normalised

    url = normalised(home.ledger_url)
    if url.drivername == "sqlite" or not (home.path / MARKER).is_file():
        return
    from sqlalchemy import create_engine

    from connector_resources.instance.storage import schema_name
    from connector_resources.ledger.database import quoted

    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for schema in (home.ledger_schema, schema_name(home.dagster_home)):
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE")
    finally:
        engine.dispose()


def leave(home: Home, port_base: int, state: Path) -> None:
    """Mark the home as the demo's, with what is needed to serve its data again."""
    content = {"made_by": "connector demo", "port_base": port_base, "state": str(state.relative_to(home.path))}
    (home.path / MARKER).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

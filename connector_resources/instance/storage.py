"""The storage that dagster.yaml names: one class for the embedded default and for production.

dagster.yaml has no "environment variable, or else a default", so that the choice is made here:
PostgreSQL when CONNECTOR_DATABASE_URL is set, else SQLite below Dagster's home.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import Field, StringSource
from sqlalchemy.engine import URL

from connector_resources.dagster_private.storage import (
    ConfigurableClass,
    ConfigurableClassData,
    DagsterStorage,
    UserConfigSchema,
)
from connector_resources.errors import UnusableInput
from connector_resources.home import DATABASE_VARIABLE, HOME_VARIABLE, Home
from connector_resources.instance.postgres import PooledPostgresStorage
from connector_resources.instance.sqlite import OpenSqliteStorage
from connector_resources.ledger.database import ensure_schema, normalised
from connector_resources.private import keep_private

EVENT_BATCH = "200"  # events of a range run that are stored in one transaction


class ConnectorStorage(DagsterStorage, ConfigurableClass):
    """What dagster.yaml names. It has no objects of its own: `from_config_value` answers with one of the two storages.

    Config: `base_dir`, the folder of the SQLite files; DAGSTER_HOME where it is not given.
    """

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """The settings below `storage: custom: config` in dagster.yaml."""
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(  # type: ignore[override]  # Dagster checks the class and takes what it gives
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        """The storage; raises UnusableInput for a database URL that is none.

        Dagster stores events in batches only when this variable says so, and reads it at each event.
        """
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENT_BATCH)
        # each process of Dagster's opens its storage before it writes anything, whoever started it
        keep_private()
        home = Path(
            config_value.get("base_dir") or os.environ.get("DAGSTER_HOME") or _without_dagster_home()
        ).absolute()
        url = normalised(os.environ.get(DATABASE_VARIABLE) or "sqlite:///ledger.sqlite")
        if url.drivername == "sqlite":
            home.mkdir(parents=True, exist_ok=True)
            return OpenSqliteStorage(str(home), inst_data)
        schema = schema_name(home)
        ensure_schema(url, schema)
        return PooledPostgresStorage(with_search_path(url, schema), inst_data)


def _without_dagster_home() -> Path:
    """For `dg dev` and `dg check defs` in a checkout: the home's, where there is a home, else a place to forget.

    The same place for all processes of a user, since each of them asks for itself.
    """
    home = Home.locate()
    if home.connections_file.is_file():
        return home.dagster_home
    place = Path(tempfile.gettempdir()) / f"connector-without-home-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.getuid():
        raise UnusableInput(f"{place} belongs to someone else: set DAGSTER_HOME")
    return place


def schema_name(dagster_home: Path) -> str:
    """`<home>_dagster`, beside the ledger's `<home>_ledger`; without CONNECTOR_HOME, the folder above Dagster's."""
    home = Home.locate(os.environ.get(HOME_VARIABLE) or dagster_home.parent)
    return f"{home.schema_prefix}_dagster"


def with_search_path(url: URL, schema: str) -> URL:
    """The URL whose every connection finds and makes its tables in this schema."""
    options = [str(url.query["options"])] if "options" in url.query else []
    return url.update_query_dict({"options": " ".join([*options, f"-csearch_path={schema}"])})

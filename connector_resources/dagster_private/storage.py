"""Private names of Dagster's storages: their base, their tables, how they are configured."""

from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageMetadata,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.sql import ALEMBIC_SCRIPTS_LOCATION, AlembicVersion
from dagster._serdes import ConfigurableClass, ConfigurableClassData, deserialize_value

__all__ = [
    "ALEMBIC_SCRIPTS_LOCATION",
    "AlembicVersion",
    "AssetCheckExecutionsTable",
    "AssetEventTagsTable",
    "ConfigurableClass",
    "ConfigurableClassData",
    "DagsterStorage",
    "SqlEventLogStorage",
    "SqlEventLogStorageMetadata",
    "SqlEventLogStorageTable",
    "UserConfigSchema",
    "deserialize_value",
]

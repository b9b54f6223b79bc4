"""Private names of Dagster's runs: how one is made and executed without a daemon, its tags and statuses."""

from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.events import DagsterEventType
from dagster._core.execution.api import execute_run_iterator
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.dagster_run import FINISHED_STATUSES, NOT_FINISHED_STATUSES
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    GRPC_INFO_TAG,
    MAX_RETRIES_TAG,
    PARTITION_NAME_TAG,
)
from dagster._core.utils import make_new_run_id
from dagster._core.workspace.load import location_origin_from_module_name
from dagster._utils.warnings import disable_dagster_warnings
from dagster_shared.error import SerializableErrorInfo

__all__ = [
    "ASSET_PARTITION_RANGE_END_TAG",
    "ASSET_PARTITION_RANGE_START_TAG",
    "FINISHED_STATUSES",
    "GRPC_INFO_TAG",
    "MAX_RETRIES_TAG",
    "NOT_FINISHED_STATUSES",
    "PARTITION_NAME_TAG",
    "DagsterEventType",
    "InstanceRef",
    "ReconstructableJob",
    "ReconstructableRepository",
    "RemoteJobOrigin",
    "RemoteRepositoryOrigin",
    "SerializableErrorInfo",
    "disable_dagster_warnings",
    "execute_run_iterator",
    "location_origin_from_module_name",
    "make_new_run_id",
]

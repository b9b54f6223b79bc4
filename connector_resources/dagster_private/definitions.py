"""Private names of Dagster's definitions: jobs of assets, targets of checks, ticks of cron lines."""

from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._utils.schedules import get_latest_completed_cron_tick, get_next_cron_tick

__all__ = [
    "AssetCheckEvaluationTargetMaterializationData",
    "UnresolvedAssetJobDefinition",
    "get_latest_completed_cron_tick",
    "get_next_cron_tick",
]

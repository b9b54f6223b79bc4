"""Deleting old runs of Dagster, which Dagster never does by itself; a poll each quarter of an hour adds up."""

import dagster as dg

from connector_resources.instance.purge import KEEP_DAYS, purge


class PurgeConfig(dg.Config):
    """What a purge keeps; changed in the page's launchpad or in the schedule's run config."""

    keep_days: int = KEEP_DAYS


@dg.op(description="Forgets logs of finished runs and events that newer ones have superseded; no status of a day.")
def purge_old_runs(context: dg.OpExecutionContext, config: PurgeConfig) -> None:
    """Purge this home's Dagster storage. The ledger, its audit trail included, is never purged."""
    if config.keep_days < 1:
        raise dg.Failure(f"keep_days is {config.keep_days}: at least one day is kept", allow_retries=False)
    purged = purge(context.instance, keep_days=config.keep_days)
    context.log.info(f"{purged.runs} runs and {purged.events} events older than {config.keep_days} days forgotten")


@dg.job(name="connector_purge", description="Forgets old runs; what the page shows of each day stays.")
def purge_job() -> None:
    """One step."""
    purge_old_runs()


purge_schedule = dg.ScheduleDefinition(
    name="connector_monthly_purge",
    job=purge_job,
    cron_schedule="0 4 1 * *",
    execution_timezone="UTC",
    description=f"Once a month forgets runs that are older than {KEEP_DAYS} days.",
    # nothing of a business is lost by it, and without it the database grows for ever
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

"""A small code location, so that the plumbing is tested without the flows. Environment variables make it fail."""

import os
import time
from pathlib import Path

import dagster as dg

DAYS = dg.DailyPartitionsDefinition(start_date="2026-08-01", timezone="UTC", end_offset=2)
ONE_RUN = dg.BackfillPolicy.single_run()


@dg.asset(key=["jde", "F0901"])
def accounts() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"dagster/row_count": 7})


@dg.asset(key=["jde", "F0411"], partitions_def=DAYS, backfill_policy=ONE_RUN)
def vouchers(context: dg.AssetExecutionContext) -> None:
    context.log.info("reading vouchers")
    if mark := os.environ.get("HOUSE_MARK"):
        Path(mark).touch()
    time.sleep(float(os.environ.get("HOUSE_SECONDS", "0")))
    for rows, day in enumerate(context.partition_keys):
        context.add_asset_metadata({"dagster/row_count": rows}, partition_key=day)


@dg.asset(key=["house", "delivered"], partitions_def=DAYS, backfill_policy=ONE_RUN, deps=[vouchers, accounts])
def delivered(context: dg.AssetExecutionContext) -> None:
    bad = os.environ.get("HOUSE_BAD_DAY")
    if bad not in context.partition_keys:
        return
    for day in context.partition_keys:
        if day != bad:
            context.log_event(dg.AssetMaterialization(context.asset_key, partition=day))
    raise dg.Failure(description="2 documents failed", allow_retries=False)


@dg.asset(key=["house", "broken"])
def broken() -> None:
    raise ValueError("the cupboard is bare")


@dg.asset(key=["house", "after"], deps=[broken])
def after() -> None: ...


defs = dg.Definitions(
    assets=[accounts, vouchers, delivered, broken, after],
    jobs=[
        dg.define_asset_job(
            "house",
            selection=dg.AssetSelection.assets(accounts, vouchers, delivered),
            tags={"connector/integration": "house"},
        ),
        dg.define_asset_job("breaks", selection=dg.AssetSelection.assets(broken, after, accounts)),
    ],
    executor=dg.in_process_executor,
)

"""How a step reports to Dagster what it did, day by day, so that the page shows which days are good."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
import pandas as pd

from connector_assets.engine.pipeline import Mapped
from connector_assets.engine.report import FlowReport
from connector_assets.orchestration.metadata import (
    ROW_COUNT,
    held_table,
    keys_by_day,
    metadata_by_day,
    moved_table,
    report_metadata,
    shown_on,
)
from connector_resources.dagster_private.definitions import AssetCheckEvaluationTargetMaterializationData
from connector_resources.ledger import ExceptionRow
from connector_resources.printable import printable

SHOWN_FAILURES = 5
ONE_PAYER = "one_payer"
GL_DATES = "gl_dates"
# the mapped columns of the void that comes before the next voucher: its own day, and the one that it is moved to
VOIDED = ("void_from", "void_on")
MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION
About = AssetCheckEvaluationTargetMaterializationData | None


def mapped_events(
    context: dg.AssetExecutionContext, days: Sequence[date], result: Mapped, *, gl_column: str = ""
) -> Iterator[Any]:
    """One materialisation a day, none of them where the shape is wrong; then the checks for each day. `gl_column` is
    the mapped column with the G/L date, where a closed period may move it."""
    documents = result.frames.documents
    keys = keys_by_day(zip(documents["key"], documents["day"], strict=True), days)
    if not result.findings.shape:
        unreadable = result.assembly.unreadable if result.assembly is not None else 0
        for day, own in keys.items():
            counts = {ROW_COUNT: len(own), "held": sum(key in result.findings.rows for key in own)}
            if day == (days[-1] if days else None):
                counts["unreadable"] = unreadable
            context.add_asset_metadata(counts, partition_key=_partition(day))
        yield dg.MaterializeResult()
    # an evaluation of a day is an event of its own; Dagster wants each check's output besides
    for spec in context.assets_def.check_specs:
        yield dg.Output(None, output_name=context.assets_def.get_output_name_for_asset_check_key(spec.key))
    about = newest_materializations(context, days)
    for day, own in keys.items():
        held = {key: result.findings.rows[key] for key in own if key in result.findings.rows}
        yield _shape(context.asset_key, day, about.get(day), result.findings.shape)
        yield _rows(context.asset_key, day, about.get(day), held)
        if gl_column:
            yield _gl_dates(context.asset_key, day, about.get(day), moved_dates(documents, gl_column, own, held))


def newest_materializations(
    context: dg.AssetExecutionContext, days: Sequence[date]
) -> dict[date | None, AssetCheckEvaluationTargetMaterializationData]:
    """Day -> what a check of it is about: the page shows a result only while nothing newer was materialized."""
    wanted = dg.AssetRecordsFilter(context.asset_key)
    if days:
        names = {day.isoformat() for day in days}
        newest = context.instance.get_latest_storage_id_by_partition(context.asset_key, MATERIALIZED, names)
        if not newest:
            return {}
        wanted = dg.AssetRecordsFilter(context.asset_key, storage_ids=list(newest.values()))
    return {
        date.fromisoformat(record.partition_key)
        if record.partition_key
        else None: AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
        for record in context.instance.fetch_materializations(wanted, limit=max(1, len(days))).records
    }


def _shape(key: dg.AssetKey, day: date | None, about: About, failures: Sequence[str]) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        check_name="shape",
        asset_key=key,
        passed=not failures,
        partition=_partition(day),
        blocking=True,
        severity=dg.AssetCheckSeverity.ERROR,
        target_materialization_data=about,
        metadata={"failures": len(failures), "first": printable("; ".join(failures[:SHOWN_FAILURES]))},
    )


def _warning(
    key: dg.AssetKey, name: str, day: date | None, about: About, metadata: Mapping[str, Any], *, passed: bool
) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        check_name=name,
        asset_key=key,
        passed=passed,
        partition=_partition(day),
        blocking=False,
        severity=dg.AssetCheckSeverity.WARN,
        target_materialization_data=about,
        metadata=metadata,
    )


def _rows(key: dg.AssetKey, day: date | None, about: About, held: Mapping[str, Any]) -> dg.AssetCheckEvaluation:
    return _warning(key, "rows", day, about, {"held": len(held), "rows": held_table(held)}, passed=not held)


def moved_dates(
    documents: pd.DataFrame, gl_column: str, keys: Collection[str], held: Collection[str]
) -> list[tuple[str, date, date]]:
    """(document, its own date, its G/L date) of those of `keys` that a closed period moves; held ones are not written,
    nor is what a rule leaves alone. A correction is told twice where the void of what was there is moved as well."""
    moved, wanted = [], set(keys) - set(held)
    for own, dated in (VOIDED, ("moved_from", gl_column)):
        if own in documents:
            columns = documents[["key", own, dated, "ignored"]]
            moved += [
                (key, before, after)
                for key, before, after, ignored in columns.itertuples(index=False, name=None)
                if key in wanted and not pd.isna(before) and not pd.isna(after) and pd.isna(ignored)
            ]
    return sorted(moved, key=lambda each: each[0])


def _gl_dates(
    key: dg.AssetKey, day: date | None, about: About, moved: Sequence[tuple[str, date, date]]
) -> dg.AssetCheckEvaluation:
    return _warning(key, GL_DATES, day, about, {"moved": len(moved), "rows": moved_table(moved)}, passed=not moved)


def one_payer_events(
    context: dg.AssetExecutionContext, days: Sequence[date], both: Sequence[ExceptionRow]
) -> Iterator[Any]:
    """The check `one_payer`: all that is known to be payable in both systems, of whatever day."""
    for spec in context.assets_def.check_specs:
        yield dg.Output(None, output_name=context.assets_def.get_output_name_for_asset_check_key(spec.key))
    about = newest_materializations(context, days[-1:])
    yield dg.AssetCheckEvaluation(
        check_name=ONE_PAYER,
        asset_key=context.asset_key,
        passed=not both,
        blocking=False,
        severity=dg.AssetCheckSeverity.ERROR,
        target_materialization_data=next(iter(about.values()), None),
        metadata={"payable in both": len(both), "rows": held_table({each.key: [each] for each in both})},
    )


def report_delivered(context: dg.AssetExecutionContext, days: Sequence[date], report: FlowReport) -> None:
    """Counts on each day. Days that end with failed or doubtful documents are left unmaterialised, and the step
    fails: rerunning them finishes what is left. Held, refused and conflicting documents do not fail a step."""
    context.log.info(report.sentence())
    bad = {shown_on(result.day, days) if days else None for result in report.unfinished()}
    if report.error is not None and not bad:
        bad = {days[-1] if days else None}
    shown: Mapping[date | None, dict[str, Any]]
    shown = metadata_by_day(report, days) if days else {None: report_metadata(report)}  # type: ignore[assignment]
    good = {day: metadata for day, metadata in shown.items() if day not in bad}
    if not bad:
        for day, metadata in good.items():
            context.add_asset_metadata(metadata, partition_key=_partition(day))
        return
    for day, metadata in good.items():
        # what is added to the step's own output is lost when the step fails
        context.log_event(dg.AssetMaterialization(context.asset_key, partition=_partition(day), metadata=metadata))
    why = f": {report.error}" if report.error else ""
    # the error behind it tells a command whether a system could not be reached
    raise dg.Failure(
        printable(f"{report.sentence()}{why}"), metadata=report_metadata(report), allow_retries=False
    ) from report.error


def _partition(day: date | None) -> str | None:
    return day.isoformat() if day else None

"""What Dagster's page shows of a flow: numbers that can be plotted over time, and tables of what needs a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
import pyarrow as pa

from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import HIGH, severity_of
from connector_assets.engine.report import NEEDS_A_PERSON, OUTCOMES, FlowReport
from connector_resources.ledger import ExceptionRow, Problem, Staged
from connector_resources.printable import printable

SHOWN = 50
STAGED_COLUMNS = ("id", "key", "action", "amount", "currency", "changes")
HELD_COLUMNS = ("key", "severity", "reason", "field", "value", "message", "fix")
COLUMN_SCHEMA = "dagster/column_schema"
ROW_COUNT = "dagster/row_count"


def column_schema(schema: pa.Schema) -> dict[str, dg.TableSchema]:
    """The columns of what lands, where Dagster's page looks for them; JD Edwards' own carry their meaning."""
    columns = [
        dg.TableColumn(
            field.name,
            str(field.type),
            description=(field.metadata or {}).get(b"meaning", b"").decode() or None,
            constraints=dg.TableColumnConstraints(nullable=field.nullable),
        )
        for field in schema
    ]
    return {COLUMN_SCHEMA: dg.TableSchema(columns)}


def mapped_schema(documents: Mapping[str, str]) -> dict[str, dg.TableSchema]:
    """The columns of a mapped frame: name -> kind, with `?` where a value may be missing."""
    columns = [
        dg.TableColumn(name, kind.rstrip("?"), constraints=dg.TableColumnConstraints(nullable=kind.endswith("?")))
        for name, kind in documents.items()
    ]
    return {COLUMN_SCHEMA: dg.TableSchema(columns)}


def shown_on(day: date | None, days: Sequence[date]) -> date:
    """The day of a run on which a document is shown: its own, or the run's last where it has none of them.

    Documents that are tried again because they are due come from any day.
    """
    return day if day is not None and day in days else days[-1]


def table_record(values: Mapping[str, str | None]) -> dg.TableRecord:
    """A row of a table; what systems and people wrote is shown, and nothing in it takes effect."""
    return dg.TableRecord({name: None if value is None else printable(value) for name, value in values.items()})


def held_table(held: Mapping[str, Sequence[Problem | ExceptionRow]]) -> dg.TableMetadataValue:
    """The first fifty held rows, each with field, value, reason and fix; those of high severity first."""
    rows = [
        table_record(
            {"key": key, "severity": severity_of(each.reason)}
            | {name: getattr(each, name) for name in HELD_COLUMNS[2:]}
        )
        for key, problems in held.items()
        for each in problems
    ]
    rows.sort(key=lambda row: row.data["severity"] != HIGH)
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in HELD_COLUMNS])
    return dg.MetadataValue.table(rows[:SHOWN], schema=schema)


def moved_table(moved: Sequence[tuple[str, date, date]]) -> dg.TableMetadataValue:
    """The first fifty documents that a closed period moves: document, its own date, its G/L date."""
    names = ("key", "own date", "G/L date")
    rows = [
        table_record(dict(zip(names, (key, own.isoformat(), day.isoformat()), strict=True)))
        for key, own, day in moved[:SHOWN]
    ]
    return dg.MetadataValue.table(rows, schema=dg.TableSchema([dg.TableColumn(name, "string") for name in names]))


def staged_table(staged: Sequence[Staged]) -> dg.TableMetadataValue:
    """The first fifty documents that wait for an approval, as `connector approvals list` shows them."""
    rows = [
        table_record(
            {
                "id": each.id,
                "key": each.key,
                "action": each.step,
                "amount": amount_text(each.amount, each.currency) if each.amount is not None else "",
                "currency": each.currency or "",
                "changes": ", ".join(f"{c['field']}: {c['from']} -> {c['to']}" for c in each.changes),
            }
        )
        for each in staged[:SHOWN]
    ]
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in STAGED_COLUMNS])
    return dg.MetadataValue.table(rows, schema=schema)


def report_metadata(report: FlowReport) -> dict[str, Any]:
    """Counts per outcome, sums per currency and outcome, calls and seconds of a flow in one run."""
    shown: dict[str, Any] = {
        ROW_COUNT: len(report.results),
        **report.outcomes(),
        **_exceptions(report, report.outcomes()),
        **_approvals(report, report.waiting),
        "unreadable": report.unreadable,
    }
    for currency, sums in report.amounts().items():
        shown |= {f"{currency} {name}": amount_text(amount, currency) for name, amount in sums.items() if amount}
    shown |= {"calls read": report.reads, "calls write": report.writes, "seconds": round(report.seconds, 3)}
    for rule, count in report.rules().items():
        shown[f"ignored by {rule}"] = count
    for rule, sums in report.rule_amounts().items():
        shown |= {f"{currency} ignored by {rule}": amount_text(amount, currency) for currency, amount in sums.items()}
    if report.plan_reason:
        shown["plan only"] = report.plan_reason
    return shown


def metadata_by_day(report: FlowReport, days: Sequence[date]) -> dict[date, dict[str, Any]]:
    """Counts per outcome of each day; the run's last day has the run's totals too."""
    counted: dict[date, Counter[str]] = {day: Counter() for day in days}
    for result in report.results.values():
        counted[shown_on(result.day, days)][result.outcome] += 1
    waiting: dict[date, list[Staged]] = {day: [] for day in days}
    for each in report.waiting:
        waiting[shown_on(report.results[each.key].day, days)].append(each)
    shown: dict[date, dict[str, Any]] = {}
    for day, counts in counted.items():
        outcomes = {name: counts.get(name, 0) for name in OUTCOMES}
        entry = {**_exceptions(report, outcomes), **_approvals(report, waiting[day])}
        shown[day] = {ROW_COUNT: counts.total(), **outcomes, **entry}
    shown[days[-1]]["unreadable"] = report.unreadable
    shown[days[-1]]["run"] = dg.MetadataValue.json(_totals(report))
    return shown


def _totals(report: FlowReport) -> dict[str, Any]:
    """The run's totals, as the command prints them."""
    return {name: value for name, value in report.as_json().items() if name != "documents"}


def _exceptions(report: FlowReport, outcomes: Mapping[str, int]) -> dict[str, dg.MetadataValue[Any]]:
    """Where a person finds what waits for a decision; nothing where nothing waits."""
    if not any(outcomes[name] for name in NEEDS_A_PERSON) and not report.unreadable:
        return {}
    return {"exceptions": dg.MetadataValue.md(f"`connector exceptions list --flow {report.flow}`")}


def _approvals(report: FlowReport, waiting: Sequence[Staged]) -> dict[str, dg.MetadataValue[Any]]:
    """What waits for an approval, and how it is given."""
    if not waiting:
        return {}
    command = dg.MetadataValue.md(f"`connector approvals list --flow {report.flow}`")
    return {"waiting for approval": staged_table(waiting), "approvals": command}


def keys_by_day(documents: Iterable[tuple[str, date | None]], days: Sequence[date]) -> dict[date | None, list[str]]:
    """Document keys by the day on which they are shown; all under None where a flow has no days."""
    found: dict[date | None, list[str]] = {day: [] for day in days} or {None: []}
    for key, day in documents:
        found[shown_on(day, days) if days else None].append(key)
    return found

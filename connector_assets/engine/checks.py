"""Pandera checks before anything is written: the mapped asset's checks and the writer use the same functions.

`shape` checks whether the frame is what the flow says it is (columns, types, keys unique). A failure is a defect of the
mapping; it blocks, and nothing of the frame is written. `rows` checks for every row whether it may be written. A row
that fails is held with the reason that names the check, and the others go on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from types import NoneType
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from connector_assets.engine.reasons import problem, reasons
from connector_resources.ledger import Problem

# the checks of a shape
COLUMNS, TYPE, UNIQUE = "columns", "type", "unique"
ENCRYPTED = "encrypted"  # text that is encrypted where the frame is kept: tax and bank numbers
TYPES: dict[str, type] = {
    "str": str,
    "int": int,
    "bool": bool,
    "date": date,
    "money": Decimal,
    "list": list,
    ENCRYPTED: str,
}

# what every mapped row has, beside its flow's own columns
COMMON = {
    "key": "str",
    "day": "date?",
    "read_at": "str",
    "ignored": "str?",
    "amount": "money?",
    "currency": "str?",
}


def mapped_columns(own: Mapping[str, str]) -> dict[str, str]:
    """Column -> kind of a mapped document row: the common ones, then the flow's own."""
    return COMMON | dict(own)


@dataclass(frozen=True)
class FrameChecks:
    """The two pairs of schemas of a flow.

    `shows` says which column's value a reason shows (default: the checked one), `names` how a checked column is called
    to a person; `waits_for` names what a held row waits for: (reason, row) -> name.
    """

    document_shape: pa.DataFrameSchema
    document_rows: pa.DataFrameSchema
    line_shape: pa.DataFrameSchema | None = None
    line_rows: pa.DataFrameSchema | None = None
    waits_for: Callable[[str, Mapping[str, Any]], str | None] = lambda reason, row: None
    shows: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


@dataclass
class Findings:
    """What the checks found: `shape` failures as sentences, `rows` as problems by document key."""

    shape: list[str] = field(default_factory=list)
    rows: dict[str, list[Problem]] = field(default_factory=dict)


def reason(name: str, passes: Callable[[pd.Series], pd.Series]) -> pa.Check:
    """A row check whose failure holds the document for the reason `name` of the closed list."""
    if name not in reasons():
        raise KeyError(name)
    return pa.Check(passes, name=name, error=name, ignore_na=False)


def filled(series: pd.Series) -> pd.Series:
    """True where a value is present and not blank."""
    return series.notna() & (series.astype("object").map(lambda value: str(value).strip() != ""))


def required() -> pa.Check:
    """The target requires a value here."""
    return reason("required_field_blank", filled)


def at_most(length: int) -> pa.Check:
    """The target's length holds, counted in characters."""
    return reason(
        "too_long",
        lambda series: (
            series.astype("object")
            .map(lambda value: value is None or pd.isna(value) or len(str(value)) <= length)
            .astype(bool)
        ),
    )


def admits(kind: str) -> Callable[[type], bool]:
    """Whether values of a type are of a kind: 'str', 'int', 'bool', 'date', 'money' (Decimal), 'list' or
    'encrypted' (str); with a trailing '?' None is of it too."""
    nullable = kind.endswith("?")
    wanted = TYPES[kind.rstrip("?")]
    # bool is an int to Python, and never a number to a ledger
    return lambda found: (
        (nullable and found is NoneType) or (issubclass(found, wanted) and (found is wanted or found is not bool))
    )


def shape_schema(name: str, columns: dict[str, str], unique: list[str] | None) -> pa.DataFrameSchema:
    """Exactly these columns, of these types, and no key twice.

    The columns are looked at together, in Python: asked one by one, pandera takes longer over a frame of three rows
    than all that is done with them.
    """
    kinds = {column: admits(kind) for column, kind in columns.items()}

    def exact(frame: pd.DataFrame) -> bool:
        return sorted(map(str, frame.columns)) == sorted(columns)

    def typed(frame: pd.DataFrame) -> bool:
        values = zip(frame.columns, zip(*frame.to_numpy(dtype=object).tolist(), strict=True), strict=False)
        found = ((column, set(map(type, own))) for column, own in values if column in kinds)
        return all(map(pd.api.types.is_object_dtype, frame.dtypes)) and all(
            kinds[column](each) for column, types in found for each in types
        )

    def once(frame: pd.DataFrame) -> bool:
        return not _twice(frame, unique or ())

    return pa.DataFrameSchema(
        checks=[pa.Check(check, name=name) for name, check in ((COLUMNS, exact), (TYPE, typed), (UNIQUE, once))],
        name=name,
        metadata={COLUMNS: columns, UNIQUE: unique or ()},
    )


def _twice(frame: pd.DataFrame, unique: Collection[str]) -> list[tuple[Any, ...]]:
    """The values of these columns that stand in more than one row, in their order."""
    if not unique or not set(unique) <= set(frame.columns):
        return []
    counts = Counter(zip(*(frame[column].tolist() for column in unique), strict=True))
    return [values for values, count in counts.items() if count > 1]


def row_schema(name: str, checks: dict[str, list[pa.Check]]) -> pa.DataFrameSchema:
    """Checks per column; columns without one are ignored."""
    return pa.DataFrameSchema(
        {column: pa.Column(None, found, nullable=True, coerce=False) for column, found in checks.items()},
        name=name,
    )


def frame(rows: list[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows as a frame of plain Python objects: nothing becomes a float or a NaN on the way."""
    names = list(columns)
    return pd.DataFrame([[row[name] for name in names] for row in rows], columns=names, dtype=object)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column."""
    names = [str(name) for name in frame.columns]
    # all at once: a frame holds plain objects, and asking pandas for its rows costs it a look-up per column
    return [dict(zip(names, row, strict=True)) for row in frame.to_numpy(dtype=object).tolist()]


def computed(frame: pd.DataFrame, value: Callable[[dict[str, Any]], Any]) -> pd.Series:
    """A column computed row by row, of plain objects: None stays None."""
    return pd.Series([value(row) for row in records(frame)], index=frame.index, dtype=object)


def examine(checks: FrameChecks, documents: pd.DataFrame, lines: pd.DataFrame) -> Findings:
    """Run all checks. Rows that a rule ignores (column `ignored`) are not asked for their content."""
    findings = Findings()
    findings.shape += _shape_failures(checks.document_shape, documents)
    if checks.line_shape is not None:
        findings.shape += _shape_failures(checks.line_shape, lines)
    if findings.shape:
        return findings
    alive = documents[documents["ignored"].isna()]
    rows: dict[str, list[Problem]] = defaultdict(list)
    _collect(checks, checks.document_rows, alive, rows)
    if checks.line_rows is not None and len(lines):
        _collect(checks, checks.line_rows, lines[lines["key"].isin(set(alive["key"]))], rows)
    findings.rows = dict(rows)
    return findings


def _shape_failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[str]:
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as failed:
        failures = (each for case in failed.failure_cases.itertuples() for each in _shape_words(schema, frame, case))
        # what failed blocks, whether or not there are words for it: a check that stumbled has none
        return [f"{schema.name}: {each}" for each in islice(failures, 50)] or [f"{schema.name}: {failed}"[:300]]
    return []


def _shape_words(schema: pa.DataFrameSchema, frame: pd.DataFrame, case: Any) -> Iterator[str]:
    """A failure as sentences, where there are any."""
    known: Mapping[str, Any] = schema.metadata or {}
    if case.check == COLUMNS:
        yield f"its columns are {', '.join(map(str, frame.columns))}, not {', '.join(known[COLUMNS])}"
    elif case.check == TYPE:
        for column, kind in known[COLUMNS].items():
            own = frame.get(column, pd.Series(dtype=object))
            if own.dtype != object:
                yield f"column {column}, check of plain objects, it is of {own.dtype}"
            yield from (f"column {column}, check is not {kind}, value {v!r}" for v in own if not admits(kind)(type(v)))
    else:
        for values in _twice(frame, known[UNIQUE]):
            yield f"column {', '.join(known[UNIQUE])}, check unique, value {', '.join(map(repr, values))} stands twice"


def _collect(
    checks: FrameChecks, schema: pa.DataFrameSchema, frame: pd.DataFrame, into: dict[str, list[Problem]]
) -> None:
    if frame.empty:
        return
    frame = frame.reset_index(drop=True)
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as failed:
        rows = records(frame)
        for case in failed.failure_cases.itertuples():
            row = rows[int(case.index)]
            found = problem(
                case.check,
                checks.names.get(case.column, case.column),
                row.get(checks.shows.get(case.check, case.column)),
                waits_for=checks.waits_for(case.check, row),
            )
            if found not in into[row["key"]]:
                into[row["key"]].append(found)

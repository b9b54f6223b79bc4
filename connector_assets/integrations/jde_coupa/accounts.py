"""`jde_coupa/accounts`: the JDE chart of accounts (F0901, F0006) to Coupa, by the kind of Coupa's chart.

A static chart gets one account per JDE account. A dynamic chart makes its accounts on first use from its segments'
values, so it gets one lookup value per business unit, object and subsidiary (coupa section 3.2). With `validate_only`
nothing is created: what Coupa holds is linked, what it lacks is held.

**Natural key.** Of an account: the chart and its segments, unique in Coupa by its own rule; of a lookup value: the
lookup, its parent and its external reference (coupa section 3.2.1). Coupa refuses a second account; of lookup values
that is not established, so a look-up that finds nothing waits for the effect window.

**Names** of lookup values are unique in the same way, and JDE's descriptions are not: those that stand more than once
beside each other are called by `unique_name`, each of them, so that no answer depends on which one came first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connector_assets.delivery.checks import (
    FrameChecks,
    at_most,
    computed,
    mapped_columns,
    reason,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.delivery.converge import converge
from connector_assets.delivery.document import Decision, Document, FieldChange, Hold, Target
from connector_assets.delivery.flow import Assembly, Flow, Frames, Source
from connector_assets.delivery.reasons import problem
from connector_assets.integrations.from_jde.accounts import NOT_POSTABLE, postable
from connector_assets.integrations.from_jde.keys import Row, account_key, by, text
from connector_assets.integrations.jde_coupa.charts import Chart, chart_of
from connector_assets.integrations.progress import begins_empty
from connector_resources.ledger import Delivery

Segment = Literal["MCU", "OBJ", "SUB"]
LONGEST_NAME = 255  # of a lookup value


class AccountSettings(BaseModel):
    """What a site decides about its chart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["accounts", "validate_only"] = Field(
        default="accounts", description="create and update in Coupa, or only link what it holds"
    )
    chart: str | None = Field(default=None, description="name of Coupa's account type; null: the only active one")
    segments: tuple[Segment, ...] = Field(
        default=("MCU", "OBJ", "SUB"), description="which JDE column is segment 1, 2, … of the chart"
    )
    lookups: dict[Segment, str] = Field(
        default={"MCU": "Cost centre", "OBJ": "Object", "SUB": "Subsidiary"},
        description="dynamic charts: the Coupa lookup of each column",
    )
    depends_on: dict[Segment, Segment] = Field(
        default={},
        description="dynamic charts: a segment whose values are the children of another one's in Coupa, as SUB: OBJ",
    )
    unique_name: str = Field(
        default="{name} ({value})",
        description="dynamic charts: the name of values whose descriptions repeat; of name and value",
    )
    not_postable: tuple[str, ...] = Field(
        default=NOT_POSTABLE,
        description="posting edit codes (F0901.PEC) of accounts that are not sent",
    )
    on_conflict: Literal["hold", "source"] = Field(default="source", description="when a field changed in both systems")

    @field_validator("unique_name")
    @classmethod
    def _tells_values_apart(cls, rule: str) -> str:
        try:
            told = {rule.format(name="n", value=value) for value in "12"}
        except (KeyError, IndexError, ValueError):
            raise ValueError("must be made of {name} and {value}") from None
        if len(told) == 1:
            raise ValueError("must hold {value}: it is what tells the values apart")
        return rule

    @model_validator(mode="after")
    def _parents_are_roots(self) -> Self:
        for child, parent in self.depends_on.items():
            if child == parent or parent in self.depends_on or not {child, parent} <= set(self.segments):
                raise ValueError(
                    f"depends_on: {child} cannot depend on {parent}: name another segment that depends on none"
                )
        return self


class Accounts(Flow):
    """The JDE chart of accounts to Coupa."""

    name = "accounts"
    title = "Chart of accounts of JD Edwards in Coupa"
    sources = (
        Source("jde", "F0901", daily=False),
        Source("jde", "F0006", daily=False),
        Source("coupa", "account_types", daily=False),
    )
    partitioned = False
    source_role, source_entity = "jde", "F0901"
    target_role, target_entity = "coupa", "accounts"
    natural_key = "chart and segments"
    named_by = ("column", "segments")
    document_columns: ClassVar[Mapping[str, str]] = {
        "column": "str",
        "segment_1": "str?",
        "segment_2": "str?",
        "segment_3": "str?",
        "name": "str?",
        "postable": "bool",
        # of a value that is another one's child: that one's document, and its id in Coupa
        "parent": "str?",
        "parent_id": "str?",
        # the parent that has no record in Coupa yet
        "orphan": "str?",
    }
    Settings = AccountSettings

    @property
    def looks_first(self) -> bool:  # type: ignore[override]
        """An account that someone made in Coupa meanwhile is linked, not refused: the chart is read in pages."""
        return self.settings.mode == "validate_only" or not begins_empty(self)

    @property
    def needs_opening(self) -> bool:  # type: ignore[override]
        return bool(self.settings.mode != "validate_only")

    @cached_property
    def chart(self) -> Chart:
        """Coupa's chart that this flow fills."""
        return chart_of(self.bench, self.settings)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {}

    def all_keys(self) -> dict[str, date | None]:
        return {row["key"]: None for row in self._rows}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        accounts = self.bench.reader("jde").snapshot("F0901")
        documents = [row.copy() for row in self._rows if row["key"] in keys]
        if not self.chart.dynamic:
            return Assembly(documents=documents, rows=len(documents), rows_in_documents=len(documents))
        # every account row stands behind the values of its segments
        return Assembly(documents=documents, rows=len(accounts), rows_in_documents=len(accounts))

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        """A mapped row for everything that the chart shall hold, from the snapshots of this run."""
        reader = self.bench.reader("jde")
        accounts = sorted(reader.snapshot("F0901"), key=lambda row: row["AID"])
        if not self.chart.dynamic:
            return [self._account(row) for row in accounts]
        units = {text(row["MCU"]): text(row.get("DL01")) for row in reader.snapshot("F0006")}
        found: list[dict[str, Any]] = []
        for column in self.settings.segments:
            rows = [row for row in accounts if text(row.get(column))]
            above = self.settings.depends_on.get(column)
            if above is None:
                values = [self._value(column, value, own, units) for value, own in sorted(by(rows, column).items())]
            else:
                pairs = sorted(by([row for row in rows if text(row.get(above))], above, column).items())
                values = [self._value(column, value, own, units, (above, over)) for (over, value), own in pairs]
            found += self._named_apart(values)
        return found

    def _named_apart(self, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Values of one lookup: where names repeat under one parent, in whatever case, all go by `unique_name`."""
        bearers = Counter((row["parent"], row["name"].casefold()) for row in values)
        for row in values:
            if bearers[row["parent"], row["name"].casefold()] > 1:
                spare = LONGEST_NAME - len(self.settings.unique_name.format(name="", value=row["segment_1"]))
                row["name"] = self.settings.unique_name.format(name=row["name"][:spare], value=row["segment_1"])
        return values

    def _postable(self, row: Row) -> bool:
        return postable(row, self.settings.not_postable)

    def _account(self, row: Row) -> dict[str, Any]:
        parts = [text(row.get(column)) for column in self.settings.segments]
        return {
            **_common(account_key(row["AID"])),
            "column": "AID",
            **{f"segment_{n}": parts[n - 1] if n <= len(parts) else None for n in (1, 2, 3)},
            "name": text(row.get("DL01")),
            "postable": self._postable(row),
        }

    def _value(
        self,
        column: str,
        value: str,
        rows: Sequence[Row],
        units: Mapping[Any, str | None],
        parent: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        shown = text(value) or ""
        name = units.get(shown) if column == "MCU" else text(rows[0].get("DL01"))
        over = (text(parent[1]) or "") if parent else None
        return {
            **_common(value_key(column, shown, over)),
            "parent": value_key(parent[0], over) if parent and over is not None else None,
            "column": column,
            "segment_1": shown,
            "segment_2": None,
            "segment_3": None,
            "name": name or shown,
            "postable": any(self._postable(row) for row in rows),
        }

    def resolve(self, frames: Frames) -> Frames:
        documents = frames.documents.copy()
        links = self.bench.ledger.links.of(self.full_name, list(documents["key"]))
        parents = self.bench.ledger.links.of(self.full_name, [key for key in documents["parent"] if key])
        documents["parent_id"] = computed(
            documents, lambda row: parents[row["parent"]].target_id if row["parent"] in parents else None
        )
        documents["orphan"] = computed(documents, lambda row: None if row["parent"] in parents else row["parent"])
        documents["ignored"] = computed(
            documents, lambda row: None if row["postable"] or row["key"] in links else "not_postable"
        )
        return Frames(documents, frames.lines)

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("accounts", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema(
                "accounts",
                {
                    "segment_1": [required(), at_most(100)],
                    "segment_2": [at_most(100)],
                    "segment_3": [at_most(100)],
                    "name": [at_most(LONGEST_NAME if self.chart.dynamic else 1024)],
                    "orphan": [reason("account_not_linked", lambda keys: keys.isna())],
                },
            ),
            names={"orphan": "parent"},
            waits_for=self._waits_for,
        )

    def _waits_for(self, why: str, row: Mapping[str, Any]) -> str | None:
        """The value that it is a child of, delivered by this flow itself."""
        return f"link:{self.full_name}:{row['parent']}" if why == "account_not_linked" else None

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "segments": _segments(row),
            "column": row["column"],
            "name": row["name"],
            "active": row["postable"],
            **({"parent": row["parent_id"]} if row["parent"] else {}),
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return self.chart.holds_any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return self.chart.find(documents)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return self.chart.read(ids)

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.target_id is None and self.settings.mode == "validate_only":
            shown = ".".join(filter(None, document.content["segments"]))
            return Hold((problem("account_missing_in_target", "account", shown),))
        if self.settings.mode == "validate_only":
            return self.chart.validated(known, target)
        return converge(
            document.content,
            known,
            target,
            create=lambda: self.chart.create(document),
            update=lambda current, changes: self.chart.update(document, current, changes),
            source_wins=self.settings.on_conflict == "source",
        )

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours, theirs = document.content["segments"], target.content["segments"]
        wrong = () if ours == theirs else (FieldChange("segments", theirs, ours),)
        over, there = document.content.get("parent"), target.content.get("parent")
        return wrong if over == there else (*wrong, FieldChange("parent", there, over))

    def targets(self) -> list[Target]:
        return self.chart.all()

    def key_of(self, target: Target) -> str | None:
        if self.chart.dynamic:
            over = target.content.get("parent")
            parent = self._values_by_id.get(over) if over else None
            if over and parent is None:
                return None
            return value_key(target.content["column"], target.content["segments"][0], parent)
        return self._keys_by_segments.get(tuple(target.content["segments"]))

    @cached_property
    def _values_by_id(self) -> dict[str, str]:
        """Id in Coupa -> the value, of what this flow has delivered or linked."""
        links = self.bench.ledger.links.all(flow=self.full_name)
        return {link.target_id: link.source_key.rpartition("/")[2].rpartition(":")[2] for link in links}

    @cached_property
    def _keys_by_segments(self) -> dict[tuple[str, ...], str]:
        return {tuple(_segments(row)): row["key"] for row in self._rows}


def value_key(column: str, value: str, parent: str | None = None) -> str:
    """The document key of one segment value: `F0006:39302` for a unit, `F0901:OBJ/9270` for the others, and
    `F0901:SUB/9270/01` for one under another."""
    if parent is not None:
        return f"F0901:{column}/{parent}/{value}"
    return f"F0006:{value}" if column == "MCU" else f"F0901:{column}/{value}"


def _segments(row: Mapping[str, Any]) -> list[str]:
    """The segments from the first on, a blank one in between as '', those at the end left out."""
    parts = [row[f"segment_{n}"] or "" for n in (1, 2, 3)]
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _common(key: str) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(("day", "ignored", "amount", "currency", "parent", "parent_id", "orphan"))
    return {"key": key, **blank}

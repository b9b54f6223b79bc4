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
from typing import Any, ClassVar

from connector_assets.documents.jde.accounts.master import postable
from connector_assets.documents.jde.keys import Row, account_key, by, text
from connector_assets.engine.checks import (
    FrameChecks,
    at_most,
    computed,
    mapped_columns,
    reason,
    required,
    row_schema,
    shape_schema,
)
from connector_assets.engine.document import Decision, Document, FieldChange, Hold, Target
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.merge import converge
from connector_assets.engine.reasons import problem
from connector_assets.engine.watermarks import begins_empty
from connector_assets.pairs.jde_coupa.accounts.charts import Chart, DynamicChart
from connector_assets.pairs.jde_coupa.accounts.company_charts import Charts
from connector_assets.pairs.jde_coupa.accounts.settings import AccountSettings
from connector_resources.ledger import Delivery

PARENTS = ("parent", "parent_id", "orphan")
LONGEST_NAME = 255  # of a lookup value
# the rule of accounts whose company has no chart in Coupa
NO_CHART = "no_chart"


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
    lookup_fields = ("column", "segments")
    document_columns: ClassVar[Mapping[str, str]] = {
        "column": "str",
        # the name of the chart that holds it, where that is not the usual one
        "chart": "str?",
        "segment_1": "str?",
        "segment_2": "str?",
        "segment_3": "str?",
        "name": "str?",
        # the same of a lookup value, which is shorter
        "value_name": "str?",
        "postable": "bool",
        # of a value that is another one's child: that one's document, and its id in Coupa
        "parent": "str?",
        "parent_id": "str?",
        # the parent that has no record in Coupa yet
        "orphan": "str?",
    }
    Settings = AccountSettings

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """An account that someone made in Coupa meanwhile is linked, not refused: the chart is read in pages."""
        return self.settings.mode == "validate_only" or not begins_empty(self)

    @property
    def needs_opening(self) -> bool:  # type: ignore[override]
        return bool(self.settings.mode != "validate_only")

    @cached_property
    def charts(self) -> Charts:
        """Coupa's charts that this flow fills."""
        return Charts(self.context, self.settings)

    # -- the source side ------------------------------------------------------------------------------------------

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {}

    def all_keys(self) -> dict[str, date | None]:
        return {row["key"]: None for row in self._rows}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        documents = [row.copy() for row in self._rows if row["key"] in keys]
        # every account row stands behind itself, or behind the values of its segments
        unplaced = sum(self._chart_of(row) is None for row in self._accounts)
        dynamic = any(chart.dynamic for chart in self.charts.all)
        placed = len(self._accounts) - unplaced if dynamic else len(documents)
        return Assembly(
            documents=documents,
            rows=placed + unplaced,
            rows_in_documents=placed,
            ignored_rows=Counter({NO_CHART: unplaced} if unplaced else {}),
        )

    @cached_property
    def _accounts(self) -> list[Any]:
        return sorted(self.context.reader("jde").snapshot("F0901"), key=lambda row: row["AID"])

    def _chart_of(self, row: Row) -> Chart | None:
        """The chart of the company that an account is of."""
        return self.charts.of(text(row.get("CO")))

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        """A mapped row for everything that the charts shall hold, from the snapshots of this run."""
        static = [
            self._account(row, chart)
            for row in self._accounts
            if (chart := self._chart_of(row)) is not None and not chart.dynamic
        ]
        return static + self._values()

    def _values(self) -> list[dict[str, Any]]:
        """The values of dynamic charts, parents first. Charts that share a lookup share its values: they are told of
        the first of them."""
        shared: dict[tuple[str, str, str | None], list[DynamicChart]] = {}
        for chart in self.charts.all:
            if isinstance(chart, DynamicChart):
                for column in chart.settings.segments:
                    shared.setdefault(
                        (column, chart.lookup_of(column), chart.settings.depends_on.get(column)), []
                    ).append(chart)
        units = {text(row["MCU"]): text(row.get("DL01")) for row in self.context.reader("jde").snapshot("F0006")}
        roots_first = sorted(shared.items(), key=lambda item: item[0][2] is not None)
        by_lookup: dict[str, list[dict[str, Any]]] = {}
        for (column, lookup, above), charts in roots_first:
            rows = [row for row in self._accounts if text(row.get(column)) and self._chart_of(row) in charts]
            own = by_lookup.setdefault(lookup, [])
            if above is None:
                own += [self._value(charts[0], column, v, of, units) for v, of in sorted(by(rows, column).items())]
            else:
                pairs = sorted(by([row for row in rows if text(row.get(above))], above, column).items())
                own += [self._value(charts[0], column, v, of, units, (above, over)) for (over, v), of in pairs]
        rows = [row for values in by_lookup.values() for row in self._named_apart(values)]
        return sorted(rows, key=lambda row: row["parent"] is not None)

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

    def _account(self, row: Row, chart: Chart) -> dict[str, Any]:
        parts = [text(row.get(column)) for column in chart.settings.segments]
        return {
            **_common(account_key(row["AID"])),
            "column": "AID",
            "chart": chart.named.get("chart"),
            **{f"segment_{n}": parts[n - 1] if n <= len(parts) else None for n in (1, 2, 3)},
            "name": text(row.get("DL01")),
            "postable": self._postable(row),
        }

    def _value(
        self,
        chart: DynamicChart,
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
            **_common(self.value_key(chart, column, shown, over)),
            "parent": self.value_key(chart, parent[0], over) if parent and over is not None else None,
            "column": column,
            "chart": chart.named.get("chart"),
            "segment_1": shown,
            "segment_2": None,
            "segment_3": None,
            "name": name or shown,
            "postable": any(self._postable(row) for row in rows),
        }

    def value_key(self, chart: DynamicChart, column: str, value: str, parent: str | None = None) -> str:
        """The document key of one segment value: `F0006:39302` for a unit, `F0901:OBJ/9270` for the others, and
        `F0901:SUB/9270/01` for one under another. In a lookup that is not the usual one of its column, that is named:
        `F0901:OBJ@Objects UK/9270`."""
        lookup = chart.lookup_of(column)
        if lookup != self.settings.lookups.get(column):
            column = f"{column}@{lookup.replace('/', '_')}"
        elif column == "MCU" and parent is None:
            return f"F0006:{value}"
        return f"F0901:{column}/{value}" if parent is None else f"F0901:{column}/{parent}/{value}"

    def resolve(self, frames: Frames) -> Frames:
        documents = frames.documents.copy()
        links = self.context.ledger.links.of(self.full_name, list(documents["key"]))
        parents = self.context.ledger.links.of(self.full_name, [key for key in documents["parent"] if key])
        documents["parent_id"] = computed(
            documents, lambda row: parents[row["parent"]].target_id if row["parent"] in parents else None
        )
        documents["value_name"] = computed(documents, lambda row: row["name"] if row["column"] != "AID" else None)
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
                    "name": [at_most(1024)],
                    "value_name": [at_most(LONGEST_NAME)],
                    "orphan": [reason("account_not_linked", lambda keys: keys.isna())],
                },
            ),
            names={"orphan": "parent", "value_name": "name"},
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
            **({"chart": row["chart"]} if row["chart"] else {}),
        }

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return self.charts.holds_any()

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return self.charts.find(documents)

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return self.charts.read(ids)

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if known.target_id is None and self.settings.mode == "validate_only":
            shown = ".".join(filter(None, document.content["segments"]))
            return Hold((problem("account_missing_in_target", "account", shown),))
        if self.settings.mode == "validate_only":
            return self.charts.chart_of(document).validated(known, target)
        chart = self.charts.chart_of(document)
        return converge(
            document.content,
            known,
            target,
            create=lambda: chart.create(document),
            update=lambda current, changes: chart.update(document, current, changes),
            source_wins=self.settings.on_conflict == "source",
        )

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        ours, theirs = document.content["segments"], target.content["segments"]
        wrong = () if ours == theirs else (FieldChange("segments", theirs, ours),)
        others = [(name, document.content.get(name), target.content.get(name)) for name in ("parent", "chart")]
        return (*wrong, *(FieldChange(name, there, here) for name, here, there in others if here != there))

    def refers_to(self, document: Document) -> Collection[tuple[str, str]]:
        above = document.facts["row"]["parent"]
        return {*super().refers_to(document), *([(self.name, above)] if above else ())}

    def targets(self) -> list[Target]:
        return self.charts.targets()

    def key_of(self, target: Target) -> str | None:
        content = target.content
        chart = self.charts.named(content.get("chart"))
        if chart is None:
            return None
        if not isinstance(chart, DynamicChart):
            return self._keys_by_segments.get((chart.name, *content["segments"]))
        over = content.get("parent")
        parent = self._values_by_id.get(over) if over else None
        if (over and parent is None) or content["column"] not in chart.settings.segments:
            return None
        return self.value_key(chart, content["column"], content["segments"][0], parent)

    @cached_property
    def _values_by_id(self) -> dict[str, str]:
        """Id in Coupa -> the value, of what this flow has delivered or linked."""
        links = self.context.ledger.links.all(flow=self.full_name)
        return {link.target_id: link.source_key.rpartition("/")[2].rpartition(":")[2] for link in links}

    @cached_property
    def _keys_by_segments(self) -> dict[tuple[str, ...], str]:
        usual = self.charts.usual.name if self.charts.usual else ""
        return {(row["chart"] or usual, *_segments(row)): row["key"] for row in self._rows if row["column"] == "AID"}


def _segments(row: Mapping[str, Any]) -> list[str]:
    """The segments from the first on, a blank one in between as '', those at the end left out."""
    parts = [row[f"segment_{n}"] or "" for n in (1, 2, 3)]
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _common(key: str) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(("day", "ignored", "amount", "currency", "chart", "value_name", *PARENTS))
    return {"key": key, **blank}

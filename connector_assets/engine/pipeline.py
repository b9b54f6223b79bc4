"""The way of a record, without Dagster: changed keys, mapped frames, checked documents, outcomes.

The Dagster assets, the plan, the replay and the sweep are thin callers of this code. Mapped frames are kept in the
landing store, so that the asset that writes can run by itself; it resolves references and checks the rows again first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from connector_assets.engine import plans
from connector_assets.engine.checks import ENCRYPTED, Findings, examine, frame, mapped_columns, records
from connector_assets.engine.days import marks_of, new_sources
from connector_assets.engine.document import Document
from connector_assets.engine.engine import Engine
from connector_assets.engine.flow import Assembly, Flow, Frames
from connector_assets.engine.frozen import Frozen
from connector_assets.engine.linking import advised
from connector_assets.engine.one_payer import report_payers
from connector_assets.engine.parties import label_of, parties
from connector_assets.engine.planning import Planner
from connector_assets.engine.reasons import problem
from connector_assets.engine.report import SETTLED, DaysRead, FirstLook, FlowReport, Result
from connector_assets.engine.start_date import leave_alone, of_before
from connector_assets.engine.task import DeliveryPolicy
from connector_assets.engine.unreadable import UnreadableRecords, record_problem, without_unreadable
from connector_resources.currencies import SURE
from connector_resources.encrypted import encrypted_field
from connector_resources.errors import ConnectorError
from connector_resources.ledger import LandedObject
from connector_resources.unreadable import UnreadableRecord, set_aside

# of what the mapped asset tells the delivered one, the records that could not be read before and can be now
READ_AGAIN = "read_again"
# and what a first sync read besides its days
FIRST_LOOK = "first_look"
ARROW = {
    "str": pa.string(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "money": pa.decimal128(24, 6),
}


def _kept(name: str, kind: str) -> pa.Field:
    return encrypted_field(name) if kind == ENCRYPTED else pa.field(name, ARROW[kind])


class ShapeError(ConnectorError):
    """The mapped frame is not what its flow says it is: nothing of it is written."""


@dataclass
class Mapped:
    """The mapped frames of some documents, what the checks found, and how their rows are accounted for."""

    frames: Frames
    findings: Findings
    assembly: Assembly | None

    @property
    def held(self) -> int:
        """Documents that a check holds."""
        return len(self.findings.rows)


class Pipeline:
    """The way of a record of one flow in one run. With `lets_in` documents before the start date are delivered too: a
    person asked for it."""

    def __init__(self, flow: Flow, policy: DeliveryPolicy, *, lets_in: bool = False) -> None:
        self.flow = flow
        self.context = flow.context
        self.policy = policy
        self.lets_in = lets_in
        self.unreadable = UnreadableRecords(flow)
        self._last_day: date | None = None
        self._days: DaysRead | None = None
        self._first_look: FirstLook | None = None

    # -- reading --------------------------------------------------------------------------------------------------

    def land(self, first: date, last: date) -> None:
        """Read the changes of these days, and the snapshots, into the landing store, as source assets do. Each source
        is read up to its own today."""
        reached: dict[str, date] = {}
        for source in self.flow.sources:
            reader = self.context.reader(source.role)
            if not source.daily:
                reader.land_snapshot(source.entity)
            elif first <= (own := min(last, self.context.today(source.role))):
                reader.land_window(source.entity, first, own)
                reached[source.entity] = own
        self._days = DaysRead(first, reached)

    def keys_of(self, first: date, last: date, *, due: bool) -> dict[str, date | None]:
        """The documents of a sync of these days: those that changed in them; with `due` those that are due for another
        attempt; in a first sync those without a day; those touched by an entity that the flow reads only since a newer
        version."""
        changed = self.changed_keys(first, last)
        earlier = self._undated_keys(first, changed) | self._keys_of_new_sources(first)
        return (self.due_keys() if due else {}) | earlier | changed

    def _undated_keys(self, first: date, changed: Collection[str]) -> dict[str, date | None]:
        """In a flow's first sync, from the start date on: the documents whose rows have no day of change, or one in the
        future. Later the sweep finds them."""
        flow, context = self.flow, self.context
        if marks_of(flow) or first > context.start_date or not context.reader(flow.source_role).may_lack_days:
            return {}
        keys, today = self.all_keys(), context.today(flow.source_role)
        undated = {key for key, day in keys.items() if key not in changed and (day is None or day > today)}
        before = sum(day is not None and day < context.start_date for day in keys.values())
        self._first_look = FirstLook(undated, before)
        return dict.fromkeys(undated)

    def _keys_of_new_sources(self, first: date) -> dict[str, date | None]:
        """What changed, since the start date and before these days, in entities that the flow has never read although
        it was synced before. Only their rows are read, and the documents that they touch are looked at again."""
        keys: dict[str, date | None] = {}
        until = first - timedelta(days=1)
        for source in new_sources(self.flow):
            reader, start = self.context.reader(source.role), self.context.start_date
            own = min(until, self.context.today(source.role))
            if own < start:
                continue
            reader.land_window(source.entity, start, own)
            with set_aside() as found:
                for rows in reader.windows(source.entity, start, own):
                    # not of the days of this run, as what is due is not
                    keys |= dict.fromkeys(self.flow.changed_keys(source.entity, rows))
            self.unreadable.add(found)
            self.unreadable.add(reader.unreadable(source.entity, start, own))
        return keys

    def changed_keys(self, first: date, last: date) -> dict[str, date | None]:
        """The documents touched in the landed rows of these days, each with its latest day."""
        keys: dict[str, date | None] = {}
        self._last_day = last
        # what cannot be read is reported; which documents it touches is known once it can be
        with set_aside() as found:
            for source in self.flow.sources:
                if not source.daily:
                    continue
                reader = self.context.reader(source.role)
                for rows in reader.windows(source.entity, first, last):
                    merge(keys, self.flow.changed_keys(source.entity, rows))
                self.unreadable.add(reader.unreadable(source.entity, first, last))
        self.unreadable.add(found)
        # what cannot be read there is reported by who reads it to deliver it
        with set_aside():
            merge(keys, self.flow.changed_in_target(first, last))
        return keys

    def all_keys(self) -> dict[str, date | None]:
        """Every document that the source holds. Records that could not be read are in `unreadable`: while there are
        any, no document counts as gone."""
        with set_aside() as found:
            keys = self.flow.all_keys()
        self.unreadable.add(found)
        return keys

    def due_keys(self) -> dict[str, date | None]:
        """The documents that are due for another attempt, of any day, and those of records that were unreadable before
        and can be read now."""
        deliveries, flow = self.context.ledger.deliveries, self.flow.full_name
        due: dict[str, date | None] = dict.fromkeys(
            [*deliveries.due(flow, self.context.now()), *deliveries.waiting(flow)]
        )
        merge(due, self.unreadable.read_again())
        return due

    # -- mapping --------------------------------------------------------------------------------------------------

    def map(self, keys: Mapping[str, date | None]) -> Mapped:
        """Read what is missing of these documents by key, map and check them."""
        now = self.context.now()
        assembly = self._assembled(keys)
        # asked for by what was made of the keys: a change may touch other documents than it names
        read_at = self._read_at({row["key"] for row in assembly.documents}, now)
        for row in assembly.documents:
            row["read_at"] = read_at(row["key"])
        frames = Frames(
            documents=frame(assembly.documents, self.document_columns),
            lines=frame(assembly.lines, self.line_columns),
        )
        mapped = self.check(frames, assembly)
        self._count_unreadable(assembly)
        assembly.check(self.flow.full_name)
        return mapped

    def _assembled(self, keys: Mapping[str, date | None]) -> Assembly:
        """The documents that can be built. A document with an unreadable record is left out whole."""

        def attempt(chosen: list[str]) -> Assembly:
            return self.flow.assemble({key: keys[key] for key in chosen}) if chosen else Assembly()

        assembly, blocked = without_unreadable(list(keys), attempt)
        self.unreadable.block(blocked, keys)
        return assembly

    def _count_unreadable(self, assembly: Assembly) -> None:
        """Every record that the flow reads and that could not be read counts as a row."""
        for source in self.flow.sources:
            if not source.daily:
                self.unreadable.add(self.context.reader(source.role).unreadable_of_snapshot(source.entity))
        assembly.unreadable = len(self.unreadable.met)
        assembly.rows += assembly.unreadable

    def _read_at(self, keys: Collection[str], now: datetime) -> Callable[[str], str]:
        """When a document is read, by its key. It is later than the time of what is known, even if the clock was set
        back in between or another machine's clock was ahead: else its change would count as an old one."""
        known = self.context.ledger.deliveries.load(self.flow.full_name, keys)
        ahead = {key: each.read_at for key, each in known.items() if each.read_at and each.read_at >= now}
        instants = {key: (instant + timedelta(microseconds=1)).isoformat() for key, instant in ahead.items()}
        usual = now.isoformat()
        return lambda key: instants.get(key, usual)

    def check(self, frames: Frames, assembly: Assembly | None = None) -> Mapped:
        """Fill in links and mappings as they are now, and run the flow's checks."""
        old: set[str] = set() if self.lets_in else of_before(self.flow, frames)
        # before, so that what is ignored takes nothing from the others; after, since rules are told again there
        frames = leave_alone(frames, old)
        resolved, blocked = without_unreadable(
            list(frames.documents["key"]), lambda keys: self.flow.resolve(_only(frames, keys))
        )
        if blocked:
            # all of them once more, so that what must be unique is looked at among all; those blocked are held
            with set_aside():
                resolved = self.flow.resolve(frames)
        resolved = leave_alone(resolved, old)
        findings = examine(self.flow.checks, resolved.documents, resolved.lines)
        for key, record in blocked:
            findings.rows.setdefault(key, []).append(record_problem(record))
        if self.flow.amounts_of is not None:
            self._warn_of_amounts(self.flow.amounts_of, resolved.documents, findings)
        findings.rows = advised(self.flow, findings.rows)
        return Mapped(resolved, findings, assembly)

    def _warn_of_amounts(self, role: str, documents: pd.DataFrame, findings: Findings) -> None:
        """Hold what is in a currency of which a system may show other amounts than it means."""
        asked = {each for each in documents["currency"] if isinstance(each, str) and each} - SURE
        words = {each: self.context.reader(role).currency_warning(each) for each in sorted(asked)}
        warnings = {currency: why for currency, why in words.items() if why}
        for row in records(documents) if warnings else ():
            if row["currency"] in warnings and row["ignored"] is None:
                why = problem("decimals_not_known", "currency", warnings[row["currency"]])
                findings.rows.setdefault(row["key"], []).append(why)

    @property
    def document_columns(self) -> dict[str, str]:
        """Column -> kind of a mapped document row."""
        return mapped_columns(self.flow.document_columns)

    @property
    def line_columns(self) -> dict[str, str]:
        """Column -> kind of a mapped line row."""
        return {"key": "str"} | dict(self.flow.line_columns)

    def store(self, mapped: Mapped, window: tuple[date, date] | None) -> list[LandedObject]:
        """Keep the mapped frames in the landing store, and the counts of their rows, for the asset that writes."""
        landing, context = self.context.landing, self.context
        if mapped.assembly is not None:
            accounts = mapped.assembly.as_json() | {READ_AGAIN: self.unreadable.read}
            if self._first_look is not None:
                accounts[FIRST_LOOK] = self._first_look.kept()
            context.ledger.reports.put(context.run, self._mapped_name, accounts, at=context.now())
        kept = []
        for part, data, columns in (
            # the lines first: documents without theirs are never found, should we end in between
            ("lines", mapped.frames.lines, self.line_columns),
            ("documents", mapped.frames.documents, self.document_columns),
        ):
            schema = pa.schema([_kept(name, kind.rstrip("?")) for name, kind in columns.items()])
            kept.append(
                landing.write(
                    context.integration.name,
                    f"{self.flow.name}/{part}",
                    context.run,
                    "mapped",
                    records(data),
                    schema,
                    window=window,
                )
            )
        return kept

    @property
    def _mapped_name(self) -> str:
        return f"{self.flow.full_name}/mapped"

    def _rows_of_this_run(self) -> dict[str, Any]:
        """The counts that the mapped asset of this run left; none when the writing asset runs by itself."""
        reports = self.context.ledger.reports.of(self.context.run)
        return next((dict(each.report) for each in reports if each.flow == self._mapped_name), {})

    def load(self, days: Sequence[date] | None) -> Frames:
        """The newest mapped frames of these days (None: the newest snapshot), each key once, the newest row of it."""
        chosen = None if days is None else set(days)
        rows: dict[str, dict[str, Any]] = {}
        lines: dict[str, list[dict[str, Any]]] = {}
        for documents_of, lines_of in self._stored(days):
            own: dict[str, list[dict[str, Any]]] = {}
            for line in self._rows(lines_of):
                own.setdefault(line["key"], []).append(line)
            for row in self._rows(documents_of):
                if chosen is not None and row["day"] is not None and row["day"] not in chosen:
                    continue
                rows[row["key"]], lines[row["key"]] = row, own.get(row["key"], [])
        kept = [line for each in lines.values() for line in each]
        return Frames(frame(list(rows.values()), self.document_columns), frame(kept, self.line_columns))

    def _stored(self, days: Sequence[date] | None) -> list[tuple[LandedObject, LandedObject]]:
        """The newest documents of each of these days with the lines that were stored just before them, oldest first."""
        landing = self.context.ledger.landing
        connection, entity = self.context.integration.name, f"{self.flow.name}/documents"
        if days is None:
            found = landing.newest_snapshot(connection, entity, kind="mapped")
        else:
            found = [each for day in days for each in landing.newest(connection, entity, day)]
        objects = {each.id: each for each in found}
        return [(objects[id], self._lines_of(objects[id])) for id in sorted(objects)]

    def _lines_of(self, documents: LandedObject) -> LandedObject:
        stored = self.context.ledger.landing.for_run(
            documents.run, self.context.integration.name, f"{self.flow.name}/lines", "mapped"
        )
        return max((each for each in stored if each.id < documents.id), key=lambda each: each.id)

    def _rows(self, landed: LandedObject) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.context.landing.read(landed).to_pylist()
        return rows

    def report_unreadable(self) -> None:
        """Write the exceptions of the records that could not be read."""
        self.unreadable.tell(self._last_day)

    # -- delivering -----------------------------------------------------------------------------------------------

    def documents(self, mapped: Mapped) -> list[Document]:
        """The documents of checked frames. Raises ShapeError where the frame is not what its flow says it is."""
        if mapped.findings.shape:
            raise ShapeError(
                f"{self.flow.full_name}: the mapped frame is not valid, nothing was written: "
                + "; ".join(mapped.findings.shape[:3])
            )
        lines: dict[str, list[dict[str, Any]]] = {}
        for line in records(mapped.frames.lines):
            lines.setdefault(line["key"], []).append(line)
        rows, made = records(mapped.frames.documents), []
        named = parties(self.flow, rows)
        for row in rows:
            own = lines.get(row["key"], [])
            made.append(
                Document(
                    key=row["key"],
                    content=self.flow.content(row, own),
                    read_at=datetime.fromisoformat(row["read_at"]),
                    day=row["day"],
                    amount=row["amount"],
                    currency=row["currency"],
                    ignored=row["ignored"],
                    problems=tuple(mapped.findings.rows.get(row["key"], ())),
                    facts={"row": row, "lines": own},
                    moved=self.flow.moved(row),
                    party=named[row["key"]].name if row["key"] in named else None,
                    party_number=named[row["key"]].number if row["key"] in named else None,
                    label=label_of(row) if self.flow.carries_money else None,
                )
            )
        return made

    def must_plan_first(self, mode: str = "apply") -> bool:
        """Whether this flow was never opened and its target already holds documents of its kind. An empty target opens
        the flow at once."""
        flows = self.context.ledger.flows
        if not self.flow.needs_opening or flows.get(self.flow.full_name) is not None:
            return False
        if self._holds_any():
            # another run may have opened the flow while we looked: what is there is what it sent
            return flows.get(self.flow.full_name) is None
        if mode == "plan":
            return False
        flows.open(self.flow.full_name, "empty_target", self.context.now(), run=self.context.run)
        return False

    def _holds_any(self) -> bool:
        try:
            return self.flow.holds_any()
        except UnreadableRecord:
            # what cannot be read is there
            return True

    def deliver(
        self,
        mapped: Mapped,
        *,
        mode: str = "apply",
        baseline_to: date | None = None,
        plan: Mapping[str, Frozen] | None = None,
        filled: Callable[[], Mapping[str, Frozen]] | None = None,
        standing: Sequence[Result] = (),
    ) -> FlowReport:
        """Bring checked documents to their outcomes. `mode` is 'apply', 'plan', 'adopt' or 'baseline'; with `plan` (key
        -> planned call) the documents are those of a plan that is applied; `filled` says its calls again, with the
        links of what of this flow is made by then. `standing` are results of other documents, which need no look, to be
        counted with them.

        The report is kept in the ledger. An error that ended the work early is in `report.error`.
        """
        started = time.monotonic()
        reads, writes = self.context.calls()
        documents = self.documents(mapped)
        if plan is not None:
            # a document may be read together with others, which are not in the plan
            documents = [document for document in documents if document.key in plan]
        report = FlowReport(self.flow.full_name, self.flow.carries_money)
        report.rows = mapped.assembly.as_json() if mapped.assembly else self._rows_of_this_run()
        self.unreadable.read += report.rows.pop(READ_AGAIN, [])
        looked = report.rows.pop(FIRST_LOOK, None)
        report.first_look = FirstLook.parse(looked) if looked else self._first_look
        if mode in ("apply", "plan") and self.must_plan_first(mode):
            mode, report.plan_reason = "plan", "target_not_empty"
        if mode == "apply":
            self._look(report, lambda: self.flow.look_before(documents))
        report.add(self._outcomes(documents, mode, report, baseline_to, plan, filled, mapped.frames))
        if mode == "apply" and not report.plan:
            self._look(report, lambda: report_payers(self.flow, [document.key for document in documents]))
        if not report.plan:
            # also of what was adopted: that is the first sight
            self._look(report, lambda: self.flow.look_at_accounts(whole=False))
        report.add(standing)
        report.check([*(document.key for document in documents), *(result.key for result in standing)])
        staged = [key for key, result in report.results.items() if result.outcome == "staged"]
        calls = self.context.ledger.staged.of(self.flow.full_name, staged).values()
        report.waiting = sorted((each for each in calls if each.state == "waiting"), key=lambda each: each.id)
        now_reads, now_writes = self.context.calls()
        report.reads, report.writes = now_reads - reads, now_writes - writes
        report.seconds = time.monotonic() - started
        if report.plan:
            report.whole = self._whole(report)
            plans.keep(self.context, report)
        else:
            self.report_unreadable()
            if report.error is None:
                self.unreadable.settle()
            self.context.ledger.reports.put(
                self.context.run, self.flow.full_name, report.as_json(), at=self.context.now()
            )
        return report

    def _whole(self, report: FlowReport) -> DaysRead | None:
        """The days of a plan that leaves nothing to a sync: a sync would hold nothing, report nothing and come back to
        nothing. None if it would, or if the plan is not of days."""
        if self.lets_in or report.plan_reason or report.unreadable:
            return None
        left = any(
            each.outcome not in (SETTLED - {"adopted"} | {"staged", "ignored"}) or each.rule in self.flow.ignored_until
            for each in report.results.values()
        )
        return None if left else self._days

    @staticmethod
    def _look(report: FlowReport, look: Callable[[], object]) -> None:
        """The checks at the end of a run: bank accounts of parties, what both systems could pay. If a system cannot be
        asked, the run has not done its work."""
        try:
            look()
        except ConnectorError as error:
            report.error = report.error or error

    def _outcomes(
        self,
        documents: Sequence[Document],
        mode: str,
        report: FlowReport,
        baseline_to: date | None,
        plan: Mapping[str, Frozen] | None,
        filled: Callable[[], Mapping[str, Frozen]] | None,
        frames: Frames,
    ) -> Iterable[Result]:
        flows, context = self.context.ledger.flows, self.context
        planner = Planner(self.flow, self.policy, owner=context.run)
        if mode == "plan":
            report.plan = True
            opening = report.plan_reason is not None

            def planned(some: Sequence[Document]) -> list[Result]:
                results, calls = planner.plan(
                    some, look_up=opening or self.flow.lookup_before_create, goes_on=not opening
                )
                report.planned += calls
                report.held += planner.held
                return results

            return self._parents_first(documents, frames, planned)
        if mode == "adopt":
            results = self._parents_first(documents, frames, planner.adopt)
            flows.open(self.flow.full_name, "adopt", context.now(), run=context.run)
            return results
        if mode == "baseline":
            results = planner.baseline(documents)
            flows.open(self.flow.full_name, "baseline", context.now(), run=context.run, baseline_to=baseline_to)
            return results
        if mode != "apply":
            raise ValueError(f"unknown mode {mode}")
        engine = Engine(self.flow, self.policy, owner=context.run, plan=plan)

        def delivered(some: Sequence[Document]) -> list[Result]:
            if filled is not None:
                engine.plan = filled()
            return engine.deliver(some)

        results = self._parents_first(documents, frames, delivered)
        report.error = engine.stopped
        return results

    def _parents_first(
        self,
        documents: Sequence[Document],
        frames: Frames,
        deliver: Callable[[Sequence[Document]], list[Result]],
    ) -> list[Result]:
        """Deliver in rounds: a document that waits for the link of another one of these comes after it, and is checked
        again with the other's outcome."""
        results: list[Result] = []
        while True:
            keys = {document.key for document in documents}
            later = {document.key for document in documents if keys & self._waited_for(document)}
            # those that wait for one another never end; they are held as they are
            now = [document for document in documents if document.key not in later] or documents
            results += deliver(now)
            if len(now) == len(documents):
                return results
            documents = self.documents(self.check(_only(frames, later)))

    def _waited_for(self, document: Document) -> set[str]:
        """The documents of this flow for whose link a document waits."""
        own = f"link:{self.flow.full_name}:"
        waits = (each.waits_for for each in document.problems if each.waits_for)
        return {name.removeprefix(own) for name in waits if name.startswith(own)} - {document.key}


def _only(frames: Frames, keys: Collection[str]) -> Frames:
    """The frames of these documents."""
    if len(keys) == len(frames.documents):
        return frames
    documents, lines = frames.documents, frames.lines
    return Frames(
        documents[documents["key"].isin(keys)].reset_index(drop=True),
        lines[lines["key"].isin(keys)].reset_index(drop=True),
    )


def merge(into: dict[str, date | None], found: Mapping[str, date | None]) -> None:
    """Add keys, keeping for each its latest day."""
    for key, day in found.items():
        known = into.get(key)
        into[key] = day if known is None else known if day is None else max(known, day)

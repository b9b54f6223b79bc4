"""What was read and how far: landed objects, watermarks, opened flows, reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, update

from connector_resources.clock import Clock
from connector_resources.ledger.database import FLOW, Database, insert_into, within
from connector_resources.ledger.models import flow_state, landing_objects, reports, watermarks
from connector_resources.ledger.rows import FlowState, LandedObject, LandingKind, OpenedBy, Report, Watermark

_LANDED = tuple(landing_objects.c[name] for name in LandedObject.__slots__)
_WATERMARK = tuple(watermarks.c[name] for name in Watermark.__slots__)
_FLOW = tuple(flow_state.c[name] for name in FlowState.__slots__)
_STATE = select(*_FLOW).where(flow_state.c.flow == FLOW)
_REGISTER = landing_objects.insert().returning(landing_objects.c.id)
_REPORT = tuple(reports.c[name] for name in Report.__slots__)


class Landing:
    """The group `ledger.landing`: which objects of the landing store are complete."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def register(
        self,
        connection: str,
        entity: str,
        run: str,
        kind: LandingKind,
        path: str,
        rows: int,
        schema_hash: str,
        window: tuple[date, date] | None = None,
        now: datetime | None = None,
    ) -> LandedObject:
        """Say that an object is complete. `window` is its first and last day."""
        first, last = window or (None, None)
        values = {
            "connection": connection,
            "entity": entity,
            "run": run,
            "kind": kind,
            "window_from": first,
            "window_to": last,
            "path": path,
            "rows": rows,
            "schema_hash": schema_hash,
            "at": now or self._clock.now(),
        }
        with self._db.write(even_copied=True) as db:
            id = db.execute(_REGISTER, values).scalar_one()
        return LandedObject(id=id, **values)  # type: ignore[arg-type]

    def newest(self, connection: str, entity: str, day: date) -> list[LandedObject]:
        """The newest object whose window covers the day; empty where none does."""
        query = self._of(connection, entity).where(
            landing_objects.c.window_from <= day, landing_objects.c.window_to >= day
        )
        return self._first(query)

    def newest_snapshot(self, connection: str, entity: str, kind: LandingKind = "snapshot") -> list[LandedObject]:
        """The newest object of this kind that has no window; empty where there is none."""
        query = self._of(connection, entity).where(
            landing_objects.c.kind == kind, landing_objects.c.window_from.is_(None)
        )
        return self._first(query)

    def for_run(
        self,
        run: str,
        connection: str | None = None,
        entity: str | None = None,
        kind: LandingKind | None = None,
    ) -> list[LandedObject]:
        """What one run has landed, in order."""
        query = select(*_LANDED).where(landing_objects.c.run == run).order_by(landing_objects.c.id)
        for column, value in (("connection", connection), ("entity", entity), ("kind", kind)):
            if value is not None:
                query = query.where(landing_objects.c[column] == value)
        with self._db.read() as db:
            return [LandedObject(*row) for row in db.execute(query)]

    def get(self, id: int) -> LandedObject | None:
        """An object as it is now."""
        with self._db.read() as db:
            row = db.execute(select(*_LANDED).where(landing_objects.c.id == id)).first()
        return None if row is None else LandedObject(*row)

    def in_clear(self) -> list[tuple[LandedObject, str]]:
        """The objects that have a file with numbers in the clear, and that file: their own, or the one before it."""
        clear = landing_objects.c.clear_path
        query = select(*_LANDED, clear).where(clear.is_not(None)).order_by(landing_objects.c.id)
        with self._db.read() as db:
            return [(LandedObject(*row[:-1]), row[-1]) for row in db.execute(query)]

    def paths(self, connection: str, entity: str) -> set[str]:
        """The files of an entity, those that are still to be deleted included."""
        query = self._of(connection, entity).with_only_columns(landing_objects.c.path, landing_objects.c.clear_path)
        with self._db.read() as db:
            return {path for row in db.execute(query) for path in row if path is not None}

    def move(self, landed: LandedObject, path: str) -> bool:
        """Say that an object is in another file now; False where another process has moved it already."""
        here = (landing_objects.c.id == landed.id) & (landing_objects.c.path == landed.path)
        with self._db.write() as db:
            return db.execute(update(landing_objects).where(here).values(path=path)).rowcount == 1

    def cleared(self, id: int) -> None:
        """Say that the file of an object that held numbers in the clear is gone."""
        with self._db.write() as db:
            db.execute(update(landing_objects).where(landing_objects.c.id == id).values(clear_path=None))

    def _of(self, connection: str, entity: str) -> Select[Any]:
        return select(*_LANDED).where(landing_objects.c.connection == connection, landing_objects.c.entity == entity)

    def _first(self, query: Select[Any]) -> list[LandedObject]:
        with self._db.read() as db:
            row = db.execute(query.order_by(landing_objects.c.id.desc()).limit(1)).first()
        return [] if row is None else [LandedObject(*row)]


class Watermarks:
    """The group `ledger.watermarks`: to which day a flow has read an entity."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def get(self, flow: str, entity: str) -> Watermark | None:
        """The watermark; None before the first advance."""
        query = select(*_WATERMARK).where(watermarks.c.flow == flow, watermarks.c.entity == entity)
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else Watermark(*row)

    def advance(
        self,
        flow: str,
        entity: str,
        day: date,
        *,
        probe: Any = None,
        run: str | None = None,
        now: datetime | None = None,
        force: bool = False,
    ) -> bool:
        """Move to a day, with what the change probe said. An earlier day changes nothing, unless forced."""
        insert = self._db.insert(watermarks)
        statement = insert.on_conflict_do_update(
            index_elements=[watermarks.c.flow, watermarks.c.entity],
            set_={name: insert.excluded[name] for name in ("day", "probe", "at", "run")},
            where=or_(watermarks.c.day <= insert.excluded.day, literal(force)),
        ).returning(watermarks.c.flow)
        at = now or self._clock.now()
        values = {"flow": flow, "entity": entity, "day": day, "probe": probe, "at": at, "run": run}
        with self._db.write() as connection:
            return connection.execute(statement, values).first() is not None


class Flows:
    """The group `ledger.flows`: which flows may write, and since when."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, flow: str) -> FlowState | None:
        """None for a flow that was never opened."""
        with self._db.read() as connection:
            row = connection.execute(_STATE, {"flow": flow}).first()
        return None if row is None else FlowState(*row)

    def open(
        self,
        flow: str,
        opened_by: OpenedBy,
        now: datetime,
        run: str | None = None,
        baseline_to: date | None = None,
    ) -> None:
        """Open a flow for writing. How it was opened first stays; a later baseline only moves
        `baseline_to`.
        """
        insert = self._db.insert(flow_state).values(
            flow=flow, opened_by=opened_by, opened_at=now, baseline_to=baseline_to, run=run
        )
        if baseline_to is None:
            statement = insert.on_conflict_do_nothing(index_elements=[flow_state.c.flow])
        else:
            statement = insert.on_conflict_do_update(
                index_elements=[flow_state.c.flow], set_={"baseline_to": insert.excluded.baseline_to}
            )
        with self._db.write() as connection:
            connection.execute(statement)


class Reports:
    """The group `ledger.reports`: what each run, or plan, came to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def put(
        self,
        run: str,
        flow: str,
        report: Mapping[str, Any],
        *,
        plan: bool = False,
        at: datetime | None = None,
    ) -> None:
        """Keep the report of one run in one flow, replacing an earlier one of the same run."""
        values = {"run": run, "flow": flow, "plan": plan, "report": dict(report), "at": at or self._clock.now()}
        with self._db.write(even_copied=True) as connection:
            connection.execute(_replacing(self._db.dialect), values)

    def of(self, run: str) -> list[Report]:
        """The reports of a run, in the order in which they were made."""
        return self._all(select(*_REPORT).where(reports.c.run == run).order_by(reports.c.at, reports.c.flow))

    def latest(self, flow: str, *, plan: bool | None = None) -> Report | None:
        """A flow's newest report; with `plan`, the newest that is, or is not, a plan."""
        query = select(*_REPORT).where(reports.c.flow == flow)
        if plan is not None:
            query = query.where(reports.c.plan.is_(plan))
        found = self._all(query.order_by(reports.c.at.desc(), reports.c.run.desc()).limit(1))
        return found[0] if found else None

    def plans(self, limit: int, integration: str | None = None) -> list[Report]:
        """The reports of the newest plans, the newest plan first, its flows in the order in which they were planned."""
        of_plans = select(reports.c.run).where(reports.c.plan).group_by(reports.c.run)
        if integration is not None:
            of_plans = of_plans.where(within(reports.c.flow, integration))
        at = func.max(reports.c.at)
        with self._db.read() as connection:
            newest = list(connection.execute(of_plans.order_by(at.desc(), reports.c.run).limit(limit)).scalars())
        found = self._all(select(*_REPORT).where(reports.c.plan, reports.c.run.in_(newest)))
        return sorted(found, key=lambda each: (newest.index(each.run), each.at, each.flow))

    def _all(self, query: Select[Any]) -> list[Report]:
        with self._db.read() as connection:
            return [Report(*row) for row in connection.execute(query)]


@cache
def _replacing(dialect: str) -> Any:
    insert = insert_into(reports, dialect)
    return insert.on_conflict_do_update(
        index_elements=[reports.c.run, reports.c.flow],
        set_={name: insert.excluded[name] for name in ("plan", "report", "at")},
    )

"""The data service: BROWSE, COUNT, AGGREGATION, batches and next pages (jde-ais sections 3.1, 3.2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector_sandbox.jde.aggregation import aggregate
from connector_sandbox.jde.cursors import Cursor, Cursors, Shown
from connector_sandbox.jde.display import displayed
from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import AisError, UnknownTargetError
from connector_sandbox.jde.query import Group, column_of, ordered, parse_order, parse_query, select
from connector_sandbox.jde.scans import Order, Scans, scan_of
from connector_sandbox.jde.sessions import Session, Sessions, User
from connector_sandbox.jde.store import TableData
from connector_sandbox.jde.tables import Column, Row, Table, canonical
from connector_sandbox.jde.views import DELIVERED, View, open_view
from connector_sandbox.jde.wire import labels, rowset, version1_rowset

_DEFAULT_PAGE = 100
_OUTPUTS = ("GRID_DATA", "VERSION1")

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Page:
    view: Shown
    rows: list[Row]
    more: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """One BROWSE: as it was asked, its conditions, the path it came on and its number in a batch."""

    request: Mapping[str, Any]
    data: TableData
    group: Group
    route: str
    index: str


class DataService:
    """Answers data requests for a session."""

    def __init__(self, environment: Environment, sessions: Sessions, cursors: Cursors) -> None:
        self._environment = environment
        self._sessions = sessions
        self._cursors = cursors
        self.scans = Scans()

    def answer(self, request: Mapping[str, Any], session: Session, version: int, route: str = "orchestrator") -> Answer:
        """The answer to one request, or to a batch of them; AisError for what cannot be answered.

        `route` is what the scan counts call the path on which the question came.
        """
        try:
            if not _is_true(request.get("batchDataRequest")):
                return self._single(request, session, version, route)
            made: Answer = {}
            for number, member in enumerate(request.get("dataRequests") or ()):
                made |= self._single(member, session, version, route, index=f"{number}_")
            return made
        except UnknownTargetError as error:
            options = self._environment.options
            hidden = str(request.get("targetName") or "") in options.hidden_tables
            if (options.hidden_answer if hidden else options.unknown_target) == "200":
                return self._outer("", "") | {"sysErrors": [{"TITLE": error.message, "DESC": error.message}]}
            raise

    def next_page(self, session: Session, rid: str, state_id: str) -> Answer:
        """The page behind a next link; AisError 500 JAS_MSG347 when it has died."""
        cursor, rows, more = self._cursors.next_page(session, rid, state_id)
        page = _Page(cursor.view, rows, more)
        return self._browse_answer(page, session, cursor.rid) | self._links(cursor, more)

    def _single(
        self, request: Mapping[str, Any], session: Session, version: int, route: str, *, index: str = ""
    ) -> Answer:
        kind = str(request.get("dataServiceType") or "BROWSE").upper()
        data = self._target(request, session.user)
        table = self._table(data)
        name = table.name
        if kind not in ("BROWSE", "COUNT", "AGGREGATION"):
            raise AisError(500, f"dataServiceType {kind} is not supported")
        reader = self._sessions.reader(session)
        group = parse_query(table, request.get("query"), reader)
        if kind == "BROWSE":
            return self._browse(_Question(request, data, group, route, index), session, version)
        self._count_scan(data, route, kind, group)
        rows = self._visible(data, select(data, group), session.user)
        if kind == "COUNT":
            return {f"ds_{index}{name}": {"count": len(rows)}}
        having = request.get("having") or {}
        output = aggregate(table, rows, request.get("aggregation") or {}, having, reader)
        return {f"ds_{index}{name}": {"output": output}}

    def _count_scan(
        self, data: TableData, route: str, kind: str, group: Group, order: Order = (), stop: int | None = None
    ) -> None:
        options = self._environment.options
        if options.count_scans:
            scan = scan_of(data, group, options.added_indexes, order=order, stop=stop)
            self.scans.add(data, route, kind, group, scan)

    def _target(self, request: Mapping[str, Any], user: User) -> TableData:
        name, kind = str(request.get("targetName") or ""), str(request.get("targetType") or "table").lower()
        options, tables = self._environment.options, self._environment.database.tables
        views = {**DELIVERED, **options.views} if kind == "view" else {}
        view = views.get(name) or (View([name]) if kind == "table" and name in tables else None)
        if view is None:
            raise UnknownTargetError(f"The {kind} {name or 'missing'} does not exist or is not licensed")
        hidden = next((each for each in (name, *view.tables) if each in options.hidden_tables), None)
        if hidden is not None:
            if options.hidden_answer == "403":
                raise AisError(403, f"User is not authorized to {kind} {name}")
            raise UnknownTargetError(f"Not authorized to view {name} in the data browser")
        if kind == "table":
            return tables[name]
        return open_view(name, view, tables, lambda data: self._visible(data, list(data.rows.values()), user))

    def _table(self, data: TableData) -> Table:
        """The table or view with the columns that this site has."""
        return data.table.without(self._environment.options.absent_columns())

    def _browse(self, question: _Question, session: Session, version: int) -> Answer:
        request, data = question.request, question.data
        view = self._view(request, data, session.user, version)
        order = parse_order(self._table(data), (request.get("aggregation") or {}).get("orderBy"))
        size = self._page_size(request.get("maxPageSize"))
        # v2 only (section 3.1); in v1 moreRecords merely says that the answer is cut (section 4).
        paged = version >= 2 and _is_true(request.get("enableNextPageProcessing"))
        # One row more than the page says whether there are more; a caller of next pages reads them all.
        stop = None if paged or size is None else size + 1
        self._count_scan(data, question.route, "BROWSE", question.group, order, stop)

        def read() -> list[Row]:
            return ordered(self._visible(data, select(data, question.group), session.user), order)

        rows = read()
        more = size is not None and len(rows) > size
        page = _Page(view, rows[:size], more)
        if size is None or not (more and paged):
            return self._browse_answer(page, session, "0" * 16, question.index)
        cursor = self._cursors.open(session, view, rows, read, size)
        return self._browse_answer(page, session, cursor.rid, question.index) | self._links(cursor, more)

    def _view(self, request: Mapping[str, Any], data: TableData, user: User, version: int) -> Shown:
        output = str(request.get("outputType") or "").strip().upper()
        output = output or ("GRID_DATA" if version >= 2 else "VERSION1")
        if output not in _OUTPUTS:
            raise AisError(500, f"outputType {output} is not available on this server")
        asked = str(request.get("returnControlIDs") or "").strip()
        table = self._table(data)
        columns = [column_of(table, name) for name in asked.split("|") if name.strip()] or list(table.columns)
        return Shown(data, self._permitted(data, columns, user), output, asked)

    def _permitted(self, data: TableData, columns: list[Column], user: User) -> list[Column]:
        options, own = self._environment.options, data.table.name

        def shown(column: Column) -> bool:
            table = column.source or own
            secured = options.data_security.columns.get(table, ()) if user.limited else ()
            return column.alias not in options.hidden_columns.get(table, ()) and column.alias not in secured

        return [column for column in columns if shown(column)]

    def _visible(self, data: TableData, rows: list[Row], user: User) -> list[Row]:
        if not user.limited:
            return rows
        rules = self._environment.options.data_security.rows.get(data.table.name, {})
        for alias, allowed in rules.items():
            column = data.table.column(alias)
            values = {canonical(column, value) for value in allowed}
            rows = [row for row in rows if row[column.position] in values]
        return rows

    def _page_size(self, asked: object) -> int | None:
        """Rows a page: what was asked, else 100, and never more than the DB Fetch Limit."""
        limit = self._environment.options.db_fetch_limit or None
        text = str(asked if asked is not None else "").strip()
        if text.lower() == "no max":
            return limit
        try:
            size = int(text or _DEFAULT_PAGE)
        except ValueError:
            raise AisError(500, f"maxPageSize {text!r} is not a number") from None
        size = size if size > 0 else _DEFAULT_PAGE
        return size if limit is None else min(size, limit)

    def _browse_answer(self, page: _Page, session: Session, rid: str, index: str = "") -> Answer:
        view = page.view
        table = view.data.table
        rows = displayed(self._environment, table, page.rows)
        name = f"DATABROWSE_{table.name}"
        grid: Answer = {"id": 54, "fullGridId": "54"}
        if view.output == "GRID_DATA":
            grid |= {"columns": labels(table, view.columns), "rowset": rowset(table, view.columns, rows)}
        else:
            pattern = self._sessions.pattern(session.user)
            grid |= {
                "titles": labels(table, view.columns),
                "rowset": version1_rowset(table, view.columns, rows, pattern),
            }
        grid["summary"] = {"records": len(page.rows), "moreRecords": page.more}
        body = {
            "title": f"Data Browser - {table.name} [{table.title}]",
            "data": {"gridData": grid},
            "errors": [],
            "warnings": [],
        }
        return {f"fs_{index}{name}": body} | self._outer(name, rid)

    def _outer(self, app: str, rid: str) -> Answer:
        return {
            "stackId": 1,
            "stateId": 1,
            "rid": rid,
            "currentApp": app,
            "timeStamp": self._environment.timestamp(),
            "sysErrors": [],
        }

    def _links(self, cursor: Cursor, more: bool) -> Answer:
        return {"links": [{"rel": "next", "href": self._cursors.link(cursor)}]} if more else {}


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"

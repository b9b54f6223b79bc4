"""The AIS data service: BROWSE page by page, COUNT, AGGREGATION (jde-ais sections 3.1 and 4). Read only."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import RateLimited, Unavailable, UnusableInput
from connector_resources.http import Call, HttpSession
from connector_resources.jde.amounts import ServedAmounts
from connector_resources.jde.dates import DatePattern
from connector_resources.jde.errors import LinkDead, UnreadableAnswer
from connector_resources.jde.keys import conditions_for
from connector_resources.jde.paging import Order, Place
from connector_resources.jde.proof import DateProof, NumberProof
from connector_resources.jde.query import Today, Where, all_of, between, eq, ge, query_json
from connector_resources.jde.session import JdeLogin, service_prefix
from connector_resources.jde.shapes import Table
from connector_resources.jde.tables import TABLES, known_table
from connector_resources.jde.wire import Page, PageReader, Row, aggregated, columns_shown, count_of
from connector_resources.unreadable import met

# The part of a next link that is ours to follow; host and port in front of it are AIS's own (jde-ais section
# 4).
_SERVICE = re.compile(r"(?:/v\d+)?/dataservice/[^?#]*(?:\?[^#]*)?$")
_FUNCTIONS = frozenset({"SUM", "MIN", "MAX", "AVG", "COUNT", "COUNT_DISTINCT", "AVG_DISTINCT", "SUM_DISTINCT"})
_FIRST_DAY = date(1970, 1, 2)
# how far back a change probe looks: with an index on UPMJ it reads so many days' rows, not the table
PROBED_DAYS = 7

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a table stands: rows, and the last audit day and time on it (None where there is none)."""

    count: int
    max_day: date | None
    max_time: int | None


@dataclass(frozen=True, slots=True)
class _Browse:
    """One browse, worked out."""

    name: str
    columns: tuple[str, ...]
    order: tuple[Order, ...]
    where: Where | None
    page_size: int
    reader: PageReader

    @property
    def what(self) -> str:
        return f"read {self.name}"


class DataService:
    """Typed reads of JDE tables. Every read first sees to it that the user's date pattern has been proven."""

    def __init__(self, http: HttpSession, login: JdeLogin, connection: JdeConnection) -> None:
        self._http = http
        self._login = login
        self._connection = connection
        self._path = f"{service_prefix(connection.api_version)}/dataservice"
        # v1 knows no next-page links: there every further page is asked for by key.
        self._links = connection.api_version != "v1"
        self.proof = DateProof(self)
        self.numbers = NumberProof(self)
        self.amounts = ServedAmounts(self)
        # table -> its columns, as a first look showed them
        self._shown: dict[str, frozenset[str] | None] = {}

    @property
    def _shifted(self) -> bool:
        return self._connection.currency_decimals == "shifted"

    @property
    def connection_name(self) -> str:
        """The connection's name, for messages."""
        return self._connection.name

    @property
    def date_pattern(self) -> DatePattern:
        """The pattern that date literals are written in."""
        return self._login.current(self._http).dates

    @property
    def decimal_sign(self) -> str:
        """The decimal format of the login user, as the login shows it; '' where it does not."""
        return self._login.current(self._http).decimals

    def browse(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        order_by: Sequence[str] | None = None,
        page_size: int | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of rows keyed by alias: str trimmed, int, Decimal, date or None; key and sort columns always
        included.

        Sorted by the primary key, or by `order_by` (`"DOC"`, `"-UPMJ"`) and then the primary key. Lazy: a
        page is asked for when it is wanted. When the server's cursor is gone (60 s, a new login, a lost
        answer) the query starts again behind the last row, so that no row is lost or given twice. A table not
        described in `tables` needs `columns` and a unique `order_by`. Raises NotAllowed when a column asked
        for is not shown.
        """
        browse = self._browse(table, columns, where, order_by, page_size)
        return self._pages(browse)

    def count(self, table: str, where: Where | None = None) -> int:
        """How many rows there are."""
        self.proof.hold()
        return self.unproven_count(table, where)

    def aggregate(
        self,
        table: str,
        aggregations: Sequence[tuple[str, str]],
        *,
        group_by: Sequence[str] = (),
        where: Where | None = None,
    ) -> list[Row]:
        """AGGREGATION: `[("SUM", "AG"), ("MAX", "UPMJ")]` gives rows keyed by the groups' aliases and
        `AG_SUM`, `UPMJ_MAX`.

        MIN, MAX and SUM have their column's type, counts are ints, averages and the rest Decimals; None
        where there is no row.
        """
        for function, _ in aggregations:
            if function not in _FUNCTIONS:
                raise UnusableInput(f"no aggregation {function!r}: {', '.join(sorted(_FUNCTIONS))}")
        self.proof.hold()
        body: dict[str, Any] = {
            **self._target(table, "AGGREGATION", where),
            "aggregation": {
                "aggregations": [
                    {"aggregation": function, "column": f"{table}.{alias}"} for function, alias in aggregations
                ],
            },
        }
        if group_by:
            body["maxPageSize"] = "No Max"
            body["aggregation"]["groupBy"] = [{"column": f"{table}.{alias}"} for alias in group_by]
        answer = self._post(body, f"aggregate {table}")
        try:
            return aggregated(answer, table, TABLES.get(table), aggregations, group_by)
        except (ValueError, ArithmeticError) as error:
            reason = str(error)
        raise self._unreadable(f"aggregate {table}", reason)

    def changed_between(
        self,
        table: str,
        first: date,
        last: date,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of the rows whose audit date (UPMJ) is in `first`…`last`, both included, in key order."""
        if known_table(table).column("UPMJ") is None:
            raise UnusableInput(f"table {table} has no audit date, it can only be read whole")
        return self.browse(table, columns=columns, where=all_of(between("UPMJ", first, last), where))

    def by_keys(
        self,
        table: str,
        key_columns: Sequence[str],
        keys: Collection[Sequence[Any]],
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of the rows whose `key_columns` are one of `keys` (each a tuple in the same order).

        A LIST on the key column with the most values, `keys_per_call` at a time; rows of other keys that
        such a list brings along are dropped here.
        """
        wanted = dict.fromkeys(tuple(key) for key in keys)
        if any(len(key) != len(key_columns) for key in wanted):
            raise ValueError(f"every key of {table} has {len(key_columns)} parts: {', '.join(key_columns)}")
        asked = tuple(dict.fromkeys([*(columns or known_table(table).usual), *key_columns]))
        return self._by_keys(table, tuple(key_columns), wanted, asked, where)

    def latest_stamp(self, table: str, where: Where | None = None) -> Stamp:
        """Rows, last audit day and the last time on that day: two small questions, for a cheap "has it
        changed?"."""
        described = known_table(table)
        if described.clock is None:
            return Stamp(self.count(table, where), None, None)
        try:
            rows = self.aggregate(table, [("COUNT", described.key[0]), ("MAX", "UPMJ")], where=where)
        except UnreadableAnswer as problem:
            # In which form a maximum of dates comes is not established (jde-ais section 3.1); that of a
            # row's date is.
            log.info("%s; asking for the last row instead", problem)
            return self._stamp_by_row(described, where)
        count, day = (rows[0][f"{described.key[0]}_COUNT"], rows[0]["UPMJ_MAX"]) if rows else (0, None)
        if day is None:
            return Stamp(count or 0, None, None)
        on_it = self.aggregate(table, [("MAX", described.clock)], where=all_of(eq("UPMJ", day), where))
        return Stamp(count or 0, day, on_it[0][f"{described.clock}_MAX"] if on_it else None)

    def newest_change(self, table: str, where: Where | None = None) -> Stamp:
        """The audit day and time of the row that changed last, if that was within `PROBED_DAYS`: one small question
        without a COUNT. Its days are the server's own, so that no date literal needs proof (jde-ais section 16)."""
        described = known_table(table)
        if described.clock is None:
            raise UnusableInput(f"table {table} has no audit date")
        rows = self.first_page(
            table,
            columns=["UPMJ", described.clock],
            order_by=["-UPMJ", f"-{described.clock}"],
            where=all_of(ge("UPMJ", Today(-PROBED_DAYS)), where),
            page_size=1,
        )
        return Stamp(len(rows), rows[0]["UPMJ"], rows[0][described.clock]) if rows else Stamp(0, None, None)

    def recent_rows(self, table: str) -> int:
        """How many rows were changed within `PROBED_DAYS`: a question for small tables alone."""
        return self.unproven_count(table, ge("UPMJ", Today(-PROBED_DAYS)))

    def _stamp_by_row(self, table: Table, where: Where | None) -> Stamp:
        count = self.count(table.name, where)
        dated = all_of(ge("UPMJ", _FIRST_DAY), where)  # rows without a date may sort to the front
        order = ["-UPMJ", f"-{table.clock}"]
        rows = self.first_page(table.name, columns=["UPMJ", str(table.clock)], order_by=order, where=dated, page_size=1)
        return Stamp(count, rows[0]["UPMJ"], rows[0][str(table.clock)]) if rows else Stamp(count, None, None)

    def first_page(
        self,
        table: str,
        *,
        columns: Sequence[str],
        order_by: Sequence[str] | None = None,
        where: Where | None = None,
        page_size: int,
    ) -> list[Row]:
        """The first rows only, before any proof: for probes whose conditions hold no date."""
        browse = self._browse(table, columns, where, order_by, page_size)
        page = self._asked(browse, where)
        return [row for row in page.rows if id(row) not in page.broken]

    def has_column(self, table: str, alias: str) -> bool:
        """Whether a table shows a column to this user: one row is asked for, with all columns (jde-ais section 3.1).
        False where the answer does not show: a column that not every release has is not asked for then."""
        if table not in self._shown:
            body = {**self._target(table, "BROWSE", None), "maxPageSize": "1"}
            self._shown[table] = columns_shown(self._post(body, f"look at the columns of {table}"), table)
        return alias in (self._shown[table] or ())

    def unproven_count(self, table: str, where: Where | None = None) -> int:
        """COUNT before the date pattern is proven: what the proof itself is made of."""
        what = f"count {table}"
        found = count_of(self._post(self._target(table, "COUNT", where), what), table)
        if found is None:
            raise self._unreadable(what, "its answer holds no count")
        return found

    def _browse(
        self,
        name: str,
        columns: Sequence[str] | None,
        where: Where | None,
        order_by: Sequence[str] | None,
        page_size: int | None,
    ) -> _Browse:
        table = TABLES.get(name)
        if table is None and not (columns and order_by):
            raise UnusableInput(f"table {name} is not described: reading it needs columns and a unique order_by")
        key = table.key if table else ()
        order = [Order.of(written) for written in order_by or ()]
        order += [Order(alias) for alias in key if alias not in {sort.alias for sort in order}]
        asked = columns if columns is not None else table.usual if table else ()
        shown = self.amounts.needed(name, asked) if self._shifted else ()
        all_columns = tuple(dict.fromkeys([*asked, *(sort.alias for sort in order), *shown]))
        return _Browse(
            name=name,
            columns=all_columns,
            order=tuple(order),
            where=where,
            page_size=page_size or self._connection.page_size,
            reader=PageReader(
                connection=self._connection.name,
                name=name,
                table=table,
                columns=all_columns,
                order=[sort.alias for sort in order],
            ),
        )

    def _pages(self, browse: _Browse) -> Iterator[list[Row]]:
        self.proof.hold()
        place = Place(browse.order, TABLES.get(browse.name), browse.name)
        page = self._asked(browse, browse.where)
        while True:
            login = self._login.current(self._http).number
            for lost in page.lost:
                met(lost)
            fresh = place.advance(page)
            readable = [row for row in fresh if id(row) not in page.broken]
            for row in fresh:
                if id(row) in page.broken:
                    met(page.broken[id(row)])
            if readable:
                if self._shifted:
                    self.amounts.put_right(browse.name, readable)
                yield readable
            if page.link is None and not page.more:
                return
            if not fresh and page.link is None:
                raise self._unreadable(browse.what, "it says that there is more but gives nothing new")
            following = self._followed(browse, page, login)
            if following is None and not place.started and page.lost:
                raise self._unreadable(browse.what, "its first page holds no row that could be gone on from")
            page = following or self._resumed(browse, place)

    def _followed(self, browse: _Browse, page: Page, login: int) -> Page | None:
        """The page behind the next link; None when the link is dead, or was spent on an answer that got lost.

        Never retried: the cursor behind it moves with each call, so a second call could skip a page.
        """
        found = _SERVICE.search(page.link or "")
        if found is None or not (page.rows or page.lost) or login != self._login.current(self._http).number:
            return None
        call = Call(method="GET", path=found[0], what=f"{browse.what}, next page", replay=False, retries=0)
        try:
            following = browse.reader.page(self._http.send(call).json())
        except (LinkDead, RateLimited, Unavailable):
            return None
        # A cursor that stands still would give the same page for ever.
        same = following.rows[-1:] == page.rows[-1:] and following.lost == page.lost
        return None if same and (following.rows or following.lost) else following

    def _resumed(self, browse: _Browse, place: Place) -> Page:
        """The query again, from the last row on."""
        if not place.started:
            return self._asked(browse, browse.where)
        pages = []
        for condition in place.rest():
            pages.append(self._asked(browse, all_of(browse.where, condition), at_least=place.coming_back + 1))
            if place.comes_back_in(pages[-1]):
                return pages[-1]
        # The row may have been deleted meanwhile, or changed so that it is no longer asked for. With several
        # ways to write its key there is then no telling which of them the server understands.
        if len(pages) > 1 or self.count(browse.name, all_of(browse.where, place.itself())):
            raise self._unreadable(browse.what, "it does not find its own last row again, so cannot go on from it")
        return pages[0]

    def _asked(self, browse: _Browse, where: Where | None, *, at_least: int = 1) -> Page:
        body = {
            **self._target(browse.name, "BROWSE", where),
            "maxPageSize": str(max(browse.page_size, at_least)),
            "returnControlIDs": "|".join(f"{browse.name}.{alias}" for alias in browse.columns),
            "aggregation": {
                "orderBy": [
                    {
                        "column": f"{browse.name}.{sort.alias}",
                        "direction": "DESC" if sort.descending else "ASC",
                    }
                    for sort in browse.order
                ]
            },
        }
        if self._links:
            body["enableNextPageProcessing"] = True
        return browse.reader.page(self._post(body, browse.what))

    def _by_keys(
        self,
        table: str,
        key_columns: tuple[str, ...],
        wanted: dict[tuple[Any, ...], None],
        columns: tuple[str, ...],
        where: Where | None,
    ) -> Iterator[list[Row]]:
        if not wanted:
            return
        for narrowed in conditions_for(key_columns, wanted, self._connection.keys_per_call):
            for rows in self.browse(table, columns=columns, where=all_of(narrowed, where)):
                exact = [row for row in rows if tuple(row[alias] for alias in key_columns) in wanted]
                if exact:
                    yield exact

    def _target(self, table: str, kind: str, where: Where | None) -> dict[str, Any]:
        return {
            "targetName": table,
            "targetType": "view" if table.startswith("V") else "table",
            "dataServiceType": kind,
            "findOnEntry": "TRUE",
            "outputType": "GRID_DATA",
            "query": query_json(where, table, self.date_pattern.literal),
        }

    def _post(self, body: dict[str, Any], what: str) -> Any:
        return self._http.send(Call(method="POST", path=self._path, what=what, json=body, safe=True)).json()

    def _unreadable(self, what: str, reason: str) -> UnreadableAnswer:
        name = self._connection.name
        return UnreadableAnswer(f"{what} from {name}: {reason}", connection=name)

"""What changed in the tables of vouchers and payments, queried by indexes that JD Edwards has (jde-ais section 16).

No delivered index contains an audit date: a query by UPMJ alone scans its table. F0411 is the only large table that is
queried so, once a run. The small F0011 (one row a batch) shows which batches changed; their vouchers and batches lead
to the lines of F0911 and to the payments (F0413, F0414). If JD Edwards writes its outbound log (`changes: log`), the
log names the vouchers, and F0411 is not queried by date either. The sweep finds what neither shows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from connector_assets.engine.context import SAME_AS
from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import NotAllowed, NotFound, Refused, UnusableInput
from connector_resources.jde.query import Where, all_of, between, one_of
from connector_resources.jde.tables import TABLES

Rows = list[dict[str, Any]]
Key = tuple[Any, ...]

VOUCHERS, BATCHES, LOG, JOURNAL_LOG = "F0411", "F0011", "F0411Z3", "F0911Z4"
# tables whose changed rows are found through the vouchers and batches that changed
FOLLOWING = ("F0911", "F0414", "F0413")
_LOGS = {"log": LOG, "journal_log": JOURNAL_LOG}
_VOUCHER = ("DCT", "DOC", "KCO")
# batches of vouchers, of payments (automatic, manual, without voucher), of journal entries (98/IT)
_VOUCHER_BATCHES, _PAYMENT_BATCHES, _JOURNAL_BATCHES = ("V",), ("K", "M", "W"), ("G",)
# how an answer looks that says: this table is not for you
_HIDDEN = (NotAllowed, NotFound, Refused)

log = logging.getLogger(__name__)


class Following:
    """Finds the changed rows of one connection. `client` gives its client, `landed` the rows of F0411 that this run has
    landed for these days, None where it has not; `today` is the connection's."""

    def __init__(
        self,
        connection: JdeConnection,
        client: Callable[[], Any],
        landed: Callable[[date, date], Rows | None],
        today: Callable[[], date],
    ) -> None:
        self.connection = connection
        self._client = client
        self._landed = landed
        self._today = today
        self._asked: dict[tuple[date, date], list[tuple[str, int]]] = {}

    def pages(self, entity: str, first: date, last: date) -> Iterator[Rows]:
        """The rows of one of the four tables that changed in these days."""
        if entity == VOUCHERS:
            return self._logged(first, last) if self.reads_log(first) else self._dated(first, last)
        found = {"F0911": self._journal, "F0414": self._details, "F0413": self._headers}[entity]
        return _once(entity, found(first, last))

    def stamp(self) -> dict[str, Any]:
        """What differs when one of the four tables changed: the newest change of batches, and of F0411 or its log."""
        shown: dict[str, Any] = {SAME_AS: VOUCHERS}
        shown["batches"] = self._newest(BATCHES, one_of("ICUT", self._kinds), hidden=True)
        if self.connection.changes == "audit":
            return shown | {"vouchers": self._newest(VOUCHERS)}
        # the log is purged, and which time its rows have is not established: they are counted
        return shown | {name: self._client().recent_rows(table) for name, table in _LOGS.items()}

    def _newest(self, table: str, where: Where | None = None, *, hidden: bool = False) -> list[Any] | None:
        try:
            found = self._client().newest_change(table, where)
        except _HIDDEN as problem:
            if not hidden:
                raise
            log.info("changed batches are not looked at: %s", problem)
            return None
        return [found.max_day.isoformat(), found.max_time] if found.max_day else None

    @property
    def _kinds(self) -> tuple[str, ...]:
        """The batch types that are looked at; those of journal entries only where the site lets us make some."""
        journals = _JOURNAL_BATCHES if "payment_journal" in self.connection.orchestrations else ()
        return (*_VOUCHER_BATCHES, *_PAYMENT_BATCHES, *journals)

    def reads_log(self, first: date) -> bool:
        """Whether the days from this one on are read from the outbound log: it is purged, so that older ones are
        not."""
        days = timedelta(days=self.connection.log_days)
        return self.connection.changes == "log" and first >= self._today() - days

    # -- F0411 ----------------------------------------------------------------------------------------------------

    def _dated(self, first: date, last: date, columns: Sequence[str] | None = None) -> Iterator[Rows]:
        return iter(self._client().changed_between(VOUCHERS, first, last, columns=columns))

    def _logged(self, first: date, last: date) -> Iterator[Rows]:
        """The rows of the vouchers that the log names, and of the batches that changed, since P4314 writes no log
        (jde-ais section 16). The day of a row is that of the log, where its own is none of these."""
        days: dict[Key, date] = {}
        for row in self._log_rows(LOG, first, last):
            key = tuple(row[column] for column in _VOUCHER)
            days[key] = max(row["UPMJ"], days.get(key, row["UPMJ"]))
        yield from _once(VOUCHERS, self._logged_pages(days, first, last))

    def _logged_pages(self, days: Mapping[Key, date], first: date, last: date) -> Iterator[Rows]:
        for page in self._by_keys(VOUCHERS, _VOUCHER, days):
            for row in page:
                own = row.get("UPMJ")
                if own is None or not first <= own <= last:
                    row["UPMJ"] = days[tuple(row[column] for column in _VOUCHER)]
            yield page
        yield from self._of_batches(VOUCHERS, _VOUCHER_BATCHES, first, last)

    def _log_rows(self, table: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        columns = [*TABLES[table].key, *_VOUCHER, "UPMJ"]
        try:
            for page in self._client().changed_between(table, first, last, columns=columns):
                yield from page
        except _HIDDEN as problem:
            raise UnusableInput(
                f"connection {self.connection.name}: changes: log needs the outbound log {table}, which cannot be read"
                f" ({problem}); switch it on in JD Edwards (P0400048, P0900160) and grant it, or set changes: audit"
            ) from problem

    # -- what follows ---------------------------------------------------------------------------------------------

    def _journal(self, first: date, last: date) -> Iterator[Rows]:
        vouchers = self._vouchers(first, last)
        if self.reads_log(first):
            vouchers |= {tuple(row[each] for each in _VOUCHER) for row in self._log_rows(JOURNAL_LOG, first, last)}
        yield from self._by_keys("F0911", _VOUCHER, vouchers, first, last)
        yield from self._of_batches("F0911", self._kinds, first, last)

    def _details(self, first: date, last: date) -> Iterator[Rows]:
        yield from self._by_keys("F0414", _VOUCHER, self._vouchers(first, last), first, last)
        payments = {(row["PYID"],) for page in self._of_batches("F0413", _PAYMENT_BATCHES, first, last) for row in page}
        yield from self._by_keys("F0414", ("PYID",), payments, first, last)

    def _headers(self, first: date, last: date) -> Iterator[Rows]:
        details = self._by_keys("F0414", _VOUCHER, self._vouchers(first, last))
        payments = {(row["PYID"],) for page in details for row in page}
        yield from self._by_keys("F0413", ("PYID",), payments, first, last)
        yield from self._of_batches("F0413", _PAYMENT_BATCHES, first, last)

    def _vouchers(self, first: date, last: date) -> set[Key]:
        """The vouchers of F0411 that changed in these days, as (DCT, DOC, KCO)."""
        rows = self._landed(first, last)
        if rows is None:
            pages = self.pages(VOUCHERS, first, last) if self.reads_log(first) else None
            pages = pages or self._dated(first, last, [*TABLES[VOUCHERS].key])
            rows = [row for page in pages for row in page]
        return {tuple(row[column] for column in _VOUCHER) for row in rows}

    def _of_batches(self, table: str, kinds: Collection[str], first: date, last: date) -> Iterator[Rows]:
        """The rows of batches of these types that changed in these days, as far as they did so themselves."""
        wanted = [batch for batch in self._batches(first, last) if batch[0] in kinds]
        return self._by_keys(table, ("ICUT", "ICU"), wanted, first, last)

    def _batches(self, first: date, last: date) -> list[tuple[str, int]]:
        """(type, number) of the batches that were made, changed, opened again or posted in these days; none where the
        user may not read them: `ping` says so."""
        if (first, last) not in self._asked:
            where = all_of(between("UPMJ", first, last), one_of("ICUT", self._kinds))
            try:
                pages = list(self._client().browse(BATCHES, columns=["ICUT", "ICU"], where=where))
            except _HIDDEN as problem:
                log.warning("changed batches are not looked at: %s", problem)
                pages = []
            self._asked[first, last] = [(row["ICUT"], row["ICU"]) for page in pages for row in page]
        return self._asked[first, last]

    def _by_keys(
        self,
        table: str,
        columns: Sequence[str],
        keys: Collection[Key],
        first: date | None = None,
        last: date | None = None,
    ) -> Iterator[Rows]:
        """The rows of these keys; with days those alone that changed in them."""
        where = between("UPMJ", first, last) if first is not None and last is not None else None
        return iter(self._client().by_keys(table, columns, keys, where=where)) if keys else iter(())


def _once(entity: str, pages: Iterator[Rows]) -> Iterator[Rows]:
    """Each row once, whichever of several questions found it."""
    key, seen = TABLES[entity].key, set()
    for page in pages:
        fresh = []
        for row in page:
            name = tuple(row[column] for column in key)
            if name not in seen:
                seen.add(name)
                fresh.append(row)
        if fresh:
            yield fresh

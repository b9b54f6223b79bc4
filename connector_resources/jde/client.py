"""The JD Edwards client: what the flows and the command use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self

from connector_resources.checks import Check
from connector_resources.clock import SYSTEM_CLOCK, Clock
from connector_resources.connections.jde import JdeConnection
from connector_resources.currencies import USUAL
from connector_resources.errors import ConnectorError
from connector_resources.http import Answer, Call, CallCount, HttpLimits, HttpSession
from connector_resources.jde.answers import ANSWERS
from connector_resources.jde.dataservice import DataService, Stamp
from connector_resources.jde.errors import LOGIN_PATH, classify
from connector_resources.jde.orchestrations import Orchestrations
from connector_resources.jde.preflight import Preflight
from connector_resources.jde.query import Where
from connector_resources.jde.session import JdeLogin
from connector_resources.jde.wire import Row


class JdeClient:
    """One connection to JD Edwards through AIS; thread-safe; logs in on first use and out at `close`.

    `credentials` holds `username` and `password`. Use it as a context manager: an AIS session that is not
    logged out holds a server's resources until it times out.
    """

    def __init__(
        self, connection: JdeConnection, credentials: Mapping[str, str], *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.connection = connection
        self._clock = clock
        self._login = JdeLogin(connection, credentials)
        self._http = HttpSession(
            connection=connection.name,
            base_url=connection.url,
            limits=HttpLimits(**connection.limits.model_dump()),
            authorizer=self._login,
            answers=ANSWERS,
            classify=self._classify,
            clock=clock,
            verify=connection.verify,
            fresh_login_seconds=connection.fresh_login_seconds,
            secrets=self._login.secrets,
        )
        self.data = DataService(self._http, self._login, connection)
        self.orchestrations = Orchestrations(self._http, self.data, connection)

    @property
    def calls(self) -> CallCount:
        """Requests really sent so far."""
        return self._http.calls

    def log_in(self) -> None:
        """Log in now and not on first use, so that a system that is down or refuses us is known beforehand."""
        self._login.current(self._http)

    @property
    def user(self) -> str:
        """The user that this login really is, as AIS names it (jde-ais section 2)."""
        return self._login.current(self._http).user

    def browse(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        order_by: Sequence[str] | None = None,
        page_size: int | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of rows; see `DataService.browse`."""
        return self.data.browse(table, columns=columns, where=where, order_by=order_by, page_size=page_size)

    def has_column(self, table: str, alias: str) -> bool:
        """Whether a table has a column that not every release has; see `DataService.has_column`."""
        return self.data.has_column(table, alias)

    def count(self, table: str, where: Where | None = None) -> int:
        """How many rows there are."""
        return self.data.count(table, where)

    def aggregate(
        self,
        table: str,
        aggregations: Sequence[tuple[str, str]],
        *,
        group_by: Sequence[str] = (),
        where: Where | None = None,
    ) -> list[Row]:
        """Sums, extremes and counts; see `DataService.aggregate`."""
        return self.data.aggregate(table, aggregations, group_by=group_by, where=where)

    def changed_between(
        self,
        table: str,
        first: date,
        last: date,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of the rows whose audit date is in `first`…`last`; see `DataService.changed_between`."""
        return self.data.changed_between(table, first, last, columns=columns, where=where)

    def by_keys(
        self,
        table: str,
        key_columns: Sequence[str],
        keys: Collection[Sequence[Any]],
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> Iterator[list[Row]]:
        """Pages of the rows of these keys; see `DataService.by_keys`."""
        return self.data.by_keys(table, key_columns, keys, columns=columns, where=where)

    def latest_stamp(self, table: str, where: Where | None = None) -> Stamp:
        """Rows, last audit day and time of a table; see `DataService.latest_stamp`."""
        return self.data.latest_stamp(table, where)

    def newest_change(self, table: str, where: Where | None = None) -> Stamp:
        """When a table changed last, by one small question; see `DataService.newest_change`."""
        return self.data.newest_change(table, where)

    def recent_rows(self, table: str) -> int:
        """How many rows of a small table were changed lately; see `DataService.recent_rows`."""
        return self.data.recent_rows(table)

    @property
    def currency_decimals(self) -> Mapping[str, int]:
        """Currency -> its decimals (F0013.CDEC), read once; see `decimals_by_currency`."""
        return self.data.amounts.decimals

    def currency_warning(self, currency: str) -> str:
        """Why amounts of a currency may not be what they seem, in words; '' where nothing speaks against them: two
        decimals, a word of the site, or vouchers that prove it."""
        amounts = self.data.amounts
        if self.connection.currency_decimals or amounts.decimals_of(currency) == USUAL:
            return ""
        shown = amounts.proved(currency)
        if shown == "as_served":
            return ""
        return f"{currency}, as its vouchers say" if shown else f"{currency}, of which no voucher says how it is"

    def today(self) -> date:
        """The date it is on the connection's clock: AIS shows no date of its own."""
        return self._clock.now().astimezone(self.connection.zone).date()

    def ping(self, tables: Mapping[str, Sequence[str]] | None = None) -> list[Check]:
        """Preflight; `tables` names what is read (table -> columns), by default the flows' tables. Never
        raises."""
        return Preflight(
            http=self._http,
            login=self._login,
            data=self.data,
            orchestrations=self.orchestrations,
            connection=self.connection,
            clock=self._clock,
        ).checks(tables)

    def close(self) -> None:
        """Log out and release the connections. Never raises."""
        self._login.log_out(self._http)
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"JdeClient({self.connection.name!r}, {self.calls!r})"

    def _classify(self, call: Call, answer: Answer) -> ConnectorError | None:
        problem = classify(call, answer)
        if problem is not None and answer.status == 403 and call.replay and not call.path.endswith(LOGIN_PATH):
            self._login.forbid(call)
        return problem

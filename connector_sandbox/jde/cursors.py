"""The result sets behind next links: server side, short-lived, tied to their session (jde-ais section 4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from connector_sandbox.jde.environment import Environment
from connector_sandbox.jde.errors import expired_result_set
from connector_sandbox.jde.sessions import Session, Sessions
from connector_sandbox.jde.store import TableData
from connector_sandbox.jde.tables import Column, Row


@dataclass(frozen=True, slots=True)
class Shown:
    """How a result is shown: whose rows, which columns, which output."""

    data: TableData
    columns: Sequence[Column]
    output: str
    asked: str
    """returnControlIDs, as the caller wrote it."""


@dataclass(slots=True)
class Cursor:
    """An open result set: its rows, how far it was read, and until when it lives."""

    rid: str
    token: str = field(repr=False)
    view: Shown
    rows: list[Row]
    again: Callable[[], list[Row]]
    page_size: int
    offset: int
    used: float
    state_id: int = 1


class Cursors:
    """All open result sets of the server."""

    def __init__(self, environment: Environment, sessions: Sessions) -> None:
        self._environment = environment
        self._sessions = sessions
        self._open: dict[str, Cursor] = {}

    def open(
        self, session: Session, view: Shown, rows: list[Row], again: Callable[[], list[Row]], page_size: int
    ) -> Cursor:
        """A cursor that stands after the first page; `again` reads the rows again."""
        self._drop_expired()
        now = self._environment.clock.monotonic()
        rid = secrets.token_hex(8)
        cursor = Cursor(rid, session.token, view, rows, again, page_size, page_size, now)
        self._open[rid] = cursor
        return cursor

    def next_page(self, session: Session, rid: str, state_id: str) -> tuple[Cursor, list[Row], bool]:
        """The page that a link asks for, and whether more follow. AisError 500 JAS_MSG347 for a dead one."""
        self._drop_expired()
        cursor = self._open.get(rid)
        if cursor is None or cursor.token != session.token:
            raise expired_result_set()
        if state_id != str(cursor.state_id):
            self._repeat(cursor)
        if self._environment.options.moving_pages:
            cursor.rows = cursor.again()
        start = cursor.offset
        end = start + cursor.page_size
        # The cursor fixes which rows, not what they hold: a row deleted meanwhile is not there any more.
        rows = [row for row in cursor.rows[start:end] if cursor.view.data.holds(row)]
        cursor.offset, cursor.used = end, self._environment.clock.monotonic()
        cursor.state_id += 1
        return cursor, rows, end < len(cursor.rows)

    def _repeat(self, cursor: Cursor) -> None:
        policy = self._environment.options.repeated_link
        if policy == "expired":
            raise expired_result_set()
        if policy == "same_page":
            cursor.offset = max(cursor.page_size, cursor.offset - cursor.page_size)
            cursor.state_id -= 1

    def link(self, cursor: Cursor) -> str:
        """The href of the next link: an internal host's name, and the token in clear."""
        options, view = self._environment.options, cursor.view
        return (
            f"{options.internal_host}/jderest/v2/dataservice/next?stackId=1&stateId={cursor.state_id}"
            f"&rid={cursor.rid}&fullGridId=54&formOID={view.data.table.name}"
            f"&token={quote(cursor.token, safe='')}&outputType={view.output}"
            f"&returnControlIDs={quote(view.asked, safe='.|')}"
        )

    def close_all(self) -> None:
        """All links die."""
        self._open.clear()

    def _drop_expired(self) -> None:
        now, lifetime = self._environment.clock.monotonic(), self._environment.options.result_set_seconds
        for rid, cursor in list(self._open.items()):
            if now - cursor.used >= lifetime or cursor.token not in self._sessions:
                del self._open[rid]

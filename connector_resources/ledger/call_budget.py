"""A vendor's budget of calls in a clock hour, shared by all processes: each reserves a block of it at a time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update

from connector_resources.clock import Clock
from connector_resources.errors import RateLimited
from connector_resources.ledger.database import Database
from connector_resources.ledger.slot_models import call_budgets as table

BLOCK = 50
# how often a process looks whether the vendor has told another that the hour is spent
LOOK_SECONDS = 1.0
HOUR = timedelta(hours=1)


class CallBudget:
    """So many calls in a clock hour for one scope; thread-safe. Calls that were reserved and not made are lost with the
    process, and given back by `close`."""

    def __init__(self, database: Database, scope: str, calls: int, *, name: str, clock: Clock) -> None:
        self._db = database
        self._scope = scope
        self._calls = calls
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._hour: datetime | None = None
        self._left = 0
        self._spent = False
        self._looked = 0.0

    def spend(self) -> None:
        """One call. Raises RateLimited, with the seconds to the next full hour, where there is none left in this."""
        with self._lock:
            hour = self._this_hour()
            if hour != self._hour:
                self._hour, self._left, self._spent = hour, 0, False
            if self._left and not self._spent and self._clock.monotonic() - self._looked >= LOOK_SECONDS:
                self._look(hour)
            if not self._left and not self._spent:
                self._reserve(hour)
            if self._left and not self._spent:
                self._left -= 1
                return
        raise self._limited(hour)

    def exhausted(self) -> None:
        """The vendor says that this hour is spent, whatever we have counted."""
        with self._lock:
            hour = self._this_hour()
            self._hour, self._left, self._spent = hour, 0, True
            with self._db.write(even_copied=True) as connection:
                row = {"scope": self._scope, "hour": hour, "used": self._calls, "spent": True}
                statement = self._db.insert(table).values(row)
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["scope", "hour"], set_={"spent": True})
                )

    def close(self) -> None:
        """Give back what was reserved of this hour and not used."""
        with self._lock:
            hour, left, self._left = self._hour, self._left, 0
            if not left or hour != self._this_hour():
                return
            with self._db.write(even_copied=True) as connection:
                connection.execute(
                    update(table).where(self._row(hour), table.c.used >= left).values(used=table.c.used - left)
                )

    def _this_hour(self) -> datetime:
        return self._clock.now().replace(minute=0, second=0, microsecond=0)

    def _row(self, hour: datetime | None) -> ColumnElement[bool]:
        return and_(table.c.scope == self._scope, table.c.hour == hour)

    def _look(self, hour: datetime) -> None:
        with self._db.read() as connection:
            self._spent = bool(connection.scalar(select(table.c.spent).where(self._row(hour))))
        self._looked = self._clock.monotonic()

    def _reserve(self, hour: datetime) -> None:
        with self._db.write(even_copied=True) as connection:
            connection.execute(
                self._db.insert(table)
                .values(scope=self._scope, hour=hour, used=0, spent=False)
                .on_conflict_do_nothing(index_elements=["scope", "hour"])
            )
            used, spent = connection.execute(
                select(table.c.used, table.c.spent).where(self._row(hour)).with_for_update()
            ).one()
            block = 0 if spent else max(0, min(BLOCK, self._calls - used))
            if block:
                connection.execute(update(table).where(self._row(hour)).values(used=used + block))
            connection.execute(delete(table).where(table.c.scope == self._scope, table.c.hour < hour - 24 * HOUR))
        self._left, self._spent = block, bool(spent)
        self._looked = self._clock.monotonic()

    def _limited(self, hour: datetime) -> RateLimited:
        wait = max(1.0, (hour + HOUR - self._clock.now()).total_seconds())
        who = "the vendor says that" if self._spent else f"all processes together have made {self._calls} calls, and"
        return RateLimited(
            f"{self._name}: {who} this hour's calls are spent; the next may be made in {wait:.0f} s",
            connection=self._name,
            retry_after=wait,
        )

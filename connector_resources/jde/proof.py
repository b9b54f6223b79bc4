"""Proof that the dates and numbers that we write are read as we mean them (jde-ais section 8, item 2, and 17).

A wrong date pattern does not fail: it silently selects other rows. So before the first read a row with a known
date is looked up by its own date: it must be found, and must not be found among the rows of other dates. The
second question catches a server that leaves out a condition it cannot read.
"""

from __future__ import annotations

import logging
import threading
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from connector_resources.errors import NotAllowed, NotFound, Refused, Unavailable, UnusableInput
from connector_resources.jde.errors import UnreadableAnswer
from connector_resources.jde.query import all_of, eq, ne
from connector_resources.jde.tables import TABLES
from connector_resources.jde.wire import Row

if TYPE_CHECKING:
    from connector_resources.jde.asking import Asks

log = logging.getLogger(__name__)

# Where a dated row is looked for, in this order: tables that a user of ours reads anyway.
_WITNESSES = ("F0101", "F0411", "F0901", "F0006", "F0010")
_ROWS = 50
_TRIES = 3


class DateProof:
    """Holds once proven; every read of a client waits for it."""

    def __init__(self, data: Asks) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._done = False
        self._detail = "not tried yet"
        self._failed = ""

    def hold(self) -> None:
        """Prove it once; raises UnusableInput when the literals are not read as meant: then no read is
        trusted."""
        if self._done:
            return
        with self._lock:
            if self._failed:
                raise UnusableInput(self._failed)
            if not self._done:
                # The login first: its own refusal is not one of a witness.
                pattern = self._data.date_pattern
                log.debug("proving date literals of the form %s", pattern.pattern)
                self._detail = self._prove()
                self._done = True

    def detail(self) -> str:
        """Prove it, and tell with which row."""
        self.hold()
        return self._detail

    def _prove(self) -> str:
        weak: tuple[str, Row] | None = None
        for name in _WITNESSES:
            rows = self._dated(name)
            # 4 April reads the same either way round and proves little; 5 April read as 4 May answers, where
            # 27 April read as a day of month 27 may just fail.
            telling = [row for row in rows if row["UPMJ"].day != row["UPMJ"].month]
            telling.sort(key=lambda row: row["UPMJ"].day > 12)
            if telling:
                return self._tried(name, telling[:_TRIES])
            if rows and weak is None:
                weak = (name, rows[0])
        if weak is not None:
            log.warning("only days like %s are there to prove date literals with", weak[1]["UPMJ"])
            return self._tried(weak[0], [weak[1]])
        # Nothing dated is to be seen, so there is nothing that a wrong literal could miss either.
        return "no row with a date is there to prove it with"

    def _dated(self, name: str) -> list[Row]:
        try:
            rows = self._data.first_page(name, columns=["UPMJ"], page_size=_ROWS)
        except (NotAllowed, NotFound, Refused, UnreadableAnswer) as problem:
            log.debug("%s cannot witness date literals: %s", name, problem)
            return []
        recent = [row for row in rows if row["UPMJ"] is not None and None not in row.values()]
        return sorted(recent, key=lambda row: row["UPMJ"], reverse=True)

    def _tried(self, name: str, rows: list[Row]) -> str:
        """One row that proves it is enough; a row may be changed between two questions, so a few get
        their chance."""
        tried: date | None = None
        for row in rows:
            tried = row["UPMJ"]
            itself = [eq(alias, row[alias]) for alias in TABLES[name].key]
            found = self._data.unproven_count(name, all_of(*itself, eq("UPMJ", tried)))
            elsewhere = self._data.unproven_count(name, all_of(*itself, ne("UPMJ", tried)))
            if (found, elsewhere) == (1, 0):
                return f"{tried.isoformat()} is found in {name} by its literal"
        pattern = self._data.date_pattern.pattern
        self._failed = (
            f"connection {self._data.connection_name}: date literals are not understood: a row of {name} dated"
            f" {tried} is not found by {pattern!r}; set the date format of the JD Edwards user's profile to what"
            " its sessions really use"
        )
        raise UnusableInput(self._failed)


# Where an amount with decimals is looked for: by the start of the primary key, which any database has an index on.
_AMOUNTS = (("F0411", "AG"), ("F0911", "AA"))
_POINT = "."


class NumberProof:
    """Holds where the login user's decimal sign is a point; else once an amount with decimals that was just read is
    found by its own literal. What is written waits for it, what is read does not: answers are JSON numbers, whatever
    the user prefers (jde-ais section 17)."""

    def __init__(self, data: Asks) -> None:
        self._data = data
        self._lock = threading.Lock()
        # decimal sign of a login -> what proved it, or the refusal
        self._found: dict[str, tuple[bool, str]] = {}

    def hold(self) -> None:
        """Prove it once for each decimal sign that a login tells; raises UnusableInput where nothing may be written."""
        self.detail()

    def detail(self) -> str:
        """Prove it, and tell how."""
        sign = self._data.decimal_sign
        if sign == _POINT:
            return "the user's decimal sign is a point"
        with self._lock:
            if sign not in self._found:
                self._found[sign] = self._prove(sign)
            proved, detail = self._found[sign]
        if not proved:
            raise UnusableInput(detail)
        return detail

    def _prove(self, sign: str) -> tuple[bool, str]:
        tried = ""
        user = f"the decimal sign of the JD Edwards user is {sign!r}" if sign else "the login shows no decimal sign"
        for table, alias in _AMOUNTS:
            for row in self._with_decimals(table, alias):
                tried = f"{row[alias]} of {table}"
                itself = [eq(each, row[each]) for each in TABLES[table].key]
                try:
                    found = self._data.count(table, all_of(*itself, eq(alias, row[alias])))
                    elsewhere = self._data.count(table, all_of(*itself, ne(alias, row[alias])))
                except (Refused, Unavailable) as problem:
                    # may be the literal, may pass: not remembered
                    raise UnusableInput(
                        self._nothing_written(user, f"{tried} cannot be asked for: {problem}")
                    ) from None
                if (found, elsewhere) == (1, 0):
                    return True, f"{tried} is found by its literal, although the user's decimal sign is {sign or '?'}"
        if not tried and not sign:
            return True, f"{user}, and there is no amount with decimals to prove one with"
        why = (
            f"the amount {tried} is not found by its literal"
            if tried
            else "no amount with decimals is there to prove it"
        )
        return False, self._nothing_written(user, f"{why}: numbers would not be read as they are meant")

    def _nothing_written(self, user: str, why: str) -> str:
        return (
            f"connection {self._data.connection_name}: {user}, and {why}, and nothing is written; use an integration"
            " user whose profile has a decimal point"
        )

    def _with_decimals(self, table: str, alias: str) -> list[Row]:
        try:
            rows = self._data.first_page(table, columns=[alias], page_size=_ROWS)
        except (NotAllowed, NotFound, Refused, UnreadableAnswer) as problem:
            log.debug("%s cannot witness numbers: %s", table, problem)
            return []
        telling = [row for row in rows if _has_decimals(row[alias]) and None not in row.values()]
        return telling[:_TRIES]


def _has_decimals(amount: Decimal | None) -> bool:
    return amount is not None and amount != amount.to_integral_value()

"""Batch control: one row of F0011 for each batch, which changes with it (jde-ais section 16, (g))."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from connector_sandbox.jde.tables import Row, Value

if TYPE_CHECKING:
    from connector_sandbox.jde.store import TableData
    from connector_sandbox.jde.watched import Watched

_TABLES = ("F0411", "F0911", "F0413")
_COPIED = ("USER", "DICJ", "UPMJ", "UPMT")
POSTING, SPEED_STATUS = "R09801", "P0411S"
# Speed status change changes no batch; payments and journals settle vouchers of other batches than their own.
_SILENT = {"F0411": (SPEED_STATUS, "P0413", "P0911")}


class BatchControl:
    """Keeps F0011 as the programs of one environment do."""

    def __init__(self, environment: Watched) -> None:
        self._environment = environment
        for name in _TABLES:
            data = environment.database[name]
            data.watchers.append(self._watcher(data))

    def complete(self) -> None:
        """Make the rows of the batches that vouchers, journals and payments name, unless F0011 has rows already."""
        control = self._environment.database["F0011"]
        if len(control):
            return
        found: dict[tuple[Value, Value], dict[str, Any]] = {}
        for name in _TABLES:
            data = self._environment.database[name]
            kind, number, *others = (data.table.column(alias).position for alias in ("ICUT", "ICU", *_COPIED))
            post = data.table.by_alias.get("POST")
            for row in data.rows.values():
                key = (row[kind], row[number])
                if not key[1]:
                    continue
                user, entered, day, time = (row[position] for position in others)
                if (known := found.get(key)) is None or _stamp(known["UPMJ"], known["UPMT"]) < _stamp(day, time):
                    values = dict(zip(_COPIED, (user, entered, day, time), strict=True))
                    posted = post is not None and row[post.position]
                    found[key] = {"ICUT": key[0], "ICU": key[1], **values, "IST": "D" if posted else ""}
        control.fill(found.values())

    def _watcher(self, data: TableData) -> TableData.Watcher:
        at = {alias: data.table.column(alias).position for alias in ("ICUT", "ICU", "USER")}
        silent = _SILENT.get(data.table.name, ())

        def written(before: Row | None, after: Row | None) -> None:
            program = self._environment.application
            if after is None or not after[at["ICU"]] or (before is not None and program in silent):
                return
            self._touch(after[at["ICUT"]], after[at["ICU"]], str(after[at["USER"]]), posted=program == POSTING)

        return written

    def _touch(self, kind: Value, number: Value, user: str, *, posted: bool) -> None:
        control = self._environment.database["F0011"]
        now = self._environment.local_now()
        # The batch is open again with whatever comes to it; the letter for posted is inferred.
        values = {"IST": "D" if posted else "", "UPMJ": now.date(), "UPMT": int(f"{now:%H%M%S}")}
        row = control.get({"ICUT": kind, "ICU": number})
        if row is None:
            control.insert({"ICUT": kind, "ICU": number, "USER": user, "DICJ": now.date(), **values})
        else:
            control.update(row, values)


def _stamp(day: Value, time: Value) -> tuple[date, int]:
    assert isinstance(time, int)
    return (day if isinstance(day, date) else date.min, time)

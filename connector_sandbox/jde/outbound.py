"""The outbound log: what programs copy of their changes for other systems (jde-ais section 16).

A transaction type that is switched on (`outbound_log`) copies each row that was added or changed, as it is then.
Voucher match (P4314) is not among the programs that log vouchers, and payment programs log their own tables alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector_sandbox.jde.tables import Row, Table

if TYPE_CHECKING:
    from connector_sandbox.jde.store import TableData
    from connector_sandbox.jde.watched import Watched


@dataclass(frozen=True, slots=True)
class _Copied:
    """How one table is logged: where to, under which transaction type, and which programs leave it out."""

    log: str
    type: str
    silent: tuple[str, ...] = ()


_COPIED = {
    "F0411": _Copied("F0411Z3", "JDEVOUCH", ("P4314", "P0413", "P0911")),
    "F0911": _Copied("F0911Z4", "JDEJE", ("P4314",)),
    "F0413": _Copied("F0413Z1", "JDEPYMNT"),
    "F0414": _Copied("F0414Z1", "JDEPYMNT"),
    "F4301": _Copied("F4301Z1", "JDEPOOUT"),
    "F4311": _Copied("F4311Z1", "JDEPOOUT"),
    "F0401": _Copied("F0401Z1", "JDESM"),
}

LOGS = tuple(copied.log for copied in _COPIED.values())
"""The tables of the log."""


class OutboundLog:
    """Writes the log of one environment."""

    def __init__(self, environment: Watched) -> None:
        self._environment = environment
        for name, copied in _COPIED.items():
            data = environment.database[name]
            data.watchers.append(self._watcher(data.table, copied))

    def purge(self) -> int:
        """R0411Z3P and its like: every row of the log goes; returns how many."""
        purged = 0
        for name in LOGS:
            data = self._environment.database[name]
            for row in list(data.rows.values()):
                data.delete(row)
                purged += 1
        return purged

    def _watcher(self, table: Table, copied: _Copied) -> TableData.Watcher:
        def written(before: Row | None, after: Row | None) -> None:
            options, program = self._environment.options, self._environment.application
            if copied.type not in options.outbound_log or program in copied.silent:
                return
            if before is not None and after is not None and options.outbound_before_image:
                self._copy(table, copied, before, options.outbound_before_image)
            if after is not None:
                self._copy(table, copied, after, options.outbound_after_image)
            elif before is not None and options.outbound_deletion:
                self._copy(table, copied, before, options.outbound_deletion)

        return written

    def _copy(self, table: Table, copied: _Copied, row: Row, action: str) -> None:
        environment = self._environment
        log = environment.database[copied.log]
        values = {column.alias: row[column.position] for column in table.columns if column.alias in log.table.by_alias}
        number = environment.database.next_number("outbound")
        now = environment.local_now()
        # Of whose doing it is, and when; the copied row keeps that of its own columns alone.
        audit = {"UPMJ": now.date(), "UPMT": int(f"{now:%H%M%S}"), "TDAY": int(f"{now:%H%M%S}")}
        log.insert(
            {
                **values,
                **{alias: value for alias, value in audit.items() if alias in log.table.by_alias},
                "EDUS": values.get("USER", ""),
                "EDBT": str(number),
                "EDTN": str(number),
                "EDLN": 1,
                "TYTN": copied.type,
                "EDSP": "N",
                "TNAC": action,
            }
        )

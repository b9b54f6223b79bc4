"""How a table is described (jde-ais section 3.6).

A column is known by its data-dictionary alias, without the table's prefix: `F0411.AN8`, never `RPAN8`.
"""

from __future__ import annotations

from types import MappingProxyType

from connector_resources.jde.shapes import Table, columns_of

_AUDIT = """
USER ~str10  user who changed it last
PID ~str10  program that changed it last
JOBN ~str10  workstation that changed it last
UPMJ day    date of the last change, in the server's own time zone
{clock} time   time of the last change, HHMMSS
"""


def table(name: str, meaning: str, key: str, columns: str, *, clock: str | None = "UPMT") -> Table:
    """A table by its key's columns and a line a column; `clock`: its column of the time of change, if it has one."""
    described = columns_of(columns + (_AUDIT.format(clock=clock) if clock else ""))
    return Table(name, meaning, MappingProxyType(described), tuple(key.split()), clock)

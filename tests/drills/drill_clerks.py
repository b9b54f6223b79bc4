"""What the clerks of JD Edwards do, whatever system it is kept with."""

from __future__ import annotations

import json
from typing import Any

from drill_clock import YESTERDAY
from drill_faults import ROOM
from drill_place import Stranger, Town
from drill_site import Site
from scenario_books import Books, Entry

LOCAL = {"time_zone": "Europe/London", "limits": {"in_flight": 2, "per_second": None, **ROOM}}


class JdeTown(Town):
    """A town whose clerks keep their books in JD Edwards."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.books = Books(site)  # type: ignore[arg-type]


def voucher_of(doc: int) -> Entry:
    return Entry(doc, "PV", "00001")


def voucher_stranger(town: JdeTown) -> list[Stranger]:
    """A voucher that an A/P clerk entered: one pay item, whose row is its record."""
    doc = 9000 + len(town.site.systems["jde"].dump()["F0411"])
    key = {"DOC": doc, "DCT": "PV", "KCO": "00001", "SFX": "001", "SFXE": 0}
    day = YESTERDAY.isoformat()
    money = {"AG": "5.00", "AAP": "5.00", "CRCD": "GBP", "CRRM": "D", "PST": "A"}
    town.books.upsert(
        "F0411", key | money | {"AN8": 4344, "VINV": f"PAPER-{doc}", "CO": "00001", "DIVJ": day, "DGJ": day}
    )
    return [("F0411", json.dumps([str(doc), "PV", "00001", "001", "0"], separators=(",", ":")))]


def voucher_leaves(town: JdeTown, stranger: Stranger) -> None:
    doc, kind, company, item, _ = json.loads(stranger[1])
    town.books.delete("F0411", {"DOC": int(doc), "DCT": kind, "KCO": company, "SFX": item, "SFXE": 0})


def payment_stranger(town: JdeTown) -> list[Stranger]:
    place = 700 + len(town.site.systems["jde"].dump()["F0413"])
    town.books.upsert("F0413", {"PYID": place, "DOCM": place, "DCTM": "PK", "DMTJ": "2026-03-02", "PAAP": "5.00"})
    return [("F0413", json.dumps([str(place)]))]


def payment_leaves(town: JdeTown, stranger: Stranger) -> None:
    [number] = json.loads(stranger[1])
    town.books.delete("F0413", {"PYID": int(number)})


def there(town: JdeTown, table: str, **columns: Any) -> bool:
    rows = town.site.systems["jde"].dump()[table].values()
    return any(all(str(row.get(name, "")).strip() == str(value) for name, value in columns.items()) for row in rows)


def nothing(_: JdeTown) -> None:
    """What the first content holds is enough."""

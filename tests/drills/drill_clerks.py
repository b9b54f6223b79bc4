"""What the clerks of JD Edwards do, whatever system it is kept with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drill_clock import YESTERDAY
from drill_faults import ROOM
from drill_place import ForeignRecord, LocalTestbed
from drill_site import Site
from scenario_books import Books, Entry
from scenario_keys import ALL, OLD, US

from connector_resources.ledger.vouchers_made import Made

LOCAL = {"time_zone": "Europe/London", "limits": {"in_flight": 2, "per_second": None, **ROOM}}


class JdeTestbed(LocalTestbed):
    """A town whose clerks keep their books in JD Edwards."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.books = Books(site)  # type: ignore[arg-type]


def voucher_of(doc: int) -> Entry:
    return Entry(doc, "PV", "00001")


def foreign_voucher(testbed: JdeTestbed) -> list[ForeignRecord]:
    """A voucher that an A/P clerk entered: one pay item, whose row is its record."""
    doc = 9000 + len(testbed.site.systems["jde"].dump()["F0411"])
    key = {"DOC": doc, "DCT": "PV", "KCO": "00001", "SFX": "001", "SFXE": 0}
    day = YESTERDAY.isoformat()
    money = {"AG": "5.00", "AAP": "5.00", "CRCD": "GBP", "CRRM": "D", "PST": "A"}
    testbed.books.upsert(
        "F0411", key | money | {"AN8": 4344, "VINV": f"PAPER-{doc}", "CO": "00001", "DIVJ": day, "DGJ": day}
    )
    return [("F0411", json.dumps([str(doc), "PV", "00001", "001", "0"], separators=(",", ":")))]


def voucher_leaves(testbed: JdeTestbed, foreign_record: ForeignRecord) -> None:
    doc, kind, company, item, _ = json.loads(foreign_record[1])
    testbed.books.delete("F0411", {"DOC": int(doc), "DCT": kind, "KCO": company, "SFX": item, "SFXE": 0})


def foreign_payment(testbed: JdeTestbed) -> list[ForeignRecord]:
    place = 700 + len(testbed.site.systems["jde"].dump()["F0413"])
    testbed.books.upsert("F0413", {"PYID": place, "DOCM": place, "DCTM": "PK", "DMTJ": "2026-03-02", "PAAP": "5.00"})
    return [("F0413", json.dumps([str(place)]))]


def payment_leaves(testbed: JdeTestbed, foreign_record: ForeignRecord) -> None:
    [number] = json.loads(foreign_record[1])
    testbed.books.delete("F0413", {"PYID": int(number)})


def there(testbed: JdeTestbed, table: str, **columns: Any) -> bool:
    rows = testbed.site.systems["jde"].dump()[table].values()
    return any(all(str(row.get(name, "")).strip() == str(value) for name, value in columns.items()) for row in rows)


def site_of(way: str) -> dict[str, Mapping[str, Any]]:
    """What JD Edwards does at a site where our vouchers are known in this way."""
    return {"jde": {**OLD, **ALL[way].switches}}


def known_at(way: str) -> Mapping[str, Any]:
    """Settings of the flow that makes vouchers, which are known in this way there."""
    return ALL[way].settings


def made_by_us(testbed: JdeTestbed, entry: Entry, flow: str, key: str, mark: str) -> None:
    """A voucher is one of ours: it shows that as far as JD Edwards keeps what we tell it, and our ledger knows it."""
    kept = testbed.site.systems["jde"].options()["batch_reference"] == "kept"
    testbed.books.change_items(entry, TORG=US, **({"VR01": mark} if kept else {}))
    if not kept:
        testbed.site.remembers(Made(flow, key, 1, "jde", found=entry.key))


def clerks_duplicate(testbed: JdeTestbed, paper: tuple[int, str]) -> list[ForeignRecord]:
    """A clerk enters the paper of ours by hand, as our own voucher would say it."""
    supplier, number = paper
    held = testbed.site.systems["jde"].dump()
    own = next((row for row in held["F0411"].values() if (row["AN8"], row["VINV"].strip()) == paper), {})
    doc = 9500 + len(held["F0411"])
    entry = testbed.books.voucher(doc, invoice=number, supplier=supplier, costs=(("30.5010", "100.00"),), tax="20.00")
    testbed.books.change_items(entry, TORG="CLERK", DIVJ=str(own.get("DIVJ") or "2026-03-01")[:10])
    return [("F0411", json.dumps([str(doc), "PV", "00001", "001", "0"], separators=(",", ":")))]


def nothing(_: JdeTestbed) -> None:
    """What the first content holds is enough."""

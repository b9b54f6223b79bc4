"""What a big ledger is asked for: by indexes that JD Edwards has (jde-ais section 16). The sandbox counts the rows that
each question makes its database look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from scenario_books import HOME, TODAY, Books, Entry
from scenario_site import Site, outcomes

FLOW = "invoices"
BIG = 200
LONG_AGO = TODAY - timedelta(days=200)
# the ledgers that are large
LARGE = ("F0411", "F0911", "F0413", "F0414")
WHOLE = "whole table"
INDEXED = {"F0411": ["UPMJ,UPMT"]}


@pytest.fixture
def ledger(testbed: Site) -> Site:
    """Thousands of rows from before the start date, stood for by hundreds; two vouchers of today are in Coupa."""
    books = testbed.books
    old = [books.voucher(100_000 + doc, changed=LONG_AGO, posted=False) for doc in range(BIG)]
    paid = [{"PYID": 9000 + place, "DOCM": place, "DCTM": "PK"} for place in range(BIG)]
    parts = [
        {**each, "RC5": 1, "DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001"}
        for each, entry in zip(paid, old, strict=True)
    ]
    # each is in a batch of its own
    books.upsert("F0011", *({"ICUT": "V", "ICU": entry.doc} for entry in old), changed=LONG_AGO)
    books.upsert("F0413", *paid, changed=LONG_AGO)
    books.upsert("F0414", *parts, changed=LONG_AGO)
    for doc in (4711, 4712):
        books.voucher(doc)
    assert outcomes(testbed.sync(FLOW)[FLOW])["created"] == 2
    return testbed


def counted(testbed: Site) -> None:
    testbed.sandbox.post("/options", {"jde": {"count_scans": True}})
    testbed.sandbox.post("/scans/reset")


def scans(testbed: Site) -> dict[str, dict[str, Any]]:
    """Of each large table: rows that were looked at, and how many questions looked through the whole of it."""
    tables = testbed.sandbox.get("/scans")["jde"]["tables"]
    return {
        name: {
            "rows": tables.get(name, {}).get("rows", 0),
            "whole": tables.get(name, {}).get("indexes", {}).get(WHOLE, {}).get("questions", 0),
        }
        for name in LARGE
    }


def changes(books: Books) -> None:
    """A new voucher, a changed one and a paid one."""
    books.voucher(4713)
    books.change(Entry(4711, "PV", HOME), "90.00")
    books.pay(Entry(4712, "PV", HOME))


def test_a_poll_looks_through_the_voucher_ledger_once_and_through_no_other(ledger: Site) -> None:
    """Given a big ledger of which three vouchers changed, when a poll runs, then one question looks through F0411 for
    its audit date; the general ledger and the payments are asked by the vouchers and batches that changed."""
    changes(ledger.books)
    counted(ledger)
    assert outcomes(ledger.sync(FLOW)[FLOW])["created"] == 1
    found = scans(ledger)
    assert found["F0411"]["whole"] == 1 and found["F0411"]["rows"] < 2 * BIG
    assert {name: found[name]["whole"] for name in LARGE[1:]} == {"F0911": 0, "F0413": 0, "F0414": 0}
    assert all(found[name]["rows"] < 60 for name in LARGE[1:]), found


def test_with_the_sites_index_a_poll_looks_at_what_changed(ledger: Site) -> None:
    """Given a site that added the index on UPMJ that the guide recommends, when a poll runs, then no ledger is looked
    through."""
    ledger.sandbox.post("/options", {"jde": {"added_indexes": INDEXED}})
    changes(ledger.books)
    counted(ledger)
    assert outcomes(ledger.sync(FLOW)[FLOW])["created"] == 1
    found = scans(ledger)
    assert [each["whole"] for each in found.values()] == [0, 0, 0, 0]
    assert sum(each["rows"] for each in found.values()) < 150, found


def test_with_the_outbound_log_a_poll_asks_no_ledger_by_date(ledger: Site) -> None:
    """Given a site with the outbound log and no index of its own, when a poll runs, then no ledger is looked through,
    and a probe asks none of them."""
    ledger.sandbox.post("/options", {"jde": {"outbound_log": ["JDEVOUCH", "JDEJE"]}})
    ledger.connect("jde", changes="log")
    changes(ledger.books)
    counted(ledger)
    assert outcomes(ledger.sync(FLOW)[FLOW])["created"] == 1
    found = scans(ledger)
    assert [each["whole"] for each in found.values()] == [0, 0, 0, 0]
    assert sum(each["rows"] for each in found.values()) < 200, found
    counted(ledger)
    ledger.tick(FLOW)
    assert [each["rows"] for each in scans(ledger).values()] == [0, 0, 0, 0]


@pytest.mark.parametrize("indexed", [False, True])
def test_a_probe_costs_one_small_question_of_vouchers(ledger: Site, indexed: bool) -> None:
    """Given a big ledger in which nothing moved, when the schedule looks whether there is anything to do, then it asks
    F0411 for its newest change alone, which reads a few rows where the site has the index, and no other ledger; so it
    does after a change."""
    ledger.sandbox.post("/options", {"jde": {"added_indexes": INDEXED if indexed else {}}})
    for act in (lambda: None, lambda: changes(ledger.books)):
        act()
        counted(ledger)
        ledger.tick(FLOW)
        found = scans(ledger)
        assert found["F0411"]["whole"] == (0 if indexed else 1)
        assert {name: found[name]["rows"] for name in LARGE[1:]} == {"F0911": 0, "F0413": 0, "F0414": 0}
        assert not indexed or found["F0411"]["rows"] < 20


def test_a_quiet_poll_costs_no_more_than_its_question(ledger: Site) -> None:
    """Given a big ledger in which nothing moved since, when a poll runs, then F0411 is looked through once, and of the
    others the rows of yesterday's and today's vouchers alone are read again."""
    counted(ledger)
    assert outcomes(ledger.sync(FLOW)[FLOW]) == {"unchanged": 2}
    found = scans(ledger)
    assert found["F0411"]["whole"] == 1
    assert all(found[name]["whole"] == 0 and found[name]["rows"] < 40 for name in LARGE[1:]), found


def test_a_sweep_reads_the_keys_of_the_voucher_ledger_once_and_the_others_by_vouchers(ledger: Site) -> None:
    """Given a big ledger and a journal line that was changed past JD Edwards' programs, so that its date stayed, when
    the sweep compares all keys, then it finds that change, by the keys of the vouchers that are open."""
    ledger.sweep(FLOW)  # of what is from before the start date a first one tells with its amounts
    ledger.sandbox.clock.advance(3 * 86_400)
    line = Books.cost_key(Entry(4711, "PV", HOME), 1)
    ledger.books.upsert("F0911", line | {"EXR": "Corrected"}, changed=LONG_AGO)
    late = TODAY + timedelta(days=3)
    assert outcomes(ledger.sync(FLOW, first=late - timedelta(days=1), last=late)[FLOW]) == {}
    counted(ledger)
    swept = ledger.sweep(FLOW)
    assert swept.missed == ["F0411:00001/PV/4711"] and outcomes(swept.report)["updated"] == 1
    found = scans(ledger)
    assert found["F0411"]["whole"] == 1
    assert all(found[name]["whole"] == 0 and found[name]["rows"] < 40 for name in LARGE[1:]), found

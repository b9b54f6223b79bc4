"""Whose a voucher is that says what a bill asked for: a clerk of JD Edwards can enter the very same one."""

from __future__ import annotations

import pytest
import scenario_keys
from bill_originals import FLOW, bill, change, link, run, switched_on
from bill_paid import table
from bill_site import BillSite

KNOWN_BY = ("bare",)
ENTER = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}


def states(testbed: BillSite, number: str) -> list[tuple[str, str]]:
    """(user, `void` or pay status) of the vouchers of a bill's number."""
    own = [{name: str(value).strip() for name, value in row.items()} for row in table(testbed, "F0411")]
    own = [row for row in own if row["VINV"] == number and row.get("DCTA") != "PE"]
    return sorted((row.get("TORG", ""), "void" if row.get("VOD") == "V" else row["PST"]) for row in own)


@pytest.mark.reason("natural_key_taken")
def test_a_clerks_voucher_is_not_taken_for_the_first_bills_lost_one(testbed: BillSite) -> None:
    """Given the very first bill, whose call was lost, and a clerk of JD Edwards who enters the same voucher under our
    login before we look, when the flow looks, then a person decides; the bill that changes voids nothing."""
    switched_on(testbed, mode="direct")
    testbed.policy = {"wait_for_outcomes": False}
    id = bill(testbed)
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**ENTER, "kind": "drop_before", "calls": [1]}]})
    run(testbed)
    entry = testbed.books.voucher(7001, invoice="WEB-1", costs=(("30.5010", "100.00"),))
    testbed.books.change_items(entry, "", TORG=scenario_keys.US, DIVJ="2026-03-01", PST="H")
    testbed.sandbox.clock.advance(600)
    run(testbed)
    assert testbed.exception(FLOW).reason == "natural_key_taken" and link(testbed, id) == ""
    change(testbed, id, "120.00")
    testbed.replay(FLOW)
    run(testbed)
    assert states(testbed, "WEB-1") == [(scenario_keys.US, "H")]


def test_the_other_bills_wait_for_the_first_voucher(testbed: BillSite) -> None:
    """Given a home that has made no voucher yet, and a batch that a clerk runs, when two bills are synced, then the
    second waits until the voucher of the first is known, whoever's user it bears."""
    switched_on(testbed, mode="batch")
    acts = dict(testbed.connections["jde"]["orchestrations"])
    del acts["voucher_batch_run"]
    testbed.connect("jde", orchestrations=acts)
    ids = [bill(testbed, "WEB-1"), bill(testbed, "WEB-2")]
    assert run(testbed) == {"created": 1, "ignored": 1}
    [waits] = table(testbed, "F0411Z1")
    testbed.books.act("run_batch", EDBT=str(waits["EDBT"]).strip())
    run(testbed)
    run(testbed)
    [_, waits] = table(testbed, "F0411Z1")
    testbed.books.act("run_batch", EDBT=str(waits["EDBT"]).strip())
    run(testbed)
    assert testbed.exceptions(FLOW) == [] and all(link(testbed, id).startswith("00001/PV/") for id in ids)

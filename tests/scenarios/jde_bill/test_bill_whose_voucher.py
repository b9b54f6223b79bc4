"""Whose a voucher is that says what a bill asked for: a clerk of JD Edwards can enter the very same one."""

from __future__ import annotations

import pytest
import scenario_keys
from bill_born import FLOW, bill, change, link, run, switched_on
from bill_paid import table
from bill_site import BillSite

KNOWN_BY = ("bare",)
ENTER = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}


def states(town: BillSite, number: str) -> list[tuple[str, str]]:
    """(user, `void` or pay status) of the vouchers of a bill's number."""
    own = [{name: str(value).strip() for name, value in row.items()} for row in table(town, "F0411")]
    own = [row for row in own if row["VINV"] == number and row.get("DCTA") != "PE"]
    return sorted((row.get("TORG", ""), "void" if row.get("VOD") == "V" else row["PST"]) for row in own)


@pytest.mark.reason("natural_key_taken")
def test_a_clerks_voucher_is_not_taken_for_the_first_bills_lost_one(town: BillSite) -> None:
    """Given the very first bill, whose call was lost, and a clerk of JD Edwards who enters the same voucher under our
    login before we look, when the flow looks, then a person decides; the bill that changes voids nothing."""
    switched_on(town, mode="direct")
    town.policy = {"wait_for_outcomes": False}
    id = bill(town)
    town.sandbox.post("/faults", {"replace": True, "rules": [{**ENTER, "kind": "drop_before", "calls": [1]}]})
    run(town)
    entry = town.books.voucher(7001, invoice="WEB-1", costs=(("30.5010", "100.00"),))
    town.books.change_items(entry, "", TORG=scenario_keys.US, DIVJ="2026-03-01", PST="H")
    town.sandbox.clock.advance(600)
    run(town)
    assert town.exception(FLOW).reason == "natural_key_taken" and link(town, id) == ""
    change(town, id, "120.00")
    town.replay(FLOW)
    run(town)
    assert states(town, "WEB-1") == [(scenario_keys.US, "H")]


def test_the_other_bills_wait_for_the_first_voucher(town: BillSite) -> None:
    """Given a home that has made no voucher yet, and a batch that a clerk runs, when two bills are synced, then the
    second waits until the voucher of the first is known, whoever's user it bears."""
    switched_on(town, mode="batch")
    acts = dict(town.connections["jde"]["orchestrations"])
    del acts["voucher_batch_run"]
    town.connect("jde", orchestrations=acts)
    ids = [bill(town, "WEB-1"), bill(town, "WEB-2")]
    assert run(town) == {"created": 1, "ignored": 1}
    [waits] = table(town, "F0411Z1")
    town.books.act("run_batch", EDBT=str(waits["EDBT"]).strip())
    run(town)
    run(town)
    [_, waits] = table(town, "F0411Z1")
    town.books.act("run_batch", EDBT=str(waits["EDBT"]).strip())
    run(town)
    assert town.exceptions(FLOW) == [] and all(link(town, id).startswith("00001/PV/") for id in ids)

"""A JD Edwards whose processing option deletes what is voided and was not posted: no row tells of the payment then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import act, born
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde

FLOW = "payments_to_jde"
CALL = "POST /jderest/v3/orchestrator/{name}"


@pytest.fixture(autouse=True)
def _deletes(testbed: Site) -> None:
    testbed.sandbox.post("/options", {"jde": {"unposted_payment_void": "deleted"}})


def calls(testbed: Site) -> int:
    """How often an orchestration was called."""
    return int(testbed.sandbox.get("/faults")["routes"].get("jde", {}).get(CALL, 0))


def table(testbed: Site, name: str) -> list[dict[str, Any]]:
    """The rows of a table of JD Edwards."""
    return list(testbed.sandbox.systems["jde"].dump()[name].values())


@pytest.mark.parametrize("lost", [None, "drop_after", "drop_before"])
def test_a_booked_payment_that_our_void_deletes_is_taken_back_once(testbed: Site, lost: str | None) -> None:
    """Given a booked payment that is cancelled in Coupa, when our void deletes it, and its answer is lost or not
    then its voucher is open again, sync, sweep and comparison find nothing wrong, and no second void is sent."""
    testbed.flows[FLOW] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    found = born(testbed)
    paid = act(
        testbed, "make_payment", invoices=[{"id": found.id}], status="completed_successfully", date=TODAY.isoformat()
    )
    testbed.sync(FLOW)
    act(testbed, "move_payment", id=int(paid["id"]), status="cancelled")
    if lost is not None:
        testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": lost, "calls": [calls(testbed) + 1]}])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    items = [row for row in table(testbed, "F0411") if row["DOC"] == found.voucher.doc]
    assert (table(testbed, "F0413"), [Decimal(row["AAP"]) for row in items]) == ([], [Decimal(120)])
    done = calls(testbed)
    assert testbed.sync(FLOW)[FLOW].writes == 0
    testbed.sweep(FLOW)
    assert (testbed.exceptions(FLOW), calls(testbed)) == ([], done)
    with testbed.context() as context:
        assert compare(PaymentsToJde(context)).as_json()["differences"] == []


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("flow", ["invoices", "payments_to_coupa"])
def test_a_told_payment_of_jd_edwards_that_is_deleted_asks_for_a_person(testbed: Site, flow: str) -> None:
    """Given an invoice that Coupa shows as paid by JD Edwards, when a clerk voids the payment before it is posted
    then the next sync names the payment to a person, for Coupa shows as paid what JD Edwards may pay anew, and
    nothing is told twice."""
    if flow == "invoices":
        entry = testbed.books.voucher(4711, invoice="C-4711", costs=(("30.5010", "120.00"),))
        testbed.sync(flow)
        testbed.spend.approve("C-4711")
        number = int(testbed.spend.invoice("C-4711")["id"])
    else:
        testbed.flows[flow] = {}
        found = born(testbed)
        entry, number = found.voucher, found.id
    testbed.books.pay(entry, number=5001)
    testbed.sync(flow)
    testbed.sandbox.clock.advance(60)
    testbed.books.void_payment(5001)
    for _ in range(2):
        testbed.sync(flow)
        reported = testbed.exception(flow)
        assert reported.reason == "paid_by_another" and "PK 5001 of 120.00" in reported.value
    [shown] = [
        each for each in testbed.sandbox.systems["coupa"].dump()["invoices"].values() if int(each["id"]) == number
    ]
    assert len(shown["payments"]) == 1

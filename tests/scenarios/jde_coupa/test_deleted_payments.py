"""A JD Edwards whose processing option deletes what is voided and was not posted: no row tells of the payment then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_born import act, born
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde

FLOW = "payments_to_jde"
CALL = "POST /jderest/v3/orchestrator/{name}"


@pytest.fixture(autouse=True)
def _deletes(town: Site) -> None:
    town.sandbox.post("/options", {"jde": {"unposted_payment_void": "deleted"}})


def calls(town: Site) -> int:
    """How often an orchestration was called."""
    return int(town.sandbox.get("/faults")["routes"].get("jde", {}).get(CALL, 0))


def table(town: Site, name: str) -> list[dict[str, Any]]:
    """The rows of a table of JD Edwards."""
    return list(town.sandbox.systems["jde"].dump()[name].values())


@pytest.mark.parametrize("lost", [None, "drop_after", "drop_before"])
def test_a_booked_payment_that_our_void_deletes_is_taken_back_once(town: Site, lost: str | None) -> None:
    """Given a booked payment that is cancelled in Coupa, when our void deletes it, and its answer is lost or not
    then its voucher is open again, sync, sweep and comparison find nothing wrong, and no second void is sent."""
    town.flows[FLOW] = {}
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    found = born(town)
    paid = act(
        town, "make_payment", invoices=[{"id": found.id}], status="completed_successfully", date=TODAY.isoformat()
    )
    town.sync(FLOW)
    act(town, "move_payment", id=int(paid["id"]), status="cancelled")
    if lost is not None:
        town.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": lost, "calls": [calls(town) + 1]}])
    assert outcomes(town.sync(FLOW)[FLOW]) == {"updated": 1}
    items = [row for row in table(town, "F0411") if row["DOC"] == found.voucher.doc]
    assert (table(town, "F0413"), [Decimal(row["AAP"]) for row in items]) == ([], [Decimal(120)])
    done = calls(town)
    assert town.sync(FLOW)[FLOW].writes == 0
    town.sweep(FLOW)
    assert (town.exceptions(FLOW), calls(town)) == ([], done)
    with town.context() as context:
        assert compare(PaymentsToJde(context)).as_json()["differences"] == []


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("flow", ["invoices", "payments_to_coupa"])
def test_a_told_payment_of_jd_edwards_that_is_deleted_asks_for_a_person(town: Site, flow: str) -> None:
    """Given an invoice that Coupa shows as paid by JD Edwards, when a clerk voids the payment before it is posted
    then the next sync names the payment to a person, for Coupa shows as paid what JD Edwards may pay anew, and
    nothing is told twice."""
    if flow == "invoices":
        entry = town.books.voucher(4711, invoice="C-4711", costs=(("30.5010", "120.00"),))
        town.sync(flow)
        town.spend.approve("C-4711")
        number = int(town.spend.invoice("C-4711")["id"])
    else:
        town.flows[flow] = {}
        found = born(town)
        entry, number = found.voucher, found.id
    town.books.pay(entry, number=5001)
    town.sync(flow)
    town.sandbox.clock.advance(60)
    town.books.void_payment(5001)
    for _ in range(2):
        town.sync(flow)
        told = town.exception(flow)
        assert told.reason == "paid_by_another" and "PK 5001 of 120.00" in told.value
    [shown] = [each for each in town.sandbox.systems["coupa"].dump()["invoices"].values() if int(each["id"]) == number]
    assert len(shown["payments"]) == 1

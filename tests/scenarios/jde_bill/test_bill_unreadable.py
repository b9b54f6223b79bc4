"""Records of BILL and JD Edwards with a field of another type than documented: one stops, the rest goes on."""

from __future__ import annotations

from typing import Any

import pytest
from bill_owed import compared, owing
from bill_paid import FLOW, bill, pay, posted, run, switch_on
from bill_site import BillSite
from scenario_site import outcomes

from connector_assets.engine.replaying import replay
from connector_assets.run_setup import flows_of

PAYMENTS = {"system": "bill", "route": "GET /connect/v3/payments*"}
BILLS = {"system": "bill", "route": "GET /connect/v3/bills*"}
DATA = {"system": "jde", "route": "POST /jderest/*/dataservice"}


def retype(testbed: BillSite, *rules: dict[str, Any]) -> None:
    """From now on these fields come so; without any, as they are."""
    testbed.sandbox.post("/faults", {"rules": [{**rule, "kind": "retype"} for rule in rules], "replace": True})


def rows(testbed: BillSite, flow: str = FLOW) -> dict[str, Any]:
    """One run of a flow; how its rows are accounted for."""
    return dict(testbed.sync(flow)[flow].rows)


def replay_all(testbed: BillSite) -> dict[str, int]:
    """`connector exceptions replay --flow`; the outcomes."""
    name = f"jde_bill/{FLOW}"
    with testbed.context() as context:
        [done] = replay(flows_of(context), {name: [each.key for each in testbed.exceptions(FLOW)]})
    assert not done.gone
    return outcomes(done.report)


@pytest.fixture
def paying(testbed: BillSite) -> BillSite:
    """An installation that posts what BILL pays."""
    switch_on(testbed)
    return testbed


def test_a_check_number_that_is_a_number_stops_nothing(paying: BillSite) -> None:
    """Given a BILL that gives check numbers as numbers, and one payment's disbursement as a list
    when its payments are read, then they are posted: nothing of it is used."""
    first, second = paying.books.voucher(4711), paying.books.voucher(4712)
    odd = pay(paying, bill(paying, first, "100.00"))
    pay(paying, bill(paying, second, "100.00"))
    check = {"checkDisbursement": {"checkNumber": 8051}}
    for id, value in ((None, check), (odd.id, [8051])):
        match = {} if id is None else {"id": id}
        paying.bill.set("payments", odd.id, disbursementInfo=check)
        retype(paying, {**PAYMENTS, "field": "disbursementInfo", "value": value, "match": match})
        assert run(paying).keys() <= {"created", "unchanged"}
    assert not paying.exceptions(FLOW)
    assert paying.sync(FLOW)[FLOW].rows["unreadable"] == 0


@pytest.mark.reason("unreadable_record")
def test_one_unreadable_payment_stops_one_payment(paying: BillSite) -> None:
    """Given two payments of BILL, one of which has an object for its amount
    when they are read, then the other is posted and the one is an exception that names it, once however often it is
    seen; mended it is posted, and the exception is gone."""
    good, odd = paying.books.voucher(4711), paying.books.voucher(4712)
    pay(paying, bill(paying, good, "100.00"))
    bad = pay(paying, bill(paying, odd, "100.00"))
    retype(paying, {**PAYMENTS, "field": "amount", "value": {"amount": "100.00"}, "match": {"id": bad.id}})
    report = paying.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    assert report.rows == {"read": 2, "in_documents": 1, "ignored": {}, "unreadable": 1}
    found = paying.exception(FLOW)
    assert (found.key, found.reason, found.field) == (f"bill:payments:{bad.id}", "unreadable_record", "amount")
    assert "is an object, expected a decimal number" in found.message
    assert outcomes(paying.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert paying.exception(FLOW).id == found.id
    retype(paying)
    assert outcomes(paying.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert not paying.exceptions(FLOW)


def test_a_replay_reads_it_again(paying: BillSite) -> None:
    """Given an unreadable payment that was mended, when it is replayed, then it is posted and no exception is left."""
    bad = pay(paying, bill(paying, paying.books.voucher(), "100.00"))
    retype(paying, {**PAYMENTS, "field": "processDate", "value": True, "match": {"id": bad.id}})
    assert rows(paying)["unreadable"] == 1
    replay_all(paying)
    assert paying.exception(FLOW).reason == "unreadable_record"
    retype(paying)
    assert replay_all(paying) == {"created": 1}
    assert not paying.exceptions(FLOW)
    assert run(paying) == {"unchanged": 1}


def test_a_dismissed_one_stays_dismissed(paying: BillSite) -> None:
    """Given an unreadable payment that was dismissed, when it is seen again, then no exception is made of it
    until something else of it cannot be read."""
    bad = pay(paying, bill(paying, paying.books.voucher(), "100.00"))
    retype(paying, {**PAYMENTS, "field": "amount", "value": [], "match": {"id": bad.id}})
    run(paying)
    paying.dismiss(paying.exception(FLOW).id)
    assert rows(paying)["unreadable"] == 1
    assert not paying.exceptions(FLOW)
    retype(paying, {**PAYMENTS, "field": "vendorId", "value": [], "match": {"id": bad.id}})
    run(paying)
    assert paying.exception(FLOW).field == "vendorId"


def test_a_record_without_an_id_is_known_by_its_content(paying: BillSite) -> None:
    """Given a payment whose id is an object, when it is read twice, then it is one exception, known by its content,
    until it has its id again."""
    good = pay(paying, bill(paying, paying.books.voucher(4711), "100.00"))
    bad = pay(paying, bill(paying, paying.books.voucher(4712), "100.00"))
    retype(paying, {**PAYMENTS, "field": "id", "value": {"of": "nothing"}, "match": {"id": bad.id}})
    assert run(paying) == {"created": 1}
    found = paying.exception(FLOW)
    assert found.key.startswith("bill:payments:content-")
    run(paying)
    assert paying.exception(FLOW).id == found.id
    retype(paying)
    assert run(paying) == {"created": 1, "unchanged": 1}
    assert not paying.exceptions(FLOW) and good.id != bad.id


def test_an_unreadable_pay_item_holds_its_voucher_alone(testbed: BillSite) -> None:
    """Given two vouchers of JD Edwards, one of whose pay items has an amount that is none
    when they are synced, then the other becomes a bill, no half of the one does, and both are there once it is
    mended."""
    owing(testbed)
    good, odd = testbed.books.voucher(4711), testbed.books.voucher(4712)
    match = {"F0411_DOC": odd.doc}
    retype(testbed, {**DATA, "field": "F0411_AG", "value": "a hundred", "match": match})
    report = testbed.sync("bills")["bills"]
    assert outcomes(report) == {"created": 1}
    assert report.rows["read"] == report.rows["in_documents"] + sum(report.rows["ignored"].values()) + 1
    found = testbed.exception("bills")
    assert found.key == f"jde:F0411:{odd.doc}/{odd.kind}/{odd.company}/001/0"
    assert (found.reason, found.field, found.value) == ("unreadable_record", "AG", "text")
    retype(testbed)
    assert outcomes(testbed.sync("bills")["bills"]) == {"created": 1, "unchanged": 1}
    assert not testbed.exceptions("bills") and len(testbed.bill.all("bills")) == 2 and good != odd


def test_an_unreadable_hit_is_never_taken_for_nothing(testbed: BillSite) -> None:
    """Given a create whose answer got lost, and a BILL whose look-up gives that very bill unreadable
    when it is looked up, then it is not sent again, and the others go on; once it can be read it is found."""
    owing(testbed)
    testbed.books.voucher()
    lose = {"system": "bill", "route": "POST /connect/v3/bills", "kind": "drop_after", "calls": [1]}
    odd = {**BILLS, "field": "invoice", "value": 7, "kind": "retype"}
    testbed.sandbox.post("/faults", {"rules": [lose, odd], "replace": True})
    assert outcomes(testbed.sync("bills")["bills"]) == {"in_doubt": 1}
    assert testbed.exception("bills").reason == "unreadable_record"
    assert outcomes(testbed.sync("bills")["bills"]) == {"in_doubt": 1}
    testbed.sandbox.post("/faults", {"rules": [], "replace": True})
    assert outcomes(testbed.sync("bills")["bills"]) == {"created": 1}
    assert len(testbed.bill.all("bills")) == 1 and not testbed.exceptions("bills")


def test_reconcile_goes_on_where_a_bill_cannot_be_read(testbed: BillSite) -> None:
    """Given two delivered vouchers, one of whose bills cannot be read any more
    when both systems are laid side by side, then that one is a difference with its explanation, and nothing else is."""
    owing(testbed)
    odd = testbed.books.voucher(4711)
    testbed.books.voucher(4712)
    assert outcomes(testbed.sync("bills")["bills"]) == {"created": 2}
    id = testbed.bill.one("bills", description=f"JDE 00001-PV-{odd.doc}-001")["id"]
    retype(testbed, {**BILLS, "field": "vendorId", "value": [], "match": {"id": id}})
    found = compared(testbed, "bills")
    assert [(each.kind, each.explained_by) for each in found.differences] == [
        ("missing_in_target", "rule:unreadable_record")
    ]
    assert (found.source.documents, found.target.documents) == (2, 1)


def test_an_unreadable_payment_of_jde_is_never_taken_for_nothing(paying: BillSite) -> None:
    """Given a payment that JD Edwards posted without an answer getting back, and whose row cannot be read
    when it is looked up, long after it may have come, then it is not posted again, and it is found once it can be."""
    entry = paying.books.voucher()
    pay(paying, bill(paying, entry, "100.00"))
    lose = {"system": "jde", "route": "POST /jderest/*/orchestrator/*", "kind": "drop_after", "calls": [1]}
    odd = {**DATA, "field": "F0413_PAAP", "value": {}, "kind": "retype"}
    paying.sandbox.post("/faults", {"rules": [lose, odd], "replace": True})
    assert run(paying) == {"in_doubt": 1}
    paying.sandbox.post("/clock", {"advance": 600})
    assert run(paying) == {"in_doubt": 1}
    # the row itself is told as well, since a clerk may have changed it
    assert {each.reason for each in paying.exceptions(FLOW)} == {"unreadable_record"}
    retype(paying)
    assert run(paying) == {"created": 1}
    assert len(posted(paying)) == 1 and not paying.exceptions(FLOW)

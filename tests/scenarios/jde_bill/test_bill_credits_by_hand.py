"""Credits that somebody applies to a bill in BILL without a payment: JD Edwards does not hear of them by itself."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, owing, run, unexplained
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
REASON = "credit_applied_by_hand"


@pytest.fixture
def credited(testbed: BillSite) -> tuple[BillSite, Entry, Entry]:
    """A voucher of 100.00 and a debit memo of 30.00, in BILL as a bill and a credit that a person applied to it."""
    owing(testbed, CREDITS)
    testbed.flows["payments"] = {}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    voucher = testbed.books.voucher(1)
    memo = testbed.books.voucher(2, kind="PD", costs=(("30.5010", "-30.00"),))
    assert (run(testbed), run(testbed, CREDITS)) == ({"created": 1}, {"created": 1})
    testbed.sandbox.clock.advance(60)
    bill = {"id": bill_of(testbed, voucher)["id"]}
    testbed.bill.act("apply_credit", id=credit_of(testbed, memo)["id"], bill=bill)
    return testbed, voucher, memo


def everything(testbed: BillSite) -> dict[str, dict[str, int]]:
    """What a sync of the three flows comes to."""
    return {name: outcomes(report) for name, report in testbed.sync(FLOW, CREDITS, "payments").items()}


def opened(testbed: BillSite, *entries: Entry) -> list[Decimal]:
    """What is open in JD Edwards of each of these, as it stands in F0411."""
    rows = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    return [sum((D(row.get("AAP", 0)) for row in rows if row["DOC"] == entry.doc), D(0)) for entry in entries]


def settle_in_jde(testbed: BillSite, voucher: Entry, memo: Entry, *, together: bool) -> None:
    """A clerk of JD Edwards settles the memo and as much of the voucher: in one payment of zero, or each in its own."""
    testbed.books.pay(voucher, "30.00", number=5001)
    testbed.books.pay(memo, number=5002)
    if together:
        jde = testbed.sandbox.systems["jde"].dump()
        ids = {row["DOCM"]: row["PYID"] for row in jde["F0413"].values()}
        second = next(row for row in jde["F0414"].values() if row["PYID"] == ids[5002])
        testbed.books.delete("F0414", {name: second[name] for name in ("PYID", "RC5")})
        testbed.books.delete("F0413", {"PYID": ids[5002]})
        testbed.books.upsert("F0414", {**second, "PYID": ids[5001], "RC5": second["RC5"] + 1})


@pytest.mark.reason("credit_applied_by_hand")
def test_a_credit_that_a_person_applies_by_itself_is_told(credited: tuple[BillSite, Entry, Entry]) -> None:
    """Given a bill and a credit of ours, when a person applies the credit to the bill without a payment
    then voucher and memo stay open in JD Edwards, and an exception says how much and what to do, once."""
    testbed, voucher, memo = credited
    assert everything(testbed)[FLOW] == {"held": 1}
    found = testbed.exception(FLOW)
    assert (found.reason, severity_of(found.reason)) == (REASON, "normal")
    assert found.value == "30.00 of INV-1, with 70.00 left there"
    assert opened(testbed, voucher, memo) == [D(100), D(-30)] and len(testbed.bill.all("payments")) == 0
    assert everything(testbed)[FLOW] in ({}, {"held": 1}) and len(testbed.exceptions(FLOW)) == 1


def test_a_credit_that_is_taken_off_again_and_used_in_the_payment_settles_both(
    credited: tuple[BillSite, Entry, Entry],
) -> None:
    """Given that exception, when a person takes the credit off the bill and pays the bill with it
    then both are settled in JD Edwards, and nothing is open any more."""
    testbed, voucher, memo = credited
    everything(testbed)
    bill, credit = bill_of(testbed, voucher), credit_of(testbed, memo)
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("edit_bill", id=bill["id"], set={"vendorCredits": []})
    assert everything(testbed)[FLOW] == {"unchanged": 1} and testbed.exceptions(FLOW) == []
    used = [{"id": credit["id"], "amount": "30.00"}]
    testbed.bill.act("pay_bill", bills=[{"id": bill["id"], "credits": used}])
    assert everything(testbed)["payments"] == {"created": 1}
    assert opened(testbed, voucher, memo) == [D(0), D(0)]
    assert not any(testbed.exceptions(flow) for flow in (FLOW, CREDITS, "payments"))
    assert (unexplained(testbed), unexplained(testbed, CREDITS)) == ([], [])


@pytest.mark.parametrize("paid_before", [False, True], ids=["unpaid", "paid"])
def test_jd_edwards_settles_both_against_each_other(
    credited: tuple[BillSite, Entry, Entry], *, paid_before: bool
) -> None:
    """Given that exception, before or after BILL paid the rest in cash
    when a clerk settles voucher and memo in JD Edwards by one payment of zero
    then nothing is recorded in BILL, and both systems agree."""
    testbed, voucher, memo = credited
    everything(testbed)
    if paid_before:
        testbed.bill.act("pay_bill", id=bill_of(testbed, voucher)["id"])
        assert everything(testbed)["payments"] == {"created": 1}
        assert opened(testbed, voucher, memo) == [D(30), D(-30)] and testbed.exception(FLOW).reason == REASON
    payments = len(testbed.bill.all("payments"))
    testbed.sandbox.clock.advance(60)
    settle_in_jde(testbed, voucher, memo, together=True)
    everything(testbed)
    assert not any(testbed.exceptions(flow) for flow in (FLOW, CREDITS, "payments"))
    assert len(testbed.bill.all("payments")) == payments
    assert opened(testbed, voucher, memo) == [D(0 if paid_before else 70), D(0)]
    assert (unexplained(testbed), unexplained(testbed, CREDITS)) == ([], [])


def test_a_payment_of_the_same_amount_is_no_settlement(credited: tuple[BillSite, Entry, Entry]) -> None:
    """Given that exception, when JD Edwards pays just as much of the voucher by a payment of its own
    then that is recorded in BILL, and the credit stays told."""
    testbed, voucher, memo = credited
    everything(testbed)
    testbed.sandbox.clock.advance(60)
    settle_in_jde(testbed, voucher, memo, together=False)
    everything(testbed)
    assert [D(each["amount"]) for each in testbed.bill.all("payments")] == [D(30)]
    assert testbed.exception(FLOW).reason == REASON


def test_a_credit_that_jd_edwards_does_not_know_is_told_on_the_bill(testbed: BillSite) -> None:
    """Given a credit that was born in BILL, when a person applies it to a bill of ours
    then the bill tells it: JD Edwards has the whole voucher open."""
    owing(testbed, CREDITS)
    voucher = testbed.books.voucher(1)
    run(testbed)
    made = bill_of(testbed, voucher)
    body = {"vendorId": made["vendorId"], "referenceNumber": "OWN-1", "creditDate": "2026-02-25"}
    own = testbed.bill.act("enter_credit", body={**body, "vendorCreditLineItems": [{"amount": "10.00"}]})
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("apply_credit", id=own["id"], bill={"id": made["id"]})
    assert run(testbed) == {"held": 1} and testbed.exception(FLOW).reason == REASON

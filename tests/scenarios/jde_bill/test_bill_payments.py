"""What BILL paid, posted on the pay items in JD Edwards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_originals import made_of
from bill_paid import (
    FLOW,
    bill,
    calls,
    credit,
    enter,
    forget,
    move,
    open_items,
    pay,
    posted,
    run,
    settled,
    switch_on,
    vendor,
)
from bill_site import BillSite
from scenario_books import TODAY

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_bill.payments.flow import Payments

NOTHING = Decimal(0)


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switch_on(testbed)


@pytest.mark.quick("jde_bill/payments")
def test_a_payment_of_bill_settles_the_voucher_once(testbed: BillSite) -> None:
    """Given a voucher and its bill
    when BILL has paid it, then a payment of our number and BILL's day closes the pay item, once only."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]
    assert posted(testbed) == [(Decimal(100), False)]
    [header] = testbed.sandbox.systems["jde"].dump()["F0413"].values()
    assert header["DMTJ"] == TODAY
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0
    assert calls(testbed) == 1


@pytest.mark.parametrize("status", ["PROCESSED", "SENT", "DELIVERED", "CLEARED", "PARTIALLY_CLAIMED"])
def test_it_is_posted_once_the_money_has_gone(testbed: BillSite, status: str) -> None:
    """Given a payment that is only on its way, then nothing is posted, whatever it is called
    until it comes to a status of the set; further steps change nothing."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"), status="SCHEDULED")
    for early in ("SCHEDULED", "READY_TO_FUND", "FUNDING_STARTED", "DISBURSEMENT_ON_HOLD"):
        move(testbed, paid, early)
        report = testbed.sync(FLOW)[FLOW]
        assert (report.rules(), report.writes) == ({"payment_under_way": 1}, 0)
    move(testbed, paid, status)
    assert run(testbed) == {"created": 1}
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"unchanged": 1}
    assert posted(testbed) == [(Decimal(100), False)]


def test_the_set_of_statuses_is_the_sites(testbed: BillSite) -> None:
    """Given a site that posts when the money has reached the vendor, then a payment that was sent waits."""
    testbed.configure(FLOW, posted_statuses=["CLEARED"])
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"), status="SENT")
    assert testbed.sync(FLOW)[FLOW].rules() == {"payment_under_way": 1}
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"created": 1}


def test_partial_payments_are_posted_one_by_one(testbed: BillSite) -> None:
    """Given a bill that is paid in two parts, then the pay item is open by the rest in between, and closed at last."""
    entry = testbed.books.voucher()
    id = bill(testbed, entry, "100.00")
    pay(testbed, {"id": id, "amount": "33.33"})
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(Decimal("66.67"), "A")]
    pay(testbed, id)
    assert run(testbed) == {"created": 1, "unchanged": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]
    assert sorted(posted(testbed)) == [(Decimal("33.33"), False), (Decimal("66.67"), False)]


def test_each_bill_of_one_payment_has_its_entry(testbed: BillSite) -> None:
    """Given one payment of three bills, then each voucher is settled by an entry of its own, and they add up to it."""
    entries = [testbed.books.voucher(doc, costs=[("30.5010", f"{doc % 100}.10")]) for doc in (4711, 4712, 4713)]
    ids = [bill(testbed, entry, f"{entry.doc % 100}.10") for entry in entries]
    pay(testbed, *ids)
    assert run(testbed) == {"created": 3}
    assert [open_items(testbed, entry) for entry in entries] == [[(NOTHING, "P")]] * 3
    assert sum(amount for amount, _ in posted(testbed)) == Decimal("36.30")


def test_a_bill_of_several_pay_items_settles_exactly_those(testbed: BillSite) -> None:
    """Given a voucher of three pay items, two of them in one bill
    when that bill is paid in part and then in full
    then the first of the two is settled first, and the third is never touched."""
    entry = testbed.books.voucher(costs=[("30.5010", "100.00")], items=("40.00", "25.00", "35.00"))
    id = bill(testbed, entry, "75.00", "001", "003")
    pay(testbed, {"id": id, "amount": "50.00"})
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P"), (Decimal(25), "A"), (Decimal(25), "A")]
    pay(testbed, id)
    run(testbed)
    assert open_items(testbed, entry) == [(NOTHING, "P"), (Decimal(25), "A"), (NOTHING, "P")]


def test_a_bill_of_one_pay_item_settles_that_one(testbed: BillSite) -> None:
    """Given pay items that are bills of their own, then a payment of the second settles the second."""
    entry = testbed.books.voucher(costs=[("30.5010", "100.00")], items=("60.00", "40.00"))
    bill(testbed, entry, "60.00", "001")
    pay(testbed, bill(testbed, entry, "40.00", "002"))
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(Decimal(60), "A"), (NOTHING, "P")]
    assert settled(testbed) == {f"{entry.key}/002": Decimal(40)}


def test_two_payments_of_one_run_share_what_is_open(testbed: BillSite) -> None:
    """Given two partial payments that BILL made between two runs, then both are posted, each on what the other left."""
    entry = testbed.books.voucher(costs=[("30.5010", "100.00")], items=("60.00", "40.00"))
    id = bill(testbed, entry, "100.00", "001", "002")
    pay(testbed, {"id": id, "amount": "70.00"})
    pay(testbed, {"id": id, "amount": "30.00"})
    assert run(testbed) == {"created": 2}
    assert open_items(testbed, entry) == [(NOTHING, "P"), (NOTHING, "P")]
    assert sum(amount for amount, _ in posted(testbed)) == Decimal(100)


# -- credits -----------------------------------------------------------------------------------------------------------


def test_a_credit_that_bill_applied_settles_the_debit_memo(testbed: BillSite) -> None:
    """Given a bill of 100.00 that is paid with 20.00 of a credit of 30.00
    then 80.00 of cash is posted, the voucher is closed, and 10.00 of the debit memo is left."""
    entry = testbed.books.voucher()
    memo = testbed.books.voucher(900, kind="PD", costs=[("30.5010", "-30.00")])
    used = credit(testbed, memo, "30.00")
    pay(testbed, {"id": bill(testbed, entry, "100.00"), "credits": [{"id": used, "amount": "20.00"}]})
    assert run(testbed) == {"created": 1}
    assert posted(testbed) == [(Decimal(80), False)]
    assert (open_items(testbed, entry), open_items(testbed, memo)) == ([(NOTHING, "P")], [(Decimal(-10), "A")])
    assert settled(testbed) == {f"{entry.key}/001": Decimal(100), f"{memo.key}/001": Decimal(-20)}
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_credits_may_pay_a_bill_without_any_cash(testbed: BillSite) -> None:
    """Given a bill that credits pay in full, then a payment of nothing closes the voucher and both debit memos; and
    when it is voided in BILL, all three are open again."""
    entry = testbed.books.voucher()
    memos = [testbed.books.voucher(900 + n, kind="PD", costs=[("30.5010", "-50.00")]) for n in range(2)]
    parts = [{"id": credit(testbed, memo, "50.00"), "amount": "50.00"} for memo in memos]
    paid = pay(testbed, {"id": bill(testbed, entry, "100.00"), "credits": parts})
    assert run(testbed) == {"created": 1}
    assert posted(testbed) == [(NOTHING, False)]
    assert [open_items(testbed, each) for each in (entry, *memos)] == [[(NOTHING, "P")]] * 3
    testbed.bill.act("void_payment", id=paid.id)
    assert run(testbed) == {"updated": 1}
    expected = [[(Decimal(100), "B")], [(Decimal(-50), "B")], [(Decimal(-50), "B")]]
    assert [open_items(testbed, each) for each in (entry, *memos)] == expected


@pytest.mark.reason("credit_not_linked")
def test_a_credit_that_jde_knows_nothing_of_is_held(testbed: BillSite) -> None:
    """Given a credit that was born in BILL, then a payment with it is held until its debit memo is linked."""
    entry = testbed.books.voucher()
    own = credit(testbed, None, "20.00")
    pay(testbed, {"id": bill(testbed, entry, "100.00"), "credits": [{"id": own, "amount": "20.00"}]})
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "credit_not_linked" and calls(testbed) == 0
    memo = testbed.books.voucher(900, kind="PD", costs=[("30.5010", "-20.00")])
    testbed.link("vendor_credits", f"{memo.document}/001", "vendor_credits", own)
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, memo) == [(NOTHING, "P")]


@pytest.mark.reason("credit_used_up")
def test_a_credit_that_was_already_applied_in_jde_is_held_before_the_write(testbed: BillSite) -> None:
    """Given a debit memo that JD Edwards took back in a payment of its own
    when BILL has applied its credit as well, then nothing is written until a person decides."""
    entry = testbed.books.voucher()
    memo = testbed.books.voucher(900, kind="PD", costs=[("30.5010", "-20.00")])
    used = credit(testbed, memo, "20.00")
    testbed.books.pay(memo)
    pay(testbed, {"id": bill(testbed, entry, "100.00"), "credits": [{"id": used, "amount": "20.00"}]})
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "credit_used_up" and calls(testbed) == 0
    testbed.books.void_payment()
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}


# -- currencies --------------------------------------------------------------------------------------------------------


def test_a_foreign_bill_is_posted_in_its_own_currency(testbed: BillSite) -> None:
    """Given a voucher in dollars in a company of pounds, whose vendor has bills in dollars
    when BILL has paid a third and then the rest, then both currencies are settled to the penny."""
    dollars = vendor(testbed, "Bolt Brothers (USD)", "USD")
    entry = testbed.books.voucher(supplier=4344, costs=[("30.5010", "100.00")], currency="USD", rate="0.8")
    id = bill(testbed, entry, "100.00", payee=dollars)
    pay(testbed, {"id": id, "amount": "33.33"})
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry, foreign=True) == [(Decimal("66.67"), "A")]
    pay(testbed, id)
    run(testbed)
    assert open_items(testbed, entry) == open_items(testbed, entry, foreign=True) == [(NOTHING, "P")]
    assert settled(testbed, "PFAP") == {f"{entry.key}/001": Decimal(100)}
    assert settled(testbed) == {f"{entry.key}/001": Decimal(80)}


@pytest.mark.reason("currency_differs")
def test_a_payment_in_another_currency_than_the_vouchers_is_held(testbed: BillSite) -> None:
    """Given a voucher in pounds whose bill went to a vendor of euros, then its payment is a person's to decide."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00", payee=vendor(testbed, "Anvil Europe", "EUR")))
    assert run(testbed) == {"held": 1}
    assert (testbed.exception(FLOW).value, calls(testbed)) == ("EUR", 0)


# -- which bill --------------------------------------------------------------------------------------------------------


def test_a_link_says_which_pay_item_a_bill_is_of(testbed: BillSite) -> None:
    """Given a bill whose description somebody has changed, then its link still says which pay item it is of."""
    entry = testbed.books.voucher()
    id = enter(testbed, "A-1", "100.00", "see contract")
    testbed.link("bills", f"{entry.document}/001", "bills", id)
    pay(testbed, id)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]


@pytest.mark.reason("voucher_not_linked")
def test_a_bill_born_in_bill_is_posted_once_its_voucher_is_there(testbed: BillSite) -> None:
    """Given a bill that was entered in BILL and paid there
    when JD Edwards has no voucher of it, then nothing is posted: never a second liability
    until there is the voucher that the flow has made of it."""
    id = enter(testbed, "A-1", "100.00", "rent")
    pay(testbed, id)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "voucher_not_linked" and calls(testbed) == 0
    entry = testbed.books.voucher(status="H")
    made_of(testbed, entry, id)
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]


def test_a_voided_revision_of_a_marked_voucher_does_not_count(testbed: BillSite) -> None:
    """Given a voucher that was voided and made anew, then the payment settles the one in force."""
    id = enter(testbed, "A-1", "100.00", "rent")
    first, second = testbed.books.voucher(), testbed.books.voucher(4712)
    for place, entry in enumerate((first, second), 1):
        made_of(testbed, entry, id, place)
    testbed.books.void(first)
    pay(testbed, id)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, second) == [(NOTHING, "P")]


def test_the_bill_of_an_order_settles_the_voucher_of_the_order(testbed: BillSite) -> None:
    """Given a bill of an order, linked to it, and the voucher that names the order, then its payment settles that."""
    id = enter(testbed, "PO-77", "100.00", "JDE PO 00001-OP-77")
    entry = testbed.books.voucher()
    pay(testbed, id)
    assert run(testbed) == {"held": 1}
    testbed.books.change_items(entry, PKCO="00001", PDCT="OP", PO="77")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]


def test_a_bill_of_an_order_is_spread_over_its_vouchers(testbed: BillSite) -> None:
    """Given an order that was vouchered in two parts, when its bill is paid in two payments
    then the first voucher is settled first, one payment is for both, and each is posted once, whatever is forgotten."""
    id = enter(testbed, "PO-77", "200.00", "JDE PO 00001-OP-77")
    first, second = testbed.books.voucher(), testbed.books.voucher(4712)
    for entry in (first, second):
        testbed.books.change_items(entry, PKCO="00001", PDCT="OP", PO="77")
    pay(testbed, {"id": id, "amount": "150.00"})
    assert run(testbed) == {"created": 1}
    assert (open_items(testbed, first), open_items(testbed, second)) == ([(NOTHING, "P")], [(Decimal(50), "A")])
    forget(testbed, opened=True)
    assert run(testbed) == {"adopted": 1}
    pay(testbed, id)
    assert run(testbed) == {"created": 1, "unchanged": 1}
    assert settled(testbed) == {f"{first.key}/001": Decimal(100), f"{second.key}/001": Decimal(100)}
    assert calls(testbed) == 2


@pytest.mark.reason("not_unique")
def test_two_vouchers_of_a_bill_that_was_born_in_bill_are_a_persons_to_choose_from(testbed: BillSite) -> None:
    """Given a bill of which two vouchers are in force, then its payment is held until one of them is voided."""
    id = enter(testbed, "A-1", "100.00", "rent")
    first, second = testbed.books.voucher(), testbed.books.voucher(4712)
    for place, entry in enumerate((first, second), 1):
        made_of(testbed, entry, id, place)
    pay(testbed, id)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "not_unique"
    testbed.books.void(first)
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, second) == [(NOTHING, "P")]


def test_a_bill_that_lost_a_pay_item_does_not_forget_what_was_posted_on_it(testbed: BillSite) -> None:
    """Given a payment that was posted on the second pay item of a bill, which has left the bill since
    when the ledger forgets the payment, then it is found on the voucher, and nothing is posted again."""
    entry = testbed.books.voucher(costs=[("30.5010", "100.00")], items=("40.00", "60.00"))
    id = bill(testbed, entry, "100.00", "002", "001")
    pay(testbed, {"id": id, "amount": "30.00"})
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(Decimal(40), "A"), (Decimal(30), "A")]
    testbed.bill.set("bills", id, description=f"JDE 00001-PV-{entry.doc}-001")
    forget(testbed, opened=True)
    assert run(testbed) == {"adopted": 1}
    assert calls(testbed) == 1


# -- outside payments --------------------------------------------------------------------------------------------------


def test_what_jde_paid_and_we_recorded_in_bill_does_not_come_back(testbed: BillSite) -> None:
    """Given a payment of JD Edwards that was recorded in BILL under its id, then it is left alone by rule."""
    entry = testbed.books.voucher()
    id = bill(testbed, entry, "100.00")
    testbed.books.pay(entry)
    body = {
        "vendorId": vendor(testbed),
        "processDate": TODAY.isoformat(),
        "toPrintCheck": False,
        "payments": [{"billId": id, "amount": "100.00"}],
        "description": "JDE 1",
    }
    testbed.bill.act("record_payment", body=body)
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"born_in_jde": 1}, 0)


@pytest.mark.parametrize("status", ["CLEARED", "UNDEFINED"])
def test_what_a_person_recorded_in_bill_is_posted(testbed: BillSite, status: str) -> None:
    """Given a cheque that somebody wrote by hand and recorded in BILL, then it paid the bill, and is posted."""
    testbed.bill.configure(recorded_single_status=status)
    entry = testbed.books.voucher()
    body = {
        "vendorId": vendor(testbed),
        "processDate": TODAY.isoformat(),
        "toPrintCheck": False,
        "payments": [{"billId": bill(testbed, entry, "100.00"), "amount": "100.00"}],
        "description": "cheque 1207, JDE is told later",
    }
    testbed.bill.act("record_payment", body=body)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]


# -- both sides --------------------------------------------------------------------------------------------------------


def test_both_sides_agree_to_the_penny(testbed: BillSite) -> None:
    """Given payments, a credit, a void and a dollar voucher, then reconcile finds the same in both systems."""
    entry, other = testbed.books.voucher(), testbed.books.voucher(4712)
    memo = testbed.books.voucher(900, kind="PD", costs=[("30.5010", "-30.00")])
    foreign = testbed.books.voucher(4713, supplier=4344, costs=[("30.5010", "55.55")], currency="USD", rate="0.7841")
    used = {"id": credit(testbed, memo, "30.00"), "amount": "12.34"}
    pay(testbed, {"id": bill(testbed, entry, "100.00"), "amount": "77.77", "credits": [used]})
    voided = pay(testbed, bill(testbed, other, "100.00"))
    pay(testbed, bill(testbed, foreign, "55.55", payee=vendor(testbed, "Bolt Brothers (USD)", "USD")))
    assert run(testbed) == {"created": 3}
    testbed.bill.act("void_payment", id=voided.id)
    assert run(testbed) == {"updated": 1, "unchanged": 2}
    with testbed.context() as context:
        reported = compare(Payments(context)).as_json()
    assert reported["differences"] == []
    assert reported["source"]["amounts"] == reported["target"]["amounts"] == {"GBP": "65.43", "USD": "55.55"}

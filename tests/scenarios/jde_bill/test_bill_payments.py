"""What BILL paid, posted on the pay items in JD Edwards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_born import made_of
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
def _on(town: BillSite) -> None:
    switch_on(town)


@pytest.mark.quick("jde_bill/payments")
def test_a_payment_of_bill_settles_the_voucher_once(town: BillSite) -> None:
    """Given a voucher and its bill
    when BILL has paid it, then a payment of our number and BILL's day closes the pay item, once only."""
    entry = town.books.voucher()
    pay(town, bill(town, entry, "100.00"))
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]
    assert posted(town) == [(Decimal(100), False)]
    [header] = town.sandbox.systems["jde"].dump()["F0413"].values()
    assert header["DMTJ"] == TODAY
    for _ in range(2):
        assert town.sync(FLOW)[FLOW].writes == 0
    assert calls(town) == 1


@pytest.mark.parametrize("status", ["PROCESSED", "SENT", "DELIVERED", "CLEARED", "PARTIALLY_CLAIMED"])
def test_it_is_posted_once_the_money_has_gone(town: BillSite, status: str) -> None:
    """Given a payment that is only on its way, then nothing is posted, whatever it is called
    until it comes to a status of the set; further steps change nothing."""
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"), status="SCHEDULED")
    for early in ("SCHEDULED", "READY_TO_FUND", "FUNDING_STARTED", "DISBURSEMENT_ON_HOLD"):
        move(town, paid, early)
        report = town.sync(FLOW)[FLOW]
        assert (report.rules(), report.writes) == ({"payment_under_way": 1}, 0)
    move(town, paid, status)
    assert run(town) == {"created": 1}
    move(town, paid, "CLEARED")
    assert run(town) == {"unchanged": 1}
    assert posted(town) == [(Decimal(100), False)]


def test_the_set_of_statuses_is_the_sites(town: BillSite) -> None:
    """Given a site that posts when the money has reached the vendor, then a payment that was sent waits."""
    town.configure(FLOW, posted_statuses=["CLEARED"])
    entry = town.books.voucher()
    paid = pay(town, bill(town, entry, "100.00"), status="SENT")
    assert town.sync(FLOW)[FLOW].rules() == {"payment_under_way": 1}
    move(town, paid, "CLEARED")
    assert run(town) == {"created": 1}


def test_partial_payments_are_posted_one_by_one(town: BillSite) -> None:
    """Given a bill that is paid in two parts, then the pay item is open by the rest in between, and closed at last."""
    entry = town.books.voucher()
    id = bill(town, entry, "100.00")
    pay(town, {"id": id, "amount": "33.33"})
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(Decimal("66.67"), "A")]
    pay(town, id)
    assert run(town) == {"created": 1, "unchanged": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]
    assert sorted(posted(town)) == [(Decimal("33.33"), False), (Decimal("66.67"), False)]


def test_each_bill_of_one_payment_has_its_entry(town: BillSite) -> None:
    """Given one payment of three bills, then each voucher is settled by an entry of its own, and they add up to it."""
    entries = [town.books.voucher(doc, costs=[("30.5010", f"{doc % 100}.10")]) for doc in (4711, 4712, 4713)]
    ids = [bill(town, entry, f"{entry.doc % 100}.10") for entry in entries]
    pay(town, *ids)
    assert run(town) == {"created": 3}
    assert [open_items(town, entry) for entry in entries] == [[(NOTHING, "P")]] * 3
    assert sum(amount for amount, _ in posted(town)) == Decimal("36.30")


def test_a_bill_of_several_pay_items_settles_exactly_those(town: BillSite) -> None:
    """Given a voucher of three pay items, two of them in one bill
    when that bill is paid in part and then in full
    then the first of the two is settled first, and the third is never touched."""
    entry = town.books.voucher(costs=[("30.5010", "100.00")], items=("40.00", "25.00", "35.00"))
    id = bill(town, entry, "75.00", "001", "003")
    pay(town, {"id": id, "amount": "50.00"})
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P"), (Decimal(25), "A"), (Decimal(25), "A")]
    pay(town, id)
    run(town)
    assert open_items(town, entry) == [(NOTHING, "P"), (Decimal(25), "A"), (NOTHING, "P")]


def test_a_bill_of_one_pay_item_settles_that_one(town: BillSite) -> None:
    """Given pay items that are bills of their own, then a payment of the second settles the second."""
    entry = town.books.voucher(costs=[("30.5010", "100.00")], items=("60.00", "40.00"))
    bill(town, entry, "60.00", "001")
    pay(town, bill(town, entry, "40.00", "002"))
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(Decimal(60), "A"), (NOTHING, "P")]
    assert settled(town) == {f"{entry.key}/002": Decimal(40)}


def test_two_payments_of_one_run_share_what_is_open(town: BillSite) -> None:
    """Given two partial payments that BILL made between two runs, then both are posted, each on what the other left."""
    entry = town.books.voucher(costs=[("30.5010", "100.00")], items=("60.00", "40.00"))
    id = bill(town, entry, "100.00", "001", "002")
    pay(town, {"id": id, "amount": "70.00"})
    pay(town, {"id": id, "amount": "30.00"})
    assert run(town) == {"created": 2}
    assert open_items(town, entry) == [(NOTHING, "P"), (NOTHING, "P")]
    assert sum(amount for amount, _ in posted(town)) == Decimal(100)


# -- credits -----------------------------------------------------------------------------------------------------------


def test_a_credit_that_bill_applied_settles_the_debit_memo(town: BillSite) -> None:
    """Given a bill of 100.00 that is paid with 20.00 of a credit of 30.00
    then 80.00 of cash is posted, the voucher is closed, and 10.00 of the debit memo is left."""
    entry = town.books.voucher()
    memo = town.books.voucher(900, kind="PD", costs=[("30.5010", "-30.00")])
    used = credit(town, memo, "30.00")
    pay(town, {"id": bill(town, entry, "100.00"), "credits": [{"id": used, "amount": "20.00"}]})
    assert run(town) == {"created": 1}
    assert posted(town) == [(Decimal(80), False)]
    assert (open_items(town, entry), open_items(town, memo)) == ([(NOTHING, "P")], [(Decimal(-10), "A")])
    assert settled(town) == {f"{entry.key}/001": Decimal(100), f"{memo.key}/001": Decimal(-20)}
    assert town.sync(FLOW)[FLOW].writes == 0


def test_credits_may_pay_a_bill_without_any_cash(town: BillSite) -> None:
    """Given a bill that credits pay in full, then a payment of nothing closes the voucher and both debit memos; and
    when it is voided in BILL, all three are open again."""
    entry = town.books.voucher()
    memos = [town.books.voucher(900 + n, kind="PD", costs=[("30.5010", "-50.00")]) for n in range(2)]
    parts = [{"id": credit(town, memo, "50.00"), "amount": "50.00"} for memo in memos]
    paid = pay(town, {"id": bill(town, entry, "100.00"), "credits": parts})
    assert run(town) == {"created": 1}
    assert posted(town) == [(NOTHING, False)]
    assert [open_items(town, each) for each in (entry, *memos)] == [[(NOTHING, "P")]] * 3
    town.bill.act("void_payment", id=paid.id)
    assert run(town) == {"updated": 1}
    expected = [[(Decimal(100), "B")], [(Decimal(-50), "B")], [(Decimal(-50), "B")]]
    assert [open_items(town, each) for each in (entry, *memos)] == expected


@pytest.mark.reason("credit_not_linked")
def test_a_credit_that_jde_knows_nothing_of_is_held(town: BillSite) -> None:
    """Given a credit that was born in BILL, then a payment with it is held until its debit memo is linked."""
    entry = town.books.voucher()
    own = credit(town, None, "20.00")
    pay(town, {"id": bill(town, entry, "100.00"), "credits": [{"id": own, "amount": "20.00"}]})
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "credit_not_linked" and calls(town) == 0
    memo = town.books.voucher(900, kind="PD", costs=[("30.5010", "-20.00")])
    town.link("vendor_credits", f"{memo.document}/001", "vendor_credits", own)
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert open_items(town, memo) == [(NOTHING, "P")]


@pytest.mark.reason("credit_used_up")
def test_a_credit_that_was_already_applied_in_jde_is_held_before_the_write(town: BillSite) -> None:
    """Given a debit memo that JD Edwards took back in a payment of its own
    when BILL has applied its credit as well, then nothing is written until a person decides."""
    entry = town.books.voucher()
    memo = town.books.voucher(900, kind="PD", costs=[("30.5010", "-20.00")])
    used = credit(town, memo, "20.00")
    town.books.pay(memo)
    pay(town, {"id": bill(town, entry, "100.00"), "credits": [{"id": used, "amount": "20.00"}]})
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "credit_used_up" and calls(town) == 0
    town.books.void_payment()
    town.replay(FLOW)
    assert run(town) == {"created": 1}


# -- currencies --------------------------------------------------------------------------------------------------------


def test_a_foreign_bill_is_posted_in_its_own_currency(town: BillSite) -> None:
    """Given a voucher in dollars in a company of pounds, whose vendor has bills in dollars
    when BILL has paid a third and then the rest, then both currencies are settled to the penny."""
    dollars = vendor(town, "Bolt Brothers (USD)", "USD")
    entry = town.books.voucher(supplier=4344, costs=[("30.5010", "100.00")], currency="USD", rate="0.8")
    id = bill(town, entry, "100.00", payee=dollars)
    pay(town, {"id": id, "amount": "33.33"})
    assert run(town) == {"created": 1}
    assert open_items(town, entry, foreign=True) == [(Decimal("66.67"), "A")]
    pay(town, id)
    run(town)
    assert open_items(town, entry) == open_items(town, entry, foreign=True) == [(NOTHING, "P")]
    assert settled(town, "PFAP") == {f"{entry.key}/001": Decimal(100)}
    assert settled(town) == {f"{entry.key}/001": Decimal(80)}


@pytest.mark.reason("currency_differs")
def test_a_payment_in_another_currency_than_the_vouchers_is_held(town: BillSite) -> None:
    """Given a voucher in pounds whose bill went to a vendor of euros, then its payment is a person's to decide."""
    entry = town.books.voucher()
    pay(town, bill(town, entry, "100.00", payee=vendor(town, "Anvil Europe", "EUR")))
    assert run(town) == {"held": 1}
    assert (town.exception(FLOW).value, calls(town)) == ("EUR", 0)


# -- which bill --------------------------------------------------------------------------------------------------------


def test_a_link_says_which_pay_item_a_bill_is_of(town: BillSite) -> None:
    """Given a bill whose description somebody has changed, then its link still says which pay item it is of."""
    entry = town.books.voucher()
    id = enter(town, "A-1", "100.00", "see contract")
    town.link("bills", f"{entry.document}/001", "bills", id)
    pay(town, id)
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]


@pytest.mark.reason("voucher_not_linked")
def test_a_bill_born_in_bill_is_posted_once_its_voucher_is_there(town: BillSite) -> None:
    """Given a bill that was entered in BILL and paid there
    when JD Edwards has no voucher of it, then nothing is posted: never a second liability
    until there is the voucher that the flow has made of it."""
    id = enter(town, "A-1", "100.00", "rent")
    pay(town, id)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "voucher_not_linked" and calls(town) == 0
    entry = town.books.voucher(status="H")
    made_of(town, entry, id)
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]


def test_a_voided_revision_of_a_marked_voucher_does_not_count(town: BillSite) -> None:
    """Given a voucher that was voided and made anew, then the payment settles the one in force."""
    id = enter(town, "A-1", "100.00", "rent")
    first, second = town.books.voucher(), town.books.voucher(4712)
    for place, entry in enumerate((first, second), 1):
        made_of(town, entry, id, place)
    town.books.void(first)
    pay(town, id)
    assert run(town) == {"created": 1}
    assert open_items(town, second) == [(NOTHING, "P")]


def test_the_bill_of_an_order_settles_the_voucher_of_the_order(town: BillSite) -> None:
    """Given a bill of an order, linked to it, and the voucher that names the order, then its payment settles that."""
    id = enter(town, "PO-77", "100.00", "JDE PO 00001-OP-77")
    entry = town.books.voucher()
    pay(town, id)
    assert run(town) == {"held": 1}
    town.books.change_items(entry, PKCO="00001", PDCT="OP", PO="77")
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]


def test_a_bill_of_an_order_is_spread_over_its_vouchers(town: BillSite) -> None:
    """Given an order that was vouchered in two parts, when its bill is paid in two payments
    then the first voucher is settled first, one payment is for both, and each is posted once, whatever is forgotten."""
    id = enter(town, "PO-77", "200.00", "JDE PO 00001-OP-77")
    first, second = town.books.voucher(), town.books.voucher(4712)
    for entry in (first, second):
        town.books.change_items(entry, PKCO="00001", PDCT="OP", PO="77")
    pay(town, {"id": id, "amount": "150.00"})
    assert run(town) == {"created": 1}
    assert (open_items(town, first), open_items(town, second)) == ([(NOTHING, "P")], [(Decimal(50), "A")])
    forget(town, opened=True)
    assert run(town) == {"adopted": 1}
    pay(town, id)
    assert run(town) == {"created": 1, "unchanged": 1}
    assert settled(town) == {f"{first.key}/001": Decimal(100), f"{second.key}/001": Decimal(100)}
    assert calls(town) == 2


@pytest.mark.reason("not_unique")
def test_two_vouchers_of_a_bill_that_was_born_in_bill_are_a_persons_to_choose_from(town: BillSite) -> None:
    """Given a bill of which two vouchers are in force, then its payment is held until one of them is voided."""
    id = enter(town, "A-1", "100.00", "rent")
    first, second = town.books.voucher(), town.books.voucher(4712)
    for place, entry in enumerate((first, second), 1):
        made_of(town, entry, id, place)
    pay(town, id)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "not_unique"
    town.books.void(first)
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert open_items(town, second) == [(NOTHING, "P")]


def test_a_bill_that_lost_a_pay_item_does_not_forget_what_was_posted_on_it(town: BillSite) -> None:
    """Given a payment that was posted on the second pay item of a bill, which has left the bill since
    when the ledger forgets the payment, then it is found on the voucher, and nothing is posted again."""
    entry = town.books.voucher(costs=[("30.5010", "100.00")], items=("40.00", "60.00"))
    id = bill(town, entry, "100.00", "002", "001")
    pay(town, {"id": id, "amount": "30.00"})
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(Decimal(40), "A"), (Decimal(30), "A")]
    town.bill.set("bills", id, description=f"JDE 00001-PV-{entry.doc}-001")
    forget(town, opened=True)
    assert run(town) == {"adopted": 1}
    assert calls(town) == 1


# -- outside payments --------------------------------------------------------------------------------------------------


def test_what_jde_paid_and_we_recorded_in_bill_does_not_come_back(town: BillSite) -> None:
    """Given a payment of JD Edwards that was recorded in BILL under its id, then it is left alone by rule."""
    entry = town.books.voucher()
    id = bill(town, entry, "100.00")
    town.books.pay(entry)
    body = {
        "vendorId": vendor(town),
        "processDate": TODAY.isoformat(),
        "toPrintCheck": False,
        "payments": [{"billId": id, "amount": "100.00"}],
        "description": "JDE 1",
    }
    town.bill.act("record_payment", body=body)
    report = town.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"born_in_jde": 1}, 0)


@pytest.mark.parametrize("status", ["CLEARED", "UNDEFINED"])
def test_what_a_person_recorded_in_bill_is_posted(town: BillSite, status: str) -> None:
    """Given a cheque that somebody wrote by hand and recorded in BILL, then it paid the bill, and is posted."""
    town.bill.configure(recorded_single_status=status)
    entry = town.books.voucher()
    body = {
        "vendorId": vendor(town),
        "processDate": TODAY.isoformat(),
        "toPrintCheck": False,
        "payments": [{"billId": bill(town, entry, "100.00"), "amount": "100.00"}],
        "description": "cheque 1207, JDE is told later",
    }
    town.bill.act("record_payment", body=body)
    assert run(town) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")]


# -- both sides --------------------------------------------------------------------------------------------------------


def test_both_sides_agree_to_the_penny(town: BillSite) -> None:
    """Given payments, a credit, a void and a dollar voucher, then reconcile finds the same in both systems."""
    entry, other = town.books.voucher(), town.books.voucher(4712)
    memo = town.books.voucher(900, kind="PD", costs=[("30.5010", "-30.00")])
    foreign = town.books.voucher(4713, supplier=4344, costs=[("30.5010", "55.55")], currency="USD", rate="0.7841")
    used = {"id": credit(town, memo, "30.00"), "amount": "12.34"}
    pay(town, {"id": bill(town, entry, "100.00"), "amount": "77.77", "credits": [used]})
    voided = pay(town, bill(town, other, "100.00"))
    pay(town, bill(town, foreign, "55.55", payee=vendor(town, "Bolt Brothers (USD)", "USD")))
    assert run(town) == {"created": 3}
    town.bill.act("void_payment", id=voided.id)
    assert run(town) == {"updated": 1, "unchanged": 2}
    with town.context() as context:
        told = compare(Payments(context)).as_json()
    assert told["differences"] == []
    assert told["source"]["amounts"] == told["target"]["amounts"] == {"GBP": "65.43", "USD": "55.55"}

"""What JD Edwards' people do to vouchers after they were posted (jde-ais section 15), as BILL is told of it: only what
is open is payable, void is VOD alone, and only a payment that stands proves that one was paid."""

from __future__ import annotations

from decimal import Decimal

import bill_owed as owing
import pytest
from bill_site import BillSite
from scenario_books import HOME, Entry

FLOW, CREDITS = owing.FLOW, owing.CREDITS


def made(testbed: BillSite, act: str, **more: object) -> Entry:
    """A voucher that a clerk enters by one of the programs of section 15, posted."""
    reported = testbed.books.act(act, None, KCO=HOME, AN8=4343, **more)
    entry = Entry(int(reported["DOC"]), str(reported["DCT"]).strip(), HOME)
    testbed.books.post(entry)
    return entry


def payable(testbed: BillSite) -> Decimal:
    """What BILL can pay."""
    bills = [each for each in testbed.bill.all(FLOW) if not each["archived"]]
    return sum((Decimal(each["dueAmount"]) for each in bills), Decimal(0))


def test_split_pay_items_are_paid_once(testbed: BillSite) -> None:
    """Given a bill in BILL, when a clerk splits its pay item in two of the same total
    then BILL can pay that total and no more, and a second sync finds nothing to do."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    testbed.books.act("split_voucher", entry, SFX="001", amounts=["40.00"])
    owing.run(testbed)
    owing.run(testbed)
    assert payable(testbed) == Decimal(100) and testbed.exceptions(FLOW) == []
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_a_speed_status_change_to_hold_takes_the_bill_back(testbed: BillSite) -> None:
    """Given a bill in BILL, when a clerk puts its pay item on hold by the speed status change, which touches no batch
    then the bill is taken back; when they approve it again, BILL can pay it again."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    for status, left in (("H", Decimal(0)), ("A", Decimal(100))):
        testbed.sandbox.clock.advance(60)
        named = {"KCO": entry.company, "DCT": entry.kind, "DOC": entry.doc, "SFX": "001"}
        testbed.books.act("speed_status_change", vouchers=[named], set={"PST": status})
        owing.run(testbed)
        assert payable(testbed) == left


def test_a_speed_status_change_that_leaves_no_date_is_found_by_the_sweep(testbed: BillSite) -> None:
    """Given a site whose speed status change does not move the audit date, and a bill of some days ago in BILL, when a
    clerk puts its pay item on hold, then no poll tells it, and the sweep takes the bill back."""
    owing.owing(testbed)
    entry = testbed.books.voucher()
    owing.run(testbed)
    testbed.sandbox.post("/options", {"jde": {"speed_status_moves_date": False}})
    testbed.sandbox.clock.advance(3 * 86_400)
    named = {"KCO": entry.company, "DCT": entry.kind, "DOC": entry.doc, "SFX": "001"}
    testbed.books.act("speed_status_change", vouchers=[named], set={"PST": "H"})
    found = testbed.sweep(FLOW)
    assert found.missed == [owing.key(entry)] and payable(testbed) == 0


@pytest.mark.parametrize("kind", ["copied", "blank"])
@pytest.mark.as_delivered("jde.duplicate_invoices")
def test_recurring_vouchers_never_share_a_number(testbed: BillSite, kind: str) -> None:
    """Given a recurring voucher whose monthly copy repeats its invoice number, or has none, when both are synced
    then the copy is held, or has a number of its own."""
    owing.owing(testbed)
    testbed.sandbox.post("/options", {"jde": {"recurring_invoice": kind}})
    model = made(testbed, "enter_recurring", VINV="RENT", amount="100.00", ANI="30.5010", DRF=3)
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    reported = testbed.books.act("recycle_voucher", model)
    testbed.books.post(Entry(int(reported["DOC"]), "PR", HOME))
    found = owing.run(testbed)
    numbers = [each["invoice"]["invoiceNumber"] for each in testbed.bill.all(FLOW)]
    assert len(set(numbers)) == len(numbers)
    assert found == ({"unchanged": 1, "held": 1} if kind == "copied" else {"unchanged": 1, "created": 1})


def test_a_payment_without_a_voucher_is_nothing_to_pay(testbed: BillSite) -> None:
    """Given a payment that was made without a voucher (PM), when it is synced, then BILL has nothing to pay; so it is
    after its void, which takes both back."""
    owing.owing(testbed)
    testbed.books.act(
        "pay_without_voucher", None, KCO=HOME, AN8=4343, VINV="CASH-1", amount="70.00", ANI="30.5010", number=5005
    )
    owing.run(testbed)
    assert payable(testbed) == 0
    testbed.sandbox.clock.advance(60)
    testbed.books.void_payment(5005)
    owing.run(testbed)
    assert payable(testbed) == 0


@pytest.mark.parametrize("switches", [{}, {"void_payment_lines": True}, {"void_clears_payment": True}])
def test_what_a_void_payment_opens_is_told_a_person(testbed: BillSite, switches: dict[str, bool]) -> None:
    """Given a voucher that JD Edwards has paid in part, which BILL was told of, when its payment is void, with or
    without lines of type PO, then a person is told, and BILL pays no more than the rest meanwhile."""
    owing.owing(testbed)
    testbed.sandbox.post("/options", {"jde": switches})
    entry = testbed.books.voucher()
    owing.run(testbed)
    testbed.books.pay(entry, "30.00")
    owing.run(testbed)
    assert payable(testbed) == Decimal(70) and testbed.exceptions(FLOW) == []
    testbed.sandbox.clock.advance(60)
    testbed.books.void_payment()
    owing.run(testbed)
    assert payable(testbed) == Decimal(70) and testbed.exception(FLOW).reason == "payment_taken_back"


def test_a_logged_voucher_follows_its_redistribution(testbed: BillSite) -> None:
    """Given a logged voucher on a suspense account whose bill is in BILL, when a clerk redistributes it
    then the bill has the lines of the redistribution alone, and the same total."""
    owing.owing(testbed)
    entry = made(testbed, "enter_logged", VINV="LOG-1", amount="100.00", ANI="30.5010")
    owing.run(testbed)
    testbed.sandbox.clock.advance(60)
    lines = [{"ANI": "40.5010", "amount": "60.00"}, {"ANI": "30.5010", "amount": "40.00"}]
    testbed.books.act("redistribute_voucher", entry, lines=lines)
    testbed.books.post(entry)
    owing.run(testbed)
    held = owing.bill_of(testbed, entry)
    assert sorted(amount for _, amount in owing.lines(testbed, held)) == [Decimal(40), Decimal(60)]
    assert payable(testbed) == Decimal(100)

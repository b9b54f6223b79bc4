"""BILL knows no discounts: who takes one in BILL pays that much less, and JD Edwards takes it with the payment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bill_owed import FLOW as BILLS
from bill_owed import bill_of, compared, owing, pay_in_bill
from bill_owed import run as run_bills
from bill_paid import FLOW, open_items, switch_on, table
from bill_site import HANDED_OVER, BillSite
from scenario_books import TODAY, Entry
from scenario_site import outcomes

D = Decimal


@pytest.fixture
def desk(testbed: BillSite) -> BillSite:
    """Bills go to BILL, and its payments come back."""
    owing(testbed)
    switch_on(testbed)
    return testbed


def owed(testbed: BillSite, *, until: int = 10, **voucher: Any) -> Entry:
    """A voucher of 100.00 that grants 2.00 for so many days, and its bill."""
    entry = testbed.books.voucher(**voucher)
    testbed.books.upsert("F0411", _named(entry) | {"ADSC": "2.00", "DDNJ": TODAY + timedelta(days=until)})
    assert run_bills(testbed) == {"created": 1}
    return entry


def _named(entry: Entry) -> dict[str, Any]:
    return {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}


def paid(testbed: BillSite, entry: Entry, amount: str = "98.00") -> str:
    """BILL pays that much of the bill today; the id of the bill payment."""
    made = pay_in_bill(testbed, bill_of(testbed, entry), amount, date=TODAY.isoformat())
    return str(testbed.bill.get("payments", made)["billPayments"][0]["id"])


def taken(testbed: BillSite) -> list[tuple[Decimal, Decimal]]:
    """What JD Edwards' payments paid, and took as discount."""
    return [(D(row.get("PAAP", 0)), D(row.get("ADSA", 0))) for row in table(testbed, "F0414")]


def test_a_payment_that_is_short_by_the_discount_takes_it(desk: BillSite) -> None:
    """Given a bill of 100.00 whose voucher grants 2.00 until the twelfth
    when BILL pays 98.00 on the second
    then JD Edwards posts 98.00 and takes 2.00, which closes the voucher; the 2.00 that BILL has due still are recorded
    there as settled, so that nobody pays them; both systems agree, and no run does anything more."""
    entry = owed(desk)
    paid(desk, entry)
    assert outcomes(desk.sync(FLOW)[FLOW]) == {"created": 1}
    assert taken(desk) == [(D("98.00"), D("2.00"))]
    assert open_items(desk, entry) == [(D("0.00"), "P")]
    desk.sync(BILLS, FLOW)
    bill = bill_of(desk, entry)
    assert (D(bill["amount"]), D(bill["dueAmount"]), bill["paymentStatus"]) == (D("100.00"), D(0), "PAID")
    outside = [each for each in desk.bill.all("payments") if not each["onlinePayment"]]
    assert [D(each["amount"]) for each in outside] == [D("2.00")]
    for _ in range(2):
        reports = desk.sync(BILLS, FLOW)
        assert [report.writes for report in reports.values()] == [0, 0]
    assert (desk.exceptions(BILLS), desk.exceptions(FLOW)) == ([], [])
    assert [compared(desk, name).unexplained for name in (BILLS, FLOW)] == [[], []]


@pytest.mark.reason("short_by_discount")
@pytest.mark.parametrize("why", ["too late", "setting"])
@pytest.mark.parametrize("word", ["taken", "part"])
def test_what_may_be_a_discount_waits_for_a_person(desk: BillSite, why: str, word: str) -> None:
    """Given a payment that is short by exactly the discount, but too late for it; or a site that holds all such
    when payments are synced
    then it is held, and nothing is posted; a person says that the discount is taken, or that it is a part of the bill,
    and it goes so."""
    if why == "setting":
        desk.configure(FLOW, discounts="hold")
    entry = owed(desk, until=10 if why == "setting" else -1)
    part = paid(desk, entry)
    assert outcomes(desk.sync(FLOW)[FLOW]) == {"held": 1}
    reported = desk.exception(FLOW)
    assert reported.reason == "short_by_discount"
    assert "98.00 paid, discount 2.00" in (reported.value or "")
    assert table(desk, "F0414") == []
    desk.map_value("payment_discounts", part, word)
    assert outcomes(desk.sync(FLOW)[FLOW]) == {"created": 1}
    assert taken(desk) == [(D("98.00"), D("2.00") if word == "taken" else D(0))]
    assert open_items(desk, entry) == [(D("0.00"), "P") if word == "taken" else (D("2.00"), HANDED_OVER)]
    assert desk.exceptions(FLOW) == []


def test_another_gap_is_a_part_of_the_bill(desk: BillSite) -> None:
    """Given the same bill
    when BILL pays 97.00 of it
    then that is a part: 3.00 stay open, and no discount is taken."""
    entry = owed(desk)
    paid(desk, entry, "97.00")
    assert outcomes(desk.sync(FLOW)[FLOW]) == {"created": 1}
    assert taken(desk) == [(D("97.00"), D(0))]
    assert open_items(desk, entry) == [(D("3.00"), HANDED_OVER)]


def test_a_discount_of_a_foreign_voucher(desk: BillSite) -> None:
    """Given a voucher of 100.00 dollars at 0.80, which grants 2.00
    when BILL pays 98.00 dollars
    then JD Edwards takes 2.00 dollars, 1.60 pounds, and nothing is left in either currency; the bill is paid."""
    desk.configure("vendors", other_currencies="second_vendor")
    entry = desk.books.voucher(currency="USD", rate="0.8")
    desk.books.upsert("F0411", _named(entry) | {"ADSC": "1.60", "CDS": "2.00", "DDNJ": TODAY})
    desk.sync("vendors", BILLS)
    paid(desk, entry)
    assert outcomes(desk.sync(FLOW)[FLOW]) == {"created": 1}
    assert taken(desk) == [(D("78.40"), D("1.60"))]
    assert open_items(desk, entry) == open_items(desk, entry, foreign=True) == [(D("0.00"), "P")]
    desk.sync(BILLS, FLOW)
    assert bill_of(desk, entry)["paymentStatus"] == "PAID"
    assert (desk.exceptions(BILLS), desk.exceptions(FLOW)) == ([], [])


def test_a_voided_payment_gives_its_discount_back(desk: BillSite) -> None:
    """Given a discount that was taken, and recorded in BILL
    when BILL voids the payment
    then JD Edwards voids it, the voucher is open whole, and a person is told to void what was recorded."""
    entry = owed(desk)
    paid(desk, entry)
    desk.sync(FLOW, BILLS)
    payment = desk.bill.one("payments", onlinePayment=True)
    desk.bill.act("void_payment", id=payment["id"])
    desk.bill.act("move_payment", id=payment["id"], single_status="VOIDED")
    desk.sync(BILLS, FLOW)
    desk.sync(BILLS)
    assert open_items(desk, entry) == [(D("100.00"), HANDED_OVER)]
    assert desk.exception(BILLS).reason == "payment_taken_back"


@pytest.mark.reason("short_by_discount")
def test_a_part_of_a_voucher_is_not_closed_with_a_discount(desk: BillSite) -> None:
    """Given a voucher of two pay items that are bills of their own
    when BILL pays one of them less its discount
    then a person posts it: the orchestration takes discounts of whole vouchers alone."""
    entry = desk.books.voucher(items=("60.00", "40.00"))
    desk.books.upsert("F0411", _named(entry) | {"ADSC": "1.20", "DDNJ": TODAY, "DDJ": TODAY + timedelta(days=5)})
    assert run_bills(desk) == {"created": 2}
    paid(desk, entry, "58.80")
    assert outcomes(desk.sync(FLOW)[FLOW]) == {"held": 1}
    assert "whole voucher" in (desk.exception(FLOW).value or "")

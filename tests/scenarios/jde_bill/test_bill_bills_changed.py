"""What becomes of a bill when its voucher changes, is taken back, or is paid by JD Edwards."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from bill_owed import FLOW, bill_of, item, lines, marked, owing, pay_in_bill, run, schedule, unexplained
from bill_site import SET_UP, BillSite
from scenario_books import TODAY
from scenario_home import installation
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
COSTS = (("30.5010", "33.33"), ("30.5020", "33.33"), ("40.5010", "33.34"))


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(testbed)


def recorded(testbed: BillSite) -> list[tuple[str, Decimal]]:
    """The payments that were made outside BILL: description and amount."""
    return [
        (each["description"], D(each["amount"])) for each in testbed.bill.all("payments") if not each["onlinePayment"]
    ]


def severity(testbed: BillSite) -> str:
    """How urgent the flow's only exception is."""
    return severity_of(testbed.exception(FLOW).reason)


@pytest.mark.as_delivered("bill.patch_needs_payment_term")
def test_a_change_before_payment_reaches_the_bill(owed: BillSite) -> None:
    """Given a bill of which nothing is paid
    when amount, due date and number of its voucher change, then another cost line is added
    then the bill follows, its lines keep their ids as long as they are as many, and both systems agree."""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    before = bill_of(owed, entry)
    owed.books.change_items(entry, "90.00", DDJ="2026-04-30", VINV="A-7")
    for place, account in enumerate(("30.5010", "30.5020", "40.5010"), 1):
        owed.books.line(entry, place, account, "30.00")
    assert run(owed) == {"updated": 1}
    after = bill_of(owed, entry)
    assert [line["id"] for line in after["billLineItems"]] == [line["id"] for line in before["billLineItems"]]
    assert (after["id"], after["dueDate"], after["invoice"]["invoiceNumber"]) == (before["id"], "2026-04-30", "A-7")
    owed.books.change_items(entry, "100.00")
    owed.books.line(entry, 4, "40.4110", "10.00")
    assert run(owed) == {"updated": 1}
    assert lines(owed, bill_of(owed, entry))[3] == ("40.4110", D("10.00"))
    assert owed.bill.calls("PUT /connect/v3/bills/{id}") == 1
    assert run(owed) == {"unchanged": 1}
    assert unexplained(owed) == []


def test_a_payment_of_jde_closes_the_bill(owed: BillSite) -> None:
    """Given a bill of 100.00
    when JD Edwards pays 40.00 of it, and then the rest
    then each payment is recorded once, by its number, and in the end the bill is paid; both systems agree."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.pay(entry, "40.00", number=5001)
    assert run(owed) == {"updated": 1}
    bill = bill_of(owed, entry)
    assert (D(bill["amount"]), D(bill["dueAmount"]), bill["paymentStatus"]) == (
        D("100.00"),
        D("60.00"),
        owed.sandbox.get("/options")["bill"]["partially_paid"],
    )
    assert unexplained(owed) == []
    owed.books.pay(entry, number=5002)
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["paymentStatus"] == "PAID"
    assert [amount for _, amount in recorded(owed)] == [D("40.00"), D("60.00")]
    assert all(description.startswith("JDE ") for description, _ in recorded(owed))
    assert run(owed) == {"unchanged": 1}
    assert unexplained(owed) == []


def test_one_payment_of_several_vouchers_is_recorded_on_each_bill(owed: BillSite) -> None:
    """Given two bills of one vendor
    when JD Edwards pays both vouchers
    then both bills are paid, with what was paid of each."""
    entries = [owed.books.voucher(doc, costs=(("30.5010", amount),)) for doc, amount in ((1, "10.00"), (2, "20.00"))]
    assert run(owed) == {"created": 2}
    for number, entry in enumerate(entries, 6001):
        owed.books.pay(entry, number=number)
    assert run(owed) == {"updated": 2}
    assert [bill_of(owed, entry)["paymentStatus"] for entry in entries] == ["PAID", "PAID"]
    assert sorted(amount for _, amount in recorded(owed)) == [D("10.00"), D("20.00")]


def test_a_discount_that_jde_took_shrinks_the_bill(owed: BillSite) -> None:
    """Given a bill of 100.00
    when JD Edwards pays 98.00 and takes 2.00 as discount
    then the bill is for 98.00, and paid."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    paid = owed.books.act("pay_voucher", entry, date=TODAY, number=5001, amount="98.00")["PYID"]
    owed.books.upsert("F0414", {"PYID": paid, "RC5": 1, "ADSA": "2.00"})
    item(owed, entry, AAP="0.00", PST="P")
    assert run(owed) == {"updated": 1}
    bill = bill_of(owed, entry)
    assert (D(bill["amount"]), bill["paymentStatus"]) == (D("98.00"), "PAID")
    assert unexplained(owed) == []


@pytest.mark.reason("payment_taken_back")
def test_a_payment_that_jde_voided_asks_for_a_person(owed: BillSite) -> None:
    """Given a payment of JD Edwards that is recorded on its bill
    when JD Edwards voids it
    then that is an exception; once somebody has voided the recorded payment in BILL too, both agree again."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.pay(entry)
    assert run(owed) == {"updated": 1}
    owed.books.void_payment()
    assert run(owed) == {"held": 1}
    assert owed.exception(FLOW).reason == "payment_taken_back"
    payment = owed.bill.all("payments")[0]
    owed.bill.act("void_payment", id=payment["id"])
    owed.bill.act("move_payment", id=payment["id"], single_status="VOIDED")
    owed.replay(FLOW)
    run(owed)
    assert owed.exceptions(FLOW) == []
    assert D(bill_of(owed, entry)["dueAmount"]) == D("100.00")
    assert unexplained(owed) == []


@pytest.mark.parametrize("how", ["void", "hold", "payment in process"])
def test_what_jde_takes_back_is_archived_while_nothing_is_paid(owed: BillSite, how: str) -> None:
    """Given a bill of which nothing is paid
    when its voucher is voided, put on hold, or selected for payment by JD Edwards
    then the bill is archived; one on hold comes back when it is approved again."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    if how == "void":
        owed.books.void(entry)
    else:
        item(owed, entry, PST="H" if how == "hold" else "#")
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["archived"] is True
    assert run(owed) == {"unchanged": 1}
    assert unexplained(owed) == []
    if how != "void":
        item(owed, entry, PST="A")
        assert run(owed) == {"updated": 1}
        assert bill_of(owed, entry)["archived"] is False
        assert len(owed.bill.all(FLOW)) == 1


def test_a_voucher_that_jde_selected_and_paid_is_closed(owed: BillSite) -> None:
    """Given a bill that was archived while JD Edwards had its voucher in a payment
    when the payment is made
    then the bill comes back, and is paid."""
    entry = owed.books.voucher()
    run(owed)
    item(owed, entry, PST="#")
    run(owed)
    item(owed, entry, PST="A")
    owed.books.pay(entry)
    assert run(owed) == {"updated": 1}
    bill = bill_of(owed, entry)
    assert (bill["archived"], bill["paymentStatus"]) == (False, "PAID")


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("what", ["void", "hold", "reduce", "pay"])
def test_what_bill_is_about_to_pay_is_of_the_highest_severity(owed: BillSite, what: str) -> None:
    """Given a bill that is scheduled for payment
    when JD Edwards voids, holds, reduces or pays its voucher
    then nothing of the bill is touched, and there is an exception of high severity."""
    entry = owed.books.voucher()
    run(owed)
    schedule(owed, bill_of(owed, entry))
    before = bill_of(owed, entry)
    match what:
        case "void":
            owed.books.void(entry)
        case "hold":
            item(owed, entry, PST="H")
        case "reduce":
            owed.books.change_items(entry, "70.00")
            owed.books.line(entry, 1, "30.5010", "70.00")
        case "pay":
            owed.books.pay(entry)
    assert run(owed) == {"held": 1}
    assert (owed.exception(FLOW).reason, severity(owed)) == ("already_scheduled", "high")
    assert bill_of(owed, entry) == before
    assert recorded(owed) == []


@pytest.mark.reason("paid_in_both")
def test_what_bill_has_paid_already_and_jde_pays_again(owed: BillSite) -> None:
    """Given a bill that BILL has paid, and JD Edwards was not told yet
    when JD Edwards pays its voucher too
    then there is an exception of high severity, and nothing is recorded."""
    entry = owed.books.voucher()
    run(owed)
    pay_in_bill(owed, bill_of(owed, entry))
    owed.books.pay(entry)
    assert run(owed) == {"held": 1}
    assert (owed.exception(FLOW).reason, severity(owed)) == ("paid_in_both", "high")
    assert recorded(owed) == []


@pytest.mark.reason("bill_in_payment")
def test_a_paid_bill_keeps_its_fields(owed: BillSite) -> None:
    """Given a bill of which a part is paid in BILL
    when its voucher becomes due later
    then the bill stays as it is, and a person is told."""
    entry = owed.books.voucher()
    run(owed)
    pay_in_bill(owed, bill_of(owed, entry), "40.00")
    item(owed, entry, DDJ="2026-05-01")
    assert run(owed) == {"held": 1}
    found = owed.exception(FLOW)
    assert (found.reason, found.field) == ("bill_in_payment", "due")
    assert bill_of(owed, entry)["dueDate"] == "2026-03-22"


def test_a_change_in_both_systems_is_a_conflict(owed: BillSite) -> None:
    """Given a bill whose due date somebody changed in BILL
    when the voucher's amount and due date change in JD Edwards too
    then that is a conflict, which `on_conflict: source` decides for JD Edwards."""
    entry = owed.books.voucher()
    run(owed)
    owed.bill.act("edit_bill", id=bill_of(owed, entry)["id"], set={"dueDate": "2026-06-30"})
    owed.books.change_items(entry, "80.00", DDJ="2026-05-01")
    owed.books.line(entry, 1, "30.5010", "80.00")
    assert run(owed) == {"conflict": 1}
    assert owed.exception(FLOW).reason == "changed_on_both_sides"
    owed.configure(FLOW, on_conflict="source")
    owed.replay(FLOW)
    assert run(owed) == {"updated": 1}
    bill = bill_of(owed, entry)
    assert (bill["dueDate"], D(bill["amount"])) == ("2026-05-01", D("80.00"))


def test_a_bill_that_somebody_archived_is_a_conflict(owed: BillSite) -> None:
    """Given a bill that a person archived in BILL
    when its voucher changes
    then that is a conflict; with `on_conflict: source` it is restored and changed."""
    entry = owed.books.voucher()
    run(owed)
    owed.bill.act("archive_bill", id=bill_of(owed, entry)["id"])
    item(owed, entry, DDJ="2026-05-01")
    assert run(owed) == {"conflict": 1}
    owed.configure(FLOW, on_conflict="source")
    owed.replay(FLOW)
    assert run(owed) == {"updated": 1}
    bill = bill_of(owed, entry)
    assert (bill["archived"], bill["dueDate"]) == (False, "2026-05-01")


def test_a_lost_ledger_makes_no_second_bill(owed: BillSite, empty_ledger: Path, tmp_path: Path) -> None:
    """Given bills of one and of two pay items, one of them paid in part by JD Edwards, and a ledger that is lost
    when a new installation adopts what is in BILL, and then syncs
    then each bill is found by its marker, no bill and no payment is there twice, and both systems agree."""
    first, second = owed.books.voucher(1), owed.books.voucher(2, items=("60.00", "40.00"))
    run(owed)
    owed.books.pay(first, "40.00")
    run(owed)
    before = [owed.bill.all(FLOW), owed.bill.all("payments")]
    (tmp_path / "new").mkdir()
    with installation(owed.sandbox, tmp_path / "new", empty_ledger, BillSite) as new:
        new.flows = owed.flows
        reports = new.sync(*SET_UP, "vendors", FLOW, mode="adopt")
        assert outcomes(reports[FLOW]) == {"adopted": 2, "ignored": 1}
        assert run(new) == {"unchanged": 2, "ignored": 1}
        assert [new.bill.all(FLOW), new.bill.all("payments")] == before
        owed.books.pay(first, number=5002)
        owed.books.pay(second, number=5003)
        assert run(new) == {"updated": 2, "ignored": 1}
        assert [each["paymentStatus"] for each in new.bill.all(FLOW)] == ["PAID", "PAID"]
        assert unexplained(new) == []


def test_pay_items_are_paid_one_by_one(owed: BillSite) -> None:
    """Given a bill of two pay items
    when JD Edwards pays the first of them
    then the bill stays one, with that payment recorded on it, and names both."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    run(owed)
    owed.books.act("pay_voucher", entry, date=TODAY, number=5001, SFX="001")
    assert run(owed) == {"updated": 1, "ignored": 1}
    bill = bill_of(owed, entry)
    assert (D(bill["amount"]), D(bill["dueAmount"])) == (D("100.00"), D("40.00"))
    assert bill["description"] == marked(entry, "001", "002")
    assert unexplained(owed) == []

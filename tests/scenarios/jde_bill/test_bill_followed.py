"""Vouchers of JD Edwards followed through BILL and back, to the penny."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bill_owed import CREDITS, FLOW, bill_of, credit_of, item, key, owing, run, unexplained
from bill_site import SET_UP, BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_home import installation
from scenario_site import outcomes

D = Decimal


def opened(testbed: BillSite, *docs: int) -> list[Decimal]:
    """What is open in JD Edwards of the pay items of these vouchers."""
    rows = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    chosen = [row for row in rows if row["DOC"] in docs]
    return [D(row.get("AAP", 0)) for row in sorted(chosen, key=lambda row: (row["DOC"], row["SFX"]))]


def test_a_voucher_and_a_memo_are_paid_by_bill(testbed: BillSite) -> None:
    """Given a voucher of 100.00 in two pay items and a debit memo of 30.00, in BILL as a bill and a credit
    when BILL pays the bill with the credit applied, 70.00 in cash, and JD Edwards is told
    then the pay items and the memo are settled there, nothing is recorded in BILL, and nothing is left to do; both
    systems agree before, between and after."""
    owing(testbed, CREDITS)
    testbed.flows["payments"] = {}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    voucher = testbed.books.voucher(1, costs=(("30.5010", "83.33"),), tax="16.67", items=("60.01", "39.99"))
    memo = testbed.books.voucher(2, kind="PD", costs=(("30.5010", "-30.00"),))
    assert (run(testbed), run(testbed, CREDITS)) == ({"created": 1, "ignored": 1}, {"created": 1})
    assert (unexplained(testbed), unexplained(testbed, CREDITS)) == ([], [])
    bill, credit = bill_of(testbed, voucher), credit_of(testbed, memo)
    testbed.bill.act("pay_bill", bills=[{"id": bill["id"], "credits": [{"id": credit["id"], "amount": "30.00"}]}])
    assert outcomes(testbed.sync("payments")["payments"]) == {"created": 1}
    assert opened(testbed, 1, 2) == [D(0), D(0), D(0)]
    reports = testbed.sync(FLOW, CREDITS, "payments")
    assert outcomes(reports[FLOW]) == {"unchanged": 1, "ignored": 1}
    assert outcomes(reports[CREDITS]) == {"unchanged": 1}
    assert not any(testbed.exceptions(flow) for flow in (FLOW, CREDITS, "payments"))
    assert len(testbed.bill.all("payments")) == 1
    assert (D(bill_of(testbed, voucher)["amount"]), bill_of(testbed, voucher)["paymentStatus"]) == (D("100.00"), "PAID")
    assert (unexplained(testbed), unexplained(testbed, CREDITS)) == ([], [])


def test_a_payment_under_way_is_no_difference(testbed: BillSite) -> None:
    """Given a BILL that counts a payment as paid once it has cleared
    when a payment has been processed and JD Edwards was told
    then both systems agree all the same."""
    owing(testbed)
    testbed.bill.configure(paid_from="CLEARED")
    testbed.flows["payments"] = {}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    voucher = testbed.books.voucher(1)
    run(testbed)
    testbed.bill.act("pay_bill", id=bill_of(testbed, voucher)["id"], single_status="PROCESSED")
    assert outcomes(testbed.sync("payments")["payments"]) == {"created": 1}
    run(testbed)
    assert unexplained(testbed) == []
    assert testbed.exceptions(FLOW) == []


def test_what_was_paid_while_the_ledger_was_lost_is_found(
    testbed: BillSite, empty_ledger: Path, tmp_path: Path
) -> None:
    """Given a bill in BILL, a ledger that is lost, and a voucher that JD Edwards paid meanwhile
    when a new installation syncs with a `go_live` before that day
    then the bill is found by its marker, and the payment recorded: nobody pays it a second time."""
    owing(testbed)
    voucher = testbed.books.voucher(1)
    run(testbed)
    testbed.books.pay(voucher)
    testbed.books.pay(testbed.books.voucher(2), number=5002)
    (tmp_path / "new").mkdir()
    with installation(testbed.sandbox, tmp_path / "new", empty_ledger, BillSite) as new:
        new.flows = testbed.flows | {FLOW: {"go_live": "2026-03-01"}}
        new.sync(*SET_UP, "vendors", FLOW, mode="adopt")
        assert run(new)["ignored"] == 1
        assert bill_of(new, voucher)["paymentStatus"] == "PAID"
        assert len(new.bill.all(FLOW)) == len(new.bill.all("payments")) == 1


def test_a_bill_shrinks_before_it_is_archived(testbed: BillSite) -> None:
    """Given a bill of two pay items, the first of which JD Edwards puts on hold
    when bills are synced
    then that bill is archived without the second, which gets a bill of its own; released, the first comes back with
    its own amount alone."""
    owing(testbed)
    entry = testbed.books.voucher(items=("60.00", "40.00"))
    run(testbed)
    item(testbed, entry, "001", PST="H")
    assert run(testbed) == {"updated": 1, "held": 1}
    first = bill_of(testbed, entry)
    assert (first["archived"], D(first["amount"])) == (True, D("60.00"))
    assert run(testbed) == {"unchanged": 1, "created": 1}
    item(testbed, entry, "001", PST="A")
    assert run(testbed)["updated"] == 1
    live = [(each["archived"], D(each["amount"])) for each in testbed.bill.all(FLOW)]
    assert sorted(live) == [(False, D("40.00")), (False, D("60.00"))]
    assert key(entry, "002") in testbed.ledger.links.of("jde_bill/bills", [key(entry, "002")])
    assert unexplained(testbed) == []

"""Who is paid: the payee of a voucher changes in JD Edwards, or somebody gives its bill to another vendor in BILL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import bill_paid
import pytest
from bill_owed import (
    CREDITS,
    FLOW,
    bill_of,
    compared,
    credit_of,
    item,
    key,
    marked,
    owing,
    pay_in_bill,
    run,
    schedule,
    unexplained,
)
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
SUPPLIER, FACTOR = 4343, 4344


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(testbed)


def vendor(testbed: BillSite, number: int) -> str:
    """The vendor of a supplier."""
    return str(testbed.bill.one("vendors", shortName=f"JDE {number}")["id"])


def bills(testbed: BillSite, entry: Entry) -> list[tuple[str, bool]]:
    """Vendor, and whether it is archived, of all bills of a voucher's first pay item, in the order of their making."""
    found = [each for each in testbed.bill.all(FLOW) if each.get("description", "").startswith(marked(entry))]
    return [(each["vendorId"], each["archived"]) for each in sorted(found, key=lambda each: str(each["createdTime"]))]


def in_force(testbed: BillSite, entry: Entry) -> dict[str, Any]:
    """The only bill of a pay item that can be paid."""
    [found] = [
        each
        for each in testbed.bill.all(FLOW)
        if each.get("description", "").startswith(marked(entry)) and not each["archived"]
    ]
    return dict(found)


def reported(testbed: BillSite) -> tuple[str, str]:
    """Reason and severity of the flow's only exception."""
    exception = testbed.exception(FLOW)
    return exception.reason, severity_of(exception.reason)


def test_a_payee_that_changes_gets_a_bill_of_his_own_and_the_old_one_cannot_be_paid(owed: BillSite) -> None:
    """Given an unpaid bill
    when the voucher is factored: its payee changes in JD Edwards and nothing else
    then the old vendor's bill is archived and the new vendor has one for the same; later changes reach that one."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    item(owed, entry, PYE=FACTOR)
    assert run(owed) == {"updated": 1}
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), True), (vendor(owed, FACTOR), False)]
    assert D(in_force(owed, entry)["amount"]) == D("100.00")
    assert unexplained(owed) == []
    assert run(owed) == {"unchanged": 1}
    item(owed, entry, DDJ="2026-04-30")
    assert run(owed) == {"updated": 1}
    assert in_force(owed, entry)["dueDate"] == "2026-04-30"
    item(owed, entry, PYE=SUPPLIER)
    assert run(owed) == {"updated": 1}
    assert in_force(owed, entry)["vendorId"] == vendor(owed, SUPPLIER)


def test_a_supplier_that_was_merged_into_another_moves_its_open_bills(owed: BillSite) -> None:
    """Given an unpaid bill
    when the supplier is merged in JD Edwards: the voucher's supplier and payee are another number
    then the bill is the other one's."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    item(owed, entry, AN8=FACTOR, PYE=FACTOR)
    assert run(owed) == {"updated": 1}
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), True), (vendor(owed, FACTOR), False)]


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("how", ["scheduled", "partly paid", "paid"])
def test_a_payee_that_changes_while_the_old_one_is_being_paid_is_urgent(owed: BillSite, how: str) -> None:
    """Given a bill that BILL is about to pay, or has paid
    when the payee changes in JD Edwards
    then the bill stays as it is and that is an exception of high severity, with the vendor, the payee and the amount;
    once the payment is called off the bill is the new payee's."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    amount = "100.00" if how == "paid" else "40.00"
    pay = schedule if how == "scheduled" else pay_in_bill
    payment = pay(owed, bill_of(owed, entry), amount)
    item(owed, entry, PYE=FACTOR)
    assert run(owed) == {"held": 1}
    assert reported(owed) == ("payee_changed", "high")
    value = owed.exception(FLOW).value
    assert f"supplier {SUPPLIER}" in value and f"ours supplier {FACTOR}" in value and "100.00" in value
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), False)]
    assert run(owed) == {"held": 1}
    if how == "scheduled":
        owed.bill.act("cancel_payment", id=payment)
        assert run(owed) == {"updated": 1}
        assert bills(owed, entry) == [(vendor(owed, SUPPLIER), True), (vendor(owed, FACTOR), False)]
        assert not owed.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("change", ["merged", "repointed"])
@pytest.mark.parametrize("how", ["scheduled", "partly paid", "paid"])
def test_a_merge_or_a_repointed_bill_is_urgent_in_every_state_of_its_payment(
    owed: BillSite, how: str, change: str
) -> None:
    """Given a bill that BILL is about to pay, or has paid
    when its supplier is merged in JD Edwards, or somebody gives it to another vendor in BILL
    then nothing is changed, and it is an exception of high severity with the amount; put back, it is well."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    pay = schedule if how == "scheduled" else pay_in_bill
    pay(owed, bill_of(owed, entry), "100.00" if how == "paid" else "40.00")
    run(owed)
    id = bill_of(owed, entry)["id"]
    if change == "merged":
        item(owed, entry, AN8=FACTOR, PYE=FACTOR)
    else:
        owed.bill.set(FLOW, id, vendorId=vendor(owed, FACTOR))
    for _ in range(2):
        assert run(owed) == {"held": 1}
    assert reported(owed) == ("payee_changed", "high") and "100.00" in owed.exception(FLOW).value
    assert len(bills(owed, entry)) == 1
    item(owed, entry, AN8=SUPPLIER, PYE=SUPPLIER)
    owed.bill.set(FLOW, id, vendorId=vendor(owed, SUPPLIER))
    assert run(owed) == {"unchanged": 1}
    assert not owed.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
def test_a_bill_that_somebody_gives_to_another_vendor_in_bill_is_urgent(owed: BillSite) -> None:
    """Given a bill as JD Edwards has it
    when somebody gives it to another vendor in BILL, while nothing changes in JD Edwards
    then the next sync says so, with high severity; once it is given back it is well again."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    ours = bill_of(owed, entry)
    owed.bill.set(FLOW, ours["id"], vendorId=vendor(owed, FACTOR))
    assert run(owed) == {"held": 1}
    assert reported(owed) == ("payee_changed", "high")
    differing = [(each.field, each.source, each.target) for each in compared(owed).differences]
    assert ("vendor", vendor(owed, SUPPLIER), vendor(owed, FACTOR)) in differing
    owed.bill.set(FLOW, ours["id"], vendorId=vendor(owed, SUPPLIER))
    assert run(owed) == {"unchanged": 1}
    assert not owed.exceptions(FLOW)


@pytest.mark.reason("payee_changed")
def test_a_repointed_bill_that_is_archived_by_hand_is_made_anew(owed: BillSite) -> None:
    """Given a bill that somebody gave to another vendor
    when they archive it and the document is replayed
    then the supplier has a bill again, one alone."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    ours = bill_of(owed, entry)
    owed.bill.set(FLOW, ours["id"], vendorId=vendor(owed, FACTOR))
    assert run(owed) == {"held": 1}
    owed.bill.act("archive_bill", id=ours["id"])
    owed.replay(FLOW)
    assert run(owed) == {"updated": 1}
    assert bills(owed, entry) == [(vendor(owed, FACTOR), True), (vendor(owed, SUPPLIER), False)]


def test_jde_wins_over_who_repoints_where_the_site_says_so(owed: BillSite) -> None:
    """Given `on_conflict: source`
    when somebody gives a bill to another vendor in BILL
    then that bill is archived, and the supplier has one again."""
    owed.configure(FLOW, on_conflict="source")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.bill.set(FLOW, bill_of(owed, entry)["id"], vendorId=vendor(owed, FACTOR))
    assert run(owed) == {"updated": 1}
    assert bills(owed, entry) == [(vendor(owed, FACTOR), True), (vendor(owed, SUPPLIER), False)]


@pytest.mark.reason("payee_changed")
def test_a_site_may_have_every_change_of_payee_decided_by_a_person(owed: BillSite) -> None:
    """Given `on_payee_change: hold`
    when the payee of an unpaid bill changes
    then it is an exception, and goes once somebody has archived the bill in BILL and replayed it."""
    owed.configure(FLOW, on_payee_change="hold")
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    item(owed, entry, PYE=FACTOR)
    assert run(owed) == {"held": 1}
    assert reported(owed) == ("payee_changed", "high")
    owed.bill.act("archive_bill", id=bill_of(owed, entry)["id"])
    owed.replay(FLOW)
    assert run(owed) == {"updated": 1}
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), True), (vendor(owed, FACTOR), False)]


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("supplier_not_linked")
def test_the_old_payee_is_not_paid_while_the_new_one_is_no_vendor_yet(owed: BillSite) -> None:
    """Given an unpaid bill
    when the payee becomes somebody whom BILL does not have, on a line whose account is closed besides
    then the old vendor's bill is archived all the same, and the new one waits until it is a vendor."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.books.supplier(4999, "Factoring House")
    item(owed, entry, PYE=4999)
    assert run(owed) == {"held": 1}
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), True)]
    assert reported(owed) == ("payee_changed", "high")
    assert "supplier_not_linked" in owed.exception(FLOW).value
    assert run(owed) == {"held": 1}
    assert owed.reasons(FLOW) == {key(entry): {"supplier_not_linked"}}
    owed.sync("vendors")
    assert run(owed) == {"updated": 1}
    assert bills(owed, entry)[1:] == [(vendor(owed, 4999), False)]


def test_only_the_pay_item_whose_payee_changed_leaves_the_bill(owed: BillSite) -> None:
    """Given a bill of two pay items
    when the second one's payee changes
    then the bill is for the first alone, and the new payee has one of the second."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    assert run(owed)["created"] == 1
    item(owed, entry, "002", PYE=FACTOR)
    run(owed)
    run(owed)
    found = {each["vendorId"]: D(each["amount"]) for each in owed.bill.all(FLOW) if not each["archived"]}
    assert found == {vendor(owed, SUPPLIER): D("60.00"), vendor(owed, FACTOR): D("40.00")}
    assert unexplained(owed) == []


def test_pay_items_of_several_payees_are_bills_of_their_own_from_the_start(owed: BillSite) -> None:
    """Given a voucher one of whose two pay items is factored
    when bills are synced
    then each payee has a bill of what it is paid."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    item(owed, entry, "002", PYE=FACTOR)
    assert run(owed) == {"created": 2}
    found = {each["vendorId"]: D(each["amount"]) for each in owed.bill.all(FLOW)}
    assert found == {vendor(owed, SUPPLIER): D("60.00"), vendor(owed, FACTOR): D("40.00")}


def test_where_the_supplier_is_paid_the_payee_makes_no_difference(owed: BillSite) -> None:
    """Given `paid_to: supplier`
    when one of two pay items is factored, before and after the bill was made
    then it is one bill of the supplier, and stays so."""
    owed.configure(FLOW, paid_to="supplier")
    entry = owed.books.voucher(items=("60.00", "40.00"))
    item(owed, entry, "002", PYE=FACTOR)
    assert run(owed)["created"] == 1
    item(owed, entry, "001", PYE=FACTOR)
    assert run(owed)["unchanged"] == 1
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), False)]


def test_a_bill_whose_creation_was_never_answered_is_found_with_the_old_payee(owed: BillSite) -> None:
    """Given a bill that BILL made without our hearing of it
    when the payee changes before it is looked up
    then the bill is found with the vendor that it was sent to, and archived before the new payee has one."""
    owed.policy["wait_for_outcomes"] = False
    lost = {"system": "bill", "route": "POST /connect/v3/bills", "kind": "drop_after", "calls": [1]}
    blind = {"system": "bill", "route": "GET /connect/v3/bills", "kind": "status", "status": 503}
    before = owed.bill.calls("GET /connect/v3/bills")
    run(owed)
    reads = owed.bill.calls("GET /connect/v3/bills") - before
    blind |= {"calls": list(range(reads + 3, 40))}
    entry = owed.books.voucher()
    owed.sandbox.post("/faults", {"replace": True, "rules": [lost, blind]})
    assert run(owed) == {"in_doubt": 1}
    owed.sandbox.post("/faults", {"replace": True, "rules": []})
    item(owed, entry, PYE=FACTOR)
    assert run(owed) == {"created": 1}
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), True), (vendor(owed, FACTOR), False)]


def test_a_lost_ledger_does_not_pay_two_payees(owed: BillSite) -> None:
    """Given a bill, and a ledger that is lost
    when the payee changes in JD Edwards before the next sync
    then the bill of the old payee is found, held as taken, and nothing is made beside it."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    item(owed, entry, PYE=FACTOR)
    with owed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", FLOW, mode="adopt")
        for _ in range(2):
            assert run(blank) == {"held": 1}
        assert blank.reasons(FLOW) == {key(entry): {"natural_key_taken"}}
    assert bills(owed, entry) == [(vendor(owed, SUPPLIER), False)]


def test_a_credit_follows_the_payee_too(owed: BillSite) -> None:
    """Given a vendor credit that nobody has applied
    when the payee of its debit memo changes
    then the old vendor's credit is archived and the new payee has it."""
    owed = owing(owed, CREDITS)
    memo = owed.books.voucher(kind="PD", costs=(("30.5010", "-30.00"),))
    assert run(owed, CREDITS) == {"created": 1}
    first = credit_of(owed, memo)
    item(owed, memo, PYE=FACTOR)
    assert run(owed, CREDITS) == {"updated": 1}
    found = [(each["vendorId"], each["archived"]) for each in owed.bill.all(CREDITS)]
    assert sorted(found) == sorted([(first["vendorId"], True), (vendor(owed, FACTOR), False)])


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("change", ["factored", "merged", "repointed"])
@pytest.mark.parametrize("state", ["open", "applied"])
def test_a_credit_of_another_party_is_never_left_in_silence(owed: BillSite, state: str, change: str) -> None:
    """Given a vendor credit, applied in part or not
    when its payee or supplier changes in JD Edwards, or somebody gives it to another vendor in BILL
    then it goes to the new one where nothing is applied and JD Edwards says so; else it is of high severity."""
    owed = owing(owed, CREDITS)
    memo = owed.books.voucher(kind="PD", costs=(("30.5010", "-30.00"),))
    assert run(owed, CREDITS) == {"created": 1}
    first = credit_of(owed, memo)
    if state == "applied":
        entry = owed.books.voucher(4712)
        assert run(owed) == {"created": 1}
        owed.bill.act("apply_credit", id=first["id"], bill={"id": bill_of(owed, entry)["id"]}, amount="10.00")
    if change == "repointed":
        owed.bill.set(CREDITS, first["id"], vendorId=vendor(owed, FACTOR))
    else:
        item(owed, memo, **({"PYE": FACTOR} if change == "factored" else {"AN8": FACTOR, "PYE": FACTOR}))
    if state == "open" and change != "repointed":
        assert run(owed, CREDITS) == {"updated": 1}
        found = [(each["vendorId"], each["archived"]) for each in owed.bill.all(CREDITS)]
        assert sorted(found) == sorted([(first["vendorId"], True), (vendor(owed, FACTOR), False)])
        [second] = [each for each in owed.bill.all(CREDITS) if not each["archived"]]
        owed.bill.set(CREDITS, second["id"], vendorId=vendor(owed, SUPPLIER))
    for _ in range(2):
        assert run(owed, CREDITS) == {"held": 1}
    found_reason = owed.exception(CREDITS).reason
    assert (found_reason, severity_of(found_reason)) == ("payee_changed", "high")


@pytest.mark.reason("paid_to_another")
def test_a_payment_that_went_to_another_than_the_payee_is_not_posted(owed: BillSite) -> None:
    """Given a bill that BILL has paid to its vendor
    when the payee of its voucher is another one by then
    then the payment is held, of high severity, and posted once the voucher names who was paid."""
    bill_paid.switch_on(owed)
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    pay_in_bill(owed, bill_of(owed, entry))
    item(owed, entry, PYE=FACTOR)
    assert outcomes(owed.sync("payments")["payments"]) == {"held": 1}
    exception = owed.exception("payments")
    assert (exception.reason, severity_of(exception.reason)) == ("paid_to_another", "high")
    assert f"supplier {SUPPLIER}" in exception.value and str(FACTOR) in exception.value
    item(owed, entry, PYE=SUPPLIER)
    owed.replay("payments")
    assert outcomes(owed.sync("payments")["payments"]) == {"created": 1}

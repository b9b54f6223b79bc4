"""A clerk of BILL changes a bill that came from JD Edwards, and nothing moves in JD Edwards: the next sync tells it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bill_ordered import FLOW as ORDERS
from bill_ordered import bill_of as order_bill_of
from bill_ordered import ordering
from bill_owed import CREDITS, FLOW, bill_of, compared, credit_of, item, key, owing, pay_in_bill, run, schedule
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS as PAYING
from scenario_books import TODAY, Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
LATER = TODAY + timedelta(days=3)


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(testbed)


def days_later(testbed: BillSite, flow: str = FLOW) -> dict[str, int]:
    """One run over the Thursday, on which nobody has touched anything in JD Edwards; its outcomes."""
    return outcomes(testbed.sync(flow, first=LATER, last=LATER)[flow])


def wait(testbed: BillSite) -> None:
    """It is Thursday."""
    testbed.sandbox.clock.advance(3 * 86_400)


def edit(testbed: BillSite, entry: Entry, amount: str) -> None:
    """A clerk of BILL gives the only line of a bill another amount."""
    made = bill_of(testbed, entry)
    [line] = made["billLineItems"]
    testbed.bill.act("edit_bill", id=made["id"], set={"billLineItems": [{"id": line["id"], "amount": amount}]})


@pytest.mark.reason("raised_in_target")
@pytest.mark.parametrize("state", ["unpaid", "scheduled", "partly paid", "paid"])
def test_a_bill_that_somebody_makes_larger_in_bill_is_urgent(owed: BillSite, state: str) -> None:
    """Given a bill of 100.00, whatever BILL has paid of it
    when a clerk of BILL makes it 180.00, so that BILL would pay more than JD Edwards owes
    then the next sync says so with both amounts, of high severity, and writes nothing; reconciliation names the same;
    when they set it back it is well again."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    if state == "scheduled":
        schedule(owed, bill_of(owed, entry))
    elif state != "unpaid":
        owed.flows["payments"] = {}
        owed.connect("jde", orchestrations=PAYING)
        pay_in_bill(owed, bill_of(owed, entry), "40.00" if state == "partly paid" else None)
        owed.sync(FLOW, "payments")
        owed.sync(FLOW)
    wait(owed)
    edit(owed, entry, "180.00")
    for _ in range(2):
        report = owed.sync(FLOW, first=LATER, last=LATER)[FLOW]
        assert (outcomes(report), report.writes) == ({"conflict": 1}, 0)
    reported = owed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("raised_in_target", "high")
    assert reported.value == "180.00, ours 100.00"
    differing = {each.field: each.explained_by for each in compared(owed).differences if each.field == "amount"}
    assert differing == {"amount": reported.id}
    edit(owed, entry, "100.00")
    assert days_later(owed) == {"unchanged": 1}
    assert not owed.exceptions(FLOW)


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("due", {"dueDate": "2026-09-01"}),
        ("number", {"invoice": {"invoiceNumber": "OTHER-1", "invoiceDate": "2026-02-20"}}),
        ("items", {"description": "works on site"}),
        ("total", {"amount": "80.00"}),
    ],
)
def test_what_somebody_changes_of_a_bill_in_bill_alone_is_a_conflict(
    owed: BillSite, field: str, change: dict[str, Any]
) -> None:
    """Given a bill as JD Edwards has it
    when a clerk of BILL changes its due date, number, description or amount, and nothing moves in JD Edwards
    then it is a conflict at the next sync and the one after; where the site says that JD Edwards is right, it is put
    right."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    made = bill_of(owed, entry)
    wait(owed)
    if field == "total":
        edit(owed, entry, change["amount"])
    else:
        owed.bill.act("edit_bill", id=made["id"], set=change)
    for _ in range(2):
        assert days_later(owed) == {"conflict": 1}
    reported = owed.exception(FLOW)
    assert (reported.reason, field in reported.field.split(", ")) == ("changed_on_both_sides", True)
    owed.configure(FLOW, on_conflict="source")
    owed.replay(FLOW)
    assert days_later(owed) == {"updated": 1}
    corrected = owed.bill.get(FLOW, made["id"])
    assert all(corrected[name] == made[name] for name in ("dueDate", "description", "invoice"))
    assert D(corrected["amount"]) == D("100.00")
    assert days_later(owed) == {"unchanged": 1} and not owed.exceptions(FLOW)


@pytest.mark.reason("raised_in_target")
def test_a_credit_that_somebody_makes_larger_in_bill_is_told_too(owed: BillSite) -> None:
    """Given a vendor credit of 30.00, when a clerk of BILL makes it 50.00, then the next sync tells it."""
    owing(owed, CREDITS)
    memo = owed.books.voucher(kind="PD", costs=(("30.5010", "-30.00"),))
    assert run(owed, CREDITS) == {"created": 1}
    wait(owed)
    made = credit_of(owed, memo)
    [line] = made["vendorCreditLineItems"]
    changed = {"vendorCreditLineItems": [{"id": line["id"], "amount": "50.00"}]}
    owed.bill.act("edit_credit", id=made["id"], set=changed)
    assert days_later(owed, CREDITS) == {"conflict": 1}
    assert owed.exception(CREDITS).reason == "raised_in_target"


@pytest.mark.reason("covered_by_another_bill")
@pytest.mark.reason("already_scheduled")
def test_a_pay_item_that_is_split_off_is_no_second_bill_while_the_first_is_for_both(owed: BillSite) -> None:
    """Given a bill of 100.00 that BILL is about to pay
    when a clerk of JD Edwards splits its pay item into 60.00 now and 40.00 later
    then there is no bill of the 40.00 beside one of 100.00; once the payment is called off the first shrinks, and then
    the second is made: never more in BILL than JD Edwards owes."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    payment = schedule(owed, bill_of(owed, entry))
    wait(owed)
    split(owed, entry)
    for _ in range(2):
        assert days_later(owed) == {"held": 2}
        assert owed.reasons(FLOW) == {
            key(entry): {"already_scheduled"},
            key(entry, "002"): {"covered_by_another_bill"},
        }
    assert [D(each["amount"]) for each in owed.bill.all(FLOW)] == [D("100.00")]
    owed.bill.act("cancel_payment", id=payment)
    days_later(owed)
    assert [D(each["amount"]) for each in owed.bill.all(FLOW)] == [D("60.00")]
    days_later(owed)
    assert sorted(D(each["amount"]) for each in owed.bill.all(FLOW)) == [D("40.00"), D("60.00")]
    assert not owed.exceptions(FLOW) and compared(owed).unexplained == []


def split(testbed: BillSite, entry: Entry) -> None:
    """40.00 of the only pay item become another one, due later."""
    rows = [row for row in testbed.sandbox.systems["jde"].dump()["F0411"].values() if row["DOC"] == entry.doc]
    [first] = rows
    kept = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in first.items()}
    money = {"AG": "40.00", "AAP": "40.00", "ATXN": "40.00"}
    testbed.books.upsert("F0411", kept | money | {"SFX": "002", "PST": "A", "DDJ": "2026-06-01"})
    item(testbed, entry, AG="60.00", AAP="60.00", ATXN="60.00")


@pytest.mark.reason("denied_in_target")
@pytest.mark.parametrize("ends", ["approved", "held"])
def test_a_bill_that_its_approver_denies_is_not_forgotten(owed: BillSite, ends: str) -> None:
    """Given a voucher that is handed over to BILL, when the approver of its bill says no, so that nobody pays it
    then the next sync says so; approved after all, or held in JD Edwards, it is well again."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    wait(owed)
    made = bill_of(owed, entry)
    owed.bill.act("deny_bill", id=made["id"])
    for _ in range(2):
        report = owed.sync(FLOW, first=LATER, last=LATER)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    reported = owed.exception(FLOW)
    assert (reported.reason, reported.value) == ("denied_in_target", "INV-4711, 100.00 GBP")
    if ends == "approved":
        owed.bill.set(FLOW, made["id"], approvalStatus="APPROVED")
    else:
        owed.books.act("set_pay_status", entry, PST="H")
    days_later(owed)
    assert not owed.exceptions(FLOW)
    assert bill_of(owed, entry)["archived"] == (ends == "held")


@pytest.mark.reason("raised_in_target")
def test_the_bill_of_an_order_that_somebody_makes_larger_is_urgent_too(testbed: BillSite) -> None:
    """Given an order that is a bill of 25.00, when a clerk of BILL makes it 50.00, then the next sync tells it."""
    buyers = ordering(testbed)
    order = buyers.order()
    testbed.sync(ORDERS, FLOW)
    wait(testbed)
    made = order_bill_of(testbed, order)
    [line] = made["billLineItems"]
    testbed.bill.act("edit_bill", id=made["id"], set={"billLineItems": [{"id": line["id"], "amount": "50.00"}]})
    for _ in range(2):
        assert days_later(testbed, ORDERS) == {"conflict": 1}
    assert (testbed.exception(ORDERS).reason, testbed.exception(ORDERS).value) == (
        "raised_in_target",
        "50.00, ours 25.00",
    )

"""What a person takes back by hand of what came from the other system is a conflict at the next sync."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import bill_originals as born
import bill_paid as paying
import pytest
from bill_owed import bill_of, owing
from bill_paid import NOTHING, open_items, pay, posted, switch_on, table
from bill_site import BillSite
from scenario_books import TODAY, Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.pairs.jde_bill.payments.numbers import NumberRules

LATER = TODAY + timedelta(days=3)


def days_later(testbed: BillSite) -> None:
    """It is Thursday."""
    testbed.sandbox.clock.advance(3 * 86_400)


def run_later(testbed: BillSite, flow: str) -> dict[str, int]:
    """One run over that Thursday alone; its outcomes."""
    return outcomes(testbed.sync(flow, first=LATER, last=LATER)[flow])


def reported(testbed: BillSite, flow: str) -> str:
    """The only exception of a flow, which is of high severity: the money may go out again. Its value."""
    found = testbed.exception(flow)
    assert (found.reason, severity_of(found.reason)) == ("undone_in_target", "high")
    return found.value


def voucher_of(testbed: BillSite, id: str) -> Entry:
    """The newest voucher of a bill that was born in BILL."""
    row = born.items(testbed, id)[-1]
    return Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip())


# -- vouchers of bills that were born in BILL --------------------------------------------------------------------------


@pytest.mark.reason("undone_in_target")
@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_a_voucher_of_a_bill_that_a_clerk_voids_is_a_conflict(testbed: BillSite, mode: str) -> None:
    """Given a bill that was born in BILL, and its voucher in JD Edwards
    when a clerk voids the voucher days later and nothing moves in BILL
    then the next sync tells it: BILL would pay what JD Edwards does not owe. No voucher is made anew, as often as it
    is synced; once the bill is archived in BILL too, both agree."""
    born.switched_on(testbed, mode=mode)
    id = born.bill(testbed)
    assert born.run(testbed) == {"created": 1}
    days_later(testbed)
    assert run_later(testbed, born.FLOW) == {}
    entry = voucher_of(testbed, id)
    testbed.books.void(entry, on=LATER)
    for _ in range(2):
        assert run_later(testbed, born.FLOW) == {"conflict": 1}
    assert reported(testbed, born.FLOW) == entry.key
    assert [state for _, _, state in born.vouchers(testbed, id)] == ["void"]
    testbed.bill.act("archive_bill", id=id)
    assert run_later(testbed, born.FLOW) == {"updated": 1} or not testbed.exceptions(born.FLOW)
    assert testbed.exceptions(born.FLOW) == []


@pytest.mark.reason("deleted_in_target")
def test_a_voucher_of_a_bill_that_a_clerk_deletes_is_found_by_the_sweep(testbed: BillSite) -> None:
    """Given the voucher of a bill that is not posted, when a clerk deletes it, which leaves no row that changed
    then the sweep tells it, of high severity: BILL would pay what JD Edwards does not owe."""
    born.switched_on(testbed)
    id = born.bill(testbed)
    born.run(testbed)
    [row] = born.items(testbed, id)
    testbed.books.delete("F0411", {name: row[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0})
    testbed.sweep(born.FLOW)
    found = testbed.exception(born.FLOW)
    assert (found.reason, severity_of(found.reason)) == ("deleted_in_target", "high")


def test_a_voucher_that_we_voided_ourselves_is_nobodys_conflict(testbed: BillSite) -> None:
    """Given a bill that was corrected in BILL, so that we void its voucher and make the next revision
    then no later sync takes our own void for a clerk's."""
    born.switched_on(testbed)
    id = born.bill(testbed)
    born.run(testbed)
    born.change(testbed, id, "120.00")
    assert born.run(testbed) == {"created": 1}
    for _ in range(2):
        assert born.run(testbed) == {"unchanged": 1}
    assert [state for _, _, state in born.vouchers(testbed, id)] == ["void", "H"]


def test_a_voucher_of_a_bill_that_a_clerk_changes_is_a_conflict(testbed: BillSite) -> None:
    """Given the voucher of a bill, when a clerk gives it another number
    then the next sync tells it, and a later one tells it still."""
    born.switched_on(testbed)
    id = born.bill(testbed)
    born.run(testbed)
    testbed.books.change_items(voucher_of(testbed, id), VINV="WEB-1-CORRECTED")
    assert born.run(testbed) == {"conflict": 1}
    testbed.bill.set("bills", id, updatedTime="2026-03-02T10:30:00.000+00:00")
    assert born.run(testbed) == {"conflict": 1}
    assert testbed.exception(born.FLOW).reason == "voucher_changed"


def test_paying_or_holding_a_voucher_is_no_change_of_it(testbed: BillSite) -> None:
    """Given the voucher of a bill, when BILL pays a part and a clerk changes its remark and due date
    then that is no conflict."""
    born.switched_on(testbed)
    testbed.flows |= {"payments": {}}
    id = born.bill(testbed)
    born.run(testbed)
    pay(testbed, {"id": id, "amount": "40.00"})
    testbed.sync("payments")
    testbed.books.change_items(voucher_of(testbed, id), RMK="seen", DDJ="2026-04-30")
    assert born.run(testbed) == {"unchanged": 1}


# -- payments of BILL --------------------------------------------------------------------------------------------------


def posted_days_ago(testbed: BillSite) -> tuple[Entry, paying.Paid]:
    """A voucher whose bill BILL paid, posted in JD Edwards three days ago."""
    entry = testbed.books.voucher()
    paid = pay(testbed, paying.bill(testbed, entry, "100.00"))
    assert paying.run(testbed) == {"created": 1}
    days_later(testbed)
    assert run_later(testbed, paying.FLOW) == {}
    return entry, paid


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_posted_payment_that_a_clerk_voids_is_a_conflict(testbed: BillSite) -> None:
    """Given a payment of BILL that is posted, when a clerk voids it in JD Edwards and nothing moves in BILL
    then the next sync tells it with the payment and its voucher: JD Edwards may pay it once more. Once BILL's payment
    is void as well, both agree, but for what the clerk's void left on A: both could pay it, until it is handed over."""
    switch_on(testbed)
    entry, paid = posted_days_ago(testbed)
    number = NumberRules().number(paid.parts[0])
    testbed.books.void_payment(number, on=LATER)
    for _ in range(2):
        assert run_later(testbed, paying.FLOW) == {"conflict": 1}
    assert reported(testbed, paying.FLOW) == f"{number} on {entry.key}/001"
    testbed.bill.act("void_payment", id=paid.id)
    run_later(testbed, paying.FLOW)
    assert testbed.exception(paying.FLOW).reason == "payable_in_both"
    testbed.books.act("set_pay_status", entry, PST="B")
    run_later(testbed, paying.FLOW)
    assert (testbed.exceptions(paying.FLOW), posted(testbed)) == ([], [(Decimal(100), True)])


def test_a_payment_that_a_clerk_enters_again_is_linked_by_hand(testbed: BillSite) -> None:
    """Given a posted payment that a clerk voided and entered again under a number of their own
    when a person links BILL's payment to it, then nothing is posted, and nothing is left to be told."""
    switch_on(testbed)
    entry, paid = posted_days_ago(testbed)
    testbed.books.void_payment(NumberRules().number(paid.parts[0]), on=LATER)
    run_later(testbed, paying.FLOW)
    testbed.books.pay(entry, number=NumberRules().number(paid.parts[0]) + 1, on=LATER)
    own = max(row["PYID"] for row in table(testbed, "F0413"))
    testbed.link(paying.FLOW, paid.key(), "F0413", own)
    testbed.replay(paying.FLOW)
    run_later(testbed, paying.FLOW)
    assert testbed.exceptions(paying.FLOW) == [] and open_items(testbed, entry) == [(NOTHING, "P")]


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_site_may_have_it_posted_anew(testbed: BillSite) -> None:
    """Given a site that says that BILL is right, then a payment that a clerk voided is posted anew at the next sync."""
    switch_on(testbed, on_conflict="source")
    entry, paid = posted_days_ago(testbed)
    testbed.books.void_payment(NumberRules().number(paid.parts[0]), on=LATER)
    assert run_later(testbed, paying.FLOW) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")] and run_later(testbed, paying.FLOW) in ({}, {"unchanged": 1})


def test_a_posted_payment_that_a_clerk_deletes_is_found_by_the_sweep(testbed: BillSite) -> None:
    """Given a payment of BILL that is recorded and not posted, when a clerk deletes it in JD Edwards
    then the sweep tells it, of high severity: JD Edwards may pay it once more."""
    switch_on(testbed)
    entry, _ = posted_days_ago(testbed)
    [header], [detail] = table(testbed, "F0413"), table(testbed, "F0414")
    testbed.books.delete("F0414", {name: detail[name] for name in ("PYID", "RC5")})
    testbed.books.delete("F0413", {"PYID": header["PYID"]})
    testbed.books.change_items(entry, AAP="100.00", PST="A")
    testbed.sweep(paying.FLOW)
    found = testbed.exception(paying.FLOW)
    assert (found.reason, severity_of(found.reason)) == ("deleted_in_target", "high")


def test_what_we_voided_ourselves_is_no_conflict(testbed: BillSite) -> None:
    """Given a payment that BILL took back, so that we voided it in JD Edwards, then that is nobody's doing there."""
    switch_on(testbed)
    _, paid = posted_days_ago(testbed)
    testbed.bill.act("void_payment", id=paid.id)
    assert run_later(testbed, paying.FLOW) == {"updated": 1}
    assert run_later(testbed, paying.FLOW) == {"unchanged": 1} and testbed.exceptions(paying.FLOW) == []


@pytest.mark.parametrize("marked", [True, False])
def test_a_journal_that_a_clerk_voids_is_a_conflict(testbed: BillSite, marked: bool) -> None:
    """Given a site that enters journals, and the journal of a payment of BILL
    when a clerk voids it, by lines of the opposite sign under its number, with our remark or with their own
    then the next sync tells it."""
    switch_on(
        testbed,
        mode="journal",
        never_selected=["H"],
        journal_closes_pay_item=True,
        payables_accounts={"*": "30.5010"},
        clearing_accounts={"00001": "40.5010"},
    )
    testbed.flows["bills"] = {"pay_statuses": ["H"], "handed_over_status": None}
    entry = testbed.books.voucher(status="H")
    pay(testbed, paying.bill(testbed, entry, "100.00"))
    assert paying.run(testbed) == {"created": 1}
    days_later(testbed)
    assert run_later(testbed, paying.FLOW) == {}
    lines = [row for row in table(testbed, "F0911") if row["DCT"].strip() == "JE"]
    mine = {} if marked else {"EXR": "wrong month", "R2": ""}
    back = [{**row, "JELN": row["JELN"] + 100, "AA": -row["AA"], "RE": "V", **mine} for row in lines]
    testbed.books.upsert("F0911", *back)
    for _ in range(2):
        assert run_later(testbed, paying.FLOW) == {"conflict": 1}
    assert reported(testbed, paying.FLOW).endswith(f"on {entry.key}/001")


# -- what was brought to BILL ------------------------------------------------------------------------------------------


def recorded_days_ago(testbed: BillSite) -> tuple[Entry, str]:
    """A voucher that JD Edwards paid, which is recorded on its bill: both, three days later."""
    owing(testbed)
    entry = testbed.books.voucher()
    testbed.sync("bills")
    testbed.books.pay(entry)
    testbed.sync("bills")
    bill = bill_of(testbed, entry)
    assert bill["paymentStatus"] == "PAID"
    days_later(testbed)
    assert run_later(testbed, "bills") == {}
    return entry, str(bill["id"])


def void_the_record(testbed: BillSite) -> None:
    """A user of BILL voids the payment that was recorded."""
    [payment] = testbed.bill.all("payments")
    testbed.bill.act("void_payment", id=payment["id"])
    testbed.bill.act("move_payment", id=payment["id"], single_status="VOIDED")


def test_a_recorded_payment_that_is_voided_in_bill_is_a_conflict(testbed: BillSite) -> None:
    """Given a payment of JD Edwards that is recorded on its bill, when a user of BILL voids that record
    then the next sync tells it, since BILL may pay the bill once more, and nothing is recorded anew, as often as it is
    synced; where the site says that JD Edwards is right, it is."""
    _, id = recorded_days_ago(testbed)
    void_the_record(testbed)
    for _ in range(2):
        assert run_later(testbed, "bills") == {"conflict": 1}
    assert reported(testbed, "bills").startswith("1 of 100.00 on bill INV-4711")
    assert len(testbed.bill.all("payments")) == 1
    testbed.configure("bills", on_conflict="source")
    testbed.replay("bills")
    assert run_later(testbed, "bills") == {"updated": 1}
    assert testbed.bill.get("bills", id)["paymentStatus"] == "PAID" and not testbed.exceptions("bills")


def test_what_both_take_back_is_no_conflict(testbed: BillSite) -> None:
    """Given a recorded payment, when JD Edwards voids its own and a user of BILL the record of it, then both agree."""
    _, id = recorded_days_ago(testbed)
    testbed.books.void_payment(on=LATER)
    void_the_record(testbed)
    run_later(testbed, "bills")
    assert testbed.exceptions("bills") == [] and Decimal(testbed.bill.get("bills", id)["dueAmount"]) == Decimal(100)


def test_a_bill_that_is_archived_in_bill_is_told_at_the_next_sync(testbed: BillSite) -> None:
    """Given a voucher that BILL is to pay, when a user of BILL archives its bill and nothing moves in JD Edwards
    then the next sync tells it: nobody would pay it."""
    owing(testbed)
    entry = testbed.books.voucher()
    testbed.sync("bills")
    days_later(testbed)
    assert run_later(testbed, "bills") == {}
    id = str(bill_of(testbed, entry)["id"])
    testbed.bill.act("archive_bill", id=id)
    for _ in range(2):
        assert run_later(testbed, "bills") == {"conflict": 1}
    assert testbed.exception("bills").reason == "changed_on_both_sides"
    testbed.bill.act("restore_bill", id=id)
    run_later(testbed, "bills")
    assert testbed.exceptions("bills") == []


@pytest.mark.as_delivered("jde.unposted_void")
def test_a_voucher_that_our_own_void_deleted_is_followed_by_the_next_one(testbed: BillSite) -> None:
    """Given the voucher of a bill, not posted, when the bill is corrected in BILL, and archived later
    then JD Edwards deletes the voucher by our void (jde-ais section 15): one stands, then none, and nobody is told."""
    born.switched_on(testbed)
    born.posts(testbed, False)
    id = born.bill(testbed)
    born.run(testbed)
    born.change(testbed, id, "120.00")
    assert born.run(testbed) == {"created": 1}
    assert [(int(amount), state) for _, amount, state in born.vouchers(testbed, id)] == [(120, "H")]
    assert born.run(testbed) == {"unchanged": 1}
    testbed.sweep(born.FLOW)
    assert [(e.reason, e.value, e.field) for e in testbed.exceptions(born.FLOW)] == []
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("archive_bill", id=id)
    found = born.run(testbed)
    assert found == {"updated": 1}, [(e.reason, e.value) for e in testbed.exceptions(born.FLOW)]
    testbed.sweep(born.FLOW)
    assert (born.vouchers(testbed), testbed.exceptions(born.FLOW)) == ([], [])

"""What a person takes back by hand of what came from the other system is a conflict at the next sync."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import bill_born as born
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


def days_later(town: BillSite) -> None:
    """It is Thursday."""
    town.sandbox.clock.advance(3 * 86_400)


def run_later(town: BillSite, flow: str) -> dict[str, int]:
    """One run over that Thursday alone; its outcomes."""
    return outcomes(town.sync(flow, first=LATER, last=LATER)[flow])


def told(town: BillSite, flow: str) -> str:
    """The only exception of a flow, which is of high severity: the money may go out again. Its value."""
    found = town.exception(flow)
    assert (found.reason, severity_of(found.reason)) == ("undone_in_target", "high")
    return found.value


def voucher_of(town: BillSite, id: str) -> Entry:
    """The newest voucher of a bill that was born in BILL."""
    row = born.items(town, id)[-1]
    return Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip())


# -- vouchers of bills that were born in BILL --------------------------------------------------------------------------


@pytest.mark.reason("undone_in_target")
@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_a_voucher_of_a_bill_that_a_clerk_voids_is_a_conflict(town: BillSite, mode: str) -> None:
    """Given a bill that was born in BILL, and its voucher in JD Edwards
    when a clerk voids the voucher days later and nothing moves in BILL
    then the next sync tells it: BILL would pay what JD Edwards does not owe. No voucher is made anew, as often as it
    is synced; once the bill is archived in BILL too, both agree."""
    born.switched_on(town, mode=mode)
    id = born.bill(town)
    assert born.run(town) == {"created": 1}
    days_later(town)
    assert run_later(town, born.FLOW) == {}
    entry = voucher_of(town, id)
    town.books.void(entry, on=LATER)
    for _ in range(2):
        assert run_later(town, born.FLOW) == {"conflict": 1}
    assert told(town, born.FLOW) == entry.key
    assert [state for _, _, state in born.vouchers(town, id)] == ["void"]
    town.bill.act("archive_bill", id=id)
    assert run_later(town, born.FLOW) == {"updated": 1} or not town.exceptions(born.FLOW)
    assert town.exceptions(born.FLOW) == []


@pytest.mark.reason("deleted_in_target")
def test_a_voucher_of_a_bill_that_a_clerk_deletes_is_found_by_the_sweep(town: BillSite) -> None:
    """Given the voucher of a bill that is not posted, when a clerk deletes it, which leaves no row that changed
    then the sweep tells it, of high severity: BILL would pay what JD Edwards does not owe."""
    born.switched_on(town)
    id = born.bill(town)
    born.run(town)
    [row] = born.items(town, id)
    town.books.delete("F0411", {name: row[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0})
    town.sweep(born.FLOW)
    found = town.exception(born.FLOW)
    assert (found.reason, severity_of(found.reason)) == ("deleted_in_target", "high")


def test_a_voucher_that_we_voided_ourselves_is_nobodys_conflict(town: BillSite) -> None:
    """Given a bill that was corrected in BILL, so that we void its voucher and make the next revision
    then no later sync takes our own void for a clerk's."""
    born.switched_on(town)
    id = born.bill(town)
    born.run(town)
    born.change(town, id, "120.00")
    assert born.run(town) == {"created": 1}
    for _ in range(2):
        assert born.run(town) == {"unchanged": 1}
    assert [state for _, _, state in born.vouchers(town, id)] == ["void", "H"]


def test_a_voucher_of_a_bill_that_a_clerk_changes_is_a_conflict(town: BillSite) -> None:
    """Given the voucher of a bill, when a clerk gives it another number
    then the next sync tells it, and a later one tells it still."""
    born.switched_on(town)
    id = born.bill(town)
    born.run(town)
    town.books.change_items(voucher_of(town, id), VINV="WEB-1-CORRECTED")
    assert born.run(town) == {"conflict": 1}
    town.bill.set("bills", id, updatedTime="2026-03-02T10:30:00.000+00:00")
    assert born.run(town) == {"conflict": 1}
    assert town.exception(born.FLOW).reason == "voucher_changed"


def test_paying_or_holding_a_voucher_is_no_change_of_it(town: BillSite) -> None:
    """Given the voucher of a bill, when BILL pays a part and a clerk changes its remark and due date
    then that is no conflict."""
    born.switched_on(town)
    town.flows |= {"payments": {}}
    id = born.bill(town)
    born.run(town)
    pay(town, {"id": id, "amount": "40.00"})
    town.sync("payments")
    town.books.change_items(voucher_of(town, id), RMK="seen", DDJ="2026-04-30")
    assert born.run(town) == {"unchanged": 1}


# -- payments of BILL --------------------------------------------------------------------------------------------------


def posted_days_ago(town: BillSite) -> tuple[Entry, paying.Paid]:
    """A voucher whose bill BILL paid, posted in JD Edwards three days ago."""
    entry = town.books.voucher()
    paid = pay(town, paying.bill(town, entry, "100.00"))
    assert paying.run(town) == {"created": 1}
    days_later(town)
    assert run_later(town, paying.FLOW) == {}
    return entry, paid


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_posted_payment_that_a_clerk_voids_is_a_conflict(town: BillSite) -> None:
    """Given a payment of BILL that is posted, when a clerk voids it in JD Edwards and nothing moves in BILL
    then the next sync tells it with the payment and its voucher: JD Edwards may pay it once more. Once BILL's payment
    is void as well, both agree, but for what the clerk's void left on A: both could pay it, until it is handed over."""
    switch_on(town)
    entry, paid = posted_days_ago(town)
    number = NumberRules().number(paid.parts[0])
    town.books.void_payment(number, on=LATER)
    for _ in range(2):
        assert run_later(town, paying.FLOW) == {"conflict": 1}
    assert told(town, paying.FLOW) == f"{number} on {entry.key}/001"
    town.bill.act("void_payment", id=paid.id)
    run_later(town, paying.FLOW)
    assert town.exception(paying.FLOW).reason == "payable_in_both"
    town.books.act("set_pay_status", entry, PST="B")
    run_later(town, paying.FLOW)
    assert (town.exceptions(paying.FLOW), posted(town)) == ([], [(Decimal(100), True)])


def test_a_payment_that_a_clerk_enters_again_is_linked_by_hand(town: BillSite) -> None:
    """Given a posted payment that a clerk voided and entered again under a number of his own
    when a person links BILL's payment to it, then nothing is posted, and nothing is left to be told."""
    switch_on(town)
    entry, paid = posted_days_ago(town)
    town.books.void_payment(NumberRules().number(paid.parts[0]), on=LATER)
    run_later(town, paying.FLOW)
    town.books.pay(entry, number=NumberRules().number(paid.parts[0]) + 1, on=LATER)
    own = max(row["PYID"] for row in table(town, "F0413"))
    town.link(paying.FLOW, paid.key(), "F0413", own)
    town.replay(paying.FLOW)
    run_later(town, paying.FLOW)
    assert town.exceptions(paying.FLOW) == [] and open_items(town, entry) == [(NOTHING, "P")]


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_site_may_have_it_posted_anew(town: BillSite) -> None:
    """Given a site that says that BILL is right, then a payment that a clerk voided is posted anew at the next sync."""
    switch_on(town, on_conflict="source")
    entry, paid = posted_days_ago(town)
    town.books.void_payment(NumberRules().number(paid.parts[0]), on=LATER)
    assert run_later(town, paying.FLOW) == {"created": 1}
    assert open_items(town, entry) == [(NOTHING, "P")] and run_later(town, paying.FLOW) in ({}, {"unchanged": 1})


def test_a_posted_payment_that_a_clerk_deletes_is_found_by_the_sweep(town: BillSite) -> None:
    """Given a payment of BILL that is recorded and not posted, when a clerk deletes it in JD Edwards
    then the sweep tells it, of high severity: JD Edwards may pay it once more."""
    switch_on(town)
    entry, _ = posted_days_ago(town)
    [header], [detail] = table(town, "F0413"), table(town, "F0414")
    town.books.delete("F0414", {name: detail[name] for name in ("PYID", "RC5")})
    town.books.delete("F0413", {"PYID": header["PYID"]})
    town.books.change_items(entry, AAP="100.00", PST="A")
    town.sweep(paying.FLOW)
    found = town.exception(paying.FLOW)
    assert (found.reason, severity_of(found.reason)) == ("deleted_in_target", "high")


def test_what_we_voided_ourselves_is_no_conflict(town: BillSite) -> None:
    """Given a payment that BILL took back, so that we voided it in JD Edwards, then that is nobody's doing there."""
    switch_on(town)
    _, paid = posted_days_ago(town)
    town.bill.act("void_payment", id=paid.id)
    assert run_later(town, paying.FLOW) == {"updated": 1}
    assert run_later(town, paying.FLOW) == {"unchanged": 1} and town.exceptions(paying.FLOW) == []


@pytest.mark.parametrize("marked", [True, False])
def test_a_journal_that_a_clerk_voids_is_a_conflict(town: BillSite, marked: bool) -> None:
    """Given a site that enters journals, and the journal of a payment of BILL
    when a clerk voids it, by lines of the opposite sign under its number, with our remark or with his own
    then the next sync tells it."""
    switch_on(
        town,
        mode="journal",
        never_selected=["H"],
        journal_closes_pay_item=True,
        payables_accounts={"*": "30.5010"},
        clearing_accounts={"00001": "40.5010"},
    )
    town.flows["bills"] = {"pay_statuses": ["H"], "handed_over_status": None}
    entry = town.books.voucher(status="H")
    pay(town, paying.bill(town, entry, "100.00"))
    assert paying.run(town) == {"created": 1}
    days_later(town)
    assert run_later(town, paying.FLOW) == {}
    lines = [row for row in table(town, "F0911") if row["DCT"].strip() == "JE"]
    mine = {} if marked else {"EXR": "wrong month", "R2": ""}
    back = [{**row, "JELN": row["JELN"] + 100, "AA": -row["AA"], "RE": "V", **mine} for row in lines]
    town.books.upsert("F0911", *back)
    for _ in range(2):
        assert run_later(town, paying.FLOW) == {"conflict": 1}
    assert told(town, paying.FLOW).endswith(f"on {entry.key}/001")


# -- what was brought to BILL ------------------------------------------------------------------------------------------


def recorded_days_ago(town: BillSite) -> tuple[Entry, str]:
    """A voucher that JD Edwards paid, which is recorded on its bill: both, three days later."""
    owing(town)
    entry = town.books.voucher()
    town.sync("bills")
    town.books.pay(entry)
    town.sync("bills")
    bill = bill_of(town, entry)
    assert bill["paymentStatus"] == "PAID"
    days_later(town)
    assert run_later(town, "bills") == {}
    return entry, str(bill["id"])


def void_the_record(town: BillSite) -> None:
    """A user of BILL voids the payment that was recorded."""
    [payment] = town.bill.all("payments")
    town.bill.act("void_payment", id=payment["id"])
    town.bill.act("move_payment", id=payment["id"], single_status="VOIDED")


def test_a_recorded_payment_that_is_voided_in_bill_is_a_conflict(town: BillSite) -> None:
    """Given a payment of JD Edwards that is recorded on its bill, when a user of BILL voids that record
    then the next sync tells it, since BILL may pay the bill once more, and nothing is recorded anew, as often as it is
    synced; where the site says that JD Edwards is right, it is."""
    _, id = recorded_days_ago(town)
    void_the_record(town)
    for _ in range(2):
        assert run_later(town, "bills") == {"conflict": 1}
    assert told(town, "bills").startswith("1 of 100.00 on bill INV-4711")
    assert len(town.bill.all("payments")) == 1
    town.configure("bills", on_conflict="source")
    town.replay("bills")
    assert run_later(town, "bills") == {"updated": 1}
    assert town.bill.get("bills", id)["paymentStatus"] == "PAID" and not town.exceptions("bills")


def test_what_both_take_back_is_no_conflict(town: BillSite) -> None:
    """Given a recorded payment, when JD Edwards voids its own and a user of BILL the record of it, then both agree."""
    _, id = recorded_days_ago(town)
    town.books.void_payment(on=LATER)
    void_the_record(town)
    run_later(town, "bills")
    assert town.exceptions("bills") == [] and Decimal(town.bill.get("bills", id)["dueAmount"]) == Decimal(100)


def test_a_bill_that_is_archived_in_bill_is_told_at_the_next_sync(town: BillSite) -> None:
    """Given a voucher that BILL is to pay, when a user of BILL archives its bill and nothing moves in JD Edwards
    then the next sync tells it: nobody would pay it."""
    owing(town)
    entry = town.books.voucher()
    town.sync("bills")
    days_later(town)
    assert run_later(town, "bills") == {}
    id = str(bill_of(town, entry)["id"])
    town.bill.act("archive_bill", id=id)
    for _ in range(2):
        assert run_later(town, "bills") == {"conflict": 1}
    assert town.exception("bills").reason == "changed_on_both_sides"
    town.bill.act("restore_bill", id=id)
    run_later(town, "bills")
    assert town.exceptions("bills") == []


@pytest.mark.as_delivered("jde.unposted_void")
def test_a_voucher_that_our_own_void_deleted_is_followed_by_the_next_one(town: BillSite) -> None:
    """Given the voucher of a bill, not posted, when the bill is corrected in BILL, and archived later
    then JD Edwards deletes the voucher by our void (jde-ais section 15): one stands, then none, and nobody is told."""
    born.switched_on(town)
    born.posts(town, False)
    id = born.bill(town)
    born.run(town)
    born.change(town, id, "120.00")
    assert born.run(town) == {"created": 1}
    assert [(int(amount), state) for _, amount, state in born.vouchers(town, id)] == [(120, "H")]
    assert born.run(town) == {"unchanged": 1}
    town.sweep(born.FLOW)
    assert [(e.reason, e.value, e.field) for e in town.exceptions(born.FLOW)] == []
    town.sandbox.clock.advance(60)
    town.bill.act("archive_bill", id=id)
    found = born.run(town)
    assert found == {"updated": 1}, [(e.reason, e.value) for e in town.exceptions(born.FLOW)]
    town.sweep(born.FLOW)
    assert (born.vouchers(town), town.exceptions(born.FLOW)) == ([], [])

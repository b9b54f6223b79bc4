"""Vouchers of which JD Edwards withholds tax: pay items on the status %, and suppliers that are subject to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, item, key, lines, owing, run
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_site import outcomes

D = Decimal


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """Both flows are on."""
    return owing(testbed, CREDITS)


def withheld(testbed: BillSite) -> Entry:
    """A clerk enters 100.00, of which JD Edwards withholds 10.00."""
    entry = testbed.books.voucher(items=["90.00", "10.00"])
    item(testbed, entry, "002", PST="%")
    return entry


def treated(testbed: BillSite, how: str, **more: object) -> None:
    """The site says what becomes of such vouchers, and asks again for what was held."""
    for flow in (FLOW, CREDITS):
        testbed.configure(flow, withholding=how, **more)
    testbed.replay(FLOW)


@pytest.mark.reason("withholding")
def test_a_voucher_of_which_tax_is_withheld_is_held_until_the_site_says_what_is_paid(owed: BillSite) -> None:
    """Given a voucher with a pay item on %, then nothing of it is a bill, and the exceptions say how much is
    withheld of how much."""
    entry = withheld(owed)
    assert run(owed) == {"held": 2}
    reported = owed.exceptions(FLOW)
    assert {(each.reason, each.value) for each in reported} == {("withholding", "10.00 of 100.00 GBP on pay status %")}
    assert {each.key for each in reported} == {key(entry, "001"), key(entry, "002")}
    assert owed.bill.all(FLOW) == []


def test_where_the_site_pays_net_the_withheld_part_stays_in_jd_edwards(owed: BillSite) -> None:
    """Given the setting net, then the rest is a bill, and the withheld part is left alone by a rule of its own, with
    its money."""
    entry = withheld(owed)
    assert run(owed) == {"held": 2}
    treated(owed, "net")
    report = owed.sync(FLOW)[FLOW]
    assert {each: result.outcome for each, result in report.results.items()} == {
        key(entry, "001"): "created",
        key(entry, "002"): "ignored",
    }
    assert report.rules() == {"withholding": 1}
    assert report.rule_amounts()["withholding"] == {"GBP": D("10.00")}
    assert lines(owed, bill_of(owed, entry)) == [("30.5010", D(90))]
    assert owed.exceptions(FLOW) == []


def test_where_the_site_pays_gross_all_of_it_is_one_bill(owed: BillSite) -> None:
    """Given the setting gross, then all that is open is handed over, and BILL's to pay."""
    entry = withheld(owed)
    owed.connect("jde", orchestrations=ORCHESTRATIONS)
    treated(owed, "gross", handed_over_status="Y")
    assert run(owed) == {"created": 1, "ignored": 1}
    assert bill_of(owed, entry)["amount"] == D("100.00")
    assert len(owed.bill.all(FLOW)) == 1
    assert run(owed) == {"unchanged": 1, "ignored": 1}


def test_tax_that_is_withheld_later_is_taken_off_the_bill(owed: BillSite) -> None:
    """Given a bill of the whole, when JD Edwards splits a withheld part off
    then the bill shrinks at once, and the withheld part is an exception of its own."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    split = owed.books.voucher(items=["90.00", "10.00"])
    item(owed, split, "002", PST="%")
    assert run(owed) == {"updated": 1, "held": 1}
    assert bill_of(owed, entry)["amount"] == D("90.00")
    assert run(owed) == {"unchanged": 1, "held": 1}
    reported = owed.exception(FLOW)
    assert (reported.reason, reported.key) == ("withholding", key(entry, "002"))


def test_a_withheld_voucher_is_taken_out_of_bill(owed: BillSite) -> None:
    """Given a bill, when its whole pay item comes on %, then it is archived, and restored when it is approved."""
    entry = owed.books.voucher()
    run(owed)
    item(owed, entry, PST="%")
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["archived"] is True
    item(owed, entry, PST="A")
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["archived"] is False


@pytest.mark.parametrize("how", ["hold", "net"])
@pytest.mark.parametrize("subject", [{"TAWH": 4344}, {"PCWH": "10"}])
def test_a_supplier_who_is_subject_to_it_is_not_paid_whole(
    owed: BillSite, how: str, subject: dict[str, object]
) -> None:
    """Given a supplier of whom tax is to be withheld, and a voucher of which nothing is withheld yet
    then it is held, since BILL would pay the whole; once it is withheld, the rest goes where the site pays net."""
    owed.books.upsert("F0401", {"AN8": 4343, **subject})
    owed.books.voucher()
    treated(owed, how)
    assert run(owed) == {"held": 1}
    reported = owed.exception(FLOW)
    assert reported.reason == "withholding" and reported.value is not None
    assert reported.value.startswith("nothing yet of supplier 4343, who is subject to it (F0401: ")
    withheld(owed)
    assert run(owed) == ({"held": 2} if how == "hold" else {"created": 1, "ignored": 1})


def test_a_withheld_credit_is_held_too(owed: BillSite) -> None:
    """Given a debit memo of which a part is on %, then no vendor credit is made of it."""
    entry = owed.books.voucher(kind="PD", costs=(("30.5010", "-100.00"),), items=["-90.00", "-10.00"])
    item(owed, entry, "002", PST="%")
    assert run(owed, CREDITS) == {"held": 2}
    assert {each.reason for each in owed.exceptions(CREDITS)} == {"withholding"}
    assert owed.bill.all(CREDITS) == []


def test_a_supplier_who_is_no_longer_subject_to_it_is_paid_though_no_voucher_moved(owed: BillSite) -> None:
    """Given a voucher that is held since its supplier is subject to withholding, when a clerk takes that off the next
    day, then it is a bill by itself."""
    owed.books.upsert("F0401", {"AN8": 4343, "TAWH": 4344})
    owed.books.voucher()
    assert run(owed) == {"held": 1}
    owed.sandbox.clock.advance(24 * 3600)
    owed.books.upsert("F0401", {"AN8": 4343, "TAWH": 0})
    following = TODAY + timedelta(days=1)
    assert outcomes(owed.sync(FLOW, first=following, last=following)[FLOW]) == {"created": 1}
    assert owed.exceptions(FLOW) == []

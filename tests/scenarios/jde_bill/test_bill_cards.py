"""Vouchers that are paid by card, by their payment instrument: BILL must not pay them once more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_owed import FLOW, bill_of, item, key, owing, run
from bill_site import BillSite

from connector_assets.pairs.registry import flow_class


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The bills are on, and the site pays by card what has the instrument C."""
    return owing(testbed, card_instruments=["C"])


def test_what_is_paid_by_card_is_no_bill_and_is_told_with_its_money(owed: BillSite) -> None:
    """Given an approved voucher paid by card, and one by transfer, then the second alone is a bill, and the first is
    left alone by a rule of its own."""
    by_card, other = owed.books.voucher(1), owed.books.voucher(2)
    item(owed, by_card, PYIN="C")
    report = owed.sync(FLOW)[FLOW]
    assert report.rules() == {"paid_by_card": 1}
    assert report.rule_amounts()["paid_by_card"] == {"GBP": Decimal("100.00")}
    assert bill_of(owed, other)["amount"] == Decimal("100.00")
    assert len(owed.bill.all(FLOW)) == 1


def test_one_pay_item_by_card_leaves_the_other_to_bill(owed: BillSite) -> None:
    """Given two pay items on the same terms, one of them paid by card, then BILL pays the other alone."""
    entry = owed.books.voucher(items=["40.00", "60.00"])
    item(owed, entry, "001", PYIN="C")
    report = owed.sync(FLOW)[FLOW]
    assert {each: result.outcome for each, result in report.results.items()} == {
        key(entry, "001"): "ignored",
        key(entry, "002"): "created",
    }
    assert bill_of(owed, entry, "002")["amount"] == Decimal("60.00")


def test_a_voucher_that_a_card_pays_after_all_is_taken_out_of_bill(owed: BillSite) -> None:
    """Given a bill that nobody has paid, when its voucher's instrument becomes the card's, the bill is archived; and
    restored when it is a transfer again."""
    entry = owed.books.voucher(1)
    run(owed)
    item(owed, entry, PYIN="C")
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["archived"] is True
    item(owed, entry, PYIN="T")
    assert run(owed) == {"updated": 1}
    assert bill_of(owed, entry)["archived"] is False


def test_without_the_setting_instruments_mean_nothing(testbed: BillSite) -> None:
    """Given a site that pays nothing by card, then every instrument is a bill."""
    owed = owing(testbed)
    item(owed, owed.books.voucher(1), PYIN="C")
    assert run(owed) == {"created": 1}


def test_ping_says_which_instruments_jd_edwards_does_not_have(owed: BillSite) -> None:
    """Given the setting, then ping says that nobody could look where JD Edwards shows no list of instruments; where it
    does, ping names the one that is not in it, and nothing once it is."""
    flow = flow_class("jde_bill", FLOW)
    with owed.context() as context:
        asked = flow(context)
        assert not any("card_instruments" in each for each in asked.startup_problems())
        [note] = asked.startup_notes()
        assert "card_instruments is not checked" in note and "is empty" in note
    owed.books.upsert("F0005", {"SY": "00", "RT": "PY", "KY": "T", "DL01": "Transfer"})
    with owed.context() as context:
        reported = [each for each in flow(context).startup_problems() if "card_instruments" in each]
        assert reported == [
            "jde_bill/bills: card_instruments names C, which JD Edwards does not have in the list 00/PY of "
            "user-defined codes (F0005)"
        ]
        assert flow(context).startup_notes() == []
    owed.books.upsert("F0005", {"SY": "00", "RT": "PY", "KY": "C", "DL01": "Card"})
    with owed.context() as context:
        assert not any("card_instruments" in each for each in flow(context).startup_problems())

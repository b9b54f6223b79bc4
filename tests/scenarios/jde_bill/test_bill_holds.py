"""A supplier or payee on payment hold: BILL pays nobody whom JD Edwards would not pay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, item, owing, run, schedule
from bill_site import BillSite
from scenario_books import TODAY
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.pairs.registry import flow_class

NEXT = TODAY + timedelta(days=1)


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(testbed, CREDITS)


def hold(testbed: BillSite, value: str = "Y", party: int = 4343) -> None:
    """A clerk puts a party on payment hold, or takes the hold off; none of its vouchers is touched."""
    testbed.books.upsert("F0401", {"AN8": party, "HDPY": value})


def run_next_day(testbed: BillSite, flow: str = FLOW) -> dict[str, int]:
    """A run over the next day alone: of yesterday's vouchers it learns by the change of the supplier."""
    return outcomes(testbed.sync(flow, first=NEXT, last=NEXT)[flow])


def overnight(testbed: BillSite) -> None:
    testbed.sandbox.clock.advance(24 * 3600)


@pytest.mark.reason("supplier_on_hold")
@pytest.mark.parametrize("value", ["Y", "1", "X"])
def test_a_voucher_of_a_supplier_on_hold_is_held_until_the_hold_is_released(owed: BillSite, value: str) -> None:
    """Given a supplier on payment hold, by whatever value, and a voucher of its
    when it is synced, and the hold is released the next day
    then it is held, and sent then by itself, though no row of it moved."""
    hold(owed, value)
    owed.books.voucher()
    assert run(owed) == {"held": 1}
    reported = owed.exception(FLOW)
    assert (reported.reason, reported.value) == ("supplier_on_hold", "4343")
    overnight(owed)
    hold(owed, "")
    assert run_next_day(owed) == {"created": 1}
    assert owed.exceptions(FLOW) == []


def test_values_that_are_no_hold_hold_nothing(owed: BillSite) -> None:
    """Given a supplier whose hold says N, when its voucher is synced, then it is a bill."""
    hold(owed, "N")
    owed.books.voucher()
    assert run(owed) == {"created": 1}


def test_a_version_that_reads_holds_for_the_first_time_finds_those_of_before(owed: BillSite) -> None:
    """Given bills of two suppliers, made by a version that did not read F0401, one of them on hold since, and polls
    up to yesterday
    when the next poll reads F0401 too
    then it reads the usual days, of F0401 alone what is of before them, archives the bill of the one on hold, looks at
    no other, and is no first sync."""
    owed.books.supplier(4399, "Quarry & Sons")
    owed.sync("vendors")
    held, other = owed.books.voucher(1), owed.books.voucher(2, supplier=4399)
    assert run(owed) == {"created": 2}
    hold(owed)
    polled = TODAY + timedelta(days=4)
    with owed.context() as context:
        entities = [each.entity for each in flow_class(owed.NAME, FLOW)(context).sources if each.daily]
    for entity in set(entities) - {"F0401"}:
        owed.ledger.watermarks.advance(f"{owed.NAME}/{FLOW}", entity, polled, run="earlier")
    owed.sandbox.clock.advance(5 * 24 * 3600)
    days = owed.days(FLOW)
    assert days == (polled - timedelta(days=1), polled + timedelta(days=1))
    report = owed.sync(FLOW, first=days[0], last=days[1], first_ever=True)[FLOW]
    assert outcomes(report) == {"updated": 1}
    assert report.as_json().get("first_sync") is None
    assert (bill_of(owed, held)["archived"], bill_of(owed, other)["archived"]) == (True, False)


def test_a_hold_that_comes_later_archives_the_bill_and_its_release_restores_it(owed: BillSite) -> None:
    """Given an unpaid bill
    when its supplier is put on hold, and released
    then the bill is archived, and restored: the same one."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    before = bill_of(owed, entry)
    overnight(owed)
    hold(owed)
    assert run_next_day(owed) == {"updated": 1}
    assert bill_of(owed, entry)["archived"]
    hold(owed, "")
    assert run_next_day(owed) == {"updated": 1}
    after = bill_of(owed, entry)
    assert (after["id"], after["archived"]) == (before["id"], False)
    assert owed.exceptions(FLOW) == []


@pytest.mark.reason("already_scheduled")
def test_a_hold_of_what_is_scheduled_is_an_exception_of_high_severity(owed: BillSite) -> None:
    """Given a bill whose payment BILL has scheduled
    when its supplier is put on hold
    then a person is told that the payment is to be stopped."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    schedule(owed, bill_of(owed, entry))
    hold(owed)
    assert run(owed) == {"held": 1}
    reported = owed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("already_scheduled", "high")
    assert "4343" in reported.message


@pytest.mark.reason("supplier_on_hold")
def test_a_payee_on_hold_holds_the_voucher_of_a_supplier_who_is_not(owed: BillSite) -> None:
    """Given a voucher whose payee, a factor, is on hold while its supplier is not
    when it is synced, and the payee is released
    then it is held, and sent then."""
    entry = owed.books.voucher()
    item(owed, entry, PYE=4344)
    hold(owed, party=4344)
    assert run(owed) == {"held": 1}
    assert owed.exception(FLOW).value == "4344"
    overnight(owed)
    hold(owed, "", party=4344)
    assert run_next_day(owed) == {"created": 1}


def test_a_credit_of_a_supplier_on_hold_is_archived_and_made_anew(owed: BillSite) -> None:
    """Given a vendor credit
    when its supplier is put on hold, and released
    then it is archived, and a new one takes its place."""
    entry = owed.books.voucher(kind="PD", costs=(("30.5010", "-40.00"),))
    assert run(owed, CREDITS) == {"created": 1}
    overnight(owed)
    hold(owed)
    assert run_next_day(owed, CREDITS) == {"updated": 1}
    assert credit_of(owed, entry)["archived"]
    hold(owed, "")
    assert run_next_day(owed, CREDITS) == {"updated": 1}
    assert Decimal(next(e for e in owed.bill.all(CREDITS) if not e["archived"])["amount"]) == Decimal("40.00")

"""What JD Edwards closed without a payment (a journal, netting, a write-off, an amount of zero): pay status and open
amount prove nothing, so Coupa is told the payments that there were and no more, and a person is told the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest
from coupa_originals import act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_site import Site, outcomes

FLOW, OWN = "payments_to_coupa", "invoices"


@pytest.fixture(autouse=True)
def _on(testbed: Site) -> None:
    testbed.flows[FLOW] = {}


@pytest.mark.reason("settled_without_payment")
def test_a_voucher_that_a_journal_closed_does_not_pay_its_invoice(testbed: Site) -> None:
    """Given an invoice born in Coupa, when a clerk closes its voucher by a journal
    then Coupa is not told that it is paid, and a person is told, once; opened again and paid, it is told as paid."""
    found = born(testbed)
    testbed.books.change_items(found.voucher, PST="P", AAP="0")
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, paid(testbed, found.id)) == ({"held": 1}, 0, (False, [], Decimal(120)))
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("settled_without_payment", "120.00 GBP")
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(found.voucher, PST="A", AAP="120.00")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and not paid(testbed, found.id)[0]
    testbed.books.pay(found.voucher)
    testbed.sync(FLOW)
    assert paid(testbed, found.id) == (True, [Decimal(120)], Decimal(0)) and testbed.exceptions(FLOW) == []


@pytest.mark.reason("settled_without_payment")
@pytest.mark.parametrize("between", [True, False], ids=["told-before", "at-once"])
def test_what_was_written_off_after_a_part_was_paid_is_not_paid(testbed: Site, between: bool) -> None:
    """Given an invoice of 120.00 of which JD Edwards has paid 45.00, when a clerk writes the rest off
    then Coupa is told of the 45.00, is not told that it is paid, and a person is told of the 75.00."""
    found = born(testbed)
    testbed.books.pay(found.voucher, "45.00")
    if between:
        testbed.sync(FLOW)
    testbed.books.change_items(found.voucher, PST="P", AAP="0")
    testbed.sync(FLOW)
    assert paid(testbed, found.id) == (False, [Decimal(45)], Decimal(75))
    assert testbed.exception(FLOW).value == "75.00 GBP"
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_a_payment_with_discount_proves_the_whole(testbed: Site) -> None:
    """Given an invoice of 120.00, when JD Edwards pays 117.60 and takes 2.40 as discount, then it is told as paid."""
    found = born(testbed)
    testbed.books.act("pay_voucher", found.voucher, number=5001, amount="117.60", discount="2.40")
    testbed.sync(FLOW)
    assert paid(testbed, found.id)[:2] == (True, [Decimal("117.60")]) and testbed.exceptions(FLOW) == []


def test_a_foreign_payment_proves_the_whole(testbed: Site) -> None:
    """Given an invoice in euros in a company of pounds, when JD Edwards pays it in two parts, then it is paid after the
    second one, whatever rounding does to the pounds."""
    found = born(testbed, "100.01", currency="EUR", rate="0.8567")
    for number, amount in ((5001, "33.33"), (5002, None)):
        testbed.books.pay(found.voucher, amount, number=number)
        testbed.sync(FLOW)
    assert paid(testbed, found.id)[0] and testbed.exceptions(FLOW) == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_what_a_void_payment_left_closed_is_not_paid(testbed: Site) -> None:
    """Given a paid invoice, when the payment is void and a clerk closes the voucher by hand instead of paying it anew
    then Coupa is told of the void, and a person that no payment stands."""
    found = born(testbed)
    testbed.books.pay(found.voucher)
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    testbed.books.void_payment()
    testbed.books.change_items(found.voucher, PST="P", AAP="0")
    testbed.sync(FLOW)
    reported, amounts, _ = paid(testbed, found.id)
    assert not reported and sum(amounts) == 0 and testbed.exception(FLOW).reason == "settled_without_payment"


def test_a_voucher_of_jde_that_was_written_off_in_part_is_told_what_was_paid(testbed: Site) -> None:
    """Given an approved invoice of a voucher of JD Edwards, when 30.00 of 100.00 are paid and the rest is written off
    then Coupa is told of the 30.00 and not that it is paid, and a person of the 70.00."""
    entry = testbed.books.voucher()
    testbed.sync(OWN)
    number = int(testbed.spend.invoice("INV-4711")["id"])
    testbed.spend.act("approve_invoice", id=number)
    testbed.books.pay(entry, "30.00")
    testbed.books.change_items(entry, PST="P", AAP="0")
    testbed.sync(OWN)
    assert paid(testbed, number) == (False, [Decimal(30)], Decimal(70))
    assert (testbed.exception(OWN).reason, testbed.exception(OWN).value) == ("settled_without_payment", "70.00 GBP")


def test_a_voucher_of_zero_pays_nothing(testbed: Site) -> None:
    """Given a voucher whose lines come to zero, which JD Edwards makes as paid, when its invoice is approved
    then Coupa is told of no payment, nor that it is paid."""
    testbed.configure(OWN, go_live="2026-03-01")
    testbed.books.voucher(costs=(("30.5010", "50.00"), ("40.5010", "-50.00")), status="P")
    assert outcomes(testbed.sync(OWN)[OWN]) == {"created": 1}
    number = int(testbed.spend.invoice("INV-4711")["id"])
    testbed.spend.act("approve_invoice", id=number)
    testbed.sync(OWN)
    assert paid(testbed, number)[:2] == (False, []) and testbed.exceptions(OWN) == []


@pytest.mark.parametrize("mode", ["external_payables", "coupa_pay"])
def test_what_coupa_pay_would_pay_is_out_of_its_reach_and_told(testbed: Site, mode: str) -> None:
    """Given a voucher that Coupa Pay is to pay, when a clerk closes it by a journal in JD Edwards
    then Coupa Pay cannot pay it any more, and a person is told that nobody has paid it."""
    if mode == "external_payables":
        testbed.configure(OWN, mode=mode)
    else:
        testbed.flows.pop(FLOW)
        testbed.flows["payments_to_jde"] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = testbed.books.voucher()
    testbed.sync("suppliers", "accounts", OWN)
    if mode == "coupa_pay":
        act(testbed, "approve_invoice", id=int(testbed.spend.invoice("INV-4711")["id"]))
        testbed.sync(OWN)
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="P", AAP="0")
    testbed.sync(OWN)
    if mode == "external_payables":
        held = testbed.spend.one("payables/external/payables")
        assert Decimal(held["payable-amount"]) == Decimal(held["paid-amount"])
    else:
        assert testbed.spend.invoice("INV-4711")["paid"]
    assert testbed.exception(OWN).reason == "settled_without_payment"

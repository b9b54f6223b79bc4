"""What JD Edwards closed without a payment (a journal, netting, a write-off, an amount of zero): pay status and open
amount prove nothing, so Coupa is told the payments that there were and no more, and a person is told the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_born import act, born, paid
from scenario_site import Site, outcomes

FLOW, OWN = "payments_to_coupa", "invoices"


@pytest.fixture(autouse=True)
def _on(town: Site) -> None:
    town.flows[FLOW] = {}


@pytest.mark.reason("settled_without_payment")
def test_a_voucher_that_a_journal_closed_does_not_pay_its_invoice(town: Site) -> None:
    """Given an invoice born in Coupa, when a clerk closes its voucher by a journal
    then Coupa is not told that it is paid, and a person is told, once; opened again and paid, it is told as paid."""
    found = born(town)
    town.books.change_items(found.voucher, PST="P", AAP="0")
    report = town.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, paid(town, found.id)) == ({"held": 1}, 0, (False, [], Decimal(120)))
    told = town.exception(FLOW)
    assert (told.reason, told.value) == ("settled_without_payment", "120.00 GBP")
    town.sandbox.clock.advance(60)
    town.books.change_items(found.voucher, PST="A", AAP="120.00")
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and not paid(town, found.id)[0]
    town.books.pay(found.voucher)
    town.sync(FLOW)
    assert paid(town, found.id) == (True, [Decimal(120)], Decimal(0)) and town.exceptions(FLOW) == []


@pytest.mark.reason("settled_without_payment")
@pytest.mark.parametrize("between", [True, False], ids=["told-before", "at-once"])
def test_what_was_written_off_after_a_part_was_paid_is_not_paid(town: Site, between: bool) -> None:
    """Given an invoice of 120.00 of which JD Edwards has paid 45.00, when a clerk writes the rest off
    then Coupa is told of the 45.00, is not told that it is paid, and a person is told of the 75.00."""
    found = born(town)
    town.books.pay(found.voucher, "45.00")
    if between:
        town.sync(FLOW)
    town.books.change_items(found.voucher, PST="P", AAP="0")
    town.sync(FLOW)
    assert paid(town, found.id) == (False, [Decimal(45)], Decimal(75))
    assert town.exception(FLOW).value == "75.00 GBP"
    assert town.sync(FLOW)[FLOW].writes == 0


def test_a_payment_with_discount_proves_the_whole(town: Site) -> None:
    """Given an invoice of 120.00, when JD Edwards pays 117.60 and takes 2.40 as discount, then it is told as paid."""
    found = born(town)
    town.books.act("pay_voucher", found.voucher, number=5001, amount="117.60", discount="2.40")
    town.sync(FLOW)
    assert paid(town, found.id)[:2] == (True, [Decimal("117.60")]) and town.exceptions(FLOW) == []


def test_a_foreign_payment_proves_the_whole(town: Site) -> None:
    """Given an invoice in euros in a company of pounds, when JD Edwards pays it in two parts, then it is paid after the
    second one, whatever rounding does to the pounds."""
    found = born(town, "100.01", currency="EUR", rate="0.8567")
    for number, amount in ((5001, "33.33"), (5002, None)):
        town.books.pay(found.voucher, amount, number=number)
        town.sync(FLOW)
    assert paid(town, found.id)[0] and town.exceptions(FLOW) == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_what_a_void_payment_left_closed_is_not_paid(town: Site) -> None:
    """Given a paid invoice, when the payment is void and a clerk closes the voucher by hand instead of paying it anew
    then Coupa is told of the void, and a person that no payment stands."""
    found = born(town)
    town.books.pay(found.voucher)
    town.sync(FLOW)
    town.sandbox.clock.advance(60)
    town.books.void_payment()
    town.books.change_items(found.voucher, PST="P", AAP="0")
    town.sync(FLOW)
    told, amounts, _ = paid(town, found.id)
    assert not told and sum(amounts) == 0 and town.exception(FLOW).reason == "settled_without_payment"


def test_a_voucher_of_jde_that_was_written_off_in_part_is_told_what_was_paid(town: Site) -> None:
    """Given an approved invoice of a voucher of JD Edwards, when 30.00 of 100.00 are paid and the rest is written off
    then Coupa is told of the 30.00 and not that it is paid, and a person of the 70.00."""
    entry = town.books.voucher()
    town.sync(OWN)
    number = int(town.spend.invoice("INV-4711")["id"])
    town.spend.act("approve_invoice", id=number)
    town.books.pay(entry, "30.00")
    town.books.change_items(entry, PST="P", AAP="0")
    town.sync(OWN)
    assert paid(town, number) == (False, [Decimal(30)], Decimal(70))
    assert (town.exception(OWN).reason, town.exception(OWN).value) == ("settled_without_payment", "70.00 GBP")


def test_a_voucher_of_zero_pays_nothing(town: Site) -> None:
    """Given a voucher whose lines come to zero, which JD Edwards makes as paid, when its invoice is approved
    then Coupa is told of no payment, nor that it is paid."""
    town.configure(OWN, go_live="2026-03-01")
    town.books.voucher(costs=(("30.5010", "50.00"), ("40.5010", "-50.00")), status="P")
    assert outcomes(town.sync(OWN)[OWN]) == {"created": 1}
    number = int(town.spend.invoice("INV-4711")["id"])
    town.spend.act("approve_invoice", id=number)
    town.sync(OWN)
    assert paid(town, number)[:2] == (False, []) and town.exceptions(OWN) == []


@pytest.mark.parametrize("mode", ["external_payables", "coupa_pay"])
def test_what_coupa_pay_would_pay_is_out_of_its_reach_and_told(town: Site, mode: str) -> None:
    """Given a voucher that Coupa Pay is to pay, when a clerk closes it by a journal in JD Edwards
    then Coupa Pay cannot pay it any more, and a person is told that nobody has paid it."""
    if mode == "external_payables":
        town.configure(OWN, mode=mode)
    else:
        town.flows.pop(FLOW)
        town.flows["payments_to_jde"] = {}
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = town.books.voucher()
    town.sync("suppliers", "accounts", OWN)
    if mode == "coupa_pay":
        act(town, "approve_invoice", id=int(town.spend.invoice("INV-4711")["id"]))
        town.sync(OWN)
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, PST="P", AAP="0")
    town.sync(OWN)
    if mode == "external_payables":
        held = town.spend.one("payables/external/payables")
        assert Decimal(held["payable-amount"]) == Decimal(held["paid-amount"])
    else:
        assert town.spend.invoice("INV-4711")["paid"]
    assert town.exception(OWN).reason == "settled_without_payment"

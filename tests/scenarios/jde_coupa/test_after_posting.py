"""What JD Edwards' people do to vouchers after they were posted (jde-ais section 15), as Coupa is told of it: gross and
open amounts are sums without audit rows, void is VOD alone, and only a payment that stands proves that one was paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenario_books import HOME, Entry
from scenario_payables import FLOW as BORN
from scenario_payables import Payables
from scenario_site import Site, outcomes

FLOW = "invoices"


def invoices(testbed: Site) -> dict[str, dict[str, Any]]:
    """What Coupa holds, by number."""
    return {each["invoice-number"]: each for each in testbed.spend.all("invoices")}


def made(testbed: Site, act: str, **more: Any) -> Entry:
    """A voucher that a clerk enters by one of the programs of section 15, posted."""
    reported = testbed.books.act(act, None, KCO=HOME, AN8=4343, **more)
    entry = Entry(int(reported["DOC"]), str(reported["DCT"]).strip(), HOME)
    testbed.books.post(entry)
    return entry


def test_a_split_voucher_is_the_same_invoice(testbed: Site) -> None:
    """Given a voucher whose draft is in Coupa, when a clerk splits its pay item in two of the same total
    then nothing is written."""
    entry = testbed.books.voucher()
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    testbed.books.act("split_voucher", entry, SFX="001", amounts=["40.00"])
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, testbed.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])


def test_a_prepayment_waits_where_jde_pays(testbed: Site) -> None:
    """Given a prepayment of two pay items that come to nothing, when it is synced where JD Edwards pays
    then no invoice is made of it and nothing is told."""
    made(testbed, "enter_prepayment", VINV="PRE-1", amount="500.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"ignored": 1}
    assert invoices(testbed) == {} and testbed.exceptions(FLOW) == []


@pytest.mark.reason("possible_duplicate")
@pytest.mark.parametrize("kind", ["copied", "blank"])
@pytest.mark.as_delivered("jde.duplicate_invoices")
def test_recurring_vouchers_never_share_a_number(testbed: Site, kind: str) -> None:
    """Given a recurring voucher whose monthly copy repeats its invoice number, or has none
    when both are synced, then the copy is held as a possible duplicate, or goes under a number of its own."""
    testbed.sandbox.post("/options", {"jde": {"recurring_invoice": kind}})
    model = made(testbed, "enter_recurring", VINV="RENT", amount="100.00", ANI="30.5010", DRF=3)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.sandbox.clock.advance(60)
    reported = testbed.books.act("recycle_voucher", model)
    copy = Entry(int(reported["DOC"]), "PR", HOME)
    testbed.books.post(copy)
    found = outcomes(testbed.sync(FLOW)[FLOW])
    if kind == "copied":
        assert found == {"unchanged": 1, "held": 1} and set(invoices(testbed)) == {"RENT"}
        return
    assert found == {"unchanged": 1, "created": 1}
    assert set(invoices(testbed)) == {"RENT", f"PR-{copy.doc}-{HOME}"}
    # the promise of the mark is kept by a second voucher with the number of the first
    testbed.books.voucher(4799, invoice="RENT")
    assert outcomes(testbed.sync(FLOW)[FLOW])["held"] == 1


def test_a_logged_voucher_follows_its_redistribution(testbed: Site) -> None:
    """Given a logged voucher on a suspense account whose draft is in Coupa, when a clerk redistributes it
    then the draft has the lines of the redistribution alone, and the same total."""
    entry = made(testbed, "enter_logged", VINV="LOG-1", amount="100.00", ANI="30.5010")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.sandbox.clock.advance(60)
    lines = [{"ANI": "40.5010", "amount": "60.00"}, {"ANI": "30.5010", "amount": "40.00"}]
    testbed.books.act("redistribute_voucher", entry, lines=lines)
    testbed.books.post(entry)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    held = invoices(testbed)["LOG-1"]
    assert sorted(Decimal(line["price"]) for line in held["invoice-lines"]) == [Decimal(40), Decimal(60)]


@pytest.mark.parametrize("switches", [{}, {"void_payment_lines": True}, {"void_clears_payment": True}])
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_void_payment_is_taken_back_once_and_its_voucher_is_open_again(
    testbed: Site, switches: dict[str, bool]
) -> None:
    """Given a paid voucher, when its payment is void, with or without lines of type PO and the amount taken out
    then Coupa is told of the payment and of its void, no more, and the invoice is not paid."""
    testbed.sandbox.post("/options", {"jde": switches})
    entry = testbed.books.voucher()
    testbed.sync(FLOW)
    number = int(invoices(testbed)["INV-4711"]["id"])
    testbed.spend.act("approve_invoice", id=number)
    testbed.books.pay(entry)
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    testbed.books.void_payment()
    testbed.sync(FLOW)
    held = invoices(testbed)["INV-4711"]
    amounts = [Decimal(each["amount-paid"]) for each in held["payments"]]
    if not switches.get("void_clears_payment"):
        assert amounts == [Decimal(100), Decimal(-100)]
    assert sum(amounts) == 0 and not held["paid"] and testbed.exceptions(FLOW) == []


def test_a_payment_and_its_vouchers_voided_together(testbed: Site) -> None:
    """Given a paid voucher, when a clerk voids the payment and its voucher with it
    then the invoice shows the payment and its void, and is void itself."""
    entry = testbed.books.voucher()
    testbed.books.post(entry)
    testbed.sync(FLOW)
    testbed.spend.act("approve_invoice", id=int(invoices(testbed)["INV-4711"]["id"]))
    testbed.books.pay(entry)
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    testbed.books.act("void_payment", number=5001, with_vouchers=True)
    report = testbed.sync(FLOW)[FLOW]
    assert (
        invoices(testbed)["INV-4711"]["status"] == "voided" or testbed.exception(FLOW).reason == "already_scheduled"
    ), report


def test_a_payment_without_a_voucher_is_told_as_paid(testbed: Site) -> None:
    """Given a payment that was made without a voucher (PM), where JD Edwards pays, when it is synced
    then it is an invoice, and Coupa is told of its payment once it is approved."""
    testbed.configure(FLOW, go_live="2026-03-01")
    reported = testbed.books.act(
        "pay_without_voucher", None, KCO=HOME, AN8=4343, VINV="CASH-1", amount="70.00", ANI="30.5010", number=5005
    )
    testbed.books.act("post_batch", None, KCO=HOME, DCT="PM", DOC=reported["DOC"])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.spend.act("approve_invoice", id=int(invoices(testbed)["CASH-1"]["id"]))
    testbed.sync(FLOW)
    held = invoices(testbed)["CASH-1"]
    assert held["paid"] and [Decimal(each["amount-paid"]) for each in held["payments"]] == [Decimal(70)]


def test_a_zero_voucher_is_no_payment(testbed: Site) -> None:
    """Given a voucher whose pay items come to zero, which JD Edwards makes as paid, when it is synced
    then nobody is told of a payment."""
    testbed.configure(FLOW, go_live="2026-03-01")
    testbed.books.voucher(costs=(("30.5010", "50.00"), ("40.5010", "-50.00")), status="P")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [each for each in invoices(testbed).values() if each["payments"]] == []


@pytest.mark.reason("settled_without_payment")
def test_paid_in_full_without_a_payment_proves_nothing(testbed: Site) -> None:
    """Given an approved invoice, when its voucher is closed in JD Edwards without any payment
    then Coupa is not told that it is paid, and a person is; once it is open again, that closes by itself."""
    entry = testbed.books.voucher()
    testbed.sync(FLOW)
    testbed.spend.act("approve_invoice", id=int(invoices(testbed)["INV-4711"]["id"]))
    testbed.books.change_items(entry, PST="P", AAP="0")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert not invoices(testbed)["INV-4711"]["paid"]
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, PST="A", AAP="100.00")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []


def test_a_voucher_that_was_not_posted_is_deleted_by_its_void(testbed: Site) -> None:
    """Given a voucher of ours that is not posted, on a site where a void deletes such a one, when its invoice is voided
    in Coupa and approved anew, then the voucher is gone, which is no loss, and there is one voucher in force."""
    payables = Payables(testbed)
    testbed.sandbox.post("/options", {"jde": {"unposted_void": "deleted", "auto_post": False}})
    id = payables.invoice()
    testbed.sync(BORN)
    testbed.sandbox.clock.advance(60)
    payables.act("dispute_invoice", id=id)
    assert outcomes(testbed.sync(BORN)[BORN]) == {"updated": 1}
    assert payables.items(id) == [] and testbed.exceptions(BORN) == []
    assert outcomes(testbed.sweep(BORN).report).get("held", 0) == 0 and testbed.exceptions(BORN) == []
    testbed.sandbox.clock.advance(60)
    payables.act("withdraw_dispute", id=id)
    payables.act("approve_invoice", id=id)
    testbed.sync(BORN)
    assert [state for _, _, state in payables.vouchers(id)] == ["A"] and testbed.exceptions(BORN) == []

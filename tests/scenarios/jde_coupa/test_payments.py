"""Payments made in JD Edwards, told to Coupa once its approvers said yes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_site import Site, outcomes

PAY = {"system": "coupa", "route": "PUT /api/invoices/{id:int}"}


@pytest.fixture
def voucher(testbed: Site) -> Entry:
    """A voucher of two pay items that is in Coupa as a draft."""
    entry = testbed.books.voucher(costs=(("30.5010", "100.00"),), tax="20.00", items=("70.00", "50.00"))
    testbed.sync("invoices")
    return entry


def paid(testbed: Site, number: str = "INV-4711") -> tuple[bool, list[Decimal], Decimal]:
    """What Coupa says: paid or not, the amounts of its payments, and what is still due."""
    held = testbed.spend.invoice(number)
    amounts = [Decimal(payment["amount-paid"]) for payment in held["payments"]]
    return held["paid"], amounts, Decimal(held["amount-due"])


def test_a_payment_waits_for_the_approval_and_is_sent_once(testbed: Site, voucher: Entry) -> None:
    """Given a voucher that JD Edwards paid while its invoice is a draft in Coupa, which lets only approved ones be paid
    when it is synced it waits, which is no failure and needs nobody;
    when Coupa approved it, the next sync tells the payment with its day and number, and further syncs send nothing."""
    testbed.books.pay(voucher, on=YESTERDAY, number=5001)
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)
    assert not testbed.exceptions("invoices")
    testbed.spend.approve("INV-4711")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert paid(testbed) == (True, [Decimal(120)], Decimal(0))
    held = testbed.spend.invoice("INV-4711")
    assert held["payments"][0]["notes"] == "PK 5001"
    assert held["payments"][0]["payment-date"].startswith(YESTERDAY.isoformat())
    assert held["status"] == "approved"
    for _ in range(2):
        assert testbed.sync("invoices")["invoices"].writes == 0


def test_an_approval_is_noticed_days_later_without_any_change_in_jde(testbed: Site, voucher: Entry) -> None:
    """Given a payment that waits for an approval
    when the approval comes a week later and nothing changes in JD Edwards, then the next sync, of other days, pays."""
    testbed.books.pay(voucher)
    testbed.sync("invoices")
    testbed.sandbox.clock.advance(7 * 24 * 3600)
    testbed.spend.approve("INV-4711")
    later = TODAY + timedelta(days=7)
    assert outcomes(testbed.sync("invoices", first=later, last=later)["invoices"]) == {"updated": 1}
    assert paid(testbed)[0] is True


def test_an_approval_is_noticed_by_the_sweep_too(testbed: Site, voucher: Entry) -> None:
    """Given a payment that waits for an approval, when it comes and the nightly sweep runs, then it is paid."""
    testbed.books.pay(voucher)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.sweep("invoices")
    assert paid(testbed) == (True, [Decimal(120)], Decimal(0))


def test_a_payment_whose_invoice_is_rejected_waits_for_a_person_and_keeps_no_poll_busy(
    testbed: Site, voucher: Entry
) -> None:
    """Given a payment that waits for an approval
    when the approver rejects the invoice, then a person is told, once, and nothing is due any more."""
    testbed.books.pay(voucher)
    testbed.sync("invoices")
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], status="rejected")
    for _ in range(2):
        assert outcomes(testbed.sync("invoices")["invoices"]) == {"conflict": 1}
    _, reported = testbed.ledger.audit.of(voucher.document)
    assert [event.event for event in reported].count("conflict") == 1
    assert testbed.ledger.deliveries.due("jde_coupa/invoices", testbed.clock.now() + timedelta(days=1)) == []


def test_a_voucher_that_is_paid_before_its_first_sync_after_go_live_is_created_and_then_paid(testbed: Site) -> None:
    """Given a site that submits and bypasses approvals, and a voucher paid on the day of going live
    when it is synced, then one run creates, submits, approves and pays it."""
    testbed.configure("invoices", go_live=TODAY.isoformat(), submit=True, bypass_approvals=True)
    scopes = testbed.sandbox.get("/credentials")["coupa"]["scope"].split()
    testbed.connect("coupa", scopes=scopes)
    testbed.books.pay(testbed.books.voucher())
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert paid(testbed) == (True, [Decimal(100)], Decimal(0))


def test_partial_payments_are_told_one_by_one(testbed: Site, voucher: Entry) -> None:
    """Given an approved invoice
    when a part is paid, and then the rest
    then Coupa has first one payment and is not paid, then two and is paid: never the first one twice."""
    testbed.spend.approve("INV-4711")
    testbed.books.pay(voucher, "45.00", number=5001)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert paid(testbed) == (False, [Decimal(45)], Decimal(75))
    testbed.books.pay(voucher, number=5002)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert paid(testbed) == (True, [Decimal(45), Decimal(75)], Decimal(0))


def test_two_payments_that_wait_are_told_together(testbed: Site, voucher: Entry) -> None:
    """Given a draft whose voucher was paid by two payments of the same day and amount
    when it is approved, then both are told in one request: alike does not mean the same."""
    testbed.books.pay(voucher, "60.00", number=5001)
    testbed.books.pay(voucher, "60.00", number=5002)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"updated": 1}, 1)
    assert paid(testbed) == (True, [Decimal(60), Decimal(60)], Decimal(0))


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_voided_payment_is_taken_back_by_a_negative_one(testbed: Site, voucher: Entry) -> None:
    """Given a paid invoice
    when the payment is voided in JD Edwards
    then a negative payment is appended and the invoice is unpaid; when it is paid anew, it is paid again."""
    testbed.spend.approve("INV-4711")
    testbed.books.pay(voucher, number=5001)
    testbed.sync("invoices")
    testbed.books.void_payment(5001)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert paid(testbed) == (False, [Decimal(120), Decimal(-120)], Decimal(120))
    assert testbed.spend.invoice("INV-4711")["payments"][1]["notes"] == "PK 5001 void"
    testbed.books.pay(voucher, number=5002)
    testbed.sync("invoices")
    assert paid(testbed) == (True, [Decimal(120), Decimal(-120), Decimal(120)], Decimal(0))
    assert testbed.sync("invoices")["invoices"].writes == 0


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_lines_that_a_void_adds_are_not_taken_for_payments(testbed: Site, voucher: Entry) -> None:
    """Given a JD Edwards whose void of a payment also adds lines of the opposite sign
    when a payment is made and voided, then Coupa is told of the same two amounts as anywhere."""
    testbed.sandbox.post("/options", {"jde": {"void_payment_lines": True}})
    testbed.spend.approve("INV-4711")
    testbed.books.pay(voucher, number=5001)
    testbed.sync("invoices")
    testbed.books.void_payment(5001)
    testbed.sync("invoices")
    assert paid(testbed) == (False, [Decimal(120), Decimal(-120)], Decimal(120))


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_payment_that_was_made_and_voided_while_waiting_is_told_as_both(testbed: Site, voucher: Entry) -> None:
    """Given a draft whose voucher was paid and the payment voided, when it is approved, then both entries are told."""
    testbed.books.pay(voucher, number=5001)
    testbed.books.void_payment(5001)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.sync("invoices")
    assert paid(testbed) == (False, [Decimal(120), Decimal(-120)], Decimal(120))


def test_a_foreign_voucher_is_paid_in_its_own_currency(testbed: Site) -> None:
    """Given an approved invoice in euros, when the voucher is paid, then the payment is told in euros."""
    entry = testbed.books.voucher(costs=(("30.5010", "100.00"),), currency="EUR", rate="0.85")
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.books.pay(entry)
    testbed.sync("invoices")
    assert paid(testbed) == (True, [Decimal(100)], Decimal(0))


def test_a_credit_is_paid_below_nought(testbed: Site) -> None:
    """Given an approved credit, when it is paid out, then the payment told is negative and nothing is due."""
    entry = testbed.books.voucher(kind="PD", costs=(("30.5010", "-40.00"),))
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.books.pay(entry)
    testbed.sync("invoices")
    assert paid(testbed) == (True, [Decimal(-40)], Decimal(0))


def test_a_payment_whose_answer_was_lost_is_not_told_twice(testbed: Site, voucher: Entry) -> None:
    """Given an approved invoice
    when the connection dies after Coupa took the payment, before its answer was seen
    then the invoice is read, the payment is found by day, number and amount, and none is sent again."""
    testbed.spend.approve("INV-4711")
    testbed.books.pay(voucher)
    testbed.sandbox.post("/faults", [{**PAY, "kind": "drop_after", "calls": [1]}])
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.calls("PUT /api/invoices/{id:int}") == 1
    assert paid(testbed) == (True, [Decimal(120)], Decimal(0))


def test_a_payment_that_never_arrived_is_told_after_the_effect_window(testbed: Site, voucher: Entry) -> None:
    """Given an approved invoice
    when the connection dies before Coupa took the payment
    then it is sent again only once the lost call can have no effect any more, and is there once."""
    testbed.spend.approve("INV-4711")
    testbed.books.pay(voucher)
    testbed.sandbox.post("/faults", [{**PAY, "kind": "drop_before", "calls": [1]}])
    before = testbed.clock.now()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.clock.now() - before >= timedelta(seconds=120)
    assert paid(testbed) == (True, [Decimal(120)], Decimal(0))


class Crash(BaseException):
    """The process dies here."""


def test_a_crash_between_paying_and_remembering_does_not_pay_twice(
    testbed: Site, voucher: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an approved invoice
    when the process dies after Coupa took the payment and before the ledger knew
    then the next run, once the lease of the dead one is over, looks at the invoice first and pays nothing again."""
    testbed.spend.approve("INV-4711")
    testbed.books.pay(voucher)
    record = type(testbed.ledger).record

    def dying(ledger: object, changes: list[object], *more: object) -> None:
        if any(getattr(each, "close_intents", ()) for each in changes):
            raise Crash
        record(ledger, changes, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(testbed.ledger), "record", dying)
        with pytest.raises(Crash):
            testbed.sync("invoices")
    assert paid(testbed)[1] == [Decimal(120)]
    testbed.clock.sleep(700)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.calls("PUT /api/invoices/{id:int}") == 1
    assert paid(testbed) == (True, [Decimal(120)], Decimal(0))


def test_a_payment_that_a_coupa_user_entered_by_hand_is_not_told_again(testbed: Site, voucher: Entry) -> None:
    """Given an approved invoice whose payment an AP user entered in Coupa with its day, number and amount
    when JD Edwards' payment is synced, then only `paid` is told and the payment is there once."""
    testbed.spend.approve("INV-4711")
    number = testbed.spend.invoice("INV-4711")["id"]
    payment = {"amount-paid": "120.00", "payment-date": f"{TODAY}T00:00:00Z", "notes": "PK 5001"}
    testbed.spend.set("invoices", number, payments=[payment])
    testbed.books.pay(voucher, on=TODAY, number=5001)
    testbed.sync("invoices")
    held = testbed.spend.invoice("INV-4711")
    assert (held["paid"], len(held["payments"])) == (True, 1)

"""What JD Edwards paid of invoices that were born in Coupa, told to those invoices."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from coupa_originals import act, born, invoice, made_of, paid, shown
from scenario_books import TODAY, YESTERDAY
from scenario_site import Site, outcome, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.payments_to_coupa.flow import PaymentsToCoupa

FLOW = "payments_to_coupa"
PAY = {"system": "coupa", "route": "PUT /api/invoices/{id:int}"}


@pytest.fixture(autouse=True)
def _on(testbed: Site) -> None:
    testbed.flows[FLOW] = {}


@pytest.mark.quick("jde_coupa/payments_to_coupa")
def test_a_paid_voucher_pays_the_invoice_that_it_was_made_of(testbed: Site) -> None:
    """Given an invoice born in Coupa, its voucher in JD Edwards marked with it, not paid yet
    when it is synced nothing is told; when JD Edwards pays, the day, number and amount are told, and once only."""
    found = born(testbed)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.rules(), report.writes) == ({"ignored": 1}, {"not_paid": 1}, 0)
    testbed.books.pay(found.voucher, on=YESTERDAY, number=5001)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"adopted": 1}
    assert paid(testbed, found.id) == (True, [Decimal(120)], Decimal(0))
    [payment] = shown(testbed, found.id)["payments"]
    assert payment["notes"] == "PK 5001" and payment["payment-date"].startswith(YESTERDAY.isoformat())
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0


def test_partial_payments_are_told_one_by_one_to_their_invoice(testbed: Site) -> None:
    """Given an invoice born in Coupa, when a part of its voucher is paid, and then the rest
    then the invoice has first one payment and is open, then two and is paid."""
    found = born(testbed)
    testbed.books.pay(found.voucher, "45.00", number=5001)
    testbed.sync(FLOW)
    assert paid(testbed, found.id) == (False, [Decimal(45)], Decimal(75))
    testbed.books.pay(found.voucher, number=5002)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert paid(testbed, found.id) == (True, [Decimal(45), Decimal(75)], Decimal(0))


def test_one_payment_of_several_vouchers_is_told_to_each_invoice(testbed: Site) -> None:
    """Given two invoices born in Coupa, when both vouchers are paid in one run, then each invoice has its own part."""
    first, second = born(testbed), born(testbed, "30.00", doc=4712)
    testbed.books.pay(first.voucher, number=5001)
    testbed.books.pay(second.voucher, number=5002)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"adopted": 2}
    assert paid(testbed, first.id)[1] == [Decimal(120)] and paid(testbed, second.id)[1] == [Decimal(30)]


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_voided_payment_is_taken_back_from_the_invoice(testbed: Site) -> None:
    """Given a paid invoice born in Coupa, when JD Edwards voids the payment
    then a negative payment is appended and the invoice is open; paid anew, it is paid again."""
    found = born(testbed)
    testbed.books.pay(found.voucher, number=5001)
    testbed.sync(FLOW)
    testbed.books.void_payment(5001)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert paid(testbed, found.id) == (False, [Decimal(120), Decimal(-120)], Decimal(120))
    testbed.books.pay(found.voucher, number=5002)
    testbed.sync(FLOW)
    assert paid(testbed, found.id) == (True, [Decimal(120), Decimal(-120), Decimal(120)], Decimal(0))


def test_a_payment_made_and_voided_before_anything_was_told_is_no_news(testbed: Site) -> None:
    """Given a payment that was made and voided between two syncs, then nothing is told to Coupa."""
    found = born(testbed)
    testbed.books.pay(found.voucher, number=5001)
    testbed.books.void_payment(5001)
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"not_paid": 1}, 0)
    assert paid(testbed, found.id)[1] == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_the_payments_of_all_revisions_of_an_invoice_are_its_payments(testbed: Site) -> None:
    """Given a voucher that was paid, unpaid and voided, and a second one of the invoice's next revision
    when that is paid, then the invoice shows all that happened, and is paid."""
    found = born(testbed)
    testbed.books.pay(found.voucher, number=5001)
    testbed.sync(FLOW)
    testbed.books.void_payment(5001)
    testbed.books.void(found.voucher)
    again = testbed.books.voucher(4720, invoice="C-4711", costs=(("30.5010", "120.00"),))
    made_of(testbed, again, found.id, 2)
    testbed.books.pay(again, number=5002)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert paid(testbed, found.id) == (True, [Decimal(120), Decimal(-120), Decimal(120)], Decimal(0))


def test_a_payment_waits_while_the_invoice_is_not_approved_any_more(testbed: Site) -> None:
    """Given a voucher that was paid while its invoice went back to the approvers
    when it is synced it waits, which needs nobody; a week later, approved again, it is told."""
    found = born(testbed, approve=False)
    testbed.books.pay(found.voucher)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"adopted": 1}, 0)
    assert not testbed.exceptions(FLOW)
    testbed.sandbox.clock.advance(7 * 24 * 3600)
    act(testbed, "approve_invoice", id=found.id)
    later = TODAY + timedelta(days=7)
    assert outcomes(testbed.sync(FLOW, first=later, last=later)[FLOW]) == {"updated": 1}
    assert paid(testbed, found.id) == (True, [Decimal(120)], Decimal(0))


def test_a_payment_of_an_invoice_that_was_voided_in_coupa_needs_a_person(testbed: Site) -> None:
    """Given a paid voucher whose invoice was voided in Coupa, then nobody can be told, and a person decides."""
    found = born(testbed)
    act(testbed, "void_invoice", id=found.id)
    testbed.books.pay(found.voucher)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert testbed.reasons(FLOW) == {found.key: {"changed_on_both_sides"}}


def test_a_foreign_voucher_is_told_in_the_currency_of_its_invoice(testbed: Site) -> None:
    """Given an invoice in euros, and a voucher of it in a company of pounds, when it is paid, then euros are told."""
    found = born(testbed, "100.00", currency="EUR", rate="0.85")
    testbed.books.pay(found.voucher)
    report = testbed.sync(FLOW)[FLOW]
    assert paid(testbed, found.id) == (True, [Decimal(100)], Decimal(0))
    assert report.results[found.key].currency == "EUR" and report.results[found.key].amount == Decimal(100)


def test_a_credit_that_was_taken_is_told_below_nought(testbed: Site) -> None:
    """Given a credit born in Coupa, when JD Edwards takes it in a payment, then a negative amount is told."""
    found = born(testbed, "-40.00")
    testbed.books.pay(found.voucher)
    testbed.sync(FLOW)
    assert paid(testbed, found.id) == (True, [Decimal(-40)], Decimal(0))


@pytest.mark.known_by("mark")
@pytest.mark.reason("invoice_missing")
def test_a_mark_of_an_invoice_that_is_not_there_is_told(testbed: Site) -> None:
    """Given a paid voucher whose mark names an invoice that Coupa does not have
    then a person is told which; once the mark is right, its invoice is paid."""
    number = invoice(testbed, "C-4711", "100.00")
    entry = testbed.books.voucher(4711)
    made_of(testbed, entry, 987654)
    testbed.books.pay(entry)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.key, reported.reason, reported.value) == ("F0411:invoice/987654", "invoice_missing", "987654")
    made_of(testbed, entry, number)
    assert outcome(testbed.sync(FLOW)[FLOW], f"F0411:invoice/{number}") == "adopted"
    assert paid(testbed, number) == (True, [Decimal(100)], Decimal(0))


def test_a_mark_of_an_invoice_of_another_total_pays_nothing(testbed: Site) -> None:
    """Given a voucher whose mark names an invoice of another total, when it is paid, then it is held for a person."""
    number = invoice(testbed, "C-4711", "999.00")
    entry = testbed.books.voucher(4711)
    made_of(testbed, entry, number)
    testbed.books.pay(entry)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "natural_key_taken"
    assert paid(testbed, number)[1] == []


@pytest.mark.known_by("mark", "supplier_invoice")
def test_two_vouchers_in_force_of_one_invoice_pay_nothing(testbed: Site, known_by: str) -> None:
    """Given a voucher that was copied in JD Edwards, its mark with it, or that was made anew and the old one left
    when both are paid, then the invoice is not told that it was paid twice: a person is."""
    found = born(testbed)
    copied = testbed.books.voucher(4712, invoice="C-4711 B", costs=(("30.5010", "120.00"),))
    made_of(testbed, copied, found.id, 1 if known_by == "mark" else 2)
    testbed.books.pay(found.voucher, number=5001)
    testbed.books.pay(copied, number=5002)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("not_unique", "00001/PV/4711, 00001/PV/4712")
    assert paid(testbed, found.id)[1] == []


def test_vouchers_that_were_born_in_jd_edwards_are_none_of_its_business(testbed: Site) -> None:
    """Given a paid voucher without a mark, and one whose reference only looks like one, then no document is made."""
    for doc, reference in ((4711, ""), (4712, "CPA-soon")):
        entry = testbed.books.voucher(doc)
        testbed.books.change_items(entry, VR01=reference)
        testbed.books.pay(entry, number=5000 + doc)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {}


def test_a_payment_whose_answer_was_lost_is_in_the_invoice_once(testbed: Site) -> None:
    """Given a paid voucher, when the connection dies after Coupa took the payment
    then the invoice is read and nothing is sent again; when it died before, it is sent after the effect window."""
    found = born(testbed)
    testbed.books.pay(found.voucher, "45.00", number=5001)
    testbed.sandbox.post("/faults", [{**PAY, "kind": "drop_after", "calls": [1]}])
    testbed.sync(FLOW)
    assert paid(testbed, found.id)[1] == [Decimal(45)]
    testbed.books.pay(found.voucher, number=5002)
    testbed.sandbox.post("/faults", [{**PAY, "kind": "drop_before", "calls": [1]}])
    before = testbed.clock.now()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert testbed.clock.now() - before >= timedelta(seconds=120)
    assert paid(testbed, found.id) == (True, [Decimal(45), Decimal(75)], Decimal(0))


def test_an_empty_ledger_tells_no_payment_a_second_time(testbed: Site) -> None:
    """Given an invoice that was partly paid and told, when the ledger forgets it, nothing is told again."""
    found = born(testbed)
    testbed.books.pay(found.voucher, "45.00")
    testbed.sync(FLOW)
    with testbed.ledger._db.write() as connection:
        for table in ("links", "exceptions", "intents", "deliveries"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_coupa/{FLOW}'")
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"adopted": 1}, 0)
    assert paid(testbed, found.id) == (False, [Decimal(45)], Decimal(75))


def test_the_sweep_finds_a_payment_without_a_date(testbed: Site) -> None:
    """Given a voucher that was paid and marked without any table telling the day, then the sweep tells the payment."""
    found = born(testbed)
    testbed.books.pay(found.voucher)
    testbed.books.upsert(
        "F0411", {"DOC": 4711, "DCT": "PV", "KCO": "00001", "SFX": "001", "SFXE": 0, "RMK": "x"}, undated=True
    )
    testbed.sweep(FLOW)
    assert paid(testbed, found.id) == (True, [Decimal(120)], Decimal(0))


@pytest.mark.reason("another_payer")
def test_an_invoice_is_paid_by_one_system(testbed: Site) -> None:
    """Given a site that named both payment flows, when it is synced, then nothing is told, and `ping` says why."""
    testbed.flows["payments_to_jde"] = {}
    found = born(testbed)
    testbed.books.pay(found.voucher)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value == "payments_to_jde is on too, and an invoice is paid by one system"
    assert paid(testbed, found.id)[1] == []
    with testbed.context() as context:
        [reported] = PaymentsToCoupa(context).startup_problems()
    assert "payments_to_jde is on too" in reported


def test_what_was_paid_agrees_to_the_penny(testbed: Site) -> None:
    """Given invoices of two currencies that were paid in part, in full, and voided
    when both systems are compared, then the paid amounts agree; a payment that only Coupa has is a difference."""
    first, second = born(testbed), born(testbed, "100.00", doc=4712, currency="EUR", rate="0.85")
    third = born(testbed, "7.77", doc=4713)
    testbed.books.pay(first.voucher, "45.67", number=5001)
    testbed.books.pay(second.voucher, number=5002)
    testbed.books.pay(third.voucher, number=5003)
    testbed.books.void_payment(5003)
    testbed.sync(FLOW)
    with testbed.context() as context:
        found = compare(PaymentsToCoupa(context))
    sums = {"GBP": Decimal("45.67"), "EUR": Decimal(100)}
    assert {code: amount for code, amount in found.source.amounts.items() if amount} == sums
    assert {code: amount for code, amount in found.target.amounts.items() if amount} == sums
    assert found.unexplained == []
    testbed.spend.set("invoices", first.id, payments=[{"amount-paid": "1.00", "payment-date": f"{TODAY}T00:00:00Z"}])
    with testbed.context() as context:
        reported = compare(PaymentsToCoupa(context)).unexplained
    assert {(each.key, each.field) for each in reported} == {(first.key, "amount"), (first.key, "payments")}
    assert [(each.source, each.target) for each in reported if each.field == "amount"] == [("45.67", "1.00")]


def test_the_payment_of_a_day_can_be_planned_and_approved(testbed: Site) -> None:
    """Given a flow whose payments above 100.00 need an approval
    when 120.00 and 30.00 were paid, then the smaller goes by itself and the larger once somebody lets it go."""
    testbed.flows[FLOW] = {"approval": {"above": "100.00"}}
    large, small = born(testbed), born(testbed, "30.00", doc=4712)
    testbed.books.pay(large.voucher, number=5001)
    testbed.books.pay(small.voucher, number=5002)
    report = testbed.sync(FLOW)[FLOW]
    assert {key: each.outcome for key, each in report.results.items()} == {large.key: "staged", small.key: "adopted"}
    assert paid(testbed, large.id)[1] == [] and paid(testbed, small.id)[1] == [Decimal(30)]
    assert testbed.approve(FLOW) == 1
    testbed.sync(FLOW)
    assert paid(testbed, large.id) == (True, [Decimal(120)], Decimal(0))

"""Whose payment is it: Coupa Pay's own payments in JD Edwards are those that can be known or read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde

FLOW = "payments_to_jde"
IN_RANGE = 90_000_917


@pytest.fixture(autouse=True)
def _on(testbed: Site) -> None:
    testbed.flows[FLOW] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


def sent(testbed: Site, doc: int = 4711) -> Entry:
    """A voucher of JD Edwards whose invoice is approved in Coupa."""
    entry = testbed.books.voucher(doc)
    testbed.sync("invoices")
    testbed.spend.approve(f"INV-{doc}")
    return entry


def pay(testbed: Site, amount: str | None = None, number: str = "INV-4711") -> int:
    """Coupa Pay pays an invoice; the payment's id."""
    part: dict[str, Any] = {"where": {"invoice-number": number}} | ({"amount": amount} if amount else {})
    made = act(testbed, "make_payment", invoices=[part], status="completed_successfully", date=TODAY.isoformat())
    return int(made["id"])


def reported(testbed: Site, number: str = "INV-4711") -> list[Decimal]:
    """The payments that Coupa shows on an invoice."""
    return [Decimal(each["amount-paid"]) for each in testbed.spend.invoice(number)["payments"]]


def forget(testbed: Site, *flows: str) -> None:
    """The ledger forgets what these flows did."""
    with testbed.ledger._db.write() as connection:
        for table in ("links", "exceptions", "intents", "deliveries"):
            for flow in flows:
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_coupa/{flow}'")


def test_a_payment_that_jd_edwards_made_under_a_number_of_our_range_is_told(testbed: Site) -> None:
    """Given a site whose own payment numbers lie in the range that Coupa Pay's payments get
    when JD Edwards has paid a voucher, then its invoice shows the payment, and is paid."""
    entry = sent(testbed)
    testbed.books.pay(entry, number=IN_RANGE)
    testbed.sync("invoices")
    assert (reported(testbed), testbed.spend.invoice("INV-4711")["paid"]) == ([Decimal(100)], True)
    assert testbed.sync("invoices")["invoices"].writes == 0


def test_what_coupa_pay_paid_is_not_told_to_it_again(testbed: Site) -> None:
    """Given a voucher of which Coupa Pay paid a part and JD Edwards, by a number of our range, the rest
    then Coupa is told of the second alone."""
    entry = sent(testbed)
    pay(testbed, "40.00")
    testbed.sync(FLOW)
    testbed.books.pay(entry, number=IN_RANGE)
    testbed.sync("invoices")
    assert reported(testbed) == [Decimal(40), Decimal(60)]


@pytest.mark.parametrize("linked", [True, False])
def test_a_lost_ledger_reads_in_coupa_what_it_paid(testbed: Site, linked: bool) -> None:
    """Given a payment of Coupa Pay that is booked, when the ledger forgets it, and the invoice's link as well
    then it is known by its number, whose detail Coupa shows for this invoice: the invoice has it once."""
    entry = sent(testbed)
    pay(testbed, "40.00")
    testbed.sync(FLOW)
    forget(testbed, FLOW, *([] if linked else ["invoices"]))
    testbed.books.change_items(entry, RMK="looked at")
    testbed.sync("invoices")
    assert reported(testbed) == [Decimal(40)]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"adopted": 1}


def test_a_number_of_another_detail_proves_nothing(testbed: Site) -> None:
    """Given a payment of JD Edwards under the number that Coupa Pay's payment of another invoice gets
    then it is JD Edwards' own, and told."""
    sent(testbed, 4799)
    number = pay(testbed, number="INV-4799")
    [detail] = testbed.spend.one("coupa_pay/payments", id=str(number))["payment-details"]
    entry = sent(testbed)
    testbed.books.pay(entry, number=90_000_000 + detail["id"])
    testbed.sync("invoices")
    assert reported(testbed) == [Decimal(100)]


def test_what_coupa_pay_paid_before_the_payer_changed_is_not_told_as_jd_edwards(testbed: Site) -> None:
    """Given an invoice born in Coupa that Coupa Pay paid in part, booked by us
    when the site makes JD Edwards the payer and it pays the rest, then Coupa is told of the rest alone."""
    found = born(testbed)
    made = act(
        testbed,
        "make_payment",
        invoices=[{"id": found.id, "amount": "45.00"}],
        status="completed_successfully",
        date=TODAY.isoformat(),
    )
    assert made and outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    del testbed.flows[FLOW]
    testbed.flows["payments_to_coupa"] = {}
    testbed.books.pay(found.voucher, number=5002)
    testbed.sync("payments_to_coupa")
    assert paid(testbed, found.id) == (True, [Decimal(45), Decimal(75)], Decimal(0))


def test_payments_of_jd_edwards_in_our_range_hold_up_no_first_sync(testbed: Site) -> None:
    """Given a JD Edwards with payments of its own in the range, when the flow runs for the first time
    then it is no plan only; and `reconcile` counts them as nobody's."""
    other = testbed.books.voucher(4799)
    testbed.books.pay(other, number=IN_RANGE)
    sent(testbed)
    pay(testbed)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    with testbed.context() as context:
        found = compare(PaymentsToJde(context))
    assert (found.differences, found.foreign) == ([], 1)

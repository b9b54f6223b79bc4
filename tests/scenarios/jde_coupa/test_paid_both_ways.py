"""An invoice of Coupa from its approval to its payment, whichever system pays it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import scenario_keys
from coupa_originals import act, invoice, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_site import Site, outcomes

from connector_assets.pairs.jde_coupa.payments_to_coupa.flow import PaymentsToCoupa
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde

LATER = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _on(testbed: Site) -> None:
    scopes = testbed.sandbox.get("/credentials")["coupa"]["scope"].split()
    testbed.connect("coupa", scopes=scopes)
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


def voucher_of(testbed: Site, number: int) -> tuple[Entry, dict[str, Any]]:
    """The voucher of an invoice, and its pay item in JD Edwards."""
    rows = list(testbed.sandbox.systems["jde"].dump()["F0411"].values())
    [row] = [row for mark, row in scenario_keys.marked(rows, "CPA-", {"WEB-1": number}) if mark == f"CPA-{number}-1"]
    return Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip()), row


def test_an_invoice_of_coupa_is_paid_by_jd_edwards(testbed: Site) -> None:
    """Given an invoice that Coupa approved and JD Edwards pays
    when its voucher is made, paid in part and then the rest, then Coupa shows both payments and the invoice as paid;
    nothing more is sent in any direction."""
    testbed.flows |= {"approved_invoices": {}, "payments_to_coupa": {}}
    number = invoice(testbed, "WEB-1", "120.00")
    assert outcomes(testbed.sync("approved_invoices")["approved_invoices"]) == {"created": 1}
    entry, item = voucher_of(testbed, number)
    assert item["PST"].strip() == "A"
    testbed.books.pay(entry, "50.00", number=5001)
    testbed.sync("invoices", "approved_invoices", "payments_to_coupa")
    assert paid(testbed, number) == (False, [Decimal(50)], Decimal(70))
    testbed.books.pay(entry, number=5002)
    testbed.sync("invoices", "approved_invoices", "payments_to_coupa")
    assert paid(testbed, number) == (True, [Decimal(50), Decimal(70)], Decimal(0))
    again = testbed.sync("invoices", "approved_invoices", "payments_to_coupa")
    assert [report.writes for report in again.values()] == [0, 0, 0]


def test_an_invoice_of_coupa_is_paid_by_coupa_pay(testbed: Site) -> None:
    """Given an invoice that Coupa approved and Coupa Pay pays
    when the payment is there before the voucher, it waits for it; the voucher comes on a status that JD Edwards does
    not select, its link lets the payment go, and then both systems show the invoice as paid by one payment."""
    testbed.flows |= {"approved_invoices": {"payer": "coupa"}, "payments_to_jde": {}}
    number = invoice(testbed, "WEB-1", "120.00")
    act(testbed, "make_payment", invoices=[{"id": number}], status="completed_successfully", date=TODAY.isoformat())
    assert outcomes(testbed.sync("payments_to_jde")["payments_to_jde"]) == {"held": 1}
    testbed.sync("approved_invoices")
    entry, item = voucher_of(testbed, number)
    assert item["PST"].strip() == "H"
    # of another day: the link made it due
    report = testbed.sync("payments_to_jde", first=LATER, last=LATER)["payments_to_jde"]
    assert outcomes(report) == {"created": 1} and not testbed.exceptions("payments_to_jde")
    _, item = voucher_of(testbed, number)
    assert (Decimal(item.get("AAP", 0)), item["PST"].strip()) == (Decimal(0), "P")
    assert paid(testbed, number) == (True, [Decimal(120)], Decimal(0))
    again = testbed.sync("invoices", "approved_invoices", "payments_to_jde")
    assert [each.writes for each in again.values()] == [0, 0, 0]
    assert entry.kind == "PV"


def test_the_payer_decides_which_payments_are_told(testbed: Site) -> None:
    """Given approved invoices whose payer is JD Edwards, and then Coupa, beside the flow of the other's payments
    then that flow holds what it finds, and `ping` says why."""
    testbed.flows |= {"approved_invoices": {"payer": "coupa"}, "payments_to_coupa": {}}
    number = invoice(testbed, "WEB-1", "120.00")
    testbed.sync("approved_invoices")
    entry, _ = voucher_of(testbed, number)
    testbed.books.pay(entry)
    assert outcomes(testbed.sync("payments_to_coupa")["payments_to_coupa"]) == {"held": 1}
    reported = testbed.exception("payments_to_coupa")
    assert (reported.reason, reported.value) == ("another_payer", "approved_invoices has payer coupa")
    with testbed.context() as context:
        [problem] = PaymentsToCoupa(context).startup_problems()
    assert (
        problem == "jde_coupa/payments_to_coupa records payments of JD Edwards, but approved_invoices has payer coupa"
    )
    assert paid(testbed, number)[1] == []
    del testbed.flows["payments_to_coupa"]
    testbed.flows |= {"approved_invoices": {"payer": "jde"}, "payments_to_jde": {}}
    with testbed.context() as context:
        [problem] = PaymentsToJde(context).startup_problems()
    assert problem == "jde_coupa/payments_to_jde books payments of Coupa Pay, but approved_invoices has payer jde"


def test_a_voucher_with_a_payment_of_coupa_pay_is_not_voided(testbed: Site) -> None:
    """Given an invoice that Coupa Pay paid and that was booked, when it is changed in Coupa all the same
    then its voucher is not voided: a person decides."""
    testbed.flows |= {"approved_invoices": {"payer": "coupa"}, "payments_to_jde": {}}
    number = invoice(testbed, "WEB-1", "120.00")
    testbed.sync("approved_invoices")
    act(testbed, "make_payment", invoices=[{"id": number, "amount": "20.00"}], status="completed_successfully")
    testbed.sync("payments_to_jde")
    act(testbed, "change_invoice", id=number, set={"invoice-lines": [{"line-num": 1, "price": "130.00"}]})
    act(testbed, "approve_invoice", id=number)
    assert outcomes(testbed.sync("approved_invoices")["approved_invoices"]) == {"held": 1}
    assert testbed.exception("approved_invoices").reason == "voucher_already_paid"

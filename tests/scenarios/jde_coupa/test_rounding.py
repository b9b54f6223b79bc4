"""Vouchers that are paid in several parts, whose parts are the whole to the smallest unit, in both currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import Born, act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.payments_to_coupa.flow import PaymentsToCoupa
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde

TO_COUPA, TO_JDE = "payments_to_coupa", "payments_to_jde"
D = Decimal
# currency, company's currency for one of it, whole, parts, discount of the last part
CASES = pytest.mark.parametrize(
    ("currency", "rate", "parts", "discount"),
    [
        ("GBP", "1", ("33.33", "33.33", "33.34"), "0"),
        ("GBP", "1", ("33.33", "33.33", "33.34"), "2.00"),
        ("EUR", "0.7841", ("33.33", "33.33", "33.34"), "0"),
        ("EUR", "0.7841", ("33.33", "33.33", "33.34"), "2.01"),
        ("EUR", "0.0333", ("0.01", "0.02", "99.97"), "0"),
        ("JPY", "0.0053", ("3333", "3333", "3334"), "0"),
        ("JPY", "0.0053", ("3333", "3333", "3334"), "200"),
    ],
)


def rows(testbed: Site, table: str) -> list[dict[str, Any]]:
    return list(testbed.sandbox.systems["jde"].dump()[table].values())


def left(testbed: Site) -> list[tuple[Decimal, Decimal, str]]:
    """What is open of the only voucher, in the company's currency and its own, and its pay status."""
    return [(D(row.get("AAP", 0)), D(row.get("FAP", 0)), row["PST"].strip()) for row in rows(testbed, "F0411")]


def entered(testbed: Site, currency: str, rate: str, parts: tuple[str, ...]) -> Born:
    """An invoice of Coupa of the sum of these parts, and its voucher."""
    return born(testbed, str(sum(map(D, parts))), currency=currency, rate=rate)


@CASES
def test_what_coupa_pays_in_parts_closes_the_voucher_exactly(
    testbed: Site, currency: str, rate: str, parts: tuple[str, ...], discount: str
) -> None:
    """Given an invoice that Coupa Pay pays in three parts, the last perhaps less a discount
    then each is booked with its own amount, and the last closes the voucher: nothing stays open in either currency."""
    testbed.flows[TO_JDE] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    found = entered(testbed, currency, rate, parts)
    for part in parts[:-1]:
        pay = {"id": found.id, "amount": part}
        act(testbed, "make_payment", invoices=[pay], status="completed_successfully", date=TODAY.isoformat())
        assert outcomes(testbed.sync(TO_JDE)[TO_JDE])["created"] == 1
    last = {"id": found.id, **({"discount": discount} if D(discount) else {})}
    act(testbed, "make_payment", invoices=[last], status="completed_successfully", date=TODAY.isoformat())
    assert outcomes(testbed.sync(TO_JDE)[TO_JDE])["created"] == 1
    assert left(testbed) == [(D(0), D(0), "P")]
    column = "PAAP" if currency == "GBP" else "PFAP"
    cash = [D(row[column]) for row in sorted(rows(testbed, "F0414"), key=lambda row: row["PYID"])]
    assert cash == [*map(D, parts[:-1]), D(parts[-1]) - D(discount)]
    assert testbed.exceptions(TO_JDE) == []
    with testbed.context() as context:
        assert compare(PaymentsToJde(context)).as_json()["differences"] == []


@CASES
def test_what_jd_edwards_pays_in_parts_is_told_to_the_smallest_unit(
    testbed: Site, currency: str, rate: str, parts: tuple[str, ...], discount: str
) -> None:
    """Given a voucher that JD Edwards pays in three parts, the last perhaps less a discount, then Coupa has each of
    them as it was paid, the last one marks the invoice as paid, and no further sync tells anything."""
    testbed.flows[TO_COUPA] = {}
    found = entered(testbed, currency, rate, parts)
    for number, part in enumerate(parts[:-1], 5001):
        amount = {"amount": part} if currency == "GBP" else {"foreign": part}
        testbed.books.act("pay_voucher", found.voucher, date=TODAY, number=number, **amount)
        testbed.sync(TO_COUPA)
    assert paid(testbed, found.id)[0] is False
    less = {"discount": discount} if D(discount) and currency == "GBP" else {}
    testbed.books.act("pay_voucher", found.voucher, date=TODAY, number=5009, **less)
    testbed.sync(TO_COUPA)
    reported = [*map(D, parts[:-1]), D(parts[-1]) - (D(discount) if less else 0)]
    assert paid(testbed, found.id)[:2] == (True, reported)
    assert testbed.sync(TO_COUPA)[TO_COUPA].writes == 0
    assert testbed.exceptions(TO_COUPA) == []
    with testbed.context() as context:
        assert compare(PaymentsToCoupa(context)).as_json()["differences"] == []


@pytest.mark.parametrize(
    ("currency", "rate", "parts"),
    [
        ("GBP", "1", ("33.33", "33.33", "33.34")),
        ("EUR", "0.7841", ("33.33", "33.33", "33.34")),
        ("JPY", "0.0053", ("3333", "3333", "3334")),
    ],
)
def test_a_voucher_of_jd_edwards_that_is_paid_in_parts_is_paid_exactly_in_coupa(
    testbed: Site, currency: str, rate: str, parts: tuple[str, ...]
) -> None:
    """Given an approved invoice that came from JD Edwards, when its voucher is paid in three parts, then Coupa has each
    of them as it was paid, nothing is due, and no further sync tells anything."""
    whole = str(sum(map(D, parts)))
    entry = testbed.books.voucher(costs=(("30.5010", whole),), currency=currency, rate=rate)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    for number, part in enumerate(parts, 5001):
        amount = {"amount": part} if currency == "GBP" else {"foreign": part}
        testbed.books.act("pay_voucher", entry, date=TODAY, number=number, **amount)
        assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    held = testbed.spend.invoice("INV-4711")
    assert [D(each["amount-paid"]) for each in held["payments"]] == list(map(D, parts))
    assert (held["paid"], D(held["amount-due"])) == (True, D(0))
    assert left(testbed) == [(D(0), D(0), "P")]
    assert testbed.sync("invoices")["invoices"].writes == 0
    assert testbed.exceptions("invoices") == []

"""Order, receipt, invoice and voucher of one matter: what counts as a discrepancy, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector_assets.documents.three_way_match import Matter, Said, discrepancies

DAY = date(2026, 3, 2)
AGREED = Said(Decimal("100.00"), Decimal(10), "GBP", "4343", "30.5010")


def found(received: bool = True, **papers: Said) -> list[tuple[str, str]]:
    """What the check says of one matter: (what, why)."""
    matter = Matter("F4311:00001/OP/77/1", DAY, received, papers)
    return [(each.what, each.why) for each in discrepancies([matter])]


def test_four_papers_that_agree_are_no_discrepancy() -> None:
    assert found(order=AGREED, receipt=AGREED, invoice=AGREED, voucher=AGREED) == []


def test_a_part_is_no_discrepancy() -> None:
    """Half is received and invoiced: nothing is wrong yet."""
    half = replace(AGREED, amount=Decimal(50), quantity=Decimal(5))
    assert found(order=AGREED, receipt=half, invoice=half) == []
    assert found(order=AGREED) == []


@pytest.mark.parametrize(("what", "other"), [("supplier", "4344"), ("currency", "EUR"), ("account", "40.5010")])
def test_supplier_currency_and_account_are_the_same_everywhere(what: str, other: str) -> None:
    differing = replace(AGREED, **{what: other})  # type: ignore[arg-type]
    assert found(False, order=AGREED, invoice=differing) == [(what, f"the {what} is not the same everywhere")]
    assert found(False, order=AGREED, invoice=replace(AGREED, **{what: None})) == []  # type: ignore[arg-type]


def test_goods_are_received_before_they_are_invoiced() -> None:
    order, few = AGREED, replace(AGREED, quantity=Decimal(4))
    assert found(order=order, invoice=AGREED) == [("quantity", "it was invoiced, and nothing was received")]
    assert found(order=order, receipt=few, invoice=AGREED) == [("quantity", "more was invoiced than received")]
    assert found(received=False, order=order, receipt=few, invoice=AGREED) == []


def test_more_than_ordered_is_told_of_receipts_and_invoices() -> None:
    more = replace(AGREED, amount=Decimal(110), quantity=Decimal(11))
    assert found(order=AGREED, receipt=more, invoice=more) == [
        ("quantity", "more was received than ordered"),
        ("quantity", "more was invoiced than ordered"),
        ("amount", "more was invoiced than ordered"),
    ]
    credit, larger = replace(AGREED, amount=Decimal(-5)), replace(AGREED, amount=Decimal(-6))
    assert found(False, order=credit, invoice=larger) == [("amount", "more was invoiced than ordered")]


def test_a_voucher_is_its_invoice_to_the_penny() -> None:
    voucher = replace(AGREED, amount=Decimal("100.01"))
    matter = Matter("invoices:7", DAY, False, {"invoice": AGREED, "voucher": voucher})
    (line,) = discrepancies([matter])
    assert (line.what, line.why) == ("amount", "voucher and invoice differ")
    assert (line.invoice, line.voucher, line.order, line.receipt) == ("100.00", "100.01", "", "")
    assert line.day == DAY

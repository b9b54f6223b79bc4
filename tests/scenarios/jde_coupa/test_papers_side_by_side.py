"""Order, receipt, invoice and voucher side by side: what the check at each sync tells."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_books import TODAY, YESTERDAY
from scenario_orders import Purchase, Purchasing, held, with_orders
from scenario_site import Site

from connector_assets.documents.three_way_match import Discrepancy, discrepancies
from connector_assets.pairs.jde_coupa.three_way_match.reading import ThreeWayMatch


@pytest.fixture
def yard(testbed: Site) -> Site:
    """A town that sends its purchase orders."""
    return with_orders(testbed)


@pytest.fixture
def buyers(yard: Site) -> Purchasing:
    """Its buyers."""
    return Purchasing(yard.books)


def compared(site: Site) -> tuple[list[str], list[Discrepancy]]:
    """What was compared, and what does not agree."""
    with site.context() as context:
        for source in ThreeWayMatch.sources:
            reader = context.reader(source.role)
            if source.daily:
                reader.land_window(source.entity, YESTERDAY, TODAY)
            else:
                reader.land_snapshot(source.entity)
        matters = ThreeWayMatch(context).of(YESTERDAY, TODAY)
        return [each.key for each in matters], list(discrepancies(matters))


def reported(site: Site) -> list[tuple[str, str]]:
    """What does not agree: (what, why)."""
    return [(each.what, each.why) for each in compared(site)[1]]


def invoice(site: Site, order: Purchase, quantity: str, price: str = "2.50", **more: Any) -> int:
    """The supplier's invoice for the order's first line is entered and approved in Coupa."""
    there = held(site, order)
    line = {
        "type": "InvoiceQuantityLine",
        "line-num": 1,
        "description": "Goods",
        "price": price,
        "quantity": quantity,
        "currency": there["currency"],
        "order-line-id": there["order-lines"][0]["id"],
        "account": {"id": there["order-lines"][0]["account"]["id"]},
    }
    body = {
        "invoice-number": f"S-{order.number}",
        "invoice-date": "2026-03-01",
        "supplier": {"number": "4343"},
        "currency": there["currency"],
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "tax-amount": "0.00",
        "invoice-lines": [line | more],
    }
    return site.spend.act("enter_invoice", body=body, submit=True, approve=True)


def test_an_order_that_was_received_and_invoiced_as_ordered_is_no_discrepancy(yard: Site, buyers: Purchasing) -> None:
    """Given ten ordered, ten received and ten invoiced at the order's price
    when the papers are put side by side, then the order line was compared and all agree."""
    order = buyers.order()
    yard.sync("purchase_orders")
    buyers.receive(order, "10")
    invoice(yard, order, "10")
    keys, found = compared(yard)
    assert keys == ["F4311:00001/OP/100234/1"]
    assert found == []


def test_more_invoiced_than_received_and_than_ordered_is_told_with_every_paper(yard: Site, buyers: Purchasing) -> None:
    """Given ten ordered at 2.50, four received, and twelve invoiced at 2.60
    when the papers are put side by side, then quantity and amount are told, each as every paper has it."""
    order = buyers.order()
    yard.sync("purchase_orders")
    buyers.receive(order, "4")
    invoice(yard, order, "12", "2.60")
    _, found = compared(yard)
    assert [(each.what, each.order, each.receipt, each.invoice, each.voucher, each.why) for each in found] == [
        ("quantity", "10", "4", "12", "", "more was invoiced than ordered"),
        ("quantity", "10", "4", "12", "", "more was invoiced than received"),
        ("amount", "25.00", "", "31.20", "", "more was invoiced than ordered"),
    ]
    assert {each.day for each in found} == {TODAY}


def test_an_invoice_on_another_account_than_its_order_is_told(yard: Site, buyers: Purchasing) -> None:
    """Given an order on grounds upkeep whose invoice somebody charged to housing repairs
    when the papers are put side by side, then the account is told as the order and as the invoice have it."""
    order = buyers.order()
    yard.sync("purchase_orders")
    other = yard.spend.one("accounts", code="40-5010")
    invoice(yard, order, "10", account={"id": other["id"]})
    (found,) = compared(yard)[1]
    assert (found.what, found.order, found.invoice) == ("account", "30-5010", "40-5010")


def test_a_void_invoice_says_nothing(yard: Site, buyers: Purchasing) -> None:
    """Given an invoice of too much that was voided, when the papers are put side by side, then nothing is told."""
    order = buyers.order()
    yard.sync("purchase_orders")
    number = invoice(yard, order, "99")
    assert reported(yard) != []
    yard.spend.act("void_invoice", id=number)
    assert reported(yard) == []


def test_a_voucher_and_the_invoice_that_came_of_it_agree_until_somebody_changes_one(testbed: Site) -> None:
    """Given a voucher of 120.00 with 20.00 tax that was sent to Coupa
    when somebody lowers the invoice's line there, then the amount is told, without the tax, as both have it."""
    entry = testbed.books.voucher(costs=(("30.5010", "100.00"),), tax="20.00")
    testbed.sync("invoices")
    keys, found = compared(testbed)
    there = testbed.spend.invoice("INV-4711")
    assert (keys, found) == ([f"invoices:{there['id']}"], [])
    line = there["invoice-lines"][0]
    testbed.spend.set("invoices", there["id"], invoice_lines=[{"id": line["id"], "price": "90.00"}])
    (after,) = compared(testbed)[1]
    assert (after.what, after.invoice, after.voucher, after.why) == (
        "amount",
        "90.00",
        "100.00",
        "voucher and invoice differ",
    )
    testbed.books.void(entry)
    assert compared(testbed) == ([], [])


@pytest.mark.parametrize("code", ["V", "S", "U"])
def test_tax_of_any_kind_is_no_discrepancy(testbed: Site, code: str) -> None:
    """Given vouchers with VAT, sales tax or use tax that were sent to Coupa
    when the papers are put side by side, then voucher and invoice agree."""
    testbed.books.voucher(costs=(("30.5010", "100.00"),), tax="20.00", tax_code=code)
    testbed.sync("invoices")
    keys, found = compared(testbed)
    assert (len(keys), found) == (1, [])


def test_an_invoice_that_names_its_order_by_number_is_compared_too(yard: Site, buyers: Purchasing) -> None:
    """Given an invoice that Coupa got before the order, so that it names the order by its number and the line's, and
    has no id of an order line
    when the papers are put side by side, then it is held against the order as any other: twelve were invoiced of ten
    ordered."""
    order = buyers.order()
    line = {
        "type": "InvoiceQuantityLine",
        "line-num": 1,
        "description": "Goods",
        "price": "2.50",
        "quantity": "12",
        "account": {"code": "30-5010", "account-type": {"name": "JDE"}},
    }
    body = {
        "invoice-number": "S-EARLY",
        "invoice-date": "2026-03-01",
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "tax-amount": "0.00",
        "invoice-lines": [line],
    }
    id = yard.spend.act("enter_invoice", body=body, submit=True, approve=True)
    [kept] = yard.spend.one("invoices", id=str(id))["invoice-lines"]
    named = {"id": kept["id"], "po-number": "100234-OP-00001", "order-line-num": "1"}
    yard.spend.set("invoices", id, invoice_lines=[named])
    yard.sync("purchase_orders")
    buyers.receive(order, "10")
    [kept] = yard.spend.one("invoices", **{"invoice-number": "S-EARLY"})["invoice-lines"]
    assert (kept["order-line-id"], kept["po-number"]) == (None, "100234-OP-00001")
    keys, found = compared(yard)
    assert keys == ["F4311:00001/OP/100234/1"]
    assert {(each.what, each.order, each.invoice) for each in found} == {
        ("quantity", "10", "12"),
        ("amount", "25.00", "30.00"),
    }

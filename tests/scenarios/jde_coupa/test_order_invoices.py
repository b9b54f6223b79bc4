"""Invoices for orders that came from JD Edwards: they relieve the order by a voucher match, or wait for a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_orders import Purchase, Purchasing, held, with_orders
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Orders go to Coupa, approved invoices come back."""
    with_orders(testbed)
    return Payables(testbed)


@pytest.fixture
def order(testbed: Site, payables: Payables) -> Purchase:
    """An order of 10 at 2.50, in force in Coupa."""
    entered = Purchasing(testbed.books).order()
    testbed.sync("purchase_orders")
    return entered


def line(testbed: Site, order: Purchase, quantity: str, price: str = "2.50", place: int = 1) -> dict[str, Any]:
    """A line of an invoice for a line of an order."""
    lines = {each["line-num"]: each["id"] for each in held(testbed, order)["order-lines"]}
    return {
        "type": "InvoiceQuantityLine",
        "line-num": place,
        "description": "Goods",
        "price": price,
        "quantity": quantity,
        "order-line-id": lines[str(place)],
        "account": {"code": "30-5010", "account-type": {"name": "JDE"}},
    }


def figures(payables: Payables, order: Purchase) -> tuple[Decimal, Decimal, Decimal]:
    """Of the order's first line in JD Edwards: received and not vouchered, vouchered, and open units."""
    row = next(row for row in payables.rows("F4311") if row["DOCO"] == order.number)
    received, relieved, open_ = (Decimal(row.get(name) or 0) for name in ("UREC", "URLV", "UOPN"))
    return received, relieved, open_


def test_what_a_match_shows_says_nothing_of_a_batch(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given a site whose voucher match keeps our remark, and whose batch run drops it
    when the invoice for an order is followed by others, then each has its one voucher, and nobody is asked; the first
    of the others goes ahead, and shows by what vouchers of a batch are known."""
    testbed.sandbox.post("/options", {"jde": {"batch_remark": "dropped"}})
    Purchasing(testbed.books).receive(order, "10")
    payables.invoice(invoice_lines=[line(testbed, order, "10")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    others = [payables.invoice(f"RENT-{place}", costs=(("30-5010", "100.00"),)) for place in range(3)]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1, "created": 3}
    assert testbed.exceptions(FLOW) == []
    made = sorted(row["VINV"] for row in payables.rows("F0411") if row["VINV"].startswith("RENT"))
    assert made == ["RENT-0", "RENT-1", "RENT-2"]
    assert {payables.link(id).startswith("00001/PV/") for id in others} == {True}
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 4}, 0)


@pytest.mark.known_by("mark", "preset")
def test_a_received_order_is_relieved_by_its_voucher(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an order of 10 that was received in full, when its invoice with tax is approved and synced,
    then the voucher carries the order's company, number, type and line, its cost is on the order's account, and nothing
    is left to voucher; the next sync sends nothing."""
    Purchasing(testbed.books).receive(order, "10")
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")], tax="5.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["PKCO"], item["PO"], item["PDCT"], Decimal(item["LNID"])) == ("00001", "00100234", "OP", Decimal(1))
    assert (Decimal(item["AG"]), Decimal(item["STAM"]), item["PST"]) == (Decimal(30), Decimal(5), "A")
    assert payables.costs(id) == [("30.5010", Decimal(25))]
    assert figures(payables, order) == (0, 10, 0)
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)


def test_sales_tax_on_an_order_is_a_cost_of_its_account(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an order of 25.00 that was received, and an invoice for it with 5.00 sales tax
    when it is synced, then 30.00 are owed and 30.00 are on the order's account; the next sync sends nothing."""
    testbed.configure(FLOW, tax_area="NY/S")
    Purchasing(testbed.books).receive(order, "10")
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")], tax="5.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["EXR1"], Decimal(item["AG"]), Decimal(item["STAM"])) == ("S", Decimal(30), Decimal(5))
    assert payables.costs(id) == [("30.5010", Decimal(30))]
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)


@pytest.mark.reason("not_received")
def test_an_order_that_is_not_received_waits(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an order of which nothing is received, when its invoice is synced, then it is held and no voucher is made;
    when the goods are received, a replay makes it."""
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).value, payables.vouchers()) == ("100234-OP-00001 line 1", [])
    Purchasing(testbed.books).receive(order, "10")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(25), "A")]


@pytest.mark.reason("more_than_received")
def test_an_order_is_invoiced_in_parts(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an order of 10 of which 6 are received, when an invoice of 4 is synced, then 2 are left to voucher;
    when a second one of 6 comes, it is held; when the rest is received, a replay relieves the order in full."""
    Purchasing(testbed.books).receive(order, "6")
    payables.invoice("WEB-1", invoice_lines=[line(testbed, order, "4")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert figures(payables, order) == (2, 4, 4)
    payables.invoice("WEB-2", invoice_lines=[line(testbed, order, "6")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1, "unchanged": 1}
    assert testbed.exception(FLOW).value == "100234-OP-00001 line 1: 6 invoiced, 2 to voucher"
    Purchasing(testbed.books).receive(order, "4")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert figures(payables, order) == (0, 10, 0)
    assert [amount for _, amount, _ in payables.vouchers()] == [Decimal(10), Decimal(15)]


@pytest.mark.reason("price_differs")
def test_a_price_that_differs_is_held_or_posted_as_a_variance(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given an order of 10 at 2.50 and an invoice at 2.60, when it is synced, then it is held with both amounts;
    when the site and JD Edwards tolerate 5 %, then its voucher has the invoice's amount."""
    Purchasing(testbed.books).receive(order, "10")
    id = payables.invoice(invoice_lines=[line(testbed, order, "10", "2.60")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value == "100234-OP-00001 line 1: 26.00 invoiced, 25.00 ordered"
    testbed.configure(FLOW, price_tolerance_percent="5")
    testbed.sandbox.post("/options", {"jde": {"match_price_tolerance_percent": 5}})
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.vouchers(id) == [(f"CPA-{id}-1", Decimal(26), "A")]
    assert sum(amount for _, amount in payables.costs(id)) == Decimal(26)


@pytest.mark.as_delivered("jde.orchestration_errors")
def test_what_jde_refuses_of_a_match_is_shown(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given a site that tolerates more than JD Edwards does, when an invoice of another price is synced,
    then it is refused in the words of JD Edwards, and nothing is relieved."""
    testbed.configure(FLOW, price_tolerance_percent="5")
    Purchasing(testbed.books).receive(order, "10")
    payables.invoice(invoice_lines=[line(testbed, order, "10", "2.60")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"refused": 1}
    assert "Price differs" in testbed.exception(FLOW).value
    assert figures(payables, order) == (10, 0, 0)


@pytest.mark.reason("needs_order_match")
def test_without_a_match_orchestration_an_order_is_for_a_person(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given a site without an orchestration for voucher match, when an invoice for an order is synced,
    then it is held, and never becomes a voucher that is only distributed."""
    acts = testbed.connections["jde"]["orchestrations"]
    testbed.connect("jde", orchestrations={name: each for name, each in acts.items() if name != "voucher_match"})
    Purchasing(testbed.books).receive(order, "10")
    payables.invoice(invoice_lines=[line(testbed, order, "10")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "needs_order_match"
    assert (payables.vouchers(), figures(payables, order)) == ([], (10, 0, 0))


def test_a_line_without_an_order_goes_along(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an invoice of an order line and of a cost on an account, when it is synced, then one voucher has both."""
    Purchasing(testbed.books).receive(order, "10")
    lines = [line(testbed, order, "10"), payables.line(2, "40-5010", "7.00")]
    id = payables.invoice(invoice_lines=lines)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert sorted(payables.costs(id)) == [("30.5010", Decimal(25)), ("40.5010", Decimal(7))]
    assert figures(payables, order) == (0, 10, 0)
    assert testbed.sync(FLOW)[FLOW].writes == 0


def without(*acts: str) -> dict[str, Any]:
    """The site's orchestrations, with none that works for these acts."""
    return {act: {"name": "NOT_TO_BE_CALLED"} if act in acts else named for act, named in ORCHESTRATIONS.items()}


def test_a_void_opens_the_order_again(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an order that an invoice has relieved, when the invoice is voided in Coupa,
    then procurement takes the voucher back, which was not posted and is gone (it is never voided in A/P), and the order
    can be vouchered again."""
    payables.posts(False)
    testbed.connect("jde", orchestrations=without("voucher_void"))
    Purchasing(testbed.books).receive(order, "10")
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")])
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert (payables.vouchers(id), figures(payables, order)) == ([], (10, 0, 0))


def test_a_posted_voucher_of_an_order_is_reversed_with_a_trace(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given the same, but posted in JD Edwards, then the voucher is void there, and the order open again."""
    testbed.connect("jde", orchestrations=without("voucher_void"))
    Purchasing(testbed.books).receive(order, "10")
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")])
    testbed.sync(FLOW)
    [item] = payables.items(id)
    testbed.books.post(Entry(item["DOC"], item["DCT"], item["KCO"]))
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    found = [row for row in payables.rows("F0411") if row["DOC"] == item["DOC"]]
    assert {row["VOD"] for row in found} == {"V"}
    assert figures(payables, order) == (10, 0, 0)


@pytest.mark.reason("match_reverse_not_configured")
def test_a_site_without_a_reversal_of_matches_does_it_by_hand(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given an order that an invoice has relieved, on a site that only voids in A/P, when the invoice is voided in
    Coupa, then nothing is void and a person is told; once the site has an orchestration, a replay reverses it."""
    acts = {act: named for act, named in ORCHESTRATIONS.items() if act != "voucher_match_reverse"}
    testbed.connect("jde", orchestrations=acts)
    Purchasing(testbed.books).receive(order, "10")
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")])
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    [(_, _, state)] = payables.vouchers(id)
    assert (state, figures(payables, order)) == ("A", (0, 10, 0))
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert figures(payables, order) == (10, 0, 0) and testbed.exceptions(FLOW) == []


def test_a_voucher_that_only_names_an_order_is_voided_in_ap(testbed: Site, payables: Payables) -> None:
    """Given a voucher on which a clerk typed an order number, which no receipt or match names, when its invoice is
    voided in Coupa, then it is voided as every voucher of A/P."""
    testbed.connect("jde", orchestrations=without("voucher_match_reverse"))
    id = payables.invoice()
    testbed.sync(FLOW)
    [item] = payables.items(id)
    key = {name: item[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0}
    testbed.books.upsert("F0411", key | {"PO": "00100234", "PDCT": "OP", "PKCO": "00001"})
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert payables.vouchers(id)[0][2] == "void"


def test_a_lost_answer_relieves_the_order_once(testbed: Site, payables: Payables, order: Purchase) -> None:
    """Given an answer that is lost after the voucher match took effect, when the invoice is synced,
    then the voucher is found by its mark, and the order is relieved once."""
    Purchasing(testbed.books).receive(order, "10")
    payables.invoice(invoice_lines=[line(testbed, order, "4")])
    rule = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}", "kind": "drop_after", "calls": [1]}
    testbed.sandbox.post("/faults", {"replace": True, "rules": [rule]})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert len(testbed.sandbox.get("/faults")["fired"]) == 1
    assert figures(payables, order) == (6, 4, 0)
    assert len(payables.vouchers()) == 1


def test_an_order_of_coupas_own_is_distributed(testbed: Site, payables: Payables) -> None:
    """Given an invoice for an order that was born in Coupa, which JD Edwards does not know,
    when it is synced, then its voucher is distributed to the accounts of its lines."""
    own = testbed.spend.create(
        "purchase_orders",
        {
            "type": "OrderHeader",
            "po-number": "77",
            "status": "issued",
            "supplier": {"number": "4343"},
            "currency": {"code": "GBP"},
            "ship-to-address": {"location-code": "M30"},
            "ship-to-user": {"login": "erp_receiver"},
            "order-lines": [
                {
                    "line-num": "1",
                    "description": "Theirs",
                    "price": "5.00",
                    "quantity": "2",
                    "uom": {"code": "EA"},
                    "account": {"code": "30-5010", "account-type": {"name": "JDE"}},
                }
            ],
        },
    )
    number = testbed.spend.one("purchase_orders", id=str(own))["order-lines"][0]["id"]
    body = payables.line(1, "30-5010", "10.00") | {"order-line-id": number}
    id = payables.invoice(invoice_lines=[body])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.costs(id) == [("30.5010", Decimal(10))]
    assert [str(item.get("PO") or "").strip() for item in payables.items(id)] == [""]


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
def test_the_discount_of_an_invoice_for_an_order_comes_by_the_term(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given an order of 25.00 that was received, and an invoice for it with 0.50 less for who pays within ten days,
    which is what its payment term grants in JD Edwards
    when it is synced, then the voucher match carries the term, and the voucher has that discount and its last day."""
    testbed.sandbox.post("/options", {"jde": {"terms_compute": True}})
    testbed.books.upsert("F0014", {"PTC": "N30", "DCP": "2", "DCD": 10, "NDTP": 30})
    id = discounted(testbed, payables, order)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (Decimal(item["AG"]), Decimal(item["ADSC"]), item["DDNJ"]) == (
        Decimal(25),
        Decimal("0.50"),
        date(2026, 3, 11),
    )
    assert figures(payables, order) == (0, 10, 0)
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes, testbed.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
@pytest.mark.reason("discount_differs")
def test_a_discount_that_a_voucher_match_does_not_make_is_told(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given the same invoice, and a term that grants nothing in JD Edwards
    when it is synced, then the order is relieved, and a person is told that the discount is missing."""
    id = discounted(testbed, payables, order)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, len(payables.items(id))) == ("discount_differs", 1)
    assert figures(payables, order) == (0, 10, 0)


def discounted(testbed: Site, payables: Payables, order: Purchase) -> int:
    """The invoice of the whole order, received, with a discount of 0.50 within ten days."""
    Purchasing(testbed.books).receive(order, "10")
    term = {"code": "2/10", "active": True, "days-for-net-payment": 30, "days-for-discount-payment": 10}
    testbed.map_term("N30", "2/10")
    number = testbed.spend.create("payment_terms", term)
    lines = [line(testbed, order, "10")]
    return payables.invoice(invoice_lines=lines, discount_amount="0.50", payment_term={"id": number})


def test_freight_on_an_invoice_for_an_order_goes_to_its_own_account(
    testbed: Site, payables: Payables, order: Purchase
) -> None:
    """Given an order of 25.00 that was received, and an invoice for it with 4.00 freight on an account of its own
    when it is synced, then 29.00 are owed: 25.00 relieve the order, 4.00 are on the freight's account."""
    Purchasing(testbed.books).receive(order, "10")
    freight = {
        "type": "InvoiceShippingCharge",
        "line-num": 1,
        "total": "4.00",
        "account": {"code": "40-5010", "account-type": {"name": "JDE"}},
    }
    id = payables.invoice(invoice_lines=[line(testbed, order, "10")], invoice_charges=[freight])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    owed = {(item.get("PO") or "").strip(): Decimal(item["AG"]) for item in payables.items(id)}
    assert owed == {"00100234": Decimal(25), "": Decimal(4)}
    assert sorted(payables.costs(id)) == [("30.5010", Decimal(25)), ("40.5010", Decimal(4))]
    assert figures(payables, order) == (0, 10, 0)
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)

"""The whole pair: from a supplier made in JD Edwards to its invoice paid in both, over a line that fails too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_orders import Purchase, Purchasing, held, with_orders
from scenario_payables import Payables
from scenario_site import NAME, Site, outcomes

from connector_assets.documents.three_way_match import discrepancies
from connector_assets.engine.reconciling import Comparison, compare
from connector_assets.pairs.jde_coupa.three_way_match.reading import ThreeWayMatch

OUT = ("suppliers", "accounts", "purchase_orders", "invoices")
BACK = ("approved_invoices", "approvals", "payments_to_coupa")
EVERY = (*OUT, *BACK)


@pytest.fixture
def pair(site: Site) -> Payables:
    """A new installation with every flow on; nothing was ever synced. JD Edwards pays."""
    with_orders(site)
    payables = Payables(site)
    site.flows |= {"approvals": {}, "payments_to_coupa": {}}
    site.connect("coupa", scopes=site.sandbox.get("/credentials")["coupa"]["scope"].split())
    return payables


def ordered(site: Site, order: Purchase, quantity: str, price: str) -> dict[str, Any]:
    """A line of an invoice for the first line of an order."""
    first = held(site, order)["order-lines"][0]
    return {
        "type": "InvoiceQuantityLine",
        "line-num": 1,
        "description": "Goods",
        "price": price,
        "quantity": quantity,
        "order-line-id": first["id"],
        "account": {"code": "30-5010", "account-type": {"name": "JDE"}},
    }


def voucher_of(payables: Payables, invoice: int) -> Entry:
    """The voucher of an invoice."""
    row = payables.items(invoice)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def reconciled(site: Site, names: Sequence[str] = EVERY) -> dict[str, Comparison]:
    """Both systems read anew, flow by flow."""
    found = {}
    for name in names:
        with site.context() as context:
            found[name] = compare(site._flow(context, name))
    return found


def assert_agreed(site: Site) -> None:
    """Both systems agree to the penny in every flow, no paper contradicts another, and nothing is left to write."""
    for name, comparison in reconciled(site).items():
        assert not comparison.unexplained, (name, comparison.unexplained)
        # what a rule leaves alone, such as the vouchers of invoices that were born in Coupa, is not in the target
        rule = [each for each in comparison.differences if str(each.explained_by).startswith("rule:")]
        left_alone = sum((Decimal(each.source or 0) for each in rule if each.kind == "missing_in_target"), Decimal(0))
        ours, theirs = (side.amounts.get("GBP", Decimal(0)) for side in (comparison.source, comparison.target))
        assert ours - left_alone == theirs, (name, comparison.differences)
    with site.context() as context:
        for source in ThreeWayMatch.sources:
            reader = context.reader(source.role)
            if source.daily:
                reader.land_window(source.entity, YESTERDAY, TODAY)
            else:
                reader.land_snapshot(source.entity)
        assert list(discrepancies(ThreeWayMatch(context).of(YESTERDAY, TODAY))) == []
    assert {name: report.writes for name, report in site.sync(*EVERY).items()} == dict.fromkeys(EVERY, 0)


@pytest.mark.as_delivered("coupa.external_order_status")
def test_from_a_supplier_made_in_jd_edwards_to_its_invoice_paid_in_both(site: Site, pair: Payables) -> None:
    """Given a new supplier in JD Edwards and an order of ten at 2.50 from it
    when both are synced, the goods are received, the supplier's invoice of 30.00 with 5.00 tax is entered and approved
    in Coupa, its voucher is matched with the order, and JD Edwards pays it,
    then Coupa shows the invoice as paid by that one payment, the order is relieved, and both systems agree."""
    site.books.supplier(4400, "Crane Hire")
    buyers = Purchasing(site.books)
    order = buyers.order(100300, supplier=4400)
    site.sync(*EVERY)
    assert site.spend.supplier(4400)["name"] == "Crane Hire"
    assert held(site, order)["status"] == "issued"

    buyers.receive(order, "10")
    number = pair.invoice("CH-77", supplier=4400, invoice_lines=[ordered(site, order, "10", "2.50")], tax="5.00")
    assert outcomes(site.sync(*EVERY)["approved_invoices"]) == {"created": 1}
    assert pair.vouchers(number) == [(f"CPA-{number}-1", Decimal(30), "A")]
    line = next(row for row in pair.rows("F4311") if row["DOCO"] == order.number)
    assert (Decimal(line["URLV"]), Decimal(line.get("UOPN", 0))) == (Decimal(10), Decimal(0))

    site.books.pay(voucher_of(pair, number), number=7001)
    assert site.sync(*EVERY)["payments_to_coupa"].writes == 1
    shown = site.spend.invoice("CH-77")
    assert (shown["paid"], [Decimal(each["amount-paid"]) for each in shown["payments"]]) == (True, [Decimal(30)])
    assert Decimal(shown["amount-due"]) == 0
    assert_agreed(site)


FAULTS: Mapping[str, list[dict[str, Any]]] = {
    "answers that are lost": [
        {"system": "coupa", "route": "POST /api/*", "kind": "drop_after", "every": 4},
        {"system": "coupa", "route": "PUT /api/*", "kind": "drop_after", "every": 5},
        {"system": "jde", "route": "POST /jderest/v3/orchestrator/*", "kind": "drop_after", "every": 3},
    ],
    "systems that stumble": [
        {"system": "coupa", "route": "* /api/*", "kind": "status", "status": 503, "every": 7},
        {"system": "coupa", "route": "POST /api/*", "kind": "status_after", "status": 503, "every": 6},
        {"system": "jde", "route": "POST /jderest/v2/dataservice", "kind": "status", "status": 500, "every": 6},
        {"system": "jde", "route": "POST /jderest/v3/orchestrator/*", "kind": "drop_before", "every": 4},
    ],
    "logins that end, links that die, calls that are too many": [
        {"system": "jde", "route": "* /jderest/v2/dataservice*", "kind": "expire_token", "every": 9},
        {"system": "jde", "route": "* /jderest/v2/dataservice/next", "kind": "dead_link", "every": 2},
        {"system": "coupa", "route": "* /api/*", "kind": "status", "status": 429, "every": 7},
    ],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.as_delivered("jde.invalid_token_status")
def test_every_flow_over_a_line_that_fails_agrees_to_the_penny(
    site: Site, pair: Payables, faults: list[dict[str, Any]]
) -> None:
    """Given every flow at once between two systems whose calls fail, on both sides
    when orders, vouchers, approved invoices with tax and a credit, changes, a void and payments go their ways
    and syncs are run until nothing is left to do, then each is there once, and both systems agree to the penny."""
    buyers, books = Purchasing(site.books), site.books
    site.connect("jde", page_size=5)
    books.supplier(4400, "Crane Hire")
    orders = [buyers.order(100300 + place, supplier=4343 + place % 2) for place in range(4)]
    sent = [books.voucher(1000 + place, supplier=4343 + place % 2, tax="20.00") for place in range(6)]
    _until_calm(site, faults)

    for order in orders[:3]:
        buyers.receive(order, "10")
    buyers.change(orders[3], quantity="12", price="3.00")
    born = [pair.invoice(f"WEB-{place}", costs=(("30-5010", "100.00"),), tax="20.00") for place in range(4)]
    credit = pair.invoice("WEB-C", costs=(("40-5010", "-50.00"),))
    matched = [
        pair.invoice(f"PO-{place}", supplier=4343 + place % 2, invoice_lines=[ordered(site, order, "10", "2.50")])
        for place, order in enumerate(orders[:3])
    ]
    _until_calm(site, faults)

    pair.change(born[0], "130.00")
    pair.act("void_invoice", id=born[1])
    for place, entry in enumerate(sent[:3]):
        site.spend.approve(f"INV-{1000 + place}")
        books.pay(entry, number=6000 + place)
    books.void(sent[5])
    for place, number in enumerate((born[2], matched[0])):
        books.pay(voucher_of(pair, number), number=7000 + place)
    _until_calm(site, faults)

    in_force = {
        **{number: [Decimal(120)] for number in born[2:]},
        born[0]: [Decimal(150)],
        born[1]: [],
        credit: [Decimal(-50)],
        **{number: [Decimal(25)] for number in matched},
    }
    for number, amounts in in_force.items():
        assert [amount for _, amount, state in pair.vouchers(number) if state != "void"] == amounts
    paid = [each for each in site.spend.all("invoices") if each["paid"]]
    assert sorted(Decimal(each["payments"][0]["amount-paid"]) for each in paid) == [25, 120, 120, 120, 120]
    assert all(len(each["payments"]) == 1 for each in paid)
    assert_agreed(site)


def _until_calm(site: Site, faults: list[dict[str, Any]]) -> None:
    """Sync over a failing line, as the schedule does, until a sync writes nothing and nothing is due."""
    site.sandbox.post("/faults", {"replace": True, "rules": faults})
    for _ in range(12):
        reports = site.sync(*EVERY)
        site.sandbox.clock.advance(300)
        due = any(site.ledger.deliveries.due(f"{NAME}/{name}", site.clock.now()) for name in EVERY)
        if not due and not any(report.writes for report in reports.values()):
            assert site.sandbox.get("/faults")["fired"]
            site.sandbox.post("/faults", {"replace": True, "rules": []})
            return
    raise AssertionError({name: outcomes(report) for name, report in reports.items()})

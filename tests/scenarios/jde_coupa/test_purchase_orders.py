"""Purchase orders of JD Edwards as external orders in Coupa: what is sent, and what is held."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_books import CHART, EURO, TODAY
from scenario_orders import Purchase, Purchasing, figures, held, map_value, with_orders
from scenario_site import Site, outcomes, tally

from connector_resources.connections.coupa import COUPA_SCOPES

FLOW = "purchase_orders"


@pytest.fixture
def yard(testbed: Site) -> Site:
    """A town that sends its purchase orders."""
    return with_orders(testbed)


@pytest.fixture
def buyers(yard: Site) -> Purchasing:
    """Its buyers."""
    return Purchasing(yard.books)


@pytest.mark.as_delivered("coupa.external_order_status")
@pytest.mark.quick("jde_coupa/purchase_orders")
def test_an_order_of_two_lines_is_created_and_put_in_force(yard: Site, buyers: Purchasing) -> None:
    """Given an order of ten at 2.50 and four at 12.25 on two accounts
    when it is synced
    then Coupa holds an issued external order of 74.00 under the order's number, type and company, to the main yard,
    with unit, account and the day on which it is needed on each line, and the supplier has heard nothing."""
    order = buyers.order(100234, ("30.5010", "10", "2.50"), ("40.5010", "4", "12.25"), terms="N30")
    report = yard.sync(FLOW)[FLOW]
    there = held(yard, order)
    assert outcomes(report) == {"created": 1}
    assert report.amounts()["GBP"]["settled"] == Decimal("74.00")
    assert report.rows == {"read": 3, "in_documents": 3, "ignored": {}, "unreadable": 0}
    assert (there["po-number"], there["type"], there["status"]) == (
        "100234-OP-00001",
        "ExternalOrderHeader",
        "issued",
    )
    assert figures(there) == [
        ("1", Decimal("10"), Decimal("2.50"), Decimal("25.00")),
        ("2", Decimal("4"), Decimal("12.25"), Decimal("49.00")),
    ]
    assert [line["account"]["code"] for line in there["order-lines"]] == ["30-5010", "40-5010"]
    assert [line["uom"]["code"] for line in there["order-lines"]] == ["EA", "EA"]
    assert all(line["need-by-date"].startswith("2026-03-20") for line in there["order-lines"])
    assert (there["supplier"]["number"], there["currency"]["code"]) == ("4343", "GBP")
    assert (there["ship-to-address"]["location-code"], there["ship-to-user"]["login"]) == ("M30", "erp_receiver")
    assert (there["payment-term"]["code"], there["transmission-status"]) == ("N30", "created")
    assert yard.spend.calls("PUT /api/purchase_orders/{id:int}/issue_without_send") == 1


def test_the_same_days_again_write_nothing(yard: Site, buyers: Purchasing) -> None:
    """Given an order that is in force in Coupa, when its days are synced again, then nothing is written; when goods are
    received in JD Edwards, which is no change of the order, nothing either."""
    order = buyers.order()
    yard.sync(FLOW)
    again = yard.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)
    buyers.receive(order, "4")
    received = yard.sync(FLOW)[FLOW]
    assert (outcomes(received), received.writes) == ({"unchanged": 1}, 0)


@pytest.mark.as_delivered("coupa.external_order_status")
def test_the_supplier_hears_of_it_where_the_site_says_so(testbed: Site) -> None:
    """Given a site that issues by the call that sends, by e-mail, when an order is synced, then it goes to the
    supplier; given one that issues nothing, then the order stays a draft."""
    site = with_orders(testbed, issue="issue", transmission="email")
    order = Purchasing(site.books).order(1)
    site.sync(FLOW)
    assert (held(site, order)["status"], held(site, order)["transmission-status"]) == ("issued", "scheduled_for_email")
    with_orders(testbed, issue="none")
    other = Purchasing(site.books).order(2)
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert held(site, other)["status"] == "draft"


def test_an_order_that_coupa_puts_in_force_by_itself_or_holds_back(yard: Site, buyers: Purchasing) -> None:
    """Given a Coupa whose new external orders are in force at once, when one is synced, then it is issued by no call;
    given one that lets its buyer look first, then the order waits for them and no call is made either."""
    issue = "PUT /api/purchase_orders/{id:int}/issue_without_send"
    yard.spend.configure(external_order_status="issued")
    buyers.order(1)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    yard.spend.configure(external_order_status="buyer_hold")
    waiting = buyers.order(2)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert (held(yard, waiting)["status"], yard.spend.calls(issue)) == ("buyer_hold", 0)
    yard.spend.set("purchase_orders", held(yard, waiting)["id"], status="issued")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"unchanged": 2}
    assert yard.spend.calls(issue) == 0


def test_an_order_that_waits_for_its_buyer_changes_and_ends_with_that_of_jde(yard: Site, buyers: Purchasing) -> None:
    """Given two orders that Coupa holds back for their buyer
    when one changes in JD Edwards and the other is cancelled there
    then the buyer has the new figures before them, and not the order that is no more; nothing puts either in force."""
    yard.spend.configure(external_order_status="buyer_hold")
    changed, cancelled = buyers.order(1), buyers.order(2)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 2}
    buyers.change(changed, 1, quantity="12")
    buyers.cancel(cancelled)
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"updated": 2}, 2)
    assert [quantity for _, quantity, _, _ in figures(held(yard, changed))] == [Decimal(12)]
    assert (held(yard, changed)["status"], held(yard, cancelled)["status"]) == ("buyer_hold", "cancelled")
    yard.spend.release(held(yard, changed)["id"])
    assert (held(yard, changed)["status"], outcomes(yard.sync(FLOW)[FLOW])) == ("issued", {"unchanged": 2})


def test_an_order_that_is_closed_while_its_buyer_waits_is_closed_once_he_lets_it_go(
    yard: Site, buyers: Purchasing
) -> None:
    """Given an order that Coupa holds back for its buyer, when it is closed in JD Edwards, then Coupa is asked for
    nothing that it refuses; once the buyer lets it go, it is closed."""
    yard.spend.configure(external_order_status="buyer_hold")
    order = buyers.order(1)
    yard.sync(FLOW)
    buyers.close(order)
    yard.sync(FLOW)
    assert held(yard, order)["status"] == "buyer_hold"
    yard.spend.release(held(yard, order)["id"])
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert held(yard, order)["status"] in ("closed", "soft_closed")


def test_a_foreign_order_is_in_its_own_currency(yard: Site, buyers: Purchasing) -> None:
    """Given an order of 12 at 9.99 euros and a lump sum of 80 euros in a company that keeps its books in pounds
    when it is synced, then unit price, lines and total are the foreign ones, and not one pound."""
    order = buyers.order(7, ("30.5010", "12", "9.99"), ("40.5010", "0", "80.00"), currency="EUR", rate="0.85321")
    report = yard.sync(FLOW)[FLOW]
    there = held(yard, order)
    assert there["currency"]["code"] == "EUR"
    assert figures(there) == [
        ("1", Decimal("12"), Decimal("9.99"), Decimal("119.88")),
        ("2", None, Decimal("80.00"), Decimal("80.00")),
    ]
    assert {code: sums["settled"] for code, sums in report.amounts().items()} == {"EUR": Decimal("199.88")}


def test_an_order_in_yen(yard: Site, buyers: Purchasing) -> None:
    """Given an order in yen, when it is synced, then its price and total are exact in yen."""
    order = buyers.order(7, ("30.5010", "3", "4115"), currency="JPY", rate="0.005231", smallest="1")
    yard.sync(FLOW)
    assert held(yard, order)["currency"]["code"] == "JPY"
    assert figures(held(yard, order)) == [("1", Decimal(3), Decimal(4115), Decimal(12345))]


def test_a_domestic_order_of_a_euro_company(yard: Site, buyers: Purchasing) -> None:
    """Given an order of the company that keeps its books in euros, then it is in euros, under that company's number."""
    order = buyers.order(7, ("50.5010", "2", "40.00"), company=EURO)
    yard.sync(FLOW)
    there = held(yard, order)
    assert (there["po-number"], there["currency"]["code"]) == ("7-OP-00002", "EUR")


def test_two_companies_may_use_one_order_number(yard: Site, buyers: Purchasing) -> None:
    """Given order 7 of each company, when they are synced, then Coupa holds two orders under two numbers."""
    pounds, euros = buyers.order(7), buyers.order(7, ("50.5010", "2", "40.00"), company=EURO)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 2}
    assert [held(yard, each)["order-lines"][0]["total"] for each in (pounds, euros)] == ["25.00", "80.00"]


def test_thirty_one_lines_in_their_order(yard: Site, buyers: Purchasing) -> None:
    """Given an order of 31 lines, entered at whole and half line numbers, when it is synced, then Coupa has 31 lines
    under the same numbers, and a further sync writes nothing."""
    order = buyers.order(7, *(("30.5010", str(place), "1.25") for place in range(1, 31)))
    buyers.copy_line(order, 31, ("40.5010", "2", "0.50"), LNID="10.5")
    report = yard.sync(FLOW)[FLOW]
    there = held(yard, order)
    assert [line["line-num"] for line in sorted(there["order-lines"], key=lambda line: Decimal(line["line-num"]))] == [
        *map(str, range(1, 11)),
        "10.5",
        *map(str, range(11, 31)),
    ]
    assert report.amounts()["GBP"]["settled"] == Decimal("582.25")
    assert sum(Decimal(line["total"]) for line in there["order-lines"]) == Decimal("582.25")
    assert yard.sync(FLOW)[FLOW].writes == 0


def test_a_negative_line_takes_from_the_order(yard: Site, buyers: Purchasing) -> None:
    """Given an order of 100.00 with a discount line of minus 10.00 and a return of two at 2.50
    when it is synced, then Coupa's order comes to 85.00."""
    order = buyers.order(7, ("30.5010", "40", "2.50"), ("30.5010", "0", "-10.00"), ("30.5010", "-2", "2.50"))
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    assert [total for *_, total in figures(held(yard, order))] == [Decimal("100"), Decimal("-10"), Decimal("-5")]


def test_a_unit_cost_that_was_rounded_makes_the_extended_amount_all_the_same(yard: Site, buyers: Purchasing) -> None:
    """Given 3,000 pieces for 1,000.00, whose unit cost JD Edwards keeps as 0.3333
    when the order is synced, then Coupa's price has the decimals that make 1,000.00, to the penny."""
    order = buyers.order(7, ("30.5010", "3000", "0.3333"))
    buyers.line(order, 1, AEXP="1000.00")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    assert figures(held(yard, order)) == [("1", Decimal(3000), Decimal("0.333333"), Decimal("1000.00"))]


@pytest.mark.reason("extended_amount_differs")
def test_a_line_whose_amount_is_not_quantity_times_cost_is_held(yard: Site, buyers: Purchasing) -> None:
    """Given a line of ten at 2.50 for 26.00, when it is synced it is held with the gap; when the buyer has mended it in
    JD Edwards, it goes."""
    order = buyers.order(7)
    buyers.line(order, 1, AEXP="26.00")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"held": 1}
    assert (yard.exception(FLOW).field, yard.exception(FLOW).value) == ("amount", "-1.00")
    buyers.line(order, 1, AEXP="25.00")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    assert not yard.exceptions(FLOW)


def test_lines_by_amount_where_the_site_says_so(testbed: Site) -> None:
    """Given a site that sends amount lines only, when an order of ten at 2.50 is synced, then its line is 25.00."""
    site = with_orders(testbed, line_kind="amount")
    order = Purchasing(site.books).order(7)
    site.sync(FLOW)
    [line] = held(site, order)["order-lines"]
    assert (line["type"], line["quantity"], line["price"], line["total"]) == (
        "OrderAmountLine",
        None,
        "25.00",
        "25.00",
    )


def test_the_accounts_of_a_dynamic_chart_are_named_by_their_segments(site: Site) -> None:
    """Given a chart whose accounts come into being on first use, when an order is synced, then its line names the
    account by code and segments, and Coupa has made it."""
    site.configure("accounts", chart="JDE dynamic")
    with_orders(site)
    order = Purchasing(site.books).order(7, ("30.5020.01", "10", "2.50"))
    report = site.sync("suppliers", "accounts", FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    account = held(site, order)["order-lines"][0]["account"]
    assert (account["code"], account["segment-1"], account["segment-2"], account["segment-3"]) == (
        "30-5020-01",
        "30",
        "5020",
        "01",
    )


# -- where it goes, and in which unit ---------------------------------------------------------------------------------


@pytest.mark.reason("ship_to_not_mapped")
def test_an_order_to_nowhere_is_held_until_its_address_is_mapped(testbed: Site) -> None:
    """Given a site without a location of its own, and orders to address 6001 and of business unit 30
    when they are synced, both are held; when the address and the unit are mapped, each goes where it is mapped to."""
    site = with_orders(testbed, ship_to_location=None)
    buyers = Purchasing(site.books)
    delivered, collected = buyers.order(1, ship_to=6001), buyers.order(2)
    assert outcomes(site.sync(FLOW)[FLOW]) == {"held": 2}
    assert site.reasons(FLOW) == {
        delivered.document: {"ship_to_not_mapped"},
        collected.document: {"ship_to_not_mapped"},
    }
    map_value(site, "ship_to", "6001", "DEPOT")
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1, "held": 1}
    map_value(site, "ship_to", "30", "M30")
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    places = [held(site, each)["ship-to-address"]["location-code"] for each in (delivered, collected)]
    assert places == ["DEPOT", "M30"]


@pytest.mark.reason("unit_not_mapped")
def test_an_order_in_a_unit_that_coupa_does_not_know_is_held_until_it_is_mapped(yard: Site, buyers: Purchasing) -> None:
    """Given an order in a unit that Coupa lacks, when it is synced it is held; when the unit is mapped it is released,
    and goes in Coupa's unit."""
    order = buyers.order(uom="CT")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"held": 1}
    assert (yard.exception(FLOW).reason, yard.exception(FLOW).value) == ("unit_not_mapped", "CT")
    map_value(yard, "units_of_measure", "CT", "BX")
    assert outcomes(yard.sync(FLOW, first=TODAY)[FLOW]) == {"created": 1}
    assert held(yard, order)["order-lines"][0]["uom"]["code"] == "BX"


# -- what is missing --------------------------------------------------------------------------------------------------


def test_an_order_to_a_supplier_that_coupa_lacks_goes_when_the_supplier_is_there(
    yard: Site, buyers: Purchasing
) -> None:
    """Given an order to a supplier that was just entered in JD Edwards
    when only orders are synced it is held; when the supplier is delivered it is released, and goes."""
    yard.books.supplier(4345, "Crane Hire")
    order = buyers.order(supplier=4345)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"held": 1}
    assert (yard.exception(FLOW).reason, yard.exception(FLOW).value) == ("supplier_not_linked", "4345")
    yard.sync("suppliers")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    assert held(yard, order)["supplier"]["number"] == "4345"


def test_lines_on_accounts_that_are_unknown_closed_or_not_there_yet(yard: Site, buyers: Purchasing) -> None:
    """Given orders on an account that is not in the chart, on a closed one, on one just added, and without any
    when they are synced, then each is held for its own reason; the third goes when the account is delivered."""
    unknown, closed, new, none = (buyers.order(number) for number in (1, 2, 3, 4))
    buyers.line(unknown, 1, AID="00099999", ANI="30.9999")
    buyers.line(closed, 1, AID=CHART["30.5190"]["AID"], ANI="30.5190")
    aid = yard.books.account("40.5077", "Boilers").removeprefix("F0901:")
    buyers.line(new, 1, AID=aid, ANI="40.5077", OMCU="40", OBJ="5077", SUB="")
    buyers.line(none, 1, AID="", ANI="", OMCU="", OBJ="", SUB="")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"held": 4}
    assert {each.key: (each.reason, each.value) for each in yard.exceptions(FLOW)} == {
        unknown.document: ("account_not_found", "30.9999"),
        closed.document: ("account_not_postable", "30.5190"),
        new.document: ("account_not_linked", "40.5077"),
        none.document: ("account_not_found", ""),
    }
    yard.sync("accounts")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1, "held": 3}
    assert held(yard, new)["order-lines"][0]["account"]["code"] == "40-5077"


def test_stock_lines_take_the_account_that_the_site_names(testbed: Site) -> None:
    """Given a site that names an account for lines without one, when an order of a stock line is synced, then its line
    is on that account."""
    site = with_orders(testbed, default_account=CHART["40.5010"]["AID"])
    buyers = Purchasing(site.books)
    order = buyers.order()
    buyers.line(order, 1, AID="", ANI="", OMCU="", OBJ="", SUB="", LNTY="S")
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1}
    assert held(site, order)["order-lines"][0]["account"]["code"] == "40-5010"


def test_a_term_or_a_currency_that_coupa_lacks_holds_the_order(yard: Site, buyers: Purchasing) -> None:
    """Given an order on terms and one in a currency that Coupa does not have, when they are synced, both are held."""
    terms, currency = buyers.order(1, terms="XYZ"), buyers.order(2, currency="XAF", rate="0.0013")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"held": 2}
    assert yard.reasons(FLOW) == {
        terms.document: {"payment_term_not_mapped"},
        currency.document: {"currency_unknown"},
    }
    yard.map_term("XYZ", "N30")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1, "held": 1}


def test_an_inactive_supplier_is_refused_by_coupa_in_its_own_words(yard: Site, buyers: Purchasing) -> None:
    """Given an order to a supplier that a user of Coupa has made inactive, when it is synced, then it is refused and
    says why; when it is active again and the operator replays, it goes."""
    supplier = yard.spend.supplier(4343)["id"]
    yard.spend.set("suppliers", supplier, status="inactive")
    buyers.order()
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"refused": 1}
    assert "Supplier must be active" in yard.exception(FLOW).message
    yard.spend.set("suppliers", supplier, status="active")
    yard.replay(FLOW)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}


# -- what is no order -------------------------------------------------------------------------------------------------


def test_other_types_texts_and_stray_lines_are_no_orders(yard: Site, buyers: Purchasing) -> None:
    """Given a requisition, an order with a text line, and a line whose header is gone
    when they are synced, then one order is sent, of the line that orders something, and every row is accounted for."""
    buyers.order(1, kind="OR")
    order = buyers.order(2, ("30.5010", "10", "2.50"), ("30.5010", "0", "0.00"))
    buyers.line(order, 2, LNTY="T")
    buyers.order(3)
    yard.books.delete("F4301", Purchase(3).columns)
    report = yard.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    # the requisition is known by its header: it is completed to be counted
    assert report.rows == {
        "read": 6,
        "in_documents": 2,
        "ignored": {"order_type": 2, "line_type": 1, "no_header": 1},
        "unreadable": 0,
    }
    assert [number for number, *_ in figures(held(yard, order))] == ["1"]


def test_an_order_waits_in_jde_until_it_is_approved(yard: Site, buyers: Purchasing) -> None:
    """Given an order one line of which is still to be approved
    when it is synced it is ignored by a rule; when it is approved in JD Edwards, it goes."""
    order = buyers.order(7, ("30.5010", "10", "2.50"), ("30.5010", "1", "5.00"))
    buyers.line(order, 2, NXTR="230", LTTR="220")
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"ignored": 1}, {"not_approved": 1})
    buyers.line(order, 2, NXTR="280", LTTR="230")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}


def test_an_order_that_is_approved_anew_keeps_what_coupa_has_until_then(yard: Site, buyers: Purchasing) -> None:
    """Given an order in Coupa whose quantity is raised in JD Edwards, which must be approved again
    when it is synced before that, Coupa keeps the old quantity; when it is approved, it gets the new one."""
    order = buyers.order()
    yard.sync(FLOW)
    buyers.change(order, quantity="20")
    buyers.line(order, 1, NXTR="230", LTTR="220")
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"ignored": 1}, 0)
    assert figures(held(yard, order)) == [("1", Decimal(10), Decimal("2.5"), Decimal(25))]
    buyers.line(order, 1, NXTR="400", LTTR="280")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert figures(held(yard, order)) == [("1", Decimal(20), Decimal("2.5"), Decimal(50))]


def test_an_order_on_hold_waits_in_jde(yard: Site, buyers: Purchasing) -> None:
    """Given an order with a hold code, when it is synced it is ignored; when it is let go in JD Edwards, it goes."""
    order = buyers.order(hold="C1")
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"ignored": 1}, {"on_hold": 1})
    buyers.hold(order, "")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}


@pytest.mark.reason("order_on_hold")
def test_an_order_on_hold_is_told_or_sent_where_the_site_says_so(testbed: Site) -> None:
    """Given a site that wants to be told of orders on hold, then one is an exception; given one that sends them all the
    same, then it goes."""
    site = with_orders(testbed, held_orders="hold")
    Purchasing(site.books).order(hold="C1")
    assert outcomes(site.sync(FLOW)[FLOW]) == {"held": 1}
    assert (site.exception(FLOW).reason, site.exception(FLOW).value) == ("order_on_hold", "C1")
    with_orders(site, held_orders="send")
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1}


def test_orders_that_were_over_before_they_were_sent_are_history(yard: Site, buyers: Purchasing) -> None:
    """Given an order that was cancelled and one that was closed before anybody synced
    when they are synced, then both are ignored, each by its rule, and Coupa is not even asked."""
    cancelled, closed = buyers.order(1), buyers.order(2)
    buyers.cancel(cancelled)
    buyers.receive(closed, "4")
    buyers.close(closed)
    report = yard.sync(FLOW)[FLOW]
    assert tally(report) == {"cancelled_before_sent": 1, "closed_before_go_live": 1}
    assert (outcomes(report), report.writes) == ({"ignored": 2}, 0)
    assert yard.spend.calls("POST /api/purchase_orders") == 0


# -- the feature ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [400, 403, 404])
@pytest.mark.reason("external_orders_off")
def test_a_coupa_without_external_orders_holds_them_and_ping_says_so(
    yard: Site, buyers: Purchasing, refusal: int
) -> None:
    """Given a Coupa whose external orders are not switched on
    when three orders are synced, then all are held, no order was sent, and ping says what to do;
    when the feature is on and the operator replays, they go."""
    yard.spend.configure(external_orders=False, external_orders_refusal=refusal)
    for number in (1, 2, 3):
        buyers.order(number)
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"held": 3}, 0)
    assert {each.reason for each in yard.exceptions(FLOW)} == {"external_orders_off"}
    # one question, whatever the number of orders
    assert yard.spend.calls("POST /api/purchase_orders") == 1
    assert "have Coupa switch the external purchase orders feature on" in "".join(problems(yard))
    # ping says what the run has found, and sends no order of its own
    assert yard.spend.calls("POST /api/purchase_orders") == 1
    yard.spend.configure(external_orders=True)
    yard.replay(FLOW)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 3}
    assert problems(yard) == []
    assert not yard.exceptions(FLOW)


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_before_coupa_that_turns_the_question_away_holds_them_for_one_run(
    yard: Site, buyers: Purchasing, status: int
) -> None:
    """Given a gateway that answers 403 or 404 in nobody's words when it is asked whether external orders are taken
    when an order is synced, then it is held; and when it is synced once more, it goes without an operator."""
    rule = {"system": "coupa", "route": "POST /api/purchase_orders", "kind": "status", "status": status, "calls": [1]}
    yard.sandbox.post("/faults", {"replace": True, "rules": [rule]})
    buyers.order(1)
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert yard.exception(FLOW).reason == "external_orders_off"
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    assert not yard.exceptions(FLOW)


def test_ping_names_the_scopes_that_are_not_asked_for(yard: Site) -> None:
    """Given a connection that does not ask for the scopes of purchase orders, when it is pinged, then it says which."""
    yard.connect("coupa", scopes=list(COUPA_SCOPES))
    assert "core.purchase_order.read and core.purchase_order.write" in "".join(problems(yard))


def problems(site: Site) -> list[str]:
    """What ping says of the flow."""
    with site.context("ping") as context:
        return site._flow(context, FLOW).startup_problems()

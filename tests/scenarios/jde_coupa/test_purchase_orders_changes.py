"""What becomes of an order in Coupa when it changes, is cancelled or closed in JD Edwards, or is touched in Coupa."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from scenario_books import EURO, TODAY, YESTERDAY
from scenario_orders import Purchase, Purchasing, fail, figures, held, with_orders
from scenario_site import NAME, Site, outcome, outcomes, planned, tally
from scenario_wire import as_sent, tap

from connector_assets.engine import plans
from connector_assets.engine.reconciling import Comparison, compare

# Of orders in force: what becomes of those that Coupa holds back, or issues itself, is in `test_purchase_orders`.
pytestmark = pytest.mark.as_delivered("coupa.external_order_status")

FLOW = "purchase_orders"
CREATE = "POST /api/purchase_orders"
ISSUE = "PUT /api/purchase_orders/{id:int}/issue_without_send"
UPDATE = "PUT /api/purchase_orders/{id:int}"
CANCEL = "PUT /api/purchase_orders/{id:int}/cancel"
CLOSE = "PUT /api/purchase_orders/{id:int}/close"
LINES = (("30.5010", "10", "2.50"), ("40.5010", "4", "12.25"))


@pytest.fixture
def yard(testbed: Site) -> Site:
    """A town that sends its purchase orders."""
    return with_orders(testbed)


@pytest.fixture
def buyers(yard: Site) -> Purchasing:
    """Its buyers."""
    return Purchasing(yard.books)


@pytest.fixture
def order(yard: Site, buyers: Purchasing) -> Purchase:
    """An order of two lines and 74.00, in force in Coupa."""
    entered = buyers.order(100234, *LINES)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1}
    return entered


def reconciled(site: Site) -> Comparison:
    with site.context() as context:
        return compare(site._flow(context, FLOW))


def amounts(side: Any) -> dict[str, str]:
    found: dict[str, str] = side.as_json()["amounts"]
    return found


def end_in_coupa(site: Site, order: Purchase, act: str) -> None:
    """A user of Coupa cancels or closes an order there."""
    status = {"cancel": "cancelled", "close": "soft_closed"}[act]
    site.spend.set("purchase_orders", held(site, order)["id"], status=status)


def enter_in_coupa(site: Site, number: str, **more: Any) -> int:
    """A user of Coupa has an order of 74.00 to the first supplier there; returns its id."""
    account = {"code": "30-5010", "account-type": {"name": "JDE"}}
    lines = [
        {
            "line-num": str(place),
            "description": f"Goods {place}",
            "quantity": quantity,
            "price": price,
            "currency": {"code": "GBP"},
            "account": account,
        }
        for place, (_, quantity, price) in enumerate(LINES, 1)
    ]
    body = {
        "type": "ExternalOrderHeader",
        "po-number": number,
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "ship-to-address": {"location-code": "M30"},
        "ship-to-user": {"login": "erp_receiver"},
        "order-lines": lines,
    }
    return site.spend.create("purchase_orders", body | more)


# -- changes ----------------------------------------------------------------------------------------------------------


def test_another_quantity_and_another_price_change_the_lines_in_place(
    yard: Site, buyers: Purchasing, order: Purchase
) -> None:
    """Given an order in force in Coupa
    when the buyer orders 12 instead of 10, and gets the other goods for 11.00
    then the same order has the same two lines with the new figures, in its next version, and stays in force."""
    before = held(yard, order)
    buyers.change(order, 1, quantity="12")
    buyers.change(order, 2, price="11.00")
    report = yard.sync(FLOW)[FLOW]
    after = held(yard, order)
    assert (outcomes(report), report.writes) == ({"updated": 1}, 1)
    assert figures(after) == [
        ("1", Decimal(12), Decimal("2.50"), Decimal("30.00")),
        ("2", Decimal(4), Decimal("11.00"), Decimal("44.00")),
    ]
    assert [line["id"] for line in after["order-lines"]] == [line["id"] for line in before["order-lines"]]
    assert (after["id"], after["version"], after["status"]) == (before["id"], 2, "issued")


def test_only_the_line_that_changed_is_sent(
    yard: Site, buyers: Purchasing, order: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an order of two lines in Coupa, when one changes in JD Edwards, then the request names that line alone."""
    wire = tap(monkeypatch)
    buyers.change(order, 2, quantity="5")
    plan = yard.plan(FLOW)
    [shown] = plans.load(yard.ledger, plan).flows[f"{NAME}/{FLOW}"].entry()["documents"]
    assert [line["line-num"] for line in shown["request"]["order-lines"]] == ["2"]
    assert shown["request"].keys() == {"order-lines"}
    yard.apply(plan)
    assert wire.bodies("PUT", f"purchase_orders/{held(yard, order)['id']}") == [as_sent(shown["request"])]


def test_a_line_is_added(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order in Coupa, when the buyer adds a line in JD Edwards, then Coupa's order has it too."""
    buyers.copy_line(order, 3, ("30.5020", "1", "6.00"))
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert figures(held(yard, order))[2] == ("3", Decimal(1), Decimal(6), Decimal(6))


def test_a_change_of_the_header_alone_completes_the_order_by_its_key(
    yard: Site, buyers: Purchasing, order: Purchase
) -> None:
    """Given an order whose lines were not touched for a month
    when the header alone gets other terms and another supplier in JD Edwards
    then the order in Coupa has them, and still both lines."""
    for place in (1, 2):
        buyers.line(order, place, changed=YESTERDAY)
    buyers.header(order, PTC="N14", AN8=4344)
    report = yard.sync(FLOW, first=TODAY)[FLOW]
    there = held(yard, order)
    assert (outcomes(report), report.rows["read"]) == ({"updated": 1}, 3)
    assert (there["payment-term"]["code"], there["supplier"]["number"]) == ("N14", "4344")
    assert [total for *_, total in figures(there)] == [Decimal(25), Decimal(49)]


def test_a_change_of_a_line_alone_completes_the_order_by_its_key(
    yard: Site, buyers: Purchasing, order: Purchase
) -> None:
    """Given an order whose header was last changed the day before
    when one line gets another text and account in JD Edwards
    then the order in Coupa has them, and its version, which tells suppliers of changes, stays."""
    buyers.header(order, changed=YESTERDAY)
    account = {"AID": "00010003", "ANI": "30.5020.01", "OMCU": "30", "OBJ": "5020", "SUB": "01"}
    buyers.line(order, 1, DSC1="Gravel", DSC2="washed", **account)
    report = yard.sync(FLOW, first=TODAY)[FLOW]
    line = held(yard, order)["order-lines"][0]
    assert outcomes(report) == {"updated": 1}
    assert (line["description"], line["account"]["code"]) == ("Gravel washed", "30-5020-01")
    assert held(yard, order)["version"] == 1


# -- cancelled and closed ---------------------------------------------------------------------------------------------


def test_a_cancelled_line_is_removed(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order of two lines, when one is cancelled in JD Edwards, then Coupa's order has the other one only."""
    buyers.cancel(order, 2)
    report = yard.sync(FLOW)[FLOW]
    assert outcomes(report) == {"updated": 1}
    assert report.amounts()["GBP"]["settled"] == Decimal("25.00")
    assert figures(held(yard, order)) == [("1", Decimal(10), Decimal("2.50"), Decimal("25.00"))]


def test_of_a_cancelled_line_what_was_received_stays(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given a line of ten of which four were received, when the rest is cancelled in JD Edwards, then Coupa's line is
    for four, so that they can be invoiced."""
    buyers.receive(order, "4", 1)
    buyers.cancel(order, 1)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert figures(held(yard, order))[0] == ("1", Decimal(4), Decimal("2.50"), Decimal("10.00"))
    assert held(yard, order)["status"] == "issued"


def test_a_lump_sum_that_is_partly_received_and_cancelled(yard: Site, buyers: Purchasing) -> None:
    """Given a lump sum of 80.00 of which 30.00 were received, when the rest is cancelled, then 30.00 stay."""
    order = buyers.order(7, ("30.5010", "0", "80.00"), ("40.5010", "1", "5.00"))
    yard.sync(FLOW)
    buyers.books.act("receive_order", None, KCOO=order.company, DCTO="OP", DOCO=7, LNID=1, amount="30.00")
    buyers.cancel(order, 1)
    yard.sync(FLOW)
    assert figures(held(yard, order))[0] == ("1", None, Decimal("30.00"), Decimal("30.00"))


def test_an_order_that_is_cancelled_is_cancelled(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order in force, when all of its lines are cancelled in JD Edwards, then it is cancelled in Coupa, its
    lines are as they were, and it counts for nothing on either side."""
    buyers.cancel(order, 1, 2)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert (held(yard, order)["status"], len(held(yard, order)["order-lines"])) == ("cancelled", 2)
    again = yard.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)
    both = reconciled(yard)
    assert (amounts(both.source), amounts(both.target), both.differences) == ({}, {}, [])


def test_an_order_that_is_invoiced_already_is_not_cancelled_in_silence(
    yard: Site, buyers: Purchasing, order: Purchase
) -> None:
    """Given an order a line of which is invoiced in Coupa, when it is cancelled in JD Edwards, then Coupa refuses, and
    its words are the exception."""
    record = held(yard, order)
    lines = [{"id": line["id"], "invoiced": "10.0", "total-invoiced": "25.00"} for line in record["order-lines"][:1]]
    yard.spend.set("purchase_orders", record["id"], order_lines=lines)
    buyers.cancel(order, 1, 2)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"refused": 1}
    assert "it has been invoiced" in yard.exception(FLOW).message
    assert held(yard, order)["status"] == "issued"


def test_a_header_whose_lines_are_gone_cancels_nothing(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order in Coupa whose lines were purged in JD Edwards before its header was
    when it is synced, then it is ignored by a rule, and Coupa's order stays as it is."""
    yard.books.delete("F4311", *(order.columns | {"LNID": place} for place in (1, 2)))
    buyers.header(order, RMK="Purged")
    report = yard.sync(FLOW, first=TODAY)[FLOW]
    assert (tally(report), report.writes) == ({"no_lines": 1}, 0)
    assert held(yard, order)["status"] == "issued"


@pytest.mark.parametrize(("soft", "status"), [(False, "closed"), (True, "soft_closed")], ids=["at once", "softly"])
def test_an_order_that_is_closed_is_closed(
    yard: Site, buyers: Purchasing, order: Purchase, soft: bool, status: str
) -> None:
    """Given an order of which not all was received, when it is closed in JD Edwards, then it is closed in Coupa, softly
    where Coupa does so first; the next sync does not close it again."""
    yard.spend.configure(soft_close=soft)
    buyers.receive(order, "4", 1)
    buyers.close(order)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert (held(yard, order)["status"], yard.spend.calls(CLOSE)) == (status, 1)
    buyers.header(order, RMK="Looked at again")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert yard.spend.calls(CLOSE) == 1


@pytest.mark.as_delivered("coupa.soft_close")
def test_a_last_change_is_sent_before_the_order_is_closed(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order that is changed and then closed between two syncs, then Coupa has the change, and it is closed."""
    buyers.change(order, 1, quantity="12")
    buyers.close(order)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert (held(yard, order)["status"], figures(held(yard, order))[0][1]) == ("closed", Decimal(12))


# -- what happens in Coupa --------------------------------------------------------------------------------------------


def test_an_order_that_changed_on_both_sides_is_a_conflict(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order whose price somebody changed in Coupa
    when the buyer changes it too, it is a conflict and Coupa keeps what it has;
    when the site lets JD Edwards win and the operator replays, it has the buyer's price."""
    record = held(yard, order)
    lines = [line | {"price": "9.99"} if line["line-num"] == "1" else line for line in record["order-lines"]]
    yard.spend.set("purchase_orders", record["id"], order_lines=lines)
    buyers.change(order, 1, price="3.00")
    report = yard.sync(FLOW)[FLOW]
    assert outcomes(report) == {"conflict": 1}
    assert (yard.exception(FLOW).reason, yard.exception(FLOW).field) == ("changed_on_both_sides", "amount, lines")
    assert figures(held(yard, order))[0][2] == Decimal("9.99")
    with_orders(yard, on_conflict="source")
    yard.replay(FLOW)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    assert figures(held(yard, order))[0][2] == Decimal("3.00")


@pytest.mark.parametrize("status", ["cancelled", "closed", "soft_closed"])
@pytest.mark.parametrize("on_conflict", ["hold", "source"])
def test_an_order_that_somebody_ended_in_coupa_takes_no_change(
    yard: Site, buyers: Purchasing, order: Purchase, status: str, on_conflict: str
) -> None:
    """Given an order that somebody cancelled or closed in Coupa, when it changes in JD Edwards, it is told, whoever is
    right: Coupa takes no change."""
    with_orders(yard, on_conflict=on_conflict)
    yard.spend.set("purchase_orders", held(yard, order)["id"], status=status)
    buyers.change(order, 1, quantity="12")
    for _ in range(2):
        report = yard.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"conflict": 1}, 0)
    what = "closed" if "closed" in status else "cancelled"
    reported = yard.exception(FLOW)
    assert (reported.reason, reported.value) == (f"order_{what}_in_target", f"{order.po_number}, {status}")


@pytest.mark.reason("order_cancelled_in_target")
def test_an_order_that_somebody_cancels_in_coupa_is_told(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order in force, when a user of Coupa cancels it and nothing moves in JD Edwards
    then the next sync tells it, and sends nothing; once the buyer has cancelled it too, and entered it anew, nothing is
    left to tell, and Coupa has the new one."""
    end_in_coupa(yard, order, "cancel")
    for _ in range(2):
        report = yard.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"conflict": 1}, 0)
    assert yard.exception(FLOW).reason == "order_cancelled_in_target"
    buyers.cancel(order, 1, 2)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert yard.exceptions(FLOW) == []
    anew = buyers.order(100235, *LINES)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert held(yard, anew)["status"] == "issued" and yard.exceptions(FLOW) == []


def test_a_cancelled_order_that_is_delivered_already_is_a_persons_word(
    yard: Site, buyers: Purchasing, order: Purchase
) -> None:
    """Given an order that a user of Coupa cancelled though the stores have received of it
    when the rest is cancelled in JD Edwards, it is told still; once a person has dismissed it, nothing is."""
    buyers.receive(order, "4", 1)
    yard.sync(FLOW)
    end_in_coupa(yard, order, "cancel")
    buyers.cancel(order, 1, 2)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"conflict": 1}
    yard.ledger.exceptions.dismiss(yard.exception(FLOW).id, "buyer", "delivered", yard.clock.now())
    for _ in range(2):
        assert outcomes(yard.sync(FLOW)[FLOW]) == {"ignored": 1}
        assert yard.exceptions(FLOW) == []


@pytest.mark.reason("order_closed_in_target")
@pytest.mark.parametrize("then", ["reopened", "closed too"])
def test_an_order_that_somebody_closes_in_coupa_is_told(
    yard: Site, buyers: Purchasing, order: Purchase, then: str
) -> None:
    """Given an order in force, when a user of Coupa closes it softly and nothing moves in JD Edwards
    then the next sync tells it; opened again, and replayed, or closed in JD Edwards too, nothing is left to tell."""
    yard.spend.configure(soft_close=True)
    end_in_coupa(yard, order, "close")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert yard.exception(FLOW).reason == "order_closed_in_target"
    if then == "reopened":
        yard.spend.set("purchase_orders", held(yard, order)["id"], status="issued")
        yard.replay(FLOW)
    else:
        buyers.close(order)
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, yard.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])
    if then == "reopened":
        buyers.change(order, 1, quantity="12")
        assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}


@pytest.mark.parametrize("by", ["received", "total-invoiced"])
def test_an_order_that_coupa_closes_once_it_is_used_up_is_nobodys_act(yard: Site, order: Purchase, by: str) -> None:
    """Given an order of which all is received, or invoiced, in Coupa, and which Coupa then closes by itself
    then nothing is told of it."""
    record = held(yard, order)
    lines = [line | {by: line["quantity"] if by == "received" else line["total"]} for line in record["order-lines"]]
    yard.spend.set("purchase_orders", record["id"], status="soft_closed", order_lines=lines)
    report = yard.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, yard.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])


def test_a_number_that_somebody_else_took_is_not_ours(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given orders whose numbers are taken in Coupa: by an external order to the same supplier of another amount, and
    by one that was born in Coupa
    when they are synced, both are held, and neither of Coupa's is touched."""
    other, born = buyers.order(1), buyers.order(2, *LINES)
    enter_in_coupa(yard, other.po_number)
    enter_in_coupa(yard, born.po_number, type="OrderHeader")
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"held": 2, "unchanged": 1}
    reported = {each.key: each.value for each in yard.exceptions(FLOW)}
    assert {each.reason for each in yard.exceptions(FLOW)} == {"natural_key_taken"}
    assert "amount is 74.00, ours 25.00" in reported[other.document]
    assert "type is OrderHeader" in reported[born.document]
    assert [held(yard, each)["status"] for each in (other, born)] == ["draft", "draft"]


def test_a_coupa_that_holds_orders_is_planned_and_adopted_first(yard: Site, buyers: Purchasing) -> None:
    """Given an external order in Coupa from an earlier interface that is one of ours, and one that nobody here knows
    when orders are first synced, it is a plan; when the site adopts, ours is linked and nothing written;
    when it then syncs, ours is put in agreement and in force, the new one is created, the stranger is left alone."""
    ours, new = buyers.order(1, *LINES), buyers.order(2)
    enter_in_coupa(yard, ours.po_number)
    enter_in_coupa(yard, "EXT-77")
    first = yard.sync(FLOW)[FLOW]
    assert (first.plan, first.plan_reason, first.writes) == (True, "target_not_empty", 0)
    assert {key: each.action for key, each in planned(first).items()} == {
        ours.document: "adopt",
        new.document: "create",
    }
    adopted = yard.sync(FLOW, mode="adopt")[FLOW]
    assert (outcome(adopted, ours.document), adopted.writes) == ("adopted", 0)
    report = yard.sync(FLOW)[FLOW]
    assert (outcome(report, ours.document), outcome(report, new.document)) == ("updated", "created")
    assert held(yard, ours)["status"] == "issued"
    assert yard.spend.one("purchase_orders", **{"po-number": "EXT-77"})["status"] == "draft"
    assert reconciled(yard).foreign == 1


# -- plans, lost answers, agreement -----------------------------------------------------------------------------------


def test_what_was_planned_is_what_coupa_receives(
    yard: Site, buyers: Purchasing, order: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a plan for a new order, when it is applied, then Coupa received exactly the body that the plan shows, and
    the order is in force; planning wrote nothing."""
    wire = tap(monkeypatch)
    new = buyers.order(7)
    plan = yard.plan(FLOW)
    [shown] = plans.load(yard.ledger, plan).flows[f"{NAME}/{FLOW}"].entry()["documents"]
    # the question whether Coupa takes external orders can create nothing
    assert [body for _, _, body in wire.sent] == [b'{"type":"ExternalOrderHeader"}']
    assert outcomes(yard.apply(plan)[FLOW]) == {"created": 1}
    assert wire.bodies("POST", "purchase_orders")[-1] == as_sent(shown["request"])
    assert held(yard, new)["status"] == "issued"


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_create_whose_answer_is_lost_makes_one_order(
    yard: Site, buyers: Purchasing, order: Purchase, kind: str
) -> None:
    """Given a Coupa whose answer to a create is lost, whether it took effect or not
    when an order is synced, then it is there once, and in force."""
    # the first POST of the run asks for the feature
    fail(yard, route=CREATE, kind=kind, calls=[2])
    new = buyers.order(7)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    fail(yard)
    assert (held(yard, new)["status"], len(yard.spend.all("purchase_orders"))) == ("issued", 2)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_an_issue_whose_answer_is_lost_issues_once(yard: Site, buyers: Purchasing, order: Purchase, kind: str) -> None:
    """Given a Coupa whose answer to an issue is lost, when an order is synced, then it is in force in the end, and an
    issue that had taken effect is not made again."""
    before = yard.spend.calls(ISSUE)
    fail(yard, route=ISSUE, kind=kind, calls=[1])
    new = buyers.order(7)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert len(yard.sandbox.get("/faults")["fired"]) == 1
    fail(yard)
    assert held(yard, new)["status"] == "issued"
    assert yard.spend.calls(ISSUE) == before + (1 if kind == "drop_after" else 2)


@pytest.mark.parametrize("act", ["cancel", "close"])
def test_an_end_whose_answer_is_lost_ends_it_once(yard: Site, buyers: Purchasing, order: Purchase, act: str) -> None:
    """Given a Coupa that closes softly first and whose answer to a cancel or close is lost
    when the order ends in JD Edwards, then Coupa has ended it once: not closed for good by a second call."""
    yard.spend.configure(soft_close=True)
    route = {"cancel": CANCEL, "close": CLOSE}[act]
    fail(yard, route=route, kind="drop_after", calls=[1])
    if act == "cancel":
        buyers.cancel(order, 1, 2)
    else:
        buyers.close(order)
    assert outcomes(yard.sync(FLOW)[FLOW]) == {"updated": 1}
    fail(yard)
    assert (held(yard, order)["status"], yard.spend.calls(route)) == (
        {"cancel": "cancelled", "close": "soft_closed"}[act],
        1,
    )


def test_a_key_in_a_custom_field_lets_the_site_choose_its_numbers(testbed: Site) -> None:
    """Given a site that numbers its orders without their company and keeps the key in a custom field
    when two companies' order 7 are synced, then the first has the number, and the other is held, never taken for it;
    both systems agree on the one."""
    site = with_orders(testbed, po_number="{DOCO}-{DCTO}", key_custom_field="jde-order")
    buyers = Purchasing(site.books)
    first, second = buyers.order(7), buyers.order(7, ("50.5010", "2", "40.00"), company=EURO)
    report = site.sync(FLOW)[FLOW]
    assert (outcome(report, first.document), outcome(report, second.document)) == ("created", "held")
    assert (site.exception(FLOW).key, site.exception(FLOW).reason) == (second.document, "not_unique")
    there = site.spend.one("purchase_orders")
    assert (there["po-number"], there["custom-fields"]["jde-order"]) == ("7-OP", "00001/OP/7")
    assert {(each.key, each.kind) for each in reconciled(site).differences} == {(second.document, "missing_in_target")}
    buyers.header(second, RMK="Chased")
    site.books.delete("F4301", first.columns)
    assert outcomes(site.sync(FLOW, first=TODAY)[FLOW]) == {"held": 1}
    assert site.exception(FLOW).reason == "natural_key_taken"


def test_both_systems_agree_to_the_penny(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given orders that are open, changed, partly received and cancelled, closed, cancelled, in euros, and of a rounded
    unit cost
    when they are synced and both systems are read anew, then totals agree to the penny in each currency, and nothing
    differs; when somebody changes a price in Coupa, that is told."""
    rounded = buyers.order(1, ("30.5010", "3000", "0.3333"))
    buyers.line(rounded, 1, AEXP="1000.00")
    partly, closed, cancelled = (buyers.order(number, *LINES) for number in (2, 3, 4))
    euros = buyers.order(5, ("30.5010", "12", "9.99"), currency="EUR", rate="0.85321")
    yard.sync(FLOW)
    buyers.receive(partly, "4", 1)
    buyers.cancel(partly, 1)
    buyers.change(order, 2, quantity="5")
    buyers.close(closed)
    buyers.cancel(cancelled, 1, 2)
    yard.sync(FLOW)
    both = reconciled(yard)
    # 1000.00 + (10.00 + 49.00) + 74.00 + (25.00 + 61.25)
    assert amounts(both.source) == amounts(both.target) == {"EUR": "119.88", "GBP": "1219.25"}
    assert (both.source.documents, both.differences) == (6, [])
    record = held(yard, euros)
    lines = [line | {"price": "10.00"} for line in record["order-lines"]]
    yard.spend.set("purchase_orders", record["id"], order_lines=lines)
    assert {(each.kind, each.field, each.explained_by) for each in reconciled(yard).differences} == {
        ("amount", "amount", None),
        ("field", "lines", None),
    }


def test_an_order_above_an_amount_waits_for_an_approval(testbed: Site) -> None:
    """Given a site that asks somebody from 50.00 on
    when orders of 25.00 and 74.00 are synced, the smaller one goes and the other waits; when it is approved, it is
    created and put in force: the second call needs no approval of its own."""
    site = with_orders(testbed, approval={"above": "50"})
    buyers = Purchasing(site.books)
    small, large = buyers.order(1), buyers.order(2, *LINES)
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1, "staged": 1}
    assert held(site, small)["status"] == "issued"
    assert site.approve(FLOW) == 1
    assert outcomes(site.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert held(site, large)["status"] == "issued"


def test_the_sweep_finds_what_the_days_missed_and_what_is_gone(yard: Site, buyers: Purchasing, order: Purchase) -> None:
    """Given an order in Coupa whose rows were purged in JD Edwards, and one that was entered on a day nobody reads
    when all keys are compared, the first is an exception, Coupa's order untouched, and the second is sent."""
    old = buyers.order(7, changed=date(2026, 2, 3))
    yard.books.delete("F4311", *(order.columns | {"LNID": place} for place in (1, 2)))
    yard.books.delete("F4301", order.columns)
    found = yard.sweep(FLOW)
    assert (found.missed, found.deleted) == ([old.document], [order.document])
    assert (yard.exception(FLOW).key, yard.exception(FLOW).reason) == (order.document, "deleted_in_source")
    assert [held(yard, each)["status"] for each in (order, old)] == ["issued", "issued"]

"""Two records of one document: BILL takes a second bill, credit or vendor, and JD Edwards a second payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import bill_ordered
import bill_originals
import bill_paid
import pytest
from bill_owed import CREDITS, FLOW, key, marked, owing, run
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of
from connector_resources.ledger import ExceptionRow

CALL = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}

JOURNAL = {
    "mode": "journal",
    "never_selected": ["H"],
    "journal_closes_pay_item": True,
    "payables_accounts": {"*": "30.5010"},
    "clearing_accounts": {"00001": "40.5010"},
}


def twice(testbed: BillSite, route: str = "", **rule: Any) -> None:
    """The network delivers a call twice, once."""
    testbed.sandbox.post("/faults", {"kind": "twice", "times": 1, "system": "bill", "route": route, **rule})


def found(testbed: BillSite, flow: str) -> ExceptionRow:
    """What the sweep of a flow has found, the only one; it is of high severity."""
    reported = testbed.exception(flow)
    assert (reported.reason, severity_of(reported.reason)) == ("duplicate_in_target", "high")
    return reported


def others(testbed: BillSite, flow: str, document: str) -> list[str]:
    """The records of a document that its finding names beside the linked one."""
    linked = testbed.ledger.links.of(f"{testbed.NAME}/{flow}", [document])[document].target_id
    reported = found(testbed, flow)
    assert reported.key == document and f"{linked} (linked)" in reported.value
    return [each for each in reported.value.split(", ") if each != f"{linked} (linked)"]


def test_a_bill_that_the_network_made_twice_is_told_by_the_next_sweep(testbed: BillSite) -> None:
    """Given a create that the network delivered twice, so that BILL would pay one voucher twice
    when the sweep runs, then both bills are told, and nothing more is sent for the voucher;
    when the other one is archived, the next sweep sends what has changed since."""
    owing(testbed)
    testbed.bill.configure(duplicate_invoice_numbers="allow")
    entry = testbed.books.voucher()
    twice(testbed, "POST /connect/v3/bills")
    assert run(testbed) == {"created": 1}
    assert testbed.sweep(FLOW).duplicates == [key(entry)]
    [other] = others(testbed, FLOW, key(entry))
    testbed.books.voucher(costs=(("30.5010", "110.00"),))
    report = testbed.sync(FLOW)[FLOW]
    assert (report.outcomes()["held"], report.writes) == (1, 0)
    testbed.bill.act("archive_bill", id=other)
    swept = testbed.sweep(FLOW)
    assert (swept.single, swept.report.outcomes()["updated"]) == ([key(entry)], 1)
    assert not testbed.exceptions(FLOW)
    assert testbed.bill.get("bills", other)["amount"] == Decimal(100)


def test_a_bill_that_a_person_enters_beside_ours_is_told(testbed: BillSite) -> None:
    """Given a voucher's bill, when a clerk of BILL enters one of that vendor and number, however it is written, then
    both are told."""
    owing(testbed)
    testbed.bill.configure(duplicate_invoice_numbers="allow")
    entry = testbed.books.voucher()
    run(testbed)
    ours = testbed.bill.one(FLOW)
    bill_paid.enter(testbed, "another", "100.00", payee=ours["vendorId"])
    assert testbed.sweep(FLOW).duplicates == []
    second = bill_paid.enter(testbed, ours["invoice"]["invoiceNumber"].lower(), "100.00", payee=ours["vendorId"])
    assert testbed.sweep(FLOW).duplicates == [key(entry)]
    assert others(testbed, FLOW, key(entry)) == [second]


def test_two_bills_that_cover_one_pay_item_are_told(testbed: BillSite) -> None:
    """Given a voucher of two pay items in one bill, when a copied home makes a bill of the second pay item alone, then
    both bills are told, and nothing more is sent for the bill that is ours."""
    owing(testbed)
    entry = testbed.books.voucher(items=("60.00", "40.00"))
    run(testbed)
    ours = testbed.bill.one(FLOW)
    assert ours["description"].startswith(marked(entry, "001", "002"))
    copied = bill_paid.enter(testbed, "X-1", "40.00", marked(entry, "002"), payee=ours["vendorId"])
    assert testbed.sweep(FLOW).duplicates == [key(entry)]
    assert others(testbed, FLOW, key(entry)) == [copied]
    testbed.books.voucher(items=("65.00", "45.00"), costs=(("30.5010", "110.00"),))
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.parametrize("covered", [("001", "002"), ("002",)])
def test_a_second_bill_with_our_marker_is_told_by_the_next_sync(testbed: BillSite, covered: tuple[str, ...]) -> None:
    """Given a bill of two pay items, when somebody enters a bill with our marker of both, or of one, in BILL
    then the next sync tells of both, though nothing changed in JDE, and sends nothing; once the second one is archived
    the sweep ends it."""
    owing(testbed)
    entry = testbed.books.voucher(items=("60.00", "40.00"))
    run(testbed)
    assert outcomes(testbed.sync(FLOW)[FLOW]).get("held") is None and not testbed.exceptions(FLOW)
    ours = testbed.bill.one(FLOW)
    copied = bill_paid.enter(testbed, "X-1", "40.00", marked(entry, *covered), payee=ours["vendorId"])
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0
        assert others(testbed, FLOW, key(entry)) == [copied]
    testbed.bill.act("archive_bill", id=copied)
    assert testbed.sweep(FLOW).single == [key(entry)]
    assert run(testbed).get("held") is None and not testbed.exceptions(FLOW)


def test_a_second_bill_of_an_order_is_told_by_the_next_sync(testbed: BillSite) -> None:
    """Given an order's bill, when somebody enters another one with its marker in BILL, then the next sync tells of
    both, though nothing of the order changed."""
    order = bill_ordered.ordering(testbed).order(100234, ("30.5010", "10", "2.50"))
    bill_ordered.run(testbed)
    ours = testbed.bill.one(FLOW)
    copied = bill_paid.enter(testbed, "X-1", "25.00", bill_ordered.marked(order), payee=ours["vendorId"])
    assert testbed.sync(bill_ordered.FLOW)[bill_ordered.FLOW].writes == 0
    assert others(testbed, bill_ordered.FLOW, bill_ordered.key(order)) == [copied]


def test_a_credit_that_the_network_made_twice_is_told(testbed: BillSite) -> None:
    """Given a debit memo whose credit the network made twice, then both are told until one is archived."""
    owing(testbed, CREDITS)
    entry = testbed.books.voucher(kind="PD", costs=(("30.5010", "-40.00"),))
    twice(testbed, "POST /connect/v3/vendor-credits")
    assert run(testbed, CREDITS) == {"created": 1}
    assert testbed.sweep(CREDITS).duplicates == [key(entry)]
    [other] = others(testbed, CREDITS, key(entry))
    testbed.bill.act("archive_credit", id=other)
    assert testbed.sweep(CREDITS).single == [key(entry)]
    assert not testbed.exceptions(CREDITS)


@pytest.mark.parametrize("with_marker", [True, False])
def test_a_vendor_that_is_there_twice_is_told(testbed: BillSite, with_marker: bool) -> None:
    """Given the vendor of a supplier
    when there is a second one, with our marker by a network that sends twice or of that name by a person, then both are
    told until one is archived; one of another currency is no second one."""
    testbed.bill.configure(unique_vendor_names=False)
    supplier = "F0401:4343"
    ours = testbed.bill.one("vendors", shortName="JDE 4343")
    body = {"name": ours["name"], "address": bill_paid.ADDRESS, "billCurrency": ours["billCurrency"]}
    testbed.bill.act("enter_vendor", body=body | {"billCurrency": "USD"})
    assert testbed.sweep("vendors").duplicates == []
    more = {"name": "Somebody", "shortName": "JDE 4343"} if with_marker else {}
    second = str(testbed.bill.act("enter_vendor", body=body | more)["id"])
    assert testbed.sweep("vendors").duplicates == [supplier]
    assert others(testbed, "vendors", supplier) == [second]
    testbed.bill.act("archive_vendor", id=second)
    assert testbed.sweep("vendors").single == [supplier]
    assert not testbed.exceptions("vendors")


@pytest.mark.parametrize("mode", ["settle", "journal"])
@pytest.mark.as_delivered("jde.duplicate_payment_numbers")
def test_a_payment_that_the_network_posted_twice_is_told(testbed: BillSite, mode: str) -> None:
    """Given a payment of BILL that the network posts twice in JD Edwards, as a payment or as entries of the ledger
    when the sweep runs, then both are told."""
    bill_paid.switch_on(testbed, **(JOURNAL if mode == "journal" else {}))
    entry = testbed.books.voucher()
    if mode == "journal":
        testbed.flows["bills"] = {"pay_statuses": ["H"], "handed_over_status": None}
        testbed.books.act("set_pay_status", entry, PST="H")
    paid = bill_paid.pay(testbed, {"id": bill_paid.bill(testbed, entry, "100.00"), "amount": "40.00"})
    twice(testbed, **CALL)
    testbed.sync("payments")
    testbed.sync("payments")
    assert testbed.sweep("payments").duplicates == [paid.key()]
    assert len(others(testbed, "payments", paid.key())) == 1


@pytest.mark.as_delivered("jde.duplicate_invoices", "jde.entry_warnings")
def test_a_voucher_that_the_network_entered_twice_is_told(testbed: BillSite) -> None:
    """Given a bill that was born in BILL, when the network enters its voucher twice, then both vouchers are told until
    one is void."""
    bill_originals.switched_on(testbed, mode="direct")
    id = bill_originals.bill(testbed)
    twice(testbed, **CALL, answer="first")
    testbed.sync(bill_originals.FLOW)
    assert testbed.sweep(bill_originals.FLOW).duplicates == [f"bills:{id}"]
    [other] = others(testbed, bill_originals.FLOW, f"bills:{id}")
    testbed.books.void(Entry(int(other.rpartition("/")[2]), "PV", "00001"))
    assert testbed.sweep(bill_originals.FLOW).single == [f"bills:{id}"]
    assert not testbed.exceptions(bill_originals.FLOW)


@pytest.mark.parametrize("flow", ["chart_of_accounts", "departments"])
def test_an_account_or_a_department_that_is_there_twice_is_told(testbed: BillSite, flow: str) -> None:
    """Given lists of BILL that take a second record of one name, when somebody enters one, then both are told until one
    is archived."""
    testbed.bill.configure(unique_classifications=False)
    links = list(testbed.ledger.links.all(flow=f"{testbed.NAME}/{flow}"))
    ours = testbed.bill.get(flow, links[0].target_id)
    given = {name: value for name, value in ours.items() if name in ("name", "description", "account", "code")}
    second = testbed.bill.create(flow, given)
    assert testbed.sweep(flow).duplicates == [links[0].source_key]
    assert others(testbed, flow, links[0].source_key) == [second]
    testbed.bill.set(flow, second, archived=True)
    assert testbed.sweep(flow).single == [links[0].source_key]
    assert not testbed.exceptions(flow)

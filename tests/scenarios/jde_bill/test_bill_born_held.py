"""Bills that are born in BILL and cannot, or shall not, become vouchers of JD Edwards yet."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

import pytest
from bill_originals import FLOW, bill, costs, entered, items, link, owed, run, switched_on, vendor, vouchers
from bill_paid import ADDRESS
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

KNOWN_BY = ("purged", "numbered")


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switched_on(testbed)


def test_what_is_not_approved_or_a_draft_or_archived_is_left_alone(testbed: BillSite) -> None:
    """Given a bill that waits for its approvers, one that they denied, a draft, and an archived one
    then none becomes a voucher, by a stated rule; the one that is approved later does."""
    pending = bill(testbed, "WEB-1")
    denied, archived = bill(testbed, "WEB-2"), bill(testbed, "WEB-3")
    bill(testbed, "WEB-4", draft=True)
    testbed.bill.set("bills", pending, approvalStatus="ASSIGNED")
    testbed.bill.set("bills", denied, approvalStatus="DENIED")
    testbed.bill.act("archive_bill", id=archived)
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"not_approved": 2, "not_usable": 2}, 0)
    testbed.bill.set("bills", pending, approvalStatus="APPROVED")
    assert run(testbed) == {"created": 1, "ignored": 3}
    assert [mark for mark, _, _ in vouchers(testbed)] == [f"BL-{pending}-1"]


def test_a_site_decides_which_approvals_count(testbed: BillSite) -> None:
    """Given a site where every bill has an approver, then one that no policy matched is left alone; and a status that
    BILL does not tell decides nothing, not even about a voucher that is there."""
    testbed.configure(FLOW, approval_statuses=["APPROVED"])
    id = bill(testbed)
    testbed.bill.set("bills", id, approvalStatus="UNASSIGNED")
    assert testbed.sync(FLOW)[FLOW].rules() == {"not_approved": 1}
    testbed.bill.set("bills", id, approvalStatus="APPROVED")
    assert run(testbed) == {"created": 1}
    testbed.bill.set("bills", id, approvalStatus="UNDEFINED")
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"status_unknown": 1}, 0)
    assert vouchers(testbed) == [(f"BL-{id}-1", Decimal(100), "H")]


@pytest.mark.reason("supplier_not_linked")
def test_a_vendor_that_no_supplier_is_linked_to_holds_its_bills(testbed: BillSite) -> None:
    """Given a bill of a vendor that was born in BILL, then it waits; once the vendor is linked it goes."""
    body = {"name": "Corner Shop", "address": ADDRESS, "billCurrency": "GBP"}
    foreign_record = str(testbed.bill.act("enter_vendor", body=body)["id"])
    id = bill(testbed, payee=foreign_record)
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("supplier_not_linked", "Corner Shop")
    testbed.books.supplier(4999, "Corner Shop")
    testbed.link("vendors", "F0401:4999", "vendors", foreign_record)
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert [row["AN8"] for row in items(testbed, id)] == [4999]


def test_a_vendor_is_known_by_its_marker_where_its_link_is_lost(testbed: BillSite) -> None:
    """Given the vendor of a supplier whose link was lost, then shortName says which supplier it is."""
    testbed.ledger.links.remove("jde_bill/vendors", "F0401:4343", "clerk", testbed.clock.now())
    id = bill(testbed)
    assert run(testbed) == {"created": 1}
    assert [row["AN8"] for row in items(testbed, id)] == [4343]


@pytest.mark.reason("account_not_found")
@pytest.mark.reason("account_not_postable")
def test_lines_without_an_account_of_jde_hold_the_bill(testbed: BillSite) -> None:
    """Given a line without account, one on an account that was born in BILL, and one on an account that takes no
    postings any more, then their bills wait; a default account lets the first go."""
    none = bill(testbed, "WEB-1", costs=((None, "10.00"),))
    testbed.bill.create("chart_of_accounts", {"name": "Petty cash", "account": {"number": "999", "type": "EXPENSE"}})
    strange = bill(testbed, "WEB-2", costs=(("999", "10.00"),))
    closed = bill(testbed, "WEB-3", costs=(("40.5010", "10.00"),))
    testbed.books.account("40.5010", "Housing repairs", posting="I")
    assert run(testbed) == {"held": 3}
    reported = {each.key.partition(":")[2]: (each.reason, each.value) for each in testbed.exceptions(FLOW)}
    assert reported == {
        none: ("account_not_found", "none"),
        strange: ("account_not_found", "999"),
        closed: ("account_not_postable", "40.5010"),
    }
    testbed.configure(FLOW, default_account="30.5020")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1, "held": 2}
    assert costs(testbed, none) == [("30.5020", Decimal(10))]


def test_the_business_unit_may_be_that_of_the_department(testbed: BillSite) -> None:
    """Given a line on an account of one unit with the department of another
    then the voucher is booked on the account's unit, or by setting on the same account of the department's."""
    housing = testbed.bill.one("departments", shortName="40")["id"]
    line = {"chartOfAccountId": testbed.bill.account("30.5010")["id"], "departmentId": housing}
    one = bill(testbed, "WEB-1", billLineItems=[{"amount": "10.00", "classifications": line}])
    run(testbed)
    assert costs(testbed, one) == [("30.5010", Decimal(10))]
    testbed.configure(FLOW, unit="department")
    other = bill(testbed, "WEB-2", billLineItems=[{"amount": "10.00", "classifications": line}])
    run(testbed)
    assert costs(testbed, other) == [("40.5010", Decimal(10))]


@pytest.mark.reason("natural_key_taken")
@pytest.mark.reason("possible_duplicate")
def test_an_invoice_that_somebody_entered_in_jde_too_is_never_owed_twice(testbed: BillSite) -> None:
    """Given a voucher of the same supplier and number that was entered in JD Edwards, and two bills of one number
    then the first bill is held, and of the two one goes and the other waits."""
    testbed.bill.configure(duplicate_invoice_numbers="allow")
    testbed.books.voucher(4711, invoice="WEB-1")
    taken, first, second = bill(testbed, "WEB-1"), bill(testbed, "WEB-2"), bill(testbed, "WEB-2")
    assert run(testbed) == {"created": 1, "held": 2}
    reported = {each.key.partition(":")[2]: each.reason for each in testbed.exceptions(FLOW)}
    assert (
        reported[taken] == "natural_key_taken"
        and reported[second if link(testbed, first) else first] == "possible_duplicate"
    )
    assert owed(testbed) == Decimal(200)


def test_a_bill_in_a_foreign_currency_is_a_foreign_voucher(testbed: BillSite) -> None:
    """Given a vendor whose bills are in euros, then the voucher is in euros, at the mapped rate in the books."""
    testbed.configure(FLOW, exchange_rate="mapping")
    testbed.bill.set("vendors", vendor(testbed), billCurrency="EUR")
    id = bill(testbed)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "exchange_rate_not_mapped"
    testbed.map_value("exchange_rates", "EUR/GBP", "0.85")
    assert run(testbed) == {"created": 1}
    [item] = items(testbed, id)
    assert (item["CRCD"], Decimal(item["ACR"]), Decimal(item["AG"])) == ("EUR", Decimal(100), Decimal(85))


@pytest.mark.reason("period_closed")
def test_a_closed_period_holds_a_bill_or_moves_it(testbed: BillSite) -> None:
    """Given a bill dated in a closed period, then by setting it is held, or dated on the first open day."""
    testbed.configure(FLOW, closed_period="hold")
    id = bill(testbed, on="2026-01-15")
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "period_closed"
    testbed.configure(FLOW, closed_period="first_open_day")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    [item] = items(testbed, id)
    assert item["DGJ"] > item["DIVJ"]


@pytest.mark.known_by("mark")
@pytest.mark.reason("revisions_used_up")
def test_there_is_no_tenth_voucher_of_a_bill(testbed: BillSite) -> None:
    """Given a bill whose ninth voucher was voided when it was archived, when it is restored, then a person is told."""
    testbed.configure(FLOW, mode="direct")
    id = bill(testbed)
    run(testbed)
    [row] = items(testbed, id)
    testbed.books.change_items(Entry(row["DOC"], row["DCT"], row["KCO"]), VR01=f"BL-{id}-9")
    for act in ("archive_bill", "restore_bill"):
        testbed.sandbox.clock.advance(60)
        testbed.bill.act(act, id=id)
        testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "revisions_used_up"
    assert entered(testbed) == [(f"BL-{id}-9", Decimal(100), "void")]


@pytest.mark.reason("payer_settings_differ")
def test_a_status_that_jde_pays_is_refused(testbed: BillSite) -> None:
    """Given settings by which JD Edwards' payment run would pay these vouchers too, then each bill is held."""
    testbed.configure(FLOW, unpayable_status="A")
    bill(testbed)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "payer_settings_differ"


@pytest.mark.as_delivered("jde.batch_remark")
@pytest.mark.reason("many_deleted")
def test_a_bill_out_of_sight_is_not_taken_back(testbed: BillSite) -> None:
    """Given a voucher of a bill that BILL does not show any more, when all keys are compared, then it is held."""
    id = bill(testbed)
    run(testbed)
    held = deepcopy(testbed.sandbox.systems["bill"].dump())
    del held["bills"][id]
    testbed.sandbox.systems["bill"].restore(held)
    assert outcomes(testbed.sweep(FLOW).report) == {"held": 1}
    assert testbed.exception(FLOW).reason == "many_deleted"
    assert vouchers(testbed) == [(f"BL-{id}-1", Decimal(100), "H")]

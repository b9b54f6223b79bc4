"""Bills that are born in BILL and cannot, or shall not, become vouchers of JD Edwards yet."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

import pytest
from bill_born import FLOW, bill, costs, entered, items, link, owed, run, switched_on, vendor, vouchers
from bill_paid import ADDRESS
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

KNOWN_BY = ("purged", "numbered")


@pytest.fixture(autouse=True)
def _on(town: BillSite) -> None:
    switched_on(town)


def test_what_is_not_approved_or_a_draft_or_archived_is_left_alone(town: BillSite) -> None:
    """Given a bill that waits for its approvers, one that they denied, a draft, and an archived one
    then none becomes a voucher, by a stated rule; the one that is approved later does."""
    pending = bill(town, "WEB-1")
    denied, archived = bill(town, "WEB-2"), bill(town, "WEB-3")
    bill(town, "WEB-4", draft=True)
    town.bill.set("bills", pending, approvalStatus="ASSIGNED")
    town.bill.set("bills", denied, approvalStatus="DENIED")
    town.bill.act("archive_bill", id=archived)
    report = town.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"not_approved": 2, "not_usable": 2}, 0)
    town.bill.set("bills", pending, approvalStatus="APPROVED")
    assert run(town) == {"created": 1, "ignored": 3}
    assert [mark for mark, _, _ in vouchers(town)] == [f"BL-{pending}-1"]


def test_a_site_decides_which_approvals_count(town: BillSite) -> None:
    """Given a site where every bill has an approver, then one that no policy matched is left alone; and a status that
    BILL does not tell decides nothing, not even about a voucher that is there."""
    town.configure(FLOW, approval_statuses=["APPROVED"])
    id = bill(town)
    town.bill.set("bills", id, approvalStatus="UNASSIGNED")
    assert town.sync(FLOW)[FLOW].rules() == {"not_approved": 1}
    town.bill.set("bills", id, approvalStatus="APPROVED")
    assert run(town) == {"created": 1}
    town.bill.set("bills", id, approvalStatus="UNDEFINED")
    report = town.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"status_unknown": 1}, 0)
    assert vouchers(town) == [(f"BL-{id}-1", Decimal(100), "H")]


@pytest.mark.reason("supplier_not_linked")
def test_a_vendor_that_no_supplier_is_linked_to_holds_its_bills(town: BillSite) -> None:
    """Given a bill of a vendor that was born in BILL, then it waits; once the vendor is linked it goes."""
    body = {"name": "Corner Shop", "address": ADDRESS, "billCurrency": "GBP"}
    stranger = str(town.bill.act("enter_vendor", body=body)["id"])
    id = bill(town, payee=stranger)
    assert run(town) == {"held": 1}
    told = town.exception(FLOW)
    assert (told.reason, told.value) == ("supplier_not_linked", "Corner Shop")
    town.books.supplier(4999, "Corner Shop")
    town.link("vendors", "F0401:4999", "vendors", stranger)
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    assert [row["AN8"] for row in items(town, id)] == [4999]


def test_a_vendor_is_known_by_its_marker_where_its_link_is_lost(town: BillSite) -> None:
    """Given the vendor of a supplier whose link was lost, then shortName says which supplier it is."""
    town.ledger.links.remove("jde_bill/vendors", "F0401:4343", "clerk", town.clock.now())
    id = bill(town)
    assert run(town) == {"created": 1}
    assert [row["AN8"] for row in items(town, id)] == [4343]


@pytest.mark.reason("account_not_found")
@pytest.mark.reason("account_not_postable")
def test_lines_without_an_account_of_jde_hold_the_bill(town: BillSite) -> None:
    """Given a line without account, one on an account that was born in BILL, and one on an account that takes no
    postings any more, then their bills wait; a default account lets the first go."""
    none = bill(town, "WEB-1", costs=((None, "10.00"),))
    town.bill.create("chart_of_accounts", {"name": "Petty cash", "account": {"number": "999", "type": "EXPENSE"}})
    strange = bill(town, "WEB-2", costs=(("999", "10.00"),))
    closed = bill(town, "WEB-3", costs=(("40.5010", "10.00"),))
    town.books.account("40.5010", "Housing repairs", posting="I")
    assert run(town) == {"held": 3}
    told = {each.key.partition(":")[2]: (each.reason, each.value) for each in town.exceptions(FLOW)}
    assert told == {
        none: ("account_not_found", "none"),
        strange: ("account_not_found", "999"),
        closed: ("account_not_postable", "40.5010"),
    }
    town.configure(FLOW, default_account="30.5020")
    town.replay(FLOW)
    assert run(town) == {"created": 1, "held": 2}
    assert costs(town, none) == [("30.5020", Decimal(10))]


def test_the_business_unit_may_be_that_of_the_department(town: BillSite) -> None:
    """Given a line on an account of one unit with the department of another
    then the voucher is booked on the account's unit, or by setting on the same account of the department's."""
    housing = town.bill.one("departments", shortName="40")["id"]
    line = {"chartOfAccountId": town.bill.account("30.5010")["id"], "departmentId": housing}
    one = bill(town, "WEB-1", billLineItems=[{"amount": "10.00", "classifications": line}])
    run(town)
    assert costs(town, one) == [("30.5010", Decimal(10))]
    town.configure(FLOW, unit="department")
    other = bill(town, "WEB-2", billLineItems=[{"amount": "10.00", "classifications": line}])
    run(town)
    assert costs(town, other) == [("40.5010", Decimal(10))]


@pytest.mark.reason("natural_key_taken")
@pytest.mark.reason("possible_duplicate")
def test_an_invoice_that_somebody_entered_in_jde_too_is_never_owed_twice(town: BillSite) -> None:
    """Given a voucher of the same supplier and number that was entered in JD Edwards, and two bills of one number
    then the first bill is held, and of the two one goes and the other waits."""
    town.bill.configure(duplicate_invoice_numbers="allow")
    town.books.voucher(4711, invoice="WEB-1")
    taken, first, second = bill(town, "WEB-1"), bill(town, "WEB-2"), bill(town, "WEB-2")
    assert run(town) == {"created": 1, "held": 2}
    told = {each.key.partition(":")[2]: each.reason for each in town.exceptions(FLOW)}
    assert told[taken] == "natural_key_taken" and told[second if link(town, first) else first] == "possible_duplicate"
    assert owed(town) == Decimal(200)


def test_a_bill_in_a_foreign_currency_is_a_foreign_voucher(town: BillSite) -> None:
    """Given a vendor whose bills are in euros, then the voucher is in euros, at the mapped rate in the books."""
    town.configure(FLOW, exchange_rate="mapping")
    town.bill.set("vendors", vendor(town), billCurrency="EUR")
    id = bill(town)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "exchange_rate_not_mapped"
    town.map_value("exchange_rates", "EUR/GBP", "0.85")
    assert run(town) == {"created": 1}
    [item] = items(town, id)
    assert (item["CRCD"], Decimal(item["ACR"]), Decimal(item["AG"])) == ("EUR", Decimal(100), Decimal(85))


@pytest.mark.reason("period_closed")
def test_a_closed_period_holds_a_bill_or_moves_it(town: BillSite) -> None:
    """Given a bill dated in a closed period, then by setting it is held, or dated on the first open day."""
    town.configure(FLOW, closed_period="hold")
    id = bill(town, on="2026-01-15")
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "period_closed"
    town.configure(FLOW, closed_period="first_open_day")
    town.replay(FLOW)
    assert run(town) == {"created": 1}
    [item] = items(town, id)
    assert item["DGJ"] > item["DIVJ"]


@pytest.mark.known_by("mark")
@pytest.mark.reason("revisions_used_up")
def test_there_is_no_tenth_voucher_of_a_bill(town: BillSite) -> None:
    """Given a bill whose ninth voucher was voided when it was archived, when it is restored, then a person is told."""
    town.configure(FLOW, mode="direct")
    id = bill(town)
    run(town)
    [row] = items(town, id)
    town.books.change_items(Entry(row["DOC"], row["DCT"], row["KCO"]), VR01=f"BL-{id}-9")
    for act in ("archive_bill", "restore_bill"):
        town.sandbox.clock.advance(60)
        town.bill.act(act, id=id)
        town.sync(FLOW)
    assert town.exception(FLOW).reason == "revisions_used_up"
    assert entered(town) == [(f"BL-{id}-9", Decimal(100), "void")]


@pytest.mark.reason("payer_settings_differ")
def test_a_status_that_jde_pays_is_refused(town: BillSite) -> None:
    """Given settings by which JD Edwards' payment run would pay these vouchers too, then each bill is held."""
    town.configure(FLOW, unpayable_status="A")
    bill(town)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "payer_settings_differ"


@pytest.mark.as_delivered("jde.batch_remark")
@pytest.mark.reason("many_deleted")
def test_a_bill_out_of_sight_is_not_taken_back(town: BillSite) -> None:
    """Given a voucher of a bill that BILL does not show any more, when all keys are compared, then it is held."""
    id = bill(town)
    run(town)
    held = deepcopy(town.sandbox.systems["bill"].dump())
    del held["bills"][id]
    town.sandbox.systems["bill"].restore(held)
    assert outcomes(town.sweep(FLOW).report) == {"held": 1}
    assert town.exception(FLOW).reason == "many_deleted"
    assert vouchers(town) == [(f"BL-{id}-1", Decimal(100), "H")]

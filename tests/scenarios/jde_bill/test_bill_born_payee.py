"""Who is paid by the voucher of a bill that was born in BILL: its vendor, the voucher's payee or supplier changes."""

from __future__ import annotations

from typing import Any

import bill_originals as born
import pytest
from bill_paid import pay
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class

SUPPLIER, FACTOR = 4343, 4344


@pytest.fixture
def site(testbed: BillSite) -> BillSite:
    """The flow is on, and vouchers are entered at once."""
    born.switched_on(testbed, mode="direct")
    return testbed


def reported(testbed: BillSite) -> tuple[str, str, str]:
    """Reason, severity and field of the flow's only exception."""
    found = testbed.exception(born.FLOW)
    return found.reason, severity_of(found.reason), found.field


def voucher(testbed: BillSite, id: str) -> Entry:
    """The newest voucher of a bill."""
    row = born.items(testbed, id)[-1]
    return Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip())


def owed(testbed: BillSite, id: str) -> list[tuple[int, int, str]]:
    """(supplier, payee, `void` or pay status) of the vouchers of a bill."""
    rows, states = born.items(testbed, id), born.vouchers(testbed, id)
    return [(int(row["AN8"]), int(row["PYE"]), state) for row, (_, _, state) in zip(rows, states, strict=True)]


def give(testbed: BillSite, id: str, vendor: str) -> None:
    """A user of BILL gives a bill to another vendor, and it is approved again."""
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("edit_bill", id=id, set={"vendorId": vendor})
    if testbed.bill.get("bills", id)["approvalStatus"] not in ("APPROVED", "UNASSIGNED"):
        testbed.bill.act("approve_bill", id=id)


def change(testbed: BillSite, id: str, **columns: Any) -> None:
    """A clerk of JD Edwards changes the pay item."""
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(voucher(testbed, id), "", **columns)


def partly_paid(testbed: BillSite, id: str, state: str) -> None:
    """BILL has paid the bill, or a part of it, and it is posted; `open`: nothing."""
    if state == "open":
        return
    testbed.flows |= {"payments": {}}
    pay(testbed, {"id": id, "amount": "100.00" if state == "paid" else "40.00"})
    assert outcomes(testbed.sync("payments")["payments"]) == {"created": 1}


def differing(testbed: BillSite) -> set[tuple[str, str, str]]:
    """(field, source, target) of what `reconcile` finds."""
    with testbed.context() as context:
        found = compare(flow_class("jde_bill", born.FLOW)(context)).differences
    return {(each.field, str(each.source), str(each.target)) for each in found}


@pytest.mark.parametrize("mode", ["direct", "batch"])
def test_the_voucher_follows_the_vendor_of_its_bill(site: BillSite, mode: str) -> None:
    """Given the unpaid voucher of a bill, when the bill is given to another vendor in BILL
    then the voucher is void, and the next revision is the other supplier's."""
    site.configure(born.FLOW, mode=mode)
    id = born.bill(site)
    assert born.run(site) == {"created": 1}
    give(site, id, born.vendor(site, FACTOR))
    assert born.run(site) == {"created": 1}
    assert owed(site, id) == [(SUPPLIER, SUPPLIER, "void"), (FACTOR, FACTOR, "H")]
    assert site.exceptions(born.FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["partly paid", "paid"])
def test_a_vendor_that_changes_once_something_is_paid_is_urgent(site: BillSite, state: str) -> None:
    """Given a bill that BILL has paid, in part or whole, which is posted to its voucher
    when the bill is given to another vendor
    then nothing is changed: it is an exception of high severity with both suppliers and what is open."""
    id = born.bill(site)
    assert born.run(site) == {"created": 1}
    partly_paid(site, id, state)
    site.sandbox.clock.advance(60)
    site.bill.set("bills", id, vendorId=born.vendor(site, FACTOR))
    for _ in range(2):
        assert born.run(site) == {"held": 1}
    assert reported(site) == ("payee_changed", "high", "supplier")
    value = site.exception(born.FLOW).value
    assert f"is supplier {SUPPLIER}'s, BILL has {FACTOR}" in value
    assert ("nothing of it is open" if state == "paid" else "60.00 GBP open") in value
    assert len(owed(site, id)) == 1


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("supplier_not_linked")
def test_a_bill_given_to_a_vendor_whom_jde_does_not_have_is_urgent(site: BillSite) -> None:
    """Given the voucher of a bill
    when the bill is given to a vendor who is no supplier of JD Edwards
    then that is of high severity, beside what it waits for."""
    id = born.bill(site)
    assert born.run(site) == {"created": 1}
    body = {
        "name": "Nobody Ltd",
        "address": {"line1": "1 Quay", "city": "Leeds", "zipOrPostalCode": "LS1 1AA", "country": "GB"},
        "paymentInformation": {},
        "billCurrency": "GBP",
    }
    give(site, id, site.bill.create("vendors", body))
    for _ in range(2):
        assert born.run(site) == {"held": 1}
    assert site.reasons(born.FLOW) == {f"bills:{id}": {"payee_changed", "supplier_not_linked"}}
    assert owed(site, id) == [(SUPPLIER, SUPPLIER, "H")]
    give(site, id, born.vendor(site, FACTOR))
    assert born.run(site) == {"created": 1}
    assert site.exceptions(born.FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["open", "partly paid", "paid"])
@pytest.mark.parametrize("how", ["factored", "merged"])
def test_a_payee_or_supplier_that_changes_in_jde_is_told(site: BillSite, how: str, state: str) -> None:
    """Given the voucher of a bill, in whatever state
    when a clerk of JD Edwards factors it, or its supplier is merged, and nothing moves in BILL
    then the next sync tells it, of high severity, before BILL's payment comes, and undoes nothing; so does `reconcile`.
    A replay does not accept it, since BILL pays its vendor. Put back, it is well."""
    id = born.bill(site)
    assert born.run(site) == {"created": 1}
    partly_paid(site, id, state)
    assert born.run(site) == {"unchanged": 1}
    change(site, id, **({"PYE": FACTOR} if how == "factored" else {"PYE": FACTOR, "AN8": FACTOR}))
    for _ in range(2):
        report = site.sync(born.FLOW)[born.FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert reported(site) == ("payee_changed", "high", "payee" if how == "factored" else "supplier")
    seen = f"{SUPPLIER}, payee {FACTOR}" if how == "factored" else str(FACTOR)
    assert ("supplier", str(SUPPLIER), seen) in differing(site)
    site.replay(born.FLOW)
    assert born.run(site) == {"held": 1}
    change(site, id, PYE=SUPPLIER, AN8=SUPPLIER)
    assert born.run(site) == {"unchanged": 1}
    assert site.exceptions(born.FLOW) == [] and differing(site) == set()


def test_a_supplier_that_is_merged_is_well_once_the_bill_is_the_other_vendors(site: BillSite) -> None:
    """Given a voucher whose supplier was merged in JD Edwards, which is told
    when its bill is given to the other supplier's vendor in BILL
    then both agree on the voucher as it is."""
    id = born.bill(site)
    assert born.run(site) == {"created": 1}
    change(site, id, PYE=FACTOR, AN8=FACTOR)
    assert born.run(site) == {"held": 1}
    give(site, id, born.vendor(site, FACTOR))
    assert born.run(site) == {"unchanged": 1}
    assert owed(site, id) == [(FACTOR, FACTOR, "H")]
    assert site.exceptions(born.FLOW) == []


def test_a_lost_ledger_does_not_take_a_factored_voucher_for_the_bills(site: BillSite) -> None:
    """Given the voucher of a bill, and a ledger that is lost
    when the voucher was factored in JD Edwards meanwhile
    then it is not adopted as if nothing had happened."""
    id = born.bill(site)
    assert born.run(site) == {"created": 1}
    change(site, id, PYE=FACTOR)
    with site.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", born.FLOW, mode="adopt")
        assert born.run(blank) == {"held": 1}
        assert blank.reasons(born.FLOW) == {f"bills:{id}": {"natural_key_taken"}}
    assert len(owed(site, id)) == 1

"""Documents of a supplier that is payable no more: BILL refuses them of an archived vendor, and JDE may pay them."""

from __future__ import annotations

import pytest
from bill_ordered import FLOW as ORDERS
from bill_ordered import ordering
from bill_owed import CREDITS, FLOW, bill_of, item, owing, run
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from vendor_clerk import sync, vendor


def payable(testbed: BillSite, flag: str) -> None:
    """A clerk makes the supplier payable (F0101.ATP), or payable no more, and the vendors are synced."""
    testbed.books.upsert("F0101", {"AN8": 4343, "ATP": flag})
    sync(testbed)


def statuses(testbed: BillSite) -> list[str]:
    """The pay statuses (F0411.PST) of all pay items."""
    return [row["PST"] for row in testbed.sandbox.systems["jde"].dump()["F0411"].values()]


@pytest.mark.reason("supplier_not_payable")
def test_a_voucher_of_a_supplier_that_is_payable_no_more_is_not_handed_over(testbed: BillSite) -> None:
    """Given a supplier whose payables flag is taken away, and an approved voucher and debit memo of it
    when they are synced
    then they are held and stay on their pay status in JD Edwards, which may pay them; once the supplier is payable
    again they go by themselves."""
    owing(testbed, CREDITS)
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    payable(testbed, "N")
    assert vendor(testbed, 4343)["archived"]
    entry = testbed.books.voucher(1)
    testbed.books.voucher(2, costs=(("30.5010", "-5.00"),), items=["-5.00"], kind="PD")
    before = statuses(testbed)
    for _ in range(2):
        assert (run(testbed), run(testbed, CREDITS)) == ({"held": 1}, {"held": 1})
        assert statuses(testbed) == before
    for flow in (FLOW, CREDITS):
        reported = testbed.exception(flow)
        assert (reported.reason, reported.value) == ("supplier_not_payable", "4343")
    payable(testbed, "Y")
    assert (run(testbed), run(testbed, CREDITS)) == ({"created": 1}, {"created": 1})
    assert statuses(testbed) != before
    assert bill_of(testbed, entry)["vendorName"] == "Anvil & Sons"
    assert testbed.exceptions(FLOW) == testbed.exceptions(CREDITS) == []


def test_what_leaves_a_bill_of_such_a_supplier_leaves_it_all_the_same(testbed: BillSite) -> None:
    """Given a bill of a supplier that is payable no more, when its voucher is put off, and then voided, then the bill
    follows: an archived vendor keeps nobody from being paid later, or not at all."""
    owing(testbed)
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = testbed.books.voucher(1)
    assert run(testbed) == {"created": 1}
    payable(testbed, "N")
    item(testbed, entry, DDJ="2026-05-01")
    assert run(testbed) == {"updated": 1}
    assert bill_of(testbed, entry)["dueDate"] == "2026-05-01"
    testbed.books.void(entry)
    assert run(testbed) == {"updated": 1}
    assert bill_of(testbed, entry)["archived"]


@pytest.mark.reason("supplier_not_payable")
def test_an_order_of_such_a_supplier_waits_too(testbed: BillSite) -> None:
    """Given an approved order of a supplier that is payable no more, then no bill is made of it until it is again."""
    buyers = ordering(testbed)
    payable(testbed, "N")
    buyers.order(100234, ("30.5010", "10", "2.50"))
    assert run(testbed, ORDERS) == {"held": 1}
    reported = testbed.exception(ORDERS)
    assert (reported.reason, reported.value) == ("supplier_not_payable", "4343")
    payable(testbed, "Y")
    assert run(testbed, ORDERS) == {"created": 1}

"""Documents of a supplier that is payable no more: BILL refuses them of an archived vendor, and JDE may pay them."""

from __future__ import annotations

import pytest
from bill_ordered import FLOW as ORDERS
from bill_ordered import ordering
from bill_owed import CREDITS, FLOW, bill_of, item, owing, run
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from vendor_desk import sync, vendor


def payable(town: BillSite, flag: str) -> None:
    """A clerk makes the supplier payable (F0101.ATP), or payable no more, and the vendors are synced."""
    town.books.upsert("F0101", {"AN8": 4343, "ATP": flag})
    sync(town)


def statuses(town: BillSite) -> list[str]:
    """The pay statuses (F0411.PST) of all pay items."""
    return [row["PST"] for row in town.sandbox.systems["jde"].dump()["F0411"].values()]


@pytest.mark.reason("supplier_not_payable")
def test_a_voucher_of_a_supplier_that_is_payable_no_more_is_not_handed_over(town: BillSite) -> None:
    """Given a supplier whose payables flag is taken away, and an approved voucher and debit memo of it
    when they are synced
    then they are held and stay on their pay status in JD Edwards, which may pay them; once the supplier is payable
    again they go by themselves."""
    owing(town, CREDITS)
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    payable(town, "N")
    assert vendor(town, 4343)["archived"]
    entry = town.books.voucher(1)
    town.books.voucher(2, costs=(("30.5010", "-5.00"),), items=["-5.00"], kind="PD")
    before = statuses(town)
    for _ in range(2):
        assert (run(town), run(town, CREDITS)) == ({"held": 1}, {"held": 1})
        assert statuses(town) == before
    for flow in (FLOW, CREDITS):
        told = town.exception(flow)
        assert (told.reason, told.value) == ("supplier_not_payable", "4343")
    payable(town, "Y")
    assert (run(town), run(town, CREDITS)) == ({"created": 1}, {"created": 1})
    assert statuses(town) != before
    assert bill_of(town, entry)["vendorName"] == "Anvil & Sons"
    assert town.exceptions(FLOW) == town.exceptions(CREDITS) == []


def test_what_leaves_a_bill_of_such_a_supplier_leaves_it_all_the_same(town: BillSite) -> None:
    """Given a bill of a supplier that is payable no more, when its voucher is put off, and then voided, then the bill
    follows: an archived vendor keeps nobody from being paid later, or not at all."""
    owing(town)
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = town.books.voucher(1)
    assert run(town) == {"created": 1}
    payable(town, "N")
    item(town, entry, DDJ="2026-05-01")
    assert run(town) == {"updated": 1}
    assert bill_of(town, entry)["dueDate"] == "2026-05-01"
    town.books.void(entry)
    assert run(town) == {"updated": 1}
    assert bill_of(town, entry)["archived"]


@pytest.mark.reason("supplier_not_payable")
def test_an_order_of_such_a_supplier_waits_too(town: BillSite) -> None:
    """Given an approved order of a supplier that is payable no more, then no bill is made of it until he is again."""
    buyers = ordering(town)
    payable(town, "N")
    buyers.order(100234, ("30.5010", "10", "2.50"))
    assert run(town, ORDERS) == {"held": 1}
    told = town.exception(ORDERS)
    assert (told.reason, told.value) == ("supplier_not_payable", "4343")
    payable(town, "Y")
    assert run(town, ORDERS) == {"created": 1}

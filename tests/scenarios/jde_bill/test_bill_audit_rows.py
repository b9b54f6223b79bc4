"""A change or a void of a posted voucher leaves an audit row in JD Edwards (DCTA `PE`): it is in the pay item already,
and counts for nothing, whether or not the void leaves the pay item its gross amount."""

from __future__ import annotations

import bill_ordered as ordered
import bill_originals as born
import bill_owed as owing
import bill_paid as paying
import pytest
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_site import outcomes


@pytest.fixture(autouse=True, params=[False, True], ids=["kept", "cleared"])
def _gross(testbed: BillSite, request: pytest.FixtureRequest) -> None:
    testbed.sandbox.post("/options", {"jde": {"void_clears_gross": request.param}})


def corrected_and_void(testbed: BillSite, entry: Entry) -> None:
    """A clerk changes the amount of a posted voucher, and then voids it."""
    testbed.books.post(entry)
    testbed.books.change(entry, "90.00")
    testbed.books.void(entry)


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_of_a_void_voucher_finds_none(testbed: BillSite, corrected: bool) -> None:
    """Given the bill of a voucher that is void, when BILL has paid it all the same
    then the payment finds no voucher, whether or not the voucher was corrected before."""
    paying.switch_on(testbed)
    entry = testbed.books.voucher()
    paying.pay(testbed, paying.bill(testbed, entry, "100.00"))
    if corrected:
        corrected_and_void(testbed, entry)
    else:
        testbed.books.void(entry)
    assert paying.run(testbed) == {"held": 1}
    assert testbed.exception(paying.FLOW).reason == "voucher_not_linked"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_of_an_orders_bill_finds_no_void_voucher(testbed: BillSite) -> None:
    """Given a billed order whose voucher was corrected and voided, when BILL has paid the bill
    then the payment finds no voucher."""
    order = ordered.ordering(testbed).order()
    testbed.flows[paying.FLOW] = {}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    ordered.run(testbed)
    entry = ordered.voucher(testbed, order)
    testbed.books.change(entry, "20.00")
    testbed.books.void(entry)
    paying.pay(testbed, ordered.bill_of(testbed, order)["id"])
    assert ordered.run(testbed, paying.FLOW) == ({"held": 1},)
    assert testbed.exception(paying.FLOW).reason == "voucher_not_linked"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_voucher_of_a_bill_that_was_corrected_is_not_taken_for_paid(testbed: BillSite) -> None:
    """Given the voucher of a bill, corrected by a clerk forth and back, when the bill is archived in BILL
    then the voucher is voided."""
    born.switched_on(testbed)
    id = born.bill(testbed)
    born.run(testbed)
    [row] = born.items(testbed, id)
    entry = Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip())
    testbed.books.post(entry)
    for amount in ("90.00", "100.00"):
        testbed.books.change(entry, amount)
    assert born.run(testbed) == {"unchanged": 1}
    testbed.bill.act("archive_bill", id=id)
    assert born.run(testbed) == {"updated": 1}
    assert testbed.exceptions(born.FLOW) == [] and born.vouchers(testbed, id)[0][2] == "void"


@pytest.mark.parametrize("cost", ["100.00", "-100.00"])
def test_a_posted_voucher_that_is_void_takes_its_bill_or_credit_back(testbed: BillSite, cost: str) -> None:
    """Given a posted voucher whose bill or credit is in BILL, when a clerk voids it, then that is archived; a second
    sync of either flow finds nothing to do."""
    owing.owing(testbed, owing.CREDITS)
    entry = testbed.books.voucher(costs=(("30.5010", cost),))
    flow, other = (owing.FLOW, owing.CREDITS) if cost > "0" else (owing.CREDITS, owing.FLOW)
    assert owing.run(testbed, flow) == {"created": 1}
    testbed.books.void(entry)
    assert owing.run(testbed, flow) == {"updated": 1}
    assert [each["archived"] for each in testbed.bill.all(flow)] == [True]
    reports = testbed.sync(flow, other)
    assert (outcomes(reports[flow]), reports[flow].writes, reports[other].writes) == ({"unchanged": 1}, 0, 0)
    assert testbed.exceptions(flow) == testbed.exceptions(other) == []

"""A change or a void of a posted voucher leaves an audit row in JD Edwards (DCTA `PE`): it is in the pay item already,
and counts for nothing, whether or not the void leaves the pay item its gross amount."""

from __future__ import annotations

import bill_born as born
import bill_ordered as ordered
import bill_owed as owing
import bill_paid as paying
import pytest
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_site import outcomes


@pytest.fixture(autouse=True, params=[False, True], ids=["kept", "cleared"])
def _gross(town: BillSite, request: pytest.FixtureRequest) -> None:
    town.sandbox.post("/options", {"jde": {"void_clears_gross": request.param}})


def corrected_and_void(town: BillSite, entry: Entry) -> None:
    """A clerk changes the amount of a posted voucher, and then voids it."""
    town.books.post(entry)
    town.books.change(entry, "90.00")
    town.books.void(entry)


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_of_a_void_voucher_finds_none(town: BillSite, corrected: bool) -> None:
    """Given the bill of a voucher that is void, when BILL has paid it all the same
    then the payment finds no voucher, whether or not the voucher was corrected before."""
    paying.switch_on(town)
    entry = town.books.voucher()
    paying.pay(town, paying.bill(town, entry, "100.00"))
    if corrected:
        corrected_and_void(town, entry)
    else:
        town.books.void(entry)
    assert paying.run(town) == {"held": 1}
    assert town.exception(paying.FLOW).reason == "voucher_not_linked"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_payment_of_an_orders_bill_finds_no_void_voucher(town: BillSite) -> None:
    """Given a billed order whose voucher was corrected and voided, when BILL has paid the bill
    then the payment finds no voucher."""
    order = ordered.ordering(town).order()
    town.flows[paying.FLOW] = {}
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    ordered.run(town)
    entry = ordered.voucher(town, order)
    town.books.change(entry, "20.00")
    town.books.void(entry)
    paying.pay(town, ordered.bill_of(town, order)["id"])
    assert ordered.run(town, paying.FLOW) == ({"held": 1},)
    assert town.exception(paying.FLOW).reason == "voucher_not_linked"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_voucher_of_a_bill_that_was_corrected_is_not_taken_for_paid(town: BillSite) -> None:
    """Given the voucher of a bill, corrected by a clerk forth and back, when the bill is archived in BILL
    then the voucher is voided."""
    born.switched_on(town)
    id = born.bill(town)
    born.run(town)
    [row] = born.items(town, id)
    entry = Entry(row["DOC"], row["DCT"].strip(), row["KCO"].strip())
    town.books.post(entry)
    for amount in ("90.00", "100.00"):
        town.books.change(entry, amount)
    assert born.run(town) == {"unchanged": 1}
    town.bill.act("archive_bill", id=id)
    assert born.run(town) == {"updated": 1}
    assert town.exceptions(born.FLOW) == [] and born.vouchers(town, id)[0][2] == "void"


@pytest.mark.parametrize("cost", ["100.00", "-100.00"])
def test_a_posted_voucher_that_is_void_takes_its_bill_or_credit_back(town: BillSite, cost: str) -> None:
    """Given a posted voucher whose bill or credit is in BILL, when a clerk voids it, then that is archived; a second
    sync of either flow finds nothing to do."""
    owing.owing(town, owing.CREDITS)
    entry = town.books.voucher(costs=(("30.5010", cost),))
    flow, other = (owing.FLOW, owing.CREDITS) if cost > "0" else (owing.CREDITS, owing.FLOW)
    assert owing.run(town, flow) == {"created": 1}
    town.books.void(entry)
    assert owing.run(town, flow) == {"updated": 1}
    assert [each["archived"] for each in town.bill.all(flow)] == [True]
    reports = town.sync(flow, other)
    assert (outcomes(reports[flow]), reports[flow].writes, reports[other].writes) == ({"unchanged": 1}, 0, 0)
    assert town.exceptions(flow) == town.exceptions(other) == []

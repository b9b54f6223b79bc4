"""A change of a posted voucher leaves an audit row in JD Edwards (DCTA `PE`): it is in the pay item already, and counts
for nothing."""

from __future__ import annotations

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_born import act, born, paid
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.integrations.jde_coupa.discrepancies import discrepancies
from connector_assets.integrations.jde_coupa.papers import Papers


@pytest.fixture
def payables(town: Site) -> Payables:
    """Coupa's and JD Edwards' clerks."""
    return Payables(town)


def corrected_and_back(town: Site, entry: Entry, amount: str) -> None:
    """A clerk changes the amount of a voucher after it was posted, and then finds that it was right."""
    town.books.post(entry)
    for each in ("90.00", amount):
        town.books.change(entry, each)


def voucher_of(payables: Payables, id: int) -> Entry:
    """The voucher of an invoice that was born in Coupa."""
    [row] = payables.items(id)
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def test_a_voucher_that_was_corrected_is_not_taken_for_paid(town: Site, payables: Payables) -> None:
    """Given the voucher of an invoice, corrected by a clerk forth and back, when the invoice is voided in Coupa
    then the voucher is voided."""
    id = payables.invoice()
    town.sync(FLOW)
    corrected_and_back(town, voucher_of(payables, id), "100.00")
    assert outcomes(town.sync(FLOW)[FLOW]) == {"unchanged": 1}
    payables.act("void_invoice", id=id)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"updated": 1}
    assert town.exceptions(FLOW) == [] and payables.vouchers(id)[0][2] == "void"


def test_a_corrected_voucher_that_a_clerk_voids_is_a_conflict(town: Site, payables: Payables) -> None:
    """Given the same voucher, when a clerk voids it, then the next sync tells it."""
    id = payables.invoice()
    town.sync(FLOW)
    entry = voucher_of(payables, id)
    corrected_and_back(town, entry, "100.00")
    town.books.void(entry)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert town.exception(FLOW).value == entry.key


def test_a_corrected_voucher_and_its_invoice_agree(town: Site) -> None:
    """Given a voucher that was corrected before it was sent, when the papers are put side by side, then they agree;
    once it is void, there is nothing to compare."""
    entry = town.books.voucher(costs=(("30.5010", "130.00"),))
    town.books.change(entry, "100.00")
    town.books.post(entry)
    town.sync("invoices")

    def compared() -> tuple[int, int]:
        with town.bench() as bench:
            for source in Papers.sources:
                reader = bench.reader(source.role)
                if source.daily:
                    reader.land_window(source.entity, town.start, town.clock.now().date())
                else:
                    reader.land_snapshot(source.entity)
            matters = Papers(bench).of(town.start, town.clock.now().date())
            return len(matters), len(list(discrepancies(matters)))

    assert compared() == (1, 0)
    town.books.void(entry)
    assert compared() == (0, 0)


def test_the_payment_of_a_corrected_voucher_is_told_to_its_invoice(town: Site) -> None:
    """Given an invoice of 120.00 and its voucher, which a clerk had entered as 100.00 and corrected
    when JD Edwards pays it, then the payment is told to the invoice."""
    town.flows["payments_to_coupa"] = {}
    found = born(town)
    town.books.change_items(found.voucher, "100.00")
    town.books.change(found.voucher, "120.00")
    town.books.pay(found.voucher)
    assert outcomes(town.sync("payments_to_coupa")["payments_to_coupa"]) == {"adopted": 1}
    assert paid(town, found.id)[0]


def test_a_corrected_voucher_that_is_void_is_not_paid(town: Site) -> None:
    """Given a voucher that was corrected, sent to Coupa and voided, when Coupa Pay has paid its invoice all the same
    then the payment finds no voucher."""
    flow = "payments_to_jde"
    town.flows[flow] = {}
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = town.books.voucher()
    corrected_and_back(town, entry, "100.00")
    town.books.post(entry)
    town.sync("invoices")
    town.spend.approve("INV-4711")
    town.books.void(entry)
    act(town, "make_payment", invoices=[{"where": {"invoice-number": "INV-4711"}}], status="completed_successfully")
    assert outcomes(town.sync(flow)[flow]) == {"held": 1}
    assert town.exception(flow).reason == "voucher_not_linked"

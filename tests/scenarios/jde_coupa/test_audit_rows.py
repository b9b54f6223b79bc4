"""A change or a void of a posted voucher leaves an audit row in JD Edwards (DCTA `PE`): it is in the pay item already,
and counts for nothing, whether or not the void leaves the pay item its gross amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from coupa_originals import act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.documents.three_way_match import discrepancies
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.three_way_match.reading import ThreeWayMatch


@pytest.fixture(autouse=True, params=[False, True], ids=["kept", "cleared"])
def _gross(testbed: Site, request: pytest.FixtureRequest) -> None:
    testbed.sandbox.post("/options", {"jde": {"void_clears_gross": request.param}})


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Coupa's and JD Edwards' clerks."""
    return Payables(testbed)


def corrected_and_back(testbed: Site, entry: Entry, amount: str) -> None:
    """A clerk changes the amount of a voucher after it was posted, and then finds that it was right."""
    testbed.books.post(entry)
    for each in ("90.00", amount):
        testbed.books.change(entry, each)


def voucher_of(payables: Payables, id: int) -> Entry:
    """The voucher of an invoice that was born in Coupa."""
    [row] = payables.items(id)
    return Entry(row["DOC"], row["DCT"], row["KCO"])


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_voucher_that_was_corrected_is_not_taken_for_paid(testbed: Site, payables: Payables) -> None:
    """Given the voucher of an invoice, corrected by a clerk forth and back, when the invoice is voided in Coupa
    then the voucher is voided."""
    id = payables.invoice()
    testbed.sync(FLOW)
    corrected_and_back(testbed, voucher_of(payables, id), "100.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert testbed.exceptions(FLOW) == [] and payables.vouchers(id)[0][2] == "void"


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_corrected_voucher_that_a_clerk_voids_is_a_conflict(testbed: Site, payables: Payables) -> None:
    """Given the same voucher, when a clerk voids it, then the next sync tells it."""
    id = payables.invoice()
    testbed.sync(FLOW)
    entry = voucher_of(payables, id)
    corrected_and_back(testbed, entry, "100.00")
    testbed.books.void(entry)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert testbed.exception(FLOW).value == entry.key


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_corrected_voucher_and_its_invoice_agree(testbed: Site) -> None:
    """Given a voucher that was corrected before it was sent, when the papers are put side by side, then they agree;
    once it is void, there is nothing to compare."""
    entry = testbed.books.voucher(costs=(("30.5010", "130.00"),))
    testbed.books.change(entry, "100.00")
    testbed.books.post(entry)
    testbed.sync("invoices")

    def compared() -> tuple[int, int]:
        with testbed.context() as context:
            for source in ThreeWayMatch.sources:
                reader = context.reader(source.role)
                if source.daily:
                    reader.land_window(source.entity, testbed.start, testbed.clock.now().date())
                else:
                    reader.land_snapshot(source.entity)
            matters = ThreeWayMatch(context).of(testbed.start, testbed.clock.now().date())
            return len(matters), len(list(discrepancies(matters)))

    assert compared() == (1, 0)
    testbed.books.void(entry)
    assert compared() == (0, 0)


@pytest.mark.as_delivered("jde.changed_rows")
def test_the_payment_of_a_corrected_voucher_is_told_to_its_invoice(testbed: Site) -> None:
    """Given an invoice of 120.00 and its voucher, which a clerk had entered as 100.00 and corrected
    when JD Edwards pays it, then the payment is told to the invoice."""
    testbed.flows["payments_to_coupa"] = {}
    found = born(testbed)
    testbed.books.change_items(found.voucher, "100.00")
    testbed.books.change(found.voucher, "120.00")
    testbed.books.pay(found.voucher)
    assert outcomes(testbed.sync("payments_to_coupa")["payments_to_coupa"]) == {"adopted": 1}
    assert paid(testbed, found.id)[0]


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_corrected_voucher_that_is_void_is_not_paid(testbed: Site) -> None:
    """Given a voucher that was corrected, sent to Coupa and voided, when Coupa Pay has paid its invoice all the same
    then the payment finds no voucher."""
    flow = "payments_to_jde"
    testbed.flows[flow] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = testbed.books.voucher()
    corrected_and_back(testbed, entry, "100.00")
    testbed.books.post(entry)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.books.void(entry)
    act(testbed, "make_payment", invoices=[{"where": {"invoice-number": "INV-4711"}}], status="completed_successfully")
    assert outcomes(testbed.sync(flow)[flow]) == {"held": 1}
    assert testbed.exception(flow).reason == "voucher_not_linked"


def test_a_posted_voucher_that_is_void_takes_its_invoice_back(testbed: Site, payables: Payables) -> None:
    """Given a posted voucher of two pay items that was sent to Coupa, when a clerk voids it, then JD Edwards has an
    audit row of each pay item, and the invoice is void; a second sync finds nothing to do, and reconciliation
    nothing to tell."""
    entry = testbed.books.voucher(items=("60.00", "40.00"), costs=(("30.5010", "100.00"),))
    testbed.sync()
    testbed.books.void(entry)
    audit = [row for row in payables.rows("F0411") if row.get("DCTA") == "PE"]
    assert sorted((row["SFX"], row["SFXE"], Decimal(row["AG"]), row["VOD"], row["PST"]) for row in audit) == [
        ("001", 1, Decimal(-60), "V", "P"),
        ("002", 1, Decimal(-40), "V", "P"),
    ]
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "voided"
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes, testbed.exceptions("invoices")) == ({"unchanged": 1}, 0, [])
    assert differing(testbed, "invoices") == []


def test_a_posted_voucher_that_is_void_is_not_paid_by_coupa(testbed: Site, payables: Payables) -> None:
    """Given a posted voucher that Coupa Pay pays as an external payable, when a clerk voids it, then Coupa can pay it
    no more, and a second sync finds nothing to do."""
    testbed.configure("invoices", mode="external_payables")
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = testbed.books.voucher(tax="20.00")
    testbed.sync()
    testbed.books.void(entry)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.one("payables/external/payables")["status"] == "voided"
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes, testbed.exceptions("invoices")) == ({"unchanged": 1}, 0, [])


def test_a_voucher_that_we_voided_after_it_was_posted_stays_settled(testbed: Site, payables: Payables) -> None:
    """Given the posted voucher of an invoice that was born in Coupa, when the invoice is voided there, then its voucher
    is voided, once, and reconciliation finds both alike."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.post(voucher_of(payables, id))
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert [row.get("DCTA", "").strip() for row in payables.rows("F0411")] == ["", "PE"]
    testbed.sandbox.clock.advance(60)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, testbed.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])
    assert differing(testbed, FLOW) == []


def test_a_corrected_invoice_of_a_posted_voucher_has_one_voucher_in_force(testbed: Site, payables: Payables) -> None:
    """Given the posted voucher of an invoice that was born in Coupa, when the invoice changes its amount, then the
    voucher is void and the next one is of the new amount: the audit row of the void is in neither."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.post(voucher_of(payables, id))
    testbed.sandbox.clock.advance(60)
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    standing = [row for row in payables.rows("F0411") if not row.get("VOD", "").strip()]
    assert [Decimal(row["AG"]) for row in standing] == [Decimal(120)]
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)
    assert differing(testbed, FLOW) == []


def differing(testbed: Site, flow: str) -> list[str]:
    """What reconciliation finds that the two systems say otherwise."""
    with testbed.context() as context:
        found = compare(testbed._flow(context, flow))
    return [each.key for each in found.differences]

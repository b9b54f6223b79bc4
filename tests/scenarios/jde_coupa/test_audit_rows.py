"""A change or a void of a posted voucher leaves an audit row in JD Edwards (DCTA `PE`): it is in the pay item already,
and counts for nothing, whether or not the void leaves the pay item its gross amount."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_born import act, born, paid
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.documents.three_way_match import discrepancies
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.three_way_match.reading import ThreeWayMatch


@pytest.fixture(autouse=True, params=[False, True], ids=["kept", "cleared"])
def _gross(town: Site, request: pytest.FixtureRequest) -> None:
    town.sandbox.post("/options", {"jde": {"void_clears_gross": request.param}})


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


@pytest.mark.as_delivered("jde.changed_rows")
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


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_corrected_voucher_that_a_clerk_voids_is_a_conflict(town: Site, payables: Payables) -> None:
    """Given the same voucher, when a clerk voids it, then the next sync tells it."""
    id = payables.invoice()
    town.sync(FLOW)
    entry = voucher_of(payables, id)
    corrected_and_back(town, entry, "100.00")
    town.books.void(entry)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert town.exception(FLOW).value == entry.key


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_corrected_voucher_and_its_invoice_agree(town: Site) -> None:
    """Given a voucher that was corrected before it was sent, when the papers are put side by side, then they agree;
    once it is void, there is nothing to compare."""
    entry = town.books.voucher(costs=(("30.5010", "130.00"),))
    town.books.change(entry, "100.00")
    town.books.post(entry)
    town.sync("invoices")

    def compared() -> tuple[int, int]:
        with town.context() as context:
            for source in ThreeWayMatch.sources:
                reader = context.reader(source.role)
                if source.daily:
                    reader.land_window(source.entity, town.start, town.clock.now().date())
                else:
                    reader.land_snapshot(source.entity)
            matters = ThreeWayMatch(context).of(town.start, town.clock.now().date())
            return len(matters), len(list(discrepancies(matters)))

    assert compared() == (1, 0)
    town.books.void(entry)
    assert compared() == (0, 0)


@pytest.mark.as_delivered("jde.changed_rows")
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


@pytest.mark.as_delivered("jde.changed_rows")
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


def test_a_posted_voucher_that_is_void_takes_its_invoice_back(town: Site, payables: Payables) -> None:
    """Given a posted voucher of two pay items that was sent to Coupa, when a clerk voids it, then JD Edwards has an
    audit row of each pay item, and the invoice is void; a second sync finds nothing to do, and reconciliation
    nothing to tell."""
    entry = town.books.voucher(items=("60.00", "40.00"), costs=(("30.5010", "100.00"),))
    town.sync()
    town.books.void(entry)
    audit = [row for row in payables.rows("F0411") if row.get("DCTA") == "PE"]
    assert sorted((row["SFX"], row["SFXE"], Decimal(row["AG"]), row["VOD"], row["PST"]) for row in audit) == [
        ("001", 1, Decimal(-60), "V", "P"),
        ("002", 1, Decimal(-40), "V", "P"),
    ]
    assert outcomes(town.sync("invoices")["invoices"]) == {"updated": 1}
    assert town.spend.invoice("INV-4711")["status"] == "voided"
    report = town.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes, town.exceptions("invoices")) == ({"unchanged": 1}, 0, [])
    assert differing(town, "invoices") == []


def test_a_posted_voucher_that_is_void_is_not_paid_by_coupa(town: Site, payables: Payables) -> None:
    """Given a posted voucher that Coupa Pay pays as an external payable, when a clerk voids it, then Coupa can pay it
    no more, and a second sync finds nothing to do."""
    town.configure("invoices", mode="external_payables")
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = town.books.voucher(tax="20.00")
    town.sync()
    town.books.void(entry)
    assert outcomes(town.sync("invoices")["invoices"]) == {"updated": 1}
    assert town.spend.one("payables/external/payables")["status"] == "voided"
    report = town.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes, town.exceptions("invoices")) == ({"unchanged": 1}, 0, [])


def test_a_voucher_that_we_voided_after_it_was_posted_stays_settled(town: Site, payables: Payables) -> None:
    """Given the posted voucher of an invoice that was born in Coupa, when the invoice is voided there, then its voucher
    is voided, once, and reconciliation finds both alike."""
    id = payables.invoice()
    town.sync(FLOW)
    town.books.post(voucher_of(payables, id))
    payables.act("void_invoice", id=id)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"updated": 1}
    assert [row.get("DCTA", "").strip() for row in payables.rows("F0411")] == ["", "PE"]
    town.sandbox.clock.advance(60)
    report = town.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes, town.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])
    assert differing(town, FLOW) == []


def test_a_corrected_invoice_of_a_posted_voucher_has_one_voucher_in_force(town: Site, payables: Payables) -> None:
    """Given the posted voucher of an invoice that was born in Coupa, when the invoice changes its amount, then the
    voucher is void and the next one is of the new amount: the audit row of the void is in neither."""
    id = payables.invoice()
    town.sync(FLOW)
    town.books.post(voucher_of(payables, id))
    town.sandbox.clock.advance(60)
    payables.change(id, "120.00")
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    standing = [row for row in payables.rows("F0411") if not row.get("VOD", "").strip()]
    assert [Decimal(row["AG"]) for row in standing] == [Decimal(120)]
    report = town.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)
    assert differing(town, FLOW) == []


def differing(town: Site, flow: str) -> list[str]:
    """What reconciliation finds that the two systems say otherwise."""
    with town.context() as context:
        found = compare(town._flow(context, flow))
    return [each.key for each in found.differences]

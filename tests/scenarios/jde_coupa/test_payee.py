"""Who is paid: the payee or the supplier of a voucher changes in JD Edwards, or somebody repoints its invoice."""

from __future__ import annotations

import pytest
from coupa_originals import act
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class

SUPPLIER, FACTOR = 4343, 4344
FLOW = "invoices"


def run(testbed: Site) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(testbed.sync(FLOW)[FLOW])


def item(testbed: Site, entry: Entry, suffix: str = "001", **columns: int) -> None:
    """Change columns of one pay item in JD Edwards."""
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": suffix, "SFXE": 0}
    testbed.books.upsert("F0411", key | columns)


def reported(testbed: Site) -> tuple[str, str]:
    """Reason and severity of the flow's only exception."""
    reason = testbed.exception(FLOW).reason
    return reason, severity_of(reason)


def coupa_pays(testbed: Site, mode: str) -> None:
    """Coupa Pay pays the vouchers of JD Edwards: as external payables, or as invoices of its own."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.configure(FLOW, mode=mode, handed_over_status="Y")
    if mode == "invoices_draft":
        testbed.flows["payments_to_jde"] = {}


def supplier_of(testbed: Site, number: str) -> str:
    """The number of an invoice's supplier in Coupa."""
    return str(testbed.spend.invoice(number)["supplier"]["number"])


def test_a_draft_follows_the_supplier_of_its_voucher(testbed: Site) -> None:
    """Given a draft
    when the supplier is merged into another in JD Edwards
    then the draft is the other one's."""
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    item(testbed, entry, AN8=FACTOR, PYE=FACTOR)
    assert run(testbed) == {"updated": 1}
    assert supplier_of(testbed, "INV-4711") == str(FACTOR)


@pytest.mark.reason("payee_changed")
def test_a_submitted_invoice_whose_supplier_changed_is_urgent(testbed: Site) -> None:
    """Given an invoice that approvers have already
    when the supplier of its voucher is merged into another in JD Edwards
    then nothing is changed behind their backs: it is an exception of high severity with both suppliers."""
    testbed.configure(FLOW, submit=True)
    entry = testbed.books.voucher()
    assert run(testbed)["created"] == 1
    item(testbed, entry, AN8=FACTOR, PYE=FACTOR)
    assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high")
    assert f"supplier {SUPPLIER}, ours {FACTOR}" in testbed.exception(FLOW).value
    assert supplier_of(testbed, "INV-4711") == str(SUPPLIER)


@pytest.mark.reason("payee_changed")
def test_an_invoice_that_somebody_gives_to_another_supplier_in_coupa_is_urgent(testbed: Site) -> None:
    """Given a draft as JD Edwards has it
    when somebody gives it to another supplier in Coupa and nothing changes in JD Edwards
    then the next sync says so, of high severity, and so does `reconcile`; given back, it is well again."""
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    id = testbed.spend.invoice("INV-4711")["id"]
    testbed.spend.set("invoices", id, supplier={"id": testbed.spend.supplier(FACTOR)["id"]})
    assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high")
    with testbed.context() as context:
        differing = compare(flow_class("jde_coupa", FLOW)(context)).differences
    assert ("supplier", str(SUPPLIER), str(FACTOR)) in [(each.field, each.source, each.target) for each in differing]
    testbed.spend.set("invoices", id, supplier={"id": testbed.spend.supplier(SUPPLIER)["id"]})
    assert run(testbed) == {"unchanged": 1}
    assert not testbed.exceptions(FLOW)


def test_jde_wins_over_who_repoints_a_draft_where_the_site_says_so(testbed: Site) -> None:
    """Given `on_conflict: source`
    when somebody gives a draft to another supplier in Coupa
    then it is given back to the voucher's."""
    testbed.configure(FLOW, on_conflict="source")
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    testbed.sandbox.clock.advance(60)
    id = testbed.spend.invoice("INV-4711")["id"]
    testbed.spend.set("invoices", id, supplier={"id": testbed.spend.supplier(FACTOR)["id"]})
    assert run(testbed) == {"updated": 1}
    assert supplier_of(testbed, "INV-4711") == str(SUPPLIER)
    assert run(testbed) == {"unchanged": 1}


def test_who_is_paid_makes_no_difference_where_jde_pays(testbed: Site) -> None:
    """Given a site whose vouchers JD Edwards pays, and Coupa shows
    when the payee of a voucher is a factor
    then its invoice is the supplier's as before: JD Edwards pays the factor by itself."""
    entry = testbed.books.voucher()
    item(testbed, entry, PYE=FACTOR)
    assert run(testbed) == {"created": 1}
    assert supplier_of(testbed, "INV-4711") == str(SUPPLIER)


@pytest.mark.reason("factored")
@pytest.mark.parametrize("mode", ["external_payables", "invoices_draft"])
def test_a_factored_voucher_is_not_given_to_coupa_pay(testbed: Site, mode: str) -> None:
    """Given a site whose vouchers Coupa Pay pays
    when a voucher, or one of its pay items, is to be paid to another than its supplier
    then it is held, and goes once its payee is the supplier."""
    coupa_pays(testbed, mode)
    entry = testbed.books.voucher(items=("60.00", "40.00"))
    item(testbed, entry, "002", PYE=FACTOR)
    assert run(testbed) == {"held": 1}
    assert reported(testbed)[0] == "factored"
    item(testbed, entry, "002", PYE=SUPPLIER)
    assert run(testbed)["created"] == 1


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("mode", ["external_payables", "invoices_draft"])
@pytest.mark.parametrize("columns", [{"PYE": FACTOR}, {"AN8": FACTOR, "PYE": FACTOR}], ids=["factored", "merged"])
def test_a_payee_that_changes_while_coupa_pay_may_pay_is_urgent(
    testbed: Site, mode: str, columns: dict[str, int]
) -> None:
    """Given a voucher that Coupa Pay pays
    when its payee changes in JD Edwards, or its supplier by a merge
    then it is an exception of high severity; a draft follows a merge, as nobody can pay it yet."""
    coupa_pays(testbed, mode)
    entry = testbed.books.voucher()
    assert run(testbed)["created"] == 1
    item(testbed, entry, **columns)
    if mode == "invoices_draft" and "AN8" in columns:
        assert run(testbed)["updated"] == 1
        assert supplier_of(testbed, "INV-4711") == str(FACTOR)
        item(testbed, entry, PYE=SUPPLIER)
    assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high")


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("change", ["factored", "merged", "repointed"])
@pytest.mark.parametrize("state", ["submitted", "approved", "in payment", "partly paid", "paid"])
def test_a_changed_party_is_urgent_in_every_state_of_an_invoice(testbed: Site, state: str, change: str) -> None:
    """Given an invoice that Coupa Pay pays, on its way or paid, which is not yet booked
    when its voucher is factored, its supplier merged, or somebody gives it to another supplier in Coupa
    then nothing is changed: it is an exception of high severity; put back, it is well."""
    coupa_pays(testbed, "invoices_draft")
    testbed.configure(FLOW, submit=True)
    entry = testbed.books.voucher()
    assert run(testbed)["created"] == 1
    id = int(testbed.spend.invoice("INV-4711")["id"])
    if state != "submitted":
        testbed.spend.approve("INV-4711")
    if state not in ("submitted", "approved"):
        paid = "payment_initiated" if state == "in payment" else "completed_successfully"
        part = {"id": id} | ({"amount": "40.00"} if state == "partly paid" else {})
        act(testbed, "make_payment", invoices=[part], status=paid, date="2026-03-02")
    run(testbed)
    testbed.sandbox.clock.advance(60)
    if change == "repointed":
        testbed.spend.set("invoices", id, supplier={"id": testbed.spend.supplier(FACTOR)["id"]})
    else:
        item(testbed, entry, **({"PYE": FACTOR} if change == "factored" else {"AN8": FACTOR, "PYE": FACTOR}))
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert reported(testbed) == ("payee_changed", "high")
    testbed.sandbox.clock.advance(60)
    item(testbed, entry, AN8=SUPPLIER, PYE=SUPPLIER)
    testbed.spend.set("invoices", id, supplier={"id": testbed.spend.supplier(SUPPLIER)["id"]})
    run(testbed)
    assert not testbed.exceptions(FLOW)


def test_a_factored_voucher_may_be_the_payees_own(testbed: Site) -> None:
    """Given `factored: payee` where Coupa Pay pays
    when a voucher is to be paid to a factor, who is a supplier in Coupa
    then its invoice is the factor's."""
    coupa_pays(testbed, "invoices_draft")
    testbed.configure(FLOW, factored="payee")
    entry = testbed.books.voucher()
    item(testbed, entry, PYE=FACTOR)
    assert run(testbed)["created"] == 1
    assert supplier_of(testbed, "INV-4711") == str(FACTOR)


@pytest.mark.reason("paid_to_another")
def test_a_payment_of_coupa_pay_to_another_than_the_payee_is_not_booked(testbed: Site) -> None:
    """Given an invoice that Coupa Pay has paid to its supplier
    when its voucher is to be paid to a factor by then
    then the payment is held, of high severity, and booked once the voucher names who was paid."""
    coupa_pays(testbed, "invoices_draft")
    entry = testbed.books.voucher()
    assert run(testbed)["created"] == 1
    testbed.spend.approve("INV-4711")
    id = testbed.spend.invoice("INV-4711")["id"]
    act(testbed, "make_payment", invoices=[{"id": id}], status="completed_successfully", date="2026-03-02")
    item(testbed, entry, PYE=FACTOR)
    assert outcomes(testbed.sync("payments_to_jde")["payments_to_jde"]) == {"held": 1}
    exception = testbed.exception("payments_to_jde")
    assert (exception.reason, exception.value) == ("paid_to_another", str(SUPPLIER))
    assert severity_of(exception.reason) == "high"
    item(testbed, entry, PYE=SUPPLIER)
    testbed.replay("payments_to_jde")
    assert outcomes(testbed.sync("payments_to_jde")["payments_to_jde"]) == {"created": 1}

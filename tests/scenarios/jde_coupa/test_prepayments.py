"""Prepayments of JD Edwards, which are no invoices."""

from __future__ import annotations

from scenario_books import Entry
from scenario_site import Site, outcomes

FLOW = "invoices"


def prepaid(testbed: Site, waiting: str = "H") -> Entry:
    """A clerk enters a prepayment of 100.00: JD Edwards distributes none of it, and the part to be taken off waits."""
    entry = testbed.books.voucher(costs=[], items=["100.00", "-100.00"])
    for suffix, status in (("001", "A"), ("002", waiting)):
        named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": suffix, "SFXE": 0}
        testbed.books.upsert("F0411", named | {"RP1": "1", "PST": status})
    return entry


def test_a_prepayment_is_no_invoice_where_jd_edwards_pays(testbed: Site) -> None:
    """Given a prepayment, when vouchers are synced, then it is left alone by a rule of its own: nothing is invoiced."""
    prepaid(testbed)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.rules()) == ({"ignored": 1}, {"prepayment": 1})
    assert testbed.spend.all("invoices") == []


def test_a_prepayment_is_held_where_coupa_pays(testbed: Site) -> None:
    """Given a site where Coupa Pay pays JD Edwards' vouchers, then a prepayment is held: it has no distribution."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.configure(FLOW, mode="external_payables")
    prepaid(testbed, waiting="A")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "prepayment"
    assert testbed.spend.state()["external_payables"]["count"] == 0

"""By what vouchers are known where the site does not say so: a new home, one that made vouchers under the mark, and one
that lost its ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest
import scenario_keys
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

UNSAID = {"voucher_key": None}


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


def reported(site: Site) -> str:
    """What `ping` says of how vouchers are known."""
    with site.context() as context:
        return site._flow(context, FLOW).startup_notes()[0]


def marks(payables: Payables) -> list[tuple[str, str]]:
    """(VR01, `void` or pay status) of all vouchers of our user, by document number."""
    rows = sorted(payables.rows("F0411"), key=lambda row: row["DOC"])
    return [
        (row.get("VR01", ""), "void" if row.get("VOD") == "V" else row["PST"])
        for row in rows
        if row.get("TORG") == scenario_keys.US and row.get("DCTA") != "PE"
    ]


def test_a_new_home_needs_no_mark(testbed: Site, payables: Payables) -> None:
    """Given a new home that does not say by what vouchers are known, and a JD Edwards that drops marks
    when invoices become vouchers, then they are known by supplier and invoice number, and a change is followed."""
    assert "voucher_key" not in testbed.flows[FLOW]
    id = payables.invoice("WEB-1")
    assert reported(testbed) == "vouchers are known by supplier_invoice: no voucher was made under a mark"
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert marks(payables) == [("", "void"), ("", "A")]
    assert reported(testbed) == "vouchers are known by supplier_invoice: this home has made vouchers so"


@pytest.mark.known_by("mark")
def test_a_home_of_before_goes_on_by_the_mark_until_it_is_changed(testbed: Site, payables: Payables) -> None:
    """Given a home of before, whose ledger has links of vouchers with a mark and no word of how they are known
    when the setting is not there, then it goes on by the mark; once the setting says supplier and invoice number it is
    so, and stays so when the setting goes again: what bears no mark would not be found by it."""
    id = payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.configure(FLOW, **UNSAID)
    assert reported(testbed).startswith("vouchers are known by mark: this home has made vouchers under the mark; ")
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert marks(payables) == [(f"CPA-{id}-1", "void"), (f"CPA-{id}-2", "A")]
    testbed.configure(FLOW, voucher_key="supplier_invoice")
    payables.change(id, "130.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.configure(FLOW, **UNSAID)
    assert reported(testbed) == "vouchers are known by supplier_invoice: this home has made vouchers so"
    payables.change(id, "140.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert marks(payables)[2:] == [("", "void"), ("", "A")]


@pytest.mark.known_by("mark")
def test_a_lost_ledger_asks_jd_edwards_once_for_marks(testbed: Site, payables: Payables) -> None:
    """Given vouchers with our mark in JD Edwards, and a home that lost its ledger and does not say how they are known
    when it begins anew, then JD Edwards is asked once for marks, and the home goes on by the mark: nothing is made a
    second time."""
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.configure(FLOW, **UNSAID)
    with testbed.forgetting() as blank:
        assert "JD Edwards holds vouchers with our mark in VR01" in reported(blank)
        assert outcomes(blank.sync(FLOW, mode="adopt")[FLOW]) == {"adopted": 1}
        # it is remembered: that the marks go later changes nothing
        blank.books.change_items(_entry(payables), VR01="")
        assert "JD Edwards holds vouchers with our mark in VR01" in reported(blank)
    assert marks(payables) == [("", "A")]


@pytest.mark.as_delivered("jde.entry_reference")
def test_a_column_that_is_named_is_meant(testbed: Site, payables: Payables) -> None:
    """Given a home that names the column of the mark and says nothing else, then vouchers are known by the mark; the
    first that JD Edwards does not keep the mark of stops the flow."""
    testbed.configure(FLOW, mark_column="VR01")
    payables.invoice("WEB-1")
    payables.invoice("WEB-2")
    assert reported(testbed).startswith("vouchers are known by mark: mark_column is set, and voucher_key is not; ")
    report = testbed.sync(FLOW)[FLOW]
    assert report.error is not None and "did not keep our mark in VR01" in str(report.error)
    assert len(payables.rows("F0411")) == 1


@pytest.mark.as_delivered("jde.batch_reference", "jde.write_back", "jde.purge_processed")
@pytest.mark.reason("voucher_not_recognised")
def test_a_batch_that_drops_the_mark_is_told_and_nothing_is_made_again(testbed: Site, payables: Payables) -> None:
    """Given a site that says `mark`, and a batch processor that drops it as the vendor's does
    when invoices become vouchers, then of the first it is told that its voucher was not recognised, and no run makes
    another, of it or of the next invoice."""
    testbed.configure(FLOW, mode="batch", voucher_key="mark")
    payables.invoice("WEB-1")
    payables.invoice("WEB-2")
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert outcomes(report) == {"held": 1, "ignored": 1}
        assert testbed.exception(FLOW).reason == "voucher_not_recognised"
    assert [Decimal(row["AG"]) for row in payables.rows("F0411")] == [Decimal(100)]


def _entry(payables: Payables) -> Entry:
    [row] = payables.rows("F0411")
    return Entry(row["DOC"], row["DCT"], row["KCO"])

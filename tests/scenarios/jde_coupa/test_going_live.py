"""Going live on a Coupa that already holds data: plan first, then adopt or baseline."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_books import YESTERDAY
from scenario_site import Site, outcome, outcomes, planned, tally


@pytest.fixture
def grown(testbed: Site) -> Site:
    """A Coupa with one invoice that came from an earlier interface and carries our key, and one of its own."""
    for number, note in (("INV-1", "00001/PV/1"), ("OWN-1", None)):
        testbed.spend.create("invoices", _invoice(number, note))
    return testbed


def _invoice(number: str, note: str | None) -> dict[str, Any]:
    return {
        "invoice-number": number,
        "invoice-date": "2026-02-20",
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "tax-amount": "0.00",
        "internal-note": note,
        "invoice-lines": [
            {
                "type": "InvoiceAmountLine",
                "description": "Works",
                "price": "100.00",
                "account": {"code": "30-5010", "account-type": {"name": "JDE"}},
            }
        ],
    }


def test_the_first_sync_into_a_coupa_that_holds_invoices_is_a_plan(grown: Site) -> None:
    """Given invoices in Coupa and an installation that never wrote any
    when vouchers are synced
    then it only plans, says why, and tells what would be linked, created, or is in the way."""
    known, new, taken = (grown.books.voucher(doc) for doc in (1, 2, 3))
    grown.books.change_items(taken, VINV="OWN-1")
    report = grown.sync("invoices")["invoices"]
    assert (report.plan, report.plan_reason, report.writes) == (True, "target_not_empty", 0)
    actions = {key: entry.action for key, entry in planned(report).items()}
    assert actions == {known.document: "adopt", new.document: "create", taken.document: "hold"}
    assert grown.spend.state()["invoices"]["count"] == 2


def test_adopting_links_what_agrees_and_the_next_sync_writes_the_rest(grown: Site) -> None:
    """Given the same
    when the installation adopts, the invoice with our key is linked and nothing written;
    when it then syncs, the new voucher is created and the one in the way stays held."""
    known, new, taken = (grown.books.voucher(doc) for doc in (1, 2, 3))
    grown.books.change_items(taken, VINV="OWN-1")
    report = grown.sync("invoices", mode="adopt")["invoices"]
    assert report.writes == 0
    assert outcome(report, known.document) == "adopted"
    assert grown.reasons("invoices") == {taken.document: {"natural_key_taken"}}
    assert tally(report) == {"not_in_target": 1}
    report = grown.sync("invoices")["invoices"]
    assert (outcome(report, new.document), outcome(report, taken.document)) == ("created", "held")
    assert outcome(report, known.document) == "unchanged"


def test_what_is_adopted_with_another_amount_is_held_never_adopted(grown: Site) -> None:
    """Given an invoice in Coupa that carries our key and another amount, when it is adopted, then it is held."""
    entry = grown.books.voucher(1, costs=(("30.5010", "101.00"),))
    grown.sync("invoices", mode="adopt")
    assert grown.reasons("invoices") == {entry.document: {"natural_key_taken"}}
    assert "amount is 100.00, ours 101.00" in grown.exception("invoices").value


def test_a_baseline_marks_history_as_seen_and_delivers_what_changes_later(grown: Site) -> None:
    """Given three vouchers from before going live
    when history is marked as seen, nothing is linked or written;
    when one of them changes and a new one is entered, these two are delivered, and the others stay history."""
    old = [grown.books.voucher(doc, changed=YESTERDAY) for doc in (11, 12, 13)]
    report = grown.sync("invoices", last=YESTERDAY, mode="baseline")["invoices"]
    assert (tally(report), report.writes) == ({"before_baseline": 3}, 0)
    grown.books.line(old[0], 1, "30.5010", "150.00")
    grown.books.change_items(old[0], "150.00")
    new = grown.books.voucher(14)
    report = grown.sync("invoices")["invoices"]
    assert {key for key, each in report.results.items() if each.outcome == "created"} == {old[0].document, new.document}
    assert tally(report) == {"before_baseline": 2}


def test_an_empty_coupa_is_written_at_once(site: Site) -> None:
    """Given an empty Coupa, when all flows are synced for the first time, then suppliers, accounts and invoices are
    created in one run, each flow finding the links of those before it."""
    site.books.voucher()
    reports = site.sync()
    assert [outcomes(reports[name])["created"] for name in ("suppliers", "accounts", "invoices")] == [2, 6, 1]
    assert not any(report.plan for report in reports.values())


def test_suppliers_that_coupa_holds_are_adopted_by_number_and_name(site: Site) -> None:
    """Given a Coupa with one supplier of ours by number and name, and one of our numbers under another name
    when suppliers are synced they are only planned; when adopted, the first is linked and the second held;
    when synced, the first gets what JD Edwards knows where JD Edwards wins."""
    policy = {"po-method": "prompt", "po-change-method": "prompt", "invoice-matching-level": "none"}
    for number, name in (("4343", "ANVIL & SONS"), ("4344", "Quite Another Ltd")):
        site.spend.create("suppliers", {"number": number, "name": name, "status": "active", **policy})
    assert site.sync("suppliers")["suppliers"].plan_reason == "target_not_empty"
    report = site.sync("suppliers", mode="adopt")["suppliers"]
    assert outcomes(report) == {"adopted": 1, "held": 1}
    assert site.reasons("suppliers") == {"F0401:4344": {"natural_key_taken"}}
    site.configure("suppliers", on_conflict="source")
    assert outcomes(site.sync("suppliers")["suppliers"]) == {"updated": 1, "held": 1}
    assert site.spend.supplier(4343)["name"] == "Anvil & Sons"


def test_accounts_that_coupa_holds_are_adopted_by_their_segments(site: Site) -> None:
    """Given a chart that holds one of our accounts, when it is adopted and synced, then it is linked, not doubled."""
    site.spend.create("accounts", {"account-type": {"name": "JDE"}, "segment-1": "30", "segment-2": "5010"})
    assert site.sync("accounts")["accounts"].plan_reason == "target_not_empty"
    assert outcomes(site.sync("accounts", mode="adopt")["accounts"])["adopted"] == 1
    report = site.sync("accounts")["accounts"]
    assert (outcomes(report)["created"], site.spend.state()["accounts"]["count"]) == (5, 6)

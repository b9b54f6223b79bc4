"""What becomes of an invoice in Coupa when its voucher changes, is voided, or is touched by Coupa's own users."""

from __future__ import annotations

import pytest
from scenario_books import Entry
from scenario_site import Site, outcome, outcomes, planned

COSTS = (("30.5010", "100.00"), ("40.5010", "50.00"))


@pytest.fixture
def voucher(testbed: Site) -> Entry:
    """A voucher of two lines that is in Coupa as a draft."""
    entry = testbed.books.voucher(costs=COSTS)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    return entry


def test_a_rerun_of_the_same_days_writes_nothing(testbed: Site, voucher: Entry) -> None:
    """Given a delivered voucher, when its days are synced again, then not one call writes."""
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


def test_a_changed_amount_changes_the_line_in_place(testbed: Site, voucher: Entry) -> None:
    """Given a draft in Coupa
    when the amount of one line is corrected in JD Edwards
    then the same invoice has the same two lines, one of them with the new amount."""
    before = testbed.spend.invoice("INV-4711")
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.books.change_items(voucher, "160.00")
    report = testbed.sync("invoices")["invoices"]
    held = testbed.spend.invoice("INV-4711")
    assert (outcomes(report), report.writes) == ({"updated": 1}, 1)
    assert (held["id"], held["total-with-taxes"]) == (before["id"], "160.00")
    assert [line["id"] for line in held["invoice-lines"]] == [line["id"] for line in before["invoice-lines"]]


def test_a_line_that_is_added_is_added(testbed: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when a cost line is added in JD Edwards, then the invoice has three lines."""
    testbed.books.line(voucher, 3, "30.5020", "25.00")
    testbed.books.change_items(voucher, "175.00")
    testbed.sync("invoices")
    held = testbed.spend.invoice("INV-4711")
    assert [line["total"] for line in held["invoice-lines"]] == ["100.00", "50.00", "25.00"]
    assert held["total-with-taxes"] == "175.00"


def test_a_line_that_is_removed_is_removed(testbed: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when a cost line is deleted in JD Edwards, then it is gone from the invoice."""
    testbed.books.delete_line(voucher, 2)
    testbed.books.change_items(voucher, "100.00")
    testbed.sync("invoices")
    held = testbed.spend.invoice("INV-4711")
    assert [line["total"] for line in held["invoice-lines"]] == ["100.00"]
    assert held["total-with-taxes"] == "100.00"


def test_an_account_that_is_corrected_moves_the_line(testbed: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when a line moves to another account, then Coupa's line does, at the same amount."""
    testbed.books.line(voucher, 1, "30.5020", "100.00")
    testbed.sync("invoices")
    held = testbed.spend.invoice("INV-4711")
    assert [line["account"]["code"] for line in held["invoice-lines"]] == ["30-5020", "40-5010"]
    assert held["total-with-taxes"] == "150.00"


def test_a_corrected_invoice_number_renames_the_draft(testbed: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when the invoice number is corrected in JD Edwards, then the same draft bears it."""
    before = testbed.spend.invoice("INV-4711")["id"]
    testbed.books.change_items(voucher, VINV="INV-4711-B")
    testbed.sync("invoices")
    assert testbed.spend.invoice("INV-4711-B")["id"] == before
    assert testbed.spend.state()["invoices"]["count"] == 1


def test_a_delivered_voucher_that_no_longer_agrees_is_held_and_the_draft_left_alone(
    testbed: Site, voucher: Entry
) -> None:
    """Given a draft in Coupa
    when the distribution in JD Edwards no longer agrees it is held; when it does again, the draft is corrected."""
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert testbed.spend.invoice("INV-4711")["total-with-taxes"] == "150.00"
    testbed.books.change_items(voucher, "160.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.invoice("INV-4711")["total-with-taxes"] == "160.00"


@pytest.mark.reason("changed_on_both_sides")
def test_a_draft_that_was_changed_in_coupa_too_is_a_conflict(testbed: Site, voucher: Entry) -> None:
    """Given a draft whose tax a Coupa user changed
    when its lines change in JD Edwards, then it is a conflict: nothing of it is overwritten."""
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], tax_amount="9.99")
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.books.change_items(voucher, "160.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"conflict": 1}
    held = testbed.spend.invoice("INV-4711")
    assert (held["tax-amount"], held["invoice-lines"][1]["total"]) == ("9.99", "50.00")
    assert testbed.reasons("invoices")[voucher.document] == {"changed_on_both_sides"}


def test_where_jde_wins_the_draft_follows_jde(testbed: Site, voucher: Entry) -> None:
    """Given a site that lets JD Edwards win, when both systems changed the draft, then it is as in JD Edwards."""
    testbed.configure("invoices", on_conflict="source")
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], tax_amount="9.99")
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.books.change_items(voucher, "160.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    held = testbed.spend.invoice("INV-4711")
    assert (held["tax-amount"], held["total-with-taxes"]) == ("0.00", "160.00")


def test_an_approved_invoice_cannot_be_changed_and_a_person_is_told(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that was approved in Coupa
    when its amount changes in JD Edwards, then Coupa's refusal is told and the approved amount stays."""
    testbed.spend.approve("INV-4711")
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.books.change_items(voucher, "160.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"refused": 1}
    assert "cannot be changed in status approved" in testbed.exception("invoices").message
    assert testbed.spend.invoice("INV-4711")["total-with-taxes"] == "150.00"


def test_an_approval_in_coupa_alone_is_no_conflict(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that was approved in Coupa, when its voucher is touched without a change, nothing is sent."""
    testbed.spend.approve("INV-4711")
    testbed.books.change_items(voucher, RMK="Filed")
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


# -- voids --------------------------------------------------------------------------------------------------------


def test_a_voided_voucher_voids_its_draft(testbed: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when the voucher is voided in JD Edwards, then the draft is voided, once."""
    testbed.books.void(voucher)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "voided"
    assert testbed.sync("invoices")["invoices"].writes == 0


def test_a_voided_voucher_abandons_what_waits_for_approval(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that waits for approval, which Coupa does not let be voided
    when the voucher is voided in JD Edwards, then the invoice is abandoned."""
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], status="pending_approval")
    testbed.books.void(voucher)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "abandoned"


def test_a_voided_voucher_voids_an_approved_invoice(testbed: Site, voucher: Entry) -> None:
    """Given an approved invoice, when the voucher is voided in JD Edwards, then the invoice is voided."""
    testbed.spend.approve("INV-4711")
    testbed.books.void(voucher)
    testbed.sync("invoices")
    assert testbed.spend.invoice("INV-4711")["status"] == "voided"


def test_what_was_voided_in_both_systems_is_settled(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that a Coupa user voided, when the voucher is voided too, then nothing is sent."""
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], status="voided")
    testbed.books.void(voucher)
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


# -- Coupa's own users --------------------------------------------------------------------------------------------


def test_an_invoice_that_was_abandoned_in_coupa_is_a_conflict_when_the_voucher_lives_on(
    testbed: Site, voucher: Entry
) -> None:
    """Given an invoice that a Coupa user abandoned, when the voucher changes, then a person is asked."""
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], status="abandoned")
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.books.change_items(voucher, "160.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"conflict": 1}
    assert testbed.exception("invoices").value.endswith("abandoned")


@pytest.mark.reason("missing_in_target")
def test_an_invoice_that_is_gone_in_coupa_is_told_and_not_created_again(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that disappeared from Coupa
    when the voucher changes it is held as `missing_in_target`;
    when a person removes the link and replays, it is created anew."""
    testbed.spend.delete("invoices", testbed.spend.invoice("INV-4711")["id"])
    testbed.books.line(voucher, 2, "40.5010", "60.00")
    testbed.books.change_items(voucher, "160.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert testbed.exception("invoices").reason == "missing_in_target"
    assert testbed.spend.state()["invoices"]["count"] == 0
    testbed.ledger.links.remove("jde_coupa/invoices", voucher.document, "clerk", testbed.clock.now())
    testbed.replay("invoices")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}


@pytest.mark.reason("natural_key_taken")
def test_an_invoice_of_the_same_number_without_our_key_is_not_ours(testbed: Site, voucher: Entry) -> None:
    """Given an invoice that a Coupa user entered from the paper, with the number, supplier and amount of a voucher
    when the voucher comes from JD Edwards
    then it is held as `natural_key_taken`: number and amount alone adopt nothing, and nothing is paid twice;
    linked by hand and replayed, it is theirs from then on."""
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    paper = {name: testbed.spend.invoice("INV-4711")[name] for name in fields}
    line = {"description": "Works", "price": "70.00", "type": "InvoiceAmountLine"}
    number = testbed.spend.create("invoices", {**paper, "invoice-number": "PAPER-1", "invoice-lines": [line]})
    entry = testbed.books.voucher(4712, invoice="PAPER-1", costs=(("30.5010", "70.00"),))
    assert outcome(testbed.sync("invoices")["invoices"], entry.document) == "held"
    reported = testbed.exception("invoices")
    assert (reported.reason, f"{number}: key is (blank)" in reported.value) == ("natural_key_taken", True)
    assert testbed.spend.state()["invoices"]["count"] == 2
    testbed.configure("invoices", on_conflict="source")
    testbed.link("invoices", entry.document, "invoices", number)
    testbed.replay("invoices")
    assert outcome(testbed.sync("invoices")["invoices"], entry.document) == "updated"
    held = testbed.spend.invoice("PAPER-1")
    assert (held["internal-note"], held["invoice-lines"][0]["account"]["code"]) == (entry.key, "30-5010")


def test_a_plan_tells_of_the_invoice_that_is_in_the_way(testbed: Site, voucher: Entry) -> None:
    """Given an invoice without our key in Coupa, when a plan is made, then it says `hold`, not `create`."""
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    testbed.spend.create(
        "invoices", {**{name: testbed.spend.invoice("INV-4711")[name] for name in fields}, "invoice-number": "PAPER-1"}
    )
    entry = testbed.books.voucher(4712, invoice="PAPER-1")
    assert planned(testbed.sync("invoices", mode="plan")["invoices"])[entry.document].action == "hold"


def test_a_lost_ledger_finds_its_invoices_by_their_keys(testbed: Site, voucher: Entry) -> None:
    """Given invoices in Coupa and an installation that lost its memory of them
    when it syncs, then it only plans; when it adopts, it links them by the voucher key and writes nothing."""
    testbed.ledger.links.remove("jde_coupa/invoices", voucher.document, "clerk", testbed.clock.now())
    report = testbed.sync("invoices", mode="adopt")["invoices"]
    assert (outcomes(report), report.writes) == ({"adopted": 1}, 0)


@pytest.mark.reason("total_differs")
def test_a_total_that_coupa_computes_otherwise_holds_the_invoice(testbed: Site) -> None:
    """Given a Coupa whose pounds have no pence
    when a voucher with pence is created there and to be submitted
    then it is held with both totals, and stays a draft, before anyone can approve the wrong one."""
    testbed.configure("invoices", submit=True)
    testbed.spend.set("currencies", testbed.spend.one("currencies", code="GBP")["id"], decimals=0)
    testbed.books.voucher(costs=(("30.5010", "100.40"),))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    reported = testbed.exception("invoices")
    assert (reported.reason, reported.value) == ("total_differs", "100.00, ours 100.40")
    assert testbed.spend.invoice("INV-4711")["status"] == "draft"


# -- submit -------------------------------------------------------------------------------------------------------


def test_a_site_may_have_its_drafts_submitted(testbed: Site) -> None:
    """Given a site that submits, when a voucher is synced, then its invoice waits for approval in Coupa, and a rerun
    does not submit it again, not even after it was withdrawn to a draft there."""
    testbed.configure("invoices", submit=True)
    testbed.books.voucher()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    held = testbed.spend.invoice("INV-4711")
    assert held["status"] == "pending_approval"
    testbed.spend.set("invoices", held["id"], status="draft")
    assert testbed.sync("invoices")["invoices"].writes == 0


def test_a_site_may_bypass_its_approvers(testbed: Site) -> None:
    """Given a site that submits and bypasses approvals, when a voucher is synced, then its invoice is approved."""
    testbed.configure("invoices", submit=True, bypass_approvals=True)
    testbed.connect("coupa", scopes=_scopes("core.invoice.approval.bypass"))
    testbed.books.voucher()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "approved"


def test_what_a_person_submits_is_left_to_the_approvers(testbed: Site) -> None:
    """Given a site that bypasses approvals, and a draft that a person has submitted in Coupa
    when the voucher is synced again, then its approvers are not bypassed."""
    testbed.books.voucher()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    testbed.spend.set("invoices", testbed.spend.invoice("INV-4711")["id"], status="pending_approval")
    testbed.configure("invoices", submit=True, bypass_approvals=True)
    testbed.connect("coupa", scopes=_scopes("core.invoice.approval.bypass"))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"unchanged": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "pending_approval"


def test_a_submitted_invoice_that_coupa_finds_invalid_is_told(testbed: Site) -> None:
    """Given a supplier that became inactive in Coupa
    when a draft of it is submitted and Coupa finds it invalid, then a person is told its status."""
    testbed.configure("invoices", submit=True)
    testbed.books.voucher()
    rule = {
        "system": "coupa",
        "route": "PUT /api/invoices/{id:int}/submit",
        "kind": "status",
        "status": 429,
        "body": {"errors": {"base": ["Too many requests."]}},
        "times": 1,
    }
    testbed.sandbox.post("/faults", [rule])
    testbed.policy = {"tries": 1}
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"failed": 1}
    testbed.spend.set("suppliers", testbed.spend.supplier(4343)["id"], status="inactive")
    testbed.policy = {}
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"conflict": 1}
    assert testbed.exception("invoices").value.endswith("invalid")


def _scopes(*more: str) -> list[str]:
    from connector_resources.connections.coupa import COUPA_SCOPES

    return [*COUPA_SCOPES, *more]

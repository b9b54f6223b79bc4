"""What becomes of an invoice in Coupa when its voucher changes, is voided, or is touched by Coupa's own users."""

from __future__ import annotations

import pytest
from scenario_books import Entry
from scenario_site import Site, outcome, outcomes, planned

COSTS = (("30.5010", "100.00"), ("40.5010", "50.00"))


@pytest.fixture
def voucher(town: Site) -> Entry:
    """A voucher of two lines that is in Coupa as a draft."""
    entry = town.books.voucher(costs=COSTS)
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}
    return entry


def test_a_rerun_of_the_same_days_writes_nothing(town: Site, voucher: Entry) -> None:
    """Given a delivered voucher, when its days are synced again, then not one call writes."""
    report = town.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


def test_a_changed_amount_changes_the_line_in_place(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa
    when the amount of one line is corrected in JD Edwards
    then the same invoice has the same two lines, one of them with the new amount."""
    before = town.spend.invoice("INV-4711")
    town.books.line(voucher, 2, "40.5010", "60.00")
    town.books.change_items(voucher, "160.00")
    report = town.sync("invoices")["invoices"]
    held = town.spend.invoice("INV-4711")
    assert (outcomes(report), report.writes) == ({"updated": 1}, 1)
    assert (held["id"], held["total-with-taxes"]) == (before["id"], "160.00")
    assert [line["id"] for line in held["invoice-lines"]] == [line["id"] for line in before["invoice-lines"]]


def test_a_line_that_is_added_is_added(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when a cost line is added in JD Edwards, then the invoice has three lines."""
    town.books.line(voucher, 3, "30.5020", "25.00")
    town.books.change_items(voucher, "175.00")
    town.sync("invoices")
    held = town.spend.invoice("INV-4711")
    assert [line["total"] for line in held["invoice-lines"]] == ["100.00", "50.00", "25.00"]
    assert held["total-with-taxes"] == "175.00"


def test_a_line_that_is_removed_is_removed(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when a cost line is deleted in JD Edwards, then it is gone from the invoice."""
    town.books.delete_line(voucher, 2)
    town.books.change_items(voucher, "100.00")
    town.sync("invoices")
    held = town.spend.invoice("INV-4711")
    assert [line["total"] for line in held["invoice-lines"]] == ["100.00"]
    assert held["total-with-taxes"] == "100.00"


def test_an_account_that_is_corrected_moves_the_line(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when a line moves to another account, then Coupa's line does, at the same amount."""
    town.books.line(voucher, 1, "30.5020", "100.00")
    town.sync("invoices")
    held = town.spend.invoice("INV-4711")
    assert [line["account"]["code"] for line in held["invoice-lines"]] == ["30-5020", "40-5010"]
    assert held["total-with-taxes"] == "150.00"


def test_a_corrected_invoice_number_renames_the_draft(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when the invoice number is corrected in JD Edwards, then the same draft bears it."""
    before = town.spend.invoice("INV-4711")["id"]
    town.books.change_items(voucher, VINV="INV-4711-B")
    town.sync("invoices")
    assert town.spend.invoice("INV-4711-B")["id"] == before
    assert town.spend.state()["invoices"]["count"] == 1


def test_a_delivered_voucher_that_no_longer_agrees_is_held_and_the_draft_left_alone(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa
    when the distribution in JD Edwards no longer agrees it is held; when it does again, the draft is corrected."""
    town.books.line(voucher, 2, "40.5010", "60.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"held": 1}
    assert town.spend.invoice("INV-4711")["total-with-taxes"] == "150.00"
    town.books.change_items(voucher, "160.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"updated": 1}
    assert town.spend.invoice("INV-4711")["total-with-taxes"] == "160.00"


@pytest.mark.reason("changed_on_both_sides")
def test_a_draft_that_was_changed_in_coupa_too_is_a_conflict(town: Site, voucher: Entry) -> None:
    """Given a draft whose tax a Coupa user changed
    when its lines change in JD Edwards, then it is a conflict: nothing of it is overwritten."""
    town.spend.set("invoices", town.spend.invoice("INV-4711")["id"], tax_amount="9.99")
    town.books.line(voucher, 2, "40.5010", "60.00")
    town.books.change_items(voucher, "160.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"conflict": 1}
    held = town.spend.invoice("INV-4711")
    assert (held["tax-amount"], held["invoice-lines"][1]["total"]) == ("9.99", "50.00")
    assert town.reasons("invoices")[voucher.document] == {"changed_on_both_sides"}


def test_where_jde_wins_the_draft_follows_jde(town: Site, voucher: Entry) -> None:
    """Given a site that lets JD Edwards win, when both systems changed the draft, then it is as in JD Edwards."""
    town.configure("invoices", on_conflict="source")
    town.spend.set("invoices", town.spend.invoice("INV-4711")["id"], tax_amount="9.99")
    town.books.line(voucher, 2, "40.5010", "60.00")
    town.books.change_items(voucher, "160.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"updated": 1}
    held = town.spend.invoice("INV-4711")
    assert (held["tax-amount"], held["total-with-taxes"]) == ("0.00", "160.00")


def test_an_approved_invoice_cannot_be_changed_and_a_person_is_told(town: Site, voucher: Entry) -> None:
    """Given an invoice that was approved in Coupa
    when its amount changes in JD Edwards, then Coupa's refusal is told and the approved amount stays."""
    town.spend.approve("INV-4711")
    town.books.line(voucher, 2, "40.5010", "60.00")
    town.books.change_items(voucher, "160.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"refused": 1}
    assert "cannot be changed in status approved" in town.exception("invoices").message
    assert town.spend.invoice("INV-4711")["total-with-taxes"] == "150.00"


def test_an_approval_in_coupa_alone_is_no_conflict(town: Site, voucher: Entry) -> None:
    """Given an invoice that was approved in Coupa, when its voucher is touched without a change, nothing is sent."""
    town.spend.approve("INV-4711")
    town.books.change_items(voucher, RMK="Filed")
    report = town.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


# -- voids --------------------------------------------------------------------------------------------------------


def test_a_voided_voucher_voids_its_draft(town: Site, voucher: Entry) -> None:
    """Given a draft in Coupa, when the voucher is voided in JD Edwards, then the draft is voided, once."""
    town.books.void(voucher)
    assert outcomes(town.sync("invoices")["invoices"]) == {"updated": 1}
    assert town.spend.invoice("INV-4711")["status"] == "voided"
    assert town.sync("invoices")["invoices"].writes == 0


def test_a_voided_voucher_abandons_what_waits_for_approval(town: Site, voucher: Entry) -> None:
    """Given an invoice that waits for approval, which Coupa does not let be voided
    when the voucher is voided in JD Edwards, then the invoice is abandoned."""
    town.spend.set("invoices", town.spend.invoice("INV-4711")["id"], status="pending_approval")
    town.books.void(voucher)
    assert outcomes(town.sync("invoices")["invoices"]) == {"updated": 1}
    assert town.spend.invoice("INV-4711")["status"] == "abandoned"


def test_a_voided_voucher_voids_an_approved_invoice(town: Site, voucher: Entry) -> None:
    """Given an approved invoice, when the voucher is voided in JD Edwards, then the invoice is voided."""
    town.spend.approve("INV-4711")
    town.books.void(voucher)
    town.sync("invoices")
    assert town.spend.invoice("INV-4711")["status"] == "voided"


def test_what_was_voided_in_both_systems_is_settled(town: Site, voucher: Entry) -> None:
    """Given an invoice that a Coupa user voided, when the voucher is voided too, then nothing is sent."""
    town.spend.set("invoices", town.spend.invoice("INV-4711")["id"], status="voided")
    town.books.void(voucher)
    report = town.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


# -- Coupa's own users --------------------------------------------------------------------------------------------


def test_an_invoice_that_was_abandoned_in_coupa_is_a_conflict_when_the_voucher_lives_on(
    town: Site, voucher: Entry
) -> None:
    """Given an invoice that a Coupa user abandoned, when the voucher changes, then a person is asked."""
    town.spend.set("invoices", town.spend.invoice("INV-4711")["id"], status="abandoned")
    town.books.line(voucher, 2, "40.5010", "60.00")
    town.books.change_items(voucher, "160.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"conflict": 1}
    assert town.exception("invoices").value.endswith("abandoned")


@pytest.mark.reason("missing_in_target")
def test_an_invoice_that_is_gone_in_coupa_is_told_and_not_created_again(town: Site, voucher: Entry) -> None:
    """Given an invoice that disappeared from Coupa
    when the voucher changes it is held as `missing_in_target`;
    when a person removes the link and replays, it is created anew."""
    town.spend.delete("invoices", town.spend.invoice("INV-4711")["id"])
    town.books.line(voucher, 2, "40.5010", "60.00")
    town.books.change_items(voucher, "160.00")
    assert outcomes(town.sync("invoices")["invoices"]) == {"held": 1}
    assert town.exception("invoices").reason == "missing_in_target"
    assert town.spend.state()["invoices"]["count"] == 0
    town.ledger.links.remove("jde_coupa/invoices", voucher.document, "clerk", town.clock.now())
    town.replay("invoices")
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}


@pytest.mark.reason("natural_key_taken")
def test_an_invoice_of_the_same_number_without_our_key_is_not_ours(town: Site, voucher: Entry) -> None:
    """Given an invoice that a Coupa user entered from the paper, with the number, supplier and amount of a voucher
    when the voucher comes from JD Edwards
    then it is held as `natural_key_taken`: number and amount alone adopt nothing, and nothing is paid twice;
    linked by hand and replayed, it is theirs from then on."""
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    paper = {name: town.spend.invoice("INV-4711")[name] for name in fields}
    line = {"description": "Works", "price": "70.00", "type": "InvoiceAmountLine"}
    number = town.spend.create("invoices", {**paper, "invoice-number": "PAPER-1", "invoice-lines": [line]})
    entry = town.books.voucher(4712, invoice="PAPER-1", costs=(("30.5010", "70.00"),))
    assert outcome(town.sync("invoices")["invoices"], entry.document) == "held"
    told = town.exception("invoices")
    assert (told.reason, f"{number}: key is (blank)" in told.value) == ("natural_key_taken", True)
    assert town.spend.state()["invoices"]["count"] == 2
    town.configure("invoices", on_conflict="source")
    town.link("invoices", entry.document, "invoices", number)
    town.replay("invoices")
    assert outcome(town.sync("invoices")["invoices"], entry.document) == "updated"
    held = town.spend.invoice("PAPER-1")
    assert (held["internal-note"], held["invoice-lines"][0]["account"]["code"]) == (entry.key, "30-5010")


def test_a_plan_tells_of_the_invoice_that_is_in_the_way(town: Site, voucher: Entry) -> None:
    """Given an invoice without our key in Coupa, when a plan is made, then it says `hold`, not `create`."""
    fields = ("invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    town.spend.create(
        "invoices", {**{name: town.spend.invoice("INV-4711")[name] for name in fields}, "invoice-number": "PAPER-1"}
    )
    entry = town.books.voucher(4712, invoice="PAPER-1")
    assert planned(town.sync("invoices", mode="plan")["invoices"])[entry.document].action == "hold"


def test_a_lost_ledger_finds_its_invoices_by_their_keys(town: Site, voucher: Entry) -> None:
    """Given invoices in Coupa and an installation that lost its memory of them
    when it syncs, then it only plans; when it adopts, it links them by the voucher key and writes nothing."""
    town.ledger.links.remove("jde_coupa/invoices", voucher.document, "clerk", town.clock.now())
    report = town.sync("invoices", mode="adopt")["invoices"]
    assert (outcomes(report), report.writes) == ({"adopted": 1}, 0)


@pytest.mark.reason("total_differs")
def test_a_total_that_coupa_computes_otherwise_holds_the_invoice(town: Site) -> None:
    """Given a Coupa whose pounds have no pence
    when a voucher with pence is created there and to be submitted
    then it is held with both totals, and stays a draft, before anyone can approve the wrong one."""
    town.configure("invoices", submit=True)
    town.spend.set("currencies", town.spend.one("currencies", code="GBP")["id"], decimals=0)
    town.books.voucher(costs=(("30.5010", "100.40"),))
    assert outcomes(town.sync("invoices")["invoices"]) == {"held": 1}
    told = town.exception("invoices")
    assert (told.reason, told.value) == ("total_differs", "100.00, ours 100.40")
    assert town.spend.invoice("INV-4711")["status"] == "draft"


# -- submit -------------------------------------------------------------------------------------------------------


def test_a_site_may_have_its_drafts_submitted(town: Site) -> None:
    """Given a site that submits, when a voucher is synced, then its invoice waits for approval in Coupa, and a rerun
    does not submit it again, not even after it was withdrawn to a draft there."""
    town.configure("invoices", submit=True)
    town.books.voucher()
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}
    held = town.spend.invoice("INV-4711")
    assert held["status"] == "pending_approval"
    town.spend.set("invoices", held["id"], status="draft")
    assert town.sync("invoices")["invoices"].writes == 0


def test_a_site_may_bypass_its_approvers(town: Site) -> None:
    """Given a site that submits and bypasses approvals, when a voucher is synced, then its invoice is approved."""
    town.configure("invoices", submit=True, bypass_approvals=True)
    town.connect("coupa", scopes=_scopes("core.invoice.approval.bypass"))
    town.books.voucher()
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}
    assert town.spend.invoice("INV-4711")["status"] == "approved"


def test_what_a_person_submits_is_left_to_the_approvers(town: Site) -> None:
    """Given a site that bypasses approvals, and a draft that a person has submitted in Coupa
    when the voucher is synced again, then its approvers are not bypassed."""
    town.books.voucher()
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}
    town.spend.set("invoices", town.spend.invoice("INV-4711")["id"], status="pending_approval")
    town.configure("invoices", submit=True, bypass_approvals=True)
    town.connect("coupa", scopes=_scopes("core.invoice.approval.bypass"))
    assert outcomes(town.sync("invoices")["invoices"]) == {"unchanged": 1}
    assert town.spend.invoice("INV-4711")["status"] == "pending_approval"


def test_a_submitted_invoice_that_coupa_finds_invalid_is_told(town: Site) -> None:
    """Given a supplier that became inactive in Coupa
    when a draft of it is submitted and Coupa finds it invalid, then a person is told its status."""
    town.configure("invoices", submit=True)
    town.books.voucher()
    rule = {
        "system": "coupa",
        "route": "PUT /api/invoices/{id:int}/submit",
        "kind": "status",
        "status": 429,
        "body": {"errors": {"base": ["Too many requests."]}},
        "times": 1,
    }
    town.sandbox.post("/faults", [rule])
    town.policy = {"tries": 1}
    assert outcomes(town.sync("invoices")["invoices"]) == {"failed": 1}
    town.spend.set("suppliers", town.spend.supplier(4343)["id"], status="inactive")
    town.policy = {}
    assert outcomes(town.sync("invoices")["invoices"]) == {"conflict": 1}
    assert town.exception("invoices").value.endswith("invalid")


def _scopes(*more: str) -> list[str]:
    from connector_resources.connections.coupa import COUPA_SCOPES

    return [*COUPA_SCOPES, *more]

"""Vouchers of ours without a mark that JD Edwards keeps: which of them are ours, and which a clerk's."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenario_keys
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_resources.ledger import Ledger

KNOWN_BY = (*scenario_keys.KEYS, "bare")
ENTER = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


def fault(testbed: Site, kind: str) -> None:
    """The next voucher that is entered meets this fault."""
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**ENTER, "kind": kind, "calls": [1]}]})


def by_hand(testbed: Site, number: str, amount: str = "100.00", *, doc: int = 7001, user: str = "CLERK") -> Entry:
    """A clerk enters the voucher of an invoice of 1 March by hand."""
    entry = testbed.books.voucher(doc, invoice=number, costs=(("30.5010", amount),))
    [row] = [each for each in testbed.sandbox.systems["jde"].dump()["F0411"].values() if each["DOC"] == doc]
    testbed.books.change_items(entry, "", TORG=user, DIVJ="2026-03-01", PST="A")
    assert row["VINV"].strip() == number
    return entry


def states(payables: Payables, number: str) -> list[tuple[str, str]]:
    """(user, `void` or pay status) of the vouchers of an invoice number, by document number."""
    own = [row for row in payables.rows("F0411") if row["VINV"] == number and row.get("DCTA") != "PE"]
    found = sorted(own, key=lambda row: row["DOC"])
    return [(row.get("TORG", ""), "void" if row.get("VOD") == "V" else row["PST"]) for row in found]


@pytest.mark.reason("natural_key_taken")
def test_a_clerks_identical_voucher_is_never_taken_for_the_lost_one(testbed: Site, payables: Payables) -> None:
    """Given a site where a first voucher has shown what survives, and the answer to the next one is lost before it
    reached JD Edwards
    when a clerk enters the very same voucher by hand meanwhile, then it is not taken for ours: the invoice is held, and
    when it changes in Coupa afterwards the clerk's voucher is not voided."""
    payables.invoice("WEB-1")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    id = payables.invoice("WEB-2")
    testbed.policy = {"wait_for_outcomes": False}
    fault(testbed, "drop_before")
    testbed.sync(FLOW)
    by_hand(testbed, "WEB-2")
    testbed.sandbox.clock.advance(600)
    testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "natural_key_taken"
    payables.change(id, "120.00")
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert states(payables, "WEB-2") == [("CLERK", "A")] and payables.link(id) == ""


def test_a_lost_answer_is_found_by_what_has_shown_to_survive(testbed: Site, payables: Payables) -> None:
    """Given a site where a first voucher has shown what survives, when the answer to the next one is lost after JD
    Edwards has entered it, then it is found, and there is one."""
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    id = payables.invoice("WEB-2")
    fault(testbed, "drop_after")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []
    assert states(payables, "WEB-2") == [(scenario_keys.US, "A")] and payables.link(id)


@pytest.mark.known_by("bare")
def test_without_any_proof_a_person_decides(testbed: Site, payables: Payables) -> None:
    """Given the very first voucher, of which no answer came, and a voucher that says the same and shows nothing of ours
    when it is looked for, then a person decides; linked by hand, it is ours: a change in Coupa voids it."""
    testbed.policy = {"wait_for_outcomes": False}
    id = payables.invoice("WEB-1")
    fault(testbed, "drop_before")
    testbed.sync(FLOW)
    voucher = by_hand(testbed, "WEB-1", user="JOBS").key.removeprefix("F0411:")
    testbed.sandbox.clock.advance(600)
    testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "natural_key_taken" and payables.link(id) == ""
    testbed.link_born(FLOW, f"invoices:{id}", voucher)
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and payables.link(id) == voucher
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert sorted(states(payables, "WEB-1")) == [("JOBS", "void"), (scenario_keys.US, "A")]


@pytest.mark.reason("own_vouchers_unmatched")
def test_from_an_empty_ledger_nothing_is_written_beside_a_voucher_of_ours(
    testbed: Site, payables: Payables, tmp_path: Path
) -> None:
    """Given a ledger that is lost, and a voucher of ours whose invoice is not in Coupa any more
    when a new invoice is synced, then nothing is entered before a person says what that voucher is."""
    gone = payables.invoice("WEB-1")
    testbed.sync(FLOW)
    payables.act("delete_invoice", id=gone)
    testbed.ledger.close()
    for each in tmp_path.glob("ledger.sqlite*"):
        each.unlink()
    testbed.ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock=testbed.clock)
    testbed.sync("suppliers", "accounts", mode="adopt")
    payables.invoice("WEB-2")
    testbed.sync(FLOW, mode="adopt")
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert reported.reason == "own_vouchers_unmatched"
    testbed.configure(FLOW, not_ours=[reported.value])
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert states(payables, "WEB-1") == states(payables, "WEB-2") == [(scenario_keys.US, "A")]


@pytest.mark.reason("own_voucher_unknown")
def test_a_voucher_of_our_user_of_which_nobody_knows_is_not_sent_to_coupa(testbed: Site, payables: Payables) -> None:
    """Given a voucher that our user entered and that is of no invoice that is known
    when vouchers are synced to Coupa, then it is held there, until a person says that it is not ours."""
    entry = by_hand(testbed, "INV-9", user=scenario_keys.US)
    testbed.sync("invoices")
    reported = testbed.exception("invoices")
    assert (reported.reason, reported.value) == ("own_voucher_unknown", entry.key.removeprefix("F0411:"))
    testbed.configure(FLOW, not_ours=[reported.value])
    testbed.replay("invoices")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}


@pytest.mark.known_by("bare")
@pytest.mark.as_delivered("jde.changed_rows")
@pytest.mark.reason("voucher_not_recognised")
def test_a_processed_row_whose_voucher_is_not_to_be_known_is_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given rows in the batch files, a clerk who runs the batch and corrects the amount of the voucher at once
    when the flow looks, then it takes no voucher for its own, and enters none; linked by hand, it goes on."""
    acts = dict(testbed.connections["jde"]["orchestrations"])
    del acts["voucher_batch_run"]
    testbed.connect("jde", orchestrations=acts)
    testbed.configure(FLOW, mode="batch")
    id = payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.books.act("run_batch", EDBT=f"CPA{id}-1")
    [row] = [each for each in payables.rows("F0411") if each["VINV"] == "WEB-1"]
    entry = Entry(row["DOC"], row["DCT"], row["KCO"])
    testbed.books.change(entry, "90.00")
    testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "voucher_not_recognised"
    testbed.link_born(FLOW, f"invoices:{id}", entry.key.removeprefix("F0411:"))
    testbed.replay(FLOW)
    # it is brought into agreement, as every voucher that a person links
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [state for _, state in states(payables, "WEB-1")] == ["void"]


@pytest.mark.known_by("mark")
def test_what_was_made_under_the_mark_is_found_by_it_when_the_key_changes(testbed: Site, payables: Payables) -> None:
    """Given a voucher that was made under the mark, when the site changes to supplier and invoice number, then it is
    still ours: a change in Coupa voids it, and the next one is known by its number."""
    id = payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.configure(FLOW, voucher_key="supplier_invoice")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert states(payables, "WEB-1") == [(scenario_keys.US, "void"), (scenario_keys.US, "A")]
    assert testbed.sync(FLOW, "invoices")["invoices"].rules() == {"born_in_coupa": 2}


@pytest.mark.known_by("preset")
@pytest.mark.reason("document_numbers_used_up")
@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_numbers_of_ours_are_given_once_and_never_somebody_elses(testbed: Site, payables: Payables, mode: str) -> None:
    """Given a range of three document numbers, one of which somebody has used, when invoices are synced, then each
    voucher has a number of the range that is free, in its journal too, and a person is told when none is left."""
    testbed.configure(FLOW, mode=mode, preset_first=5_000_000, preset_last=5_000_002)
    by_hand(testbed, "INV-1", doc=5_000_000)
    testbed.configure(FLOW, not_ours=["00001/PV/5000000"])
    for number in ("WEB-1", "WEB-2", "WEB-3"):
        payables.invoice(number)
    testbed.sync("suppliers", "accounts", FLOW)
    testbed.sync(FLOW)
    ours = {row["DOC"]: row["VINV"] for row in payables.rows("F0411") if row["VINV"].startswith("WEB")}
    assert ours == {5_000_001: "WEB-1", 5_000_002: "WEB-2"}
    assert ours.keys() <= {row["DOC"] for row in payables.rows("F0911")}
    assert testbed.exception(FLOW).reason == "document_numbers_used_up"

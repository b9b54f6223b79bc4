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
def payables(town: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(town)
    town.configure(FLOW, mode="direct")
    return made


def fault(town: Site, kind: str) -> None:
    """The next voucher that is entered meets this fault."""
    town.sandbox.post("/faults", {"replace": True, "rules": [{**ENTER, "kind": kind, "calls": [1]}]})


def by_hand(town: Site, number: str, amount: str = "100.00", *, doc: int = 7001, user: str = "CLERK") -> Entry:
    """A clerk enters the voucher of an invoice of 1 March by hand."""
    entry = town.books.voucher(doc, invoice=number, costs=(("30.5010", amount),))
    [row] = [each for each in town.sandbox.systems["jde"].dump()["F0411"].values() if each["DOC"] == doc]
    town.books.change_items(entry, "", TORG=user, DIVJ="2026-03-01", PST="A")
    assert row["VINV"].strip() == number
    return entry


def states(payables: Payables, number: str) -> list[tuple[str, str]]:
    """(user, `void` or pay status) of the vouchers of an invoice number, by document number."""
    own = [row for row in payables.rows("F0411") if row["VINV"] == number and row.get("DCTA") != "PE"]
    found = sorted(own, key=lambda row: row["DOC"])
    return [(row.get("TORG", ""), "void" if row.get("VOD") == "V" else row["PST"]) for row in found]


@pytest.mark.reason("natural_key_taken")
def test_a_clerks_identical_voucher_is_never_taken_for_the_lost_one(town: Site, payables: Payables) -> None:
    """Given a site where a first voucher has shown what survives, and the answer to the next one is lost before it
    reached JD Edwards
    when a clerk enters the very same voucher by hand meanwhile, then it is not taken for ours: the invoice is held, and
    when it changes in Coupa afterwards the clerk's voucher is not voided."""
    payables.invoice("WEB-1")
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    id = payables.invoice("WEB-2")
    town.policy = {"wait_for_outcomes": False}
    fault(town, "drop_before")
    town.sync(FLOW)
    by_hand(town, "WEB-2")
    town.sandbox.clock.advance(600)
    town.sync(FLOW)
    assert town.exception(FLOW).reason == "natural_key_taken"
    payables.change(id, "120.00")
    town.replay(FLOW)
    town.sync(FLOW)
    assert states(payables, "WEB-2") == [("CLERK", "A")] and payables.link(id) == ""


def test_a_lost_answer_is_found_by_what_has_shown_to_survive(town: Site, payables: Payables) -> None:
    """Given a site where a first voucher has shown what survives, when the answer to the next one is lost after JD
    Edwards has entered it, then it is found, and there is one."""
    payables.invoice("WEB-1")
    town.sync(FLOW)
    id = payables.invoice("WEB-2")
    fault(town, "drop_after")
    town.sync(FLOW)
    assert town.exceptions(FLOW) == []
    assert states(payables, "WEB-2") == [(scenario_keys.US, "A")] and payables.link(id)


@pytest.mark.known_by("bare")
def test_without_any_proof_a_person_decides(town: Site, payables: Payables) -> None:
    """Given the very first voucher, of which no answer came, and a voucher that says the same and shows nothing of ours
    when it is looked for, then a person decides; linked by hand, it is ours: a change in Coupa voids it."""
    town.policy = {"wait_for_outcomes": False}
    id = payables.invoice("WEB-1")
    fault(town, "drop_before")
    town.sync(FLOW)
    voucher = by_hand(town, "WEB-1", user="JOBS").key.removeprefix("F0411:")
    town.sandbox.clock.advance(600)
    town.sync(FLOW)
    assert town.exception(FLOW).reason == "natural_key_taken" and payables.link(id) == ""
    town.link_born(FLOW, f"invoices:{id}", voucher)
    town.replay(FLOW)
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and payables.link(id) == voucher
    payables.change(id, "120.00")
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    assert sorted(states(payables, "WEB-1")) == [("JOBS", "void"), (scenario_keys.US, "A")]


@pytest.mark.reason("own_vouchers_unmatched")
def test_from_an_empty_ledger_nothing_is_written_beside_a_voucher_of_ours(
    town: Site, payables: Payables, tmp_path: Path
) -> None:
    """Given a ledger that is lost, and a voucher of ours whose invoice is not in Coupa any more
    when a new invoice is synced, then nothing is entered before a person says what that voucher is."""
    gone = payables.invoice("WEB-1")
    town.sync(FLOW)
    payables.act("delete_invoice", id=gone)
    town.ledger.close()
    for each in tmp_path.glob("ledger.sqlite*"):
        each.unlink()
    town.ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock=town.clock)
    town.sync("suppliers", "accounts", mode="adopt")
    payables.invoice("WEB-2")
    town.sync(FLOW, mode="adopt")
    for _ in range(2):
        assert outcomes(town.sync(FLOW)[FLOW]) == {"held": 1}
    told = town.exception(FLOW)
    assert told.reason == "own_vouchers_unmatched"
    town.configure(FLOW, not_ours=[told.value])
    town.replay(FLOW)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    assert states(payables, "WEB-1") == states(payables, "WEB-2") == [(scenario_keys.US, "A")]


@pytest.mark.reason("own_voucher_unknown")
def test_a_voucher_of_our_user_of_which_nobody_knows_is_not_sent_to_coupa(town: Site, payables: Payables) -> None:
    """Given a voucher that our user entered and that is of no invoice that is known
    when vouchers are synced to Coupa, then it is held there, until a person says that it is not ours."""
    entry = by_hand(town, "INV-9", user=scenario_keys.US)
    town.sync("invoices")
    told = town.exception("invoices")
    assert (told.reason, told.value) == ("own_voucher_unknown", entry.key.removeprefix("F0411:"))
    town.configure(FLOW, not_ours=[told.value])
    town.replay("invoices")
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}


@pytest.mark.known_by("bare")
@pytest.mark.as_delivered("jde.changed_rows")
@pytest.mark.reason("voucher_not_recognised")
def test_a_processed_row_whose_voucher_is_not_to_be_known_is_for_a_person(town: Site, payables: Payables) -> None:
    """Given rows in the batch files, a clerk who runs the batch and corrects the amount of the voucher at once
    when the flow looks, then it takes no voucher for its own, and enters none; linked by hand, it goes on."""
    acts = dict(town.connections["jde"]["orchestrations"])
    del acts["voucher_batch_run"]
    town.connect("jde", orchestrations=acts)
    town.configure(FLOW, mode="batch")
    id = payables.invoice("WEB-1")
    town.sync(FLOW)
    town.books.act("run_batch", EDBT=f"CPA{id}-1")
    [row] = [each for each in payables.rows("F0411") if each["VINV"] == "WEB-1"]
    entry = Entry(row["DOC"], row["DCT"], row["KCO"])
    town.books.change(entry, "90.00")
    town.sync(FLOW)
    assert town.exception(FLOW).reason == "voucher_not_recognised"
    town.link_born(FLOW, f"invoices:{id}", entry.key.removeprefix("F0411:"))
    town.replay(FLOW)
    # it is brought into agreement, as every voucher that a person links
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    assert [state for _, state in states(payables, "WEB-1")] == ["void"]


@pytest.mark.known_by("mark")
def test_what_was_made_under_the_mark_is_found_by_it_when_the_key_changes(town: Site, payables: Payables) -> None:
    """Given a voucher that was made under the mark, when the site changes to supplier and invoice number, then it is
    still ours: a change in Coupa voids it, and the next one is known by its number."""
    id = payables.invoice("WEB-1")
    town.sync(FLOW)
    town.configure(FLOW, voucher_key="supplier_invoice")
    assert outcomes(town.sync(FLOW)[FLOW]) == {"unchanged": 1}
    payables.change(id, "120.00")
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    assert states(payables, "WEB-1") == [(scenario_keys.US, "void"), (scenario_keys.US, "A")]
    assert town.sync(FLOW, "invoices")["invoices"].rules() == {"born_in_coupa": 2}


@pytest.mark.known_by("preset")
@pytest.mark.reason("document_numbers_used_up")
@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_numbers_of_ours_are_given_once_and_never_somebody_elses(town: Site, payables: Payables, mode: str) -> None:
    """Given a range of three document numbers, one of which somebody has used, when invoices are synced, then each
    voucher has a number of the range that is free, in its journal too, and a person is told when none is left."""
    town.configure(FLOW, mode=mode, preset_first=5_000_000, preset_last=5_000_002)
    by_hand(town, "INV-1", doc=5_000_000)
    town.configure(FLOW, not_ours=["00001/PV/5000000"])
    for number in ("WEB-1", "WEB-2", "WEB-3"):
        payables.invoice(number)
    town.sync("suppliers", "accounts", FLOW)
    town.sync(FLOW)
    ours = {row["DOC"]: row["VINV"] for row in payables.rows("F0411") if row["VINV"].startswith("WEB")}
    assert ours == {5_000_001: "WEB-1", 5_000_002: "WEB-2"}
    assert ours.keys() <= {row["DOC"] for row in payables.rows("F0911")}
    assert town.exception(FLOW).reason == "document_numbers_used_up"

"""Whose a voucher is that says what we asked for: a clerk can enter the very same one at any moment.

Each scenario is of a home in which nothing, or little, has been seen yet of what survives (see `vouchers.evidence`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
import scenario_keys
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes, planned

from connector_resources.ledger import Ledger

KNOWN_BY = ("bare",)
ENTER = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}
US, CLERK, JOBS = scenario_keys.US, "CLERK", "JOBS"


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    testbed.policy = {"wait_for_outcomes": False}
    return made


@pytest.fixture
def in_batches(testbed: Site, payables: Payables) -> Payables:
    """Vouchers go into the batch files, and a clerk runs the batches."""
    acts = dict(testbed.connections["jde"]["orchestrations"])
    del acts["voucher_batch_run"]
    testbed.connect("jde", orchestrations=acts)
    testbed.configure(FLOW, mode="batch")
    return payables


def lose(testbed: Site, kind: str) -> None:
    """The answer of the next call is lost: before it is there (`drop_before`), or after (`drop_after`)."""
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**ENTER, "kind": kind, "calls": [1]}]})


def later(testbed: Site) -> None:
    """Nothing of a lost call can arrive any more, and the flow looks."""
    testbed.sandbox.clock.advance(600)
    testbed.sync(FLOW)


def by_hand(testbed: Site, number: str, *, doc: int = 7001, user: str = CLERK) -> Entry:
    """A clerk enters the voucher of an invoice of 1 March, of 100.00."""
    entry = testbed.books.voucher(doc, invoice=number, costs=(("30.5010", "100.00"),))
    testbed.books.change_items(entry, "", TORG=user, DIVJ="2026-03-01", PST="A", ICU=9007)
    return entry


def entry_of(payables: Payables, number: str) -> Entry:
    """The one voucher of an invoice number."""
    [row] = [each for each in payables.rows("F0411") if each["VINV"] == number and each.get("DCTA") != "PE"]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def states(payables: Payables, number: str) -> list[tuple[str, str]]:
    """(user, `void` or pay status) of the vouchers of an invoice number."""
    own = [row for row in payables.rows("F0411") if row["VINV"] == number and row.get("DCTA") != "PE"]
    return sorted((row.get("TORG", ""), "void" if row.get("VOD") == "V" else row["PST"]) for row in own)


def notes(testbed: Site) -> str:
    """What `ping` says of the flow that is nothing to be done about."""
    with testbed.context() as context:
        return "\n".join(testbed._flow(context, FLOW).startup_notes())


def loses_its_ledger(testbed: Site, folder: Path) -> None:
    """The ledger is gone; suppliers and accounts are adopted anew."""
    testbed.ledger.close()
    for each in folder.glob("ledger.sqlite*"):
        each.unlink()
    testbed.ledger = Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", clock=testbed.clock)
    testbed.sync("suppliers", "accounts", mode="adopt")


# -- our user ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", [US, CLERK])
def test_before_anything_is_proved_our_user_is_no_proof(testbed: Site, payables: Payables, user: str) -> None:
    """Given the very first voucher, whose call was lost, and a clerk who enters the same one before we look, under our
    login or their own, when the flow looks, then it takes nothing and enters nothing: a person decides."""
    id = payables.invoice("WEB-1")
    lose(testbed, "drop_before")
    testbed.sync(FLOW)
    by_hand(testbed, "WEB-1", user=user)
    later(testbed)
    assert testbed.exception(FLOW).reason == "natural_key_taken" and payables.link(id) == ""
    payables.change(id, "120.00")
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert states(payables, "WEB-1") == [(user, "A")]


@pytest.mark.parametrize("reported", [True, False])
def test_a_login_that_others_use_too_is_no_proof(testbed: Site, payables: Payables, reported: bool) -> None:
    """Given a first voucher that has shown our user, and a clerk who enters vouchers under our login, which a person
    was asked about, or has answered (`not_ours`)
    when the next call is lost and that clerk enters the same voucher, then it is not taken for ours."""
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.sync("invoices", mode="adopt")
    by_hand(testbed, "INV-9", doc=7009, user=US)
    testbed.sync("invoices")
    asked = testbed.exception("invoices")
    assert asked.reason == "own_voucher_unknown"
    if reported:
        testbed.configure(FLOW, not_ours=[asked.value])
        testbed.replay("invoices")
        testbed.sync("invoices")
    id = payables.invoice("WEB-2")
    lose(testbed, "drop_before")
    testbed.sync(FLOW)
    by_hand(testbed, "WEB-2", user=US)
    later(testbed)
    assert testbed.exception(FLOW).reason == "natural_key_taken" and payables.link(id) == ""
    assert states(payables, "WEB-2") == [(US, "A")]


@pytest.mark.parametrize("mode", ["apply", "adopt"])
def test_what_stood_there_before_we_asked_is_taken_where_a_person_says_so(
    testbed: Site, payables: Payables, mode: str
) -> None:
    """Given a home that has made no voucher, and an identical one that our login entered: by a clerk, or by us before a
    ledger was lost
    when the flow is synced, then it takes nothing and enters nothing; it is linked only where a person adopts."""
    # where something stands there already, the first sync of all is a plan
    testbed.sync(FLOW)
    id = payables.invoice("WEB-1")
    by_hand(testbed, "WEB-1", user=US)
    testbed.sync(FLOW, mode=mode)
    assert bool(payables.link(id)) == (mode == "adopt") and states(payables, "WEB-1") == [(US, "A")]
    assert [each.reason for each in testbed.exceptions(FLOW)] == ([] if mode == "adopt" else ["natural_key_taken"])


# -- the batch row ----------------------------------------------------------------------------------------------------


@pytest.mark.reason("voucher_not_recognised")
@pytest.mark.as_delivered("jde.duplicate_invoices")
def test_a_batch_that_another_user_runs_is_known_by_its_row_until_there_is_a_twin(
    testbed: Site, in_batches: Payables
) -> None:
    """Given batches that a clerk runs, so that the vouchers bear their user when the row was processed and one such
    voucher has appeared, then it is ours; when they have entered the same one by hand as well, there are two, and a
    person decides: nothing is voided by a change of the invoice meanwhile."""
    first = in_batches.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.books.act("run_batch", EDBT=f"CPA{first}-1")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and in_batches.link(first).startswith("00001/PV/")
    id = in_batches.invoice("WEB-2")
    testbed.sync(FLOW)
    by_hand(testbed, "WEB-2")
    testbed.books.act("run_batch", EDBT=f"CPA{id}-1")
    in_batches.change(id, "120.00")
    testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "voucher_not_recognised"
    assert [state for _, state in states(in_batches, "WEB-2")] == ["A", "A"]


def test_a_batch_number_that_comes_back_tells_ours_from_the_twin(testbed: Site, in_batches: Payables) -> None:
    """Given a JD Edwards that writes the batch of the ledger (ICU) back to the processed row and nothing else
    when a clerk has entered the same voucher, then ours is the one in that batch."""
    id = in_batches.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.books.act("run_batch", EDBT=f"CPA{id}-1")
    ours = entry_of(in_batches, "WEB-1")
    [made] = [row for row in in_batches.rows("F0411") if row["DOC"] == ours.doc]
    [row] = in_batches.rows("F0411Z1")
    key = {name: row[name] for name in ("EDUS", "EDBT", "EDTN", "EDLN")}
    testbed.books.upsert("F0411Z1", {**key, "ICU": made["ICU"], "ICUT": made["ICUT"]})
    by_hand(testbed, "WEB-1")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and in_batches.link(id) == ours.key.removeprefix("F0411:")


@pytest.mark.reason("missing_in_target")
def test_a_row_that_is_gone_gives_a_clerks_voucher_to_nobody(testbed: Site, in_batches: Payables) -> None:
    """Given rows in the batch files that are gone before a batch run was seen, and a clerk's voucher that says the same
    when the flow looks, then it does not take it and enters none; a change of the invoice voids nothing."""
    id = in_batches.invoice("WEB-1")
    testbed.sync(FLOW)
    names = ("EDUS", "EDBT", "EDTN", "EDLN")
    for table in ("F0411Z1", "F0911Z1"):
        testbed.books.delete(table, *({name: row[name] for name in names} for row in in_batches.rows(table)))
    by_hand(testbed, "WEB-1", user=US)
    in_batches.change(id, "120.00")
    for _ in range(2):
        testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "missing_in_target"
    assert states(in_batches, "WEB-1") == [(US, "A")]


# -- the first one ----------------------------------------------------------------------------------------------------


@pytest.mark.known_by("supplier_invoice", "preset", "bare")
def test_the_others_wait_for_what_the_first_voucher_shows(testbed: Site, in_batches: Payables) -> None:
    """Given a home that has made no voucher yet, and three invoices
    when they are synced, then one goes into the batch files, a plan says that the others wait for it, and once its
    voucher is known they follow; after that none waits."""
    ids = [in_batches.invoice(f"WEB-{number}") for number in (1, 2, 3)]
    assert "one goes first" in notes(testbed)
    done = testbed.sync(FLOW)[FLOW]
    assert (outcomes(done), done.rules()) == ({"created": 1, "ignored": 2}, {"after_first_voucher": 2})
    assert len(in_batches.rows("F0411Z1")) == 1
    shown = testbed.sync(FLOW, mode="plan")[FLOW]
    assert shown.rules() == {"after_first_voucher": 2} and shown.writes == 0
    testbed.books.act("run_batch", EDBT=f"CPA{ids[0]}-1")
    testbed.sync(FLOW)
    assert "one goes first" not in notes(testbed)
    testbed.sync(FLOW)
    ids.append(in_batches.invoice("WEB-4"))
    assert outcomes(testbed.sync(FLOW)[FLOW])["created"] == 1
    for id in ids[1:]:
        testbed.books.act("run_batch", EDBT=f"CPA{id}-1")
    testbed.sync(FLOW)
    assert [in_batches.link(id)[:9] for id in ids] == ["00001/PV/"] * 4 and testbed.exceptions(FLOW) == []


def test_a_first_voucher_whose_answer_comes_lets_the_others_go_at_once(testbed: Site, payables: Payables) -> None:
    """Given a home that has made no voucher yet, when three invoices are entered at once, then all are in one run; a
    plan before says so."""
    ids = [payables.invoice(f"WEB-{number}") for number in (1, 2, 3)]
    assert len(planned(testbed.sync(FLOW, mode="plan")[FLOW])) == 3
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 3}
    assert all(payables.link(id) for id in ids)


def test_first_vouchers_that_nobody_knows_keep_the_others_until_a_person_says(
    testbed: Site, payables: Payables
) -> None:
    """Given first vouchers whose answers are lost, one after the other
    when the flow is synced, then three are entered of which a person has to say whether they are ours, and the others
    wait for them; once they have linked one, the others are entered, and ours are known."""
    ids = [payables.invoice(f"WEB-{number}") for number in (1, 2, 3, 4, 5)]
    rules = [{**ENTER, "kind": "drop_after", "calls": [1, 2, 3]}]
    testbed.sandbox.post("/faults", {"replace": True, "rules": rules})
    for _ in range(5):
        later(testbed)
    assert [each.reason for each in testbed.exceptions(FLOW)] == ["natural_key_taken"] * 3
    assert states(payables, "WEB-4") == states(payables, "WEB-5") == []
    testbed.link_born(FLOW, f"invoices:{ids[0]}", entry_of(payables, "WEB-1").key.removeprefix("F0411:"))
    for _ in range(2):
        testbed.replay(FLOW)
        later(testbed)
    assert testbed.exceptions(FLOW) == [] and all(payables.link(id) for id in ids)
    assert all(len(states(payables, f"WEB-{number}")) == 1 for number in (1, 2, 3, 4, 5))


# -- void ones, and lost ledgers --------------------------------------------------------------------------------------


@pytest.mark.reason("void_voucher_unknown")
@pytest.mark.parametrize("lost", ["the answer", "the ledger"])
def test_what_somebody_took_back_is_not_entered_again_without_a_word(
    testbed: Site, payables: Payables, tmp_path: Path, lost: str
) -> None:
    """Given a voucher of ours of which nothing is known, for its answer was lost, or the ledger, and nothing on it says
    that it is ours, and a clerk who voids it
    when the invoice is synced, then a person is asked before it is entered again; replayed, it is, once."""
    payables.invoice("WEB-1")
    if lost == "the answer":
        lose(testbed, "drop_after")
    testbed.sync(FLOW)
    entry = entry_of(payables, "WEB-1")
    testbed.books.change_items(entry, "", TORG=JOBS)
    testbed.books.void(entry)
    if lost == "the ledger":
        loses_its_ledger(testbed, tmp_path)
        testbed.sync(FLOW, mode="adopt")
    for _ in range(2):
        later(testbed)
    assert (testbed.exception(FLOW).reason, states(payables, "WEB-1")) == ("void_voucher_unknown", [(JOBS, "void")])
    testbed.replay(FLOW)
    for _ in range(2):
        testbed.sync(FLOW)
    assert states(payables, "WEB-1") == [(JOBS, "void"), (US, "A")] and testbed.exceptions(FLOW) == []


@pytest.mark.parametrize("duplicates", ["hold", "send"])
def test_after_a_lost_ledger_nothing_stands_beside_a_voucher_that_may_be_ours(
    testbed: Site, payables: Payables, tmp_path: Path, duplicates: str
) -> None:
    """Given a lost ledger, and a voucher of ours that nothing shows to be ours, when the flow is adopted and synced,
    then the invoice is held and no second voucher is entered, also where a site lets numbers be used twice."""
    testbed.configure(FLOW, mode="direct", duplicates=duplicates)
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.books.change_items(entry_of(payables, "WEB-1"), "", TORG=JOBS)
    loses_its_ledger(testbed, tmp_path)
    testbed.sync(FLOW, mode="adopt")
    testbed.sync(FLOW)
    assert (testbed.exception(FLOW).reason, states(payables, "WEB-1")) == ("natural_key_taken", [(JOBS, "A")])

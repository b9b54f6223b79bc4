"""Vouchers by document numbers of ours: no number is given twice, whatever was lost, and none is taken from anybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.pairs.registry import flow_class
from connector_assets.run_setup import integration_of
from connector_resources.connections import Settings
from connector_resources.errors import UnusableInput
from connector_resources.jde.orchestrations import Orchestrations

FIRST, LAST = 5_000_000, 5_999_999
KNOWN_BY = ("preset",)


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


def by_hand(testbed: Site, number: str, doc: int) -> Entry:
    """A clerk enters the voucher of an invoice of 1 March by hand, and types its document number."""
    entry = testbed.books.voucher(doc, invoice=number, costs=(("30.5010", "100.00"),))
    testbed.books.change_items(entry, "", TORG="CLERK", DIVJ="2026-03-01")
    return entry


def numbers(payables: Payables) -> dict[str, list[int]]:
    """Invoice number -> the document numbers of its vouchers in F0411, from 5000000 on; no audit rows."""
    found: dict[str, list[int]] = {}
    for row in sorted(payables.rows("F0411"), key=lambda row: row["DOC"]):
        if row["DOC"] >= FIRST and row.get("DCTA") != "PE":
            found.setdefault(row["VINV"], []).append(row["DOC"])
    return found


def reported(testbed: Site) -> tuple[list[str], list[str]]:
    """What `ping` says of the flow: what is to be done, and what is good to know of its numbers."""
    with testbed.context() as context:
        flow = flow_class("jde_coupa", FLOW)(context)
        return flow.startup_problems(), [each for each in flow.startup_notes() if "document numbers" in each]


def without_run(testbed: Site) -> None:
    """The site runs its batches itself."""
    testbed.connect("jde", orchestrations={k: v for k, v in _acts(testbed).items() if k != "voucher_batch_run"})
    testbed.configure(FLOW, mode="batch")


def _acts(testbed: Site) -> dict[str, Any]:
    return dict(testbed.connections["jde"]["orchestrations"])


def test_a_number_typed_at_the_end_of_the_range_does_not_end_it(testbed: Site, payables: Payables) -> None:
    """Given a voucher of ours, and a clerk who types the last number of the range
    when the next invoices come, then they go on behind ours, past a number that another clerk has typed there."""
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    by_hand(testbed, "INV-1", LAST)
    by_hand(testbed, "INV-2", FIRST + 1)
    payables.invoice("WEB-2")
    payables.invoice("WEB-3")
    assert outcomes(testbed.sync(FLOW)[FLOW])["created"] == 2
    found = numbers(payables)
    assert (found["WEB-1"], sorted(found["WEB-2"] + found["WEB-3"])) == ([FIRST], [FIRST + 2, FIRST + 3])
    assert (found["INV-1"], found["INV-2"]) == ([LAST], [FIRST + 1])


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "only planned"])
def test_a_number_that_a_plan_has_given_is_no_voucher_yet(testbed: Site, payables: Payables, applied: bool) -> None:
    """Given a JD Edwards without vouchers of ours, and a plan, which gives its invoice a number
    when the plan is applied, or a sync comes instead, then the voucher is made under that number: JD Edwards holds
    none, so that nobody has to look at a plan first."""
    payables.invoice("WEB-1")
    plan = testbed.plan(FLOW)
    report = testbed.apply(plan)[FLOW] if applied else testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1} and report.writes
    assert numbers(payables) == {"WEB-1": [FIRST]}


def test_a_number_of_ours_that_a_clerk_takes_first_is_left_to_him(testbed: Site, payables: Payables) -> None:
    """Given a number that was sent and did not arrive, and a clerk who types it meanwhile for another voucher
    when the invoice is sent again, then it gets another number, and there is one voucher of it."""
    testbed.policy = {"wait_for_outcomes": False}
    payables.invoice("WEB-1")
    enter = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}
    rules = [{**enter, "kind": "drop_before", "calls": [1]}]
    testbed.sandbox.post("/faults", {"replace": True, "rules": rules})
    testbed.sync(FLOW)
    by_hand(testbed, "INV-1", FIRST)
    testbed.sandbox.clock.advance(600)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert numbers(payables) == {"INV-1": [FIRST], "WEB-1": [FIRST + 1]}
    assert FIRST + 1 in {row["DOC"] for row in payables.rows("F0911")}
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.reason("batch_rejected")
def test_a_number_that_the_batch_run_refuses_is_a_clerks_to_correct(testbed: Site, payables: Payables) -> None:
    """Given rows that wait in the batch files with a number of ours, in their journal too, and a clerk who types that
    number
    when the batch is run, then JD Edwards refuses them and a person is told; with another number in the rows there is
    one voucher of the invoice, and it is known by that one."""
    without_run(testbed)
    id = payables.invoice("WEB-1")
    testbed.sync(FLOW)
    for table in ("F0411Z1", "F0911Z1"):
        assert {int(row["DOC"]) for row in payables.rows(table)} == {FIRST}
    by_hand(testbed, "INV-1", FIRST)
    testbed.books.act("run_batch", EDBT=f"CPA{id}-1")
    testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "batch_rejected"
    assert numbers(payables) == {"INV-1": [FIRST]}
    for table in ("F0411Z1", "F0911Z1"):
        for row in payables.rows(table):
            testbed.books.upsert(
                table, {name: row[name] for name in ("EDUS", "EDBT", "EDTN", "EDLN")} | {"DOC": FIRST + 1}
            )
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    testbed.books.act("run_batch", EDBT=f"CPA{id}-1")
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert numbers(payables) == {"INV-1": [FIRST], "WEB-1": [FIRST + 1]}
    assert testbed.exceptions(FLOW) == [] and payables.link(id).endswith(f"/{FIRST + 1}")


def test_without_a_memory_no_number_is_given_again(testbed: Site, payables: Payables) -> None:
    """Given a voucher that is void, one whose rows still wait in the batch files, and one of which only the journal is
    left
    when the ledger is lost and a new invoice comes, then its number is above all of theirs, what waits becomes the
    voucher of its invoice, and each invoice has one."""
    without_run(testbed)
    void = payables.invoice("WEB-1")
    testbed.sync(FLOW)
    testbed.books.act("run_batch", EDBT=f"CPA{void}-1")
    testbed.sync(FLOW)
    payables.act("void_invoice", id=void)
    testbed.sync(FLOW)
    waiting = payables.invoice("WEB-2")
    testbed.sync(FLOW)
    [row] = [row for row in payables.rows("F0911") if row["DOC"] == FIRST][:1]
    journal = {**{name: row[name] for name in ("DCT", "KCO", "DGJ", "LT")}, "DOC": FIRST + 7, "JELN": 1}
    testbed.books.upsert("F0911", journal)
    assert numbers(payables) == {"WEB-1": [FIRST]}
    with testbed.forgetting() as blank:
        blank.sync("suppliers", "accounts", FLOW, mode="adopt")
        new = payables.invoice("WEB-3")
        blank.sync(FLOW)
        # what waits shows first what survives
        testbed.books.act("run_batch", EDBT=f"CPA{waiting}-1")
        blank.sync(FLOW)
        testbed.books.act("run_batch", EDBT=f"CPA{new}-1")
        blank.sync(FLOW)
        assert numbers(payables) == {"WEB-1": [FIRST], "WEB-2": [FIRST + 1], "WEB-3": [FIRST + 8]}
        assert blank.exceptions(FLOW) == [] and blank.sync(FLOW)[FLOW].writes == 0


def test_a_slice_of_invoices_asks_for_its_numbers_at_once(testbed: Site, payables: Payables) -> None:
    """Given a dozen invoices, when they are synced, then F0411 is asked once whether their numbers are free."""
    for place in range(12):
        payables.invoice(f"WEB-{place}")
    asked: list[Any] = []
    with testbed.context() as context:
        client, flow = context.client("jde"), flow_class("jde_coupa", FLOW)(context)
        asks = client.by_keys

        def counted(table: str, keys: Any, *more: Any, **named: Any) -> Any:
            asked.extend([more] if (table, list(keys)) == ("F0411", ["DOC"]) else [])
            return asks(table, keys, *more, **named)

        client.by_keys = counted
        assert outcomes(testbed._run(flow, *testbed.days(FLOW), "apply", False)) == {"created": 12}  # type: ignore[misc]
    assert len(asked) == 1
    assert sorted(each for own in numbers(payables).values() for each in own) == [*range(FIRST, FIRST + 12)]


def test_ping_tells_who_else_uses_the_range(testbed: Site, payables: Payables) -> None:
    """Given a range that is ours alone, then `ping` tells how many numbers are left; given a clerk's voucher in it,
    next numbers that come near to it, and few that are left, then each is told."""
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    assert reported(testbed) == ([], [f"{LAST - FIRST} document numbers of ours are left of {FIRST} to {LAST}"])
    entry = by_hand(testbed, "INV-1", FIRST + 3)
    by_hand(testbed, "INV-2", FIRST - 400)
    testbed.configure(FLOW, preset_last=FIRST + 9)
    by_hand(testbed, "INV-3", FIRST + 4)
    payables.invoice("WEB-2")
    testbed.configure(FLOW, not_ours=[f"00001/PV/{FIRST + 4}"])
    problems, notes = reported(testbed)
    foreign_record = entry.key.removeprefix("F0411:")
    assert notes == [f"9 document numbers of ours are left of {FIRST} to {FIRST + 9}"]
    assert len(problems) == 2 and f"1 vouchers have numbers of {FIRST} to {FIRST + 9}" in problems[0]
    assert f"{foreign_record} (entered by CLERK)" in problems[0]
    assert f"own numbers have come to {FIRST - 400}, and ours begin with {FIRST}" in problems[1]
    testbed.configure(FLOW, preset_last=FIRST, not_ours=[])
    assert any(each.startswith("0 document numbers of ours are left") for each in reported(testbed)[0])


def test_ping_tells_an_orchestration_that_does_not_take_our_number(testbed: Site, payables: Payables) -> None:
    """Given an orchestration without the input for the document number, whose vouchers would get next numbers, then
    `ping` says so."""
    acts = _acts(testbed)
    acts["voucher_enter"] = {**acts["voucher_enter"], "inputs": {"DocumentNumber": "VoucherNumber"}}
    testbed.connect("jde", orchestrations=acts)
    assert reported(testbed)[0] == [f"voucher_enter: {acts['voucher_enter']['name']} has no input 'VoucherNumber'"]


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ({"preset_first": FIRST + 10, "preset_last": FIRST + 20}, True),
        ({"preset_first": FIRST + 10, "preset_last": FIRST + 20, "document_type": "P8", "credit_type": "P9"}, False),
        ({"preset_first": LAST + 1, "preset_last": LAST + 2}, False),
        ({"voucher_key": "supplier_invoice", "preset_first": FIRST, "preset_last": LAST}, False),
    ],
)
@pytest.mark.parametrize("second", ["jde", "jde_too"])
def test_two_flows_never_give_the_same_numbers(
    tmp_path: Path, other: dict[str, Any], shared: bool, second: str
) -> None:
    """Given invoices of Coupa and bills of BILL that become vouchers of one JD Edwards, over one connection or two
    when both give the same numbers of one type, then neither integration can be used, and it is told which numbers."""
    jde = {"system": "jde", "url": "http://127.0.0.1:1/jderest"}
    key = {"voucher_key": "preset_document"}
    ours = {**key, "preset_first": FIRST, "preset_last": LAST}
    bill = {"system": "bill", "url": "http://127.0.0.1:3/connect"}
    text = {
        "start_date": "2026-01-01",
        "connections": {
            "jde": jde,
            "jde_too": jde,
            "coupa": {"system": "coupa", "url": "http://127.0.0.1:2"},
            "bill": bill,
        },
        "integrations": {
            "jde_coupa": {"flows": {FLOW: ours}},
            "jde_bill": {"connections": {"jde": second}, "flows": {"approved_bills": {**key, **other}}},
        },
    }
    settings = Settings.parse(json.dumps(text), tmp_path / "connections.yaml")
    assert not settings.broken
    for name in ("jde_coupa", "jde_bill"):
        if not shared:
            assert integration_of(settings, name).name == name
            continue
        with pytest.raises(
            UnusableInput, match=f"both give the document numbers {FIRST + 10} to {FIRST + 20} of PD and"
        ):
            integration_of(settings, name)


@pytest.mark.parametrize(
    ("how", "outcome", "reason"),
    [("abort", "refused", "refused_by_target"), ("continue", "in_doubt", "outcome_unknown")],
)
def test_a_number_that_jde_refuses_is_followed_by_another(
    testbed: Site, payables: Payables, monkeypatch: pytest.MonkeyPatch, how: str, outcome: str, reason: str
) -> None:
    """Given a clerk who types the next number of ours right before our call arrives
    when JD Edwards refuses our voucher for that, or its orchestration goes on after the error, and AP replays
    then the invoice gets another number, and there is one voucher of it."""
    testbed.sandbox.post("/options", {"jde": {"orchestration_errors": {"*": how}}})
    id = payables.invoice("WEB-1")
    call, typed = Orchestrations.call, []

    def beaten(self: Orchestrations, act: str, *its: Any, **named: Any) -> Any:
        if act == "voucher_enter" and not typed:
            typed.append(by_hand(testbed, "INV-1", FIRST))
        return call(self, act, *its, **named)

    monkeypatch.setattr(Orchestrations, "call", beaten)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {outcome: 1}
    assert testbed.exception(FLOW).reason == reason
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert numbers(payables) == {"INV-1": [FIRST], "WEB-1": [FIRST + 1]}
    assert payables.link(id).endswith(f"/{FIRST + 1}") and testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.parametrize("mode", ["batch", "direct"])
@pytest.mark.as_delivered("jde.duplicate_invoices", "jde.entry_warnings", "coupa.unique_invoice_drafts")
def test_a_credit_has_a_number_of_the_same_range(testbed: Site, payables: Payables, mode: str) -> None:
    """Given an invoice and a credit note with its number, when both are synced and the ledger is lost
    then the debit memo has a number of ours under its own type, in its journal too, and both are known again."""
    testbed.configure(FLOW, mode=mode)
    original = {"original_invoice_number": "WEB-1", "original_invoice_date": "2026-03-01"}
    invoice = payables.invoice()
    testbed.sync(FLOW)
    credit = payables.invoice("WEB-1", costs=(("30-5010", "-40.00"),), is_credit_note=True, **original)
    testbed.sync(FLOW)
    made = {row["DOC"]: row["DCT"] for row in payables.rows("F0411") if row["DOC"] >= FIRST}
    assert made == {FIRST: "PV", FIRST + 1: "PD"}
    assert {(row["DOC"], row["DCT"]) for row in payables.rows("F0911") if row["DOC"] >= FIRST} == set(made.items())
    with testbed.forgetting() as blank:
        again = Payables(blank)
        blank.configure(FLOW, mode=mode)
        blank.sync("suppliers", "accounts", FLOW, mode="adopt")
        assert blank.sync(FLOW)[FLOW].writes == 0
        links = {again.link(invoice), again.link(credit)}
    assert links == {f"00001/PV/{FIRST}", f"00001/PD/{FIRST + 1}"}

"""The start date between JD Edwards and Coupa: what is of before, how a person lets it in, and what JDE has paid when
it is first seen."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_site import Site, outcome, outcomes, planned, tally

from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.reconciling import Comparison, compare
from connector_assets.orchestration.letting_in import Chosen, read_chosen
from connector_resources.errors import UnusableInput

FLOW = "invoices"
BEFORE = YESTERDAY - timedelta(days=30)
OLD_DATES = {"DGJ": BEFORE, "DICJ": BEFORE, "DIVJ": BEFORE}


def old(testbed: Site, doc: int, **more: object) -> Entry:
    """A voucher that was last changed a month before the start date."""
    return testbed.books.voucher(doc, changed=BEFORE, **more)  # type: ignore[arg-type]


def aged(testbed: Site, doc: int, **more: object) -> Entry:
    """One that was entered, posted and invoiced then, too."""
    entry = old(testbed, doc, **more)
    testbed.books.upsert("F0411", item(entry) | OLD_DATES, changed=BEFORE)
    return entry


def undated(testbed: Site, doc: int) -> Entry:
    """A voucher of before that no audit date tells of."""
    entry = testbed.books.voucher(doc, undated=True)
    testbed.books.upsert("F0411", item(entry) | OLD_DATES, undated=True)
    return entry


def item(entry: Entry) -> dict[str, object]:
    """The key of the only pay item of a voucher."""
    return {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}


def compared(testbed: Site, first: date | None = None) -> Comparison:
    """Both systems side by side."""
    with testbed.context() as context:
        return compare(testbed._flow(context, FLOW), first)


def held(testbed: Site, number: str) -> tuple[bool, list[Decimal]]:
    """Whether an invoice is paid in Coupa, and the payments on it."""
    invoice = testbed.spend.invoice(number)
    return invoice["paid"], [Decimal(each["amount-paid"]) for each in invoice.get("payments") or []]


@pytest.fixture
def opened(testbed: Site) -> Site:
    """The flow was opened by a first run an hour ago."""
    testbed.books.voucher(4700)
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(3600)
    return testbed


# -- the sweep --------------------------------------------------------------------------------------------------------


def test_the_sweep_leaves_alone_what_is_of_before_and_counts_it(testbed: Site) -> None:
    """Given two vouchers of before the start date and one that no day tells of
    when the sweep compares all keys
    then the last one is sent, the others are ignored with their money; so they are by the next sweep, which reads
    neither of them again."""
    first, second = old(testbed, 1), old(testbed, 2, costs=(("30.5010", "250.00"),))
    new = testbed.books.voucher(3, undated=True)
    found = testbed.sweep(FLOW)
    assert outcomes(found.report) == {"created": 1, "ignored": 2}
    assert tally(found.report) == {"before_start_date": 2}
    assert (found.missed, found.before) == ([new.document], [first.document, second.document])
    assert found.report.amounts()["GBP"]["ignored"] == Decimal("350.00")
    again = testbed.sweep(FLOW)
    assert outcomes(again.report) == {"unchanged": 1, "ignored": 2}
    assert again.report.amounts()["GBP"]["ignored"] == Decimal("350.00")
    assert again.report.rows["read"] == 1
    assert testbed.spend.state()["invoices"]["count"] == 1
    assert testbed.exceptions(FLOW) == []


def test_without_an_audit_date_the_documents_own_dates_decide(testbed: Site) -> None:
    """Given a voucher without an audit date that was entered, posted and invoiced before the start date
    when the sweep compares all keys, it is of before; when it is posted in a period of now, it is sent."""
    entry = undated(testbed, 1)
    assert tally(testbed.sweep(FLOW).report) == {"before_start_date": 1}
    testbed.books.upsert("F0411", item(entry) | {"DGJ": TODAY}, undated=True)
    assert outcomes(testbed.sweep(FLOW).report) == {"created": 1}


def test_a_change_since_the_start_date_brings_a_document_in(testbed: Site) -> None:
    """Given a voucher of before that a sweep has left alone
    when it is corrected today, the sync of today sends it."""
    entry = old(testbed, 1)
    testbed.sweep(FLOW)
    testbed.books.line(entry, 1, "30.5010", "150.00")
    testbed.books.change_items(entry, "150.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert outcomes(testbed.sweep(FLOW).report) == {"unchanged": 1}


@pytest.mark.parametrize("let_in", [False, True])
def test_a_void_frees_no_number_for_what_is_of_before(testbed: Site, let_in: bool) -> None:
    """Given a voucher of now that is held since one of before has its number
    when the one of now is voided, the one of before stays where it is; unless a person let it in, and it waited too."""
    entry = aged(testbed, 2, invoice="INV-9")
    new = testbed.books.voucher(1, invoice="INV-9")
    assert outcome(testbed.sync(FLOW)[FLOW], new.document) == "created"
    if let_in:
        assert outcomes(testbed.let_in(FLOW, entry.document)) == {"held": 1}
    testbed.books.void(new)
    report = testbed.sync(FLOW)[FLOW]
    assert outcome(report, entry.document) == ("created" if let_in else "ignored")
    assert report.results[entry.document].rule == (None if let_in else "before_start_date")


def test_an_earlier_start_date_lets_the_sweep_find_more(testbed: Site) -> None:
    """Given a voucher that a sweep has left alone, when the start date is moved before it, the next sweep sends it."""
    old(testbed, 1)
    testbed.sweep(FLOW)
    testbed.start = BEFORE
    found = testbed.sweep(FLOW)
    assert (outcomes(found.report), found.before) == ({"created": 1}, [])


def test_master_data_have_no_start_date(testbed: Site) -> None:
    """Given a voucher of now of a supplier that was last changed before the start date and is not in Coupa
    when the sweep looks at the suppliers, it is sent, and the voucher goes."""
    number = 4399
    testbed.books.supplier(number, "Quarry & Sons", changed=BEFORE)
    testbed.books.voucher(1, supplier=number)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert outcomes(testbed.sweep("suppliers").report)["created"] == 1
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


def test_invoices_of_coupa_have_the_same_start_date(testbed: Site) -> None:
    """Given an approved invoice in Coupa that was last changed before the start date
    when the sweep looks at the invoices that were born there, none becomes a voucher."""
    testbed.flows["approved_invoices"] = {"mode": "direct"}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    act = {"system": "coupa", "act": "enter_invoice", "approve": True}
    line = {"type": "InvoiceAmountLine", "line-num": 1, "description": "Work", "price": "100.00"}
    account = {"code": "30-5010", "account-type": {"name": "JDE"}}
    body = {
        "invoice-number": "WEB-1",
        "invoice-date": "2026-02-20",
        "supplier": {"number": "4343"},
        "currency": {"code": "GBP"},
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "tax-amount": "0.00",
        "invoice-lines": [line | {"account": account}],
    }
    testbed.sandbox.post("/rows", {**act, "body": body})
    testbed.start = TODAY + timedelta(days=1)
    found = testbed.sweep("approved_invoices")
    assert tally(found.report) == {"before_start_date": 1}
    assert found.report.writes == 0


# -- what a person lets in --------------------------------------------------------------------------------------------


def test_a_document_of_before_is_let_in_by_its_key(testbed: Site) -> None:
    """Given two vouchers of before that a sweep has left alone
    when a person lets one of them in, it is sent, the audit trail says who did, both systems are compared about it, and
    the other one stays where it is."""
    first, second = old(testbed, 1), old(testbed, 2)
    testbed.sweep(FLOW)
    report = testbed.let_in(FLOW, first.document)
    assert outcomes(report) == {"created": 1}
    _, reported = testbed.ledger.audit.of(first.document)
    [event] = [each for each in reported if each.event == "let_in"]
    assert (event.actor, event.detail) == ("clerk", {"by": "key", "mode": "apply"})
    assert (compared(testbed).source.documents, compared(testbed).target.documents) == (1, 1)
    assert compared(testbed).differences == []
    found = testbed.sweep(FLOW)
    assert (found.before, outcomes(found.report)) == ([second.document], {"ignored": 1, "unchanged": 1})


def test_what_is_let_in_and_held_goes_when_what_it_waits_for_is_there(testbed: Site) -> None:
    """Given a voucher of before, of a supplier that is not in Coupa
    when a person lets it in it is held; when the supplier comes, the next sync sends it as any other."""
    testbed.books.supplier(4399, "Quarry & Sons", changed=BEFORE)
    entry = aged(testbed, 1, supplier=4399)
    assert outcomes(testbed.let_in(FLOW, entry.document)) == {"held": 1}
    assert outcomes(testbed.sweep(FLOW).report) == {"held": 1}
    testbed.sweep("suppliers")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


def test_a_key_that_the_source_does_not_hold_is_told(testbed: Site) -> None:
    """Given a key with a mistake in it, when it is to be let in, the person is told what keys look like."""
    old(testbed, 1)
    with pytest.raises(UnusableInput, match="the source holds no F0411:nix: the keys of this flow are such as F0411:0"):
        testbed.let_in(FLOW, "F0411:nix")


def test_days_before_the_start_date_are_let_in_together(testbed: Site) -> None:
    """Given vouchers of two days before the start date, when a person lets in one of the days, its voucher is sent."""
    entry = old(testbed, 1)
    testbed.books.voucher(2, changed=BEFORE - timedelta(days=1))
    report = testbed.let_in(FLOW, days=(BEFORE, YESTERDAY - timedelta(days=1)))
    assert {key: each.outcome for key, each in report.results.items()} == {entry.document: "created"}
    _, reported = testbed.ledger.audit.of(entry.document)
    assert [each.detail["by"] for each in reported if each.event == "let_in"] == [f"{BEFORE} to {TODAY - timedelta(2)}"]


def test_history_before_the_start_date_can_be_marked_as_seen(testbed: Site) -> None:
    """Given a voucher of before and one of now
    when history is marked as seen from before the start date, both are; no sweep sends or counts them, and what JDE
    pays of them afterwards is still history."""
    entry, new = old(testbed, 1), testbed.books.voucher(2)
    report = testbed.let_in(FLOW, days=(BEFORE, TODAY), mode="baseline")
    assert (tally(report), report.writes) == ({"before_baseline": 2}, 0)
    assert outcomes(testbed.sweep(FLOW).report) == {}
    testbed.sandbox.clock.advance(3600)
    for number, each in enumerate((entry, new), 1):
        testbed.books.pay(each, number=number)
    assert tally(testbed.sync(FLOW)[FLOW]) == {"settled_before_go_live": 2}


def test_a_plan_of_what_is_let_in_is_applied_as_it_is(testbed: Site) -> None:
    """Given a voucher of before that is in a plan, since a person asked for it, when the plan is applied it is sent."""
    entry = old(testbed, 1)
    testbed.sweep(FLOW)
    with testbed.context("planner") as context:
        flow = testbed._flow(context, FLOW)
        pipeline = Pipeline(flow, testbed._policy(flow), lets_in=True)
        chosen = Chosen((FLOW,), "planner", keys={entry.document: BEFORE})
        report = pipeline.deliver(read_chosen(pipeline, chosen), mode="plan")
        assert planned(report)[entry.document].action == "create"
    assert outcomes(testbed.apply(context.run)[FLOW]) == {"created": 1}


def test_reconciling_explains_what_is_of_before(testbed: Site) -> None:
    """Given a voucher of before that was never sent, and one without an audit date
    when both systems are compared from before the start date, both lack in Coupa by the rule."""
    old(testbed, 1)
    undated(testbed, 2)
    found = compared(testbed, BEFORE)
    reported = {(each.kind, each.explained_by) for each in found.differences}
    assert (reported, len(found.differences)) == ({("missing_in_target", "rule:before_start_date")}, 2)
    assert found.source.amounts["GBP"] == Decimal("200.00")
    assert [each.explained_by for each in compared(testbed).differences] == ["rule:before_start_date"]


# -- paid when it is first seen ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["entered and paid", "entered, seen, paid"])
@pytest.mark.parametrize("amount", [None, "40.00"])
def test_what_jde_has_paid_when_it_is_first_seen_comes_with_its_payment(
    opened: Site, order: str, amount: str | None
) -> None:
    """Given an open flow, and a voucher that JDE pays, all of it or in part, before or after it is first seen
    when it is synced, approved in Coupa and synced again, the invoice is there with the payment, in either order."""
    entry = opened.books.voucher(1)
    if order == "entered, seen, paid":
        assert outcome(opened.sync(FLOW)[FLOW], entry.document) == "created"
    opened.books.pay(entry, amount)
    report = opened.sync(FLOW)[FLOW]
    assert outcome(report, entry.document) == ("created" if order == "entered and paid" else "unchanged")
    opened.spend.approve("INV-1")
    opened.sync(FLOW)
    assert held(opened, "INV-1") == (amount is None, [Decimal(amount or "100.00")])
    assert opened.sync(FLOW)[FLOW].writes == 0


def test_what_was_history_when_the_flow_was_opened_stays_so(testbed: Site) -> None:
    """Given vouchers that were paid on the day on which the flow is opened
    when they are synced again and again, the one of before the opening is history, the one of after it is sent."""
    first = testbed.books.voucher(1)
    testbed.books.pay(first, number=1)
    assert tally(testbed.sync(FLOW)[FLOW]) == {"settled_before_go_live": 1}
    second = testbed.books.voucher(2)
    testbed.books.pay(second, number=2)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcome(report, first.document), outcome(report, second.document)) == ("ignored", "created")
    assert tally(testbed.sync(FLOW)[FLOW]) == {"settled_before_go_live": 1}


def test_a_payment_alone_does_not_bring_in_what_is_of_before(opened: Site) -> None:
    """Given a voucher that was entered, posted and invoiced before the start date and is not in Coupa
    when JDE pays it, it stays where it is, by the rule of the start date."""
    entry = aged(opened, 1)
    opened.sweep(FLOW)
    opened.books.pay(entry)
    report = opened.sync(FLOW)[FLOW]
    assert tally(report) == {"before_start_date": 1}
    assert report.amounts()["GBP"]["ignored"] == Decimal("100.00")


@pytest.mark.parametrize("way", ["payments_to_jde", "external_payables"])
def test_where_coupa_pays_what_jde_has_paid_is_never_created(testbed: Site, way: str) -> None:
    """Given a site where Coupa Pay pays, and a voucher that JDE paid before it is first seen
    when it is synced it is ignored with its money; when JDE voids the payment, it is open again, and is sent."""
    if way == "payments_to_jde":
        testbed.flows["payments_to_jde"] = {}
        testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    else:
        testbed.configure(FLOW, mode=way)
        testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.books.voucher(4700)
    testbed.sync(FLOW)
    entry = testbed.books.voucher(1)
    testbed.books.pay(entry)
    report = testbed.sync(FLOW, first=TODAY)[FLOW]
    assert report.results[entry.document].rule == "paid_in_jde"
    assert report.amounts()["GBP"]["ignored"] == Decimal("100.00")
    testbed.books.void_payment()
    assert outcome(testbed.sync(FLOW, first=TODAY)[FLOW], entry.document) == "created"

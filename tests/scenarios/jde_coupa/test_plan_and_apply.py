"""Plan first, look at it, then send exactly that: what changed on either side since is set aside."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_books import Entry
from scenario_site import NAME, Site, outcome, outcomes
from scenario_wire import Wire, as_sent, tap

from connector_assets.engine import plans
from connector_resources.errors import UnusableInput

INVOICES = f"{NAME}/invoices"
CREATE = {"system": "coupa", "route": "POST /api/invoices"}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return tap(monkeypatch)


@pytest.fixture
def open_testbed(testbed: Site) -> Site:
    """A town that has sent a first voucher: from now on its invoices flow writes without being planned first."""
    testbed.books.voucher(900)
    testbed.sync("invoices")
    return testbed


def request(site: Site, plan: str, key: str, flow: str = "invoices") -> dict[str, Any]:
    """The body that a plan shows for a document."""
    entry = plans.load(site.ledger, plan).flows[f"{NAME}/{flow}"].entry()
    found: dict[str, Any] = next(each["request"] for each in entry["documents"] if each["key"] == key)
    return found


def set_aside(site: Site, flow: str = "invoices") -> list[tuple[str, str, str]]:
    """Key, reason and what changed, of the open exceptions."""
    return [(each.key, each.reason, each.field) for each in site.exceptions(flow)]


def fail(site: Site, **rule: Any) -> None:
    site.sandbox.post("/faults", {"replace": True, "rules": [{**CREATE, **rule}]})


def test_what_was_planned_is_what_coupa_receives(open_testbed: Site, wire: Wire) -> None:
    """Given a plan for two new vouchers
    when it is applied
    then Coupa received exactly the two bodies that the plan shows, byte by byte, and each is there once;
    when it is applied again, nothing is sent."""
    entries = [open_testbed.books.voucher(doc) for doc in (1, 2)]
    plan = open_testbed.plan("invoices")
    assert wire.sent == []
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"created": 2}
    shown = {as_sent(request(open_testbed, plan, entry.document)) for entry in entries}
    assert set(wire.bodies("POST", "invoices")) == shown
    assert len(wire.sent) == 2
    again = open_testbed.apply(plan)["invoices"]
    assert (outcomes(again), again.writes, len(wire.sent)) == ({"unchanged": 2}, 0, 2)
    assert open_testbed.spend.state()["invoices"]["count"] == 3


def test_an_update_is_sent_as_planned(open_testbed: Site, wire: Wire) -> None:
    """Given a delivered voucher whose line is corrected in JD Edwards, when the plan for it is applied, then Coupa
    received that update, byte by byte."""
    entry = open_testbed.books.voucher(1)
    open_testbed.sync("invoices")
    wire.sent.clear()
    open_testbed.books.line(entry, 1, "30.5010", "150.00")
    open_testbed.books.change_items(entry, "150.00")
    plan = open_testbed.plan("invoices")
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"updated": 1}
    number = open_testbed.spend.invoice("INV-1")["id"]
    assert wire.bodies("PUT", f"invoices/{number}") == [as_sent(request(open_testbed, plan, entry.document))]
    assert open_testbed.spend.invoice("INV-1")["total-with-taxes"] == "150.00"


def test_documents_that_are_not_in_the_plan_are_not_touched(open_testbed: Site) -> None:
    """Given a plan, and a voucher that is entered after it, when the plan is applied, then only the planned one is
    sent; the other is sent by the next sync."""
    planned = open_testbed.books.voucher(1)
    plan = open_testbed.plan("invoices")
    later = open_testbed.books.voucher(2)
    report = open_testbed.apply(plan)["invoices"]
    assert set(report.results) == {planned.document}
    assert open_testbed.ledger.deliveries.load(INVOICES, [later.document]) == {}
    assert outcome(open_testbed.sync("invoices")["invoices"], later.document) == "created"


@pytest.mark.reason("changed_since_plan")
def test_a_voucher_that_changed_since_is_set_aside_and_planned_again(open_testbed: Site, wire: Wire) -> None:
    """Given a plan for two vouchers, of which one is corrected in JD Edwards afterwards
    when the plan is applied, the corrected one is not sent but held, the other goes;
    when it is planned and applied again, it goes with its new amount, and nothing is held any more."""
    steady, corrected = open_testbed.books.voucher(1), open_testbed.books.voucher(2)
    plan = open_testbed.plan("invoices")
    open_testbed.books.line(corrected, 1, "30.5010", "150.00")
    open_testbed.books.change_items(corrected, "150.00")
    report = open_testbed.apply(plan)["invoices"]
    assert (outcome(report, steady.document), outcome(report, corrected.document)) == ("created", "held")
    assert set_aside(open_testbed) == [(corrected.document, "changed_since_plan", "source")]
    assert len(wire.sent) == 1
    plan = open_testbed.plan("invoices")
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"created": 1}
    assert open_testbed.spend.invoice("INV-2")["total-with-taxes"] == "150.00"
    assert set_aside(open_testbed) == []


def planned_update(site: Site, wire: Wire) -> tuple[Entry, str]:
    """A delivered voucher that was corrected in JD Edwards, and the plan for it."""
    entry = site.books.voucher(1)
    site.sync("invoices")
    site.books.line(entry, 1, "30.5010", "150.00")
    site.books.change_items(entry, "150.00")
    plan = site.plan("invoices")
    site.sandbox.clock.advance(60)
    wire.sent.clear()
    return entry, plan


@pytest.mark.parametrize("touched", [{"status": "pending_approval"}, {"comments": "seen by AP"}])
def test_an_invoice_that_coupas_users_touched_since_is_set_aside(
    open_testbed: Site, wire: Wire, touched: dict[str, str]
) -> None:
    """Given a planned update, when somebody touches the invoice in Coupa before it is applied, be it in a field that is
    none of ours, then nothing is sent and the document is held."""
    entry, plan = planned_update(open_testbed, wire)
    open_testbed.spend.set("invoices", open_testbed.spend.invoice("INV-1")["id"], **touched)
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"held": 1}
    assert set_aside(open_testbed) == [(entry.document, "changed_since_plan", "target")]
    assert wire.sent == []


def test_a_field_that_changed_in_both_systems_is_a_conflict_as_in_any_sync(open_testbed: Site, wire: Wire) -> None:
    """Given a planned update, when somebody changes a field of ours in Coupa before it is applied, then nothing is
    sent, and the person is told which field."""
    entry, plan = planned_update(open_testbed, wire)
    open_testbed.spend.set("invoices", open_testbed.spend.invoice("INV-1")["id"], invoice_date="2026-02-21")
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"conflict": 1}
    assert set_aside(open_testbed) == [(entry.document, "changed_on_both_sides", "date")]
    assert wire.sent == []


def test_an_invoice_that_is_in_coupa_by_now_is_set_aside(open_testbed: Site, wire: Wire) -> None:
    """Given a planned create, when somebody entered the invoice with our key in Coupa meanwhile, then no second one is
    sent."""
    entry = open_testbed.books.voucher(1)
    plan = open_testbed.plan("invoices")
    body = request(open_testbed, plan, entry.document)
    open_testbed.spend.create("invoices", body)
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"held": 1}
    assert [(reason, field) for _, reason, field in set_aside(open_testbed)] == [("changed_since_plan", "target")]
    assert wire.sent == []
    assert open_testbed.spend.state()["invoices"]["count"] == 2


def test_what_a_sync_delivered_meanwhile_is_just_unchanged(open_testbed: Site) -> None:
    """Given a plan, when a sync delivers its voucher before it is applied, then applying it has nothing to do."""
    open_testbed.books.voucher(1)
    plan = open_testbed.plan("invoices")
    open_testbed.sync("invoices")
    report = open_testbed.apply(plan)["invoices"]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)
    assert not open_testbed.exceptions("invoices")


def test_a_mapping_that_changed_since_is_a_change_too(open_testbed: Site) -> None:
    """Given a plan, when the payment term is mapped to another one before it is applied, then the voucher is held."""
    open_testbed.map_term("D10", "2/10N30")
    entry = open_testbed.books.voucher(1, terms="D10")
    plan = open_testbed.plan("invoices")
    open_testbed.map_term("D10", "N60")
    assert outcome(open_testbed.apply(plan)["invoices"], entry.document) == "held"
    assert set_aside(open_testbed) == [(entry.document, "changed_since_plan", "source")]


def test_the_calls_that_follow_belong_to_the_plan(testbed: Site) -> None:
    """Given drafts that are submitted, when a plan is applied, then its invoice is created and submitted."""
    testbed.configure("invoices", submit=True)
    entry = testbed.books.voucher(1)
    report = testbed.apply(testbed.plan("invoices"))["invoices"]
    assert (outcome(report, entry.document), report.writes) == ("created", 2)
    assert testbed.spend.invoice("INV-1")["status"] == "pending_approval"


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_lost_answer_while_applying_makes_no_second_invoice(open_testbed: Site, wire: Wire, fault: str) -> None:
    """Given a plan, when the line fails as its invoice is created, then it is looked up, and there once in the end,
    with the planned bytes."""
    entry = open_testbed.books.voucher(1)
    plan = open_testbed.plan("invoices")
    fail(open_testbed, kind=fault, calls=[1])
    assert outcomes(open_testbed.apply(plan)["invoices"]) == {"created": 1}
    assert open_testbed.spend.state()["invoices"]["count"] == 2
    assert set(wire.bodies("POST", "invoices")) == {as_sent(request(open_testbed, plan, entry.document))}


def test_a_suppliers_tax_number_is_shown_as_its_last_four_and_sent_whole(site: Site, wire: Wire) -> None:
    """Given a plan for suppliers, when it is applied, then Coupa receives the tax number; neither the plan nor the
    trail holds more than its last four."""
    plan = site.plan("suppliers")
    shown = request(site, plan, "F0401:4343", "suppliers")
    assert shown["tax-id"].endswith("6789") and "GB123456789" not in str(shown)
    assert outcomes(site.apply(plan)["suppliers"]) == {"created": 2}
    assert as_sent({**shown, "tax-id": "GB123456789"}) in wire.bodies("POST", "suppliers")
    assert "GB123456789" not in str(site.ledger.audit.of("F0401:4343"))


def test_a_plan_of_all_flows_is_applied_in_their_order(site: Site) -> None:
    """Given an empty Coupa, when all is planned and applied, then suppliers and accounts are there, and the invoices
    that refer to them; the next plan has nothing to send."""
    site.books.voucher(1)
    reports = site.apply(site.plan())
    assert [outcomes(reports[name]) for name in ("suppliers", "accounts", "invoices")] == [
        {"created": 2},
        {"created": 6},
        {"created": 1},
    ]
    assert outcomes(site.apply(site.plan())["invoices"]) == {}


def test_a_flow_that_waits_to_be_opened_is_not_opened_by_applying_its_plan(testbed: Site, wire: Wire) -> None:
    """Given a Coupa that holds an invoice of its own, and a flow that was never opened
    when the plan of its first sync is applied, then that is refused in one line and nothing is sent."""
    body = {"invoice-number": "OWN-1", "supplier": {"number": "4343"}, "currency": {"code": "GBP"}}
    testbed.spend.create("invoices", body)
    testbed.books.voucher(1)
    plan = testbed.plan("invoices")
    with pytest.raises(UnusableInput, match="sync it with --adopt or --baseline"):
        testbed.apply(plan)
    assert wire.sent == []


def test_a_plan_for_one_coupa_is_not_sent_to_another(open_testbed: Site, wire: Wire) -> None:
    """Given a plan, when connections.yaml leads to another instance afterwards, then it is not applied."""
    open_testbed.books.voucher(1)
    plan = open_testbed.plan("invoices")
    open_testbed.connect("coupa", url=open_testbed.sandbox.url("coupa").replace("127.0.0.1", "localhost"))
    with pytest.raises(UnusableInput, match="was made for other addresses"):
        open_testbed.apply(plan)
    assert wire.sent == []


def test_a_voucher_that_is_gone_in_jde_is_not_sent(open_testbed: Site, wire: Wire) -> None:
    """Given a plan, when its voucher is deleted in JD Edwards before it is applied, then nothing is sent."""
    entry: Entry = open_testbed.books.voucher(1)
    plan = open_testbed.plan("invoices")
    pay_item = {"KCO": entry.company, "DCT": entry.kind, "DOC": entry.doc, "SFX": "001", "SFXE": 0}
    open_testbed.books.delete("F0411", pay_item)
    report = open_testbed.apply(plan)["invoices"]
    assert (outcomes(report), wire.sent) == ({}, [])

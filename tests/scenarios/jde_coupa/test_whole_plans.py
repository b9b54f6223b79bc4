"""A plan is whole: what later flows send is planned with what earlier flows of the same plan would make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_orders import Purchasing, with_orders
from scenario_site import NAME, Site, outcome, outcomes
from scenario_wire import Wire, as_sent, no_reference_leaves, tap

from connector_assets.engine import plans
from connector_assets.engine.applying import Applied, apply
from connector_assets.run_setup import flows_of

INVOICES = f"{NAME}/invoices"
CHAIN = ("suppliers", "accounts", "purchase_orders", "invoices")
CREATE_SUPPLIER = {"system": "coupa", "route": "POST /api/suppliers"}
CREATE_INVOICE = {"system": "coupa", "route": "POST /api/invoices"}


@pytest.fixture(autouse=True)
def _no_reference_leaves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with no_reference_leaves(monkeypatch):
        yield


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return tap(monkeypatch)


def entries(site: Site, plan: str, flow: str = "invoices") -> dict[str, dict[str, Any]]:
    """What a plan shows of a flow, by document key."""
    entry = plans.load(site.ledger, plan).flows[f"{NAME}/{flow}"].entry()
    return {each["key"]: each for each in entry["documents"]}


def planned(site: Site, plan: str) -> dict[str, dict[str, int]]:
    """What a plan says of each flow."""
    flows = plans.load(site.ledger, plan).flows
    reported = {name.partition("/")[2]: each.report["outcomes"] for name, each in flows.items()}
    return {name: {what: count for what, count in each.items() if count} for name, each in reported.items()}


def applied(site: Site, plan: str, *flows: str) -> dict[str, Applied]:
    """The operator applies a plan, or some of its flows."""
    with site.context("clerk") as context:
        done = apply(
            context, flows_of(context), plans.load(site.ledger, plan), [f"{NAME}/{flow}" for flow in flows] or None
        )
    return {each.report.flow.partition("/")[2]: each for each in done}


def fail(site: Site, rule: dict[str, str], **more: Any) -> None:
    site.sandbox.post("/faults", {"replace": True, "rules": [{**rule, **more}]})


def mend(site: Site) -> None:
    site.sandbox.post("/faults", {"replace": True, "rules": []})


def asked(site: Site, flow: str = "invoices") -> list[tuple[str, str, str]]:
    """Key, reason and field of the open exceptions."""
    return [(each.key, each.reason, each.field) for each in site.exceptions(flow)]


def test_the_first_plan_on_an_empty_coupa_plans_the_chain_and_is_applied_in_one_go(site: Site, wire: Wire) -> None:
    """Given an empty Coupa, a voucher on two accounts and an order
    when all is planned, then every document is planned, the order and the voucher after their supplier and accounts,
    whose ids stand as links in the bodies, and nothing is written;
    when it is applied, then all is there, each body with exactly these ids in the place of the links;
    when it is applied again, or synced, nothing is sent."""
    with_orders(site)
    entry = site.books.voucher(1, costs=(("30.5010", "60.00"), ("40.5010", "40.00")), supplier=4344)
    order = Purchasing(site.books).order(7, ("30.5010", "10", "2.50"))
    plan = site.plan(*CHAIN)
    assert planned(site, plan) == {
        "suppliers": {"created": 2},
        "accounts": {"created": 6, "ignored": 5},
        "purchase_orders": {"created": 1},
        "invoices": {"created": 1},
    }
    shown = entries(site, plan)[entry.document]
    assert shown["after"] == ["suppliers/4344", "accounts/00010001", "accounts/00010004"]
    assert shown["request"]["supplier"] == {"id": {"$link": "suppliers/4344"}}
    lines = shown["request"]["invoice-lines"]
    assert [each["account"] for each in lines] == [
        {"id": {"$link": "accounts/00010001"}},
        {"id": {"$link": "accounts/00010004"}},
    ]
    assert entries(site, plan, "purchase_orders")[order.document]["after"] == ["suppliers/4343", "accounts/00010001"]
    assert entries(site, plan, "suppliers")["F0401:4344"]["after"] == []
    # but for the question whether Coupa takes external orders at all, which is a call that it refuses
    assert [path for _, path, _ in wire.sent if path != "purchase_orders"] == []

    reports = site.apply(plan)
    assert {name: outcomes(reports[name]) for name in CHAIN} == {
        "suppliers": {"created": 2},
        "accounts": {"created": 6},
        "purchase_orders": {"created": 1},
        "invoices": {"created": 1},
    }
    accounts = {each["code"]: each["id"] for each in site.spend.all("accounts")}
    shown["request"]["supplier"]["id"] = site.spend.supplier(4344)["id"]
    for line, code in zip(lines, ("30-5010", "40-5010"), strict=True):
        line["account"]["id"] = accounts[code]
    assert wire.bodies("POST", "invoices") == [as_sent(shown["request"])]
    held = site.spend.invoice("INV-1")
    assert (held["supplier"]["number"], held["total-with-taxes"]) == ("4344", "100.00")

    wire.sent.clear()
    site.apply(plan)
    assert {name: outcomes(each).get("created", 0) for name, each in site.sync(*CHAIN).items()} == dict.fromkeys(
        CHAIN, 0
    )
    assert wire.sent == []


def books(site: Site) -> list[tuple[Any, ...]]:
    """The invoices of Coupa, by the names of what they refer to."""
    return sorted(
        (
            each["invoice-number"],
            each["supplier"]["number"],
            each["total-with-taxes"],
            each["tax-amount"],
            each["internal-note"],
            [(line["account"]["code"], line["price"], line["description"]) for line in each["invoice-lines"]],
        )
        for each in site.spend.all("invoices")
    )


def test_a_plan_that_is_applied_makes_the_books_that_a_sync_makes(site: Site) -> None:
    """Given an empty Coupa and a few vouchers, when one installation plans and applies and another one syncs, then
    Coupa holds the same invoices in both cases, and both know as much."""
    for doc, supplier in ((1, 4343), (2, 4344), (3, 4343)):
        costs = (("30.5020", "50.00"), ("40.5010", f"{doc}.00"))
        site.books.voucher(doc, supplier=supplier, costs=costs, tax="10.00")
    before = site.sandbox.systems["coupa"].dump()
    site.apply(site.plan())
    planned, known = books(site), site.ledger.links.counts()
    site.sandbox.systems["coupa"].restore(before)
    with site.forgetting() as another:
        another.sync()
        assert another.ledger.links.counts() == known == {INVOICES: 3, f"{NAME}/accounts": 6, f"{NAME}/suppliers": 2}
    assert len(planned) == 3
    assert books(site) == planned


def test_an_external_payable_waits_for_its_supplier_too(site: Site) -> None:
    """Given vouchers that become external payables, which name their supplier by no id, and which are handed over in
    JD Edwards first
    when all is planned on an empty Coupa, then they are planned after it, both calls shown, and nothing is handed
    over; when the plan is applied, the voucher is handed over, and then it is payable in Coupa."""
    site.configure("invoices", mode="external_payables")
    site.connect("coupa", scopes=site.sandbox.get("/credentials")["coupa"]["scope"].split())
    site.connect("jde", orchestrations=ORCHESTRATIONS)
    entry = site.books.voucher(1)
    plan = site.plan()
    shown = entries(site, plan)[entry.document]
    assert shown["after"] == ["suppliers/4343", "accounts/00010001"]
    assert (shown["action"], shown["request"]["DocumentNumber"]) == ("hand over", entry.doc)
    assert (shown["then"]["action"], shown["then"]["request"]["source-reference"]) == ("create", entry.key)
    assert pay_status(site, entry) == "A"
    assert outcomes(site.apply(plan)["invoices"]) == {"created": 1}
    assert pay_status(site, entry) == "B"
    assert site.spend.one("payables/external/payables")["source-reference"] == entry.key


def pay_status(site: Site, entry: Entry) -> str:
    """The pay status of a voucher of one pay item."""
    rows = site.sandbox.systems["jde"].dump()["F0411"].values()
    return next(str(row["PST"]).strip() for row in rows if row["DOC"] == entry.doc)


def test_in_a_dynamic_chart_a_voucher_comes_after_the_values_of_its_segments(site: Site) -> None:
    """Given a chart whose accounts come into being on first use, when all is planned on an empty Coupa, then a voucher
    is planned after the values of its accounts' segments, and applied."""
    site.configure("accounts", chart="JDE dynamic")
    entry = site.books.voucher(1, costs=(("30.5020.01", "5.00"),))
    plan = site.plan()
    after = ["accounts/30", "accounts/OBJ/5020", "accounts/SUB/01", "suppliers/4343"]
    assert sorted(entries(site, plan)[entry.document]["after"]) == after
    assert outcomes(site.apply(plan)["invoices"]) == {"created": 1}
    assert site.spend.invoice("INV-1")["invoice-lines"][0]["account"]["code"] == "30-5020-01"


def test_what_is_really_held_is_held_in_the_first_plan(site: Site) -> None:
    """Given an empty Coupa, a voucher on an account that takes no postings, and one of a supplier whose payment term is
    not mapped, when all is planned, then these and nobody else are held."""
    site.books.voucher(1)
    closed = site.books.voucher(2, costs=(("30.5190", "10.00"),))
    site.books.supplier(4345, "Cog & Co", terms="X99")
    waiting = site.books.voucher(3, supplier=4345, terms="X99")
    plan = site.plan()
    assert planned(site, plan)["suppliers"] == {"created": 2, "held": 1}
    assert planned(site, plan)["invoices"] == {"created": 1, "held": 2}
    held = plans.load(site.ledger, plan).flows[INVOICES].entry()["held"]
    assert {(each["key"], each["reason"], each["value"]) for each in held} == {
        (closed.document, "account_not_postable", "30.5190"),
        (waiting.document, "supplier_not_linked", "4345"),
        (waiting.document, "payment_term_not_mapped", "X99"),
    }
    assert all(each["message"] and each["fix"] for each in held)
    reported = next(each for each in held if each["reason"] == "supplier_not_linked")
    assert reported["message"] == (
        "supplier 4345 is not linked to a supplier in the target: jde_coupa/suppliers holds it, "
        "payment_term_not_mapped: payment term X99 is neither mapped nor a payment term of the target"
    )
    assert reported["fix"].startswith(
        "correct that first: map it: `connector mappings set jde_coupa payment_terms X99 CODE`"
    )


def test_a_plan_says_why_it_links_no_supplier_that_a_rule_leaves_alone(site: Site) -> None:
    """Given a voucher of somebody who is no supplier by its search type, when all is planned, then the voucher is held,
    and what is said is what a sync would say: not that it was never read."""
    site.books.supplier(4345, "Cog & Co", payables="N")
    entry = site.books.voucher(3, supplier=4345)
    plan = site.plan()
    [reported] = plans.load(site.ledger, plan).flows[INVOICES].entry()["held"]
    assert (reported["key"], reported["reason"]) == (entry.document, "supplier_not_linked")
    assert "ignores it by the rule not_payable_type" in reported["message"]
    assert "payables flag F0101.ATP" in reported["fix"]


@pytest.mark.reason("supplier_not_linked")
def test_a_supplier_that_coupa_refuses_keeps_his_vouchers_in_the_plan(site: Site, wire: Wire) -> None:
    """Given a plan on an empty Coupa, when Coupa refuses one supplier as it is applied, then its voucher is not sent,
    and what it waits for is told; the other one goes. Once Coupa takes it, the same plan sends the rest."""
    site.sync("suppliers", "accounts")
    site.books.supplier(5001, "Cobalt Ltd")
    site.books.supplier(5002, "Delta Ltd")
    refused, other = site.books.voucher(1, supplier=5001), site.books.voucher(2, supplier=5002)
    plan = site.plan()
    namesake = site.spend.create("suppliers", {"name": "Cobalt Ltd", "status": "active", "po-method": "prompt"})
    done = applied(site, plan)
    assert outcomes(done["suppliers"].report) == {"created": 1, "refused": 1}
    invoices = done["invoices"]
    assert (outcome(invoices.report, refused.document), outcome(invoices.report, other.document)) == ("held", "created")
    assert invoices.after == {refused.document: ["suppliers/5001"]}
    assert asked(site) == [(refused.document, "supplier_not_linked", "supplier")]
    site.spend.set("suppliers", namesake, name="Cobalt (old)")
    site.replay("suppliers")
    again = applied(site, plan)
    assert outcomes(again["suppliers"].report) == {"created": 1, "unchanged": 1}
    assert outcomes(again["invoices"].report) == {"created": 1, "unchanged": 1}
    assert (again["invoices"].after, asked(site)) == ({}, [])
    assert len(wire.bodies("POST", "invoices")) == 2
    assert site.spend.invoice("INV-1")["supplier"]["number"] == "5001"


@pytest.mark.reason("changed_since_plan")
def test_a_supplier_that_changed_since_keeps_his_vouchers_back(site: Site, wire: Wire) -> None:
    """Given a plan on an empty Coupa, when a supplier changes in JD Edwards before it is applied, then neither it nor
    its voucher is sent; the next plan has both."""
    entry = site.books.voucher(1)
    plan = site.plan()
    site.books.supplier(4343, "Anvil & Daughters")
    reports = site.apply(plan)
    assert outcomes(reports["suppliers"]) == {"created": 1, "held": 1}
    assert outcomes(reports["invoices"]) == {"held": 1}
    assert [each[1] for each in asked(site, "suppliers")] == ["changed_since_plan"]
    assert [each[1] for each in asked(site)] == ["supplier_not_linked"]
    assert wire.bodies("POST", "invoices") == []
    plan = site.plan()
    assert entries(site, plan)[entry.document]["after"] == ["suppliers/4343"]
    assert outcomes(site.apply(plan)["invoices"]) == {"created": 1}
    assert site.spend.supplier(4343)["name"] == "Anvil & Daughters"
    assert not site.exceptions("invoices") and not site.exceptions("suppliers")


@pytest.mark.reason("changed_since_plan")
def test_a_voucher_that_changed_since_is_set_aside_though_its_links_are_as_planned(site: Site, wire: Wire) -> None:
    """Given a plan on an empty Coupa for two vouchers, when one of them is corrected before it is applied, then that
    one is not sent; the other goes with the links of what the plan has made."""
    steady, corrected = site.books.voucher(1), site.books.voucher(2)
    plan = site.plan()
    site.books.line(corrected, 1, "30.5010", "150.00")
    site.books.change_items(corrected, "150.00")
    report = site.apply(plan)["invoices"]
    assert (outcome(report, steady.document), outcome(report, corrected.document)) == ("created", "held")
    assert asked(site) == [(corrected.document, "changed_since_plan", "source")]
    assert len(wire.bodies("POST", "invoices")) == 1


@pytest.mark.reason("changed_since_plan")
def test_a_voucher_that_goes_to_another_account_by_now_is_set_aside(site: Site, wire: Wire) -> None:
    """Given a plan on an empty Coupa, when a line is booked to another account of the same plan before it is applied,
    then the voucher is not sent: exactly the planned links are filled in, and no others."""
    entry = site.books.voucher(1)
    plan = site.plan()
    site.books.line(entry, 1, "40.5010", "100.00")
    assert outcomes(site.apply(plan)["invoices"]) == {"held": 1}
    assert asked(site) == [(entry.document, "changed_since_plan", "source")]
    assert wire.bodies("POST", "invoices") == []


@pytest.mark.reason("changed_since_plan")
def test_a_supplier_whom_a_person_linked_elsewhere_gets_nothing_of_the_plan(site: Site, wire: Wire) -> None:
    """Given a plan that creates a supplier, when a person links it to another record of Coupa before it is applied,
    then neither it nor its voucher is sent, for whoever looked at the plan has not seen that record; the next plan
    shows the voucher with its id, and then it goes there."""
    site.sync("suppliers", "accounts")
    site.books.supplier(5001, "Cobalt Ltd")
    entry = site.books.voucher(1, supplier=5001)
    plan = site.plan()
    policy = {"po-method": "prompt", "po-change-method": "prompt", "invoice-matching-level": "none"}
    there = site.spend.create("suppliers", {"name": "Cobalt Holdings", "number": "9001", "status": "active", **policy})
    site.link("suppliers", "F0401:5001", "suppliers", there, "Cobalt Holdings")
    wire.sent.clear()
    done = applied(site, plan)
    assert outcome(done["suppliers"].report, "F0401:5001") == "held"
    assert outcomes(done["invoices"].report) == {"held": 1}
    assert asked(site) == [(entry.document, "changed_since_plan", "link of suppliers/5001")]
    assert done["invoices"].after == {entry.document: ["suppliers/5001"]}
    assert wire.sent == []
    again = site.plan("invoices")
    shown = entries(site, again)[entry.document]
    assert (shown["after"], shown["request"]["supplier"]) == ([], {"id": there})
    assert outcomes(site.apply(again)["invoices"]) == {"created": 1}


def test_an_update_may_come_after_what_the_plan_makes_too(site: Site) -> None:
    """Given an invoice in Coupa whose line is moved to an account that is new in JD Edwards, when all is planned, then
    its update comes after the account, and applying the plan sends it with the account's id."""
    entry = site.books.voucher(1)
    site.sync()
    account = site.books.account("30.5777", "Fountains").removeprefix("F0901:")
    site.books.line(entry, 1, "30.5777", "100.00", AID=account)
    plan = site.plan()
    shown = entries(site, plan)[entry.document]
    assert (shown["action"], shown["after"]) == ("update", [f"accounts/{account}"])
    reports = site.apply(plan)
    assert outcomes(reports["accounts"]) == {"created": 1}
    assert outcomes(reports["invoices"]) == {"updated": 1}
    assert site.spend.invoice("INV-1")["invoice-lines"][0]["account"]["code"] == "30-5777"


def test_a_sync_that_made_the_supplier_meanwhile_made_what_was_planned(site: Site) -> None:
    """Given a plan on an empty Coupa, when a sync delivers suppliers and accounts before it is applied, then applying
    it has only the voucher to send."""
    site.books.voucher(1)
    plan = site.plan()
    site.sync("suppliers", "accounts")
    reports = site.apply(plan)
    assert outcomes(reports["suppliers"]) == {"unchanged": 2}
    assert outcomes(reports["invoices"]) == {"created": 1}


def test_a_plan_may_be_applied_flow_by_flow(site: Site) -> None:
    """Given a plan on an empty Coupa, when its invoices are applied first, then they wait, saying for what; once the
    other flows are applied, they go."""
    entry = site.books.voucher(1)
    plan = site.plan()
    early = applied(site, plan, "invoices")["invoices"]
    assert outcomes(early.report) == {"held": 1}
    assert early.as_json()["waits_for_plan"] == {entry.document: ["suppliers/4343", "accounts/00010001"]}
    applied(site, plan, "suppliers", "accounts")
    assert outcomes(applied(site, plan, "invoices")["invoices"].report) == {"created": 1}
    assert not site.exceptions("invoices")


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
@pytest.mark.parametrize("rule", [CREATE_SUPPLIER, CREATE_INVOICE])
def test_a_lost_answer_anywhere_in_the_chain_makes_nothing_twice(
    site: Site, wire: Wire, rule: dict[str, str], fault: str
) -> None:
    """Given a plan on an empty Coupa, when the line fails as a supplier or an invoice is created, then each is there
    once in the end, and the voucher went to its supplier."""
    site.books.voucher(1, supplier=4343)
    site.books.voucher(2, supplier=4344)
    plan = site.plan()
    fail(site, rule, kind=fault, calls=[1])
    reports = site.apply(plan)
    assert (outcomes(reports["suppliers"]), outcomes(reports["invoices"])) == ({"created": 2}, {"created": 2})
    held = {each["invoice-number"]: each["supplier"]["number"] for each in site.spend.all("invoices")}
    assert held == {"INV-1": "4343", "INV-2": "4344"}
    assert (site.spend.state()["suppliers"]["count"], site.spend.state()["invoices"]["count"]) == (2, 2)


def test_applying_that_dies_midway_is_finished_by_applying_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a plan on an empty Coupa, when the process dies after the suppliers, then applying it again sends the rest,
    and nothing of before."""
    from connector_assets.pairs.jde_coupa.accounts.flow import Accounts

    class Dead(BaseException):
        pass

    def dies(*_: Any) -> Any:
        raise Dead

    site.books.voucher(1)
    plan = site.plan()
    with monkeypatch.context() as patched, pytest.raises(Dead):
        patched.setattr(Accounts, "decide", dies)
        site.apply(plan)
    assert site.spend.state()["suppliers"]["count"] == 2
    site.sandbox.clock.advance(700)
    reports = site.apply(plan)
    assert outcomes(reports["suppliers"]) == {"unchanged": 2}
    assert (outcomes(reports["accounts"]), outcomes(reports["invoices"])) == ({"created": 6}, {"created": 1})
    assert site.spend.state()["invoices"]["count"] == 1


def test_where_suppliers_need_an_approval_the_plan_is_whole_all_the_same(site: Site) -> None:
    """Given suppliers that wait for an approval, when all is planned on an empty Coupa, then a voucher is planned after
    its supplier; who applies the plan approves both."""
    site.configure("suppliers", approval="required")
    site.configure("invoices", approval={"above": {"GBP": "50.00"}})
    entry = site.books.voucher(1)
    plan = site.plan()
    assert (planned(site, plan)["suppliers"], planned(site, plan)["invoices"]) == ({"staged": 2}, {"staged": 1})
    assert "suppliers/4343" in entries(site, plan)[entry.document]["after"]
    reports = site.apply(plan)
    assert (outcomes(reports["suppliers"]), outcomes(reports["invoices"])) == ({"created": 2}, {"created": 1})


def test_a_supplier_that_is_in_coupa_already_is_named_by_his_id(site: Site) -> None:
    """Given a Coupa that holds a supplier that was never linked, when all is planned, then it would be adopted and get
    JD Edwards' data, which is the planned call, and its voucher is planned with its id; applying the plan does both."""
    site.sync("suppliers", "accounts")
    site.books.supplier(4345, "Cog & Co")
    policy = {"po-method": "prompt", "po-change-method": "prompt", "invoice-matching-level": "none"}
    there = site.spend.create("suppliers", {"name": "Cog & Co", "number": "4345", "status": "active", **policy})
    entry = site.books.voucher(1, supplier=4345)
    plan = site.plan()
    supplier = entries(site, plan, "suppliers")["F0401:4345"]
    assert (supplier["action"], planned(site, plan)["suppliers"]["adopted"]) == ("update", 1)
    assert entries(site, plan)[entry.document]["request"]["supplier"] == {"id": there}
    assert site.ledger.links.of(f"{NAME}/suppliers", ["F0401:4345"]) == {}
    reports = site.apply(plan)
    assert outcome(reports["suppliers"], "F0401:4345") == "adopted"
    assert outcomes(reports["invoices"]) == {"created": 1}
    assert outcomes(site.sync("suppliers")["suppliers"]) == {"unchanged": 3}
    assert site.spend.state()["suppliers"]["count"] == 3


def test_a_plan_leaves_no_trace_in_our_memory(site: Site) -> None:
    """Given an empty Coupa, when all is planned, then no document is linked, delivered or excepted, and the next sync
    does what it would have done."""
    site.books.voucher(1)
    site.plan()
    assert list(site.ledger.links.all()) == []
    assert site.ledger.deliveries.counts(INVOICES) == {}
    assert site.exceptions("invoices") == []
    assert outcomes(site.sync()["invoices"]) == {"created": 1}

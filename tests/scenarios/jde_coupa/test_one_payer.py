"""One payer: what Coupa Pay pays is handed over in JD Edwards first, and nothing is payable in both systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import act
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_payables import Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.pairs.registry import flow_class

CALL = "POST /jderest/v3/orchestrator/{name}"
PAYMENTS, BORN = "payments_to_jde", "approved_invoices"
ALL_IS_DUE = "2026-04-30"


@pytest.fixture(autouse=True)
def _on(testbed: Site) -> None:
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


@pytest.fixture
def external(testbed: Site) -> Site:
    """A site whose vouchers Coupa Pay pays, as external payables."""
    testbed.configure("invoices", mode="external_payables")
    return testbed


def status(testbed: Site, entry: Entry) -> list[str]:
    """The pay statuses of a voucher."""
    rows = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    own = [row for row in rows if (row["DOC"], row["DCT"].strip()) == (entry.doc, entry.kind)]
    return [row["PST"].strip() for row in sorted(own, key=lambda row: row["SFX"])]


def jde_pays(testbed: Site) -> int:
    """How many payments JD Edwards' own run makes, of all that is ever due."""
    made = testbed.sandbox.post("/rows", {"system": "jde", "act": "payment_run", "date": ALL_IS_DUE})
    return len(made["PYID"])


def problems(testbed: Site, flow: str = "invoices") -> list[str]:
    """What `ping` says that a site still has to do."""
    with testbed.context() as context:
        return flow_class("jde_coupa", flow)(context).startup_problems()


def reported(testbed: Site, flow: str) -> str:
    """What is payable in both systems, of high severity: the value of the only exception of the flow."""
    found = testbed.exception(flow)
    assert (found.reason, severity_of(found.reason)) == ("payable_in_both", "high")
    return found.value


def payables(testbed: Site) -> list[dict[str, Any]]:
    """Coupa's external payables."""
    return testbed.spend.all("payables/external/payables")


def pay(testbed: Site, number: int, **more: Any) -> int:
    """Coupa Pay pays an invoice; the payment's id."""
    more = {"status": "completed_successfully", "date": TODAY.isoformat()} | more
    return int(act(testbed, "make_payment", invoices=[{"id": number}], **more)["id"])


def calls(testbed: Site, system: str, route: str) -> int:
    """How often a route was called."""
    return int(testbed.sandbox.get("/faults")["routes"].get(system, {}).get(route, 0))


# -- vouchers of JD Edwards that Coupa Pay pays ------------------------------------------------------------------------


def test_a_voucher_is_handed_over_before_coupa_can_pay_it(external: Site) -> None:
    """Given approved vouchers, one of two pay items, when they become external payables
    then JD Edwards has them on the handed-over status, its own payment run pays nothing, and nothing more is sent."""
    first = external.books.voucher(4711, items=("60.00", "40.00"))
    second = external.books.voucher(4712)
    assert outcomes(external.sync("invoices")["invoices"]) == {"created": 2}
    assert (status(external, first), status(external, second)) == (["B", "B"], ["B"])
    assert len(payables(external)) == 2 and jde_pays(external) == 0
    again = external.sync("invoices")["invoices"]
    assert (outcomes(again), again.writes, external.exceptions("invoices")) == ({"unchanged": 2}, 0, [])
    assert problems(external) == []


def test_nothing_is_payable_in_coupa_before_jde_has_let_go(external: Site) -> None:
    """Given a JD Edwards that refuses to set the pay status, then Coupa gets no payable."""
    external.books.voucher(4711)
    refuse = {"system": "jde", "route": CALL, "kind": "status", "status": 500}
    external.sandbox.post("/faults", [refuse])
    external.policy = {"wait_for_outcomes": False}
    external.sync("invoices")
    assert payables(external) == []
    external.sandbox.post("/faults", {"rules": [], "replace": True})
    external.sandbox.clock.advance(600)
    external.sync("invoices")
    assert len(payables(external)) == 1 and jde_pays(external) == 0


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_to_the_handing_over_makes_one_payable(external: Site, kind: str) -> None:
    """Given a handing over whose answer is lost, then it is looked at, and Coupa has one payable once it is done."""
    entry = external.books.voucher(4711)
    external.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    external.sync("invoices")
    external.sandbox.clock.advance(600)
    external.sync("invoices")
    assert (status(external, entry), len(payables(external))) == (["B"], 1)
    assert external.exceptions("invoices") == []


@pytest.mark.reason("not_handed_over")
def test_without_a_status_nothing_is_sent_that_jde_would_pay(external: Site) -> None:
    """Given a site that names no handed-over status, and a payment run that selects approved vouchers
    then those are held and `ping` says why; where the run selects a bank account that they are not on, they go."""
    external.configure("invoices", handed_over_status=None)
    entry = external.books.voucher(4711)
    assert outcomes(external.sync("invoices")["invoices"]) == {"held": 1}
    found = external.exception("invoices")
    assert found.reason == "not_handed_over" and f"{entry.key}/001, 100.00 GBP open on pay status A" in found.value
    assert "Coupa Pay pays vouchers, and JD Edwards' payment run selects those on pay status A" in problems(external)[0]
    external.connect("jde", payment_run={"pay_statuses": ["A"], "bank_accounts": ["00099999"]})
    external.replay("invoices")
    assert outcomes(external.sync("invoices")["invoices"]) == {"created": 1}
    assert problems(external) == [] and status(external, entry) == ["A"]


def test_ping_says_what_the_handing_over_lacks(external: Site) -> None:
    """Given a handed-over status that the payment run selects, or no orchestration, then `ping` says so."""
    external.configure("invoices", handed_over_status="A")
    assert "handed_over_status A is one that JD Edwards' payment run selects" in problems(external)[0]
    external.configure("invoices", handed_over_status="B")
    external.connect("jde", orchestrations={})
    assert problems(external) == [
        "handed_over_status needs an orchestration for voucher_pay_status: set orchestrations.voucher_pay_status of jde"
    ]
    external.books.voucher(4711)
    assert outcomes(external.sync("invoices")["invoices"]) == {"held": 1} and payables(external) == []


def test_what_a_clerk_releases_again_is_handed_over_again(external: Site) -> None:
    """Given a voucher that Coupa Pay is to pay, when a clerk sets it back to approved in JD Edwards
    then the next sync hands it over again before JD Edwards' run can pay it."""
    entry = external.books.voucher(4711)
    external.sync("invoices")
    external.books.act("set_pay_status", entry, PST="A")
    report = external.sync("invoices")["invoices"]
    assert (status(external, entry), external.exceptions("invoices")) == (["B"], [])
    assert report.writes == 1 and jde_pays(external) == 0


def test_what_cannot_be_handed_over_again_is_told_with_its_amount(external: Site) -> None:
    """Given a voucher that Coupa Pay is to pay, and a payment run that is told to select the handed-over status
    when both systems are looked at, then that is an exception of high severity with the amount, at the sync of what
    changed and in the sweep of all; once the run leaves it alone, it is gone."""
    entry = external.books.voucher(4711)
    external.sync("invoices")
    external.connect("jde", payment_run={"pay_statuses": ["A", "B"]})
    external.sweep("invoices")
    assert f"{entry.key}/001, 100.00 GBP open on pay status B" in reported(external, "invoices")
    external.connect("jde", payment_run={"pay_statuses": ["A"]})
    external.sweep("invoices")
    assert external.exceptions("invoices") == []


def test_an_invoice_that_coupa_pay_will_pay_is_handed_over_before_it_is_made(testbed: Site) -> None:
    """Given a site that books Coupa Pay's payments, when a voucher becomes an invoice of Coupa
    then it is handed over first; cancelled after it was booked, the payment is void and the voucher back on that
    status, so that JD Edwards never pays it."""
    testbed.flows[PAYMENTS] = {}
    entry = testbed.books.voucher(4711)
    testbed.sync("invoices")
    assert status(testbed, entry) == ["B"]
    testbed.spend.approve("INV-4711")
    payment = pay(testbed, int(testbed.spend.invoice("INV-4711")["id"]))
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"created": 1}
    assert status(testbed, entry) == ["P"]
    act(testbed, "move_payment", id=payment, status="cancelled")
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"updated": 1}
    assert status(testbed, entry) == ["B"] and jde_pays(testbed) == 0
    assert testbed.sync("invoices", PAYMENTS)["invoices"].writes == 0
    assert not testbed.exceptions("invoices") and not testbed.exceptions(PAYMENTS)


# -- vouchers of invoices that were born in Coupa ----------------------------------------------------------------------


@pytest.fixture
def born(testbed: Site) -> Payables:
    """Invoices are born in Coupa, and Coupa Pay pays them."""
    clerks = Payables(testbed)
    testbed.configure(BORN, payer="coupa")
    testbed.flows[PAYMENTS] = {}
    return clerks


def voucher_of(clerks: Payables, id: int) -> Entry:
    """The voucher of an invoice."""
    row = clerks.items(id)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def test_a_cancelled_payment_leaves_the_voucher_where_jde_does_not_pay_it(testbed: Site, born: Payables) -> None:
    """Given an invoice that Coupa Pay paid, booked in JD Edwards, when the payment is cancelled
    then it is void and the voucher is back on the status that JD Edwards' run never selects, by one call."""
    id = born.invoice()
    testbed.sync(BORN)
    payment = pay(testbed, id)
    testbed.sync(PAYMENTS)
    before = calls(testbed, "jde", CALL)
    act(testbed, "move_payment", id=payment, status="cancelled")
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"updated": 1}
    assert calls(testbed, "jde", CALL) == before + 1
    assert status(testbed, voucher_of(born, id)) == ["H"] and jde_pays(testbed) == 0
    assert not testbed.exceptions(PAYMENTS) and not testbed.exceptions(BORN)


@pytest.mark.reason("no_return_status")
def test_an_orchestration_that_cannot_put_the_voucher_back_takes_nothing_back(testbed: Site, born: Payables) -> None:
    """Given an orchestration without the input for the pay status
    then the payment stays, with an exception of high severity, and `ping` has said so."""
    id = born.invoice()
    testbed.sync(BORN)
    payment = pay(testbed, id)
    testbed.sync(PAYMENTS)
    wrong = {"name": "ML_PaymentVoid", "inputs": {"ReturnStatus": "Status"}}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_void": wrong})
    assert problems(testbed, PAYMENTS) == [
        "jde_coupa/payments_to_jde: payment_void: ML_PaymentVoid has no input 'Status'"
    ]
    act(testbed, "move_payment", id=payment, status="cancelled")
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"held": 1}
    found = testbed.exception(PAYMENTS)
    assert (found.reason, severity_of(found.reason)) == ("no_return_status", "high")
    assert status(testbed, voucher_of(born, id)) == ["P"]


def test_a_voucher_that_comes_back_on_the_wrong_status_is_told(testbed: Site, born: Payables) -> None:
    """Given an orchestration that voids the payment, and a clerk who approves the voucher at once
    then it is an exception of high severity, at each sync, until it is put where JD Edwards does not pay it."""
    id = born.invoice()
    testbed.sync(BORN)
    entry = voucher_of(born, id)
    assert problems(testbed, BORN) == []
    testbed.books.act("set_pay_status", entry, PST="A")
    testbed.sync(BORN)
    assert f"{entry.key}/001, 100.00 GBP open on pay status A; Coupa pays it" in reported(testbed, BORN)
    testbed.books.act("set_pay_status", entry, PST="H")
    testbed.sync(BORN)
    testbed.sweep(BORN)
    assert testbed.exceptions(BORN) == []


def test_ping_fails_where_the_run_selects_the_status_of_new_vouchers(testbed: Site, born: Payables) -> None:
    """Given a payment run that selects H, on which the vouchers of Coupa Pay stand, then `ping` says so and none is
    made; where JD Edwards pays and its run does not select A, nobody would."""
    testbed.connect("jde", payment_run={"pay_statuses": ["A", "H"]})
    assert problems(testbed, BORN)[0] == (
        "Coupa pays, but `payment_run` of JD Edwards' connection selects pay status H"
    )
    id = born.invoice()
    assert outcomes(testbed.sync(BORN)[BORN]) == {"held": 1} and born.items(id) == []
    testbed.configure(BORN, payer="jde")
    del testbed.flows[PAYMENTS]
    testbed.connect("jde", payment_run={"pay_statuses": ["H"]})
    assert problems(testbed, BORN)[0] == (
        "JD Edwards pays, but `payment_run` of its connection does not select pay status A"
    )


# -- where JD Edwards pays ---------------------------------------------------------------------------------------------


def test_an_invoice_that_coupa_pay_takes_up_though_jde_pays_is_told(testbed: Site) -> None:
    """Given a voucher that JD Edwards pays, and its invoice in Coupa
    when somebody starts a payment of it in Coupa Pay, which shows by the invoice's payment channel
    then the next sync tells it, of high severity, with both amounts; once that payment is cancelled, it is gone."""
    entry = testbed.books.voucher(4711)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.sync("invoices")
    payment = pay(testbed, int(testbed.spend.invoice("INV-4711")["id"]), status="payment_initiated")
    for _ in range(2):
        testbed.sync("invoices")
        assert "100.00 GBP open in JD Edwards" in reported(testbed, "invoices")
    act(testbed, "move_payment", id=payment, status="cancelled")
    testbed.sync("invoices")
    assert testbed.exceptions("invoices") == [] and status(testbed, entry) == ["A"]


def test_an_invoice_born_in_coupa_that_coupa_pay_takes_up_though_jde_pays_is_told(testbed: Site) -> None:
    """Given an invoice that was born in Coupa and that JD Edwards pays
    when Coupa Pay begins to pay it, then the next sync tells it, of high severity."""
    clerks = Payables(testbed)
    id = clerks.invoice()
    testbed.sync(BORN)
    payment = pay(testbed, id, status="payment_initiated")
    testbed.sync(BORN)
    assert "payment channel" in reported(testbed, BORN)
    act(testbed, "move_payment", id=payment, status="cancelled")
    testbed.sync(BORN)
    assert testbed.exceptions(BORN) == []


def test_coupas_approvers_release_nothing_that_coupa_pay_pays(testbed: Site) -> None:
    """Given a site whose vouchers Coupa Pay pays, and Coupa's approvals that set pay statuses in JD Edwards
    then an approval does not put a voucher where JD Edwards pays it, and `ping` says that both are not for one site."""
    testbed.flows |= {PAYMENTS: {}, "approvals": {}}
    entry = testbed.books.voucher(4711, status="H")
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    assert outcomes(testbed.sync("approvals")["approvals"]) == {"held": 1}
    assert testbed.exception("approvals").reason == "another_payer"
    assert status(testbed, entry) == ["H"] and jde_pays(testbed) == 0
    assert any("Coupa Pay pays" in each for each in problems(testbed, "approvals"))


def test_money_agrees_after_all_of_it(testbed: Site, born: Payables) -> None:
    """Given an invoice that Coupa Pay paid, took back and paid again, then one payment is in force in JD Edwards."""
    id = born.invoice()
    testbed.sync(BORN)
    act(testbed, "move_payment", id=pay(testbed, id), status="cancelled")
    second = pay(testbed, id)
    testbed.sync(BORN, PAYMENTS)
    headers = testbed.sandbox.systems["jde"].dump()["F0413"].values()
    assert [Decimal(row["PAAP"]) for row in headers if not row.get("VDGJ")] == [Decimal(100)]
    assert second and status(testbed, voucher_of(born, id)) == ["P"] and jde_pays(testbed) == 0

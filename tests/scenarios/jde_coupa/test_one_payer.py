"""One payer: what Coupa Pay pays is handed over in JD Edwards first, and nothing is payable in both systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_born import act
from scenario_payables import Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.pairs.registry import flow_class

CALL = "POST /jderest/v3/orchestrator/{name}"
PAYMENTS, BORN = "payments_to_jde", "approved_invoices"
ALL_IS_DUE = "2026-04-30"


@pytest.fixture(autouse=True)
def _on(town: Site) -> None:
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)


@pytest.fixture
def external(town: Site) -> Site:
    """A site whose vouchers Coupa Pay pays, as external payables."""
    town.configure("invoices", mode="external_payables")
    return town


def status(town: Site, entry: Entry) -> list[str]:
    """The pay statuses of a voucher."""
    rows = town.sandbox.systems["jde"].dump()["F0411"].values()
    own = [row for row in rows if (row["DOC"], row["DCT"].strip()) == (entry.doc, entry.kind)]
    return [row["PST"].strip() for row in sorted(own, key=lambda row: row["SFX"])]


def jde_pays(town: Site) -> int:
    """How many payments JD Edwards' own run makes, of all that is ever due."""
    made = town.sandbox.post("/rows", {"system": "jde", "act": "payment_run", "date": ALL_IS_DUE})
    return len(made["PYID"])


def problems(town: Site, flow: str = "invoices") -> list[str]:
    """What `ping` says that a site still has to do."""
    with town.context() as context:
        return flow_class("jde_coupa", flow)(context).startup_problems()


def told(town: Site, flow: str) -> str:
    """What is payable in both systems, of high severity: the value of the only exception of the flow."""
    found = town.exception(flow)
    assert (found.reason, severity_of(found.reason)) == ("payable_in_both", "high")
    return found.value


def payables(town: Site) -> list[dict[str, Any]]:
    """Coupa's external payables."""
    return town.spend.all("payables/external/payables")


def pay(town: Site, number: int, **more: Any) -> int:
    """Coupa Pay pays an invoice; the payment's id."""
    more = {"status": "completed_successfully", "date": TODAY.isoformat()} | more
    return int(act(town, "make_payment", invoices=[{"id": number}], **more)["id"])


def calls(town: Site, system: str, route: str) -> int:
    """How often a route was called."""
    return int(town.sandbox.get("/faults")["routes"].get(system, {}).get(route, 0))


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
    assert f"{entry.key}/001, 100.00 GBP open on pay status B" in told(external, "invoices")
    external.connect("jde", payment_run={"pay_statuses": ["A"]})
    external.sweep("invoices")
    assert external.exceptions("invoices") == []


def test_an_invoice_that_coupa_pay_will_pay_is_handed_over_before_it_is_made(town: Site) -> None:
    """Given a site that books Coupa Pay's payments, when a voucher becomes an invoice of Coupa
    then it is handed over first; cancelled after it was booked, the payment is void and the voucher back on that
    status, so that JD Edwards never pays it."""
    town.flows[PAYMENTS] = {}
    entry = town.books.voucher(4711)
    town.sync("invoices")
    assert status(town, entry) == ["B"]
    town.spend.approve("INV-4711")
    payment = pay(town, int(town.spend.invoice("INV-4711")["id"]))
    assert outcomes(town.sync(PAYMENTS)[PAYMENTS]) == {"created": 1}
    assert status(town, entry) == ["P"]
    act(town, "move_payment", id=payment, status="cancelled")
    assert outcomes(town.sync(PAYMENTS)[PAYMENTS]) == {"updated": 1}
    assert status(town, entry) == ["B"] and jde_pays(town) == 0
    assert town.sync("invoices", PAYMENTS)["invoices"].writes == 0
    assert not town.exceptions("invoices") and not town.exceptions(PAYMENTS)


# -- vouchers of invoices that were born in Coupa ----------------------------------------------------------------------


@pytest.fixture
def born(town: Site) -> Payables:
    """Invoices are born in Coupa, and Coupa Pay pays them."""
    clerks = Payables(town)
    town.configure(BORN, payer="coupa")
    town.flows[PAYMENTS] = {}
    return clerks


def voucher_of(clerks: Payables, id: int) -> Entry:
    """The voucher of an invoice."""
    row = clerks.items(id)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def test_a_cancelled_payment_leaves_the_voucher_where_jde_does_not_pay_it(town: Site, born: Payables) -> None:
    """Given an invoice that Coupa Pay paid, booked in JD Edwards, when the payment is cancelled
    then it is void and the voucher is back on the status that JD Edwards' run never selects, by one call."""
    id = born.invoice()
    town.sync(BORN)
    payment = pay(town, id)
    town.sync(PAYMENTS)
    before = calls(town, "jde", CALL)
    act(town, "move_payment", id=payment, status="cancelled")
    assert outcomes(town.sync(PAYMENTS)[PAYMENTS]) == {"updated": 1}
    assert calls(town, "jde", CALL) == before + 1
    assert status(town, voucher_of(born, id)) == ["H"] and jde_pays(town) == 0
    assert not town.exceptions(PAYMENTS) and not town.exceptions(BORN)


@pytest.mark.reason("no_return_status")
def test_an_orchestration_that_cannot_put_the_voucher_back_takes_nothing_back(town: Site, born: Payables) -> None:
    """Given an orchestration without the input for the pay status
    then the payment stays, with an exception of high severity, and `ping` has said so."""
    id = born.invoice()
    town.sync(BORN)
    payment = pay(town, id)
    town.sync(PAYMENTS)
    wrong = {"name": "ML_PaymentVoid", "inputs": {"ReturnStatus": "Status"}}
    town.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_void": wrong})
    assert problems(town, PAYMENTS) == ["jde_coupa/payments_to_jde: payment_void: ML_PaymentVoid has no input 'Status'"]
    act(town, "move_payment", id=payment, status="cancelled")
    assert outcomes(town.sync(PAYMENTS)[PAYMENTS]) == {"held": 1}
    found = town.exception(PAYMENTS)
    assert (found.reason, severity_of(found.reason)) == ("no_return_status", "high")
    assert status(town, voucher_of(born, id)) == ["P"]


def test_a_voucher_that_comes_back_on_the_wrong_status_is_told(town: Site, born: Payables) -> None:
    """Given an orchestration that voids the payment, and a clerk who approves the voucher at once
    then it is an exception of high severity, at each sync, until it is put where JD Edwards does not pay it."""
    id = born.invoice()
    town.sync(BORN)
    entry = voucher_of(born, id)
    assert problems(town, BORN) == []
    town.books.act("set_pay_status", entry, PST="A")
    town.sync(BORN)
    assert f"{entry.key}/001, 100.00 GBP open on pay status A; Coupa pays it" in told(town, BORN)
    town.books.act("set_pay_status", entry, PST="H")
    town.sync(BORN)
    town.sweep(BORN)
    assert town.exceptions(BORN) == []


def test_ping_fails_where_the_run_selects_the_status_of_new_vouchers(town: Site, born: Payables) -> None:
    """Given a payment run that selects H, on which the vouchers of Coupa Pay stand, then `ping` says so and none is
    made; where JD Edwards pays and its run does not select A, nobody would."""
    town.connect("jde", payment_run={"pay_statuses": ["A", "H"]})
    assert problems(town, BORN)[0] == ("Coupa pays, but `payment_run` of JD Edwards' connection selects pay status H")
    id = born.invoice()
    assert outcomes(town.sync(BORN)[BORN]) == {"held": 1} and born.items(id) == []
    town.configure(BORN, payer="jde")
    del town.flows[PAYMENTS]
    town.connect("jde", payment_run={"pay_statuses": ["H"]})
    assert problems(town, BORN)[0] == (
        "JD Edwards pays, but `payment_run` of its connection does not select pay status A"
    )


# -- where JD Edwards pays ---------------------------------------------------------------------------------------------


def test_an_invoice_that_coupa_pay_takes_up_though_jde_pays_is_told(town: Site) -> None:
    """Given a voucher that JD Edwards pays, and its invoice in Coupa
    when somebody starts a payment of it in Coupa Pay, which shows by the invoice's payment channel
    then the next sync tells it, of high severity, with both amounts; once that payment is cancelled, it is gone."""
    entry = town.books.voucher(4711)
    town.sync("invoices")
    town.spend.approve("INV-4711")
    town.sync("invoices")
    payment = pay(town, int(town.spend.invoice("INV-4711")["id"]), status="payment_initiated")
    for _ in range(2):
        town.sync("invoices")
        assert "100.00 GBP open in JD Edwards" in told(town, "invoices")
    act(town, "move_payment", id=payment, status="cancelled")
    town.sync("invoices")
    assert town.exceptions("invoices") == [] and status(town, entry) == ["A"]


def test_an_invoice_born_in_coupa_that_coupa_pay_takes_up_though_jde_pays_is_told(town: Site) -> None:
    """Given an invoice that was born in Coupa and that JD Edwards pays
    when Coupa Pay begins to pay it, then the next sync tells it, of high severity."""
    clerks = Payables(town)
    id = clerks.invoice()
    town.sync(BORN)
    payment = pay(town, id, status="payment_initiated")
    town.sync(BORN)
    assert "payment channel" in told(town, BORN)
    act(town, "move_payment", id=payment, status="cancelled")
    town.sync(BORN)
    assert town.exceptions(BORN) == []


def test_coupas_approvers_release_nothing_that_coupa_pay_pays(town: Site) -> None:
    """Given a site whose vouchers Coupa Pay pays, and Coupa's approvals that set pay statuses in JD Edwards
    then an approval does not put a voucher where JD Edwards pays it, and `ping` says that both are not for one site."""
    town.flows |= {PAYMENTS: {}, "approvals": {}}
    entry = town.books.voucher(4711, status="H")
    town.sync("invoices")
    town.spend.approve("INV-4711")
    assert outcomes(town.sync("approvals")["approvals"]) == {"held": 1}
    assert town.exception("approvals").reason == "another_payer"
    assert status(town, entry) == ["H"] and jde_pays(town) == 0
    assert any("Coupa Pay pays" in each for each in problems(town, "approvals"))


def test_money_agrees_after_all_of_it(town: Site, born: Payables) -> None:
    """Given an invoice that Coupa Pay paid, took back and paid again, then one payment is in force in JD Edwards."""
    id = born.invoice()
    town.sync(BORN)
    act(town, "move_payment", id=pay(town, id), status="cancelled")
    second = pay(town, id)
    town.sync(BORN, PAYMENTS)
    headers = town.sandbox.systems["jde"].dump()["F0413"].values()
    assert [Decimal(row["PAAP"]) for row in headers if not row.get("VDGJ")] == [Decimal(100)]
    assert second and status(town, voucher_of(born, id)) == ["P"] and jde_pays(town) == 0

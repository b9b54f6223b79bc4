"""A void deletes a voucher that was not posted (jde-ais section 15): what is gone by our own hand is done, what is gone
by a clerk's is told, and nothing is entered twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class
from connector_resources.jde.orchestrations import Orchestrations

# what a site does that keeps them is said by the last scenario
pytestmark = pytest.mark.as_delivered("jde.unposted_void")

WRITES = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Vouchers are entered at once, and posted by nobody."""
    made = Payables(testbed)
    made.posts(False)
    testbed.configure(FLOW, mode="direct")
    return made


def standing(payables: Payables) -> list[tuple[Decimal, str]]:
    """Gross amount and pay status of every pay item that JD Edwards has."""
    return [(Decimal(row.get("AG", 0)), row["PST"]) for row in payables.rows("F0411")]


def differing(testbed: Site) -> list[str]:
    """What reconciliation finds unexplained."""
    with testbed.context() as context:
        return [each.key for each in compare(flow_class("jde_coupa", FLOW)(context)).unexplained]


def settled(testbed: Site, found: dict[str, int]) -> None:
    """Neither a sync nor the sweep has anything left to do or tell."""
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == (found, 0)
    assert testbed.sweep(FLOW).report.writes == 0
    assert testbed.exceptions(FLOW) == [] and differing(testbed) == []


@pytest.mark.parametrize("fault", [None, "drop_before", "drop_after", "cut"])
def test_a_voucher_that_our_void_deleted_is_followed_by_the_next_one(
    testbed: Site, payables: Payables, fault: str | None
) -> None:
    """Given the voucher of an invoice, not posted, when the invoice is corrected in Coupa, and the answer of the void
    comes or is lost, then one voucher stands, of the last amount, and nothing is left to do or tell."""
    id = payables.invoice()
    testbed.sync(FLOW)
    first = payables.link(id)
    rules = [{**WRITES, "kind": fault, "calls": [1]}] if fault else []
    testbed.sandbox.post("/faults", {"replace": True, "rules": rules})
    payables.change(id, "120.00")
    testbed.sync(FLOW)
    assert len(testbed.sandbox.get("/faults")["fired"]) == len(rules)
    assert standing(payables) == [(Decimal(120), "A")] and payables.link(id) not in ("", first)
    settled(testbed, {"unchanged": 1})


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize(("mode", "call"), [("direct", 2), ("batch", 2), ("batch", 3)])
def test_the_voucher_after_a_deleted_one_is_found_though_its_answer_was_lost(
    testbed: Site, payables: Payables, mode: str, call: int, kind: str
) -> None:
    """Given the voucher of an invoice, not posted, that our void has deleted, when the answer of a call that makes the
    next one is lost, then one voucher stands, of the last amount, the link is its own, and nothing is left to do or
    tell."""
    testbed.configure(FLOW, mode=mode)
    id = payables.invoice()
    testbed.sync(FLOW)
    first = payables.link(id)
    payables.change(id, "120.00")
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**WRITES, "kind": kind, "calls": [call]}]})
    testbed.sync(FLOW)
    assert len(testbed.sandbox.get("/faults")["fired"]) == 1
    [item] = payables.items(id)
    assert standing(payables) == [(Decimal(120), "A")]
    assert payables.link(id) == f"{item['KCO']}/{item['DCT']}/{item['DOC']}" != first
    settled(testbed, {"unchanged": 1})


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize(("mode", "posted"), [("direct", False), ("direct", True), ("batch", False)])
def test_the_number_of_a_deleted_voucher_is_not_given_again(
    testbed: Site, payables: Payables, mode: str, posted: bool, kind: str
) -> None:
    """Given an invoice whose first voucher is void, posted or deleted, and whose second our void has deleted, when the
    answers of the second void and of the third voucher are both lost, then one voucher stands, of the last amount: it
    is not taken for the second one, which is gone, and entered twice."""
    testbed.configure(FLOW, mode=mode)
    payables.posts(posted)
    id = payables.invoice()
    testbed.sync(FLOW)
    payables.posts(False)
    payables.change(id, "120.00")
    testbed.sync(FLOW)
    payables.change(id, "140.00")
    rules = [{**WRITES, "kind": "drop_after", "calls": [1]}, {**WRITES, "kind": kind, "calls": [2]}]
    testbed.sandbox.post("/faults", {"replace": True, "rules": rules})
    testbed.sync(FLOW)
    assert len(testbed.sandbox.get("/faults")["fired"]) == 2
    found = [(amount, state) for _, amount, state in payables.entered(id)]
    assert found == [*([(100, "void")] if posted else []), (140, "A")]
    settled(testbed, {"unchanged": 1})


@pytest.mark.reason("voided_in_target")
def test_a_clerks_void_of_the_voucher_whose_answer_was_lost_is_told_of_that_voucher(
    testbed: Site, payables: Payables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a process that died after it made the next voucher, before its answer, when our void had deleted the first
    when a clerk has posted and voided it before we look, then the conflict names the next voucher, and none is entered
    beside it."""
    id = payables.invoice()
    testbed.sync(FLOW)
    payables.change(id, "120.00")
    call = Orchestrations.call

    def dies(own: Orchestrations, act: str, *its: Any, **named: Any) -> Any:
        answer = call(own, act, *its, **named)
        if act == "voucher_enter":
            raise Killed
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(Orchestrations, "call", dies)
        with pytest.raises(Killed):
            testbed.sync(FLOW)
    [item] = payables.items(id)
    made = Entry(item["DOC"], item["DCT"], item["KCO"])
    testbed.books.post(made)
    testbed.books.act("void_voucher", made)
    testbed.sandbox.clock.advance(600)
    testbed.sync(FLOW)
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.key) == ("voided_in_target", f"invoices:{id}")
    assert payables.link(id) == f"{item['KCO']}/{item['DCT']}/{item['DOC']}"
    testbed.sync(FLOW)
    assert [(amount, state) for _, amount, state in payables.entered(id)] == [(120, "void")]


@pytest.mark.parametrize("fault", [None, "drop_after"])
def test_a_voucher_that_our_void_deleted_is_no_loss(testbed: Site, payables: Payables, fault: str | None) -> None:
    """Given the voucher of an invoice, not posted, when the invoice is voided in Coupa, and the answer of the void
    comes or is lost, then it is gone in the books too, and nobody misses it."""
    id = payables.invoice()
    testbed.sync(FLOW)
    rules = [{**WRITES, "kind": fault, "calls": [1]}] if fault else []
    testbed.sandbox.post("/faults", {"replace": True, "rules": rules})
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    testbed.sync(FLOW)
    assert standing(payables) == payables.rows("F0911") == []
    settled(testbed, {"unchanged": 1})


@pytest.mark.reason("missing_in_target")
def test_a_voucher_that_a_clerks_void_deleted_is_told_and_not_made_again(testbed: Site, payables: Payables) -> None:
    """Given the voucher of an invoice, not posted, when a clerk voids it, so that it is gone without a row that changed
    then the sweep tells it, and nothing is made anew though the invoice is corrected: it waits for a person."""
    id = payables.invoice()
    testbed.sync(FLOW)
    [item] = payables.items(id)
    testbed.books.act("void_voucher", Entry(item["DOC"], item["DCT"], item["KCO"]))
    assert standing(payables) == []
    testbed.sweep(FLOW)
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.key) == ("missing_in_target", f"invoices:{id}")
    payables.change(id, "120.00")
    testbed.sync(FLOW)
    assert standing(payables) == [] and testbed.exceptions(FLOW) != []


def test_a_site_whose_void_keeps_the_rows_of_an_unposted_voucher_agrees_too(testbed: Site, payables: Payables) -> None:
    """Given a site on which an unposted voucher is void and stays, when its invoice is corrected in Coupa
    then the old voucher is void, the next one stands, and nothing is left to do or tell."""
    testbed.sandbox.post("/options", {"jde": {"unposted_void": "voided"}})
    id = payables.invoice()
    testbed.sync(FLOW)
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [(amount, state) for _, amount, state in payables.entered(id)] == [(100, "void"), (120, "A")]
    settled(testbed, {"unchanged": 1})

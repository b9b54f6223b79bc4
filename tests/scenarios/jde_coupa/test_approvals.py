"""A flow that asks first: documents wait until somebody has looked at them, and then go exactly as they were shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_site import NAME, Site, outcome, outcomes
from scenario_wire import Wire, as_sent, tap

from connector_assets.engine.frozen import body_of
from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.reconciling import compare
from connector_assets.engine.replaying import replay
from connector_assets.orchestration.probes import look
from connector_assets.run_setup import flows_of

INVOICES = f"{NAME}/invoices"
CREATE = {"system": "coupa", "route": "POST /api/invoices"}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return tap(monkeypatch)


@pytest.fixture
def asking(testbed: Site) -> Site:
    """A town whose vouchers need an approval."""
    testbed.configure("invoices", approval="required")
    return testbed


def events(site: Site, entry: Entry) -> list[str]:
    return [event.event for event in site.ledger.audit.of(entry.document)[1]]


def correct(site: Site, entry: Entry, amount: str) -> None:
    """A clerk corrects the only line of a voucher."""
    site.books.line(entry, 1, "30.5010", amount)
    site.books.change_items(entry, amount)


def test_a_voucher_waits_for_its_approval_and_is_sent_as_it_was_shown(asking: Site, wire: Wire) -> None:
    """Given vouchers that need an approval
    when one is synced it waits: nothing is sent, its amount is told as staged, and nobody calls it an exception;
    when it is approved, the next sync sends exactly the request that was shown, once; who approved it stands in the
    trail."""
    entry = asking.books.voucher()
    report = asking.sync("invoices")["invoices"]
    assert outcomes(report) == {"staged": 1}
    assert report.as_json()["amounts"]["GBP"]["staged"] == "100.00"
    assert wire.sent == [] and not asking.exceptions("invoices")
    (waits,) = asking.waiting("invoices")
    assert (waits.key, waits.step, waits.amount, waits.currency) == (entry.document, "create", Decimal("100.00"), "GBP")
    assert asking.approve("invoices") == 1
    assert outcomes(asking.sync("invoices")["invoices"]) == {"created": 1}
    assert wire.bodies("POST", "invoices") == [as_sent(body_of(waits.body))]
    assert asking.sync("invoices")["invoices"].writes == 0
    assert events(asking, entry) == ["staged", "approved", "intent", "settled"]
    approved = asking.ledger.audit.of(entry.document)[1][1]
    assert (approved.actor, approved.detail["rule"]) == ("approver", f"--flow {INVOICES}")


def test_flows_that_do_not_ask_are_not_held_up(site: Site) -> None:
    """Given that only vouchers need an approval, when all flows are synced, then suppliers and accounts go by
    themselves."""
    site.configure("invoices", approval="required")
    site.books.voucher()
    reports = site.sync()
    assert [outcomes(reports[name]).get("staged", 0) for name in ("suppliers", "accounts", "invoices")] == [0, 0, 1]
    assert site.spend.state()["suppliers"]["count"] == 2


def test_suppliers_can_need_an_approval_too(site: Site, wire: Wire) -> None:
    """Given suppliers that need an approval, when one is approved by its key, then it alone is sent, with its tax
    number, of which the approval showed the last four."""
    site.configure("suppliers", approval="required")
    assert outcomes(site.sync("suppliers")["suppliers"]) == {"staged": 2}
    assert "GB123456789" not in "".join(each.body for each in site.waiting("suppliers"))
    assert site.approve("suppliers", key="*:4343") == 1
    assert outcomes(site.sync("suppliers")["suppliers"]) == {"created": 1, "staged": 1}
    assert b"GB123456789" in wire.bodies("POST", "suppliers")[0]


class TestAnAmountAboveWhich:
    """Money documents can have an amount above which approval is required."""

    @pytest.fixture
    def testbed(self, testbed: Site) -> Site:
        testbed.configure("invoices", approval={"above": {"GBP": "1000.00"}})
        return testbed

    def test_small_vouchers_go_and_large_ones_wait(self, testbed: Site) -> None:
        """Given a limit of 1,000 pounds, when three vouchers are synced, then what is above it waits, credits as well,
        and so does what is in euro, for which no limit is set."""
        small = testbed.books.voucher(1, costs=(("30.5010", "1000.00"),))
        large = testbed.books.voucher(2, costs=(("30.5010", "1000.01"),))
        credit = testbed.books.voucher(3, costs=(("30.5010", "-1000.01"),))
        report = testbed.sync("invoices")["invoices"]
        assert outcome(report, small.document) == "created"
        assert {outcome(report, each.document) for each in (large, credit)} == {"staged"}
        amounts = report.as_json()["amounts"]["GBP"]
        assert (amounts["read"], amounts["settled"], amounts["staged"]) == ("1000.00", "1000.00", "0.00")

    def test_voiding_a_large_invoice_waits_although_nothing_is_open_any_more(self, testbed: Site) -> None:
        """Given a large voucher that was approved and sent, when it is voided in JDE, then the void waits too."""
        entry = testbed.books.voucher(costs=(("30.5010", "5000.00"),))
        testbed.sync("invoices")
        testbed.approve("invoices")
        assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
        testbed.books.void(entry)
        assert outcomes(testbed.sync("invoices")["invoices"]) == {"staged": 1}
        (waits,) = testbed.waiting("invoices")
        assert (waits.step, waits.stake) == ("void", Decimal("5000.00"))
        assert testbed.spend.invoice("INV-4711")["status"] == "draft"
        testbed.approve("invoices")
        assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
        assert testbed.spend.invoice("INV-4711")["status"] == "voided"


def test_a_rule_lets_go_what_it_says_and_no_more(asking: Site) -> None:
    """Given three vouchers that wait, when those of one supplier up to 200 pounds are approved, then one goes."""
    small = asking.books.voucher(1, costs=(("30.5010", "200.00"),), supplier=4343)
    asking.books.voucher(2, costs=(("30.5010", "200.01"),), supplier=4343)
    asking.books.voucher(3, costs=(("30.5010", "10.00"),), supplier=4344)
    asking.sync("invoices")
    assert asking.approve("invoices", up_to=Decimal("200.00"), currency="GBP", supplier="4343") == 1
    report = asking.sync("invoices")["invoices"]
    assert (outcome(report, small.document), outcomes(report)) == ("created", {"created": 1, "staged": 2})


def test_an_approval_is_void_when_the_voucher_changes(asking: Site, wire: Wire) -> None:
    """Given an approved voucher that is corrected in JD Edwards before it was sent
    when it is synced, then neither the old nor the new amount is sent: it waits anew, and the trail says why."""
    entry = asking.books.voucher()
    asking.sync("invoices")
    asking.approve("invoices")
    correct(asking, entry, "175.00")
    assert outcomes(asking.sync("invoices")["invoices"]) == {"staged": 1}
    assert wire.sent == []
    assert events(asking, entry) == ["staged", "approved", "superseded", "staged"]
    asking.approve("invoices")
    asking.sync("invoices")
    assert asking.spend.invoice("INV-4711")["total-with-taxes"] == "175.00"


def test_an_approval_is_void_when_the_invoice_changed_in_coupa(asking: Site, wire: Wire) -> None:
    """Given an approved update of an invoice that somebody commented on in Coupa meanwhile
    when it is synced, then it is not sent but waits anew; approved again, it is sent."""
    entry = asking.books.voucher()
    asking.sync("invoices")
    asking.approve("invoices")
    asking.sync("invoices")
    correct(asking, entry, "175.00")
    asking.sync("invoices")
    asking.approve("invoices")
    wire.sent.clear()
    asking.sandbox.clock.advance(60)
    asking.spend.set("invoices", asking.spend.invoice("INV-4711")["id"], comments="seen by AP")
    assert outcomes(asking.sync("invoices")["invoices"]) == {"staged": 1}
    assert wire.sent == []
    assert asking.ledger.audit.of(entry.document)[1][-2].detail["changed"] == "target"
    asking.approve("invoices")
    assert outcomes(asking.sync("invoices")["invoices"]) == {"updated": 1}
    assert asking.spend.invoice("INV-4711")["total-with-taxes"] == "175.00"


def test_an_approved_voucher_that_somebody_entered_in_coupa_meanwhile_is_not_sent(asking: Site, wire: Wire) -> None:
    """Given an approved voucher, when somebody entered its number in Coupa meanwhile, then a person is told, and no
    second invoice is made."""
    asking.books.voucher()
    asking.sync("invoices")
    (waits,) = asking.waiting("invoices")
    asking.approve("invoices")
    asking.spend.create("invoices", {**body_of(waits.body), "internal-note": None, "comments": "by hand"})
    assert outcomes(asking.sync("invoices")["invoices"]) == {"held": 1}
    assert asking.exception("invoices").reason == "natural_key_taken"
    assert wire.sent == []


def test_the_calls_that_follow_need_no_second_approval_but_a_payment_is_a_new_matter(asking: Site) -> None:
    """Given approved vouchers that are submitted at once
    when one is sent, then submitting it needs nobody; when it is paid in JD Edwards, telling so needs an approval."""
    asking.configure("invoices", submit=True)
    entry = asking.books.voucher()
    asking.sync("invoices")
    asking.approve("invoices")
    report = asking.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"created": 1}, 2)
    asking.spend.approve("INV-4711")
    asking.books.pay(entry)
    assert outcomes(asking.sync("invoices")["invoices"]) == {"staged": 1}
    assert [each.step for each in asking.waiting("invoices")] == ["pay"]
    asking.approve("invoices")
    assert outcomes(asking.sync("invoices")["invoices"]) == {"updated": 1}
    assert asking.spend.invoice("INV-4711")["paid"] is True


def test_what_is_rejected_is_left_alone_until_it_changes(asking: Site, wire: Wire) -> None:
    """Given a voucher that was rejected, when it is synced again and again, then it is ignored; when it is corrected in
    JD Edwards, it waits for an approval anew."""
    entry = asking.books.voucher()
    asking.sync("invoices")
    asking.reject("invoices")
    for _ in range(2):
        assert outcomes(asking.sync("invoices")["invoices"]) == {"ignored": 1}
    assert wire.sent == [] and asking.waiting("invoices") == []
    correct(asking, entry, "175.00")
    assert outcomes(asking.sync("invoices")["invoices"]) == {"staged": 1}


@pytest.mark.parametrize("way", ["poll", "backfill", "delivered alone", "sweep", "replay"])
def test_nothing_goes_round_the_approval(asking: Site, wire: Wire, way: str) -> None:
    """Given a voucher that waits, when anything else runs over it, then it still waits and nothing is sent."""
    entry = asking.books.voucher(undated=way == "sweep")
    if way == "sweep":
        reports = [asking.sweep("invoices").report for _ in range(2)]
    else:
        reports = [asking.sync("invoices")["invoices"]]
    with asking.context() as context:
        flow = asking._flow(context, "invoices")
        if way in ("poll", "backfill"):
            reports.append(asking.sync("invoices", due=way == "poll")["invoices"])
        elif way == "delivered alone":
            pipeline = Pipeline(flow, asking._policy(flow))
            reports.append(pipeline.deliver(pipeline.check(pipeline.load([YESTERDAY, TODAY]))))
        elif way == "replay":
            reports += [each.report for each in replay(flows_of(context), {INVOICES: [entry.document]})]
    assert [outcomes(report) for report in reports] == [{"staged": 1}] * 2
    assert [each.key for each in asking.waiting("invoices")] == [entry.document]
    assert wire.sent == []


def test_a_poll_comes_for_an_approved_voucher_and_for_no_other(asking: Site) -> None:
    """Given a voucher that waits, when a poll looks whether there is anything to do, there is not; when it is approved,
    there is."""
    asking.books.voucher()
    asking.sync()
    with asking.context() as context:
        flow = asking._flow(context, "invoices")
        assert "are due" not in look(context, [flow]).why
        asking.approve("invoices")
        assert look(context, [flow]).why == "1 documents of invoices are due"
    # whatever days it reads
    report = asking.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 1}


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_a_lost_answer_to_an_approved_voucher_needs_no_second_approval(asking: Site, wire: Wire, fault: str) -> None:
    """Given an approved voucher, when the line fails as it is sent, then it is there once and nobody is asked again."""
    asking.books.voucher()
    asking.sync("invoices")
    asking.approve("invoices")
    asking.sandbox.post("/faults", {"replace": True, "rules": [{**CREATE, "kind": fault, "calls": [1]}]})
    assert outcomes(asking.sync("invoices")["invoices"]) == {"created": 1}
    assert asking.spend.state()["invoices"]["count"] == 1
    assert len(set(wire.bodies("POST", "invoices"))) == 1


def test_a_plan_that_is_applied_is_an_approval_by_whoever_applies_it(asking: Site, wire: Wire) -> None:
    """Given vouchers that need an approval, of which one is planned
    when the plan is looked at it says that the voucher would wait; when it is applied, it is sent, and the trail says
    who applied it."""
    entry = asking.books.voucher()
    plan = asking.plan("invoices")
    assert outcomes(asking.apply(plan)["invoices"]) == {"created": 1}
    assert len(wire.bodies("POST", "invoices")) == 1
    approved = next(event for event in asking.ledger.audit.of(entry.document)[1] if event.event == "approved")
    assert (approved.actor, approved.detail["rule"]) == ("clerk", f"plan {plan}")


def test_reconcile_explains_what_waits(asking: Site) -> None:
    """Given a voucher that waits for its approval, when both systems are compared, then that is why Coupa lacks it."""
    entry = asking.books.voucher()
    asking.sync("invoices")
    with asking.context() as context:
        found = compare(asking._flow(context, "invoices"))
    assert [(each.key, each.kind, each.explained_by) for each in found.differences] == [
        (entry.document, "missing_in_target", "rule:waits_for_approval")
    ]

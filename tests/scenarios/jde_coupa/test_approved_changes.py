"""What becomes of a voucher when its Coupa invoice is changed, voided, disputed or deleted after it was made."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import scenario_keys
from scenario_books import TODAY, Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcome, outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class
from connector_assets.run_setup import flows_of
from connector_resources.errors import Unavailable

WRITES = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}
# a day on which nothing changes in Coupa
NEXT = TODAY + timedelta(days=1)

KNOWN_BY = scenario_keys.KEYS
# where answers are lost: at every call and in every way for the two keys, and once for each of both in the other ways
IN_FULL = [(kind, call) for kind in ("drop_after", "drop_before", "cut") for call in (1, 2, 3)]
IN_BRIEF = [("drop_after", 1), ("drop_before", 2), ("cut", 3)]
LOST = [
    (way, mode, kind, call)
    for way in scenario_keys.WAYS
    for mode in ("direct", "batch")
    for kind, call in (IN_FULL if way in ("supplier_invoice", "preset") else IN_BRIEF)
]


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


def voucher(payables: Payables, id: int) -> Entry:
    """The newest voucher of an invoice."""
    row = payables.items(id)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def amounts(payables: Payables, id: int) -> list[tuple[str, int, str]]:
    """(mark, whole amount that it was entered with, state) of an invoice's vouchers."""
    return [(mark, int(amount), state) for mark, amount, state in payables.entered(id)]


@pytest.mark.parametrize("mode", ["direct", "batch"])
def test_a_changed_invoice_voids_its_voucher_and_makes_the_next_revision(
    testbed: Site, payables: Payables, mode: str
) -> None:
    """Given an invoice whose voucher is in JD Edwards, when its price is corrected and approved again in Coupa,
    then the voucher is voided with reversing lines, a new one has the next revision and the new amount, and the link
    goes to it; the next sync sends nothing."""
    testbed.configure(FLOW, mode=mode)
    id = payables.invoice()
    testbed.sync(FLOW)
    first = payables.link(id)
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void"), (f"CPA-{id}-2", 120, "A")]
    assert payables.link(id) != first and payables.link(id).startswith("00001/PV/")
    assert sum(amount for _, amount in payables.costs(id)) == Decimal(120)
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)


def test_an_invoice_that_is_only_touched_changes_nothing(testbed: Site, payables: Payables) -> None:
    """Given a delivered invoice, when somebody writes a note on it, then nothing is sent."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", id, supplier_note="thank you")
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


def test_a_voided_invoice_voids_its_voucher(testbed: Site, payables: Payables) -> None:
    """Given a delivered invoice, when Coupa's people void it, then its voucher is void, nothing is left in the general
    ledger, and nothing new is made."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void")]
    assert sum(amount for _, amount in payables.costs(id)) == 0
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_a_disputed_invoice_takes_the_same_path_and_comes_back(testbed: Site, payables: Payables) -> None:
    """Given a delivered invoice, when it is disputed in Coupa, then its voucher is voided: nobody shall pay it;
    when the dispute is withdrawn and the invoice approved again, it becomes the next revision."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    payables.act("dispute_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void")]
    testbed.sandbox.clock.advance(60)
    payables.act("withdraw_dispute", id=id)
    payables.act("approve_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void"), (f"CPA-{id}-2", 100, "A")]


def test_a_deleted_invoice_is_found_by_the_sweep(testbed: Site, payables: Payables) -> None:
    """Given a delivered invoice that somebody deletes in Coupa, which no day of changes tells
    when the sweep compares all keys, then its voucher is voided, and the other one stays."""
    gone, stays = payables.invoice("WEB-1"), payables.invoice("WEB-2")
    testbed.sync(FLOW)
    payables.act("delete_invoice", id=gone)
    assert testbed.sync(FLOW)[FLOW].writes == 0
    swept = testbed.sweep(FLOW)
    assert outcome(swept.report, f"invoices:{gone}") == "updated"
    assert amounts(payables, gone) == [(f"CPA-{gone}-1", 100, "void")]
    assert amounts(payables, stays) == [(f"CPA-{stays}-1", 100, "A")]
    assert testbed.sweep(FLOW).report.writes == 0


def test_what_a_list_leaves_out_is_not_gone(testbed: Site, payables: Payables) -> None:
    """Given a network that answers each list of invoices with an empty one
    when the sweep compares all keys, then no voucher is voided; without it there is nothing to do."""
    id = payables.invoice()
    testbed.sync(FLOW)
    rule = {"system": "coupa", "route": "GET /api/invoices", "kind": "status", "status": 200, "body": []}
    testbed.sandbox.post("/faults", {"replace": True, "rules": [rule]})
    with pytest.raises(Unavailable, match=f"left out invoices:{id}, which is there"):
        testbed.sweep(FLOW)
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "A")]
    testbed.sandbox.post("/faults", {"replace": True, "rules": []})
    assert testbed.sweep(FLOW).report.writes == 0


@pytest.mark.reason("many_deleted")
def test_many_that_disappear_at_once_are_held(testbed: Site, payables: Payables) -> None:
    """Given a site that takes more than one disappearance at once for an accident of permissions
    when two delivered invoices are gone from Coupa, then both are held and their vouchers stay."""
    testbed.configure(FLOW, most_deleted=1)
    ids = [payables.invoice("WEB-1"), payables.invoice("WEB-2")]
    testbed.sync(FLOW)
    for id in ids:
        payables.act("delete_invoice", id=id)
    assert outcomes(testbed.sweep(FLOW).report) == {"held": 2}
    assert [state for _, _, state in payables.vouchers()] == ["A", "A"]
    testbed.configure(FLOW, most_deleted=2)
    assert outcomes(testbed.sweep(FLOW).report) == {"updated": 2}
    assert [state for _, _, state in payables.vouchers()] == ["void", "void"]


@pytest.mark.reason("voucher_already_paid")
def test_what_is_paid_is_not_voided(testbed: Site, payables: Payables) -> None:
    """Given a voucher that JD Edwards has paid in part, when its invoice changes in Coupa,
    then it is held, and no second voucher is ever made; when the payment is voided, a replay goes on."""
    id = payables.invoice()
    testbed.sync(FLOW)
    [item] = payables.items(id)
    key = {"KCO": item["KCO"], "DCT": item["DCT"], "DOC": item["DOC"]}
    testbed.books.act("pay_voucher", None, **key, amount="40.00", number=7001, date=TODAY)
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "voucher_already_paid"
    assert [mark for mark, _, _ in payables.vouchers(id)] == [f"CPA-{id}-1"]
    testbed.books.void_payment(7001)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void"), (f"CPA-{id}-2", 120, "A")]


@pytest.mark.known_by("supplier_invoice")
@pytest.mark.reason("kept_back_in_jde")
@pytest.mark.parametrize("decided", ["status set back", "replay"])
@pytest.mark.parametrize("how", ["held", "retained"])
def test_what_a_clerk_keeps_back_is_not_paid_by_the_next_voucher(
    testbed: Site, payables: Payables, how: str, decided: str
) -> None:
    """Given a voucher that a clerk of JD Edwards holds, or of which they retain a part, when its invoice changes
    then nothing is written and a person is told, for the next voucher would be payable; once the status is set back, or
    a person lets it go, it is made."""
    id = payables.invoice()
    testbed.sync(FLOW)
    entry = voucher(payables, id)
    if how == "held":
        testbed.books.act("set_pay_status", entry, PST="H")
    else:
        testbed.books.act("retain_voucher", entry, amount="10.00")
    payables.change(id, "120.00")
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    kept = "001 on H" if how == "held" else "002 on R"
    reported = testbed.exception(FLOW)
    assert reported.reason == "kept_back_in_jde"
    assert reported.value == f"{entry.key.removeprefix('F0411:')}, pay item {kept}; new vouchers are on A"
    if decided == "replay":
        testbed.replay(FLOW)
    else:
        testbed.sandbox.clock.advance(60)
        testbed.books.act("set_pay_status", entry, PST="A")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []
    assert [each for each in amounts(payables, id) if each[2] != "void"] == [(f"CPA-{id}-2", 120, "A")]


@pytest.mark.known_by("supplier_invoice", "preset")
@pytest.mark.reason("paid_though_void")
@pytest.mark.parametrize("end", ["void_invoice", "dispute_invoice", "delete_invoice"])
@pytest.mark.parametrize("how", ["paid", "partly paid", "in payment"])
def test_what_ends_in_coupa_after_jde_paid_it_is_urgent(testbed: Site, payables: Payables, end: str, how: str) -> None:
    """Given a voucher that JD Edwards has paid, all or a part, or that its payment run has in hand
    when its invoice is voided, disputed or deleted in Coupa, then it is told, of high severity, with what is open; once
    the payment is void, or the run has let go of it, a replay voids the voucher."""
    id = payables.invoice()
    testbed.sync(FLOW)
    entry = voucher(payables, id)
    if how == "in payment":
        testbed.books.change_items(entry, "", PST="#")
    else:
        testbed.books.pay(entry, "40.00" if how == "partly paid" else None)
    testbed.sandbox.clock.advance(60)
    payables.act(end, id=id)
    for _ in range(2):
        report = testbed.sweep(FLOW).report if end == "delete_invoice" else testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("paid_though_void", "high")
    left = {"paid": "nothing of it is open", "partly paid": "60.00 GBP open on pay status A"}
    state = {"void_invoice": "voided", "dispute_invoice": "disputed", "delete_invoice": "deleted"}[end]
    assert f"invoice {state}; {entry.key.removeprefix('F0411:')}, " in reported.value
    assert left.get(how, "100.00 GBP open on pay status #") in reported.value
    if how == "in payment":
        testbed.books.change_items(entry, "", PST="A")
    else:
        testbed.books.void_payment()
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and amounts(payables, id) == [(f"CPA-{id}-1", 100, "void")]


@pytest.mark.reason("paid_though_void")
def test_what_was_paid_and_is_owed_after_all_is_closed(testbed: Site, payables: Payables) -> None:
    """Given invoices that ended in Coupa after JD Edwards had paid them
    when one is approved again, and of the other, which is void for good, a person says that the supplier keeps the
    money, then nothing is left to tell, no voucher is made and none is void."""
    disputed, void = payables.invoice(), payables.invoice("WEB-2")
    testbed.sync(FLOW)
    testbed.books.pay(voucher(payables, disputed))
    testbed.books.pay(voucher(payables, void))
    testbed.sandbox.clock.advance(60)
    payables.act("dispute_invoice", id=disputed)
    payables.act("void_invoice", id=void)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 2}
    testbed.sandbox.clock.advance(60)
    payables.act("withdraw_dispute", id=disputed)
    payables.act("approve_invoice", id=disputed)
    [kept] = [each for each in testbed.exceptions(FLOW) if each.key == f"invoices:{void}"]
    testbed.ledger.exceptions.dismiss(kept.id, "ap", "against other invoices", testbed.clock.now())
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"ignored": 1, "unchanged": 1}, 0)
        assert testbed.exceptions(FLOW) == []
    assert [(mark, state) for mark, _, state in payables.vouchers()] == [
        (f"CPA-{disputed}-1", "P"),
        (f"CPA-{void}-1", "P"),
    ]


@pytest.mark.reason("void_not_configured")
def test_without_an_orchestration_a_change_is_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given a site that has no orchestration to void vouchers, when a delivered invoice changes,
    then it is held and there is still one voucher."""
    id = payables.invoice()
    testbed.sync(FLOW)
    acts = testbed.connections["jde"]["orchestrations"]
    testbed.connect("jde", orchestrations={name: each for name, each in acts.items() if name != "voucher_void"})
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "void_not_configured"
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "A")]


@pytest.mark.reason("changed_after_delivery")
def test_a_change_is_held_where_the_site_wants_that(testbed: Site, payables: Payables) -> None:
    """Given a site that voids nothing by itself, when a delivered invoice changes, then a person decides."""
    testbed.configure(FLOW, on_change="hold")
    id = payables.invoice()
    testbed.sync(FLOW)
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "A")]


@pytest.mark.reason("orchestration_not_configured")
def test_a_site_without_the_orchestration_is_told_so(testbed: Site, payables: Payables) -> None:
    """Given a site that has configured no orchestration, when an invoice is synced, then it is held with the act's
    name, and ping names all that the flow needs."""
    acts = testbed.connections["jde"]["orchestrations"]
    testbed.connect("jde", orchestrations={})
    payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value == "voucher_enter"
    with testbed.context() as context:
        flow = next(each for each in flows_of(context) if each.name == FLOW)
        assert flow.startup_problems() == [
            "set orchestrations.voucher_enter of the connection jde",
            "set orchestrations.voucher_void of the connection jde",
        ]
    testbed.connect("jde", orchestrations=acts)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


def test_a_voucher_that_a_clerk_voided_is_a_conflict(testbed: Site, payables: Payables) -> None:
    """Given a voucher that a clerk of JD Edwards voided by hand, when its invoice changes in Coupa,
    then it is a conflict: a second voucher would undo what the clerk decided."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.void(voucher(payables, id))
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert testbed.exception(FLOW).field == "void"
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void")]


@pytest.mark.known_by("mark")
@pytest.mark.reason("mark_missing")
def test_a_mark_that_somebody_removed_is_noticed(testbed: Site, payables: Payables) -> None:
    """Given a voucher whose mark a clerk has overwritten, when its invoice changes, then it is held before anything is
    voided; when the mark is back, the change is carried out."""
    id = payables.invoice()
    testbed.sync(FLOW)
    [item] = payables.items(id)
    key = {name: item[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0}
    testbed.books.upsert("F0411", key | {"VR01": "see memo"})
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "mark_missing"
    testbed.books.upsert("F0411", key | {"VR01": f"CPA-{id}-1"})
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void"), (f"CPA-{id}-2", 120, "A")]


@pytest.mark.known_by("mark")
def test_two_vouchers_in_force_are_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given a voucher that somebody copied in JD Edwards, mark and all, when its invoice changes in Coupa,
    then it is held with both numbers, and neither is voided; reconciliation tells the duplicate."""
    id = payables.invoice()
    testbed.sync(FLOW)
    copy = testbed.books.voucher(4711, invoice="WEB-1-COPY")
    [item] = payables.items(id)
    testbed.books.change_items(copy, "", VR01=item["VR01"])
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert "vouchers in force: " in testbed.exception(FLOW).value
    assert [state for _, _, state in payables.vouchers(id)] == ["A", "A"]
    with testbed.context() as context:
        found = compare(flow_class("jde_coupa", FLOW)(context))
    assert "duplicate_in_target" in {each.kind for each in found.differences}


def test_both_sides_agree_after_changes_and_voids(testbed: Site, payables: Payables) -> None:
    """Given an invoice that changed, one that was voided and one that stayed, when both systems are laid side by side,
    then what is in force agrees to the penny, and nothing is unexplained."""
    changed, void, _ = (payables.invoice(number) for number in ("WEB-1", "WEB-2", "WEB-3"))
    testbed.sync(FLOW)
    payables.change(changed, "33.34")
    payables.act("void_invoice", id=void)
    testbed.sync(FLOW)
    with testbed.context() as context:
        found = compare(flow_class("jde_coupa", FLOW)(context))
    assert found.target.amounts == found.source.amounts == {"GBP": Decimal("133.34")}
    assert found.unexplained == []


@pytest.mark.parametrize(("known_by", "mode", "kind", "call"), LOST, indirect=["known_by"])
def test_a_lost_answer_makes_no_second_voucher(
    testbed: Site, payables: Payables, known_by: str, mode: str, kind: str, call: int
) -> None:
    """Given an invoice that changes, and an answer that is lost at one of the calls that make, run or void vouchers
    when the syncs are done, whether or not the lost call took effect,
    then there is one voucher in force, of the last amount, one void, and no doubt is left."""
    testbed.configure(FLOW, mode=mode)
    if known_by == "bare":
        # that our user makes vouchers has to be shown by one whose answer came
        payables.invoice("WEB-0")
        testbed.sync(FLOW)
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**WRITES, "kind": kind, "calls": [call]}]})
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW])["created"] == 1
    payables.change(id, "120.00")
    testbed.sync(FLOW)
    assert len(testbed.sandbox.get("/faults")["fired"]) == 1
    assert amounts(payables, id) == [(f"CPA-{id}-1", 100, "void"), (f"CPA-{id}-2", 120, "A")]
    assert testbed.exceptions(FLOW) == [] and payables.link(id).startswith("00001/PV/")
    assert testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW].writes == 0

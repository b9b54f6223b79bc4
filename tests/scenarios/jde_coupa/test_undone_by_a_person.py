"""What a person takes back by hand of what came from the other system is a conflict at the next sync."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from coupa_originals import act, born
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_payables import Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of

LATER = TODAY + timedelta(days=3)
FLOW = "approved_invoices"
PAYMENTS = "payments_to_jde"


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Coupa's and JD Edwards' clerks."""
    return Payables(testbed)


def days_later(testbed: Site) -> None:
    """It is Thursday."""
    testbed.sandbox.clock.advance(3 * 86_400)


def run_later(testbed: Site, flow: str) -> dict[str, int]:
    """One run over that Thursday alone; its outcomes."""
    return outcomes(testbed.sync(flow, first=LATER, last=LATER)[flow])


def paying(testbed: Site) -> None:
    """Coupa Pay's payments are booked."""
    testbed.flows[PAYMENTS] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


def voucher_of(payables: Payables, id: int) -> Entry:
    """The newest voucher of an invoice that was born in Coupa."""
    row = payables.items(id)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


# -- vouchers of invoices that were born in Coupa ----------------------------------------------------------------------


@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_a_voucher_of_an_invoice_that_a_clerk_voids_is_a_conflict(
    testbed: Site, payables: Payables, payer: str
) -> None:
    """Given an invoice that was born in Coupa and its voucher
    when a clerk voids the voucher days later and nothing moves in Coupa
    then the next sync tells it, of high severity where Coupa Pay goes on to pay the invoice; nothing is made anew. Once
    the invoice is voided in Coupa too, both agree."""
    testbed.configure(FLOW, payer=payer)
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    days_later(testbed)
    assert run_later(testbed, FLOW) == {}
    entry = voucher_of(payables, id)
    testbed.books.void(entry, on=LATER)
    for _ in range(2):
        assert run_later(testbed, FLOW) == {"conflict": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason), reported.value) == (
        ("voided_in_target", "normal", entry.key) if payer == "jde" else ("undone_in_target", "high", entry.key)
    )
    assert [state for _, _, state in payables.vouchers(id)] == ["void"]
    payables.act("void_invoice", id=id)
    run_later(testbed, FLOW)
    assert testbed.exceptions(FLOW) == []


def test_a_voucher_of_which_a_clerk_changes_the_amount_is_a_conflict(testbed: Site, payables: Payables) -> None:
    """Given the voucher of an invoice, when a clerk corrects its amount, then the next sync tells it; what a payment
    takes off is no change."""
    id, other = payables.invoice(), payables.invoice("WEB-2")
    testbed.sync(FLOW)
    testbed.books.pay(voucher_of(payables, other), "40.00")
    testbed.books.change_items(voucher_of(payables, id), "90.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1, "unchanged": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.field, reported.key) == ("voucher_changed", "amount", f"invoices:{id}")


@pytest.mark.known_by("mark")
@pytest.mark.reason("mark_missing")
def test_a_mark_that_a_clerk_removes_is_told_at_the_next_sync(testbed: Site, payables: Payables) -> None:
    """Given the voucher of an invoice, when a clerk overwrites its mark, then the next sync tells it: without the mark
    the voucher would be sent to Coupa as one of JD Edwards."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.change_items(voucher_of(payables, id), VR01="see memo")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "mark_missing"


def test_our_own_voids_are_nobodys_conflict(testbed: Site, payables: Payables) -> None:
    """Given an invoice that was corrected, and one that was voided in Coupa, so that we voided both vouchers
    then no later sync takes our voids for a clerk's."""
    changed, gone = payables.invoice(), payables.invoice("WEB-2")
    testbed.sync(FLOW)
    payables.change(changed, "120.00")
    payables.act("void_invoice", id=gone)
    testbed.sync(FLOW)
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 2}


# -- payments of Coupa Pay ---------------------------------------------------------------------------------------------


@pytest.mark.reason("undone_in_target")
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_booked_payment_that_a_clerk_voids_is_a_conflict(testbed: Site) -> None:
    """Given a payment of Coupa Pay that is booked, when a clerk voids it in JD Edwards and nothing moves in Coupa
    then the next sync tells it with the payment and its voucher: JD Edwards may pay it once more. Once the payment is
    cancelled in Coupa too, it is told that JD Edwards' run selects the voucher, until that is put back."""
    paying(testbed)
    found = born(testbed)
    number = int(
        act(
            testbed,
            "make_payment",
            invoices=[{"id": found.id}],
            status="completed_successfully",
            date=TODAY.isoformat(),
        )["id"]
    )
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"created": 1}
    days_later(testbed)
    assert run_later(testbed, PAYMENTS) == {}
    header: dict[str, Any] = next(iter(testbed.sandbox.systems["jde"].dump()["F0413"].values()))
    testbed.books.void_payment(header["DOCM"], on=LATER)
    for _ in range(2):
        assert run_later(testbed, PAYMENTS) == {"conflict": 1}
    reported = testbed.exception(PAYMENTS)
    assert (reported.reason, severity_of(reported.reason)) == ("undone_in_target", "high")
    assert reported.value == f"{header['DOCM']} on {found.voucher.key}"
    act(testbed, "move_payment", id=number, status="cancelled")
    for _ in range(2):
        assert run_later(testbed, PAYMENTS) == {"held": 1}
    assert testbed.exception(PAYMENTS).reason == "payable_in_both"
    testbed.books.act("set_pay_status", found.voucher, PST="H")
    run_later(testbed, PAYMENTS)
    assert testbed.exceptions(PAYMENTS) == []


@pytest.mark.reason("deleted_in_target")
def test_a_booked_payment_that_a_clerk_deletes_is_found_by_the_sweep(testbed: Site) -> None:
    """Given a payment of Coupa Pay that is booked and not posted, when a clerk deletes it in JD Edwards, which leaves
    no row that changed, then the sweep tells it, of high severity; nothing is booked anew, until a person says so."""
    paying(testbed)
    found = born(testbed)
    act(testbed, "make_payment", invoices=[{"id": found.id}], status="completed_successfully", date=TODAY.isoformat())
    testbed.sync(PAYMENTS)
    jde = testbed.sandbox.systems["jde"].dump()
    [header], [detail] = jde["F0413"].values(), jde["F0414"].values()
    testbed.books.delete("F0414", {name: detail[name] for name in ("PYID", "RC5")})
    testbed.books.delete("F0413", {"PYID": header["PYID"]})
    testbed.books.change_items(found.voucher, AAP="120.00", PST="A")
    testbed.sweep(PAYMENTS)
    reported = testbed.exception(PAYMENTS)
    assert (reported.reason, severity_of(reported.reason)) == ("deleted_in_target", "high")
    assert testbed.sandbox.systems["jde"].dump()["F0413"] == {}
    testbed.ledger.links.remove(f"jde_coupa/{PAYMENTS}", reported.key, "clerk", testbed.clock.now())
    testbed.replay(PAYMENTS)
    testbed.sync(PAYMENTS)
    assert len(testbed.sandbox.systems["jde"].dump()["F0413"]) == 1 and testbed.exceptions(PAYMENTS) == []


@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_a_voucher_that_a_clerk_deletes_is_found_by_the_sweep(testbed: Site, payables: Payables, payer: str) -> None:
    """Given the voucher of an invoice that is not posted, when a clerk deletes it, then the sweep tells it, of high
    severity where Coupa Pay goes on to pay the invoice."""
    testbed.configure(FLOW, payer=payer)
    id = payables.invoice()
    testbed.sync(FLOW)
    entry = voucher_of(payables, id)
    testbed.books.delete("F0411", {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0})
    testbed.sweep(FLOW)
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == (
        ("missing_in_target", "normal") if payer == "jde" else ("deleted_in_target", "high")
    )
    assert payables.items(id) == []


# -- what was told to Coupa --------------------------------------------------------------------------------------------


def reported_to_coupa(testbed: Site, flow: str) -> int:
    """An invoice of which JD Edwards' payment was told by this flow three days ago; its id."""
    if flow == "invoices":
        entry = testbed.books.voucher(4711, invoice="C-4711", costs=(("30.5010", "120.00"),))
        testbed.sync(flow)
        testbed.spend.approve("C-4711")
        number = int(testbed.spend.invoice("C-4711")["id"])
    else:
        testbed.flows["payments_to_coupa"] = {}
        found = born(testbed)
        entry, number = found.voucher, found.id
    testbed.books.pay(entry)
    testbed.sync(flow)
    assert testbed.spend.one("invoices", id=str(number))["paid"] is True
    days_later(testbed)
    assert run_later(testbed, flow) == {}
    return number


@pytest.mark.parametrize("flow", ["invoices", "payments_to_coupa"])
@pytest.mark.parametrize("how", ["appended", "unmarked", "removed"])
def test_a_payment_that_is_taken_off_an_invoice_is_a_conflict(testbed: Site, flow: str, how: str) -> None:
    """Given an invoice in Coupa that shows what JD Edwards paid
    when a user of Coupa takes it off again, by a payment of the opposite sign, by the mark `paid`, or altogether
    then the next sync tells it, of high severity since the invoice may be paid once more, and sends nothing, as often
    as it is synced; put back by hand, both agree."""
    number = reported_to_coupa(testbed, flow)
    [paid] = testbed.spend.one("invoices", id=str(number))["payments"]
    own = {name: paid[name] for name in ("amount-paid", "payment-date", "notes")}
    back = own | {"amount-paid": "-120.00", "notes": "mistake"}
    changes: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "appended": ({"payments": [own, back]}, {"payments": [own]}),
        "unmarked": ({"paid": False}, {}),
        "removed": ({"payments": [], "paid": False}, {"payments": [own]}),
    }
    undone, again = changes[how]
    testbed.spend.set("invoices", number, **undone)
    for _ in range(2):
        report = testbed.sync(flow, first=LATER, last=LATER)[flow]
        assert (outcomes(report), report.writes) == ({"conflict": 1}, 0)
    reported = testbed.exception(flow)
    assert (reported.reason, severity_of(reported.reason)) == (
        "undone_in_target",
        "high",
    ) and "C-4711" in reported.value
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", number, paid=True, **again)
    testbed.replay(flow)
    run_later(testbed, flow)
    assert testbed.exceptions(flow) == []


def enter_anew(testbed: Site, entry: Entry) -> None:
    """What the fix says: with JD Edwards as right nothing comes back; voided and entered anew, both agree."""
    testbed.configure("invoices", on_conflict="source")
    testbed.replay("invoices")
    assert run_later(testbed, "invoices") == {"conflict": 1}
    testbed.configure("invoices", on_conflict="hold")
    testbed.books.void(entry, on=LATER)
    assert run_later(testbed, "invoices") == {"unchanged": 1}
    assert testbed.exceptions("invoices") == []
    testbed.books.voucher(4799, invoice="INV-4711", changed=LATER)
    assert run_later(testbed, "invoices") == {"created": 1, "unchanged": 1}
    assert testbed.exceptions("invoices") == []
    assert run_later(testbed, "invoices") == {"unchanged": 2}


@pytest.mark.reason("voided_in_target")
def test_an_invoice_that_is_voided_in_coupa_is_a_conflict(testbed: Site) -> None:
    """Given a voucher of JD Edwards and its invoice, when a user of Coupa voids the invoice days later
    then the next sync tells it, though nothing moved in JD Edwards; it is made neither anew nor void there. Once the
    voucher is void too, and was entered anew, nothing is left to tell."""
    entry = testbed.books.voucher(4711)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    days_later(testbed)
    assert run_later(testbed, "invoices") == {}
    testbed.spend.act("void_invoice", id=int(testbed.spend.invoice("INV-4711")["id"]))
    for _ in range(2):
        assert run_later(testbed, "invoices") == {"conflict": 1}
    reported = testbed.exception("invoices")
    assert (reported.reason, reported.value) == ("voided_in_target", "voided")
    enter_anew(testbed, entry)


def test_an_external_payable_that_is_voided_in_coupa_is_a_conflict(testbed: Site) -> None:
    """Given a voucher that Coupa Pay is to pay, when a user of Coupa voids its external payable days later
    then the next sync tells it, though nothing moved in JD Edwards: nobody would pay the voucher. Once it is void in
    JD Edwards too, and was entered anew, nothing is left to tell."""
    testbed.configure("invoices", mode="external_payables")
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    entry = testbed.books.voucher(4711)
    testbed.sync("invoices")
    days_later(testbed)
    assert run_later(testbed, "invoices") == {}
    [payable] = testbed.spend.all("payables/external/payables")
    testbed.spend.set("external_payables", payable["id"], status="voided")
    for _ in range(2):
        assert run_later(testbed, "invoices") == {"conflict": 1}
    reported = testbed.exception("invoices")
    assert (reported.reason, reported.field, reported.value) == ("voided_in_target", "status", "voided")
    enter_anew(testbed, entry)


def test_what_coupa_itself_does_with_an_invoice_is_no_conflict(testbed: Site) -> None:
    """Given an invoice that shows a payment of JD Edwards, when it is exported, or commented on in Coupa
    then nothing is told and nothing is sent."""
    number = reported_to_coupa(testbed, "invoices")
    testbed.spend.set("invoices", number, exported=True)
    report = testbed.sync("invoices", first=LATER, last=LATER)["invoices"]
    assert (outcomes(report), report.writes) == ({}, 0)

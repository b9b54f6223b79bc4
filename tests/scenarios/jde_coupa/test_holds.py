"""Payment holds of JD Edwards where Coupa Pay pays: what is not sent waits, and of what is sent a person is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of

FLOW = "invoices"
PAYABLES = "payables/external/payables"
SUPPLIER, FACTOR = 4343, 4344
MODES = pytest.mark.parametrize("mode", ["external_payables", "invoices_draft"])


def coupa_pays(testbed: Site, mode: str = "external_payables", **more: str) -> None:
    """Coupa Pay pays the vouchers of JD Edwards: as external payables, or as invoices of its own."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.configure(FLOW, mode=mode, handed_over_status="Y", **more)
    if mode == "invoices_draft":
        testbed.flows["payments_to_jde"] = {}


def hold(testbed: Site, value: str = "Y", party: int = SUPPLIER) -> None:
    """A clerk puts a party on payment hold, or takes the hold off; none of its vouchers is touched."""
    testbed.books.upsert("F0401", {"AN8": party, "HDPY": value})


def run(testbed: Site, days: int = 0) -> dict[str, int]:
    """One run of the flow, so many days later over that day alone."""
    day = TODAY + timedelta(days=days)
    return outcomes(testbed.sync(FLOW, first=day, last=day)[FLOW])


def overnight(testbed: Site) -> None:
    testbed.sandbox.clock.advance(24 * 3600)


def forget(testbed: Site) -> None:
    """The ledger forgets what the flow did, though not that it was opened."""
    with testbed.ledger._db.write() as connection:
        for table in ("links", "exceptions", "intents", "deliveries"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_coupa/{FLOW}'")


def made(testbed: Site) -> int:
    """How many invoices and external payables Coupa has."""
    state = testbed.spend.state()
    return int(state["invoices"]["count"]) + int(state["external_payables"]["count"])


def status(testbed: Site, entry: Entry) -> str:
    """The pay status of a voucher in JD Edwards."""
    rows = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    return next(row["PST"].strip() for row in rows if row["DOC"] == entry.doc)


def reported_high(testbed: Site) -> str:
    """What the flow's only exception says, which is that the hold came after the voucher was sent."""
    found = testbed.exception(FLOW)
    assert (found.reason, severity_of(found.reason)) == ("held_after_sent", "high")
    return found.message


@pytest.mark.reason("supplier_on_hold")
@MODES
def test_a_voucher_of_a_supplier_on_hold_waits_and_is_not_handed_over(testbed: Site, mode: str) -> None:
    """Given a supplier on payment hold, and a voucher of its
    when it is synced, and the hold is released the next day
    then nothing of it is in Coupa, JD Edwards keeps its pay status; it is sent then, though no row of it moved."""
    coupa_pays(testbed, mode)
    hold(testbed)
    entry = testbed.books.voucher()
    assert run(testbed) == {"held": 1}
    found = testbed.exception(FLOW)
    assert (found.reason, found.value) == ("supplier_on_hold", "4343")
    assert (made(testbed), status(testbed, entry)) == (0, "A")
    overnight(testbed)
    hold(testbed, "")
    assert run(testbed, 1) == {"created": 1}
    assert (made(testbed), status(testbed, entry), testbed.exceptions(FLOW)) == (1, "Y", [])


def test_a_value_that_a_site_lists_as_no_hold_holds_nothing(testbed: Site) -> None:
    """Given a supplier whose hold says N, when its voucher is synced, then it is a payable."""
    coupa_pays(testbed)
    hold(testbed, "N")
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}


@pytest.mark.reason("supplier_on_hold")
def test_a_payee_on_hold_holds_the_voucher_of_a_supplier_who_is_not(testbed: Site) -> None:
    """Given a voucher whose payee, a factor, is on hold while its supplier is not
    when it is synced, and the payee is released
    then it is held, and sent then."""
    coupa_pays(testbed, "invoices_draft", factored="payee")
    entry = testbed.books.voucher()
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    testbed.books.upsert("F0411", key | {"PYE": FACTOR})
    hold(testbed, party=FACTOR)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).value == "4344"
    overnight(testbed)
    hold(testbed, "", party=FACTOR)
    assert run(testbed, 1) == {"created": 1}


@pytest.mark.reason("held_after_sent")
@MODES
def test_a_hold_after_the_voucher_was_sent_is_told_until_it_is_released(testbed: Site, mode: str) -> None:
    """Given a voucher that Coupa has
    when its supplier is put on hold the next day, the sync runs again, and the hold is released
    then a person is told, with high severity, what Coupa can pay; Coupa is not touched, and nothing is left open."""
    coupa_pays(testbed, mode)
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    overnight(testbed)
    hold(testbed)
    for _ in range(2):
        report = testbed.sync(FLOW, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=1))[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
        assert "4343" in reported_high(testbed) and "100.00 GBP" in reported_high(testbed)
    hold(testbed, "")
    assert run(testbed, 1) == {"unchanged": 1}
    assert (made(testbed), testbed.exceptions(FLOW)) == (1, [])


def test_it_closes_when_a_person_voids_the_payable(testbed: Site) -> None:
    """Given a payable whose supplier was put on hold, when a person voids it in Coupa, then nothing is left to tell;
    once the hold is released, nobody would pay the voucher, and that is a conflict."""
    coupa_pays(testbed)
    testbed.books.voucher()
    run(testbed)
    hold(testbed)
    assert run(testbed) == {"held": 1}
    testbed.spend.set("external_payables", testbed.spend.one(PAYABLES)["id"], status="voided")
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []
    overnight(testbed)
    hold(testbed, "")
    assert run(testbed, 1) == {"conflict": 1}


def test_it_closes_when_the_voucher_is_paid(testbed: Site) -> None:
    """Given a payable whose supplier was put on hold
    when a clerk pays the voucher by hand, then Coupa is told so, and nothing is left to tell."""
    coupa_pays(testbed)
    entry = testbed.books.voucher()
    run(testbed)
    hold(testbed)
    assert run(testbed) == {"held": 1}
    testbed.books.pay(entry)
    assert run(testbed) == {"updated": 1}
    assert testbed.exceptions(FLOW) == []


@pytest.mark.as_delivered("jde.changed_rows")
def test_a_hold_lets_through_what_takes_money_back_and_nothing_else(testbed: Site) -> None:
    """Given three payables of a supplier on hold
    when one voucher is reduced, one raised, and one voided
    then Coupa follows the reduction and the void; the raise waits for the release."""
    coupa_pays(testbed)
    less, more, void = (testbed.books.voucher(number) for number in (1, 2, 3))
    assert run(testbed) == {"created": 3}
    hold(testbed)
    testbed.books.change(less, "80.00")
    testbed.books.change(more, "130.00")
    testbed.books.post(more)
    testbed.books.void(void)
    run(testbed)
    held = {each["source-reference"]: each for each in testbed.spend.all(PAYABLES)}
    assert [Decimal(held[each.key]["payable-amount"]) for each in (less, more)] == [80, 100]
    assert held[void.key]["status"] == "voided"
    assert {each.reason for each in testbed.exceptions(FLOW)} == {"held_after_sent"}
    hold(testbed, "")
    run(testbed)
    assert testbed.exceptions(FLOW) == []
    held = {each["source-reference"]: each for each in testbed.spend.all(PAYABLES)}
    assert Decimal(held[more.key]["payable-amount"]) == 130


def test_a_draft_on_hold_is_not_submitted(testbed: Site) -> None:
    """Given a draft whose supplier was put on hold
    when the site begins to submit its drafts, then this one stays a draft until the hold is released."""
    coupa_pays(testbed, "invoices_draft")
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    hold(testbed)
    testbed.configure(FLOW, submit=True)
    assert run(testbed) == {"held": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "draft"
    hold(testbed, "")
    assert run(testbed) == {"updated": 1}
    assert testbed.spend.invoice("INV-4711")["status"] == "pending_approval"


@pytest.mark.reason("held_after_sent")
def test_a_pay_item_that_is_put_on_hold_after_it_was_sent_is_told_until_it_is_released(testbed: Site) -> None:
    """Given a payable, when its pay item is put on H, and back, then it is told with high severity, and closed."""
    coupa_pays(testbed)
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    testbed.books.act("set_pay_status", entry, PST="H")
    assert run(testbed) == {"held": 1}
    assert "pay status H" in reported_high(testbed)
    testbed.books.act("set_pay_status", entry, PST="Y")
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []


@MODES
def test_a_lost_ledger_finds_what_is_in_coupa_though_the_supplier_is_on_hold(testbed: Site, mode: str) -> None:
    """Given a voucher that Coupa has, and whose supplier was put on hold
    when the ledger is lost, its invoices are adopted, and the sync runs, then it is told as sent, and is there once."""
    coupa_pays(testbed, mode)
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    hold(testbed)
    with testbed.forgetting() as again:
        again.sync("suppliers", "accounts", mode="adopt")
        assert outcomes(again.sync(FLOW, mode="adopt")[FLOW]) == {"adopted": 1}
        assert run(again) == {"held": 1}
        assert "4343" in reported_high(again)
        assert made(again) == 1


@MODES
@pytest.mark.parametrize("by", ["HDPY", "PST"])
def test_a_ledger_restored_from_before_finds_it_too(testbed: Site, mode: str, by: str) -> None:
    """Given a voucher that Coupa has, and that was put on hold, by its supplier or its pay item
    when the ledger is one of before it was sent, then it is told as sent, and is there once."""
    coupa_pays(testbed, mode)
    testbed.configure(FLOW, mode=mode, handed_over_status="Y", send_pay_statuses=["A", "P"])
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    if by == "HDPY":
        hold(testbed)
    else:
        testbed.books.act("set_pay_status", entry, PST="H")
    forget(testbed)
    assert run(testbed) == {"held": 1}
    reported_high(testbed)
    assert made(testbed) == 1


def test_the_sweep_sends_nothing_that_is_on_hold_and_what_it_was_released_of(testbed: Site) -> None:
    """Given a voucher of a supplier on hold that no run has seen
    when the sweep finds it, and once more after the release, then it waits, and is sent once."""
    coupa_pays(testbed)
    hold(testbed)
    testbed.books.voucher()
    overnight(testbed)
    assert run(testbed, 1) == {}
    assert testbed.sweep(FLOW).missed != []
    assert (testbed.exception(FLOW).reason, made(testbed)) == ("supplier_on_hold", 0)
    hold(testbed, "")
    testbed.sweep(FLOW)
    run(testbed, 1)
    assert (made(testbed), testbed.exceptions(FLOW)) == (1, [])


def test_where_jde_pays_a_hold_is_its_own_affair(testbed: Site) -> None:
    """Given a site whose vouchers JD Edwards pays
    when a supplier is on hold before one is sent, and after, then each is a draft, and nobody is told anything."""
    hold(testbed)
    testbed.books.voucher(1)
    assert run(testbed) == {"created": 1}
    hold(testbed, "")
    testbed.books.voucher(2)
    run(testbed)
    overnight(testbed)
    hold(testbed)
    assert run(testbed, 1) == {}
    assert (made(testbed), testbed.exceptions(FLOW)) == (2, [])

"""What becomes of single rows of a voucher (jde-ais section 15): retained, withheld and voided pay items, changes that
replace a row, a payment run that broke off, a number that is used again. Can money go out twice, to the wrong party, or
not at all without a word?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import Born, act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import HOME, Entry
from scenario_payables import FLOW as BORN
from scenario_payables import Payables
from scenario_site import Site, outcomes

OWN, TOLD, BOOKED = "invoices", "payments_to_coupa", "payments_to_jde"
OFFICE = 4344


def later(testbed: Site) -> None:
    """A minute goes by."""
    testbed.sandbox.clock.advance(60)


def item(testbed: Site, entry: Entry, suffix: str, **columns: Any) -> None:
    """A clerk changes columns of one pay item."""
    named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": suffix, "SFXE": 0}
    testbed.books.upsert("F0411", named | columns)


def split_off(testbed: Site, entry: Entry, amount: str) -> None:
    """A clerk divides a pay item of this amount off the first one."""
    testbed.books.act("split_voucher", entry, SFX="001", amounts=[amount])


def void_item(testbed: Site, entry: Entry, suffix: str, *, cleared: bool = True) -> None:
    """A clerk voids one pay item; whether the gross amount is taken off is not established."""
    item(testbed, entry, suffix, VOD="V", PST="P", AAP="0", **({"AG": "0"} if cleared else {}))


def coupa_pays(testbed: Site, **settings: Any) -> None:
    """Coupa Pay pays, and JD Edwards is told."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.flows[BOOKED] = {}
    testbed.configure(OWN, **settings)


def coupa_paid(testbed: Site, found: Born) -> None:
    """Coupa Pay has paid an invoice."""
    act(testbed, "make_payment", invoices=[{"id": found.id}], status="completed_successfully", date="2026-03-02")


@pytest.fixture
def reported(testbed: Site) -> Born:
    """An invoice of 120.00 born in Coupa, the voucher of which JD Edwards pays and tells Coupa of."""
    testbed.flows[TOLD] = {}
    return born(testbed)


@pytest.fixture
def booked(testbed: Site) -> Born:
    """The same, which Coupa Pay pays."""
    coupa_pays(testbed)
    return born(testbed)


# -- what JD Edwards paid, told to invoices that were born in Coupa ---------------------------------------------------


def test_a_retainage_is_told_once_it_is_paid(testbed: Site, reported: Born) -> None:
    """Given 12.00 of 120.00 that are retained, when JD Edwards pays the rest, then Coupa is told of 108.00 and not that
    the invoice is paid; released and paid, it is paid, and nobody has to look at it."""
    testbed.books.act("retain_voucher", reported.voucher, amount="12.00")
    testbed.books.act("payment_run", date="2026-03-25")
    testbed.sync(TOLD)
    assert paid(testbed, reported.id) == (False, [Decimal(108)], Decimal(12))
    later(testbed)
    item(testbed, reported.voucher, "002", PST="A")
    testbed.books.act("payment_run", date="2026-03-25")
    testbed.sync(TOLD)
    assert paid(testbed, reported.id) == (True, [Decimal(108), Decimal(12)], Decimal(0))
    assert testbed.exceptions(TOLD) == []


def test_tax_that_is_withheld_is_paid_to_its_office_and_settles_the_invoice(testbed: Site, reported: Born) -> None:
    """Given 12.00 of 120.00 that JD Edwards withholds for a tax office, when it pays both of them
    then the invoice is paid by both payments, and by the supplier's alone it is not."""
    testbed.books.upsert("F0401", {"AN8": 4343, "TAWH": OFFICE, "PCWH": "10"})
    testbed.books.act("withhold_voucher", reported.voucher, amount="12.00")
    testbed.books.act("pay_voucher", reported.voucher, SFX="001", number=5001)
    testbed.sync(TOLD)
    assert paid(testbed, reported.id) == (False, [Decimal(108)], Decimal(12))
    later(testbed)
    testbed.books.act("pay_voucher", reported.voucher, SFX="002", number=5002)
    testbed.sync(TOLD)
    assert paid(testbed, reported.id) == (True, [Decimal(108), Decimal(12)], Decimal(0))


@pytest.mark.reason("voucher_changed")
@pytest.mark.parametrize("cleared", [True, False])
def test_an_invoice_is_not_paid_by_what_is_left_of_its_voucher(testbed: Site, reported: Born, cleared: bool) -> None:
    """Given an invoice of 120.00 of which 20.00 are paid, when a clerk voids a pay item of 40.00 and the rest is paid
    then Coupa is told of each payment, not that the invoice is paid, and a person that the voucher is for less."""
    split_off(testbed, reported.voucher, "40.00")
    testbed.books.act("pay_voucher", reported.voucher, SFX="001", number=5001, amount="20.00")
    testbed.sync(TOLD)
    later(testbed)
    void_item(testbed, reported.voucher, "002", cleared=cleared)
    testbed.books.act("pay_voucher", reported.voucher, SFX="001", number=5002)
    testbed.sync(TOLD)
    assert paid(testbed, reported.id) == (False, [Decimal(20), Decimal(60)], Decimal(40))
    found = testbed.exception(TOLD)
    assert (found.reason, found.value) == ("voucher_changed", "80.00 GBP, the invoice is for 120.00")


def test_a_correction_that_replaces_the_row_does_not_pay_the_invoice(testbed: Site, reported: Born) -> None:
    """Given a release of JD Edwards that closes the old row of a posted voucher that is corrected, when a clerk makes
    150.00 of 120.00, then Coupa is not told that the invoice is paid, and a person is told, before and after the new
    row is paid."""
    testbed.sandbox.post("/options", {"jde": {"changed_rows": "replaced"}})
    testbed.books.post(reported.voucher)
    testbed.books.change(reported.voucher, "150.00")
    for amounts in ([], [Decimal(150)]):
        later(testbed)
        testbed.sync(TOLD)
        assert paid(testbed, reported.id)[:2] == (False, amounts)
        assert testbed.exception(TOLD).reason == "settled_without_payment"
        testbed.books.act("payment_run", date="2026-03-25")


def test_a_voucher_that_a_broken_payment_run_left_is_not_paid(testbed: Site, reported: Born) -> None:
    """Given a voucher that a broken payment run left on #, then nothing is told; freed and paid, it is told once."""
    item(testbed, reported.voucher, "001", PST="#")
    assert testbed.sync(TOLD)[TOLD].writes == 0 and paid(testbed, reported.id)[:2] == (False, [])
    later(testbed)
    item(testbed, reported.voucher, "001", PST="A")
    testbed.books.pay(reported.voucher)
    testbed.sync(TOLD)
    assert paid(testbed, reported.id)[:2] == (True, [Decimal(120)]) and testbed.exceptions(TOLD) == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_payment_that_is_void_with_its_voucher_is_taken_back(testbed: Site, reported: Born) -> None:
    """Given a paid invoice, when a clerk voids the payment and its voucher with it, then Coupa is told of the void and
    the invoice is open there."""
    testbed.books.post(reported.voucher)
    testbed.books.pay(reported.voucher)
    testbed.sync(TOLD)
    later(testbed)
    testbed.books.act("void_payment", number=5001, with_vouchers=True)
    testbed.sync(TOLD)
    told_paid, amounts, _ = paid(testbed, reported.id)
    assert not told_paid and sum(amounts) == 0


# -- what Coupa Pay paid, booked in JD Edwards -------------------------------------------------------------------------


@pytest.mark.reason("more_than_open")
@pytest.mark.parametrize("cleared", [True, False])
def test_a_payment_of_a_pay_item_that_is_void_is_told(testbed: Site, booked: Born, cleared: bool) -> None:
    """Given an invoice of 120.00 of whose voucher a clerk voids 40.00, when Coupa Pay has paid it whole
    then nothing is booked, and a person is told that more was paid than is open."""
    split_off(testbed, booked.voucher, "40.00")
    void_item(testbed, booked.voucher, "002", cleared=cleared)
    coupa_paid(testbed, booked)
    assert outcomes(testbed.sync(BOOKED)[BOOKED]) == {"held": 1}
    assert testbed.exception(BOOKED).reason == "more_than_open"


def test_tax_that_is_withheld_is_not_booked_as_paid_to_the_supplier(testbed: Site, booked: Born) -> None:
    """Given 12.00 of 120.00 that JD Edwards withholds for a tax office, when Coupa Pay has paid the supplier whole
    then nothing is booked, since part of it was another's, and a person is told."""
    testbed.books.upsert("F0401", {"AN8": 4343, "TAWH": OFFICE, "PCWH": "10"})
    testbed.books.act("withhold_voucher", booked.voucher, amount="12.00")
    coupa_paid(testbed, booked)
    assert outcomes(testbed.sync(BOOKED)[BOOKED]) == {"held": 1}
    assert testbed.exception(BOOKED).reason == "paid_to_another"


def test_a_correction_that_replaces_the_row_is_not_booked_blindly(testbed: Site, booked: Born) -> None:
    """Given a release that closes the old row of a voucher that is corrected, when Coupa Pay has paid the old amount
    then nothing is booked, and a person is told."""
    testbed.sandbox.post("/options", {"jde": {"changed_rows": "replaced"}})
    testbed.books.post(booked.voucher)
    testbed.books.change(booked.voucher, "150.00")
    coupa_paid(testbed, booked)
    assert outcomes(testbed.sync(BOOKED)[BOOKED]) == {"held": 1}
    assert testbed.exception(BOOKED).reason == "more_than_open"


def test_what_a_broken_payment_run_holds_is_booked_once_it_is_free(testbed: Site, booked: Born) -> None:
    """Given a voucher that a broken payment run left on #, when Coupa Pay has paid it, then JD Edwards refuses the
    booking and a person is told; freed and replayed, it is booked once."""
    item(testbed, booked.voucher, "001", PST="#")
    coupa_paid(testbed, booked)
    testbed.sync(BOOKED)
    assert [each.reason for each in testbed.exceptions(BOOKED)] != []
    later(testbed)
    item(testbed, booked.voucher, "001", PST="H")
    testbed.replay(BOOKED)
    testbed.sync(BOOKED)
    assert testbed.exceptions(BOOKED) == []
    assert len(testbed.sandbox.systems["jde"].dump()["F0413"]) == 1


# -- vouchers that were born in JD Edwards -----------------------------------------------------------------------------


def test_a_retainage_of_a_voucher_of_jde_stays_unpaid(testbed: Site) -> None:
    """Given an approved invoice of a voucher of JD Edwards, of which 10.00 are retained, when the rest is paid
    then Coupa is told of that and not that it is paid."""
    entry = testbed.books.voucher()
    testbed.sync(OWN)
    number = int(testbed.spend.invoice("INV-4711")["id"])
    act(testbed, "approve_invoice", id=number)
    testbed.books.act("retain_voucher", entry, amount="10.00")
    testbed.books.act("payment_run", date="2026-03-25")
    testbed.sync(OWN)
    assert paid(testbed, number) == (False, [Decimal(90)], Decimal(10)) and testbed.exceptions(OWN) == []


@pytest.mark.reason("held_after_sent")
def test_coupa_pay_may_not_pay_what_is_retained(testbed: Site) -> None:
    """Given an external payable that Coupa Pay can pay, when 10.00 of it are retained in JD Edwards
    then a person is told, with high severity, that Coupa could pay it."""
    coupa_pays(testbed, mode="external_payables")
    entry = testbed.books.voucher()
    testbed.sync("suppliers", OWN)
    later(testbed)
    testbed.books.act("retain_voucher", entry, amount="10.00")
    testbed.sync(OWN)
    assert testbed.exception(OWN).reason == "held_after_sent"


@pytest.mark.parametrize("mode", ["invoices_draft", "external_payables"])
@pytest.mark.parametrize("cleared", [True, False])
def test_a_voided_pay_item_is_owed_no_more(testbed: Site, mode: str, cleared: bool) -> None:
    """Given a voucher of 60.00 and 40.00 in Coupa, when a clerk voids the second pay item and takes it off the costs
    then Coupa has 60.00 of it."""
    if mode == "external_payables":
        coupa_pays(testbed, mode=mode)
    entry = testbed.books.voucher(items=("60.00", "40.00"), costs=(("30.5010", "60.00"), ("40.5010", "40.00")))
    testbed.sync("suppliers", "accounts", OWN)
    later(testbed)
    void_item(testbed, entry, "002", cleared=cleared)
    testbed.books.line(entry, 950, "40.5010", "-40.00", RE="V")
    testbed.books.line(entry, 2, "40.5010", "40.00")
    assert outcomes(testbed.sync(OWN)[OWN]) == {"updated": 1}
    if mode == "external_payables":
        assert Decimal(testbed.spend.one("payables/external/payables")["payable-amount"]) == Decimal(60)
    else:
        assert Decimal(testbed.spend.invoice("INV-4711")["gross-total"]) == Decimal(60)
    assert testbed.exceptions(OWN) == []


def test_the_number_of_a_void_voucher_is_an_invoice_again(testbed: Site) -> None:
    """Given a voucher that is void in both systems, when a clerk enters its number anew
    then Coupa has one invoice of that number that can be paid, of the new voucher."""
    entry = testbed.books.voucher()
    testbed.sync(OWN)
    later(testbed)
    testbed.books.void(entry)
    again = testbed.books.voucher(4799, invoice="INV-4711", costs=(("30.5010", "90.00"),))
    testbed.sync(OWN)
    alive = [each for each in testbed.spend.all("invoices") if each["status"] not in ("voided", "abandoned", "void")]
    assert [Decimal(each["gross-total"]) for each in alive] == [Decimal(90)]
    assert testbed.exceptions(OWN) == [] and again.doc == 4799


@pytest.mark.parametrize("way", ["opposite", "delta"])
def test_a_correction_of_a_posted_voucher_is_told_whatever_its_audit_row_says(testbed: Site, way: str) -> None:
    """Given a draft of 100.00, when a clerk corrects the posted voucher to 120.00, and the batch is posted again
    then the draft is of 120.00, whatever sign the audit row has."""
    testbed.sandbox.post("/options", {"jde": {"changed_rows": way}})
    entry = testbed.books.voucher()
    testbed.books.post(entry)
    testbed.sync(OWN)
    later(testbed)
    testbed.books.change(entry, "120.00")
    testbed.books.post(entry)
    testbed.sync(OWN)
    assert Decimal(testbed.spend.invoice("INV-4711")["gross-total"]) == Decimal(120) and testbed.exceptions(OWN) == []


# -- invoices that were born in Coupa ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cleared", [True, False])
def test_a_voided_pay_item_of_an_invoices_voucher_is_told(testbed: Site, cleared: bool) -> None:
    """Given the voucher of an invoice that was born in Coupa, when a clerk splits it and voids one of the pay items
    then the split is nobody's news, and the void is a conflict of its amount: nobody would pay that part."""
    payables = Payables(testbed)
    id = payables.invoice()
    testbed.sync(BORN)
    [row] = payables.items(id)
    entry = Entry(row["DOC"], row["DCT"], HOME)
    later(testbed)
    split_off(testbed, entry, "40.00")
    assert outcomes(testbed.sync(BORN)[BORN]) == {"unchanged": 1}
    later(testbed)
    void_item(testbed, entry, "002", cleared=cleared)
    assert outcomes(testbed.sync(BORN)[BORN]) == {"conflict": 1}
    found = testbed.exception(BORN)
    assert (found.reason, found.field) == ("voucher_changed", "amount")


@pytest.mark.parametrize("kind", ["retain_voucher", "withhold_voucher"])
def test_what_is_kept_back_of_an_invoices_voucher_changes_nothing_in_coupa(testbed: Site, kind: str) -> None:
    """Given the voucher of an invoice that was born in Coupa, when a part of it is retained, or withheld
    then the invoice is for the same, and nothing is written."""
    payables = Payables(testbed)
    id = payables.invoice()
    testbed.sync(BORN)
    [row] = payables.items(id)
    later(testbed)
    testbed.books.act(kind, Entry(row["DOC"], row["DCT"], HOME), amount="10.00")
    report = testbed.sync(BORN)[BORN]
    assert (outcomes(report), report.writes, testbed.exceptions(BORN)) == ({"unchanged": 1}, 0, [])

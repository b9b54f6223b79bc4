"""What holds an approved invoice, and how it is let go: references, duplicates, periods, and who pays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_dates import moved
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcome, outcomes

from connector_assets.run_setup import flows_of

JANUARY = date(2026, 1, 20)
# the company's fiscal year begins in January, and March is its current period
MARCH = {"CO": "00001", "DTPN": "R", "DFYJ": "2026-01-01", "PNC": 3}

KNOWN_BY = ("purged",)


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, and vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


def test_a_supplier_that_jde_does_not_know_is_held_until_it_is_linked(testbed: Site, payables: Payables) -> None:
    """Given an invoice of a supplier that only Coupa has, when it is synced, then it is held;
    when somebody links that supplier to one of JD Edwards and replays, its voucher is made for that one."""
    policy = {"invoice-matching-level": "none", "payment-method": "invoice", "po-method": "prompt"}
    theirs = testbed.spend.create("suppliers", {"number": "WEB-7", "name": "Web Shop", "status": "active", **policy})
    id = payables.invoice(supplier="WEB-7")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("supplier_not_linked", "WEB-7")
    ours = testbed.books.supplier(4400, "Web Shop Ltd")
    testbed.link("suppliers", ours, "suppliers", theirs)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [item["AN8"] for item in payables.items(id)] == [4400]


def test_a_supplier_of_our_number_needs_no_link(testbed: Site, payables: Payables) -> None:
    """Given a supplier of JD Edwards that was entered in Coupa by hand under its number, when its invoice is synced,
    then the number is enough."""
    policy = {"invoice-matching-level": "none", "payment-method": "invoice", "po-method": "prompt"}
    testbed.books.supplier(4401, "Hand & Co")
    testbed.spend.create("suppliers", {"number": "4401", "name": "Hand & Co", "status": "active", **policy})
    id = payables.invoice(supplier=4401)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [item["AN8"] for item in payables.items(id)] == [4401]


def test_an_account_that_jde_does_not_know_is_held(testbed: Site, payables: Payables) -> None:
    """Given an invoice on an account that only Coupa's chart has, when it is synced, then it is held with its code;
    when the account is in JD Edwards' chart, a replay makes the voucher."""
    body = {"name": "New", "account-type": {"name": "JDE"}, "segment-1": "30", "segment-2": "7777"}
    testbed.spend.create("accounts", body)
    id = payables.invoice(costs=(("30-7777", "10.00"),))
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("account_not_found", "30-7777")
    testbed.books.account("30.7777", "New")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.costs(id) == [("30.7777", Decimal(10))]


def test_an_account_that_takes_no_postings_is_held(testbed: Site, payables: Payables) -> None:
    """Given an account that JD Edwards closed for postings after it came to Coupa, then its invoice is held."""
    testbed.books.account("30.5010", "Grounds upkeep", posting="N")
    payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "account_not_postable"


def test_a_term_is_read_backwards_through_the_mapping(testbed: Site, payables: Payables) -> None:
    """Given a payment term of Coupa that two terms of JD Edwards are mapped to, when its invoice is synced,
    then it is held, since there is no telling which; when one of them is mapped elsewhere, the other one is taken."""
    testbed.map_term("N30", "NET30")
    testbed.map_term("N31", "NET30")
    id = payables.invoice(payment_term=payables.term("NET30"))
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("payment_term_not_mapped", "NET30")
    testbed.map_term("N31", "N14")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [item["PTC"] for item in payables.items(id)] == ["N30"]


@pytest.mark.as_delivered("jde.duplicate_invoices", "jde.entry_warnings")
def test_a_number_that_a_clerk_entered_in_jde_is_held(testbed: Site, payables: Payables) -> None:
    """Given a paper invoice that a clerk entered in JD Edwards and the supplier sent to Coupa too
    when the latter is synced, then it is held: it would be paid twice; with `duplicates: send` it goes."""
    testbed.books.voucher(4711, invoice="WEB-1")
    payables.invoice("WEB-1")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "natural_key_taken" and payables.vouchers() == []
    testbed.configure(FLOW, duplicates="send")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
@pytest.mark.reason("possible_duplicate")
def test_two_invoices_of_one_number_are_one_voucher_and_one_question(testbed: Site, payables: Payables) -> None:
    """Given two approved invoices of one supplier and number in Coupa, when they are synced,
    then the older one becomes a voucher, and the other one waits for a person."""
    first, second = payables.invoice("WEB-1"), payables.invoice("WEB-1")
    report = testbed.sync(FLOW)[FLOW]
    keys = [f"invoices:{first}", f"invoices:{second}"]
    assert [outcome(report, key) for key in keys] == ["created", "held"]
    assert [mark for mark, _, _ in payables.vouchers()] == [f"CPA-{first}-1"]


def test_lines_that_do_not_make_the_total_are_held(testbed: Site, payables: Payables) -> None:
    """Given an invoice whose total in Coupa is not the sum of its lines, then it is held with the difference."""
    id = payables.invoice()
    testbed.spend.set("invoices", id, total_with_taxes="100.01")
    held = testbed.spend.invoice("WEB-1")["total-with-taxes"]
    outcome_now = outcomes(testbed.sync(FLOW)[FLOW])
    if held == "100.01":
        assert outcome_now == {"held": 1} and testbed.exception(FLOW).value == "-0.01"
    else:
        # the instance computes its totals again at each change
        assert outcome_now == {"created": 1}


@pytest.mark.reason("period_closed")
def test_a_closed_period_moves_an_invoices_day_or_holds_it(testbed: Site, payables: Payables) -> None:
    """Given books whose current period is March, and an invoice of January
    when it is synced with `closed_period: hold`, then it is held with the open days; by default its voucher is dated
    the first of March, and keeps its invoice date."""
    testbed.books.upsert("F0010", MARCH)
    testbed.configure(FLOW, closed_period="hold")
    id = payables.invoice(on=JANUARY)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert "2026-01-20 is not within 2026-03-01" in testbed.exception(FLOW).value
    testbed.configure(FLOW, closed_period="first_open_day")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["DGJ"], item["DIVJ"]) == (date(2026, 3, 1), JANUARY)


def test_the_check_lists_what_a_closed_period_moves(testbed: Site, payables: Payables) -> None:
    """Given invoices of January and March that are vouchers by now, and another one of January
    when March is closed, then the check lists that one with both days: what is written is not moved any more; nor is
    what is void, but the void of a voucher of March is."""
    testbed.books.upsert("F0010", MARCH)
    payables.invoice("A-1", on=JANUARY)
    second = payables.invoice("A-2")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 2}
    assert moved(testbed, FLOW) == []
    testbed.books.upsert("F0010", MARCH | {"PNC": 4})
    third = payables.invoice("A-3", on=JANUARY)
    assert moved(testbed, FLOW) == [(f"invoices:{third}", JANUARY, date(2026, 4, 1))]
    payables.act("void_invoice", id=third)
    assert moved(testbed, FLOW) == []
    payables.act("void_invoice", id=second)
    assert moved(testbed, FLOW) == [(f"invoices:{second}", date(2026, 3, 1), date(2026, 4, 1))]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1, "unchanged": 1, "ignored": 1}
    assert moved(testbed, FLOW) == []


@pytest.mark.reason("period_closed")
def test_an_invoice_later_than_all_open_periods_is_held(testbed: Site, payables: Payables) -> None:
    """Given books whose current period is January, with February open, and an invoice of 1 March
    when it is synced, then it is held: no earlier day is made up for it; once March is open, its voucher is made."""
    testbed.books.upsert("F0010", MARCH | {"PNC": 1})
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value.endswith("; no later day is open")
    testbed.books.upsert("F0010", MARCH)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.items(id)[0]["DGJ"] == date(2026, 3, 1)


def test_a_void_is_dated_in_the_open_period(testbed: Site, payables: Payables) -> None:
    """Given a voucher of March, when its invoice is voided after March was closed,
    then the reversal is dated the first of April."""
    testbed.books.upsert("F0010", MARCH)
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.upsert("F0010", MARCH | {"PNC": 4})
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    [item] = payables.items(id)
    days = [(row["DGJ"], Decimal(row["AA"])) for row in payables.rows("F0911") if row["DOC"] == item["DOC"]]
    assert days == [(date(2026, 3, 1), Decimal(100)), (date(2026, 4, 1), Decimal(-100))]


def test_a_closed_period_does_not_trouble_what_is_delivered(testbed: Site, payables: Payables) -> None:
    """Given a voucher of March, and March was closed since
    when its invoice is only touched, then nothing happens; when its amount changes, then with `hold` nothing is voided;
    with `first_open_day` the old voucher is taken back and the new one is made on the first of April."""
    testbed.books.upsert("F0010", MARCH)
    testbed.configure(FLOW, closed_period="hold")
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.upsert("F0010", MARCH | {"PNC": 4})
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", id, supplier_note="thank you")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, len(payables.vouchers())) == ("period_closed", 1)
    testbed.configure(FLOW, closed_period="first_open_day")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [(item["DGJ"], item.get("VOD", "")) for item in payables.items(id)] == [
        (date(2026, 3, 1), "V"),
        (date(2026, 4, 1), ""),
    ]


def test_the_check_lists_both_dates_of_a_correction(testbed: Site, payables: Payables) -> None:
    """Given vouchers of March, and March was closed since
    when one of their invoices changes its amount, then the check lists the void of its voucher and the next voucher,
    each moved to the first of April; once they are written, nothing is listed, and when the corrected invoice is
    voided after April was closed, the void of the second voucher is."""
    testbed.books.upsert("F0010", MARCH)
    id = payables.invoice("A-1")
    payables.invoice("A-2")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 2}
    testbed.books.upsert("F0010", MARCH | {"PNC": 4})
    assert moved(testbed, FLOW) == []
    testbed.sandbox.clock.advance(60)
    payables.change(id, "120.00")
    key, april, may = f"invoices:{id}", date(2026, 4, 1), date(2026, 5, 1)
    assert moved(testbed, FLOW) == [(key, date(2026, 3, 1), april), (key, date(2026, 3, 1), april)]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert moved(testbed, FLOW) == []
    testbed.books.upsert("F0010", MARCH | {"PNC": 5})
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert moved(testbed, FLOW) == [(key, april, may)]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1, "unchanged": 1}
    assert moved(testbed, FLOW) == []


def test_the_check_lists_no_correction_that_is_not_made(testbed: Site, payables: Payables) -> None:
    """Given vouchers of March, one of them paid, and March was closed since
    when their invoices change, then the void of what is paid is not listed, since it waits for a person; where changes
    are held, nothing is."""
    testbed.books.upsert("F0010", MARCH)
    paid, open_ = payables.invoice("A-1"), payables.invoice("A-2")
    testbed.sync(FLOW)
    [item] = payables.items(paid)
    testbed.books.pay(Entry(item["DOC"], item["DCT"], item["KCO"]))
    testbed.books.upsert("F0010", MARCH | {"PNC": 4})
    testbed.sandbox.clock.advance(60)
    for id in (paid, open_):
        payables.change(id, "120.00")
    assert {key for key, _, _ in moved(testbed, FLOW)} == {f"invoices:{open_}"}
    testbed.configure(FLOW, on_change="hold")
    assert moved(testbed, FLOW) == []


def test_an_account_of_another_number_is_the_same_account(testbed: Site, payables: Payables) -> None:
    """Given a voucher on an account that JD Edwards numbers otherwise since, when its invoice is only touched,
    then nothing is voided: its short id is the same."""
    id = payables.invoice()
    testbed.sync(FLOW)
    account = next(row for row in payables.rows("F0901") if row["MCU"] == "30" and row["OBJ"] == "5010")
    testbed.books.upsert("F0901", {"AID": account["AID"], "OBJ": "5011"})
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", id, supplier_note="thank you")
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_number_that_waits_in_the_batch_files_is_taken(testbed: Site, payables: Payables) -> None:
    """Given an invoice whose transaction waits in the batch queue, when another one of its number is approved,
    then that one is held although there is no voucher yet."""
    testbed.configure(FLOW, mode="batch")
    testbed.sandbox.post("/options", {"jde": {"batch_seconds": 3600}})
    payables.invoice("WEB-1")
    testbed.sync(FLOW)
    second = payables.invoice("WEB-1")
    report = testbed.sync(FLOW)[FLOW]
    assert outcome(report, f"invoices:{second}") == "held"
    assert len(payables.rows("F0411Z1")) == 1


def test_the_day_of_the_sync_may_be_the_gl_date(testbed: Site, payables: Payables) -> None:
    """Given a site whose G/L date is the day of the sync, when an invoice of the day before is synced, it is today."""
    testbed.configure(FLOW, gl_date="today")
    id = payables.invoice(on=YESTERDAY)
    testbed.sync(FLOW)
    assert [(item["DGJ"], item["DIVJ"]) for item in payables.items(id)] == [(TODAY, YESTERDAY)]


def test_where_coupa_pays_the_voucher_is_not_selected(testbed: Site, payables: Payables) -> None:
    """Given a site where Coupa pays, when an invoice is synced, then its voucher has pay status H, which JD Edwards'
    payment run does not select."""
    testbed.configure(FLOW, payer="coupa")
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.vouchers(id) == [(f"CPA-{id}-1", Decimal(100), "H")]


@pytest.mark.reason("payer_settings_differ")
def test_settings_by_which_both_would_pay_are_told_and_hold(testbed: Site, payables: Payables) -> None:
    """Given a site where Coupa pays, and vouchers on a pay status that JD Edwards' payment run selects
    when it is asked by ping, then it says so; when an invoice is synced, then it is held and no voucher is made."""
    testbed.configure(FLOW, payer="coupa", unpayable_status="A")
    payables.invoice()
    with testbed.context() as context:
        flow = next(each for each in flows_of(context) if each.name == FLOW)
        assert flow.startup_problems() == ["payer is coupa, but JD Edwards' payment run selects pay status A"]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert payables.vouchers() == []


@pytest.mark.as_delivered("jde.orchestration_errors")
def test_what_jde_refuses_is_shown_in_its_words(testbed: Site, payables: Payables) -> None:
    """Given a supplier that somebody deleted in JD Edwards, when its invoice is synced,
    then it is refused in the words of JD Edwards; when the supplier is back, a replay makes the voucher."""
    testbed.books.delete("F0401", {"AN8": 4344})
    payables.invoice(supplier=4344)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"refused": 1}
    assert "4344 is not in the Supplier Master" in testbed.exception(FLOW).value
    testbed.books.supplier(4344, "Bolt Brothers")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}

"""Payments of BILL that come back, fail, or are in JD Edwards' way: taken back, held, and never posted twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from bill_paid import FLOW, bill, calls, enter, move, open_items, pay, posted, run, switch_on
from bill_site import BillSite
from scenario_books import TODAY, Entry
from scenario_dates import moved
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.pairs.jde_bill.payments.numbers import NumberRules

NOTHING = Decimal(0)


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switch_on(testbed)


def fiscal_months(testbed: BillSite, current: int) -> None:
    """The company's fiscal year begins in January, and this is its current period; the next one is open as well."""
    testbed.books.upsert("F0010", {"CO": "00001", "DTPN": "R", "DFYJ": "2026-01-01", "PNC": current})


@pytest.mark.parametrize(
    ("single", "status"),
    [
        ("VOIDED", None),
        ("FUNDING_FAILED_VOIDED", None),
        ("CANCELED", None),
        ("VOIDED", "PAID"),
        ("CLEARED", "VOID"),
        ("CLEARED", "CANCELLED"),
    ],
)
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_posted_payment_that_came_back_is_reversed_once(testbed: BillSite, single: str, status: str | None) -> None:
    """Given a posted payment, when BILL takes it back by either of its two words for it
    then it is voided in JD Edwards, once, and the voucher is open again."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    move(testbed, paid, single, **({"status": status} if status else {}))
    assert run(testbed) == {"updated": 1}
    assert (posted(testbed), open_items(testbed, entry)) == ([(Decimal(100), True)], [(Decimal(100), "B")])
    assert testbed.sync(FLOW)[FLOW].writes == 0 and calls(testbed) == 2


@pytest.mark.reason("payment_not_funded")
def test_a_payment_that_could_not_be_funded_is_told_until_somebody_sees_to_it(testbed: BillSite) -> None:
    """Given a payment that BILL could not take the money for, then nothing is posted and a person is told, for nobody
    pays the vendor; once BILL has tried again it is posted as any other."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"), status="FUNDING_STARTED")
    assert run(testbed) == {"ignored": 1}
    move(testbed, paid, "FUNDING_FAILED_ACTION_NEEDED")
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    reported = testbed.exception(FLOW)
    assert reported.reason == "payment_not_funded" and "FUNDING_FAILED_ACTION_NEEDED" in reported.value
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"created": 1} and not testbed.exceptions(FLOW)
    assert open_items(testbed, entry) == [(NOTHING, "P")]


@pytest.mark.reason("payment_unfinished")
@pytest.mark.parametrize("single", ["FUNDING_STARTED", "DISBURSEMENT_ON_HOLD", "VOID_PENDING"])
def test_a_payment_that_does_not_come_to_an_end_is_told_after_some_days(testbed: BillSite, single: str) -> None:
    """Given a payment that stays where it is, then nothing is said for ten days from its process date, though it is
    looked at, and then a person is told, once, although it never changed; when it moves, it is posted."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"), status=single)
    assert testbed.sync(FLOW)[FLOW].rules() == {"payment_under_way": 1}
    testbed.sandbox.clock.advance(9 * 24 * 3600)
    with testbed.context() as context:
        assert context.ledger.deliveries.due(f"{testbed.NAME}/{FLOW}", context.now()) == []
    later = TODAY + timedelta(days=9)
    assert outcomes(testbed.sync(FLOW, first=later, last=later)[FLOW]) == {"ignored": 1}
    testbed.sandbox.clock.advance(24 * 3600)
    with testbed.context() as context:
        assert context.ledger.deliveries.due(f"{testbed.NAME}/{FLOW}", context.now()) == [paid.key()]
    later += timedelta(days=1)
    report = testbed.sync(FLOW, first=later, last=later)[FLOW]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    reported = testbed.exception(FLOW)
    assert reported.reason == "payment_unfinished" and single in reported.value
    assert outcomes(testbed.sync(FLOW, first=later, last=later)[FLOW]) == {}
    move(testbed, paid, "CLEARED")
    assert outcomes(testbed.sync(FLOW, first=later, last=later)[FLOW]) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")] and not testbed.exceptions(FLOW)


@pytest.mark.parametrize("single", ["VOIDED", "CANCELED", "FUNDING_FAILED_VOIDED"])
def test_what_failed_before_it_was_posted_writes_nothing(testbed: BillSite, single: str) -> None:
    """Given a payment that failed on its way, then nothing is written, neither a payment nor its reversal."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"), status="FUNDING_STARTED")
    move(testbed, paid, single)
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes, posted(testbed)) == ({"not_settled": 1}, 0, [])
    assert open_items(testbed, entry) == [(Decimal(100), "A")]


@pytest.mark.parametrize(
    "single",
    [
        "FUNDING_FAILED_ACTION_NEEDED",
        "DISBURSEMENT_FAILED_ACTION_NEEDED",
        "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED",
    ],
)
@pytest.mark.reason("payment_needs_action")
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_failed_payment_is_reversed_only_when_a_person_says_so(testbed: BillSite, single: str) -> None:
    """Given a posted payment that did not reach the vendor
    then it stands, with an exception of high severity
    until a person says that it is to be reversed; paid again under the same id it is posted once more."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    move(testbed, paid, single)
    for _ in range(2):
        assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("payment_needs_action", "high")
    assert single in reported.value and posted(testbed) == [(Decimal(100), False)]
    testbed.map_value("payment_reversals", paid.parts[0], "reverse")
    assert run(testbed) == {"updated": 1}
    assert (posted(testbed), testbed.exceptions(FLOW)) == ([(Decimal(100), True)], [])
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"created": 1}
    assert posted(testbed) == [(Decimal(100), True), (Decimal(100), False)]
    assert open_items(testbed, entry) == [(NOTHING, "P")]
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.reason("payment_may_have_left")
@pytest.mark.parametrize(
    "single",
    [
        "DISBURSEMENT_FAILED_ACTION_NEEDED",
        "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED",
        "FUNDS_ESCHEATED",
        "EXPIRING",
        "UNDEFINED",
    ],
)
def test_what_may_have_left_before_it_was_posted_is_told(testbed: BillSite, single: str) -> None:
    """Given a payment that is not posted, and a status of which nothing says that no money has left
    then nothing is written and an exception of high severity says so, until BILL brings it to an end, or a person
    knows: what has left is posted, what has not is nothing to post."""
    entries = [testbed.books.voucher(doc) for doc in (4711, 4712, 4713)]
    payments = [pay(testbed, bill(testbed, entry, "100.00"), status="FUNDING_STARTED") for entry in entries]
    for each in payments:
        move(testbed, each, single)
    for _ in range(2):
        assert run(testbed) == {"held": 3}
    reported = testbed.exceptions(FLOW)
    assert {(each.reason, severity_of(each.reason)) for each in reported} == {("payment_may_have_left", "high")}
    assert all(single in each.value for each in reported) and posted(testbed) == []
    ended, left, kept = payments
    move(testbed, ended, "CLEARED")
    testbed.map_value("payment_reversals", left.parts[0], "post")
    testbed.map_value("payment_reversals", kept.parts[0], "reverse")
    assert run(testbed) == {"created": 2, "ignored": 1}
    assert [open_items(testbed, entry)[0][0] for entry in entries] == [NOTHING, NOTHING, Decimal(100)]
    assert not testbed.exceptions(FLOW) and testbed.sync(FLOW)[FLOW].writes == 0


def test_a_failed_payment_that_bill_solved_needs_nobody(testbed: BillSite) -> None:
    """Given a payment that waits for somebody's action, when BILL has brought it to its end
    then the exception is gone and the payment stands."""
    paid = pay(testbed, bill(testbed, testbed.books.voucher(), "100.00"))
    run(testbed)
    move(testbed, paid, "DISBURSEMENT_FAILED_ACTION_NEEDED")
    run(testbed)
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"unchanged": 1}
    assert (testbed.exceptions(FLOW), posted(testbed)) == ([], [(Decimal(100), False)])


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_reissue_is_posted_once(testbed: BillSite) -> None:
    """Given a posted payment that is voided and issued anew, then the first is voided and the second posted, once."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    made = testbed.bill.act("void_payment", id=paid.id, type="VOID_AND_REISSUE")
    assert run(testbed) == {"updated": 1, "ignored": 1}
    testbed.bill.act("move_payment", id=made["reissue"], single_status="CLEARED")
    assert run(testbed) == {"created": 1, "unchanged": 1}
    assert sorted(posted(testbed), key=lambda each: each[1]) == [(Decimal(100), False), (Decimal(100), True)]
    assert open_items(testbed, entry) == [(NOTHING, "P")]
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_one_payment_of_two_bills_is_taken_back_with_all_its_parts(testbed: BillSite) -> None:
    """Given a payment of two bills that is voided, then both entries are reversed."""
    entries = [testbed.books.voucher(doc) for doc in (4711, 4712)]
    paid = pay(testbed, *(bill(testbed, entry, "100.00") for entry in entries))
    assert run(testbed) == {"created": 2}
    testbed.bill.act("void_payment", id=paid.id)
    assert run(testbed) == {"updated": 2}
    assert [open_items(testbed, entry) for entry in entries] == [[(Decimal(100), "B")]] * 2


# -- dates -------------------------------------------------------------------------------------------------------------


@pytest.mark.reason("period_closed")
def test_a_payment_of_a_closed_period_is_held_or_posted_on_the_first_open_day(testbed: BillSite) -> None:
    """Given a payment that BILL processed in February, which JD Edwards has closed
    then it is posted on the first open day, with the day of the payment kept; with `closed_period: hold` it is held."""
    fiscal_months(testbed, 3)
    testbed.configure(FLOW, closed_period="hold")
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"), date="2026-02-27")
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "period_closed" and calls(testbed) == 0
    testbed.configure(FLOW, closed_period="first_open_day")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert [(str(row["DMTJ"]), str(row["DGJ"])) for row in details(testbed)] == [("2026-02-27", "2026-03-01")]


def test_the_gl_date_may_be_today(testbed: BillSite) -> None:
    """Given a site that posts on the day on which it learns of a payment, then an earlier process date is no matter."""
    fiscal_months(testbed, 3)
    testbed.configure(FLOW, gl_date="today")
    pay(testbed, bill(testbed, testbed.books.voucher(), "100.00"), date="2026-02-27")
    assert run(testbed) == {"created": 1}
    assert [(str(row["DMTJ"]), str(row["DGJ"])) for row in details(testbed)] == [("2026-02-27", "2026-03-02")]


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_reversal_is_dated_in_the_open_period(testbed: BillSite) -> None:
    """Given a payment that was posted in February, when March is the current period and BILL takes it back
    then it is voided on the first day that is open, which the check of G/L dates lists until it is written."""
    fiscal_months(testbed, 2)
    paid = pay(testbed, bill(testbed, testbed.books.voucher(), "100.00"), date="2026-02-27")
    assert run(testbed) == {"created": 1}
    testbed.books.act("close_period", KCO="00001")
    assert moved(testbed, FLOW) == []
    testbed.bill.act("void_payment", id=paid.id)
    assert [days for _, *days in moved(testbed, FLOW)] == [[date(2026, 2, 27), date(2026, 3, 1)]]
    assert run(testbed) == {"updated": 1}
    assert moved(testbed, FLOW) == []
    [header] = testbed.sandbox.systems["jde"].dump()["F0413"].values()
    assert str(header["VDGJ"]) == "2026-03-01"


def details(testbed: BillSite) -> list[dict[str, object]]:
    return list(testbed.sandbox.systems["jde"].dump()["F0414"].values())


# -- what is in the way ------------------------------------------------------------------------------------------------


@pytest.mark.reason("paid_in_both")
def test_what_jde_has_paid_too_is_found_before_the_write(testbed: BillSite) -> None:
    """Given a voucher that JD Edwards paid by itself, when BILL has paid its bill as well
    then nothing is written, and the exception is of high severity
    until the payment in JD Edwards is voided."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    testbed.books.pay(entry)
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason), calls(testbed)) == ("paid_in_both", "high", 0)
    testbed.books.void_payment()
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert open_items(testbed, entry) == [(NOTHING, "P")]


@pytest.mark.reason("more_than_open")
def test_more_than_is_open_is_held_before_the_write(testbed: BillSite) -> None:
    """Given a bill that somebody in BILL raised above its voucher, then its payment is held until the voucher is
    corrected."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.01"))
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "more_than_open" and calls(testbed) == 0
    testbed.books.change_items(entry, "100.01")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}


def test_of_two_payments_that_are_too_much_together_one_is_held(testbed: BillSite) -> None:
    """Given two bills of one pay item, of which each fits and both do not, then one is posted and one held."""
    entry = testbed.books.voucher()
    duplicate = enter(testbed, "A-2", "60.00", f"JDE 00001-PV-{entry.doc}-001 again")
    pay(testbed, bill(testbed, entry, "60.00"))
    pay(testbed, duplicate)
    assert run(testbed) == {"created": 1, "held": 1}
    assert (testbed.exception(FLOW).reason, posted(testbed)) == ("more_than_open", [(Decimal(60), False)])


@pytest.mark.reason("voucher_blocked")
def test_a_pay_item_that_jde_has_blocked_is_a_persons_to_release(testbed: BillSite) -> None:
    """Given a bill of two pay items, one of which was put on hold in JD Edwards while BILL paid
    then the payment is held, saying which; released, it is posted."""
    entry = testbed.books.voucher(costs=[("30.5010", "100.00")], items=("60.00", "40.00"))
    pay(testbed, bill(testbed, entry, "100.00", "001", "002"))
    testbed.books.act("set_pay_status", entry, PST="H", SFX="002")
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).value == f"{entry.key}/002 (H)"
    testbed.books.act("set_pay_status", entry, PST="A", SFX="002")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}


def test_a_status_on_which_bills_are_sent_does_not_block(testbed: BillSite) -> None:
    """Given a site that keeps vouchers for BILL on H, so that its payment run leaves them, then H is no obstacle."""
    testbed.flows["bills"] = {"pay_statuses": ["H"], "handed_over_status": None}
    entry = testbed.books.voucher(status="H")
    pay(testbed, bill(testbed, entry, "100.00"))
    assert run(testbed) == {"created": 1}


def test_a_voucher_that_was_voided_in_jde_is_held(testbed: BillSite) -> None:
    """Given a voucher that was voided while BILL paid its bill, then nothing is to be settled, and a person is told."""
    entry = testbed.books.voucher()
    pay(testbed, bill(testbed, entry, "100.00"))
    testbed.books.void(entry)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "voucher_not_linked" and calls(testbed) == 0


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_payment_that_somebody_voided_in_jde_is_a_conflict(testbed: BillSite) -> None:
    """Given a posted payment that a clerk voided in JD Edwards while BILL's stands
    then a person decides; or the site says that BILL is right, and it is posted anew."""
    entry = testbed.books.voucher()
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    run(testbed)
    number = NumberRules().number(paid.parts[0])
    testbed.books.void_payment(number)
    move(testbed, paid, "DELIVERED")
    testbed.bill.act("move_payment", id=paid.id, single_status="DISBURSEMENT_FAILED_ACTION_NEEDED")
    run(testbed)
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"conflict": 1}
    assert testbed.exception(FLOW).reason == "undone_in_target"
    testbed.configure(FLOW, on_conflict="source")
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}
    assert posted(testbed) == [(Decimal(100), True), (Decimal(100), False)]


# -- numbers and lost memories -----------------------------------------------------------------------------------------


@pytest.mark.reason("payment_number_shared")
def test_two_payments_of_one_number_on_one_pay_item_are_never_merged(testbed: BillSite) -> None:
    """Given numbers so few that two payments of one bill share one, then both are held, whatever they amount to."""
    first, second = shared(testbed, testbed.books.voucher())
    assert run(testbed)["held"] == 2
    assert testbed.reasons(FLOW) == {first: {"payment_number_shared"}, second: {"payment_number_shared"}}
    assert posted(testbed) == []


def test_a_number_that_is_taken_on_the_pay_item_is_not_adopted(testbed: BillSite) -> None:
    """Given a posted payment, when a later one of the same bill has its number
    then the later one is held: the payment that is there is not taken for it."""
    testbed.configure(FLOW, payment_number_base=80_000_000, payment_number_span=1_000)
    entry = testbed.books.voucher()
    id = bill(testbed, entry, "100.00")
    pay(testbed, {"id": id, "amount": "0.01"})
    run(testbed)
    seen = {number_of(testbed, each["billPayments"][0]["id"]) for each in testbed.bill.all("payments")}
    for _ in range(6_000):
        paid = pay(testbed, {"id": id, "amount": "0.01"}, status="SCHEDULED")
        if number_of(testbed, paid.parts[0]) in seen:
            break
        testbed.bill.act("cancel_payment", id=paid.id)
    move(testbed, paid, "CLEARED")
    assert run(testbed)["held"] == 1
    assert testbed.exception(FLOW).reason == "natural_key_taken" and len(posted(testbed)) == 1


def number_of(testbed: BillSite, part: str) -> int:
    return NumberRules(payment_number_span=1_000).number(part)


def shared(testbed: BillSite, entry: Entry) -> tuple[str, str]:
    """Two payments of one bill that share a number among a thousand: their document keys."""
    testbed.configure(FLOW, payment_number_span=1_000)
    id = bill(testbed, entry, "100.00")
    seen: dict[int, object] = {}
    for _ in range(1_000):
        paid = pay(testbed, {"id": id, "amount": "0.01"}, status="SCHEDULED")
        number = number_of(testbed, paid.parts[0])
        if number in seen:
            break
        seen[number] = paid
    first = seen[number]
    for each in (first, paid):
        move(testbed, each, "CLEARED")  # type: ignore[arg-type]
    return first.key(), paid.key()  # type: ignore[attr-defined]

"""What Coupa Pay paid, booked on the voucher in JD Edwards."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import Born, act, born, invoice, made_of
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY, Entry
from scenario_dates import moved
from scenario_site import Site, outcome, outcomes, planned

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_coupa.payments_to_jde.flow import PaymentsToJde
from connector_resources.errors import UnusableInput

FLOW = "payments_to_jde"
CALL = "POST /jderest/v3/orchestrator/{name}"


@pytest.fixture(autouse=True)
def _on(testbed: Site) -> None:
    testbed.flows[FLOW] = {}
    scopes = testbed.sandbox.get("/credentials")["coupa"]["scope"].split()
    testbed.connect("coupa", scopes=scopes)
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


def pay(testbed: Site, *parts: dict[str, Any], status: str = "completed_successfully", **more: Any) -> int:
    """Coupa Pay pays invoices; the payment's id."""
    return int(act(testbed, "make_payment", invoices=list(parts), status=status, date=TODAY.isoformat(), **more)["id"])


def open_items(testbed: Site, entry: Entry) -> list[tuple[Decimal, str]]:
    """What is open of the pay items of a voucher, and their pay status."""
    found = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    own = [row for row in found if (row["DOC"], row["DCT"].strip()) == (entry.doc, entry.kind)]
    return [(Decimal(row.get("AAP", 0)), row["PST"].strip()) for row in own]


def booked(testbed: Site) -> list[dict[str, Any]]:
    """The payment headers of JD Edwards."""
    return list(testbed.sandbox.systems["jde"].dump()["F0413"].values())


def settled(testbed: Site) -> list[dict[str, Any]]:
    """Its payment details."""
    return list(testbed.sandbox.systems["jde"].dump()["F0414"].values())


def calls(testbed: Site) -> int:
    """How often an orchestration was called."""
    routes = testbed.sandbox.get("/faults")["routes"].get("jde", {})
    return int(routes.get(CALL, 0))


@pytest.mark.quick("jde_coupa/payments_to_jde")
def test_a_payment_of_coupa_pay_is_booked_on_its_voucher(testbed: Site) -> None:
    """Given an invoice born in Coupa and its voucher, held from JD Edwards' payment runs
    when Coupa Pay has paid it, then the voucher is paid by one payment of our number and Coupa's day, once only."""
    found = born(testbed)
    testbed.books.act("set_pay_status", found.voucher, PST="H")
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]
    [header] = booked(testbed)
    assert (header["DOCM"] > 90_000_000, Decimal(header["PAAP"]), header["DMTJ"]) == (True, Decimal(120), TODAY)
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0
    assert calls(testbed) == 1


def test_nothing_is_booked_before_the_money_has_gone(testbed: Site) -> None:
    """Given a payment that is only on its way, then nothing is booked; once it is completed it is."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id}, status="payment_in_progress")
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"not_settled": 1}, 0)
    act(testbed, "move_payment", id=number, status="completed_successfully")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]


def test_one_payment_of_several_invoices_is_booked_on_each_voucher(testbed: Site) -> None:
    """Given a payment of two invoices, then each voucher is paid by a payment of its own, and both add up to it."""
    first, second = born(testbed), born(testbed, "30.00", doc=4712)
    pay(testbed, {"id": first.id}, {"id": second.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 2}
    assert sum(Decimal(header["PAAP"]) for header in booked(testbed)) == Decimal(150)
    assert open_items(testbed, first.voucher) == open_items(testbed, second.voucher) == [(Decimal(0), "P")]


def test_partial_payments_are_booked_one_by_one(testbed: Site) -> None:
    """Given an invoice that is paid in two parts, then the voucher is open by the rest in between, and paid at last."""
    found = born(testbed)
    pay(testbed, {"id": found.id, "amount": "45.00"})
    testbed.sync(FLOW)
    assert open_items(testbed, found.voucher) == [(Decimal(75), "A")]
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]


def test_a_discount_that_was_taken_settles_the_rest(testbed: Site) -> None:
    """Given an invoice that was paid less 2.00 of discount, then the voucher is settled, 2.00 of it as discount."""
    found = born(testbed)
    pay(testbed, {"id": found.id, "discount": "2.00"})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]
    [detail] = settled(testbed)
    assert (Decimal(detail["PAAP"]), Decimal(detail["ADSA"])) == (Decimal(118), Decimal(2))


def test_a_foreign_invoice_is_booked_in_its_own_currency(testbed: Site) -> None:
    """Given an invoice in euros, and its voucher in a company of pounds
    when Coupa Pay has paid it less a discount, then the voucher is settled in both currencies."""
    found = born(testbed, "100.00", currency="EUR", rate="0.85")
    pay(testbed, {"id": found.id, "discount": "2.00"})
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]
    [detail] = settled(testbed)
    assert (Decimal(detail["PFAP"]), Decimal(detail["PAAP"]), detail["CRCD"].strip()) == (
        Decimal(98),
        Decimal("83.30"),
        "EUR",
    )


def test_a_credit_is_booked_below_nought(testbed: Site) -> None:
    """Given a credit that Coupa Pay took, then the credit voucher is settled by a negative payment."""
    found = born(testbed, "-40.00")
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]
    assert Decimal(booked(testbed)[0]["PAAP"]) == Decimal(-40)


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_payment_that_came_back_is_voided(testbed: Site) -> None:
    """Given a booked payment, when it is cancelled in Coupa
    then it is voided in JD Edwards, once, and the voucher is open again."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id})
    testbed.sync(FLOW)
    act(testbed, "move_payment", id=number, status="cancelled")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    [header] = booked(testbed)
    assert header["VDGJ"] == TODAY and open_items(testbed, found.voucher)[0][0] == Decimal(120)
    assert testbed.sync(FLOW)[FLOW].writes == 0
    # one to record it, one to void it
    assert calls(testbed) == 2


def test_a_payment_that_came_back_before_it_was_booked_is_none(testbed: Site) -> None:
    """Given a payment that was completed and cancelled between two syncs, then nothing is ever booked."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id})
    act(testbed, "move_payment", id=number, status="cancelled")
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes, booked(testbed)) == ({"not_settled": 1}, 0, [])


def detail_of(testbed: Site, payment: int) -> int:
    """The id of the only detail of a payment."""
    [detail] = testbed.spend.one("coupa_pay/payments", id=str(payment))["payment-details"]
    return int(detail["id"])


@pytest.mark.reason("payment_may_have_left")
@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_booked_payment_that_completed_with_errors_is_reversed_by_a_person_only(testbed: Site) -> None:
    """Given a booked payment, when Coupa Pay says that it completed with errors, so that the money may have left
    then it stands, with an exception of high severity, as often as it is synced
    until a person says that it did not leave: then it is voided, once, and the voucher is open again."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id})
    testbed.sync(FLOW)
    act(testbed, "move_payment", id=number, status="completed_with_errors")
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("payment_may_have_left", "high")
    assert "completed_with_errors" in reported.value
    assert booked(testbed)[0].get("VDGJ") is None and open_items(testbed, found.voucher) == [(Decimal(0), "P")]
    testbed.map_value("payment_reversals", str(detail_of(testbed, number)), "reverse")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert booked(testbed)[0]["VDGJ"] == TODAY and open_items(testbed, found.voucher)[0][0] == Decimal(120)
    assert testbed.sync(FLOW)[FLOW].writes == 0 and not testbed.exceptions(FLOW)


def test_a_payment_that_completed_with_errors_before_it_was_booked_is_told(testbed: Site) -> None:
    """Given a payment that completed with errors before it was ever booked, so that the money may have left
    then nothing is booked and an exception says so, until a person knows: what has left is booked, what has not is
    nothing to book."""
    left, kept = born(testbed), born(testbed, "30.00", doc=4712)
    numbers = [pay(testbed, {"id": each.id}, status="payment_in_progress") for each in (left, kept)]
    for number in numbers:
        act(testbed, "move_payment", id=number, status="completed_with_errors")
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 2}
    assert {each.reason for each in testbed.exceptions(FLOW)} == {"payment_may_have_left"} and booked(testbed) == []
    for number, word in zip(numbers, ("post", "reverse"), strict=True):
        testbed.map_value("payment_reversals", str(detail_of(testbed, number)), word)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "ignored": 1}
    assert open_items(testbed, left.voucher) == [(Decimal(0), "P")]
    assert (open_items(testbed, kept.voucher), testbed.exceptions(FLOW)) == ([(Decimal(30), "A")], [])


def test_a_site_names_each_status_once(testbed: Site) -> None:
    """Given a site that has a payment voided as soon as it completed with errors
    then its settings are refused, unless it says as well that this status is not unclear to it."""
    testbed.configure(FLOW, undone_statuses=["completed_with_errors", "cancelled"])
    with pytest.raises(UnusableInput, match="completed_with_errors: a status is of one kind"):
        testbed.sync(FLOW)
    testbed.configure(FLOW, unclear_statuses=[])
    testbed.sync(FLOW)


@pytest.mark.reason("voucher_not_linked")
def test_a_payment_waits_for_its_voucher(testbed: Site) -> None:
    """Given a paid invoice whose voucher is not there yet
    then it is held, with the invoice's number; when the voucher has come and its link with it, it is booked."""
    number = invoice(testbed, "C-4711", "100.00")
    pay(testbed, {"id": number})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("voucher_not_linked", "C-4711")
    assert reported.waits_for == (f"link:jde_coupa/approved_invoices:invoices:{number}",)
    entry = testbed.books.voucher(4711)
    made_of(testbed, entry, number)
    testbed.replay(FLOW)
    later = TODAY + timedelta(days=1)
    assert outcomes(testbed.sync(FLOW, first=later, last=later)[FLOW]) == {"created": 1}
    assert open_items(testbed, entry) == [(Decimal(0), "P")]


@pytest.mark.known_by("mark", "supplier_invoice")
def test_two_vouchers_in_force_of_one_invoice_are_not_chosen_from(testbed: Site, known_by: str) -> None:
    """Given a voucher that was copied in JD Edwards, its mark with it, then a person says which is paid."""
    found = born(testbed)
    copied = testbed.books.voucher(4712, invoice="C-4711 B", costs=(("30.5010", "120.00"),))
    made_of(testbed, copied, found.id, 1 if known_by == "mark" else 2)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "not_unique" and booked(testbed) == []


def test_a_void_voucher_of_an_earlier_revision_is_passed_over(testbed: Site) -> None:
    """Given an invoice whose first voucher was voided and made anew, then the second one is paid."""
    found = born(testbed)
    testbed.books.void(found.voucher)
    again = testbed.books.voucher(4720, invoice="C-4711", costs=(("30.5010", "120.00"),))
    made_of(testbed, again, found.id, 2)
    pay(testbed, {"id": found.id})
    testbed.sync(FLOW)
    assert open_items(testbed, again) == [(Decimal(0), "P")]


def test_coupa_pay_pays_a_voucher_that_was_born_in_jd_edwards(testbed: Site) -> None:
    """Given a voucher of JD Edwards whose invoice was approved in Coupa, when Coupa Pay has paid it
    then the voucher is paid: by the link, and by the key that the invoice carries where the links are lost."""
    first, second = testbed.books.voucher(4711), testbed.books.voucher(4712)
    testbed.sync("invoices")
    for number in ("INV-4711", "INV-4712"):
        testbed.spend.approve(number)
    pay(testbed, {"where": {"invoice-number": "INV-4711"}})
    testbed.sync(FLOW)
    assert open_items(testbed, first) == [(Decimal(0), "P")]
    with testbed.ledger._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM links WHERE flow = 'jde_coupa/invoices'")
    pay(testbed, {"where": {"invoice-number": "INV-4712"}})
    testbed.sync(FLOW)
    assert open_items(testbed, second) == [(Decimal(0), "P")]


def test_what_coupa_paid_itself_is_not_told_to_it_again(testbed: Site) -> None:
    """Given a voucher of JD Edwards that Coupa Pay paid in part, booked in JD Edwards by us
    when its payments are synced to Coupa, then that one is not: the invoice has it once; nor is its void."""
    testbed.books.voucher(4711)
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    number = pay(testbed, {"where": {"invoice-number": "INV-4711"}, "amount": "40.00"})
    testbed.sync(FLOW)
    invoices = testbed.sync("invoices")["invoices"]
    assert invoices.writes == 0
    assert [each["amount-paid"] for each in testbed.spend.invoice("INV-4711")["payments"]] == ["40.00"]
    act(testbed, "move_payment", id=number, status="cancelled")
    testbed.sync(FLOW)
    assert testbed.sync("invoices")["invoices"].writes == 0
    assert [each["amount-paid"] for each in testbed.spend.invoice("INV-4711")["payments"]] == ["40.00", "-40.00"]


@pytest.mark.reason("currency_differs")
def test_a_payment_in_another_currency_than_the_voucher_is_held(testbed: Site) -> None:
    """Given an invoice in euros whose voucher was entered in pounds, then its payment is not booked."""
    number = invoice(testbed, "C-4711", "100.00", currency="EUR")
    entry = testbed.books.voucher(4711)
    made_of(testbed, entry, number)
    pay(testbed, {"id": number})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("currency_differs", "EUR")


@pytest.mark.reason("more_than_open")
def test_more_than_is_open_is_urgent_and_not_sent(testbed: Site) -> None:
    """Given a voucher that a clerk has paid in part, when Coupa Pay pays all of it, then it is told with high severity
    and not booked; once JD Edwards' payment is void, a replay books it."""
    found = born(testbed)
    testbed.books.pay(found.voucher, "50.00")
    pay(testbed, {"id": found.id})
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason), reported.value) == (
        "more_than_open",
        "high",
        found.voucher.key,
    )
    assert open_items(testbed, found.voucher) == [(Decimal(70), "A")] and calls(testbed) == 0
    testbed.books.void_payment()
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert open_items(testbed, found.voucher) == [(Decimal(0), "P")]


def close(testbed: Site, **cells: Any) -> None:
    """The controller moves the company on to another period."""
    testbed.books.upsert("F0010", {"CO": "00001", **cells})


def test_a_payment_of_a_closed_period_is_held_where_a_person_decides(testbed: Site) -> None:
    """Given a site with `closed_period: hold`, a payment of 2 March and a company whose current period is April
    then it is held with the open days; once March is open again, a replay books it."""
    testbed.configure(FLOW, closed_period="hold")
    found = born(testbed)
    close(testbed, PNC=4)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.field) == ("period_closed", "gl_date")
    assert reported.value == "2026-03-02 is not within 2026-04-01 and 2026-05-31, which are open in 00001"
    close(testbed, PNC=3)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


def test_a_payment_of_a_closed_period_takes_the_first_open_day(testbed: Site) -> None:
    """Given a payment of 2 March and a company whose current period is April, then the payment keeps its day and is
    posted on 1 April; it stays settled when further periods close."""
    found = born(testbed)
    close(testbed, PNC=4)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert booked(testbed)[0]["DMTJ"] == TODAY
    assert settled(testbed)[0]["DGJ"] == date(2026, 4, 1)
    close(testbed, PNC=6)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}


def test_a_payment_later_than_all_open_periods_is_held(testbed: Site) -> None:
    """Given a payment of 2 March in books whose current period is January, with February open
    then it is held: no earlier day is made up for it; once March is open, a replay books it on its own day."""
    found = born(testbed)
    close(testbed, PNC=1)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.field) == ("period_closed", "gl_date")
    assert reported.value.endswith("; no later day is open")
    close(testbed, PNC=2)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert settled(testbed)[0]["DGJ"] == TODAY


CALENDAR = """\
time_zone: Europe/London
periods:
  - {company: "00001", name: February, first: 2026-02-01, last: 2026-03-01, cut_off: 2026-03-05T18:00}
  - {company: "00001", name: March, first: 2026-03-02, last: 2026-03-31, cut_off: 2026-03-02T09:30}
"""


def test_a_period_past_its_cut_off_is_closed_though_jd_edwards_has_it_open(testbed: Site) -> None:
    """Given a close calendar by which March is cut off at half past nine, and a payment of that morning at nine
    when it is ten, then the payment is held with the period's name; a site that moves posts it on 1 April."""
    (testbed.folder / "close.yaml").write_text(CALENDAR)
    testbed.settings["close_calendar"] = "close.yaml"
    testbed.configure(FLOW, closed_period="hold")
    found = born(testbed)
    pay(testbed, {"id": found.id})
    testbed.sandbox.clock.advance(3600)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW).value
    assert reported == "2026-03-02 is in March, which is closed since 2026-03-02T09:30:00+00:00"
    testbed.configure(FLOW, closed_period="first_open_day")
    # JD Edwards' own periods end with March, the calendar's begin with it
    close(testbed, PNC=3)
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert settled(testbed)[0]["DGJ"] == date(2026, 4, 1)


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_void_in_a_closed_period_is_dated_in_the_open_one(testbed: Site) -> None:
    """Given a booked payment of March, when it comes back in April and March is closed, the void is dated 1 April: the
    check of G/L dates lists it until it is written."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id})
    testbed.sync(FLOW)
    close(testbed, PNC=4)
    assert moved(testbed, FLOW) == []
    act(testbed, "move_payment", id=number, status="cancelled")
    assert [days for _, *days in moved(testbed, FLOW)] == [[TODAY, date(2026, 4, 1)]]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert (booked(testbed)[0]["VDGJ"], moved(testbed, FLOW)) == (date(2026, 4, 1), [])


def test_the_check_lists_a_payment_that_a_closed_period_moves(testbed: Site) -> None:
    """Given a payment of 2 March and a company whose current period is April, then the check of G/L dates lists it
    until it is booked."""
    found = born(testbed)
    close(testbed, PNC=4)
    pay(testbed, {"id": found.id})
    assert [days for _, *days in moved(testbed, FLOW)] == [[TODAY, date(2026, 4, 1)]]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert moved(testbed, FLOW) == []


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_books_nothing_twice(testbed: Site, kind: str) -> None:
    """Given a payment whose booking lost its answer
    then it is looked for by its number; only where it is not there is it sent again, after the effect window."""
    found = born(testbed)
    pay(testbed, {"id": found.id})
    testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    before = testbed.clock.now()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert len(booked(testbed)) == 1 and open_items(testbed, found.voucher) == [(Decimal(0), "P")]
    assert calls(testbed) == (1 if kind == "drop_after" else 2)
    if kind == "drop_before":
        assert testbed.clock.now() - before >= timedelta(seconds=120)


def test_an_empty_ledger_books_nothing_a_second_time(testbed: Site) -> None:
    """Given booked payments, when the ledger forgets them
    then the next sync is a plan that would create none, and adopting links them; nothing is sent."""
    found = born(testbed)
    pay(testbed, {"id": found.id, "amount": "45.00"})
    testbed.sync(FLOW)
    with testbed.ledger._db.write() as connection:
        for table in ("links", "exceptions", "intents", "deliveries"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_coupa/{FLOW}'")
        connection.exec_driver_sql(f"DELETE FROM flow_state WHERE flow = 'jde_coupa/{FLOW}'")
    report = testbed.sync(FLOW)[FLOW]
    assert (report.plan, report.plan_reason) == (True, "target_not_empty")
    assert [each.action for each in planned(report).values()] == ["adopt"]
    adopted = testbed.sync(FLOW, mode="adopt")[FLOW]
    assert (outcomes(adopted), adopted.writes) == ({"adopted": 1}, 0)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1} and calls(testbed) == 1


def test_a_payment_of_our_number_that_is_not_ours_is_not_adopted(testbed: Site) -> None:
    """Given a payment that somebody entered in JD Edwards under the number that ours would get
    then the document is held, and nothing is booked on its voucher."""
    found, other = born(testbed), testbed.books.voucher(4799)
    payment = pay(testbed, {"id": found.id})
    [detail] = testbed.spend.one("coupa_pay/payments", id=str(payment))["payment-details"]
    testbed.books.pay(other, number=90_000_000 + detail["id"])
    assert testbed.sync(FLOW)[FLOW].plan_reason == "target_not_empty"
    testbed.sync(FLOW, mode="baseline", first=YESTERDAY, last=YESTERDAY)
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"held": 1} and testbed.exception(FLOW).reason == "natural_key_taken"
    assert open_items(testbed, found.voucher) == [(Decimal(120), "A")]


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_payment_that_was_voided_in_jd_edwards_needs_a_person(testbed: Site) -> None:
    """Given a booked payment that a clerk voided in JD Edwards, when Coupa's payment is looked at again
    then it is a conflict: the money has gone, and nobody books it a second time by himself."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id})
    testbed.sync(FLOW)
    testbed.books.void_payment(booked(testbed)[0]["DOCM"])
    testbed.spend.set("coupa_pay_payments", number, external_ref_id="seen")
    with testbed.context() as context:
        differences = compare(PaymentsToJde(context)).unexplained
    assert [(each.kind, each.field) for each in differences] == [("status", "void")]
    assert calls(testbed) == 1


@pytest.mark.reason("orchestration_not_configured")
def test_a_site_without_the_orchestrations_is_told(testbed: Site) -> None:
    """Given a connection that names no orchestration to void payments
    then nothing is booked, since it could not be taken back, and `ping` says so; with one that JD Edwards does not
    have, `ping` says that."""
    testbed.connect("jde", orchestrations={"payment_record": ORCHESTRATIONS["payment_record"]})
    found = born(testbed)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value == "payment_void"
    assert problems(testbed) == [
        f"jde_coupa/{FLOW}: jde names no orchestration for payment_void: set orchestrations.payment_void"
    ]
    testbed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_void": {"name": "Nowhere"}})
    assert problems(testbed) == [
        f"jde_coupa/{FLOW}: payment_void: there is no orchestration 'Nowhere', or the user may not see it"
    ]
    wrong = {"name": "ML_PaymentVoid", "inputs": {"VoidDate": "Day"}}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_void": wrong})
    assert problems(testbed) == [f"jde_coupa/{FLOW}: payment_void: ML_PaymentVoid has no input 'Day'"]
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    assert problems(testbed) == []
    testbed.connect("coupa", scopes=["core.invoice.read"])
    assert problems(testbed) == [
        f"jde_coupa/{FLOW}: grant core.pay.payments.read to the OAuth client in Coupa and add them to `scopes`"
    ]


def problems(testbed: Site) -> list[str]:
    """What `ping` says of the flow."""
    with testbed.context() as context:
        return PaymentsToJde(context).startup_problems()


def test_where_jd_edwards_pays_nothing_of_coupa_pay_is_booked(testbed: Site) -> None:
    """Given a site that named both payment flows, then nothing is booked, and `ping` says that one system pays."""
    testbed.flows["payments_to_coupa"] = {}
    found = born(testbed)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "another_payer" and booked(testbed) == []
    assert "payments_to_coupa is on too" in problems(testbed)[0]


@pytest.mark.reason("number_out_of_range")
def test_a_number_that_does_not_fit_is_told(testbed: Site) -> None:
    """Given a base from which no number of eight digits is left, then nothing is booked under a cut number."""
    testbed.configure(FLOW, payment_number_base=99_999_999)
    found = born(testbed)
    pay(testbed, {"id": found.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "number_out_of_range"


def test_what_was_booked_agrees_to_the_penny(testbed: Site) -> None:
    """Given payments of two currencies, in part, in full, and one that came back
    when both systems are compared, then the amounts agree, and nothing is unexplained."""
    first: Born = born(testbed)
    second = born(testbed, "100.00", doc=4712, currency="EUR", rate="0.85")
    third = born(testbed, "7.77", doc=4713)
    pay(testbed, {"id": first.id, "amount": "45.67"})
    pay(testbed, {"id": second.id, "discount": "2.00"})
    back = pay(testbed, {"id": third.id})
    testbed.sync(FLOW)
    act(testbed, "move_payment", id=back, status="cancelled")
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"unchanged": 2, "updated": 1}
    with testbed.context() as context:
        found = compare(PaymentsToJde(context))
    sums = {"GBP": Decimal("45.67"), "EUR": Decimal(98)}
    assert dict(found.source.amounts) == dict(found.target.amounts) == sums
    assert found.differences == []


def test_a_payment_above_an_amount_waits_for_an_approval(testbed: Site) -> None:
    """Given a flow whose payments above 100.00 need an approval, then only the smaller one is booked by itself."""
    testbed.configure(FLOW, approval={"above": "100.00"})
    large, small = born(testbed), born(testbed, "30.00", doc=4712)
    pay(testbed, {"id": large.id})
    pay(testbed, {"id": small.id})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"staged": 1, "created": 1}
    assert open_items(testbed, large.voucher) == [(Decimal(120), "A")]
    assert testbed.approve(FLOW) == 1
    report = testbed.sync(FLOW)[FLOW]
    assert outcome(report, next(iter(report.results))) in ("created", "unchanged")
    assert open_items(testbed, large.voucher) == [(Decimal(0), "P")]


def test_a_booking_is_planned_and_applied_as_it_was_planned(testbed: Site) -> None:
    """Given a payment, when it is planned nothing is booked; when the plan is applied, exactly that is, and of a
    payment that came back since nothing."""
    first, second = born(testbed), born(testbed, "30.00", doc=4712)
    pay(testbed, {"id": first.id})
    back = pay(testbed, {"id": second.id})
    plan = testbed.plan(FLOW)
    assert booked(testbed) == []
    act(testbed, "move_payment", id=back, status="cancelled")
    report = testbed.apply(plan)[FLOW]
    assert sorted(each.outcome for each in report.results.values()) == ["created", "ignored"]
    assert [Decimal(header["PAAP"]) for header in booked(testbed)] == [Decimal(120)]
    assert open_items(testbed, second.voucher) == [(Decimal(30), "A")]


def test_a_payment_that_disappears_from_coupa_is_told_by_the_sweep(testbed: Site) -> None:
    """Given a booked payment whose record is gone from Coupa, when the nightly sweep runs, then a person is told."""
    found = born(testbed)
    number = pay(testbed, {"id": found.id})
    testbed.sync(FLOW)
    testbed.spend.delete("coupa_pay_payments", number)
    swept = testbed.sweep(FLOW)
    assert len(swept.deleted) == 1 and testbed.exception(FLOW).reason == "deleted_in_source"
    assert len(booked(testbed)) == 1

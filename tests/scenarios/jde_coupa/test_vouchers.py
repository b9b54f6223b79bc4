"""Vouchers of JD Edwards as invoices in Coupa: what is sent, and what is held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from scenario_books import EURO, TODAY, YESTERDAY
from scenario_site import Site, outcome, outcomes, planned, tally


@pytest.mark.quick("jde_coupa/invoices")
def test_a_voucher_of_several_pay_items_is_one_invoice_with_a_line_for_each_cost(testbed: Site) -> None:
    """Given a voucher of three pay items, distributed over three accounts, with tax
    when it is synced
    then Coupa holds one draft of the whole amount, the tax in its header, an account on each line,
    and the voucher's key in the internal note."""
    costs = (("30.5010", "100.00"), ("30.5020.01", "40.00"), ("40.5010", "10.00"))
    testbed.books.voucher(
        costs=costs, tax="30.00", items=("100.00", "50.00", "30.00"), texts=("Mowing", "Swings", "Roof")
    )
    report = testbed.sync("invoices")["invoices"]
    held = testbed.spend.invoice("INV-4711")
    assert outcomes(report) == {"created": 1}
    assert (held["status"], held["total-with-taxes"], held["tax-amount"]) == ("draft", "180.00", "30.00")
    lines = [(line["account"]["code"], line["total"], line["description"]) for line in held["invoice-lines"]]
    assert lines == [("30-5010", "100.00", "Mowing"), ("30-5020-01", "40.00", "Swings"), ("40-5010", "10.00", "Roof")]
    assert (held["internal-note"], held["supplier"]["number"]) == ("00001/PV/4711", "4343")
    assert held["invoice-date"].startswith("2026-02-20")
    assert report.amounts()["GBP"]["settled"] == Decimal("180.00")
    assert report.rows == {"read": 3, "in_documents": 3, "ignored": {}, "unreadable": 0}


def test_a_line_without_text_takes_the_vouchers_remark_or_its_number(testbed: Site) -> None:
    """Given lines without an explanation, when their vouchers are synced, then Coupa, which insists on a description,
    gets the remark of the voucher, or its type and number."""
    testbed.books.voucher(1, texts=("",), remark="Winter service")
    testbed.books.voucher(2, texts=("",))
    testbed.sync("invoices")
    assert testbed.spend.invoice("INV-1")["invoice-lines"][0]["description"] == "Winter service"
    assert testbed.spend.invoice("INV-2")["invoice-lines"][0]["description"] == "PV 2"


def test_offset_tax_reversing_and_other_ledgers_are_no_costs(testbed: Site) -> None:
    """Given a voucher whose journal also holds its A/P offset, its tax line, a reversing line, a posted correction on
    trade creditors without any mark, and a budget line
    when it is synced, then only its costs are lines; a grant on object 4110 of an expense unit is one of them."""
    entry = testbed.books.voucher(costs=(("30.5010", "100.00"), ("40.4110", "25.00")), tax="25.00")
    testbed.books.line(entry, 10, "30.5010", "-100.00", EXTL="R")
    testbed.books.line(entry, 11, "00001.4110", "7.00")
    testbed.books.line(entry, 12, "30.5010", "999.00", LT="BA")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    held = testbed.spend.invoice("INV-4711")
    assert [line["total"] for line in held["invoice-lines"]] == ["100.00", "25.00"]
    assert held["total-with-taxes"] == "150.00"


def test_a_foreign_voucher_is_sent_in_its_own_currency(testbed: Site) -> None:
    """Given a voucher of 100 euros net and 20 tax in a company that keeps its books in pounds
    when it is synced, then the invoice is in euros: lines, tax and total, and not one pound."""
    testbed.books.voucher(
        costs=(("30.5010", "60.00"), ("40.5010", "40.00")), tax="20.00", currency="EUR", rate="0.85321"
    )
    report = testbed.sync("invoices")["invoices"]
    held = testbed.spend.invoice("INV-4711")
    assert (held["currency"]["code"], held["total-with-taxes"], held["tax-amount"]) == ("EUR", "120.00", "20.00")
    assert [line["total"] for line in held["invoice-lines"]] == ["60.00", "40.00"]
    assert list(report.amounts()) == ["EUR"]


def test_a_voucher_in_yen_has_no_decimals_to_lose(testbed: Site) -> None:
    """Given a voucher in yen of several pay items, when it is synced, then the total is exact in yen."""
    costs = (("30.5010", "123456"), ("40.5010", "1"))
    testbed.books.voucher(costs=costs, items=("100000", "23457"), currency="JPY", rate="0.005231")
    testbed.sync("invoices")
    held = testbed.spend.invoice("INV-4711")
    assert (held["currency"]["code"], Decimal(held["total-with-taxes"])) == ("JPY", Decimal(123457))


def test_a_domestic_voucher_of_a_euro_company_is_in_euros(testbed: Site) -> None:
    """Given a voucher of the company that keeps its books in euros, when it is synced, then the invoice is in euros."""
    testbed.books.voucher(costs=(("50.5010", "80.00"),), company=EURO)
    testbed.sync("invoices")
    assert testbed.spend.invoice("INV-4711")["currency"]["code"] == "EUR"


def test_a_credit_is_an_invoice_below_nought(testbed: Site) -> None:
    """Given a debit memo, when it is synced, then Coupa holds an invoice with a negative total and tax."""
    testbed.books.voucher(4712, kind="PD", costs=(("30.5010", "-40.00"),), tax="-8.00", invoice="CN-1")
    testbed.sync("invoices")
    held = testbed.spend.invoice("CN-1")
    assert (held["total-with-taxes"], held["tax-amount"]) == ("-48.00", "-8.00")


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_credit_with_the_number_of_its_invoice_is_no_duplicate(testbed: Site) -> None:
    """Given an invoice and its credit under the same supplier's number, when both are synced, then both are sent."""
    testbed.books.voucher(4711, invoice="INV-9")
    testbed.books.voucher(4712, kind="PD", costs=(("30.5010", "-40.00"),), invoice="INV-9")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 2}


@pytest.mark.reason("distribution_does_not_agree")
def test_a_distribution_that_differs_by_a_penny_is_held(testbed: Site) -> None:
    """Given a voucher whose distribution is a penny off and one in euros that agrees in pounds but not in euros
    when they are synced, then both are held with the difference, and nothing is sent."""
    first = testbed.books.voucher(1)
    testbed.books.line(first, 1, "30.5010", "100.01")
    second = testbed.books.voucher(2, costs=(("30.5010", "100.00"),), currency="EUR", rate="0.85")
    testbed.books.line(second, 1, "30.5010", "85.00", ACR="99.99")
    report = testbed.sync("invoices")["invoices"]
    assert outcomes(report) == {"held": 2}
    reported = {each.key: (each.reason, each.value) for each in testbed.exceptions("invoices")}
    assert reported[first.document] == ("distribution_does_not_agree", "0.01")
    assert reported[second.document] == ("distribution_does_not_agree", "-0.01")
    assert testbed.spend.state()["invoices"]["count"] == 0


@pytest.mark.reason("distribution_missing")
def test_a_voucher_without_distribution_is_held_until_it_has_one(testbed: Site) -> None:
    """Given a voucher without a distribution
    when it is synced it is held; when the clerk has entered the line in JD Edwards, the next sync sends it."""
    entry = testbed.books.voucher()
    testbed.books.delete_line(entry, 1)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert testbed.exception("invoices").reason == "distribution_missing"
    testbed.books.line(entry, 1, "30.5010", "100.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert not testbed.exceptions("invoices")


@pytest.mark.reason("account_not_found")
@pytest.mark.reason("account_not_postable")
def test_accounts_that_do_not_exist_or_refuse_postings_hold_the_voucher(testbed: Site) -> None:
    """Given a voucher on an account that is not in the chart and one on a closed account
    when they are synced, then each is held and names its account."""
    missing = testbed.books.voucher(1)
    testbed.books.line(missing, 1, "30.9999", "100.00")
    closed = testbed.books.voucher(2, costs=(("30.5190", "50.00"),))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 2}
    reported = {each.key: (each.reason, each.value) for each in testbed.exceptions("invoices")}
    assert reported == {
        missing.document: ("account_not_found", "30.9999"),
        closed.document: ("account_not_postable", "30.5190"),
    }


@pytest.mark.reason("account_not_linked")
def test_a_voucher_on_an_account_that_coupa_lacks_goes_when_the_account_is_there(testbed: Site) -> None:
    """Given a voucher on an account that was just added in JD Edwards
    when only the invoices are synced it is held; when the accounts are delivered, it is released and goes."""
    aid = testbed.books.account("40.5077", "Boilers").removeprefix("F0901:")
    entry = testbed.books.voucher()
    testbed.books.line(entry, 1, "40.5077", "100.00", AID=aid, MCU="40", OBJ="5077")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert testbed.exception("invoices").reason == "account_not_linked"
    reports = testbed.sync("accounts", "invoices")
    assert outcomes(reports["invoices"]) == {"created": 1}


@pytest.mark.reason("supplier_not_linked")
def test_a_voucher_of_a_supplier_that_coupa_lacks_goes_when_the_supplier_is_there(testbed: Site) -> None:
    """Given a voucher of a new supplier
    when only the invoices are synced it is held as `supplier_not_linked`;
    when the supplier was delivered days later, the voucher is due and goes in the same run."""
    testbed.books.supplier(5001, "Cobalt Ltd")
    entry = testbed.books.voucher(supplier=5001)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    reported = testbed.exception("invoices")
    assert (reported.reason, reported.value) == ("supplier_not_linked", "5001")
    reports = testbed.sync("suppliers", "invoices")
    assert outcome(reports["invoices"], entry.document) == "created"


def test_a_voucher_of_someone_who_is_not_payable_is_held_not_sent(testbed: Site) -> None:
    """Given a voucher of a supplier whose payables flag is N, when all flows are synced, then it is held."""
    testbed.books.supplier(5001, "Not paid any more", payables="N")
    testbed.books.voucher(supplier=5001)
    assert outcomes(testbed.sync()["invoices"]) == {"held": 1}
    assert testbed.exception("invoices").reason == "supplier_not_linked"


@pytest.mark.reason("currency_unknown")
def test_a_currency_that_coupa_does_not_know_holds_the_voucher(testbed: Site) -> None:
    """Given a voucher in a currency that is not active in Coupa, when it is synced, then it is held."""
    testbed.books.voucher(currency="CHF", rate="0.9")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert (testbed.exception("invoices").reason, testbed.exception("invoices").value) == ("currency_unknown", "CHF")


@pytest.mark.reason("payment_term_not_mapped")
def test_payment_terms_of_a_voucher_are_mapped_too(testbed: Site) -> None:
    """Given a voucher with terms that Coupa calls otherwise, when it is synced it is held; once mapped, it goes."""
    testbed.books.voucher(terms="D10")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    testbed.map_term("D10", "2/10N30")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert testbed.spend.invoice("INV-4711")["payment-term"]["code"] == "2/10N30"


def test_a_voucher_without_an_invoice_number_is_called_by_its_own(testbed: Site) -> None:
    """Given two vouchers of one supplier without an invoice number
    when they are synced, then both are sent, each under its type, number and company: no duplicates of each other."""
    testbed.books.voucher(1, invoice="")
    testbed.books.voucher(2, invoice="")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 2}
    assert {each["invoice-number"] for each in testbed.spend.all("invoices")} == {"PV-1-00001", "PV-2-00001"}


def test_long_and_foreign_invoice_numbers_arrive_as_they_are(testbed: Site) -> None:
    """Given numbers of 25 characters that differ in the last, one with blanks, a comma, and accents
    when they are synced, then Coupa holds them letter by letter, and a further sync finds each of them again."""
    numbers = ["NORTHMOOR-2026/000000317A", "NORTHMOOR-2026/000000317B", "100069 2026 55538", "7,8 & 9", "Rég. n° 12–B"]
    for place, number in enumerate(numbers, 1):
        testbed.books.voucher(place, invoice=number)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 5}
    assert {each["invoice-number"] for each in testbed.spend.all("invoices")} == set(numbers)
    testbed.replay("invoices")
    assert testbed.sync("invoices")["invoices"].writes == 0


# -- duplicates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [(YESTERDAY, TODAY), (TODAY, YESTERDAY)], ids=["low day first", "high day first"])
def test_of_two_vouchers_of_one_number_the_higher_is_held_whichever_day_is_read_first(
    testbed: Site, days: tuple[date, date]
) -> None:
    """Given two vouchers of one supplier and invoice number, changed on different days
    when the two days are synced one after the other, in either order
    then the lower document number is sent and the higher held as `possible_duplicate`."""
    low = testbed.books.voucher(4711, invoice="INV-9", changed=days[0])
    high = testbed.books.voucher(4712, invoice="INV-9", changed=days[1])
    for day in (YESTERDAY, TODAY):
        testbed.sync("invoices", first=day, last=day)
    assert testbed.spend.invoice("INV-9")["internal-note"] == low.key
    reported = testbed.exception("invoices")
    assert (reported.key, reported.reason, reported.value) == (high.document, "possible_duplicate", low.document)


@pytest.mark.reason("possible_duplicate")
def test_a_lower_number_that_turns_up_after_the_higher_was_sent_is_held(testbed: Site) -> None:
    """Given a voucher in Coupa
    when another one of lower document number and the same invoice number is entered later
    then that one is held: money must not be paid twice because the later paper has the lower number."""
    high = testbed.books.voucher(4712, invoice="INV-9")
    testbed.sync("invoices")
    low = testbed.books.voucher(4711, invoice="INV-9")
    report = testbed.sync("invoices")["invoices"]
    assert (outcome(report, low.document), outcome(report, high.document)) == ("held", "unchanged")
    assert testbed.exception("invoices").value == high.document


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_site_may_send_duplicates(testbed: Site) -> None:
    """Given a site whose suppliers reuse numbers, when two vouchers of one number are synced, then both are sent."""
    testbed.configure("invoices", duplicates="send")
    testbed.books.voucher(4711, invoice="INV-9")
    testbed.books.voucher(4712, invoice="INV-9", costs=(("30.5010", "7.00"),))
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 2}
    assert {each["internal-note"] for each in testbed.spend.all("invoices")} == {"00001/PV/4711", "00001/PV/4712"}


@pytest.mark.reason("refused_by_target")
def test_where_coupa_refuses_a_second_number_the_site_that_sends_duplicates_is_told(testbed: Site) -> None:
    """Given a Coupa that keeps the numbers of drafts unique, and a site that sends duplicates
    when two vouchers of one number are synced, then one is created and the other refused in Coupa's words."""
    testbed.spend.configure(unique_invoice_drafts=True)
    testbed.configure("invoices", duplicates="send")
    testbed.books.voucher(4711, invoice="INV-9")
    testbed.books.voucher(4712, invoice="INV-9")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1, "refused": 1}
    assert "already been taken" in testbed.exception("invoices").message


@pytest.mark.parametrize("unique", [False, True])
def test_a_duplicate_goes_when_the_first_is_voided(testbed: Site, unique: bool) -> None:
    """Given a voucher in Coupa and a second one of its number, held
    when the first is voided in JD Edwards, then it is voided in Coupa and the second is sent, in one sync; the first
    goes first, since some take a number again only then."""
    testbed.spend.configure(unique_invoice_drafts=unique)
    first = testbed.books.voucher(4711, invoice="INV-9")
    second = testbed.books.voucher(4712, invoice="INV-9")
    testbed.sync("invoices")
    testbed.books.void(first)
    report = testbed.sync("invoices", due=False)["invoices"]
    assert (outcome(report, first.document), outcome(report, second.document)) == ("updated", "created")
    statuses = {each["internal-note"]: each["status"] for each in testbed.spend.all("invoices")}
    assert statuses == {first.key: "voided", second.key: "draft"}


def test_two_suppliers_may_use_one_number(testbed: Site) -> None:
    """Given the same invoice number from two suppliers, when both are synced, then both are sent."""
    testbed.books.voucher(4711, invoice="INV-9")
    testbed.books.voucher(4712, invoice="INV-9", supplier=4344)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 2}


# -- history ------------------------------------------------------------------------------------------------------


def test_vouchers_that_were_settled_or_voided_before_we_came_are_history(testbed: Site) -> None:
    """Given a paid, a voided and an open voucher, none of them in Coupa
    when they are synced for the first time, then the open one is sent and the others are ignored by a stated rule."""
    paid, void = testbed.books.voucher(1), testbed.books.voucher(2)
    testbed.books.voucher(3)
    testbed.books.pay(paid)
    testbed.books.void(void)
    report = testbed.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 1, "ignored": 2}
    assert tally(report) == {"settled_before_go_live": 2}


def test_with_a_go_live_date_what_was_paid_since_is_sent(testbed: Site) -> None:
    """Given a site that went live today
    when vouchers that were paid yesterday and today, unsent, are synced
    then yesterday's is history and today's is sent, to be paid in Coupa once approved."""
    testbed.configure("invoices", go_live=TODAY.isoformat())
    testbed.books.pay(testbed.books.voucher(1), on=YESTERDAY, number=1)
    testbed.books.pay(testbed.books.voucher(2), on=TODAY, number=2)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1, "ignored": 1}
    assert testbed.spend.invoice("INV-2")["status"] == "draft"


def test_document_types_that_are_no_vouchers_are_left_out_and_counted(testbed: Site) -> None:
    """Given a netting document beside a voucher
    when they are synced, then the rows of the former are accounted for by the rule `document_type`."""
    testbed.books.voucher(1)
    testbed.books.voucher(2, kind="NO")
    report = testbed.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 1}
    assert report.rows == {"read": 2, "in_documents": 1, "ignored": {"document_type": 1}, "unreadable": 0}
    assert testbed.sweep("invoices").missed == []


# -- plans and people ---------------------------------------------------------------------------------------------


def test_a_plan_holds_the_exact_request_and_changes_nothing(testbed: Site) -> None:
    """Given a new voucher
    when a plan is asked for
    then it shows the request to the last field, nothing is written in Coupa, and the sync that follows sends that."""
    entry = testbed.books.voucher(costs=(("30.5010", "100.00"),), tax="20.00")
    before = testbed.spend.state()
    report = testbed.sync("invoices", mode="plan")["invoices"]
    assert (report.writes, testbed.spend.state()) == (0, before)
    supplier, account = testbed.spend.supplier(4343)["id"], testbed.spend.one("accounts", code="30-5010")["id"]
    assert planned(report)[entry.document].request == {
        "account-type": {"name": "JDE"},
        "line-level-taxation": False,
        "internal-note": "00001/PV/4711",
        "invoice-number": "INV-4711",
        "invoice-date": "2026-02-20",
        "supplier": {"id": supplier},
        "currency": {"code": "GBP"},
        "tax-amount": "20.00",
        "invoice-lines": [
            {
                "type": "InvoiceAmountLine",
                "line-num": 1,
                "description": "Works",
                "price": "100.00",
                "currency": {"code": "GBP"},
                "account": {"id": account},
            }
        ],
    }
    assert not testbed.ledger.deliveries.load("jde_coupa/invoices", [entry.document])
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}


def test_a_dismissed_voucher_is_left_alone_until_it_changes(testbed: Site) -> None:
    """Given a held voucher that the clerk dismissed
    when it is synced again it is ignored as dismissed; when it changes in JD Edwards, it is looked at again."""
    entry = testbed.books.voucher()
    testbed.books.line(entry, 1, "30.5010", "90.00")
    testbed.sync("invoices")
    testbed.dismiss(testbed.exception("invoices").id)
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), tally(report)) == ({"ignored": 1}, {"dismissed": 1})
    testbed.books.line(entry, 1, "30.5010", "100.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}


def test_rows_without_a_date_are_found_by_the_sweep_alone(testbed: Site) -> None:
    """Given a voucher that a conversion wrote without audit dates
    when the days are synced it is not seen; when the sweep looks at all keys, it is sent;
    and when it is corrected, again without a date, the next sweep corrects it."""
    entry = testbed.books.voucher(undated=True)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {}
    assert testbed.sweep("invoices").missed == [entry.document]
    assert testbed.spend.invoice("INV-4711")["total-with-taxes"] == "100.00"
    testbed.books.voucher(undated=True, costs=(("30.5010", "110.00"),))
    testbed.sweep("invoices")
    assert testbed.spend.invoice("INV-4711")["total-with-taxes"] == "110.00"


@pytest.mark.reason("deleted_in_source")
def test_a_voucher_that_was_deleted_in_jde_is_told_by_the_sweep(testbed: Site) -> None:
    """Given a delivered and a held voucher, both unposted, that JD Edwards deleted for good
    when the sweep runs
    then a person is told of the first, whose draft is still in Coupa, and the second needs nobody any more."""
    sent, held = testbed.books.voucher(1), testbed.books.voucher(2)
    testbed.books.line(held, 1, "30.5010", "90.00")
    testbed.sync("invoices")
    for entry in (sent, held):
        testbed.books.delete("F0411", {"DOC": entry.doc, "DCT": "PV", "KCO": entry.company, "SFX": "001", "SFXE": 0})
    found = testbed.sweep("invoices")
    assert (found.deleted, found.dropped) == ([sent.document], [held.document])
    assert testbed.reasons("invoices") == {sent.document: {"deleted_in_source"}}
    assert testbed.spend.invoice("INV-1")["status"] == "draft"


def test_every_row_and_every_document_is_accounted_for(testbed: Site) -> None:
    """Given good, bad, foreign, settled and duplicate vouchers and documents of other types together
    when they are synced
    then rows read are rows in documents and rows ignored, documents are the sum of the outcomes, and the money of the
    settled ones is what Coupa holds, per currency, to the penny."""
    testbed.books.voucher(1, items=("60.00", "40.00"))
    testbed.books.voucher(2, currency="EUR", rate="0.85", tax="3.33")
    testbed.books.voucher(3, invoice="INV-1")
    bad = testbed.books.voucher(4)
    testbed.books.line(bad, 1, "30.5010", "1.00")
    testbed.books.pay(testbed.books.voucher(5))
    testbed.books.voucher(6, kind="PD", costs=(("40.5010", "-12.34"),))
    testbed.books.voucher(7, kind="NO")
    report = testbed.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 3, "held": 2, "ignored": 1}
    assert report.rows["read"] == report.rows["in_documents"] + sum(report.rows["ignored"].values())
    for currency, sums in report.amounts().items():
        assert sums["settled"] == testbed.spend.total(currency)
        assert sums["read"] == sum(amount for name, amount in sums.items() if name != "read")

"""Invoices of Coupa with a discount for early payment, with freight and other charges, and credits of either sign."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import Born
from scenario_books import TODAY, Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

TO_COUPA = "payments_to_coupa"
D = Decimal
CREDIT = {"is_credit_note": True, "original_invoice_number": "WEB-0", "original_invoice_date": "2026-02-01"}
MODES = pytest.mark.parametrize("mode", ["batch", "direct"])
UNTIL = date(2026, 3, 11)


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, by the batch files."""
    return Payables(testbed)


def discounted(payables: Payables, number: str = "WEB-1", *, days: int | None = 10, **more: Any) -> int:
    """An invoice with the vendor's own figures: 10.80 with tax, 0.27 of it less for who pays within these days."""
    spend, ledger = payables.site.spend, payables.site.ledger
    term = {"code": "2/10", "active": True, "days-for-net-payment": 30, "days-for-discount-payment": days}
    ledger.mappings.set("jde_coupa", "payment_terms", "N30", "2/10", "clerk", payables.site.clock.now())
    figures: dict[str, Any] = {"costs": (("30-5010", "10.00"),), "tax": "0.80", "discount_amount": "0.27"}
    return payables.invoice(number, **{**figures, "payment_term": {"id": spend.create("payment_terms", term)}, **more})


def terms_of(testbed: Site, percent: str) -> None:
    """JD Edwards works out discounts by its payment terms, and N30 grants this within ten days."""
    testbed.sandbox.post("/options", {"jde": {"terms_compute": True}})
    testbed.books.upsert("F0014", {"PTC": "N30", "DCP": percent, "DCD": 10, "NDTP": 30})


def offered(payables: Payables, id: int) -> list[tuple[Decimal, Decimal, Any, str]]:
    """Gross amount, discount available, its date and the payment term of each pay item."""
    return [
        (D(item.get("AG", 0)), D(item.get("ADSC", 0)), item.get("DDNJ"), (item.get("PTC") or "").strip())
        for item in payables.items(id)
    ]


# -- discounts --------------------------------------------------------------------------------------------------------


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
@MODES
def test_a_discount_is_an_offer_beside_the_total(testbed: Site, payables: Payables, mode: str) -> None:
    """Given the vendor's own example, 10.80 with a discount of 0.27 for who pays in time
    when it is synced, then the voucher is of 10.80, with the discount available and its last day, without the term
    that would make another one of it; nothing is sent again."""
    testbed.configure(FLOW, mode=mode)
    id = discounted(payables)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert offered(payables, id) == [(D("10.80"), D("0.27"), UNTIL, "")]
    assert payables.costs(id) == [("30.5010", D(10))]
    assert testbed.sync(FLOW)[FLOW].writes == 0 and testbed.exceptions(FLOW) == []


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
def test_the_discount_of_an_invoice_with_two_taxes_is_shared_out_to_the_penny(
    testbed: Site, payables: Payables
) -> None:
    """Given an invoice of two tax codes, when it is synced, then each pay item has its share of the discount, and the
    shares make the whole of it."""
    for code, area in (("VAT0", "ZERO/V"), ("VAT20", "UK20/V")):
        payables.tax_code(code)
        testbed.ledger.mappings.set("jde_coupa", "tax_codes", code, area, "clerk", testbed.clock.now())
    lines = [
        payables.line(place, account, "100.00")
        | {"tax-lines": [{"type": "TaxLine", "amount": tax, "tax-code": {"code": code}}]}
        for place, (account, tax, code) in enumerate((("30-5010", "20.00", "VAT20"), ("40-5010", "0.00", "VAT0")), 1)
    ]
    id = discounted(payables, line_level_taxation=True, tax=None, invoice_lines=lines, discount_amount="3.33")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    shares = [discount for _, discount, _, _ in offered(payables, id)]
    assert len(shares) == 2 and sum(shares) == D("3.33") and all(shares)


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
@pytest.mark.reason("discount_differs")
def test_the_term_alone_may_tell_the_discount_where_jd_edwards_makes_the_same_of_it(
    testbed: Site, payables: Payables
) -> None:
    """Given a site that sends the payment term in place of the discount, and a term by which JD Edwards offers none
    when it is synced, then the voucher stands, and a person is told of the difference;
    when a clerk corrects the voucher, the next sync finds both in agreement."""
    testbed.configure(FLOW, discounts="terms")
    id = discounted(payables)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert offered(payables, id) == [(D("10.80"), D(0), None, "N30")]
    found = testbed.exception(FLOW)
    assert (found.reason, "0.27 until 2026-03-11" in found.value) == ("discount_differs", True)
    [item] = payables.items(id)
    entry = Entry(item["DOC"], item["DCT"], item["KCO"])
    testbed.books.change_items(entry, "", ADSC="0.27", DDNJ=UNTIL.isoformat())
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == [] and len(payables.items(id)) == 1


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
def test_a_term_that_makes_the_same_discount_is_all_that_is_sent(testbed: Site, payables: Payables) -> None:
    """Given a site that sends the payment term in place of the discount, and a JD Edwards whose term grants 2.5 %
    within ten days
    when the vendor's invoice is synced, then JD Edwards works out the very discount that Coupa offers, nobody is told
    of anything, and the payment run's discount closes both; a second sync sends nothing."""
    testbed.configure(FLOW, discounts="terms")
    terms_of(testbed, "2.5")
    id = discounted(payables)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert offered(payables, id) == [(D("10.80"), D("0.27"), UNTIL, "N30")]
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes, testbed.exceptions(FLOW)) == ({"unchanged": 1}, 0, [])


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
@pytest.mark.reason("discount_differs")
def test_a_term_that_makes_another_discount_of_it_is_told(testbed: Site, payables: Payables) -> None:
    """Given the same site, and a term by which JD Edwards grants 3 %
    when the invoice is synced, then the voucher stands with what JD Edwards grants, and a person is told of both."""
    testbed.configure(FLOW, discounts="terms")
    terms_of(testbed, "3")
    id = discounted(payables)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert offered(payables, id) == [(D("10.80"), D("0.32"), UNTIL, "N30")]
    found = testbed.exception(FLOW)
    assert found.reason == "discount_differs"
    assert "0.32 until 2026-03-11" in found.value and "0.27 until 2026-03-11" in found.value


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
@pytest.mark.reason("discount_unclear")
def test_a_discount_without_a_day_is_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given an invoice whose discount has no last day, when it is synced, then it is held: nobody could say whether it
    may still be taken; when the day is entered, it becomes a voucher."""
    id = discounted(payables, days=None)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).value, payables.vouchers()) == ("0.27 without a date until when", [])
    [term] = testbed.spend.all("payment_terms", code="2/10")
    testbed.spend.set("payment_terms", term["id"], days_for_discount_payment=10)
    payables.change(id, "10.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert offered(payables, id)[0][1:3] == (D("0.27"), UNTIL)


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
def test_a_discount_that_changes_in_coupa_makes_the_voucher_anew(testbed: Site, payables: Payables) -> None:
    """Given a voucher with a discount, when the invoice offers a larger one, then the voucher is voided and its next
    revision has the new one: it is taken once, from the voucher in force."""
    id = discounted(payables)
    testbed.sync(FLOW)
    testbed.sandbox.clock.advance(60)
    payables.act("change_invoice", id=id, set={"discount-amount": "0.50"})
    payables.act("approve_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [state for _, _, state in payables.vouchers(id)] == ["void", "A"]
    assert offered(payables, id)[-1][:3] == (D("10.80"), D("0.50"), UNTIL)


@pytest.mark.as_delivered("coupa.discounts_lower_totals")
def test_a_discount_that_jd_edwards_takes_closes_voucher_and_invoice_once(testbed: Site, payables: Payables) -> None:
    """Given a voucher with a discount that the payment run takes in time
    when the payment is told, then Coupa has what was paid, less the discount, and the invoice is paid; nothing is
    owed in either system, and no further sync takes the discount a second time."""
    testbed.flows[TO_COUPA] = {}
    id = discounted(payables)
    testbed.sync(FLOW)
    [item] = payables.items(id)
    entry = Entry(item["DOC"], item["DCT"], item["KCO"])
    testbed.books.act("pay_voucher", entry, date=TODAY, number=5001, discount="0.27")
    testbed.sync(TO_COUPA)
    held = testbed.spend.one("invoices", id=str(id))
    assert (held["paid"], [D(each["amount-paid"]) for each in held["payments"]]) == (True, [D("10.53")])
    [item] = payables.items(id)
    assert (D(item.get("AAP", 0)), item["PST"]) == (D(0), "P")
    report = testbed.sync(FLOW, TO_COUPA)
    assert report[FLOW].writes == report[TO_COUPA].writes == 0
    assert testbed.exceptions(FLOW) == testbed.exceptions(TO_COUPA) == []


@pytest.mark.reason("distribution_does_not_agree")
def test_a_discount_that_coupa_took_off_the_total_already_is_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given an instance that takes discounts off its totals, and the vendor's example there: lines and tax of 10.80
    below a total of 10.53
    when it is synced, then it is held, and no voucher is of either amount: the discount could be taken twice."""
    testbed.spend.configure(discounts_lower_totals=True)
    discounted(payables)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "distribution_does_not_agree" and payables.vouchers() == []


# -- charges ----------------------------------------------------------------------------------------------------------


def charge(kind: str, total: str, account: str | None = None, **more: Any) -> dict[str, Any]:
    """A charge of an invoice, with the account that it is booked on."""
    own = {"account": {"code": account, "account-type": {"name": "JDE"}}} if account else {}
    return {"type": f"Invoice{kind}Charge", "total": total, **own, **more}


@MODES
def test_freight_is_booked_on_its_own_account_and_stays_in_the_total(
    testbed: Site, payables: Payables, mode: str
) -> None:
    """Given an invoice with freight on an account of its own, handling shared by two, and nothing else
    when it is synced, then the voucher is of all of it, and each charge has lines of its own."""
    testbed.configure(FLOW, mode=mode)
    shares = [
        {"account": {"code": code, "account-type": {"name": "JDE"}}, "pct": pct}
        for code, pct in (("30-5010", "25"), ("40-5010", "75"))
    ]
    charges = [
        charge("Shipping", "12.00", "30-5020"),
        {**charge("Handling", "8.00"), "account-allocations": shares},
        charge("Misc", "0.00"),
    ]
    id = payables.invoice(invoice_charges=charges)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.vouchers() == [(f"CPA-{id}-1", D(120), "A")]
    assert payables.costs(id) == [
        ("30.5010", D(100)),
        ("30.5020", D(12)),
        ("30.5010", D(2)),
        ("40.5010", D(6)),
    ]
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.reason("charge_not_mapped")
def test_a_charge_without_an_account_needs_one(testbed: Site, payables: Payables) -> None:
    """Given an invoice with shipping on its header, which has no account there
    when none is set for shipping either, then it is held, and no voucher leaves it out; when one is, the voucher has a
    line of it."""
    id = payables.invoice(shipping_amount="12.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).value, payables.vouchers()) == ("shipping", [])
    testbed.configure(FLOW, charge_accounts={"shipping": "40.5010"})
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.costs(id) == [("30.5010", D(100)), ("40.5010", D(12))]
    assert payables.vouchers() == [(f"CPA-{id}-1", D(112), "A")]


def test_a_charge_on_an_account_that_jd_edwards_lacks_is_held(testbed: Site, payables: Payables) -> None:
    """Given freight on an account that JD Edwards does not know, then the invoice is held for that account, though the
    site has set one for charges that carry none."""
    testbed.configure(FLOW, charge_accounts={"shipping": "40.5010"})
    testbed.spend.create(
        "accounts", {"account-type": {"name": "JDE"}, "segment-1": "99", "segment-2": "1", "active": True}
    )
    payables.invoice(invoice_charges=[charge("Shipping", "12.00", "99-1")])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, payables.vouchers()) == ("account_not_found", [])


# -- credits ----------------------------------------------------------------------------------------------------------


@MODES
@pytest.mark.parametrize("answered", ["positive", "negative"])
def test_a_credit_note_as_on_the_paper_is_a_debit_memo(
    testbed: Site, payables: Payables, mode: str, answered: str
) -> None:
    """Given a credit note whose lines and total are positive, as on the paper, and an instance of either convention
    when it is synced, then JD Edwards has a debit memo of that amount: it is taken back and never paid out."""
    testbed.configure(FLOW, mode=mode)
    testbed.spend.configure(credit_notes=answered)
    id = payables.invoice("CN-1", costs=(("30-5010", "40.00"),), tax="8.00", **CREDIT)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["DCT"], D(item["AG"]), D(item["STAM"])) == ("PD", D(-48), D(-8))
    assert payables.costs(id) == [("30.5010", D(-40))]
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.as_delivered("coupa.credit_notes")
@pytest.mark.reason("credit_note_positive")
def test_what_may_be_a_credit_or_an_invoice_is_held(testbed: Site, payables: Payables) -> None:
    """Given a credit note of a positive total, some of whose lines are negative
    when it is synced, then it is held: it would be paid out, or taken back, by chance."""
    payables.invoice("CN-1", costs=(("30-5010", "50.00"), ("40-5010", "-10.00")), **CREDIT)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert "40.00" in testbed.exception(FLOW).value and payables.vouchers() == []


def test_a_credit_of_lines_of_both_signs_is_one_where_its_total_says_so(testbed: Site, payables: Payables) -> None:
    """Given a credit note some of whose lines are negative, in an instance that answers totals of credits below zero
    when it is synced, then its total leaves no doubt: the voucher takes back that much, each line in its own sense."""
    testbed.spend.configure(credit_notes="negative")
    id = payables.invoice("CN-1", costs=(("30-5010", "50.00"), ("40-5010", "-10.00")), **CREDIT)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["DCT"], D(item["AG"])) == ("PD", D(-40))
    assert payables.costs(id) == [("30.5010", D(-50)), ("40.5010", D(10))]


@pytest.mark.parametrize("sign", ["", "-"], ids=["positive", "negative"])
def test_a_credit_that_is_settled_is_told_in_the_sign_of_its_paper(
    testbed: Site, payables: Payables, sign: str
) -> None:
    """Given a credit of either sign that JD Edwards has settled, when that is told, then Coupa has a payment in the
    sign of the paper, so that nothing is due there, and it is told once."""
    testbed.flows[TO_COUPA] = {}
    id = payables.invoice("CN-1", costs=(("30-5010", f"{sign}40.00"),), **CREDIT)
    testbed.sync(FLOW)
    [item] = payables.items(id)
    found = Born(id, Entry(item["DOC"], item["DCT"], item["KCO"]))
    testbed.books.act("pay_voucher", found.voucher, date=TODAY, number=5001)
    testbed.sync(TO_COUPA)
    held = testbed.spend.one("invoices", id=str(id))
    printed = D(held["total-with-taxes"])
    assert abs(printed) == 40 and (printed < 0 or not sign)
    assert ([D(each["amount-paid"]) for each in held["payments"]], held["paid"]) == ([printed], True)
    assert D(held["amount-due"]) == 0
    assert testbed.sync(TO_COUPA)[TO_COUPA].writes == 0 and testbed.exceptions(TO_COUPA) == []

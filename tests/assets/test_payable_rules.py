"""Invoices that are born in Coupa by themselves: their mark, their number, their costs and taxes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from connector_assets.documents.coupa.discounts import Discount, discount_of
from connector_assets.documents.coupa.payables import Cost, Tax, header_sign, is_credit, payable_of, total_of
from connector_assets.pairs.jde_coupa.approved_invoices.settings import ApprovedInvoiceSettings
from connector_assets.pairs.jde_coupa.origin import LENGTHS, MarkRules, voucher_key_on
from connector_resources.coupa.models import Invoice


def invoice(**fields: Any) -> Invoice:
    """An invoice as the client reads it, of the fields that are given."""
    return Invoice.model_validate({"id": 7} | {name.replace("_", "-"): value for name, value in fields.items()})


def line(amount: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "type": "InvoiceAmountLine", "total": amount, "account": {"id": 5, "code": "30-5010"}, **more}


def costs_of(made: Invoice) -> list[Cost]:
    return list(payable_of(made).costs)


def taxes_of(made: Invoice) -> list[Tax]:
    return list(payable_of(made).taxes)


def charge(kind: str, total: str, **more: Any) -> dict[str, Any]:
    return {"id": 3, "type": f"Invoice{kind}Charge", "total": total} | {
        name.replace("_", "-"): value for name, value in more.items()
    }


# every recorded invoice carries all three, with nothing in them
NO_CHARGES = [
    charge(kind, "0.00", line_num=place, account_allocations=[])
    for place, kind in enumerate(("Shipping", "Handling", "Misc"), 1)
]


def taxed(amount: str, tax: str, code: str) -> dict[str, Any]:
    return line(amount) | {"tax-lines": [{"type": "TaxLine", "amount": tax, "tax-code": {"code": code}}]}


def test_a_mark_is_read_back_and_nothing_else_is() -> None:
    rules = MarkRules()
    assert rules.mark(4835, 2) == "CPA-4835-2"
    assert rules.read("CPA-4835-2 ") == (4835, 2)
    for other in (
        "",
        None,
        "CPA-4835",
        "CPA-04835-1",
        "CPA-4835-0",
        "cpa-4835-1",
        "CPA-4835-1x",
        "XCPA-1-1",
        "CPA-1-2-3",
    ):
        assert rules.read(other) is None


def test_a_mark_and_its_batch_have_room_for_the_largest_ids() -> None:
    rules = MarkRules()
    assert len(rules.mark(999_999_999, 9)) <= LENGTHS["URRF"] and len(rules.batch(999_999_999, 99)) <= 15
    assert len(rules.mark(10**13, 999)) <= 22


@pytest.mark.parametrize("prefix", ["", "CPA", "cpa-", "TOOLONG-", "C A-"])
def test_a_prefix_that_could_not_be_told_apart_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError):
        MarkRules(mark_prefix=prefix)


@pytest.mark.parametrize(
    ("note", "key"),
    [
        ("00001/PV/4711", "00001/PV/4711"),
        (" 00001/PV/4711 ", "00001/PV/4711"),
        ("see 00001/PV/4711", None),
        ("00001/PV/0", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_whole_key_says_that_an_invoice_came_from_jde(note: str | None, key: str | None) -> None:
    assert voucher_key_on(invoice(internal_note=note), None) == key
    assert voucher_key_on(invoice(custom_fields={"jde-voucher": note}), "jde-voucher") == key


def test_a_short_number_stays_and_long_ones_stay_apart() -> None:
    settings = ApprovedInvoiceSettings()
    assert settings.short("A" * 25) == "A" * 25
    one, other = settings.short("A" * 30 + "1"), settings.short("A" * 30 + "2")
    assert len(one) == len(other) == 25 and one != other and one[:17] == "A" * 16 + "~"
    assert settings.short("A" * 30 + "1") == one


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({}, False),
        ({"payer": "coupa"}, False),
        ({"payer": "coupa", "unpayable_status": "A"}, True),
        ({"payer": "coupa", "selected_statuses": ("A", "H")}, True),
        ({"approved_status": "H"}, True),
        ({"approved_status": "H", "selected_statuses": ("H",)}, False),
    ],
)
def test_one_system_alone_pays(settings: dict[str, Any], wrong: bool) -> None:
    assert bool(ApprovedInvoiceSettings.model_validate(settings).payer_problem) is wrong


def test_shares_take_their_percentage_and_the_last_one_the_rest() -> None:
    shares = [{"account": {"id": n, "code": str(n)}, "pct": pct} for n, pct in enumerate(("33.3", "33.3", "33.4"))]
    found = costs_of(invoice(invoice_lines=[line("-0.05") | {"account": None, "account-allocations": shares}]))
    assert [cost.amount for cost in found] == [Decimal("-0.02"), Decimal("-0.02"), Decimal("-0.01")]


def test_charges_carry_their_own_accounts_taxes_and_shares() -> None:
    """The header's amounts are the older form of the same: they count where no charge says anything."""
    shares = [
        {"account": {"id": 8, "code": "30-5020"}, "pct": "50"},
        {"account": {"id": 9, "code": "30-5030"}, "pct": "50"},
    ]
    tax = [{"type": "TaxLine", "amount": "1.00", "tax-code": {"code": "F"}}]
    charges = [
        charge("Shipping", "5.01", account_allocations=shares, tax_lines=tax),
        charge("Handling", "0.00"),
        charge("Misc", "2.00", account={"id": 7, "code": "40-5010"}),
    ]
    made = invoice(invoice_lines=[line("10.00")], invoice_charges=charges, shipping_amount="5.01", gross_total="18.01")
    found = payable_of(made)
    assert [(cost.charge, cost.amount, cost.account_id) for cost in found.costs] == [
        ("", Decimal(10), 5),
        ("shipping", Decimal("2.51"), 8),
        ("shipping", Decimal("2.50"), 9),
        ("misc", Decimal(2), 7),
    ]
    assert [(each.code, each.amount, each.net) for each in found.taxes] == [
        ("", Decimal(0), Decimal(12)),
        ("F", Decimal(1), Decimal("5.01")),
    ]
    assert found.net + found.tax == found.total == Decimal("18.01")


@pytest.mark.parametrize("charges", [[], NO_CHARGES], ids=["none", "three of nothing"])
def test_the_amounts_of_the_header_are_charges_without_an_account(charges: list[dict[str, Any]]) -> None:
    made = invoice(invoice_lines=[line("10.00")], handling_amount="2.00", invoice_charges=charges)
    assert [(cost.charge, cost.amount, cost.account_id) for cost in costs_of(made)] == [
        ("", Decimal(10), 5),
        ("handling", Decimal(2), None),
    ]


@pytest.mark.parametrize(("header", "tax"), [("4.00", "5.00"), ("5.00", "5.00"), (None, "5.00")])
def test_the_tax_of_a_charge_is_counted_once_whatever_the_header_sums(header: str | None, tax: str) -> None:
    """Whether the header's tax holds that of the charges is not established: the total says."""
    by_line = [taxed("100.00", "4.00", "S")]
    charges = [charge("Misc", "10.00", tax_lines=[{"type": "TaxLine", "amount": "1.00", "tax-code": {"code": "S"}}])]
    made = invoice(
        invoice_lines=by_line,
        invoice_charges=charges,
        line_level_taxation=True,
        tax_amount=header,
        total_with_taxes="115.00",
    )
    assert payable_of(made).tax == Decimal(tax)
    assert payable_of(made).net == Decimal(110)


def test_a_discount_lowers_no_total() -> None:
    """The vendor's own figures (coupa section 3.4.2): 10.80 is owed, 10.53 if it is paid in time."""
    made = invoice(
        invoice_lines=[line("10.00")],
        invoice_charges=NO_CHARGES,
        tax_amount="0.80",
        line_level_taxation=False,
        discount_amount="0.27",
        total_with_taxes="10.80",
        gross_total="10.80",
        gross_total_less_discount="10.53",
        discount_due_date="2026-03-11T23:59:59-08:00",
    )
    found = payable_of(made)
    assert (found.total, found.net, found.tax) == (Decimal("10.80"), Decimal(10), Decimal("0.80"))
    assert discount_of(made) == Discount(Decimal("0.27"), date(2026, 3, 11))


DAYS = {"code": "2/10", "days-for-discount-payment": 10, "type": "DaysAfterNetPaymentTerm"}


@pytest.mark.parametrize(
    ("fields", "amount", "until", "untold"),
    [
        ({"discount_amount": "0.00"}, None, None, ""),
        ({"gross_total_less_discount": "100.00"}, None, None, ""),
        ({"gross_total_less_discount": "0.00"}, None, None, ""),
        ({"gross_total_less_discount": "98.00", "discount_due_date": "2026-03-11"}, "2.00", date(2026, 3, 11), ""),
        ({"discount_amount": "2.00", "payment_term": DAYS}, "2.00", date(2026, 3, 11), ""),
        ({"discount_amount": "2.00", "payment_term": {**DAYS, "type": "SpecificDayPaymentTerm"}}, "2.00", None, "date"),
        ({"discount_amount": "2.00", "payment_term": {"code": "2/10"}}, "2.00", None, "date"),
        ({"discount_percent": "2.0", "payment_term": DAYS}, "0", date(2026, 3, 11), "2 per cent"),
        (
            {"discount_amount": "2.00", "gross_total_less_discount": "97.00", "payment_term": DAYS},
            *("2.00", date(2026, 3, 11), "3.00 less"),
        ),
        ({"discount_amount": "100.00", "payment_term": DAYS}, "100.00", date(2026, 3, 11), "100.00 of 100.00"),
    ],
)
def test_a_discount_needs_an_amount_and_a_day(
    fields: dict[str, Any], amount: str | None, until: date | None, untold: str
) -> None:
    found = discount_of(invoice(gross_total="100.00", invoice_date="2026-03-01", **fields))
    if amount is None:
        assert found is None
    else:
        assert found is not None
        assert (found.amount, found.until) == (Decimal(amount), until)
        assert untold in found.untold and bool(untold) == bool(found.untold)


CREDIT, PAPER = {"document_type": "Credit Note"}, {"document_type": "Invoice"}


@pytest.mark.parametrize(
    ("kind", "total", "lines", "costs"),
    [
        # the recorded one: an ordinary invoice below zero
        (PAPER, "-11.32", ["-11.32"], ["-11.32"]),
        (PAPER, "-20.00", ["-30.00", "10.00"], ["-30.00", "10.00"]),
        # a credit note as on the paper, and one in negative figures
        (CREDIT, "11.32", ["11.32"], ["-11.32"]),
        (CREDIT, "-11.32", ["-11.32"], ["-11.32"]),
        (CREDIT, "-20.00", ["-30.00", "10.00"], ["-30.00", "10.00"]),
        # a header of one convention, and lines of the other: turned once
        (CREDIT, "-11.32", ["11.32"], ["-11.32"]),
        (CREDIT, "11.32", ["-11.32"], ["-11.32"]),
        ({"is_credit_note": "true"}, "11.32", ["11.32"], ["-11.32"]),
    ],
)
def test_a_credit_is_owed_by_the_supplier_in_whichever_sign_it_is_printed(
    kind: dict[str, Any], total: str, lines: list[str], costs: list[str]
) -> None:
    made = invoice(invoice_lines=[line(each) for each in lines], gross_total=total, **kind)
    found = payable_of(made)
    assert [cost.amount for cost in found.costs] == [Decimal(each) for each in costs]
    assert found.total == found.net == -abs(Decimal(total)) and not found.untold
    assert header_sign(made) * Decimal(total) == found.total


def test_the_tax_of_a_credit_has_its_sign() -> None:
    made = invoice(
        invoice_lines=[line("40.00")], tax_amount="8.00", line_level_taxation=False, gross_total="48.00", **CREDIT
    )
    found = payable_of(made)
    assert (found.total, found.net, found.tax) == (Decimal(-48), Decimal(-40), Decimal(-8))


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (CREDIT, ["30.00", "-10.00"]),
        ({**PAPER, "is_credit_note": True}, ["20.00"]),
    ],
)
def test_what_may_be_owed_either_way_is_not_told(kind: dict[str, Any], lines: list[str]) -> None:
    made = invoice(invoice_lines=[line(each) for each in lines], gross_total="20.00", **kind)
    assert "20.00" in payable_of(made).untold


def test_a_line_for_an_order_is_not_split() -> None:
    shares = [{"account": {"id": 1, "code": "1"}, "pct": "50"}, {"account": {"id": 2, "code": "2"}, "pct": "50"}]
    ordered = line("10.00") | {"account": None, "account-allocations": shares, "po-number": "77", "order-line-num": "2"}
    [cost] = costs_of(invoice(invoice_lines=[ordered]))
    assert (cost.amount, cost.order, cost.order_line) == (Decimal(10), "77", "2")
    [unknown] = costs_of(invoice(invoice_lines=[line("10.00") | {"order-line-id": 9}]))
    assert unknown.order == "line 9"


def test_tax_of_the_whole_has_one_code() -> None:
    made = invoice(
        invoice_lines=[line("100.00")], tax_amount="20.00", tax_code={"code": "S"}, line_level_taxation=False
    )
    [tax] = taxes_of(made)
    assert (tax.code, tax.amount, tax.net) == ("S", Decimal(20), Decimal(100))
    none = invoice(invoice_lines=[line("100.00")], tax_amount="0.00", line_level_taxation=False)
    assert taxes_of(none) == []


def test_tax_by_line_is_summed_by_code_and_adds_up_with_charges() -> None:
    lines = [taxed("100.00", "20.00", "S"), taxed("50.00", "2.50", "R"), taxed("10.00", "2.00", "S")]
    made = invoice(invoice_lines=lines, line_level_taxation=True, tax_amount="24.50", shipping_amount="5.00")
    found = taxes_of(made)
    assert [(tax.code, tax.amount, tax.net) for tax in found] == [
        ("R", Decimal("2.50"), Decimal(55)),
        ("S", Decimal(22), Decimal(110)),
    ]
    assert sum(tax.net for tax in found) == sum(cost.amount for cost in costs_of(made))


def test_tax_beside_the_lines_has_a_code_of_its_own() -> None:
    lines = [taxed("100.00", "20.00", "S")]
    made = invoice(invoice_lines=lines, line_level_taxation=True, tax_amount="21.50")
    assert {(tax.code, tax.amount) for tax in taxes_of(made)} == {
        ("S", Decimal(20)),
        ("", Decimal("1.50")),
    }


def test_a_credit_is_what_coupa_calls_one() -> None:
    assert is_credit(invoice(is_credit_note=True)) and is_credit(invoice(document_type="Credit Note"))
    # the attribute makes a credit note, and an answer may not tell it: the type is what the document is
    assert is_credit(invoice(document_type="Credit Note", is_credit_note=False))
    assert not is_credit(invoice(document_type="Invoice"))
    assert total_of(invoice(gross_total="5.00")) == Decimal(5)

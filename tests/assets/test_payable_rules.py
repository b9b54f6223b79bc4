"""Invoices that are born in Coupa by themselves: their mark, their number, their costs and taxes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from connector_assets.integrations.from_coupa.payables import costs_of, is_credit, taxes_of, total_of
from connector_assets.integrations.jde_coupa.approved.settings import ApprovedInvoiceSettings
from connector_assets.integrations.jde_coupa.birthplace import LENGTHS, MarkRules, voucher_key_on
from connector_resources.coupa.models import Invoice


def invoice(**fields: Any) -> Invoice:
    """An invoice as the client reads it, of the fields that are given."""
    return Invoice.model_validate({"id": 7} | {name.replace("_", "-"): value for name, value in fields.items()})


def line(amount: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "type": "InvoiceAmountLine", "total": amount, "account": {"id": 5, "code": "30-5010"}, **more}


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


def test_charges_are_costs_without_an_account_and_a_discount_lowers_them() -> None:
    found = costs_of(invoice(invoice_lines=[line("10.00")], handling_amount="2.00", discount_amount="3.00"))
    assert [(cost.charge, cost.amount, cost.account_id) for cost in found] == [
        ("", Decimal(10), 5),
        ("handling", Decimal(2), None),
        ("discount", Decimal(-3), None),
    ]


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
    [tax] = taxes_of(made, costs_of(made))
    assert (tax.code, tax.amount, tax.net) == ("S", Decimal(20), Decimal(100))
    none = invoice(invoice_lines=[line("100.00")], tax_amount="0.00", line_level_taxation=False)
    assert taxes_of(none, costs_of(none)) == []


def test_tax_by_line_is_summed_by_code_and_adds_up_with_charges() -> None:
    lines = [taxed("100.00", "20.00", "S"), taxed("50.00", "2.50", "R"), taxed("10.00", "2.00", "S")]
    made = invoice(invoice_lines=lines, line_level_taxation=True, tax_amount="24.50", shipping_amount="5.00")
    found = taxes_of(made, costs_of(made))
    assert [(tax.code, tax.amount, tax.net) for tax in found] == [
        ("R", Decimal("2.50"), Decimal(55)),
        ("S", Decimal(22), Decimal(110)),
    ]
    assert sum(tax.net for tax in found) == sum(cost.amount for cost in costs_of(made))


def test_tax_beside_the_lines_has_a_code_of_its_own() -> None:
    lines = [taxed("100.00", "20.00", "S")]
    made = invoice(invoice_lines=lines, line_level_taxation=True, tax_amount="21.50")
    assert {(tax.code, tax.amount) for tax in taxes_of(made, costs_of(made))} == {
        ("S", Decimal(20)),
        ("", Decimal("1.50")),
    }


def test_a_credit_is_what_coupa_calls_one() -> None:
    assert is_credit(invoice(is_credit_note=True)) and is_credit(invoice(document_type="Credit Note"))
    assert not is_credit(invoice(document_type="Invoice"))
    assert total_of(invoice(gross_total="5.00")) == Decimal(5)

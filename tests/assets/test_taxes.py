"""What the tax of a voucher is, by its explanation codes: which distributions agree, and what goes beside the lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector_assets.documents.jde.vouchers.taxes import Taxed, charged, taxed

D = Decimal


def item(code: str, gross: str, tax: str, **more: Any) -> dict[str, Any]:
    return {"EXR1": code, "AG": D(gross), "STAM": D(tax), **more}


def reported(spent: str, *items: dict[str, Any], **rules: Any) -> Taxed:
    return taxed(items, D(spent), rules, foreign=False)


@pytest.mark.parametrize(
    ("code", "gross", "spent", "beside"),
    [
        ("V", "120", "100", "20"),
        ("", "120", "100", "20"),
        ("S", "120", "120", "0"),
        ("U", "100", "100", "0"),
        ("U", "100", "120", "0"),
        ("C", "120", "100", "20"),
        ("B", "120", "120", "0"),
        ("E", "100", "120", "0"),
    ],
)
def test_each_code_has_its_equation_and_other_codes_what_the_sums_prove(
    code: str, gross: str, spent: str, beside: str
) -> None:
    assert reported(spent, item(code, gross, "20")) == Taxed(D(beside), D(0))


@pytest.mark.parametrize(
    ("code", "gross", "spent", "gap"),
    [("V", "120", "120", "20"), ("S", "120", "100", "-20"), ("U", "120", "100", "-20"), ("V", "120", "100.01", "0.01")],
)
def test_what_fits_another_code_only_differs(code: str, gross: str, spent: str, gap: str) -> None:
    found = reported(spent, item(code, gross, "20"))
    assert (found.gap, found.unproved) == (D(gap), None)


def test_a_tax_that_no_equation_explains_is_told_with_its_code() -> None:
    """Canada's combined tax: of 15 only 5 are reclaimed."""
    found = reported("110", item("C", "115", "15"))
    assert (found.unproved, bool(found.gap)) == ("C", True)


def test_a_code_without_a_tax_needs_no_rule() -> None:
    assert reported("100", item("E", "100", "0")) == Taxed(D(0), D(0))
    assert reported("99", item("E", "100", "0")).unproved is None


def test_a_site_says_what_its_code_means() -> None:
    assert reported("120", item("C", "120", "20"), C="in_lines") == Taxed(D(0), D(0))
    assert reported("100", item("C", "120", "20"), C="in_lines").gap == D(-20)


def test_pay_items_of_several_codes_add_up() -> None:
    mixed = (item("V", "120", "20"), item("S", "55", "5"), item("U", "40", "4"))
    assert reported("195", *mixed) == Taxed(D(20), D(0))
    assert reported("199", *mixed) == Taxed(D(20), D(0))
    assert reported("190", *mixed).gap == D(-5)


def test_sums_that_two_rules_explain_with_different_taxes_prove_nothing() -> None:
    """Two unknown codes of equal tax: both in the lines, or one beside them and the other one self-assessed."""
    assert reported("120", item("B", "60", "10"), item("C", "60", "10")).unproved == "B, C"


def test_foreign_vouchers_are_judged_in_their_own_currency() -> None:
    foreign = {"EXR1": "S", "AG": D("85"), "STAM": D("17"), "ACR": D("100"), "CTAM": D("20")}
    assert taxed([foreign], D("100"), {}, foreign=True) == Taxed(D(0), D(0))


def test_use_tax_is_no_part_of_what_is_charged() -> None:
    assert charged([item("V", "120", "20"), item("U", "40", "4"), item("S", "55", "5")], {}, foreign=False) == D(25)

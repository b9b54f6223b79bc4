"""Which vendor of BILL a supplier is."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_assets.pairs.jde_bill.vendors.matching import (
    Known,
    Match,
    Sought,
    is_masked,
    match,
    same_name,
    same_number,
)

TAX, OTHER_TAX = "12-3456789", "98-7654321"


def vendor(id: str = "a", name: str = "Acme Drilling", **more: Any) -> Known:
    return Known(id=id, name=name, **more)


def supplier(name: str = "Acme Drilling", **more: Any) -> Sought:
    return Sought(names=(name,), **{"currency": "USD", "country": "US", **more})


def ids(found: Match) -> list[str]:
    return [each.id for each in found.candidates]


def test_a_tax_number_finds_a_vendor_of_any_name_however_it_is_written() -> None:
    found = match(supplier(tax_id="123456789"), [vendor("a", "Something else", tax_id=TAX), vendor("b", "Third")])
    assert (ids(found), found.against) == (["a"], ())


def test_a_name_finds_a_vendor_where_no_tax_number_speaks_against_it() -> None:
    found = match(supplier("Acme Drilling, Inc.", tax_id=TAX), [vendor("a", "ACME DRILLING INC")])
    assert (ids(found), found.against) == (["a"], ())
    assert "only the name" in match(supplier(), [vendor()], by_name=False).against[0]


def test_tax_number_and_name_that_point_at_two_vendors_are_for_a_person() -> None:
    found = match(supplier(tax_id=TAX), [vendor("a", "Zeta", tax_id=TAX), vendor("b", tax_id=OTHER_TAX)])
    assert (ids(found), found.against) == (["a", "b"], ("more than one vendor may be meant",))
    assert found.words == "a Zeta (tax number); b Acme Drilling (name)"


def test_a_namesake_of_another_tax_number_does_not_disturb_a_vendor_that_agrees_in_both() -> None:
    found = match(supplier(tax_id=TAX), [vendor("a", tax_id=TAX), vendor("b", tax_id=OTHER_TAX)])
    assert (ids(found), found.against) == (["a"], ())
    # of a namesake whose tax number is not known nobody can say so
    assert ids(match(supplier(tax_id=TAX), [vendor("a", tax_id=TAX), vendor("b")])) == ["a", "b"]


@pytest.mark.parametrize(
    ("sought", "held", "why"),
    [
        ({"tax_id": TAX}, {"tax_id": OTHER_TAX}, "its tax number is another one"),
        ({"tax_id": TAX}, {"tax_id": "XX-XXX4321"}, "its tax number is another one"),
        ({}, {"country": "CA"}, "it is in CA"),
        ({}, {"currency": "CAD"}, "its bills are in CAD"),
        ({}, {"archived": True}, "it is archived"),
        ({"name_rivals": frozenset({7, 5})}, {}, "supplier 5, 7 may be meant too"),
    ],
)
def test_what_speaks_against_a_name(sought: dict[str, Any], held: dict[str, Any], why: str) -> None:
    found = match(supplier(**sought), [vendor("a", **held)])
    assert (ids(found), found.against) == (["a"], (why,))


def test_a_masked_tax_number_is_a_hint_and_no_match() -> None:
    assert match(supplier("Another name", tax_id=TAX), [vendor(tax_id="*****6789")]) == Match()
    assert match(supplier(tax_id=TAX), [vendor(tax_id="*****6789")]).against == ()


def test_suppliers_that_share_a_tax_number_are_told_apart_by_name() -> None:
    branches = supplier(tax_id=TAX, tax_rivals=frozenset({9}))
    assert match(branches, [vendor("a", "Head office", tax_id=TAX)]).against == ("supplier 9 may be meant too",)
    assert match(branches, [vendor("a", tax_id=TAX)]).against == ()
    same = supplier(tax_id=TAX, tax_rivals=frozenset({9}), name_rivals=frozenset({9}))
    assert match(same, [vendor("a", tax_id=TAX)]).against == ("supplier 9 may be meant too",)


def test_vendors_of_the_supplier_s_currency_and_in_use_come_first() -> None:
    own, foreign = vendor("a", currency="USD"), vendor("b", currency="CAD")
    gone = vendor("c", currency="USD", archived=True)
    found = match(supplier(), [foreign, gone, own])
    assert (ids(found), found.against) == (["a"], ())


@pytest.mark.parametrize("nobody", [None, "", "NA", "000000000", "99-9999999", "*****6789", "1234"])
def test_what_is_no_tax_number_matches_nothing(nobody: str | None) -> None:
    assert match(supplier("Other", tax_id=nobody), [vendor(tax_id=nobody)]) == Match()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("GB123456789", "123456789", True),
        ("GB 123 4567 89", "gb123456789", True),
        # eight of these digits are a date: the letters tell two people apart
        ("ABC010203AB9", "XYZ010203AB9", False),
        ("12-3456789", "12-3456780", False),
    ],
)
def test_tax_numbers_of_other_countries(one: str, other: str, *, same: bool) -> None:
    assert (same_number(one) == same_number(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anvil & Sons", "ANVIL AND SONS", True),
        ("Acme, Incorporated", "Acme Inc.", True),
        ("Müller GmbH", "Muller gmbh", True),
        ("O'Neill  Plumbing", "ONeill Plumbing", True),
        ("A.B.C. Co", "ABC Company", True),
        ("Acme Inc", "Acme LLC", False),
        ("Acme", "Acme Drilling", False),
    ],
)
def test_names(one: str, other: str, *, same: bool) -> None:
    assert (same_name(one) == same_name(other)) is same


@given(st.text(max_size=40))
def test_a_normalised_name_is_normalised(name: str) -> None:
    once = same_name(name)
    assert same_name(once) == once
    assert same_name(f"  {name}, ") == once
    assert same_name(unicodedata.normalize("NFD", name)) == once


@given(st.from_regex(r"[0-9]{2}-[0-9]{7}", fullmatch=True), st.sampled_from(["-", " ", ".", ""]))
def test_how_a_tax_number_is_written_makes_no_difference(number: str, dash: str) -> None:
    assert same_number(number.replace("-", dash)) == same_number(number)
    assert not is_masked(number)
    assert same_number(f"XX-XXX{number[-4:]}") is None

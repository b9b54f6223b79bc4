"""The marker in the description of what came from JD Edwards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_assets.pairs.jde_bill.marker import key_of, keys_of, marker

COMPANIES = st.text("ABCXYZ0123456789", min_size=5, max_size=5)
TYPES = st.text("PVDMRLO", min_size=2, max_size=2)
NUMBERS = st.integers(1, 99_999_999)
SUFFIXES = st.lists(st.integers(1, 999).map("{:03}".format), min_size=1, max_size=6, unique=True)
TEXTS = st.text(max_size=30)


@settings(deadline=None)
@given(COMPANIES, TYPES, NUMBERS, SUFFIXES, TEXTS)
def test_pay_items_are_read_back_whatever_follows(
    company: str, kind: str, number: int, suffixes: list[str], text: str
) -> None:
    keys = [f"F0411:{company}/{kind}/{number}/{suffix}" for suffix in suffixes]
    shown = marker(*keys)
    assert list(keys_of(f"{shown} {text}")) == keys
    assert key_of(shown) == keys[0]


@settings(deadline=None)
@given(COMPANIES, TYPES, NUMBERS, st.sampled_from(["000", "001"]))
def test_orders_are_read_back(company: str, kind: str, number: int, suffix: str) -> None:
    key = f"F4301:{company}/{kind}/{number}/{suffix}"
    assert keys_of(marker(key)) == (key,)


def test_how_they_look() -> None:
    assert marker("F0411:00100/PV/778812/001") == "JDE 00100-PV-778812-001"
    assert marker("F0411:00100/PV/778812/001", "F0411:00100/PV/778812/003") == "JDE 00100-PV-778812-001+003"
    assert marker("F4301:00100/OP/100234/000") == "JDE PO 00100-OP-100234"


@pytest.mark.parametrize(
    "description",
    [
        None,
        "",
        "see JDE 00100-PV-778812-001",
        "JDE 4242",
        "JDE 00100-PV-778812",
        "JDE 00100-PV-778812-001x02",
        "JDE 00100-PV-x",
    ],
)
def test_other_texts_are_no_markers(description: str | None) -> None:
    assert (key_of(description), list(keys_of(description))) == (None, [])


def test_pay_items_of_two_vouchers_have_no_marker() -> None:
    with pytest.raises(ValueError, match="no pay items of one voucher"):
        marker("F0411:00100/PV/1/001", "F0411:00100/PV/2/001")

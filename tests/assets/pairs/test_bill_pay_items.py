"""How pay items make bills: grouping, proration, invoice numbers, and what a bill must be for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_assets.documents.jde.vouchers.pay_items import PayItem, voucher_of
from connector_assets.engine.money import CENT, amount_text, prorated, smallest
from connector_assets.pairs.jde_bill.marker import payment_marker, payment_of
from connector_assets.pairs.jde_bill.payables.amounts import wanted
from connector_assets.pairs.jde_bill.payables.covered import pay_items_of
from connector_assets.pairs.jde_bill.payables.numbers import LONGEST, invoice_number
from connector_assets.pairs.jde_bill.payables.pay_items import grouped
from connector_assets.pairs.jde_bill.payables.settings import PayableSettings
from connector_resources.bill import Bill

D = Decimal
EARLY, LATE = date(2026, 3, 22), date(2026, 4, 21)


def item(suffix: str, status: str = "A", due: date = EARLY, *, opened: str = "10.00", void: bool = False) -> PayItem:
    return PayItem(suffix, D("10.00"), D(0) if void else D(opened), status, due, void, 4343, None)


ITEMS = st.lists(
    st.builds(
        item,
        st.integers(1, 6).map("{:03}".format),
        st.sampled_from("AHP"),
        st.sampled_from([EARLY, LATE]),
        opened=st.sampled_from(["10.00", "0.00"]),
        void=st.booleans(),
    ),
    unique_by=lambda each: each.suffix,
    max_size=6,
)
SENT = st.dictionaries(
    st.integers(1, 6).map("{:03}".format), st.lists(st.integers(1, 6).map("{:03}".format), max_size=4), max_size=3
)


class TestGrouping:
    def test_what_agrees_is_one_bill_named_by_the_first(self) -> None:
        assert grouped([item("002"), item("001"), item("003")], {}) == {"001": ("001", "002", "003")}

    @pytest.mark.parametrize("other", [item("002", "H"), item("002", due=LATE)])
    def test_what_differs_is_apart(self, other: PayItem) -> None:
        assert grouped([item("001"), other], {}) == {"001": ("001",), "002": ("002",)}

    def test_what_is_paid_or_void_does_not_differ(self) -> None:
        items = [item("001", "P", LATE, opened="0.00"), item("002"), item("003"), item("004", "P", void=True)]
        assert grouped(items, {}) == {"001": ("001",), "002": ("002", "003"), "004": ("004",)}

    def test_a_bill_keeps_what_is_paid_of_it(self) -> None:
        items = [item("001", "P", opened="0.00"), item("002")]
        assert grouped(items, {"001": ["001", "002"]}) == {"001": ("001", "002")}

    def test_what_no_longer_agrees_leaves_its_bill(self) -> None:
        items = [item("001"), item("002", due=LATE), item("003")]
        assert grouped(items, {"001": ["001", "002", "003"]}) == {"001": ("001", "003"), "002": ("002",)}

    def test_what_is_voided_leaves_its_bill(self) -> None:
        items = [item("001"), item("002", "P", void=True)]
        assert grouped(items, {"001": ["001", "002"]}) == {"001": ("001",), "002": ("002",)}

    def test_a_pay_item_with_a_bill_of_its_own_is_in_no_other(self) -> None:
        items = [item("001"), item("002")]
        assert grouped(items, {"001": ["001", "002"], "002": ["002"]}) == {"001": ("001",), "002": ("002",)}

    @settings(deadline=None)
    @given(ITEMS, SENT)
    def test_every_pay_item_is_in_exactly_one(self, items: list[PayItem], sent: dict[str, list[str]]) -> None:
        bills = grouped(items, sent)
        covered = [suffix for covers in bills.values() for suffix in covers]
        assert sorted(covered) == sorted(each.suffix for each in items)
        assert all(covers[0] == first for first, covers in bills.items())

    @settings(deadline=None)
    @given(ITEMS, SENT)
    def test_what_was_sent_stays_named_as_it_was(self, items: list[PayItem], sent: dict[str, list[str]]) -> None:
        bills = grouped(items, sent)
        assert {each.suffix for each in items} & sent.keys() <= bills.keys()


class TestProration:
    @settings(deadline=None)
    @given(st.lists(st.integers(1, 10**9).map(lambda n: D(n) / 100), min_size=1, max_size=30), st.integers(1, 10**10))
    def test_the_sum_is_exact_and_in_pennies(self, weights: list[Decimal], cents: int) -> None:
        parts = prorated(weights, D(cents) / 100, CENT)
        assert sum(parts) == D(cents) / 100
        assert len(parts) == len(weights)
        assert all(part == part.quantize(D("0.01")) for part in parts)

    @settings(deadline=None)
    @given(st.lists(st.integers(-(10**9), 10**9).map(lambda n: D(n) / 100), min_size=1, max_size=30))
    def test_the_whole_is_the_distribution_itself(self, weights: list[Decimal]) -> None:
        if sum(weights):
            assert prorated(weights, sum(weights, D(0)), CENT) == weights

    def test_rounding_is_on_the_last_line(self) -> None:
        weights = [D("33.33"), D("33.33"), D("33.34")]
        assert prorated(weights, D("50.00"), CENT) == [D("16.67"), D("16.67"), D("16.66")]

    def test_each_currency_is_rounded_to_its_smallest_unit(self) -> None:
        thirds = [D(1), D(1), D(1)]
        assert prorated(thirds, D(100), smallest("JPY")) == [D(33), D(33), D(34)]
        assert prorated(thirds, D(1), smallest("KWD")) == [D("0.333"), D("0.333"), D("0.334")]
        assert prorated(thirds, D(1), smallest(None)) == [D("0.33"), D("0.33"), D("0.34")]

    def test_lines_that_come_to_nothing_make_no_amount(self) -> None:
        with pytest.raises(ValueError, match="come to nothing"):
            prorated([D("5.00"), D("-5.00")], D("1.00"), CENT)


KEYS = st.tuples(
    st.text("0123456789ABZ", min_size=5, max_size=5),
    st.text("PVDMR", min_size=2, max_size=2),
    st.integers(1, 99_999_999),
    st.integers(1, 999).map("{:03}".format),
).map(lambda parts: "F0411:" + "/".join(map(str, parts)))
NUMBERS = st.one_of(st.none(), st.text(min_size=1, max_size=25), st.text("A~1", min_size=1, max_size=25))


class TestNumbers:
    @settings(deadline=None)
    @given(NUMBERS, KEYS, NUMBERS, KEYS, st.booleans())
    def test_no_two_bills_bear_one_number(
        self, own: str | None, key: str, other: str | None, another: str, alone: bool
    ) -> None:
        coded = invoice_number(own, key, alone=False)
        second = invoice_number(other, another, alone=alone)
        assert coded is not None and second is not None
        assert len(coded) <= LONGEST and len(second) <= LONGEST
        assert (coded.casefold() == second.casefold()) <= (key == another)

    @settings(deadline=None)
    @given(NUMBERS, KEYS)
    def test_a_suppliers_number_goes_as_it_is_or_is_coded(self, own: str | None, key: str) -> None:
        number = invoice_number(own, key, alone=True)
        assert number is not None
        assert (number == own) == (own is not None and len(own) <= LONGEST and "~" not in own)

    def test_how_it_looks(self) -> None:
        key = "F0411:00100/PV/778812/001"
        assert invoice_number("2026/NORTHMOOR/FENCES/001", key, alone=True) == "2026/~00100PV00GOXO01"
        assert invoice_number(None, key, alone=True) == "PV~00100PV00GOXO01"

    def test_a_key_that_cannot_be_coded_has_no_number(self) -> None:
        assert invoice_number(None, "F0411:00100/PV/1/0001", alone=True) is None


def content(opened: str, *payments: dict[str, Any], by_target: str = "0.00") -> dict[str, Any]:
    return {"amount": opened, "by_target": by_target, "payments": list(payments)}


def paid(id: str, amount: str, day: date = EARLY, *, discount: str = "0.00", void: bool = False) -> dict[str, Any]:
    return {"id": id, "date": day.isoformat(), "amount": amount, "discount": discount, "void": void}


class TestAmounts:
    def test_what_was_paid_before_the_bill_is_no_part_of_it(self) -> None:
        found = wanted(content("60.00", paid("1", "40.00")), D(60), {}, EARLY)
        assert (found.total, found.record) == (D(60), ())

    def test_what_was_paid_since_is_recorded(self) -> None:
        found = wanted(content("40.00", paid("1", "40.00"), paid("2", "20.00")), D(60), {}, EARLY)
        assert (found.total, [each["id"] for each in found.record]) == (D(60), ["2"])

    def test_what_is_recorded_is_not_again(self) -> None:
        found = wanted(content("40.00", paid("2", "20.00")), D(60), {"2": D(20)}, EARLY)
        assert (found.total, found.record) == (D(60), ())

    def test_what_bill_paid_stays_a_part_of_it(self) -> None:
        assert wanted(content("0.00", by_target="60.00"), D(60), {}, EARLY).total == D(60)

    def test_a_discount_shrinks_it(self) -> None:
        found = wanted(content("0.00", paid("1", "98.00", discount="2.00")), D(100), {}, EARLY)
        assert (found.total, len(found.record)) == (D(98), 1)

    @pytest.mark.parametrize(("made", "since"), [(EARLY, ["2"]), (LATE, []), (None, ["1", "2"])])
    def test_where_the_voucher_changed_too_the_days_decide(self, made: date | None, since: list[str]) -> None:
        before = date(2026, 3, 1)
        found = wanted(content("35.00", paid("1", "40.00", before), paid("2", "20.00")), D(60), {}, made)
        assert [each["id"] for each in found.record] == since
        assert found.total == D(35) + sum((D(each["amount"]) for each in found.record), D(0))

    def test_a_voided_payment_that_was_never_recorded_is_nothing(self) -> None:
        found = wanted(content("60.00", paid("1", "40.00", void=True)), D(60), {}, EARLY)
        assert (found.record, found.taken_back) == ((), ())

    def test_a_voided_payment_that_is_recorded_was_taken_back(self) -> None:
        found = wanted(content("60.00", paid("1", "40.00", void=True)), D(60), {"1": D(40)}, EARLY)
        assert found.taken_back == ("1",)

    @settings(deadline=None)
    @given(st.lists(st.integers(1, 10**6), max_size=6), st.integers(1, 10**8), st.data())
    def test_jde_open_and_bill_due_are_the_same_in_the_end(
        self, cents: list[int], rest: int, data: st.DataObject
    ) -> None:
        """Whatever JDE paid before and since, total less recorded is what is open."""
        payments = [paid(str(n), amount_text(D(each) / 100)) for n, each in enumerate(cents)]
        since = data.draw(st.integers(0, len(payments)))
        opened = D(rest) / 100
        held = opened + sum((D(each["amount"]) for each in payments[since:]), D(0))
        found = wanted(content(amount_text(opened), *payments), held, {}, None)
        assert found.total == held
        assert found.total - sum((D(each["amount"]) for each in found.record), D(0)) == opened


def test_what_a_bill_covers() -> None:
    assert pay_items_of(Bill(id="1", description="JDE 00100-PV-7-001+002 | X")) == [
        "F0411:00100/PV/7/001",
        "F0411:00100/PV/7/002",
    ]
    assert pay_items_of(Bill(id="1", description="JDE PO 00100-OP-7")) == []
    assert pay_items_of(Bill(id="1")) == []


def test_the_marker_of_a_recorded_payment() -> None:
    assert payment_of(payment_marker(4711)) == "4711"
    assert [payment_of(text) for text in (None, "JDE 00100-PV-7-001", "JDE 4711x", "Check 12")] == [None] * 4


def test_the_voucher_of_a_key() -> None:
    assert voucher_of("F0411:00100/PV/7/001") == voucher_of("F0411:00100/PV/7") == "F0411:00100/PV/7"


def test_tax_on_a_line_needs_its_account() -> None:
    with pytest.raises(ValueError, match="needs tax_account"):
        PayableSettings(tax="line")

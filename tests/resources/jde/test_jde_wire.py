"""Cells as AIS sends them, tables as Arrow takes them, and queries as AIS reads them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_resources.errors import UnusableInput
from connector_resources.jde import TABLES, Kind, UnreadableAnswer, all_of, any_of, eq, known_table, ne, one_of
from connector_resources.jde.paging import Order, Place
from connector_resources.jde.preflight import LOG_TABLES
from connector_resources.jde.query import Today, ge, query_json
from connector_resources.jde.wire import Page, PageReader, day, money, number, text, whole

DECODE = msgspec.json.Decoder(float_hook=Decimal).decode


@settings(max_examples=100)
@given(st.dates(), st.sampled_from(["{}", " {} "]))
def test_days(wanted: date, form: str) -> None:
    assert day(form.format(f"{wanted.year:04d}{wanted.month:02d}{wanted.day:02d}")) == wanted


@pytest.mark.parametrize("nothing", [None, "", " ", "        ", "0", 0, "00000000"])
def test_no_day(nothing: Any) -> None:
    assert day(nothing) is None


@pytest.mark.parametrize("wrong", ["20261301", "04/03/2026", "125063", "now"])
def test_a_day_in_another_form_is_not_guessed(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day"):
        day(wrong)


@settings(max_examples=100)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=2))
def test_amounts_stay_to_the_penny(amount: Decimal) -> None:
    for sent in (DECODE(f"{amount:f}"), f" {amount:f} "):
        found = money(sent)
        assert found == amount
        assert str(found) == f"{amount:.2f}" or amount == 0


def test_numbers_and_texts() -> None:
    assert str(money(7324)) == "7324.00"
    assert str(money(Decimal("1.234"))) == "1.234"
    assert str(number(Decimal("1.2"))) == "1.2"
    assert (whole("4711"), whole(Decimal("4711.0")), whole(" "), whole(None)) == (4711, 4711, None, None)
    assert (money(""), number(None)) == (None, None)
    assert [text(cell) for cell in ("          30", " ", None, 30)] == ["30", "", "", "30"]
    for wrong in (Decimal("1.5"), "x"):
        with pytest.raises((ValueError, ArithmeticError)):
            whole(wrong)


def test_every_table_makes_a_schema_that_holds_its_rows() -> None:
    sample = {
        Kind.TEXT: "x",
        Kind.WHOLE: 1,
        Kind.TIME: 93005,
        Kind.MONEY: Decimal("1234567890123.456"),
        Kind.NUMBER: Decimal("1.5"),
        Kind.DAY: date(2026, 4, 5),
    }
    for table in TABLES.values():
        row = {alias: sample[column.kind] for alias, column in table.columns.items()}
        batch = pa.Table.from_pylist([row, dict.fromkeys(row)], schema=table.schema(tuple(row)))
        assert batch.to_pylist()[0] == row
        assert set(table.key) <= set(table.usual)
        # the order tables call the time of their last change TDAY
        clock = "TDAY" if table.name.startswith("F43") else "UPMT"
        # which time the outbound logs bear is not established
        dateless = table.name == "F0005" or table.name in LOG_TABLES
        assert dateless or (table.clock == clock and {"UPMJ", clock} <= set(table.usual))
    assert TABLES["F0411"].schema(("AG", "SITE")).types == [pa.decimal128(28, 3), pa.string()]
    assert "AC30" in TABLES["F0101"].columns
    assert "AC30" not in TABLES["F0101"].usual
    with pytest.raises(UnusableInput, match="F9999 is not known"):
        known_table("F9999")


def page(cell: Any) -> Any:
    grid = {"columns": {"F0411_AG": "Betrag"}, "rowset": [{"F0411_AG": 1}, {"F0411_AG": cell}], "summary": {}}
    return {"fs_DATABROWSE_F0411": {"data": {"gridData": grid}}}


def test_an_unreadable_cell_is_named() -> None:
    reader = PageReader(connection="erp", name="F0411", table=TABLES["F0411"], columns=["AG"])
    assert [row["AG"] for row in reader.page(page(" 2.5 ")).rows] == [1, Decimal("2.5")]
    broken = reader.page(page("NaN"))
    [reported] = broken.broken.values()
    assert (reported.field, reported.type, reported.expected) == ("AG", "text", "an amount")
    assert [row["AG"] for row in broken.rows if id(row) not in broken.broken] == [1]
    with pytest.raises(UnreadableAnswer, match="GRID_DATA"):
        reader.page({"fs_DATABROWSE_F0411": {"data": {}}})


def written(where: Any) -> Any:
    return query_json(where, "F0411", lambda wanted: wanted.strftime("%d/%m/%Y"))


def test_queries_as_the_sheet_has_them() -> None:
    assert written(None) == {"autoFind": True}
    assert written(ge("UPMJ", Today(-2))) == {
        "autoFind": True,
        "matchType": "MATCH_ALL",
        "condition": [
            {
                "controlId": "F0411.UPMJ",
                "operator": "GREATER_EQUAL",
                "value": [{"content": "2", "specialValueId": "TODAY_MINUS_DAY"}],
            }
        ],
    }
    found = written(all_of(eq("AN8", 7), any_of(eq("VINV", ""), one_of("AG", [Decimal("1E+3"), Decimal("2.50")]))))
    assert found["complexQuery"][0]["andOr"] == "AND"
    assert found["complexQuery"][1] == {
        "andOr": "AND",
        "query": {
            "matchType": "MATCH_ANY",
            "condition": [
                {"controlId": "F0411.VINV", "operator": "STR_BLANK"},
                {
                    "controlId": "F0411.AG",
                    "operator": "LIST",
                    "value": [
                        {"content": "1000", "specialValueId": "LITERAL"},
                        {"content": "2.50", "specialValueId": "LITERAL"},
                    ],
                },
            ],
        },
    }
    either = written(any_of(eq("AN8", 1), all_of(eq("AN8", 2), ne("VINV", ""))))
    assert [part["andOr"] for part in either["complexQuery"]] == ["AND", "OR"]
    assert all_of(None, None) is None
    assert all_of(None, eq("A", 1)) == eq("A", 1)
    assert one_of("A", [1, 1]) == eq("A", 1)
    with pytest.raises(ValueError, match="needs"):
        one_of("A", [])
    with pytest.raises(ValueError, match="needs"):
        any_of()


KEYS = st.tuples(
    st.integers(0, 3), st.sampled_from(["", "A", "B"]), st.sampled_from([None, date(2026, 1, 1), date(2026, 1, 2)])
)
ALIASES = ("DOC", "DCT", "DGJ")


def holds(query: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """A second reading of the query JSON."""
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "EQUAL": lambda a, b: a == b,
        "GREATER": lambda a, b: a > b,
        "GREATER_EQUAL": lambda a, b: a >= b,
        "LESS": lambda a, b: a < b,
        "LESS_EQUAL": lambda a, b: a <= b,
        "STR_BLANK": lambda a, b: a == b,
        "STR_NOT_BLANK": lambda a, b: a != b,
    }
    results = []
    for condition in query.get("condition", ()):
        alias = condition["controlId"].partition(".")[2]
        content = condition.get("value", [{"content": ""}])[0]["content"]
        stored = row[alias]
        mine = "" if stored is None else stored.strftime("%Y%m%d") if isinstance(stored, date) else str(stored)
        results.append(compare[condition["operator"]](mine, content))
    held = (any if query.get("matchType") == "MATCH_ANY" and results else all)(results)
    for part in query.get("complexQuery", ()):
        inner = holds(part["query"], row)
        held = held and inner if part["andOr"] == "AND" else held or inner
    return held


@settings(max_examples=100)
@given(keys=st.sets(KEYS, min_size=1), stop=st.data(), down=st.lists(st.booleans(), min_size=3, max_size=3))
def test_the_rest_of_a_browse_is_what_was_not_given_yet(
    keys: set[tuple[Any, ...]], stop: st.DataObject, down: list[bool]
) -> None:
    """For every order and every last row: what `rest()` selects, less what was given, is what sorts
    behind it."""

    def rank(row: Mapping[str, Any]) -> list[Any]:
        numbers = [row["DOC"], ["", "A", "B"].index(row["DCT"]), (row["DGJ"] or date.min).toordinal()]
        return [-value if reverse else value for value, reverse in zip(numbers, down, strict=True)]

    rows = sorted((dict(zip(ALIASES, key, strict=True)) for key in keys), key=rank)
    order = [Order(alias, reverse) for alias, reverse in zip(ALIASES, down, strict=True)]
    at = stop.draw(st.integers(1, len(rows)))
    place = Place(order, TABLES["F0911"], "F0911")
    for first, last in itertools.pairwise([0, at // 2, at]):
        if first < last:
            place.advance(Page(rows[first:last], rows[first:last], True, None))
    condition = next(iter(place.rest()))
    query = query_json(condition, "F0911", lambda wanted: wanted.strftime("%Y%m%d"))
    selected = [row for row in rows if holds(query, row)]
    assert place.comes_back_in(Page(selected, selected, False, None))
    assert place.advance(Page(selected, selected, False, None)) == rows[at:]


def test_dates_one_day_apart_are_one_day_apart() -> None:
    first = date(2026, 2, 28)
    assert day("20260301") == first + timedelta(days=1)

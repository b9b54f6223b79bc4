"""Conditions, literals in the user's date pattern, special values, ordering (jde-ais sections 3.1 and 8)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ais_caller import Ais, condition
from hypothesis import given
from hypothesis import strategies as st

from connector_sandbox.jde.dates import DatePattern
from connector_sandbox.testing import Sandbox, running

ALL = list(range(4711, 4723))
FIRST_DAY, SECOND_DAY, THIRD_DAY = ALL[:4], ALL[4:8], ALL[8:]


@pytest.mark.parametrize(
    ("operator", "contents", "expected"),
    [
        ("EQUAL", ["4713"], [4713]),
        ("NOT_EQUAL", ["4713"], [n for n in ALL if n != 4713]),
        ("LESS", ["4713"], [4711, 4712]),
        ("LESS_EQUAL", ["4713"], [4711, 4712, 4713]),
        ("GREATER", ["4720"], [4721, 4722]),
        ("GREATER_EQUAL", ["4721"], [4721, 4722]),
        ("BETWEEN", ["4715", "4717"], [4715, 4716, 4717]),
        ("LIST", ["4711", "4722", "9"], [4711, 4722]),
    ],
)
def test_operators_on_numbers(ais: Ais, operator: str, contents: list[str], expected: list[int]) -> None:
    assert sorted(ais.documents(condition("F0411.DOC", operator, *contents))) == expected
    on_amount = [condition("F0411.AG", "EQUAL", "1252.50"), condition("F0411.DOC", operator, *contents)]
    assert ais.documents(*on_amount) == [n for n in expected if n == 4713]


@pytest.mark.parametrize(
    ("operator", "contents", "expected"),
    [
        ("EQUAL", ["INV-4713 "], [4713]),
        ("STR_START_WITH", ["INV-472"], [4720, 4721, 4722]),
        ("STR_END_WITH", ["22"], [4722]),
        ("STR_CONTAIN", ["V-471"], list(range(4711, 4720))),
        ("STR_NOT_BLANK", [], ALL),
        ("STR_BLANK", [], []),
    ],
)
def test_operators_on_strings(ais: Ais, operator: str, contents: list[str], expected: list[int]) -> None:
    assert sorted(ais.documents(condition("F0411.VINV", operator, *contents))) == expected


def test_business_units_match_trimmed_values_and_come_out_right_justified(ais: Ais) -> None:
    found = ais.rows("F0006", condition("F0006.MCU", "EQUAL", "30"))
    assert [row["MCU"] for row in found] == ["          30"]
    assert found[0]["DL01"] == "Roads".ljust(30)
    assert found[0]["DL02"] == " "
    ordered = ais.rows("F0006", aggregation={"orderBy": [{"column": "F0006.MCU", "direction": "ASC"}]})
    assert [row["MCU"].strip() for row in ordered] == ["30", "39284"]


@pytest.mark.parametrize("literal", ["06/04/2016", "06042016", "6.4.2016", "06-04-2016"])
def test_literal_dates_in_the_users_pattern_with_and_without_separators(ais: Ais, literal: str) -> None:
    assert sorted(ais.documents(condition("F0411.UPMJ", "EQUAL", literal))) == SECOND_DAY


@pytest.mark.parametrize(
    ("literal", "operator", "expected"),
    [
        ("04/06/2016", "EQUAL", []),  # 4 June
        ("04/06/2016", "LESS", ALL),
        ("2016-04-06", "GREATER_EQUAL", ALL),  # day 2016 of month 4 of year 6
        ("20160406", "GREATER_EQUAL", ALL),  # day 20, month 16, year 406
    ],
)
def test_literal_in_another_pattern_silently_means_other_rows(
    ais: Ais, literal: str, operator: str, expected: list[int]
) -> None:
    assert sorted(ais.documents(condition("F0411.UPMJ", operator, literal))) == expected


def test_second_users_pattern_reads_the_same_literal_differently(sandbox: Sandbox) -> None:
    limited = Ais(sandbox, "MLREAD", "Sandbox-Only-2")
    assert sorted(limited.documents(condition("F0411.UPMJ", "EQUAL", "04/06/2016"))) == SECOND_DAY


def test_today_is_the_servers_local_day(sandbox: Sandbox, ais: Ais) -> None:
    # 23:30 UTC on the 6th is the 7th in London in summer.
    sandbox.clock.set(datetime(2016, 4, 6, 23, 30, tzinfo=ZoneInfo("UTC")))
    ais = Ais(sandbox)
    assert sorted(ais.documents(condition("F0411.UPMJ", "EQUAL", "", special="TODAY"))) == THIRD_DAY
    assert sorted(ais.documents(condition("F0411.UPMJ", "EQUAL", 1, special="TODAY_MINUS_DAY"))) == SECOND_DAY
    sandbox.clock.set(datetime(2016, 3, 5, 12, tzinfo=ZoneInfo("UTC")))
    ais = Ais(sandbox)
    assert sorted(ais.documents(condition("F0411.UPMJ", "EQUAL", 1, special="TODAY_PLUS_MONTH"))) == FIRST_DAY
    sandbox.clock.set(datetime(2017, 4, 5, 12, tzinfo=ZoneInfo("UTC")))
    ais = Ais(sandbox)
    assert sorted(ais.documents(condition("F0411.UPMJ", "EQUAL", 1, special="TODAY_MINUS_YEAR"))) == FIRST_DAY


def test_empty_dates_and_complex_queries(ais: Ais) -> None:
    assert ais.documents(condition("F0411.DDJ", "LESS", "01/01/2030")) == []
    assert len(ais.documents(condition("F0411.DDJ", "EQUAL", ""))) == len(ALL)
    any_of = {"matchType": "MATCH_ANY", "condition": [condition("F0411.DOC", "EQUAL", n) for n in (4711, 4712)]}
    assert sorted(ais.documents(query=any_of)) == [4711, 4712]
    keyset = {
        "condition": [condition("F0411.UPMJ", "GREATER_EQUAL", "06/04/2016")],
        "complexQuery": [
            {
                "andOr": "AND",
                "query": {
                    "condition": [condition("F0411.UPMJ", "GREATER", "06/04/2016")],
                    "complexQuery": [
                        {
                            "andOr": "OR",
                            "query": {
                                "matchType": "MATCH_ALL",
                                "condition": [
                                    condition("F0411.UPMJ", "EQUAL", "06/04/2016"),
                                    condition("F0411.DOC", "GREATER", 4716),
                                ],
                            },
                        }
                    ],
                },
            }
        ],
    }
    assert sorted(ais.documents(query=keyset)) == [4717, 4718, *THIRD_DAY]


def test_login_user_special_value(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/rows", {"system": "jde", "table": "F0101", "upsert": [{"AN8": 9, "USER": "MLCONN"}]})
    found = ais.rows("F0101", condition("F0101.USER", "EQUAL", "", special="LOGIN_USER"))
    assert [row["AN8"] for row in found] == [9]


def test_order_by_several_columns(ais: Ais) -> None:
    order = [{"column": "F0411.AN8", "direction": "DESC"}, {"column": "F0411.DOC", "direction": "ASC"}]
    found = ais.documents(aggregation={"orderBy": order})
    assert found == [n for n in ALL if n % 2 == 0] + [n for n in ALL if n % 2]


@pytest.mark.parametrize(
    "body",
    [
        {"targetName": "F9999"},
        {"targetName": "F0411", "returnControlIDs": "F0411.RPAN8"},
        {"targetName": "F0411", "query": {"condition": [condition("F0411.RPAN8", "EQUAL", 1)]}},
        {"targetName": "F0411", "query": {"condition": [condition("F0411.DOC", "LIKE", 1)]}},
        {"targetName": "F0411", "query": {"condition": [condition("F0411.DOC", "STR_CONTAIN", 1)]}},
        {"targetName": "F0411", "query": {"condition": [condition("F0411.DOC", "BETWEEN", 1)]}},
        {"targetName": "F0411", "query": {"condition": [condition("F0411.DOC", "EQUAL", "x")]}},
    ],
)
def test_what_the_data_service_does_not_know_is_an_error(ais: Ais, body: dict[str, Any]) -> None:
    answer = ais.post("/v2/dataservice", {"targetType": "table", "dataServiceType": "BROWSE", **body})
    assert answer.status_code == 500
    assert answer.json()["message"]


@given(
    st.sampled_from(["dd/MM/yyyy", "MM/dd/yyyy", "yyyy-MM-dd", "dd.MM.yyyy"]),
    st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    st.booleans(),
)
def test_patterns_read_what_they_write(pattern: str, day: date, separators: bool) -> None:
    parsed = DatePattern.parse(pattern)
    text = parsed.format(day)
    assert parsed.read(text if separators else "".join(filter(str.isdigit, text))) == day


@given(st.text(max_size=20))
def test_any_literal_is_read_or_is_no_date(text: str) -> None:
    found = DatePattern.parse("dd/MM/yyyy").read(text)
    assert found is None or isinstance(found, date)


def test_unknown_target_may_be_an_error_in_a_200() -> None:
    with running(world={"jde": {}}, only=["jde"], options={"jde": {"unknown_target": "200"}}) as sandbox:
        answer = Ais(sandbox).post("/v2/dataservice", {"targetName": "F9999"})
        assert answer.status_code == 200
        assert answer.json()["sysErrors"]


def test_changes_are_stamped_in_local_time(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.clock.set(datetime(2016, 7, 1, 23, 5, 9, tzinfo=ZoneInfo("UTC")))
    sandbox.post("/rows", {"system": "jde", "table": "F0401", "upsert": [{"AN8": 4343, "HDPY": "Y"}]})
    sandbox.clock.advance(timedelta(minutes=1).total_seconds())
    row = Ais(sandbox).rows("F0401", condition("F0401.AN8", "EQUAL", 4343))[0]
    assert (row["HDPY"], row["UPMJ"], row["TRAP"]) == ("Y", "20160702", "N30")
    assert row["UPMT"] in (509, 510)  # 00:05:09 without leading zeros

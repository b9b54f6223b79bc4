"""COUNT, AGGREGATION and the stamp of a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.errors import UnusableInput
from connector_resources.jde import JdeClient, Stamp, UnreadableAnswer, eq
from connector_resources.jde.wire import aggregation_rows, count_of

Connect = Callable[..., JdeClient]


def test_the_stamp_is_the_last_time_of_the_last_day(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    ledger[3]["UPMT"] = 235959  # a later time of an earlier day
    client = connect()
    assert client.latest_stamp("F0411") == Stamp(25, date(2026, 4, 27), 90024)
    assert client.latest_stamp("F0411", eq("AN8", 1)) == Stamp(0, None, None)
    ais.tables["F0005"] = [{"SY": "00", "RT": "PS", "KY": "A"}]
    assert client.latest_stamp("F0005") == Stamp(1, None, None)


def test_a_maximum_in_an_unknown_form_is_replaced_by_the_last_row(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    ledger[24]["UPMT"] = None
    ledger.append({**ledger[0], "DOC": 1, "UPMJ": None})
    form = ais._aggregate
    ais._aggregate = lambda name, rows, asked: [  # type: ignore[method-assign]
        {key: "27. Apr." if key.endswith("UPMJ_MAX") else value for key, value in element.items()}
        for element in form(name, rows, asked)
    ]
    assert connect().latest_stamp("F0411") == Stamp(26, date(2026, 4, 27), None)


def test_aggregates_have_the_types_of_their_columns(connect: Connect, ledger: list[dict[str, Any]]) -> None:
    rows = connect().aggregate("F0411", [("SUM", "AG"), ("MIN", "UPMJ"), ("COUNT", "DOC")], group_by=["KCO", "SFX"])
    assert rows[0] == {
        "KCO": "00001",
        "SFX": "001",
        "AG_SUM": sum((row["AG"] for row in ledger if row["SFX"] == "001"), Decimal(0)),
        "UPMJ_MIN": date(2026, 4, 3),
        "DOC_COUNT": 13,
    }
    assert str(rows[0]["AG_SUM"]).endswith(".65")
    with pytest.raises(UnusableInput, match="no aggregation 'MEDIAN'"):
        connect().aggregate("F0411", [("MEDIAN", "AG")])


@pytest.mark.parametrize(
    "body",
    [
        {"ds_F0411": {"count": 7}},
        {"ds_F0411": {"count": "7"}},
        {"ds_F0411": 7},
        {"count": 7},
        {"ds_F0411": {"output": [{"F0411.DOC_COUNT": 7}]}},
        {"ds_F0411": {"output": [{"F0411_COUNT": Decimal("7.0")}]}},
    ],
)
def test_forms_of_a_count(body: Any) -> None:
    assert count_of(body, "F0411") == 7


@pytest.mark.parametrize("body", [{}, None, {"ds_F0411": {}}, {"ds_F0411": {"count": "many"}}, {"ds_F0411": True}])
def test_no_count(body: Any) -> None:
    assert count_of(body, "F0411") is None


def test_forms_of_an_aggregation() -> None:
    dotted = {"ds_F0411": {"output": [{"groupBy": {"F0411.AN8": 1}, "F0411.AG_SUM": 2}]}}
    underscored = {"ds_F0411": {"output": [{"groupBy": {"F0411_AN8": 1}, "F0411_AG_SUM": 2}]}}
    assert aggregation_rows(dotted, "F0411") == aggregation_rows(underscored, "F0411") == [{"AN8": 1, "AG_SUM": 2}]
    assert aggregation_rows({"ds_F0411": {"output": [{"error": "no"}]}}, "F0411") is None
    assert aggregation_rows({"ds_F0411": {}}, "F0411") is None


def test_an_answer_that_is_not_understood_is_not_used(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    client = connect()
    client.count("F0411")
    ais.before = lambda method, path, body: (200, {"ds_F0411": {"output": [{"error": "no such column"}]}})
    with pytest.raises(UnreadableAnswer):
        client.aggregate("F0411", [("SUM", "AG")])
    ais.before = lambda method, path, body: (200, {"ds_F0411": {"total": 3}})
    with pytest.raises(UnreadableAnswer, match="holds no count"):
        client.count("F0411")

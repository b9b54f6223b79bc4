"""Rows that a question scans, by the indexes of one schema (jde-ais section 16)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

ROWS = 12  # vouchers of the test world, 6 of each supplier


@pytest.fixture
def counting(ais: Ais) -> Ais:
    ais.sandbox.post("/options", {"jde": {"count_scans": True}})
    return ais


def scanned(ais: Ais, table: str = "F0411") -> dict[str, Any]:
    """What the questions to a table cost."""
    counted: dict[str, Any] = ais.sandbox.get("/scans")["jde"]["tables"][table]
    return counted


def ask(ais: Ais, kind: str, *conditions: dict[str, Any], table: str = "F0411", **extra: Any) -> None:
    body = {"targetName": table, "targetType": "table", "dataServiceType": kind, "query": {"condition": [*conditions]}}
    answer = ais.post("/v2/dataservice", {**body, **extra})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("conditions", "rows", "index"),
    [
        ([("F0411.UPMJ", "GREATER_EQUAL", "07/04/2016")], ROWS, "whole table"),
        ([("F0411.VINV", "EQUAL", "INV-4713")], ROWS, "whole table"),
        ([("F0411.AN8", "EQUAL", "4343")], 6, "AN8,VINV"),
        ([("F0411.AN8", "EQUAL", "4343"), ("F0411.VINV", "EQUAL", "INV-4713")], 1, "AN8,VINV"),
        ([("F0411.AN8", "EQUAL", "4343"), ("F0411.VINV", "STR_START_WITH", "INV-472")], 1, "AN8,VINV"),
        ([("F0411.AN8", "EQUAL", "4343"), ("F0411.PST", "EQUAL", "P")], 6, "AN8,VINV"),
        ([("F0411.DOC", "LIST", "4711", "4712", "9")], 2, "DOC,DCT,KCO,SFX,SFXE"),
        ([("F0411.DOC", "BETWEEN", "4715", "4717"), ("F0411.DCT", "EQUAL", "XX")], 3, "DOC,DCT,KCO,SFX,SFXE"),
        ([("F0411.DOC", "GREATER", "4720"), ("F0411.DOC", "LESS", "4722")], 1, "DOC,DCT,KCO,SFX,SFXE"),
        ([("F0411.DOC", "NOT_EQUAL", "4711")], ROWS, "whole table"),
        ([("F0411.ICUT", "EQUAL", "V"), ("F0411.ICU", "EQUAL", "5")], 0, "ICUT,ICU,KCO,DCT,DOC"),
    ],
)
def test_a_question_costs_what_the_best_index_leaves(
    counting: Ais, conditions: list[tuple[str, ...]], rows: int, index: str
) -> None:
    ask(counting, "COUNT", *(condition(control, operator, *contents) for control, operator, *contents in conditions))
    counted = scanned(counting)
    assert counted["rows"] == rows
    assert list(counted["indexes"]) == [index]
    assert counted["worst"]["of"] == ROWS


def branch(*conditions: dict[str, Any], how: str = "OR", match: str = "MATCH_ALL") -> dict[str, Any]:
    return {"andOr": how, "query": {"matchType": match, "condition": list(conditions)}}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        # two keys, of the primary key's index both
        (
            {
                "condition": [condition("F0411.DOC", "EQUAL", 4711)],
                "complexQuery": [branch(condition("F0411.DOC", "EQUAL", 4712))],
            },
            2,
        ),
        # a key, or a date: the date has no index, so the table is read once for both
        (
            {
                "condition": [condition("F0411.DOC", "EQUAL", 4711)],
                "complexQuery": [branch(condition("F0411.UPMJ", "EQUAL", "05/04/2016"))],
            },
            ROWS,
        ),
        # MATCH_ANY is an OR as well
        (
            {
                "matchType": "MATCH_ANY",
                "condition": [condition("F0411.AN8", "EQUAL", 4343), condition("F0411.DOC", "EQUAL", 4711)],
            },
            6 + 1,
        ),
        # one supplier, and either of two invoice numbers: the supplier narrows both branches down
        (
            {
                "condition": [condition("F0411.AN8", "EQUAL", 4343)],
                "complexQuery": [
                    branch(
                        condition("F0411.VINV", "EQUAL", "INV-4711"),
                        condition("F0411.VINV", "EQUAL", "INV-4713"),
                        how="AND",
                        match="MATCH_ANY",
                    )
                ],
            },
            2,
        ),
        # an AND of groups is one conjunction
        (
            {
                "condition": [condition("F0411.VINV", "EQUAL", "INV-4711")],
                "complexQuery": [branch(condition("F0411.AN8", "EQUAL", 4343), how="AND")],
            },
            1,
        ),
    ],
)
def test_branches_of_an_or_are_added_up(counting: Ais, query: dict[str, Any], rows: int) -> None:
    ask(counting, "COUNT", query=query)
    assert scanned(counting)["rows"] == rows


def test_the_sum_per_table_route_and_index_and_the_worst_question(counting: Ais) -> None:
    by_date, by_key = condition("F0411.UPMJ", "EQUAL", "05/04/2016"), condition("F0411.DOC", "EQUAL", 4711)
    counting.rows("F0411", by_date)
    ask(counting, "COUNT", by_key)
    sums = {"aggregations": [{"column": "F0411.AG", "aggregation": "SUM"}]}
    ask(counting, "AGGREGATION", by_key, aggregation=sums)
    counting.get("/v2/dataservice/table/F0411", params={"$filter": "F0411.AN8 EQ 4343"})
    member = {"targetName": "F0101", "targetType": "table", "dataServiceType": "COUNT"}
    counting.post("/v2/dataservice", {"batchDataRequest": True, "dataRequests": [member, member]})
    counting.post("/v3/orchestrator/ML_AccountFind", {"BusinessUnit ": "30", "ObjectAccount": "4210"})

    report = counting.sandbox.get("/scans")["jde"]
    vouchers = report["tables"]["F0411"]
    assert report["counting"] is True
    assert (vouchers["questions"], vouchers["rows"]) == (4, 12 + 1 + 1 + 6)
    assert vouchers["routes"] == {
        "dataservice": {"questions": 3, "rows": 14},
        "dataservice/table": {"questions": 1, "rows": 6},
    }
    assert vouchers["indexes"]["whole table"] == {"questions": 1, "rows": 12}
    assert vouchers["worst"] == {
        "rows": 12,
        "of": 12,
        "index": "whole table",
        "service": "BROWSE",
        "route": "dataservice",
        "conditions": "UPMJ EQUAL 2016-04-05",
    }
    assert report["tables"]["F0101"]["routes"]["dataservice"] == {"questions": 2, "rows": 6}
    assert report["tables"]["F0901"]["routes"] == {"orchestrator": {"questions": 1, "rows": 1}}
    assert (report["questions"], report["rows"]) == (4 + 2 + 1, 20 + 6 + 1)

    assert counting.sandbox.post("/scans/reset")["jde"]["questions"] == 0
    assert counting.sandbox.get("/scans")["jde"]["tables"] == {}


def test_an_index_that_the_site_added_is_used(counting: Ais) -> None:
    counting.sandbox.post("/options", {"jde": {"added_indexes": {"F0411": ["UPMJ,UPMT"]}}})
    ask(counting, "COUNT", condition("F0411.UPMJ", "GREATER_EQUAL", "07/04/2016"))
    counted = scanned(counting)
    assert counted["rows"] == 4
    assert list(counted["indexes"]) == ["UPMJ,UPMT"]
    for wrong in ({"F0411": ["NOPE"]}, {"F9999": ["UPMJ"]}, {"F0411": [""]}):
        with pytest.raises(ValueError, match=r"added_indexes|no column NOPE"):
            counting.sandbox.post("/options", {"jde": {"added_indexes": wrong}})


def order(*aliases: str, direction: str = "ASC") -> dict[str, Any]:
    return {"orderBy": [{"column": f"F0411.{alias}", "direction": direction} for alias in aliases]}


@pytest.mark.parametrize(
    ("request_", "conditions", "rows"),
    [
        # one row more than the page tells whether there are more
        ({"maxPageSize": "1"}, [], 2),
        ({"maxPageSize": "2", "aggregation": order("DOC", "DCT", "KCO")}, [], 3),
        ({"maxPageSize": "1", "aggregation": order("DOC", direction="DESC")}, [], 2),
        ({"maxPageSize": "1", "aggregation": order("AN8", "VINV")}, [condition("F0411.AN8", "EQUAL", 4343)], 2),
        # sorted by something else: all must be seen first
        ({"maxPageSize": "1", "aggregation": order("UPMJ")}, [], ROWS),
        ({"maxPageSize": "1", "aggregation": order("DGJ")}, [condition("F0411.AN8", "EQUAL", 4343)], 6),
        # a condition that the index does not answer
        ({"maxPageSize": "1", "aggregation": order("DOC")}, [condition("F0411.PST", "EQUAL", "A")], ROWS),
        # next pages are there to be read
        ({"maxPageSize": "1", "enableNextPageProcessing": True}, [], ROWS),
    ],
)
def test_a_browse_stops_where_its_page_is_full(
    counting: Ais, request_: dict[str, Any], conditions: list[dict[str, Any]], rows: int
) -> None:
    counting.rows("F0411", *conditions, **request_)
    assert scanned(counting)["rows"] == rows


def test_nothing_is_counted_unless_it_is_asked_for(ais: Ais, sandbox: Sandbox) -> None:
    ais.rows("F0411", condition("F0411.UPMJ", "EQUAL", date(2016, 4, 5)))
    assert sandbox.get("/scans")["jde"] == {"counting": False, "questions": 0, "rows": 0, "tables": {}}

"""Pages, next links, limits, aggregation, the GET form, batches and the wire form (jde-ais sections 3 and 4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ais_caller import Ais, condition, plain_rows

from connector_sandbox.testing import Sandbox, running

ALL = list(range(4711, 4723))
ORDER = {"orderBy": [{"column": "F0411.DOC", "direction": "ASC"}]}
PAGED = {"enableNextPageProcessing": "true", "aggregation": ORDER, "returnControlIDs": "F0411.DOC"}


def follow(ais: Ais, answer: dict[str, Any], method: str = "GET") -> Any:
    """Call the next link of an answer on the address that the caller knows."""
    link = answer["links"][0]
    assert link["rel"] == "next" and link["href"].startswith("http://e1ais01.internal.example:9300/jderest/v2/")
    path = "/v2/dataservice/next?" + link["href"].split("?", 1)[1]
    return ais.get(path) if method == "GET" else ais.post(path)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_next_links_lead_through_all_rows_once(ais: Ais, method: str) -> None:
    answer = ais.browse("F0411", maxPageSize="5", **PAGED)
    pages = [[row["DOC"] for row in plain_rows("F0411", answer)]]
    while "links" in answer:
        answer = follow(ais, answer, method).json()
        pages.append([row["DOC"] for row in plain_rows("F0411", answer)])
    assert pages == [ALL[:5], ALL[5:10], ALL[10:]]
    assert answer["fs_DATABROWSE_F0411"]["data"]["gridData"]["summary"] == {"records": 2, "moreRecords": False}


def test_cursor_dies_after_sixty_seconds_with_its_session_and_when_asked_twice(sandbox: Sandbox, ais: Ais) -> None:
    def is_expired(answer: Any) -> bool:
        return answer.status_code == 500 and "JAS_MSG347" in answer.json()["sysErrors"][0]["TITLE"]

    first = ais.browse("F0411", maxPageSize="5", **PAGED)
    sandbox.clock.advance(59)
    second = follow(ais, first)
    assert second.status_code == 200
    assert is_expired(follow(ais, first))
    sandbox.clock.advance(61)
    assert is_expired(follow(ais, second.json()))
    other = Ais(sandbox)
    fresh = ais.browse("F0411", maxPageSize="5", **PAGED)
    assert is_expired(follow(other, fresh))
    sandbox.post("/faults", [{"kind": "dead_link", "route": "GET /jderest/v2/dataservice/next", "name": "dead"}])
    assert is_expired(follow(ais, fresh))


@pytest.mark.parametrize(("policy", "expected"), [("same_page", ALL[5:10]), ("next_page", ALL[10:])])
def test_a_link_called_twice_does_what_the_site_says(sandbox: Sandbox, policy: str, expected: list[int]) -> None:
    sandbox.post("/options", {"jde": {"repeated_link": policy}})
    ais = Ais(sandbox)
    first = ais.browse("F0411", maxPageSize="5", **PAGED)
    follow(ais, first)
    assert [row["DOC"] for row in plain_rows("F0411", follow(ais, first).json())] == expected


def test_rows_move_between_pages_as_the_site_says(sandbox: Sandbox) -> None:
    for moving, expected in ((False, ALL[5:10]), (True, ALL[6:11])):
        sandbox.post("/reset")
        sandbox.post("/options", {"jde": {"moving_pages": moving}})
        ais = Ais(sandbox)
        first = ais.browse("F0411", maxPageSize="5", **PAGED)
        key = {"KCO": "00001", "DCT": "PV", "DOC": 4711, "SFX": "001"}
        sandbox.post("/rows", {"system": "jde", "table": "F0411", "delete": [key]})
        assert [row["DOC"] for row in plain_rows("F0411", follow(ais, first).json())] == expected


def test_default_page_no_max_and_the_db_fetch_limit() -> None:
    suppliers = [{"AN8": number} for number in range(1, 2102)]
    with running(world={"jde": {"F0101": suppliers}}, only=["jde"]) as sandbox:
        ais = Ais(sandbox)

        def page(**request: Any) -> tuple[int, bool]:
            grid = ais.browse("F0101", returnControlIDs="F0101.AN8", **request)["fs_DATABROWSE_F0101"]["data"]
            summary = grid["gridData"]["summary"]
            return summary["records"], summary["moreRecords"]

        assert page() == (100, True)
        assert page(maxPageSize="no max") == (2000, True)
        assert page(maxPageSize="5000") == (2000, True)
        assert len(ais.browse("F0101", maxPageSize="No Max", enableNextPageProcessing=True)["links"]) == 1
        sandbox.post("/options", {"jde": {"db_fetch_limit": 0}})
        assert page(maxPageSize="No Max") == (2101, False)


def test_v1_is_version1_without_links(ais: Ais) -> None:
    body = {
        "targetName": "F0411",
        "targetType": "table",
        "maxPageSize": "5",
        **PAGED,
        "returnControlIDs": "F0411.AG|F0411.UPMJ",
    }
    answer = ais.post("/dataservice", body).json()
    assert "links" not in answer
    grid = answer["fs_DATABROWSE_F0411"]["data"]["gridData"]
    assert grid["summary"]["moreRecords"] is True
    assert (grid["rowset"][0]["F0411_AG"]["value"], grid["rowset"][0]["F0411_AG"]["internalValue"]) == (
        "1,250.50",
        1250.5,
    )
    assert grid["rowset"][0]["F0411_UPMJ"]["value"] == "05/04/2016"


def test_numbers_come_digit_by_digit(sandbox: Sandbox, ais: Ais) -> None:
    exact = {"KCO": "00001", "DCT": "PV", "DOC": 1, "SFX": "001", "AG": "9999999999999.97", "AAP": "100", "ACR": "0.10"}
    sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [exact]})
    answer = ais.get("/v2/dataservice/table/F0411", params={"$filter": "F0411.DOC EQ 1"})
    assert '"F0411_AG":9999999999999.97,"F0411_AAP":100.0' in answer.text
    assert '"F0411_ACR":0.1,' in answer.text
    total = {
        "dataServiceType": "AGGREGATION",
        "aggregation": {"aggregations": [{"aggregation": "SUM", "column": "F0411.AG"}]},
    }
    assert "10000000015071.97" in ais.post("/v2/dataservice", {"targetName": "F0411", **total}).text


def test_empty_dates_are_null_empty_and_blank_in_turn(ais: Ais) -> None:
    found = {row["DDJ"] for row in ais.rows("F0411", returnControlIDs="F0411.DDJ")}
    assert found == {None, "", " "}


def test_count_and_aggregation(ais: Ais) -> None:
    def ask(kind: str, **body: Any) -> Any:
        request = {"targetName": "F0411", "targetType": "table", "dataServiceType": kind, **body}
        return ais.post("/v2/dataservice", request).json(parse_float=Decimal)["ds_F0411"]

    later = {"condition": [condition("F0411.UPMJ", "GREATER_EQUAL", "06/04/2016")]}
    assert ask("COUNT", query=later) == {"count": 8}
    aggregations = [
        {"aggregation": "SUM", "column": "F0411.AG"},
        {"aggregation": "MAX", "column": "F0411.UPMJ"},
        {"aggregation": "COUNT", "column": "*"},
        {"aggregation": "COUNT_DISTINCT", "column": "F0411.UPMJ"},
    ]
    grouped = {
        "aggregations": aggregations,
        "groupBy": [{"column": "F0411.AN8"}],
        "orderBy": [{"column": "F0411.AN8", "direction": "DESC"}],
    }
    output = ask("AGGREGATION", aggregation=grouped)["output"]
    assert [element["groupBy"] for element in output] == [{"F0411.AN8": 4344}, {"F0411.AN8": 4343}]
    assert output[1]["F0411.AG_SUM"] == Decimal("7533.0")
    assert (output[1]["F0411.UPMJ_MAX"], output[1]["COUNT"], output[1]["F0411.UPMJ_COUNT_DISTINCT"]) == (
        "20160407",
        6,
        3,
    )
    having = {"condition": [{**condition("F0411.AG", "GREATER", "7535"), "aggregation": "SUM"}]}
    assert len(ask("AGGREGATION", aggregation=grouped, having=having)["output"]) == 1
    nothing = {"condition": [condition("F0411.DOC", "EQUAL", 1)]}
    only_max = {"aggregations": [{"aggregation": "MAX", "column": "F0411.UPMJ"}]}
    assert ask("AGGREGATION", aggregation=only_max, query=nothing)["output"] == [{"F0411.UPMJ_MAX": None}]


def test_simple_get_queries(ais: Ais) -> None:
    query = [
        ("$field", "F0411.DOC"),
        ("$field", "F0411.AN8"),
        ("$filter", "F0411.UPMJ GE 06042016"),
        ("$filter", "F0411.VINV CONTAINS 71"),
        ("$sort", "-F0411.DOC"),
        ("$limit", "3"),
    ]
    answer = ais.get("/v2/dataservice/table/F0411", params=query).json()
    assert [row["DOC"] for row in plain_rows("F0411", answer)] == [4719, 4718, 4717]
    assert answer["fs_DATABROWSE_F0411"]["data"]["gridData"]["summary"]["moreRecords"] is True
    assert "links" not in answer
    recent = {"$filter": "F0411.UPMJ GE 5 TODAY_MINUS_DAY"}
    assert plain_rows("F0411", ais.get("/v2/dataservice/table/F0411", params=recent).json()) == []
    assert ais.get("/v2/dataservice/table/F0411", params={"$filter": "F0411.DOC IS 1"}).status_code == 500


def test_token_in_the_query_string(ais: Ais) -> None:
    params = {"$token": ais.headers.pop("jde-AIS-Auth"), "$device": "tests", "$filter": "F0101.AN8 EQ 7"}
    del ais.headers["jde-AIS-Auth-Device"]
    assert len(plain_rows("F0101", ais.get("/v2/dataservice/table/F0101", params=params).json())) == 1


def test_batch_of_requests_has_indexed_keys(ais: Ais) -> None:
    members = [{"targetName": "F0101"}, {"targetName": "F0101", "dataServiceType": "COUNT"}]
    answer = ais.post("/v2/dataservice", {"batchDataRequest": True, "dataRequests": members}).json()
    assert "fs_0_DATABROWSE_F0101" in answer
    assert answer["ds_1_F0101"] == {"count": 3}

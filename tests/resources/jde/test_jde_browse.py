"""BROWSE: typed pages that lose and repeat nothing, whatever happens to the cursor."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.clock import ManualClock
from connector_resources.errors import NotAllowed, Refused, Unavailable, UnusableInput
from connector_resources.jde import JdeClient, Today, UnreadableAnswer, all_of, between, eq, ge, one_of

Connect = Callable[..., JdeClient]
COLUMNS = ("AN8", "VINV", "AG", "UPMJ")


def read(client: JdeClient, table: str = "F0411", **more: Any) -> list[dict[str, Any]]:
    more.setdefault("columns", COLUMNS)
    return [row for page in client.browse(table, **more) for row in page]


def test_rows_are_typed_and_trimmed(connect: Connect, ledger: list[dict[str, Any]]) -> None:
    first = next(connect(page_size=4).browse("F0411", columns=["VINV", "AG", "UPMJ", "UPMT"]))
    assert len(first) == 4
    assert first[0] == {
        "VINV": "INV-0",
        "AG": Decimal("250.05"),
        "UPMJ": date(2026, 4, 3),
        "UPMT": 90000,
        "DOC": 100,
        "DCT": "PV",
        "KCO": "00001",
        "SFX": "001",
        "SFXE": 0,
    }
    assert all(isinstance(row["AG"], Decimal) for row in first)


def test_pages_follow_links_on_our_own_address(ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]) -> None:
    rows = read(connect(page_size=10))
    assert [row["VINV"] for row in rows] == [f"INV-{number}" for number in range(25)]
    assert len(ais.paths("/dataservice/next")) == 2
    assert len([body for body in ais.paths("/dataservice") if body and body["dataServiceType"] == "BROWSE"]) == 2


@pytest.mark.parametrize("trouble", ["kill_links", "expire"])
@pytest.mark.parametrize("size", [1, 2, 7, 24, 25])
def test_a_dead_link_loses_and_repeats_nothing(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]], trouble: str, size: int
) -> None:
    random.Random(size).shuffle(ais.tables["F0411"])
    seen: list[str] = []
    for page in connect(page_size=size).browse("F0411", columns=COLUMNS):
        seen += [row["VINV"] for row in page]
        getattr(ais, trouble)()
    assert seen == [f"INV-{number}" for number in range(25)]


def test_a_lost_answer_of_a_link_does_not_skip_its_page(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    """The cursor moves with each call: the link is spent when its answer gets lost."""
    lost: list[str] = []

    def lose(method: str, path: str, body: Any) -> str | None:
        if "/dataservice/next" in path and not lost:
            lost.append(path)
            ais.cursors.update({k: (n, rows[5:], c, s) for k, (n, rows, c, s) in ais.cursors.items()})
            return "drop"
        return None

    ais.before = lose
    assert [row["VINV"] for row in read(connect(page_size=5))] == [f"INV-{number}" for number in range(25)]
    assert lost


def test_the_fetch_limit_of_the_server_ends_no_browse(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    ais.fetch_limit = 6
    assert [row["VINV"] for row in read(connect(page_size=100))] == [f"INV-{number}" for number in range(25)]


@pytest.mark.parametrize("order", [["-UPMJ"], ["KCO", "-DOC"], ["-DCT", "SFX", "-AG"]])
def test_any_order_survives_dead_links(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]], order: list[str]
) -> None:
    whole = [row["VINV"] for row in read(connect(), order_by=order)]
    seen: list[str] = []
    for page in connect(page_size=3).browse("F0411", columns=COLUMNS, order_by=order):
        seen += [row["VINV"] for row in page]
        ais.kill_links()
    assert seen == whole
    assert sorted(seen) == sorted(row["VINV"] for row in ledger)


def test_empty_dates_and_blank_texts_in_the_sort_survive_dead_links(ais: FakeAis, connect: Connect) -> None:
    ais.tables["F0116"] = [
        {"AN8": number // 3, "EFTB": None if number % 3 == 0 else date(2026, 4, number % 3), "ADD1": str(number)}
        for number in range(12)
    ]
    ais.tables["F0006"] = [
        {"MCU": unit, "CO": "00001", "UPMJ": date(2026, 4, 5)} for unit in ("", "9", "10", "30", "A", "ZZ100")
    ]
    client = connect(page_size=1)
    seen: list[str] = []
    for page in client.browse("F0116", columns=["ADD1"]):
        seen += [row["ADD1"] for row in page]
        ais.kill_links()
    assert seen == [str(number) for number in range(12)]
    units: list[str] = []
    for page in client.browse("F0006", columns=["CO"]):
        units += [row["MCU"] for row in page]
        ais.kill_links()
    assert units == ["", "9", "A", "10", "30", "ZZ100"]  # right-justified, as the database sorts them


def test_a_key_column_that_the_server_wants_justified_is_found_so(ais: FakeAis, connect: Connect) -> None:
    """A server that trims what it sends may still compare the padded texts that it stores."""
    ais.tables["F0006"] = [{"MCU": unit, "CO": "1", "UPMJ": date(2026, 4, 5)} for unit in ("9", "10", "30")]
    sent = ais._wire
    ais._wire = lambda alias, value: value if isinstance(value, str) else sent(alias, value)  # type: ignore[method-assign]
    compared = ais._sortable

    def strict(alias: str, value: Any) -> Any:
        literal = isinstance(value, str) and not any(row["MCU"] is value for row in ais.tables["F0006"])
        return (1, value) if literal else compared(alias, value)

    ais._sortable = strict  # type: ignore[method-assign]
    units: list[str] = []
    for page in connect(page_size=1).browse("F0006", columns=["CO"]):
        units += [row["MCU"] for row in page]
        ais.kill_links()
    assert units == ["9", "10", "30"]


def test_a_row_deleted_under_way_stops_nothing(ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]) -> None:
    pages = connect(page_size=5).browse("F0411", columns=COLUMNS)
    seen = [row["VINV"] for row in next(pages)]
    ais.kill_links()
    ais.tables["F0411"] = [row for row in ledger if row["VINV"] != seen[-1]]
    seen += [row["VINV"] for page in pages for row in page]
    assert seen == [f"INV-{number}" for number in range(25)]


def test_a_server_that_reads_the_key_otherwise_is_not_believed(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    pages = connect(page_size=5).browse("F0411", columns=COLUMNS)
    next(pages)
    ais.kill_links()

    def deaf(method: str, path: str, body: Any) -> Any:
        """Answers every BROWSE with nothing."""
        if body and body.get("dataServiceType") == "BROWSE":
            grid = {"columns": {}, "rowset": [], "summary": {"records": 0, "moreRecords": False}}
            return 200, {"fs_DATABROWSE_F0411": {"data": {"gridData": grid}}}
        return None

    ais.before = deaf
    with pytest.raises(UnreadableAnswer, match="does not find its own last row"):
        next(pages)


def test_a_page_that_promises_more_and_gives_nothing_is_not_asked_for_ever(ais: FakeAis, connect: Connect) -> None:
    grid = {"columns": {}, "rowset": [], "summary": {"records": 0, "moreRecords": True}}
    ais.before = lambda method, path, body: (
        (200, {"fs_DATABROWSE_F0411": {"data": {"gridData": grid}}})
        if body and body.get("targetName") == "F0411"
        else None
    )
    with pytest.raises(UnreadableAnswer, match="nothing new"):
        read(connect())


def test_conditions_reach_the_server(ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]) -> None:
    client = connect()
    where = all_of(between("UPMJ", date(2026, 4, 5), date(2026, 4, 9)), one_of("SFX", ["001"]), ge("DOC", 102))
    assert [row["VINV"] for row in read(client, where=where)] == ["INV-4", "INV-6"]
    assert read(client, where=ge("UPMJ", Today(-1))) == []
    assert [row["VINV"] for row in read(client, where=eq("AG", Decimal("251.05")))] == ["INV-1"]


def test_changed_between_takes_both_days(connect: Connect, ledger: list[dict[str, Any]]) -> None:
    pages = connect().changed_between("F0411", date(2026, 4, 12), date(2026, 4, 13), columns=["VINV"])
    assert [row["VINV"] for page in pages for row in page] == ["INV-9", "INV-10"]
    with pytest.raises(UnusableInput, match="no audit date"):
        connect().changed_between("F0005", date(2026, 4, 12), date(2026, 4, 13))


def test_by_keys_gives_exactly_those(ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]) -> None:
    other = {**ledger[0], "KCO": "00002", "VINV": "OTHER"}
    ais.tables["F0411"].append(other)
    client = connect(keys_per_call=2)
    ais.requests.clear()
    keys = [("PV", "00001", 100), ("PV", "00002", 101), ("PV", "00001", 111), ("PV", "00001", 104), ("PV", "1", 9)]
    found = [
        row["VINV"]
        for page in client.by_keys("F0411", ["DCT", "KCO", "DOC"], [*keys, keys[0]], columns=["VINV"])
        for row in page
    ]
    assert sorted(found) == ["INV-0", "INV-1", "INV-22", "INV-23", "INV-8", "INV-9"]
    lists = [body for body in ais.paths("/dataservice") if body and "F0411.DOC" in str(body["query"])]
    assert len(lists) == 3
    assert list(client.by_keys("F0411", ["DOC"], [])) == []


def test_by_keys_names_the_column_that_an_index_begins_with(
    ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]
) -> None:
    """F0411 has an index on AN8, VINV and none on VINV: without AN8 the question looks through the table."""
    client = connect()
    ais.requests.clear()
    keys = [(4000 + place, f"INV-{place}") for place in range(150)]
    list(client.by_keys("F0411", ["AN8", "VINV"], keys))
    asked = [str(body["query"]) for body in ais.paths("/dataservice") if body and "F0411.VINV" in str(body["query"])]
    assert asked and all("F0411.AN8" in query for query in asked)


def test_a_column_taken_away_is_a_permission(ais: FakeAis, connect: Connect, ledger: list[dict[str, Any]]) -> None:
    ais.hidden = {"F0411.AG", "F0411.VINV"}
    with pytest.raises(NotAllowed, match="does not show the columns VINV, AG") as reported:
        read(connect())
    assert "data security" in reported.value.fix


@pytest.mark.parametrize(
    "body",
    [
        {"fs_DATABROWSE_F0411": {"errors": [{"CODE": "0002", "TITLE": "Record Invalid", "ERRORCONTROL": "7"}]}},
        {"sysErrors": [{"TITLE": "Record Invalid", "DESC": "F0411 is not licensed"}]},
        {"message": "Record Invalid", "exception": "com.oracle.e1.X"},
    ],
)
def test_errors_inside_a_200_are_errors(ais: FakeAis, connect: Connect, ledger: list[Any], body: Any) -> None:
    client = connect()
    client.count("F0411")
    ais.before = lambda method, path, sent: (200, body)
    with pytest.raises(Refused, match="Record Invalid"):
        read(client)


def test_a_500_is_tried_again_and_then_told(
    ais: FakeAis, connect: Connect, clock: ManualClock, ledger: list[Any]
) -> None:
    client = connect(limits={"retries": 2})
    client.count("F0411")
    ais.requests.clear()
    ais.before = lambda method, path, body: (500, {"message": {"ServiceRequest1": {"errors": ["kernel died"]}}})
    with pytest.raises(Unavailable, match="read F0411: erp failed: kernel died"):
        read(client)
    assert len(ais.requests) == 3


def test_another_table_needs_its_columns_and_order(ais: FakeAis, connect: Connect) -> None:
    ais.tables["F55X"] = [{"K": number, "NAME": f"n{number}"} for number in range(5)]
    client = connect(page_size=2)
    rows = [row for page in client.browse("F55X", columns=["NAME"], order_by=["K"]) for row in page]
    assert [(row["K"], row["NAME"]) for row in rows] == [(number, f"n{number}") for number in range(5)]
    with pytest.raises(UnusableInput, match="not described"):
        client.browse("F55X", columns=["NAME"])

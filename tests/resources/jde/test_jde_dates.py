"""Date literals: every pattern of digits, and the proof on a known row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from fake_ais import FakeAis
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_resources.errors import UnusableInput
from connector_resources.jde import JdeClient, between
from connector_resources.jde.dates import DatePattern

Connect = Callable[..., JdeClient]

PYTHON = {"d": "%d", "dd": "%d", "M": "%m", "MM": "%m", "yy": "%y", "yyyy": "%Y"}


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("dd/MM/yyyy", "04/03/2025"),
        ("MM/dd/yyyy", "03/04/2025"),
        ("yyyy-MM-dd", "2025-03-04"),
        ("d.M.yyyy", "4.3.2025"),
        ("M/d/yy", "3/4/25"),
        ("ddMMyyyy", "04032025"),
        ("yyMMdd", "250304"),
        ("dd 'of' MM yyyy", "04 of 03 2025"),
    ],
)
def test_patterns(pattern: str, literal: str) -> None:
    assert DatePattern(pattern).literal(date(2025, 3, 4)) == literal


@settings(max_examples=100)
@given(
    fields=st.permutations([("d", "dd"), ("M", "MM"), ("yy", "yyyy")]),
    long=st.lists(st.booleans(), min_size=3, max_size=3),
    separator=st.sampled_from(["/", "-", ".", " ", ", "]),
    day=st.dates(date(1970, 1, 1), date(2049, 12, 31)),
)
def test_a_literal_is_read_back_as_the_same_day(
    fields: list[tuple[str, str]], long: list[bool], separator: str, day: date
) -> None:
    tokens = [pair[wide] for pair, wide in zip(fields, long, strict=True)]
    written = DatePattern(separator.join(tokens)).literal(day)
    read = datetime.strptime(written, separator.join(PYTHON[token] for token in tokens)).date()  # noqa: DTZ007
    # Python turns two-digit years at 69, the usual rules later: compare without the century.
    assert (read.day, read.month, read.year % 100) == (day.day, day.month, day.year % 100)
    if "yyyy" in tokens:
        assert read == day


@pytest.mark.parametrize(
    "pattern", ["", "EEE dd MM yyyy", "dd MMM yyyy", "D yyyy", "dd/MM", "dMyyyy", "dd/dd/yyyy", "dd/MM/yyyy HH", "y'"]
)
def test_a_pattern_that_cannot_be_written_is_refused(pattern: str) -> None:
    with pytest.raises(UnusableInput, match="date format"):
        DatePattern(pattern)


def test_a_two_digit_year_of_another_century_is_refused() -> None:
    with pytest.raises(UnusableInput, match="another century"):
        DatePattern("dd/MM/yy").literal(date(1953, 6, 2))


def changed(client: JdeClient) -> list[str]:
    pages = client.browse("F0411", columns=["VINV"], where=between("UPMJ", date(2026, 4, 5), date(2026, 4, 6)))
    return [row["VINV"] for page in pages for row in page]


@pytest.mark.parametrize(
    ("java", "python"), [("dd/MM/yyyy", "%d/%m/%Y"), ("MM/dd/yyyy", "%m/%d/%Y"), ("yyyyMMdd", "%Y%m%d")]
)
def test_the_users_pattern_is_used(ais: FakeAis, connect: Connect, ledger: list[Any], java: str, python: str) -> None:
    ais.java_pattern, ais.strptime = java, python
    assert changed(connect()) == ["INV-2", "INV-3"]


def test_a_pattern_that_is_not_the_sessions_own_is_found_out_before_any_read(
    ais: FakeAis, connect: Connect, ledger: list[Any]
) -> None:
    ais.strptime = "%m/%d/%Y"  # the session reads month first, although the login said day first
    client = connect()
    for _ in range(2):
        with pytest.raises(UnusableInput, match="date literals are not understood: a row of F0101 dated 2026-04-05"):
            changed(client)
    assert not [body for body in ais.paths("/dataservice") if body["targetName"] == "F0411"]


def test_a_server_that_leaves_out_what_it_cannot_read_is_found_out(
    ais: FakeAis, connect: Connect, ledger: list[Any]
) -> None:
    whole = ais._condition
    ais._condition = lambda row, condition: (  # type: ignore[method-assign]
        True if condition["controlId"].endswith("UPMJ") else whole(row, condition)
    )
    with pytest.raises(UnusableInput, match="date literals are not understood"):
        changed(connect())


def test_a_day_that_reads_the_same_both_ways_is_not_taken_when_another_is_there(
    ais: FakeAis, connect: Connect, ledger: list[Any]
) -> None:
    ais.tables["F0101"][0]["UPMJ"] = date(2026, 4, 4)
    ais.strptime = "%m/%d/%Y"
    with pytest.raises(UnusableInput, match="a row of F0411"):
        changed(connect())


def test_an_empty_system_can_be_read(ais: FakeAis, connect: Connect) -> None:
    client = connect()
    assert client.count("F0411") == 0
    assert "no row with a date" in client.data.proof.detail()


def test_a_witness_that_may_not_be_read_is_passed_over(ais: FakeAis, connect: Connect, ledger: list[Any]) -> None:
    ais.forbidden = {"F0101"}
    client = connect()
    assert changed(client) == ["INV-2", "INV-3"]
    assert client.data.proof.detail().endswith("is found in F0411 by its literal")


def test_today_is_the_connections_own(connect: Connect) -> None:
    assert connect(time_zone="Pacific/Kiritimati").today() == date(2026, 8, 24)
    assert connect(time_zone="Europe/London").today() == date(2026, 8, 23)

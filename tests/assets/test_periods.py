"""G/L dates: the open periods of F0010, the close calendar, and what is done with a date that is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connector_assets.documents.jde.periods import GlDate, PeriodRules, Periods
from connector_resources.close_calendar import CloseCalendar, Period

NOW = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
JUNE = date(2026, 6, 1)


def company(number: str = "00001", **cells: Any) -> dict[str, Any]:
    """A company of calendar months whose fiscal year began in January, now in its sixth period."""
    return {"CO": number, "DTPN": "R", "PNC": 6, "DFYJ": date(2026, 1, 1), **cells}


def periods(*rows: dict[str, Any], closings: list[Period] | None = None, **rules: Any) -> Periods:
    calendar = CloseCalendar(closings) if closings is not None else None
    return Periods(rows or (company(),), PeriodRules(**rules), calendar, NOW)


def period(first: date, last: date, **more: Any) -> Period:
    return Period(name=f"{first:%Y-%m}", first=first, last=last, **more)


def test_the_current_period_and_the_next_one_are_open() -> None:
    found = periods()

    open_days = [date(2026, 5, 31), JUNE, date(2026, 7, 31), date(2026, 8, 1)]
    assert [found.open_on("00001", day) for day in open_days] == [False, True, True, False]
    assert found.closed_by("00001", date(2026, 5, 31)) == (
        "2026-05-31 is not within 2026-06-01 and 2026-07-31, which are open in 00001"
    )
    assert not periods(periods_open=1).open_on("00001", date(2026, 7, 1))


def test_a_fiscal_year_need_not_begin_in_january_nor_end_within_the_open_periods() -> None:
    found = periods(company(PNC=12, DFYJ=date(2025, 7, 1)))

    assert found.open_on("00001", JUNE) and found.open_on("00001", date(2026, 7, 31))
    assert not found.open_on("00001", date(2026, 5, 31)) and not found.open_on("00001", date(2026, 8, 1))


def test_the_periods_for_adjustments_have_the_days_of_the_twelfth() -> None:
    found = periods(company(PNC=14), periods_open=1)

    assert found.open_on("00001", date(2026, 12, 31)) and not found.open_on("00001", date(2026, 11, 30))


@pytest.mark.parametrize("cells", [{"PNC": None}, {"DFYJ": None}, {"PNC": 0}, {"DTPN": "F"}, {"DTPN": None}])
def test_a_company_that_does_not_tell_its_periods_is_open_or_held_by_the_rule(cells: dict[str, Any]) -> None:
    day = date(2020, 1, 1)
    assert periods(company(**cells)).gl_date("00001", day) == GlDate(day)

    held = periods(company(**cells), unknown_periods="hold", closed_period="hold").gl_date("00001", day)
    assert held.day is None
    assert held.why == "the periods of company 00001 are not known, nor is 2020-01-01 in the close calendar"


def test_another_pattern_is_told_by_the_calendar() -> None:
    closings = [
        period(date(2026, 5, 1), date(2026, 5, 28), closed=True),
        period(date(2026, 5, 29), date(2026, 7, 2)),
    ]
    found = periods(company(DTPN="F"), closings=closings, unknown_periods="hold", closed_period="first_open_day")

    assert found.gl_date("00001", date(2026, 5, 10)) == GlDate(
        date(2026, 5, 29), moved=True, why="2026-05-10 is in 2026-05, which is closed"
    )
    # before the calendar begins nothing is known, and its first open day is the first that is
    assert found.gl_date("00001", date(2026, 4, 1)).day == date(2026, 5, 29)


def test_a_date_in_a_closed_period_is_held_or_moved_by_the_rule() -> None:
    wanted = date(2026, 3, 15)
    why = "2026-03-15 is not within 2026-06-01 and 2026-07-31, which are open in 00001"

    assert periods(closed_period="hold").gl_date("00001", wanted) == GlDate(None, why=why)
    assert periods().gl_date("00001", wanted) == GlDate(JUNE, moved=True, why=why)
    assert periods().gl_date("00001", JUNE) == GlDate(JUNE)


def test_a_date_after_all_open_periods_has_no_open_day() -> None:
    found = periods().gl_date("00001", date(2026, 9, 1))

    assert found.day is None and found.why.endswith("; no later day is open")


def test_a_period_past_its_cut_off_is_closed_though_jde_has_it_open() -> None:
    closings = [period(JUNE, date(2026, 6, 9), cut_off=datetime(2026, 6, 10, 8, tzinfo=UTC))]
    found = periods(closings=closings, closed_period="first_open_day")

    assert found.gl_date("00001", JUNE) == GlDate(
        date(2026, 6, 10),
        moved=True,
        why="2026-06-01 is in 2026-06, which is closed since 2026-06-10T08:00:00+00:00",
    )
    # JDE's own periods still hold where the calendar has none
    assert not found.open_on("00001", date(2026, 5, 31))


def test_a_reversal_keeps_its_day_while_it_is_open_and_else_takes_the_first_open_one() -> None:
    found = periods()

    assert found.reversal_day("00001", date(2026, 6, 20)) == date(2026, 6, 20)
    assert found.reversal_day("00001", date(2026, 2, 20)) == JUNE
    closed = [period(JUNE, date(2026, 12, 31), closed=True)]
    assert periods(closings=closed).reversal_day("00001", JUNE) is None

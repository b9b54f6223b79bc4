"""The close calendar: what a file may say, and what of it is closed when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connector_resources.close_calendar import CloseCalendar
from connector_resources.connections import Settings
from connector_resources.errors import UnusableInput

GOOD = """\
time_zone: Europe/London
periods:
  - {name: 2026-05, first: 2026-05-01, last: 2026-05-31, cut_off: 2026-06-03T18:00}
  - {name: 2026-06, first: 2026-06-01, last: 2026-06-30, cut_off: 2026-07-03T18:00:00+02:00}
  - {company: "00010", name: May, first: 2026-05-01, last: 2026-05-15, closed: true}
"""
BEFORE, AFTER = datetime(2026, 6, 3, 16, 59, tzinfo=UTC), datetime(2026, 6, 3, 17, 0, tzinfo=UTC)
MAY = date(2026, 5, 20)


def load(tmp_path: Path, text: str) -> CloseCalendar:
    file = tmp_path / "close-calendar.yaml"
    file.write_text(text)
    return CloseCalendar.load(file)


def test_a_period_closes_at_its_cut_off_in_the_zone_of_the_file(tmp_path: Path) -> None:
    calendar = load(tmp_path, GOOD)

    # six in the evening in London is 17:00 UTC in summer
    assert calendar.closed("00001", MAY, BEFORE) is None
    closed = calendar.closed("00001", MAY, AFTER)
    assert closed is not None and closed.name == "2026-05"
    assert list(calendar.cut_offs()) == [AFTER, datetime(2026, 7, 3, 16, 0, tzinfo=UTC)]


def test_a_company_s_own_period_goes_before_that_of_every_company(tmp_path: Path) -> None:
    calendar = load(tmp_path, GOOD)

    own = calendar.closed("00010", date(2026, 5, 15), BEFORE)
    assert own is not None and own.name == "May"
    assert calendar.closed("00010", date(2026, 5, 16), BEFORE) is None
    assert calendar.period_of("00010", date(2026, 5, 16)) == calendar.period_of("00001", MAY)


def test_a_day_of_no_period_is_open(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).closed("00001", date(2026, 7, 1), datetime(2030, 1, 1, tzinfo=UTC)) is None


def test_the_days_before_and_after_a_close(tmp_path: Path) -> None:
    calendar = load(tmp_path, GOOD)

    assert not calendar.before_close(datetime(2026, 5, 31, 16, 59, tzinfo=UTC), 3)
    assert calendar.before_close(datetime(2026, 5, 31, 17, 0, tzinfo=UTC), 3)
    assert calendar.before_close(BEFORE, 3) and not calendar.after_close(BEFORE, 2)
    assert calendar.after_close(AFTER, 2) and not calendar.before_close(AFTER, 3)
    assert not calendar.after_close(datetime(2026, 6, 5, 17, 0, tzinfo=UTC), 2)


@pytest.mark.parametrize(
    ("line", "reported"),
    [
        (
            "- {company: 00010, name: x, first: 2026-01-01, last: 2026-01-31}",
            'company: must be in quotes: "0',
        ),
        ("- {name: x, first: 2026-01-31, last: 2026-01-01}", "periods.0: ends before it begins"),
        ("- {name: x, first: 2026-01-01}", "periods.0.last: this setting is required"),
        ("- {name: x, first: 2026-01-01, last: soon}", "periods.0.last: Input should be a valid date"),
        ("- {name: x, first: 2026-01-01, last: 2026-01-31, until: 2}", "periods.0.until: unknown setting"),
        ("- {name: x, first: 2026-02-01, last: 2026-02-28, cut_off: 2026-01-03T10:00}", "is cut off before it begins"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_number(tmp_path: Path, line: str, reported: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        load(tmp_path, f"periods:\n  {line}\n")

    assert reported in str(caught.value)
    assert f"{tmp_path}/close-calendar.yaml line 2: " in str(caught.value) and "\n" not in str(caught.value)


def test_periods_of_one_company_share_no_day(tmp_path: Path) -> None:
    text = GOOD + '  - {company: "00010", name: again, first: 2026-05-15, last: 2026-05-31}\n'

    with pytest.raises(UnusableInput, match=r"line 6: periods.3: shares days with May of company 00010"):
        load(tmp_path, text)


def test_an_unknown_zone_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"line 1: time_zone: 'Mars' is not an IANA time zone"):
        load(tmp_path, "time_zone: Mars\nperiods: []\n")
    with pytest.raises(UnusableInput, match="no such file"):
        CloseCalendar.load(tmp_path / "none.yaml")


CONNECTIONS = """\
start_date: 2026-01-01
connections:
  jde: {url: http://127.0.0.1:1/jderest}
  coupa: {url: http://127.0.0.1:2}
integrations:
  jde_coupa:
    close_calendar: close-calendar.yaml
"""


def test_a_calendar_is_looked_for_in_the_home_and_a_broken_one_breaks_its_integration(tmp_path: Path) -> None:
    file = tmp_path / "connections.yaml"
    file.write_text(CONNECTIONS)
    assert "close_calendar: " in (reported := Settings.load(file).broken["jde_coupa"]) and "no such file" in reported

    load(tmp_path, GOOD)
    settings = Settings.load(file).integration("jde_coupa")
    assert settings.close_calendar == tmp_path / "close-calendar.yaml"
    assert settings.cadence.close is not None and settings.cadence.close.days_before == 3

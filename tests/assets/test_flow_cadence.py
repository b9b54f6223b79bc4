"""Which flows a tick looks at: their own cron lines, and the days around a close."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector_assets.orchestration import cadence
from connector_assets.pairs.registry import check_flows
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput

FLOWS = ["suppliers", "accounts", "invoices"]
CLOSE = "periods:\n  - {name: 2026-05, first: 2026-05-01, last: 2026-05-31, cut_off: 2026-06-03T18:00}\n"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of June 2026."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def settings(tmp_path: Path | None = None, **given: Any) -> IntegrationSettings:
    """Every quarter of an hour, invoices once an hour, accounts never by a poll; with a folder, with a close in it."""
    if tmp_path is not None:
        (tmp_path / "close.yaml").write_text(CLOSE)
        given["close_calendar"] = tmp_path / "close.yaml"
    flows = {"invoices": {"schedule": "0 * * * *"}, "accounts": {"schedule": None}}
    return IntegrationSettings.model_validate({"name": "jde_coupa", "kind": "jde_coupa", "flows": flows} | given)


def test_without_anything_special_every_tick_looks_at_every_flow() -> None:
    plain = settings(flows={})

    assert cadence.of_one_beat(plain, FLOWS)
    assert cadence.all_lines(plain, FLOWS) == ["*/15 * * * *"]
    assert cadence.all_lines(settings(flows={}, schedule=None), FLOWS) == []


def test_a_flow_has_its_own_line_or_that_of_the_integration_or_none() -> None:
    found = settings()

    assert [cadence.flow_schedule(found, flow) for flow in FLOWS] == ["*/15 * * * *", None, "0 * * * *"]
    assert cadence.all_lines(found, FLOWS) == ["*/15 * * * *", "0 * * * *"]
    assert not cadence.of_one_beat(found, FLOWS)


def test_a_flow_is_due_once_its_line_has_come_up_since_it_was_looked_at() -> None:
    found, looked = settings(), {"suppliers": at(1, 10, 0), "invoices": at(1, 10, 0)}

    assert cadence.due(found, FLOWS, {}, at(1, 10, 7)) == ["suppliers", "invoices"]
    assert cadence.due(found, FLOWS, looked, at(1, 10, 14)) == []
    assert cadence.due(found, FLOWS, looked, at(1, 10, 15)) == ["suppliers"]
    # its moment was at eleven, and nobody looked then
    assert cadence.due(found, FLOWS, looked | {"suppliers": at(1, 11, 15)}, at(1, 11, 20)) == ["invoices"]
    assert cadence.next_due(found, FLOWS, at(1, 10, 14)) == (
        "no flow is due (usual); next: suppliers at 2026-06-01 10:15 UTC, accounts by no schedule, "
        "invoices at 2026-06-01 11:00 UTC"
    )


def test_before_a_close_the_polls_are_denser_and_after_it_they_are_rare(tmp_path: Path) -> None:
    found = settings(tmp_path)
    expected = {
        at(3, 18): "after the close",
        at(5, 17, 59): "after the close",
        at(5, 18): "usual",
        at(3, 17, 59): "before the close",
        datetime(2026, 5, 31, 18, 0, tzinfo=UTC): "before the close",
        datetime(2026, 5, 31, 17, 59, tzinfo=UTC): "usual",
    }
    assert {instant: cadence.phase(found, instant) for instant in expected} == expected

    assert cadence.lines_now(found, "invoices", "usual") == ["0 * * * *"]
    assert cadence.lines_now(found, "invoices", "before the close") == ["0 * * * *", "*/5 * * * *"]
    assert cadence.lines_now(found, "suppliers", "after the close") == ["0 * * * *"]
    assert cadence.lines_now(found, "accounts", "before the close") == []
    looked = dict.fromkeys(FLOWS, at(3, 17, 0))
    assert cadence.due(found, FLOWS, looked, at(3, 17, 5)) == ["suppliers", "invoices"]
    looked = dict.fromkeys(FLOWS, at(3, 18, 0))
    assert cadence.due(found, FLOWS, looked, at(3, 18, 45)) == []
    assert cadence.due(found, FLOWS, looked, at(3, 19, 0)) == ["suppliers", "invoices"]


def test_the_close_can_be_given_another_cadence_or_none(tmp_path: Path) -> None:
    usual = settings(tmp_path, cadence={"close": None}, flows={})
    assert cadence.of_one_beat(usual, FLOWS) and cadence.phase(usual, at(3, 17)) == "usual"

    close = {"days_before": 1, "schedule": "* * * * *", "quiet_after_days": 0}
    own = settings(tmp_path, cadence={"close": close}, flows={})
    assert cadence.phase(own, at(2, 17, 59)) == "usual" and cadence.phase(own, at(2, 18)) == "before the close"
    assert cadence.phase(own, at(3, 18)) == "usual"
    assert cadence.all_lines(own, FLOWS) == ["*/15 * * * *", "* * * * *", "0 * * * *"]


@pytest.mark.parametrize(
    ("line", "reported"),
    [("every hour", "must be a cron line of five fields"), (5, "must be a cron line in quotes, or null")],
)
def test_a_schedule_that_is_none_is_told_by_its_setting(line: Any, reported: str) -> None:
    found = settings(flows={"invoices": {"schedule": line}})

    with pytest.raises(UnusableInput, match=rf"integrations\.jde_coupa\.flows\.invoices\.schedule: {reported}"):
        check_flows(found)


def test_a_calendar_that_went_bad_is_told_when_it_is_needed(tmp_path: Path) -> None:
    found = settings(tmp_path)
    (tmp_path / "close.yaml").write_text("periods: [{name: x}]")

    with pytest.raises(UnusableInput, match=r"close\.yaml line 1: periods\.0\.first: this setting is required"):
        cadence.phase(found, at(3, 17))

"""The settings of a BILL connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_resources import catalogue
from connector_resources.connections import Settings
from connector_resources.connections.bill import BillConnection


def load(body: str) -> Settings:
    text = f"start_date: 2026-01-01\nconnections:\n  bill:\n{body}"
    return Settings.parse(text, Path("connections.yaml"))


@pytest.mark.parametrize("end", ["", "/", "/v3", "/v3/"])
def test_both_spellings_of_the_address_are_one(end: str) -> None:
    found = load(f"    url: https://gateway.stage.bill.com/connect{end}\n").connection("bill")
    assert isinstance(found, BillConnection)
    assert found.url == "https://gateway.stage.bill.com/connect"
    assert found.events_base == "https://gateway.stage.bill.com/connect-events"
    assert (found.limits.in_flight, found.limits.calls_per_hour, found.page_size) == (3, 20_000, 100)


def test_an_events_address_of_its_own() -> None:
    found = BillConnection(name="bill", url="https://relay.example/b", events_url="https://relay.example/e/v3/")
    assert (found.url, found.events_base) == ("https://relay.example/b", "https://relay.example/e")


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("url: https://gateway.stage.bill.com", "must end in /connect"),
        ("url: https://g/connect\n    limits: {in_flight: 4}", "less than or equal to 3"),
        ("url: https://g/connect\n    limits: {calls_per_hour: 20001}", "less than or equal to 20000"),
        ("url: https://g/connect\n    page_size: 101", "less than or equal to 100"),
        ("url: https://g/connect\n    events_url: https://u:secret@g/connect-events", "must not carry a user"),
    ],
)
def test_what_bill_does_not_take_is_refused(setting: str, reason: str) -> None:
    broken = load(f"    {setting}\n").broken["bill"]
    assert reason in broken and "secret" not in broken


def test_the_pair_is_known() -> None:
    assert catalogue.pairs()["jde_bill"].roles == {"jde": "jde", "bill": "bill"}

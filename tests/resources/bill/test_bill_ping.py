"""Ping answers every question and never raises."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import pytest
from bill_fake import FakeBill, Reply, Seen, error

from connector_resources.bill import BillClient
from connector_resources.checks import Check
from connector_resources.clock import ManualClock

PATHS = (
    "vendors",
    "bills",
    "vendor-credits",
    "payments",
    "classifications/chart-of-accounts",
    "classifications/departments",
    "classifications/locations",
    "classifications/accounting-classes",
)
CATALOG = "/connect-events/v3/events/catalog"
SUBSCRIPTIONS = "/connect-events/v3/subscriptions"


@pytest.fixture(autouse=True)
def site(fake: FakeBill) -> None:
    for path in PATHS:
        fake.lists[path] = [{"id": "x1"}]
    fake.scripts.append(lambda seen: Reply(200, [{"type": "payment.updated"}]) if seen.path == CATALOG else None)
    fake.scripts.append(lambda seen: Reply(200, {"results": []}) if seen.path == SUBSCRIPTIONS else None)


def failed(checks: list[Check]) -> list[Check]:
    assert all(check.ok or check.fix for check in checks)
    return [check for check in checks if not check.ok]


def test_all_is_well(fake: FakeBill, client: BillClient) -> None:
    checks = client.ping()
    assert failed(checks) == []
    assert [check.name for check in checks] == [
        *("reach", "authenticate", "organisation"),
        *["permissions"] * 8,
        *("events", "limits", "clock"),
    ]
    assert client.calls.write == 0


def test_a_permission_of_one_operation(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", "/connect/v3/bills/x1", error("BDC_1145", "Operation not permitted."))
    [check] = failed(client.ping())
    assert check.detail.startswith("bills: ")
    assert "permission to read bill x1" in check.fix


def test_lists_that_are_forbidden_or_unknown(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", "/connect/v3/vendor-credits", error("BDC_1121", "API not supported.", 404))
    fake.once("GET", "/connect/v3/payments", Reply(403))
    unknown, forbidden = failed(client.ping())
    assert unknown.detail.startswith("vendor-credits") and forbidden.detail.startswith("payments")


def test_a_refused_login(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/login", error("BDC_1101", "User name and/or password do not match.", 401))
    [check] = failed(client.ping())
    assert check.name == "authenticate" and "credentials set" in check.fix


def test_a_locked_organisation(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/login", error("BDC_1107", "Locked.", 423))
    [check] = failed(client.ping())
    assert check.name == "authenticate" and "15 minutes" in check.fix


def test_a_wrong_address(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", "/connect/v3/login", error("BDC_1121", "API not supported.", 404))
    [check] = failed(client.ping())
    assert check.name == "reach" and "/connect" in check.fix


def test_a_missing_credential(make: Any) -> None:
    [check] = failed(make({"dev_key": "d"}).ping())
    assert check.name == "authenticate"


def test_nobody_there(make: Any) -> None:
    [check] = failed(make(url="http://127.0.0.1:9/connect").ping())
    assert check.name == "reach"


def test_a_session_of_another_organisation(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", "/connect/v3/login/session", Reply(200, {"organizationId": "00801OTHER"}))
    [check] = failed(client.ping())
    assert check.name == "organisation" and "00801OTHER" in check.detail


def test_a_subscription_that_bill_turned_off(fake: FakeBill, client: BillClient) -> None:
    off = {"id": "s1", "name": "ours", "status": {"enabled": False, "reason": "no answer", "actor": "SYSTEM"}}
    fake.scripts.insert(0, lambda seen: Reply(200, {"results": [off]}) if seen.path == SUBSCRIPTIONS else None)
    [check] = failed(client.ping())
    assert check.name == "events" and "no answer" in check.detail


def test_without_events_changes_are_polled(fake: FakeBill, client: BillClient) -> None:
    fake.scripts.insert(0, lambda seen: Reply(403) if seen.path == CATALOG else None)
    checks = client.ping()
    assert failed(checks) == []
    assert any(check.name == "events" and "polled" in check.detail for check in checks)


def test_a_clock_that_is_off(fake: FakeBill, client: BillClient, clock: ManualClock) -> None:
    stamp = format_datetime(clock.now())

    def dated(seen: Seen) -> Reply | None:
        return Reply(200, {"results": []}, {"Date": stamp}) if fake.tail(seen) in PATHS else None

    fake.scripts.append(dated)
    assert failed(client.ping()) == []
    clock.advance(300)
    [check] = failed(client.ping())
    assert check.name == "clock"

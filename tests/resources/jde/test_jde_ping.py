"""ping tells what is wrong and what to do about it, and never raises."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.clock import SYSTEM_CLOCK, ManualClock
from connector_resources.connections import JdeConnection, Limits
from connector_resources.jde import JdeClient

Connect = Callable[..., JdeClient]
pytestmark = pytest.mark.usefixtures("ledger")
TABLES = {"F0411": ("AG",), "F0101": ("ALPH",)}


def found(client: JdeClient, **more: Any) -> dict[str, tuple[bool, str, str]]:
    checks = client.ping(TABLES, **more)
    assert all(check.ok or check.fix for check in checks)
    return {check.name: (check.ok, check.detail, check.fix) for check in checks}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SYSTEM_CLOCK.now())


def test_all_is_well(connect: Connect) -> None:
    checks = found(connect())
    assert list(checks) == [
        "reach",
        "capabilities",
        "clock",
        "authenticate",
        "permissions",
        "dates",
        "currencies",
        "limits",
    ]
    assert all(ok for ok, _, _ in checks.values()), checks
    assert "9.2.8.3" in checks["reach"][1]
    assert "JPD920" in checks["authenticate"][1]


def test_a_site_that_takes_only_post_is_reached(ais: FakeAis, connect: Connect) -> None:
    ais.before = lambda method, path, body: (405, {}) if method == "GET" and "defaultconfig" in path else None
    assert found(connect())["reach"][0]


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/jderest"
        connection = JdeConnection(name="erp", url=url, limits=Limits(backoff_seconds=0))
        with JdeClient(connection, {"username": "U", "password": "P"}) as client:
            checks = found(client)
    assert list(checks) == ["reach"]
    assert "connection refused" in checks["reach"][1]


def test_not_an_ais_server(ais: FakeAis, connect: Connect) -> None:
    ais.before = lambda method, path, body: (200, "<html>Welcome to the wiki</html>")
    checks = found(connect())
    assert not checks["reach"][0]
    assert "web page" in checks["reach"][1]


def test_wrong_password(connect: Connect) -> None:
    checks = found(connect(password="wrong"))
    assert not checks["authenticate"][0]
    assert "permissions" not in checks


def test_missing_permissions_are_named(ais: FakeAis, connect: Connect) -> None:
    ais.hidden, ais.forbidden = {"F0411.AG"}, {"F0101"}
    ok, detail, fix = found(connect())["permissions"]
    assert not ok
    assert "AG" in detail
    assert "F0101" in detail
    assert "data security" in fix


def test_a_wrong_date_format_is_told(ais: FakeAis, connect: Connect) -> None:
    ais.strptime = "%m/%d/%Y"
    assert not found(connect())["dates"][0]


def test_clocks_apart_are_told(connect: Connect, clock: ManualClock) -> None:
    clock.advance(1000)
    ok, detail, _ = found(connect())["clock"]
    assert not ok
    assert "s apart" in detail


def test_orchestrations_are_looked_up(ais: FakeAis, connect: Connect) -> None:
    settings = {"voucher": {"name": "ML_Voucher", "inputs": {"a": "A"}}}
    assert not found(connect(orchestrations=settings))["orchestrations"][0]
    ais.described["ML_Voucher"] = ["A"]
    assert found(connect(orchestrations=settings))["orchestrations"] == (True, "voucher", "")


def test_an_old_release_is_told(ais: FakeAis, connect: Connect) -> None:
    ais.before = lambda method, path, body: (
        (200, {"aisVersion": "9.1", "capabilityList": [{"name": "grid"}]}) if "defaultconfig" in path else None
    )
    assert "dataServiceAggregation" in found(connect())["capabilities"][1]

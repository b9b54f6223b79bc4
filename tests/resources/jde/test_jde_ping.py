"""ping tells what is wrong and what to do about it, and never raises."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from fake_ais import FakeAis

from connector_resources.clock import SYSTEM_CLOCK, ManualClock
from connector_resources.connections.base import Limits
from connector_resources.connections.jde import JdeConnection
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
        "numbers",
        "currencies",
        "limits",
    ]
    assert all(ok for ok, _, _ in checks.values()), checks
    assert "9.2.8.3" in checks["reach"][1]
    assert checks["authenticate"][1] == (
        "logged in on JPD920 as *ALL, dates dd/MM/yyyy, decimal sign .; token for the device ml-connector, from any"
        " address; calls leave this machine from 127.0.0.1 (behind a NAT the server sees another)"
    )


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


def test_orchestrations_are_held_against_the_contract(ais: FakeAis, connect: Connect) -> None:
    settings = {"voucher_batch_run": {"name": "ML_Run", "inputs": {"Mode": "Proof Or Final "}}}
    assert not found(connect(orchestrations=settings))["orchestrations"][0]
    ais.described["ML_Run"] = [{"name": "BatchNumber", "type": "String"}, {"name": "Proof Or Final", "type": "String"}]
    ok, detail, fix = found(connect(orchestrations=settings))["orchestrations"]
    assert (
        not ok
        and "voucher_batch_run (ML_Run) has no input 'Proof Or Final '" in detail
        and "docs/orchestrations.md" in fix
    )
    ais.described["ML_Run"][1]["name"] = "Proof Or Final "
    assert found(connect(orchestrations=settings))["orchestrations"] == (True, "voucher_batch_run", "")


def test_orchestrations_of_which_nothing_says_how_they_take_dates_are_told(ais: FakeAis, connect: Connect) -> None:
    settings = {"payment_void": {"name": "ML_Void"}}
    ais.described["ML_Void"] = ["PaymentID", "VoidDate", "ReturnStatus"]
    ok, detail, _ = found(connect(orchestrations=settings))["orchestrations"]
    assert not ok and detail.startswith("nothing says how payment_void take dates, and none is sent: set orchestration")
    assert found(connect(orchestrations=settings, orchestration_dates="iso"))["orchestrations"][0]


def test_a_405_at_the_login_names_the_server_that_is_to_be_let_in(ais: FakeAis, connect: Connect) -> None:
    ais.before = lambda method, path, body: (405, {}) if path.endswith("/tokenrequest") else None
    ok, detail, fix = found(connect())["authenticate"]
    assert not ok and "the HTML (JAS) server behind erp does not let the AIS server in (405)" in detail
    assert fix.startswith("add the host of the AIS server (127.0.0.1,") and "Allowed Hosts" in fix
    assert "the address of this machine does not belong there" in fix


def test_an_act_that_nobody_calls_is_told(connect: Connect) -> None:
    ok, detail, _ = found(connect(orchestrations={"vouchers": {"name": "ML_V"}}))["orchestrations"]
    assert not ok and detail.startswith("vouchers: no act of ours is called so; there are voucher_enter,")


def test_an_old_release_is_told(ais: FakeAis, connect: Connect) -> None:
    ais.before = lambda method, path, body: (
        (200, {"aisVersion": "9.1", "capabilityList": [{"name": "grid"}]}) if "defaultconfig" in path else None
    )
    assert "dataServiceAggregation" in found(connect())["capabilities"][1]

"""Ping answers every question and never raises."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import pytest
from coupa_fake import FakeCoupa, Reply, Seen

from connector_resources.checks import Check
from connector_resources.clock import ManualClock
from connector_resources.coupa import CoupaClient

READABLE = ("suppliers", "account_types", "accounts", "lookup_values", "payment_terms", "currencies", "invoices")


@pytest.fixture(autouse=True)
def on_time(fake: FakeCoupa, clock: ManualClock) -> None:
    """Lists that say the time of the test's clock."""

    def listed(seen: Seen) -> Reply | None:
        known = seen.path.removeprefix("/api/") in READABLE
        return Reply(200, [{"id": 1}], {"Date": format_datetime(clock.now())}) if known else None

    fake.scripts.append(listed)


def failed(checks: list[Check]) -> list[Check]:
    assert all(check.ok or check.fix for check in checks)
    return [check for check in checks if not check.ok]


def test_all_is_well(fake: FakeCoupa, client: CoupaClient) -> None:
    checks = client.ping()
    assert failed(checks) == []
    assert [c.name for c in checks] == ["reach", "authenticate", "scopes", *["permissions"] * 11, "limits", "clock"]
    assert all(seen.query["limit"] == "1" for seen in fake.api())
    # what is not used is not asked for
    assert {seen.path.removeprefix("/api/") for seen in fake.api()} == set(READABLE)


ORDERS = ["core.purchase_order.read", "core.purchase_order.write"]


@pytest.mark.parametrize(
    ("reply", "reported"),
    [
        (Reply(200, [{"id": 7}]), "taken: there are some"),
        (Reply(200, []), "the first order finds out"),
        (Reply(400, {"errors": {"base": ["Invalid query"]}}), "the first order finds out"),
    ],
)
def test_whether_external_orders_are_taken_is_asked_without_sending_one(
    fake: FakeCoupa, make: Any, reply: Reply, reported: str
) -> None:
    fake.scripts.insert(
        0,
        lambda seen: None if seen.path != "/api/purchase_orders" else reply if "type" in seen.query else Reply(200, []),
    )
    checks = {check.name: check for check in make(scopes=ORDERS).ping()}
    assert checks["external orders"].ok and reported in checks["external orders"].detail
    assert fake.api("POST") == []
    assert "external orders" not in [check.name for check in make(scopes=ORDERS[:1]).ping()]


def test_a_scope_that_was_not_granted(fake: FakeCoupa, make: Any) -> None:
    fake.token_extra = {"scope": "core.supplier.read"}
    [check] = failed(make(scopes=["core.supplier.read", "core.supplier.write"]).ping())
    assert check.name == "scopes"
    assert "grant core.supplier.write" in check.fix


def test_a_resource_that_is_forbidden_or_missing(fake: FakeCoupa, make: Any) -> None:
    def script(seen: Seen) -> Reply | None:
        return {"/api/invoices": Reply(403), "/api/payables/external/payables": Reply(404)}.get(seen.path)

    fake.scripts.insert(0, script)
    forbidden, missing = failed(make(scopes=["core.invoice.read", "core.payables.external.read"]).ping())
    assert forbidden.detail.startswith("invoices: ")
    assert "module" in missing.fix


def test_a_refused_login(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.scripts.insert(0, lambda seen: Reply(401, {"error": "invalid_client"}))
    [check] = failed(client.ping())
    assert check.name == "authenticate"
    assert "credentials set" in check.fix


def test_a_missing_credential(make: Any) -> None:
    [check] = failed(make({}).ping())
    assert check.name == "authenticate"


def test_nobody_there(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.close()
    [check] = failed(client.ping())
    assert check.name == "reach"
    fake.__init__()  # type: ignore[misc] - so that the fixture has something to close


def test_limits_beyond_the_documented_and_a_clock_that_is_off(fake: FakeCoupa, make: Any, clock: ManualClock) -> None:
    client = make(limits={"per_second": 100, "burst": 20})
    early = format_datetime(clock.now())
    fake.scripts.insert(0, lambda seen: Reply(200, [], {"Date": early}) if seen.path.startswith("/api/") else None)
    clock.advance(600)
    limits, skew = failed(client.ping())
    assert (limits.name, skew.name) == ("limits", "clock")
    assert "600 s" in skew.detail


def test_what_not_every_site_uses_is_asked_about_where_its_scope_is_set(fake: FakeCoupa, make: Any) -> None:
    def script(seen: Seen) -> Reply | None:
        answers = {"/api/purchase_orders": Reply(200, []), "/api/users": Reply(403)}
        return answers.get(seen.path)

    fake.scripts.insert(0, script)
    scopes = ["core.purchase_order.read", "core.pay.payments.read", "core.user.read"]
    checks = make(scopes=scopes).ping()
    assert any(check.ok and check.detail == "purchase_orders: readable, empty" for check in checks)
    payments, users = failed(checks)
    assert payments.detail.startswith("coupa_pay/payments: ")
    assert "module" in payments.fix
    assert users.detail.startswith("users: ")

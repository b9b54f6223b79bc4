"""One session for all threads, sliding, and BILL's ways to refuse one (bill section 2)."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bill_fake import FakeBill, Reply, Seen, error

from connector_resources.bill import BillClient
from connector_resources.clock import ManualClock
from connector_resources.errors import LoginRefused, NotAllowed, RateLimited, Refused, Unavailable, UnusableInput

LOGIN = "/connect/v3/login"


@pytest.fixture(autouse=True)
def vendors(fake: FakeBill) -> None:
    fake.lists["vendors"] = [{"id": "00901A", "name": "Acme", "archived": False}]


def test_four_credentials_open_one_session_for_all_threads(fake: FakeBill, client: BillClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: client.vendors.get("00901A").name, range(16)))
    assert found == ["Acme"] * 16
    assert len(fake.logins) == 1
    [login] = [seen for seen in fake.seen if seen.path == LOGIN]
    assert login.json == {
        "devKey": "dev-key-of-ours",
        "username": "ap@ours.example",
        "password": "pa55/word+ours",
        "organizationId": "00801ORG",
    }
    assert "devkey" not in login.headers  # it goes in the body
    assert fake.api()[0].headers["devkey"] == "dev-key-of-ours"
    assert fake.api()[0].headers["sessionid"] == fake.logins[0]
    assert "authorization" not in fake.api()[0].headers


@pytest.mark.parametrize("url", ["", "/v3", "/v3/"])
def test_a_version_in_the_url_is_not_doubled(fake: FakeBill, make: Any, url: str) -> None:
    make(url=fake.url + url).vendors.get("00901A")
    assert fake.api()[0].path == "/connect/v3/vendors/00901A"


def test_a_session_in_use_is_not_renewed(fake: FakeBill, client: BillClient, clock: ManualClock) -> None:
    for _ in range(5):
        client.vendors.get("00901A")
        clock.advance(20 * 60)
    assert len(fake.logins) == 1


def test_a_session_is_renewed_after_25_idle_minutes_before_it_is_used(
    fake: FakeBill, client: BillClient, clock: ManualClock
) -> None:
    client.vendors.get("00901A")
    clock.advance(25 * 60)
    client.vendors.get("00901A")
    assert [seen.headers["sessionid"] for seen in fake.api()] == fake.logins
    assert len(fake.logins) == 2


def test_an_invalid_session_is_renewed_once_for_all_threads(fake: FakeBill, client: BillClient) -> None:
    client.vendors.get("00901A")
    fake.end_sessions()
    with ThreadPoolExecutor(3) as pool:
        assert len(list(pool.map(lambda _: client.vendors.get("00901A"), range(9)))) == 9
    assert len(fake.logins) == 2


def test_a_write_is_repeated_after_a_new_login(fake: FakeBill, client: BillClient) -> None:
    client.log_in()
    fake.end_sessions()
    created = client.vendors.create({"name": "New", "address": {"country": "US"}})
    assert created.name == "New"
    assert len(fake.lists["vendors"]) == 2


def test_a_new_session_that_is_ended_too_gets_one_more_round(fake: FakeBill, client: BillClient) -> None:
    gone = error("BDC_1109", "Session is invalid. Please log in.", 401)
    fake.sequence("GET", "/connect/v3/vendors/00901A", [gone, gone])
    assert client.vendors.get("00901A").name == "Acme"


def test_a_session_that_never_works_is_unavailable_and_ends(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("GET", "/connect/v3/vendors/00901A", [error("BDC_1109", "Session is invalid.", 401)] * 20)
    with pytest.raises(Unavailable, match="same user"):
        client.vendors.get("00901A")
    assert len(fake.logins) <= 3


def test_an_untrusted_session_is_not_cured_by_a_login(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", "/connect/v3/vendors/00901A", error("BDC_1361", "Untrusted session.", 403))
    with pytest.raises(NotAllowed, match="two-step"):
        client.vendors.get("00901A")
    assert len(fake.logins) == 1


@pytest.mark.parametrize(
    ("code", "status", "fix"),
    [
        ("BDC_1101", 401, "credentials set"),
        ("BDC_1102", 422, "developer key is wrong"),
        ("BDC_1103", 422, "activate"),
        ("BDC_1104", 422, "terms"),
        ("BDC_1110", 423, "unlocks"),
    ],
)
def test_a_refused_login_says_what_to_do_and_is_not_tried_again(
    fake: FakeBill, client: BillClient, code: str, status: int, fix: str
) -> None:
    fake.sequence("POST", LOGIN, [error(code, "No.", status)] * 5)
    for _ in range(3):
        with pytest.raises(LoginRefused, match=code) as caught:
            client.vendors.get("00901A")
        assert fix in caught.value.fix
    assert len([seen for seen in fake.seen if seen.path == LOGIN]) == 1


def test_a_locked_organisation_is_left_alone_for_a_quarter_of_an_hour(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", LOGIN, error("BDC_1107", "Organization is locked.", 423))
    with pytest.raises(RateLimited, match="wait 15 minutes") as caught:
        client.vendors.get("00901A")
    assert caught.value.retry_after == 900
    client.vendors.get("00901A")


def test_no_more_than_five_logins_a_minute(fake: FakeBill, client: BillClient, clock: ManualClock) -> None:
    begun = clock.monotonic()
    for _ in range(6):
        client.vendors.get("00901A")
        fake.end_sessions()
    assert len(fake.logins) == 6
    assert clock.monotonic() - begun >= 60


def test_no_more_logins_in_an_hour_than_bill_takes(fake: FakeBill, make: Any, clock: ManualClock) -> None:
    client = make(logins_per_hour=3)
    for _ in range(3):
        client.vendors.get("00901A")
        fake.end_sessions()
    with pytest.raises(RateLimited, match="3 logins") as caught:
        client.vendors.get("00901A")
    assert caught.value.retry_after is not None and caught.value.retry_after > 3000
    clock.advance(3600)
    client.vendors.get("00901A")


def test_a_login_of_another_organisation_is_refused(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", LOGIN, Reply(200, {"sessionId": "abcdef", "organizationId": "00801OTHER"}))
    with pytest.raises(LoginRefused, match="00801OTHER"):
        client.log_in()


def test_a_missing_credential_is_named(fake: FakeBill, make: Any) -> None:
    with pytest.raises(UnusableInput, match="password is missing"):
        make({"dev_key": "d", "username": "u", "organization_id": "o"}).log_in()
    assert fake.seen == []


def test_the_session_is_logged_out_at_the_end(fake: FakeBill, make: Any) -> None:
    client = make()
    client.log_in()
    client.close()
    last = fake.seen[-1]
    assert (last.path, last.headers["sessionid"]) == ("/connect/v3/logout", fake.logins[0])
    with pytest.raises(UnusableInput, match="closed"):
        client.log_in()


def test_secrets_are_in_no_text(fake: FakeBill, client: BillClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.log_in()

    def echo(seen: Seen) -> Reply | None:
        sent = f"{seen.headers.get('sessionid')} {seen.headers.get('devkey')}"
        reported = f"{sent} pa55/word+ours {{'devKey': 'dev-key-of-ours'}}"
        return error("BDC_1119", reported) if seen.path.endswith("/vendors/x") else None

    fake.scripts.append(echo)
    with pytest.raises(Refused, match="BDC_1119") as caught:
        client.vendors.get("x")
    everything = f"{caught.value} {client!r} {client._authorizer!r} {client._authorizer.session!r} {caplog.text}"
    for secret in ("dev-key-of-ours", "pa55/word+ours", *fake.logins):
        assert secret not in everything

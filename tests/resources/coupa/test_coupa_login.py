"""Token, five-second rule, renewal, refusals."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

import pytest
from coupa_fake import TOKEN_REFUSED, FakeCoupa, Reply, Seen

from connector_resources.clock import ManualClock
from connector_resources.coupa import CoupaClient
from connector_resources.errors import LoginRefused, NotAllowed, Unavailable, UnusableInput

TERM = {
    "id": 3,
    "code": "Net 30",
    "description": None,
    "days-for-net-payment": 30,
    "days-for-discount-payment": None,
    "discount-rate": None,
    "type": "DaysAfterNetPaymentTerm",
    "active": True,
}
TERMS = "/api/payment_terms"


@pytest.fixture(autouse=True)
def terms(fake: FakeCoupa) -> None:
    fake.lists[TERMS] = [dict(TERM)]


def logins(fake: FakeCoupa) -> int:
    return sum(s.path == "/oauth2/token" for s in fake.seen)


def test_the_token_is_asked_for_with_all_scopes_and_sent_as_bearer(fake: FakeCoupa, make: Any) -> None:
    client = make(scopes=["core.common.read", "core.supplier.read"])
    assert client.payment_terms.find("Net 30").days_for_net_payment == 30
    form = dict(parse_qsl(fake.seen[0].body.decode()))
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "our-id",
        "client_secret": "s3cret/of+ours",
        "scope": "core.common.read core.supplier.read",
    }
    assert fake.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert fake.seen[1].headers["authorization"] == "Bearer eyJtoken1"


def test_threads_share_one_login(fake: FakeCoupa, client: CoupaClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.payment_terms.find("Net 30"), range(16)))
    assert logins(fake) == 1


def test_a_young_token_that_is_refused_is_tried_again_after_the_settle_time(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    fake.once("GET", TERMS, Reply(401))
    before = clock.monotonic()
    assert client.payment_terms.find("Net 30")
    assert clock.monotonic() - before == pytest.approx(5.0)
    assert logins(fake) == 1
    assert {s.headers["authorization"] for s in fake.api()} == {"Bearer eyJtoken1"}


def test_a_young_token_that_is_dead_is_replaced_after_its_second_chance(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    client.payment_terms.find("Net 30")
    fake.good.clear()
    assert client.payment_terms.find("Net 30")
    assert logins(fake) == 2


@pytest.mark.parametrize("body", [b"", b'{"errors":{"token":["expired"]}}', b"<html>401</html>"])
def test_an_expired_token_is_renewed_once_for_all_threads(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock, body: bytes
) -> None:
    client.payment_terms.find("Net 30")
    clock.advance(3600)
    barrier = threading.Barrier(6)

    def refuse_the_old(seen: Seen) -> Reply | None:
        return Reply(401, body) if seen.headers.get("authorization") == "Bearer eyJtoken1" else None

    fake.scripts.append(refuse_the_old)

    def read(_: int) -> Any:
        barrier.wait(5)
        return client.payment_terms.find("Net 30")

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(read, range(6)))
    assert logins(fake) == 2


def test_a_write_with_an_expired_token_is_sent_again_and_takes_effect_once(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    fake.lists["/api/lookup_values"] = [lookup_value()]
    client.payment_terms.find("Net 30")
    clock.advance(3600)
    fake.good.clear()
    client.lookup_values.update(1, {"name": "Depot"})
    assert [s.headers["authorization"][-1] for s in fake.api("PUT")] == ["1", "2"]


def test_a_renewed_token_that_is_used_too_early_gets_its_time(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    """The five-second rule may strike right after a renewal, for a write as well."""
    fake.lists["/api/lookup_values"] = [lookup_value()]
    client.payment_terms.find("Net 30")
    clock.advance(3600)
    fake.good.clear()
    issued = clock.monotonic()

    def too_early(seen: Seen) -> Reply | None:
        young = seen.headers.get("authorization", "").endswith("token2") and clock.monotonic() < issued + 5
        return Reply(401, TOKEN_REFUSED) if young else None

    fake.scripts.append(too_early)
    assert client.lookup_values.update(1, {"name": "Depot"}).name == "Depot"
    assert logins(fake) == 2


def test_a_token_is_renewed_by_age_and_the_old_one_serves_until_the_new_one_has_settled(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    client.payment_terms.find("Net 30")
    clock.advance(71_000)
    client.payment_terms.find("Net 30")
    assert logins(fake) == 1
    clock.advance(1_000)
    client.payment_terms.find("Net 30")
    clock.advance(5)
    client.payment_terms.find("Net 30")
    assert logins(fake) == 2
    assert [s.headers["authorization"][-1] for s in fake.api()] == ["1", "1", "1", "2"]


def test_a_renewal_that_fails_leaves_the_old_token_in_use(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    client.payment_terms.find("Net 30")
    clock.advance(72_001)
    fake.sequence("POST", "/oauth2/token", [Reply(503)] * 6)
    assert client.payment_terms.find("Net 30")
    clock.advance(300)
    client.payment_terms.find("Net 30")
    clock.advance(5)
    client.payment_terms.find("Net 30")
    assert fake.api()[-1].headers["authorization"] == "Bearer eyJtoken2"


def test_a_shorter_life_is_renewed_at_the_same_share_of_it(
    fake: FakeCoupa, client: CoupaClient, clock: ManualClock
) -> None:
    fake.token_extra = {"expires_in": 600}
    client.payment_terms.find("Net 30")
    clock.advance(501)
    client.payment_terms.find("Net 30")
    assert logins(fake) == 2


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, "invalid_client", "connector credentials set coupa"),
        (400, "invalid_scope", "each must be granted"),
        (400, "unauthorized_client", "client credentials"),
    ],
)
def test_a_refused_login_says_what_to_do_and_is_not_repeated(
    fake: FakeCoupa, client: CoupaClient, status: int, error: str, words: str
) -> None:
    body = {"error": error, "error_description": "client our-id with s3cret/of+ours"}
    fake.scripts.append(lambda seen: Reply(status, body) if seen.path == "/oauth2/token" else None)
    with pytest.raises(LoginRefused) as caught:
        client.payment_terms.find("Net 30")
    assert words in caught.value.fix
    assert error in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert len(fake.seen) == 1


def test_a_token_that_is_never_accepted_ends_as_a_refusal_not_a_loop(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.scripts.append(lambda seen: Reply(401) if seen.path == TERMS else None)
    with pytest.raises(LoginRefused, match="does not accept its own token"):
        client.payment_terms.find("Net 30")
    assert len(fake.api()) == 4
    assert logins(fake) == 2


def test_403_names_the_scope_and_asks_for_no_new_token(fake: FakeCoupa, make: Any) -> None:
    fake.token_extra = {"scope": "core.supplier.read"}
    fake.scripts.append(lambda seen: Reply(403) if seen.path == TERMS else None)
    client = make()
    with pytest.raises(NotAllowed, match=r"scope core\.common\.read") as caught:
        client.payment_terms.find("Net 30")
    assert "grant core.common.read" in caught.value.fix
    assert not isinstance(caught.value, LoginRefused)
    assert len(fake.seen) == 2


def test_403_with_the_scope_granted_points_elsewhere(fake: FakeCoupa, client: CoupaClient) -> None:
    fake.scripts.append(lambda seen: Reply(403) if seen.path == TERMS else None)
    with pytest.raises(NotAllowed) as caught:
        client.payment_terms.find("Net 30")
    assert "is granted" in caught.value.fix


def test_a_missing_credential_is_named(make: Any) -> None:
    client = make({"client_id": "x"})
    with pytest.raises(UnusableInput, match="credential client_secret is missing"):
        client.payment_terms.find("Net 30")


def test_a_login_that_finds_no_server_is_unavailable(fake: FakeCoupa, make: Any) -> None:
    fake.scripts.append(lambda seen: Reply(502, b"<html>bad gateway</html>"))
    with pytest.raises(Unavailable):
        make(limits={"retries": 1}).payment_terms.find("Net 30")


def test_no_repr_shows_a_secret(client: CoupaClient) -> None:
    client.payment_terms.find("Net 30")
    authorizer = client._authorizer
    text = f"{client!r} {authorizer!r} {authorizer._token!r} {client._http!r}"
    assert "s3cret" not in text
    assert "eyJ" not in text


def lookup_value() -> dict[str, Any]:
    return {
        "id": 1,
        "name": "Yard",
        "external-ref-num": "100",
        "external-ref-code": "100",
        "active": True,
        "lookup": {"id": 1, "name": "Cost Center"},
        "parent": None,
        "account-type": None,
        "description": None,
        "is-default": False,
    }

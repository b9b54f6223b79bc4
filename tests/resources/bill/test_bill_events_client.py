"""The Connect Events API (bill section 7): subscriptions, history, signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from bill_fake import FakeBill, Reply, Seen, error
from hypothesis import given
from hypothesis import strategies as st

from connector_resources.bill import BillClient, notification, signed
from connector_resources.bill.signature import minified
from connector_resources.errors import NotFound

EVENTS = "/connect-events/v3"
SUBSCRIPTION = {
    "id": "sub-1",
    "name": "ours",
    "status": {"enabled": False, "reason": "failed", "actor": "SYSTEM"},
    "events": [{"type": "bill.updated", "version": "1"}],
    "notificationUrl": "https://us.example/inbox",
}
UUID = str(uuid.UUID(int=5, version=4))


def signature(body: bytes, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def test_a_subscription_is_created_with_a_key_that_is_in_no_text(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", f"{EVENTS}/subscriptions", Reply(200, {**SUBSCRIPTION, "securityKey": "very-secret"}))
    made = client.events.create_subscription("ours", ["bill.updated"], "https://us.example/inbox", UUID)
    assert made.security_key is not None and made.security_key.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(made) + str(made) + made.model_dump_json()
    [seen] = fake.api()
    assert seen.headers["x-idempotent-key"] == UUID
    assert seen.headers["devkey"] and seen.headers["sessionid"] == fake.logins[0]
    assert seen.json["status"] == {"enabled": True}
    assert seen.json["events"] == [{"type": "bill.updated", "version": "1"}]


def test_a_lost_creation_is_asked_for_again_with_the_same_key(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("POST", f"{EVENTS}/subscriptions", [Reply(None), Reply(429), Reply(200, SUBSCRIPTION)])
    client.events.create_subscription("ours", ["bill.updated"], "https://us.example/inbox", UUID)
    assert [seen.headers["x-idempotent-key"] for seen in fake.api()] == [UUID] * 3


@pytest.mark.parametrize(
    ("url", "key"), [("http://us.example", UUID), ("https://u", "no"), ("https://u", str(uuid.NAMESPACE_DNS))]
)
def test_what_bill_would_refuse_is_not_sent(fake: FakeBill, client: BillClient, url: str, key: str) -> None:
    with pytest.raises(ValueError):
        client.events.create_subscription("ours", ["bill.updated"], url, key)
    assert fake.seen == []


def test_a_session_refused_without_a_code_is_renewed(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("GET", f"{EVENTS}/events/catalog", [error("BDC_9999", "Invalid sessionId", 401), Reply(200, [])])
    assert client.events.catalog() == []
    assert [seen.path for seen in fake.seen if "login" in seen.path] == ["/connect/v3/login"] * 2


def test_the_catalog(fake: FakeBill, client: BillClient) -> None:
    fake.once("GET", f"{EVENTS}/events/catalog", Reply(200, [{"type": "bill.updated", "versions": ["1"]}]))
    assert client.events.catalog()[0].type == "bill.updated"


def test_subscriptions_are_listed_over_pages_and_turned_on(fake: FakeBill, client: BillClient) -> None:
    pages = [{"results": [SUBSCRIPTION], "nextPage": "t"}, {"results": [{**SUBSCRIPTION, "id": "sub-2"}]}]
    fake.sequence("GET", f"{EVENTS}/subscriptions", [Reply(200, page) for page in pages])
    first, second = client.events.subscriptions()
    assert (first.enabled, first.status.actor, first.types) == (False, "SYSTEM", {"bill.updated"})
    on = Reply(200, {**SUBSCRIPTION, "status": {"enabled": True}})
    fake.once("PATCH", f"{EVENTS}/subscriptions/{second.id}", on)
    assert client.events.enable(second.id).enabled
    assert fake.api("PATCH")[0].json == {"status": {"enabled": True}}


def test_a_deleted_subscription_may_be_deleted_again(fake: FakeBill, client: BillClient) -> None:
    fake.sequence("DELETE", f"{EVENTS}/subscriptions/sub-1", [Reply(200), Reply(404)])
    client.events.delete("sub-1")
    client.events.delete("sub-1")
    assert len(fake.api("DELETE")) == 2


@pytest.mark.parametrize("path", ["security_key", "security-key"])
def test_the_key_is_rotated_under_either_spelling(fake: FakeBill, client: BillClient, path: str) -> None:
    def rotate(seen: Seen) -> Reply | None:
        if "/security" not in seen.path:
            return None
        known = seen.path.endswith(path)
        return Reply(200, {"securityKey": "new-key"}) if known else error("BDC_1121", "API not supported.", 404)

    fake.scripts.append(rotate)
    key = client.events.rotate_key("sub-1", UUID)
    assert key.get_secret_value() == "new-key" and "new-key" not in repr(key)
    assert fake.api("POST")[-1].headers["x-idempotent-key"] == UUID


def test_the_history_is_read_lazily_from_the_oldest(fake: FakeBill, client: BillClient) -> None:
    body = '{"metadata":{"eventId":"e1"},"bill":{"amount":0.1}}'
    first = {"id": "e1", "type": "bill.updated", "payload": body, "createdTime": "2026-03-01T10:00:00.000+00:00",
             "statusCode": 500, "retries": [{"attemptNumber": 1, "statusCode": 200}]}  # fmt: skip
    path = f"{EVENTS}/events/subscription/sub-1"
    fake.sequence("GET", path, [Reply(200, {"results": [first], "nextPage": "t"}), Reply(200, {"results": []})])
    events = client.events.history("sub-1", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    event = next(events)
    assert len(fake.api()) == 1
    assert event.notification()["bill"]["amount"] == Decimal("0.1")
    assert event.retries[0].status_code == 200
    assert list(events) == []
    assert fake.api()[1].query == {
        "max": "100",
        "createdTimeFrom": "2026-03-01T00:00:00.000Z",
        "createdTimeTo": "2026-03-02T00:00:00.000Z",
        "ascending": "true",
        "page": "t",
    }


def test_resend_and_test(fake: FakeBill, client: BillClient) -> None:
    fake.once("POST", f"{EVENTS}/events/subscription/sub-1/event/e1", Reply(200))
    client.events.resend("sub-1", "e1")
    fake.once("POST", f"{EVENTS}/subscriptions/sub-1/test", Reply(200, {"id": "e2", "payload": "{}"}))
    assert client.events.test("sub-1").id == "e2"
    with pytest.raises(NotFound):
        client.events.subscription("gone")


NOTICE = {"metadata": {"eventId": "e1"}, "bill": {"amount": 1.5}}


@pytest.mark.parametrize(
    "body",
    [json.dumps(NOTICE), json.dumps(json.dumps(NOTICE)), json.dumps({"payload": json.dumps(NOTICE)}).encode()],
)
def test_a_notification_is_read_in_all_its_wrappings(body: str | bytes) -> None:
    assert notification(body) == {"metadata": {"eventId": "e1"}, "bill": {"amount": Decimal("1.5")}}


@pytest.mark.parametrize("body", ["[]", "1", "nonsense", '"text"'])
def test_what_is_no_notification_is_said_so(body: str) -> None:
    with pytest.raises(ValueError):
        notification(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner, max_size=4)
)


@given(_JSON, st.text(min_size=1, alphabet=st.characters(codec="utf-8")), st.sampled_from([None, 1, "\t"]))
def test_a_signature_holds_however_the_body_is_spaced_or_wrapped(content: Any, key: str, indent: Any) -> None:
    small = json.dumps(content, separators=(",", ":")).encode()
    header = signature(small, key)
    spaced = json.dumps(content, indent=indent).encode()
    assert minified(spaced) == small
    assert signed(spaced, f" {header} ", [key])
    assert signed(json.dumps(small.decode()).encode(), header, [key])
    assert signed(json.dumps({"payload": spaced.decode()}).encode(), header, [key])
    assert not signed(small + b"0", header, [key])
    assert not signed(small, header, [f"{key}x"])


@given(st.binary(max_size=60), st.text(max_size=40))
def test_any_header_and_body_have_an_answer(body: bytes, header: str) -> None:
    assert signed(body, header, ["key", ""]) is False


def test_raw_bytes_are_what_is_signed_first() -> None:
    body = b'{ "a" : 1.10 }'
    assert signed(body, signature(body, "k"), ["k"])
    assert signed(body, signature(b'{"a":1.10}', "k"), ["k"])  # the number stays as it is written


def test_an_old_key_is_good_for_what_is_under_way() -> None:
    assert signed(b"{}", signature(b"{}", "old"), ["new", "old"])
    assert not signed(b"{}", signature(b"{}", "old"), ["new"])
    assert not signed(b"{}", signature(b"{}", ""), ["", "new"])
    assert not signed(b"{}", signature(b"{}", "k"), [])

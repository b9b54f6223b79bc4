"""Deliveries of BILL's events: signature, attempts, what ends a subscription, whom it trusts (bill 7.3-7.5)."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from bill_event_caller import Events, minified, signed
from bill_event_receiver import Authority, Receiver, receiving

from connector_sandbox.testing import running

SOON = {"event_retry_seconds": [0, 0, 0, 0]}


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["sent"], report["failed"], report["dropped"]


def codes(record: dict[str, Any]) -> tuple[Any, list[tuple[int, Any]]]:
    return record.get("statusCode"), [(each["attemptNumber"], each.get("statusCode")) for each in record["retries"]]


def test_what_is_sent_is_signed_with_the_key_over_the_body_as_it_is(events: Events, receiver: Receiver) -> None:
    made = events.subscribe(receiver.url(), "vendor.created")
    vendor = events.vendor("Sånd & Gravel")
    assert counts(events.flushed()) == (1, 0, 0)
    [delivery] = receiver.deliveries
    assert (delivery.path, delivery.headers["content-type"]) == ("/events?of=bill", "application/json")
    assert delivery.signature == signed(made["securityKey"], delivery.body)
    assert delivery.body == json.dumps(delivery.notification(), separators=(",", ":"), ensure_ascii=False).encode()
    [record] = events.history(made)
    assert record["payload"].encode() == delivery.body and codes(record) == (200, [])
    metadata = delivery.notification()["metadata"]
    assert metadata == {
        "eventId": record["id"],
        "subscriptionId": made["id"],
        "organizationId": events.organization,
        "eventType": "vendor.created",
        "version": "1",
    }
    assert delivery.notification()["vendor"]["id"] == vendor["id"]


def test_the_body_may_be_a_string(events: Events, receiver: Receiver) -> None:
    events.options(payload_as_string=True)
    made = events.subscribe(receiver.url(), "vendor.created")
    vendor = events.vendor()
    events.flushed()
    [delivery] = receiver.deliveries
    inner = json.loads(delivery.body)
    assert isinstance(inner, str) and json.loads(inner)["vendor"]["id"] == vendor["id"]
    assert delivery.signature == signed(made["securityKey"], delivery.body)


@pytest.mark.parametrize("refusal", [201, 202, 204, 301, 404, 500])
def test_only_200_is_success_and_each_attempt_is_in_the_history(
    events: Events, receiver: Receiver, refusal: int
) -> None:
    events.options(**SOON)
    receiver.answers.turns = [refusal, refusal, 200]
    made = events.subscribe(receiver.url())
    events.vendor()
    assert counts(events.flushed()) == (1, 0, 0)
    assert len({(each.body, each.signature) for each in receiver.deliveries}) == 1
    assert len(receiver.deliveries) == 3
    [record] = events.history(made)
    assert codes(record) == (200, [(1, refusal), (2, 200)])
    events.options(event_record_status="first")
    assert codes(events.history(made)[0])[0] == refusal
    assert events.status_of(made)["enabled"] is True


def test_attempts_are_2_4_8_and_16_seconds_apart_on_the_sandboxs_clock(events: Events, receiver: Receiver) -> None:
    receiver.answers.default = 503
    made = events.subscribe(receiver.url())
    events.vendor()
    for attempts, wait in enumerate((2, 4, 8, 16), 1):
        receiver.wait_for(attempts)
        events.noted(made, attempts)
        events.sandbox.post("/clock", {"advance": wait - 1})
        waiting = events.sandbox.post("/call-outs/flush", {"seconds": 0.1})["bill"]
        assert (waiting["waiting"] > 0, len(receiver.deliveries)) == (True, attempts)
        events.sandbox.post("/clock", {"advance": 1})
    receiver.wait_for(5)
    assert counts(events.flushed()) == (0, 1, 0)
    assert events.status_of(made)["enabled"] is False


def test_after_the_last_attempt_the_subscription_is_off_until_it_is_put_on_again(
    events: Events, receiver: Receiver
) -> None:
    events.options(**SOON)
    receiver.answers.default = 500
    made = events.subscribe(receiver.url())
    first = events.vendor("First")
    report = events.flushed()
    assert counts(report) == (0, 1, 0) and len(receiver.deliveries) == 5
    [record] = events.history(made)
    assert report["failures"] == [
        {"event": record["id"], "type": "vendor.created", "subscription": made["id"], "id": first["id"],
         "reason": "answered 500"}
    ]  # fmt: skip
    status = events.status_of(made)
    assert (status["enabled"], status["actor"]) == (False, "SYSTEM") and record["id"] in status["reason"]
    receiver.answers.default = 200
    missed = events.vendor("Missed")
    events.flushed()
    assert len(receiver.deliveries) == 5
    assert "not enabled" in events.refused(400, "POST", f"/v3/subscriptions/{made['id']}/test")[0]
    resend = f"/v3/events/subscription/{made['id']}/event/{record['id']}"
    assert "not enabled" in events.refused(400, "POST", resend)[0]
    events.enable(made)
    assert events.status_of(made) == {"enabled": True, "actor": "CLIENT"}
    later = events.vendor("Later")
    events.flushed()
    assert [each["vendor"]["id"] for each in receiver.notifications()[5:]] == [later["id"]]
    outcomes = {json.loads(each["payload"])["vendor"]["id"]: codes(each) for each in events.history(made)}
    assert outcomes == {
        first["id"]: (500, [(number, 500) for number in (1, 2, 3, 4)]),
        missed["id"]: (None, []),
        later["id"]: (200, []),
    }


def test_what_was_missed_is_sent_again_when_asked_for(events: Events, receiver: Receiver) -> None:
    made = events.subscribe(receiver.url(), status={"enabled": False})
    vendor = events.vendor()
    [record] = events.history(made, entityId=vendor["id"])
    events.enable(made)
    again = events.done("POST", f"/v3/events/subscription/{made['id']}/event/{record['id']}")
    assert again == {name: value for name, value in {**record, "statusCode": 200}.items() if name != "retries"}
    assert [each.body.decode() for each in receiver.deliveries] == [record["payload"]]


def test_what_waits_for_another_attempt_does_not_hold_up_the_rest(events: Events, receiver: Receiver) -> None:
    receiver.answers.turns = [500]
    made = events.subscribe(receiver.url())
    first, second = events.vendor("First"), events.vendor("Second")
    receiver.wait_for(2)
    events.noted(made, 1)
    events.sandbox.post("/clock", {"advance": 2})
    assert counts(events.flushed()) == (2, 0, 0)
    order = [each["vendor"]["id"] for each in receiver.notifications()]
    assert order == [first["id"], second["id"], first["id"]]
    assert [codes(each) for each in events.history(made)] == [(200, [(1, 200)]), (200, [])]


def test_other_notifications_that_waited_are_given_up_with_the_subscription(events: Events, receiver: Receiver) -> None:
    events.options(event_retry_seconds=[600])
    receiver.answers.default = 500
    made = events.subscribe(receiver.url())
    for name in ("First", "Second"):
        events.vendor(name)
    receiver.wait_for(2)
    events.enable(made, False)
    events.flushed()
    events.enable(made)
    events.sandbox.post("/clock", {"advance": 600})
    events.flushed()
    assert len(receiver.deliveries) == 2
    assert [codes(each) for each in events.history(made)] == [(500, []), (500, [])]


def test_who_says_nothing_in_time_has_not_answered(events: Events, receiver: Receiver) -> None:
    events.options(event_timeout_seconds=0.2, event_retry_seconds=[])
    receiver.answers.silent = True
    made = events.subscribe(receiver.url())
    events.vendor()
    assert "no answer" in events.flushed()["failures"][0]["reason"]
    assert codes(events.history(made)[0]) == (None, [])
    assert events.status_of(made)["actor"] == "SYSTEM"


def test_after_a_rotation_the_new_key_signs(events: Events, receiver: Receiver) -> None:
    receiver.answers.turns = [500]
    made = events.subscribe(receiver.url())
    events.vendor("Before")
    receiver.wait_for(1)
    events.noted(made, 1)
    new = rotated(events, made)
    events.sandbox.post("/clock", {"advance": 2})
    events.flushed()
    old, later = receiver.deliveries
    assert old.signature == signed(made["securityKey"], old.body)
    assert later.body == old.body and later.signature == signed(new, later.body)


def test_what_was_in_flight_may_keep_the_old_signature(events: Events, receiver: Receiver) -> None:
    events.options(sign_with_old_key=True)
    receiver.answers.turns = [500]
    made = events.subscribe(receiver.url())
    events.vendor("Before")
    receiver.wait_for(1)
    events.noted(made, 1)
    new = rotated(events, made)
    events.vendor("After")
    receiver.wait_for(2)
    events.sandbox.post("/clock", {"advance": 2})
    events.flushed()
    keys = [made["securityKey"], new, made["securityKey"]]
    assert [each.signature for each in receiver.deliveries] == [
        signed(key, each.body) for key, each in zip(keys, receiver.deliveries, strict=True)
    ]


def test_a_certificate_of_an_authority_it_does_not_know_is_refused_until_the_file_names_it(
    events: Events, tmp_path: Path
) -> None:
    unknown = Authority("Another authority")
    trust = tmp_path / "later.pem"
    events.options(trust=str(trust), event_retry_seconds=[])
    with receiving(unknown.server_context(tmp_path)) as receiver:
        made = events.subscribe(receiver.url())
        for pem in (None, Authority("A third authority").pem):
            if pem is not None:
                trust.write_bytes(pem)
            events.enable(made)
            events.vendor(f"Vendor {pem is None}")
            assert events.flushed()["failures"][-1]["reason"].startswith("the certificate is not trusted: ")
            assert events.status_of(made)["enabled"] is False
        assert receiver.deliveries == []
        trust.write_bytes(unknown.pem)
        events.enable(made)
        events.vendor("Last")
        assert events.flushed()["sent"] == 1 and len(receiver.deliveries) == 1


def test_a_certificate_of_another_host_is_refused(events: Events, authority: Authority, tmp_path: Path) -> None:
    events.options(event_retry_seconds=[])
    with receiving(authority.server_context(tmp_path, host="receiver.example")) as receiver:
        events.subscribe(receiver.url())
        events.vendor()
        [failure] = events.flushed()["failures"]
        assert failure["reason"].startswith("the certificate is not trusted: ") and receiver.deliveries == []


def test_a_file_of_authorities_that_is_none_fails_the_delivery(
    events: Events, receiver: Receiver, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    events.options(trust=str(wrong), event_retry_seconds=[])
    events.subscribe(receiver.url())
    events.vendor()
    [failure] = events.flushed()["failures"]
    assert "trusted authorities" in failure["reason"]


def test_failed_ones_are_sent_again_at_the_control(events: Events, receiver: Receiver) -> None:
    events.options(event_retry_seconds=[])
    receiver.answers.default = 500
    made = events.subscribe(receiver.url())
    events.vendor()
    events.flushed()
    assert events.sandbox.post("/call-outs/resend") == {"bill": {"resent": 0}}
    events.enable(made)
    receiver.answers.default = 200
    assert events.sandbox.post("/call-outs/resend") == {"bill": {"resent": 1}}
    assert counts(events.flushed()) == (1, 0, 0)


def test_a_test_notification_is_sent_at_once_and_once(events: Events, receiver: Receiver) -> None:
    made = events.subscribe(receiver.url(), "vendor.created", "bill.updated")
    path = f"/v3/subscriptions/{made['id']}/test"
    record = events.done("POST", path)
    assert (record["type"], record["statusCode"]) == ("vendor.created", 200)
    receiver.answers.default = 500
    body = {"eventType": "bill.updated", "version": "1", "bill": {"id": "00n01", "amount": 12.5}}
    record = events.done("POST", path, body)
    assert (record["type"], record["statusCode"]) == ("bill.updated", 500)
    assert receiver.notifications()[-1]["bill"] == {"id": "00n01", "amount": 12.5}
    assert receiver.deliveries[-1].signature == signed(made["securityKey"], minified(receiver.notifications()[-1]))
    assert events.status_of(made)["enabled"] is True and len(receiver.deliveries) == 2
    assert "not an event" in events.refused(400, "POST", path, {"eventType": "vendor.archived"})[0]


def test_some_are_lost_some_come_twice_and_in_any_order(events: Events, receiver: Receiver) -> None:
    hard = {"event_losses": 0.3, "event_doubles": 0.3, "event_order": "shuffled", "event_seed": 7}
    made = events.subscribe(receiver.url())
    seen: list[list[int]] = []
    for turn in range(2):
        events.options(**hard)
        receiver.deliveries.clear()
        before = counts(events.flushed())
        ids = [events.vendor(f"Vendor {turn} {number}")["id"] for number in range(30)]
        report = events.flushed()
        arrived = [each["vendor"]["id"] for each in receiver.notifications()]
        seen.append([arrived.count(each) for each in ids])
        assert set(seen[-1]) == {0, 1, 2} and seen[-1].count(0) == report["dropped"] - before[2]
        assert report["sent"] - before[0] == 30 - seen[-1].count(0)
    assert seen[0] == seen[1]
    assert len(events.history(made, max=100)) == 60
    events.options(event_losses=1, event_losses_in_history=False)
    events.vendor("Gone")
    assert len(events.history(made, max=100)) == 60


def test_what_waits_is_sent_in_another_order(events: Events, receiver: Receiver) -> None:
    events.options(event_order="shuffled", **SOON)
    events.subscribe(receiver.url())
    vendors = [{"name": f"Vendor {number}", "address": {"country": "US"}} for number in range(20)]
    made = events.write("POST", "/v3/vendors/bulk", vendors)["vendors"]  # type: ignore[arg-type]
    events.flushed()
    arrived = [each["vendor"]["id"] for each in receiver.notifications()]
    ids = [each["id"] for each in made]
    assert sorted(arrived) == sorted(ids) and arrived != ids


def test_the_history_is_asked_for_by_time_entity_and_page(events: Events, receiver: Receiver) -> None:
    made = events.subscribe(receiver.url())
    path = f"/v3/events/subscription/{made['id']}"
    vendors = []
    for number in range(5):
        events.sandbox.post("/clock", {"advance": 60})
        vendors.append(events.vendor(f"Vendor {number}"))
    events.flushed()
    oldest = events.history(made)
    assert [json.loads(each["payload"])["vendor"]["id"] for each in oldest] == [each["id"] for each in vendors]
    assert events.done("GET", path)["results"] == oldest[::-1]
    assert events.history(made, entityId=vendors[3]["id"]) == [oldest[3]]
    since, until = oldest[1]["createdTime"], oldest[3]["createdTime"].replace("+00:00", "Z")
    assert events.history(made, createdTimeFrom=since, createdTimeTo=until) == oldest[1:4]
    page = events.done("GET", path, params={"max": 2, "ascending": "true"})
    assert page["results"] == oldest[:2] and "prevPage" not in page
    after = events.done("GET", path, params={"max": 2, "ascending": "true", "page": page["nextPage"]})
    assert after["results"] == oldest[2:4]
    last = events.done("GET", path, params={"max": 2, "ascending": "true", "page": after["nextPage"]})
    assert last == {"results": oldest[4:]}
    events.sandbox.post(
        "/faults", {"system": "bill", "route": "GET /connect-events/*", "calls": [1], "kind": "dead_link"}
    )
    events.refused(400, "GET", path, params={"page": page["nextPage"]})
    for wrong in ({"max": 0}, {"max": 101}, {"createdTimeFrom": "soon"}, {"ascending": "up"}, {"page": "nowhere"}):
        events.refused(400, "GET", path, params=wrong)
    events.sandbox.post("/clock", {"advance": 181 * 86_400})
    assert Events(events.sandbox).history(made) == []


def test_subscriptions_history_and_what_waits_survive_a_restart(
    authority: Authority, receiver: Receiver, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(authority.pem)
    options: dict[str, Any] = {"bill": {"trust": str(trust), "event_retry_seconds": [600]}}
    receiver.answers.silent = True
    with running(world={}, only=["bill"], limits=False, state=tmp_path / "state", options=options) as sandbox:
        events = Events(sandbox)
        made = events.subscribe(receiver.url())
        key = {"X-Idempotent-Key": str(uuid.uuid4())}
        rotation = events.done("POST", f"/v3/subscriptions/{made['id']}/security_key", headers=key)
        events.vendor()
        receiver.wait_for(1)
        receiver.spoken.set()  # Without an answer: the delivery has failed, or is cut off by the end.
    receiver.answers.silent = False
    options["bill"]["event_retry_seconds"] = []
    with running(world={}, only=["bill"], limits=False, state=tmp_path / "state", options=options) as sandbox:
        events = Events(sandbox)
        receiver.wait_for(2)
        events.flushed()
        assert receiver.deliveries[-1].body == receiver.deliveries[0].body
        assert receiver.deliveries[-1].signature == signed(rotation["securityKey"], receiver.deliveries[-1].body)
        assert codes(events.history(made)[0])[0] == 200
        assert events.done("POST", f"/v3/subscriptions/{made['id']}/security_key", headers=key) == rotation


def test_a_reset_forgets_subscriptions_and_what_was_sent(events: Events, receiver: Receiver) -> None:
    events.subscribe(receiver.url())
    events.vendor()
    events.flushed()
    events.sandbox.post("/reset")
    assert counts(events.sandbox.get("/call-outs")["bill"]) == (0, 0, 0)
    fresh = Events(events.sandbox)
    assert fresh.done("GET", "/v3/subscriptions") == {"results": []}
    fresh.vendor()
    fresh.flushed()
    assert len(receiver.deliveries) == 1


def rotated(events: Events, subscription: dict[str, Any]) -> str:
    headers = {"X-Idempotent-Key": str(uuid.uuid4())}
    key: str = events.done("POST", f"/v3/subscriptions/{subscription['id']}/security_key", headers=headers)[
        "securityKey"
    ]
    return key

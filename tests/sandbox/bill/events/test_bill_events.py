"""BILL's Connect Events API: who may call, the catalog, subscriptions, idempotent keys (bill section 7.1)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from bill_event_caller import PAYMENT_EVENTS, Events, wanted

URL = "https://receiver.example/bill"
PATH = "/v3/subscriptions"


def with_key(key: str | None = None) -> dict[str, dict[str, str]]:
    return {"headers": {"X-Idempotent-Key": key or str(uuid.uuid4())}}


@pytest.mark.parametrize("missing", ["devKey", "sessionId"])
def test_a_missing_header_is_a_bad_request_and_a_wrong_one_no_login(events: Events, missing: str) -> None:
    wrong = events.ask("GET", PATH, headers={missing: "wrong"})
    assert (wrong.status_code, wrong.json()[0]["code"]) == (401, {"devKey": "BDC_1102"}.get(missing, "BDC_1109"))
    del events.headers[missing]
    assert missing in events.refused(400, "GET", PATH)[0]


def test_health_needs_no_login_and_other_paths_do_not_exist(events: Events) -> None:
    assert requests.get(f"{events.url}/v3/health", timeout=10).status_code == 200
    answer = requests.get(f"{events.url}/v3/v3/subscriptions", timeout=10)
    assert (answer.status_code, answer.json()[0]["code"]) == (404, "BDC_1121")


def test_the_catalog_has_payment_events_unless_the_organisation_has_none(events: Events) -> None:
    types = {each["type"]: each["versions"] for each in events.done("GET", "/v3/events/catalog")}
    assert {*PAYMENT_EVENTS, "vendor.archived", "bill.restored"} < set(types)
    assert types["bill.updated"] == ["1"]
    assert not {"payment.created", "bill.approved", "vendor-credit.created"} & set(types)
    events.options(payment_events=False)
    without = {each["type"] for each in events.done("GET", "/v3/events/catalog")}
    assert set(types) - without == {*PAYMENT_EVENTS, "autopay.failed"}
    messages = events.refused(400, "POST", PATH, wanted(URL, "payment.updated"), **with_key())
    assert messages == ["events: unknown event type 'payment.updated'"]


def test_a_new_subscription_is_answered_with_200_and_tells_its_key_once(events: Events) -> None:
    made = events.subscribe(URL, "vendor.created", "bill.updated")
    assert made["status"] == {"enabled": True, "actor": "CLIENT"}
    assert made["organizationId"] == events.organization
    assert made["events"] == [{"type": "vendor.created", "version": "1"}, {"type": "bill.updated", "version": "1"}]
    assert made["createdTime"].endswith("+00:00") and len(made.pop("securityKey")) >= 32
    assert events.done("GET", f"{PATH}/{made['id']}") == made
    assert events.done("GET", PATH) == {"results": [made]}


def test_every_field_is_required_and_checked(events: Events) -> None:
    assert events.refused(400, "POST", PATH, {}, **with_key()) == [
        f"{name}: must not be null" for name in ("name", "status", "events", "notificationUrl")
    ]
    wrong: dict[str, Any] = {
        "name": " ",
        "status": {"enabled": "yes"},
        "events": [{"type": "bill.created", "version": "2"}],
        "notificationUrl": "http://127.0.0.1:9/bill",
    }
    assert events.refused(400, "POST", PATH, wrong, **with_key()) == [
        "name: must not be blank",
        "status: enabled must be true or false",
        "events: unknown version '2' of event type 'bill.created'",
        "notificationUrl: must be an HTTPS URL",
    ]
    assert events.refused(400, "POST", PATH, wanted(URL, events=[]), **with_key()) == ["events: must not be empty"]
    assert events.refused(400, "POST", PATH, [], **with_key())[0].startswith("Cannot construct instance of ")
    assert events.done("GET", PATH) == {"results": []}


def test_the_same_events_at_the_same_place_are_refused(events: Events) -> None:
    events.subscribe(URL, "vendor.created", "bill.updated")
    other = events.subscribe(URL, "vendor.created")
    again = wanted(URL, "bill.updated", "vendor.created")
    assert "already exists" in events.refused(400, "POST", PATH, again, **with_key())[0]
    assert "already exists" in events.refused(400, "PATCH", f"{PATH}/{other['id']}", {"events": again["events"]})[0]
    assert len(events.done("GET", f"{PATH}/{other['id']}")["events"]) == 1


def test_an_organisation_has_ten_at_most(events: Events) -> None:
    made = [events.subscribe(f"{URL}/{number}") for number in range(10)]
    assert "at most 10" in events.refused(400, "POST", PATH, wanted(URL), **with_key())[0]
    first = events.done("GET", PATH, params={"max": 4})
    rest = events.done("GET", PATH, params={"max": 100, "page": first["nextPage"]})
    assert [each["id"] for each in first["results"] + rest["results"]] == [each["id"] for each in made]
    assert "nextPage" not in rest and "prevPage" not in rest
    assert events.done("DELETE", f"{PATH}/{made[0]['id']}") is None
    assert events.ask("GET", f"{PATH}/{made[0]['id']}").status_code == 404
    events.subscribe(URL)


def test_put_replaces_and_patch_changes(events: Events) -> None:
    made = events.subscribe(URL, "vendor.created")
    one = f"{PATH}/{made['id']}"
    assert "events: must not be null" in events.refused(400, "PUT", one, {"name": "other"})
    assert events.refused(400, "PATCH", one, {"notificationUrl": "ftp://here"})
    assert events.done("PATCH", one, {"name": "other"})["name"] == "other"
    off = events.done("PATCH", one, {"status": {"enabled": False}})
    assert (off["status"], off["name"]) == ({"enabled": False, "actor": "CLIENT"}, "other")
    put = events.done("PUT", one, wanted(URL + "/2", "bill.created"))
    assert (put["name"], put["notificationUrl"], put["status"]["enabled"]) == ("connector", URL + "/2", True)
    assert put["events"] == [{"type": "bill.created", "version": "1"}]
    assert put["createdTime"] == made["createdTime"] and "securityKey" not in put


@pytest.mark.parametrize(
    "key", [None, "one", "7b0e4c523f0a4f0e9a530d6b1a2c3d4e", "ae1b589c-e680-11f1-80e1-02fc00000001"]
)
def test_an_idempotent_key_is_needed_and_is_a_uuid4(events: Events, key: str | None) -> None:
    made = events.subscribe(URL)
    headers = {} if key is None else {"X-Idempotent-Key": key}
    for path, body in ((PATH, wanted(URL + "/2")), (f"{PATH}/{made['id']}/security_key", None)):
        assert "X-Idempotent-Key" in events.refused(400, "POST", path, body, headers=headers)[0]
    assert len(events.done("GET", PATH)["results"]) == 1


def test_the_same_key_gives_the_same_answer_for_a_day(events: Events) -> None:
    same = with_key()
    events.refused(400, "POST", PATH, {}, **same)
    made = events.done("POST", PATH, wanted(URL), **same)
    assert made["securityKey"]
    assert events.done("POST", PATH, wanted(URL), **same) == made
    assert len(events.done("GET", PATH)["results"]) == 1
    events.sandbox.post("/clock", {"advance": 25 * 3600})
    later = Events(events.sandbox)
    assert "already exists" in later.refused(400, "POST", PATH, wanted(URL), **same)[0]


def test_a_key_that_is_in_use_is_refused(events: Events) -> None:
    events.options(event_post_seconds=0.5)
    same = with_key()
    with ThreadPoolExecutor(2) as callers:
        calls = [callers.submit(events.ask, "POST", PATH, wanted(URL), **same) for _ in range(2)]
        answers = sorted(each.result().status_code for each in calls)
    assert answers == [200, 429]
    assert len(events.done("GET", PATH)["results"]) == 1


@pytest.mark.parametrize("spelling", ["security_key", "security-key"])
def test_a_key_is_rotated(events: Events, spelling: str) -> None:
    made = events.subscribe(URL)
    same = with_key()
    rotated = events.done("POST", f"{PATH}/{made['id']}/{spelling}", **same)
    assert set(rotated) == {"securityKey"} and rotated["securityKey"] != made["securityKey"]
    assert events.done("POST", f"{PATH}/{made['id']}/{spelling}", **same) == rotated


def test_an_id_that_leads_nowhere(events: Events) -> None:
    made = events.subscribe(URL)
    nowhere = uuid.uuid4()
    for method, path in (
        ("GET", f"{PATH}/{nowhere}"),
        ("PATCH", f"{PATH}/{nowhere}"),
        ("DELETE", f"{PATH}/{nowhere}"),
        ("POST", f"{PATH}/{nowhere}/test"),
        ("GET", f"/v3/events/subscription/{nowhere}"),
        ("POST", f"/v3/events/subscription/{made['id']}/event/{nowhere}"),
    ):
        answer = events.ask(method, path)
        assert (answer.status_code, answer.json()[0]["code"]) == (404, "BDC_1120"), path

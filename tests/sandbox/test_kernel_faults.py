"""Scripted faults as a client meets them, and the script itself."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from connector_sandbox.kernel.clock import SandboxClock
from connector_sandbox.kernel.faults import Faults
from connector_sandbox.testing import Sandbox, running

ROUTE = "POST /api/departments"


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    with running(world={}, only=["coupa"], limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    served.post("/reset")
    return served


class Caller:
    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url("coupa")
        login = sandbox.get("/credentials")["coupa"]
        form = {name: value for name, value in login.items() if isinstance(value, str)}
        token = requests.post(f"{self.url}/oauth2/token", form, timeout=10).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def create(self, name: str) -> requests.Response:
        body = {"name": name}
        return requests.post(f"{self.url}/api/departments", json=body, headers=self.headers, timeout=10)

    def names(self) -> list[str]:
        return [
            each["name"]
            for each in requests.get(f"{self.url}/api/departments", headers=self.headers, timeout=10).json()
        ]


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


def script(sandbox: Sandbox, kind: str, **rule: Any) -> None:
    sandbox.post("/faults", {"system": "coupa", "route": ROUTE, "kind": kind, "name": "it", **rule})


def test_a_status_has_no_effect_and_says_which_fault_it_was(sandbox: Sandbox, caller: Caller) -> None:
    script(sandbox, "status", status=503, body={"busy": True}, headers={"Retry-After": "7"}, calls=[2])
    answers = [caller.create(name) for name in "abc"]
    assert [answer.status_code for answer in answers] == [201, 503, 201]
    assert [answer.headers.get("X-Sandbox-Fault") for answer in answers] == [None, "it#1", None]
    assert (answers[1].json(), answers[1].headers["Retry-After"]) == ({"busy": True}, "7")
    assert caller.names() == ["a", "c"]


def test_a_status_after_the_effect(sandbox: Sandbox, caller: Caller) -> None:
    script(sandbox, "status_after", status=502, body="<html>bad gateway</html>", headers={"content-type": "text/html"})
    answer = caller.create("a")
    assert (answer.status_code, answer.headers["X-Sandbox-Fault"]) == (502, "it#1")
    assert caller.names() == ["a"]


@pytest.mark.parametrize(("kind", "effect"), [("drop_before", []), ("drop_after", ["a"])])
def test_a_dropped_connection(sandbox: Sandbox, caller: Caller, kind: str, effect: list[str]) -> None:
    script(sandbox, kind, calls=[1])
    with pytest.raises(requests.ConnectionError):
        caller.create("a")
    assert caller.names() == effect
    [fired] = sandbox.get("/faults")["fired"]
    assert (fired["fault"], fired["kind"], fired["route"], fired["call"]) == ("it#1", kind, ROUTE, 1)


def test_a_cut_body(sandbox: Sandbox, caller: Caller) -> None:
    script(sandbox, "cut")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.create("a")
    assert caller.names() == ["a"]


def test_a_duplicate_answer_is_written_twice_for_one_effect(sandbox: Sandbox, caller: Caller) -> None:
    script(sandbox, "duplicate")
    place = urlsplit(caller.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    headers = {**caller.headers, "Content-Type": "application/json"}
    connection.request("POST", "/api/departments", b'{"name": "a"}', headers)
    assert connection.sock is not None
    stream = b""
    while stream.count(b"HTTP/1.1 201") < 2 or not stream.endswith(b"}"):
        stream += connection.sock.recv(65536)
    connection.close()
    first, second = (part for part in stream.split(b"HTTP/1.1 ") if part)
    assert first.rpartition(b"\r\n\r\n")[2] == second.rpartition(b"\r\n\r\n")[2] != b""
    assert caller.names() == ["a"]


@pytest.mark.parametrize(("answer", "reported"), [({}, 1), ({"answer": "second"}, 1), ({"answer": "first"}, 0)])
def test_a_request_that_the_network_delivers_twice_has_two_effects(
    sandbox: Sandbox, caller: Caller, answer: dict[str, str], reported: int
) -> None:
    addresses, body = f"{caller.url}/api/addresses", {"street1": "1 High St", "city": "Bath", "country": {"code": "GB"}}
    before = requests.get(addresses, headers=caller.headers, timeout=10).json()
    sandbox.post("/faults", {"route": "POST /api/addresses", "kind": "twice", "name": "it", **answer})
    made = requests.post(addresses, json=body, headers=caller.headers, timeout=10)
    assert (made.status_code, made.headers["X-Sandbox-Fault"]) == (201, "it#1")
    held = requests.get(addresses, headers=caller.headers, timeout=10).json()
    both = sorted({each["id"] for each in held} - {each["id"] for each in before})
    assert len(both) == 2 and made.json()["id"] == both[reported]
    # the caller called once
    assert sandbox.get("/faults")["routes"]["coupa"]["POST /api/addresses"] == 1


@pytest.mark.parametrize(("answer", "status"), [("first", 201), ("second", 400)])
def test_the_second_of_a_request_that_came_twice_is_refused_where_the_vendor_refuses_it(
    sandbox: Sandbox, caller: Caller, answer: str, status: int
) -> None:
    script(sandbox, "twice", answer=answer)
    assert caller.create("a").status_code == status
    assert caller.names() == ["a"]


def test_a_delay_and_a_late_effect(sandbox: Sandbox, caller: Caller) -> None:
    script(sandbox, "delay", seconds=0.2, calls=[1])
    script(sandbox, "late", seconds=0.2, calls=[2])
    began = time.monotonic()
    assert caller.create("a").headers["X-Sandbox-Fault"] == "it#1"
    assert time.monotonic() - began >= 0.2
    with pytest.raises(requests.ConnectionError):
        caller.create("b")
    assert caller.names() == ["a"]
    time.sleep(0.3)
    assert caller.names() == ["a", "b"]


def test_a_reset_takes_back_content_faults_counts_clock_and_late_effects(sandbox: Sandbox, caller: Caller) -> None:
    script(sandbox, "late", seconds=0.2, calls=[2])
    sandbox.post("/clock", {"now": "2024-02-29T12:00:00+01:00"})
    assert sandbox.get("/clock")["now"].startswith("2024-02-29T11:00:0")
    caller.create("a")
    with pytest.raises(requests.ConnectionError):
        caller.create("b")
    sandbox.post("/reset")
    time.sleep(0.3)
    assert sandbox.get("/faults") == {"scripted": [], "fired": [], "routes": {}}
    assert not sandbox.get("/clock")["now"].startswith("2024")
    assert caller.create("c").status_code == 401
    assert Caller(sandbox).names() == []


def test_routes_are_counted_by_their_templates(sandbox: Sandbox, caller: Caller) -> None:
    caller.create("a")
    requests.get(f"{caller.url}/api/departments/1", headers=caller.headers, timeout=10)
    requests.get(f"{caller.url}/nowhere", timeout=10)
    assert requests.delete(f"{caller.url}/api/departments/1", headers=caller.headers, timeout=10).status_code == 405
    assert sandbox.get("/faults")["routes"]["coupa"] == {
        "POST /oauth2/token": 1,
        ROUTE: 1,
        "GET /api/departments/{id:int}": 1,
        "GET /nowhere": 1,
        "DELETE /api/departments/1": 1,
    }


def fired(rule: dict[str, Any], calls: int = 20) -> list[int]:
    faults = Faults(SandboxClock())
    faults.add([{"kind": "status", **rule}])
    return [call for call in range(1, calls + 1) if faults.next("coupa", "POST /api/invoices") is not None]


@pytest.mark.parametrize(
    ("rule", "calls"),
    [
        ({"calls": [3, 7]}, [3, 7]),
        ({"every": 8}, [8, 16]),
        ({"from": 18}, [18, 19, 20]),
        ({"from": 4, "to": 6}, [4, 5, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 5, "times": 2}, [5, 10]),
        ({"system": "jde"}, []),
        ({"route": "POST /api/*", "calls": [1]}, [1]),
        ({"route": "* /api/invoices", "calls": [1]}, [1]),
        ({"route": "GET *"}, []),
        ({"rate": 0.0}, []),
    ],
)
def test_which_calls_a_rule_chooses(rule: dict[str, Any], calls: list[int]) -> None:
    assert fired(rule) == calls


def test_a_rate_is_drawn_from_its_seed() -> None:
    chosen = fired({"rate": 0.03, "seed": 7}, 10_000)
    assert chosen == fired({"rate": 0.03, "seed": 7}, 10_000) != fired({"rate": 0.03, "seed": 8}, 10_000)
    assert 240 <= len(chosen) <= 360


def test_of_two_rules_for_a_call_the_first_fires_and_both_count() -> None:
    faults = Faults(SandboxClock())
    faults.add([{"kind": "status", "name": "a", "calls": [2]}, {"kind": "delay", "name": "b", "every": 2}])
    tags = [found.tag if (found := faults.next("coupa", "GET /x")) else None for _ in range(4)]
    assert tags == [None, "a#1", None, "b#1"]
    assert [(rule["seen"], rule["fired"]) for rule in faults.report()["scripted"]] == [(4, 1), (4, 1)]


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ({"kind": "explode"}, "kind is one of status, delay"),
        ({"route": "*"}, "kind"),
        ({"kind": "status", "when": 1}, "when"),
        ({"kind": "status", "calls": [0]}, "count from 1"),
        ({"kind": "status", "rate": 2.0}, "between 0 and 1"),
        ({"kind": "status", "status": 99}, "not an HTTP status"),
        ({"kind": "delay", "seconds": -1.0}, "negative"),
        ({"kind": "status", "name": "line\nbreak"}, "printable"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_all_others(sandbox: Sandbox, rule: dict[str, Any], hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        sandbox.post("/faults", [{"kind": "status"}, rule])
    assert sandbox.get("/faults")["scripted"] == []


def test_rules_can_be_replaced(sandbox: Sandbox) -> None:
    script(sandbox, "status")
    sandbox.post("/faults", {"replace": True, "rules": [{"kind": "delay", "name": "other"}]})
    assert [rule["name"] for rule in sandbox.get("/faults")["scripted"]] == ["other"]


def test_retype_changes_one_field_of_the_chosen_records(sandbox: Sandbox, caller: Caller) -> None:
    """The content is as it was: only the answer says otherwise, and the others of the list are left alone."""
    caller.create("A")
    caller.create("B")
    rule = {"kind": "retype", "system": "coupa", "route": "GET /api/departments", "name": "it"}
    sandbox.post("/faults", {**rule, "field": "name", "value": {"odd": 1}, "match": {"name": "B"}, "times": 1})
    assert caller.names() == ["A", {"odd": 1}]
    assert caller.names() == ["A", "B"]


def test_retype_needs_a_field(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="retype needs a field"):
        sandbox.post("/faults", {"kind": "retype", "system": "coupa"})

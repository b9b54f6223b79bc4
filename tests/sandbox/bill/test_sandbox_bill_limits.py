"""The limits, and what the sandbox counts (bill section 5.1)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from sandbox_bill_caller import Bill, refusal

from connector_sandbox.testing import Sandbox, running

ONE = "00n01nowherenowhere1"


def at_once(number: int, call: Callable[[], requests.Response]) -> list[int]:
    """The statuses of so many calls that begin together."""
    statuses: list[int] = []
    barrier = threading.Barrier(number)

    def one() -> None:
        barrier.wait(10)
        statuses.append(call().status_code)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(statuses)


def slow(sandbox: Sandbox, kind: str = "delay", **rule: Any) -> None:
    rule = {"system": "bill", "route": "GET /connect/v3/vendors", "kind": kind, "seconds": 0.5, **rule}
    sandbox.post("/faults", {"replace": True, "rules": [rule]})


def fetched(bill: Bill) -> Callable[[], requests.Response]:
    headers = {name: str(bill.session.headers[name]) for name in ("devKey", "sessionId")}
    return lambda: requests.get(bill.url + "vendors", headers=headers, timeout=20)


def test_the_fourth_call_at_once_is_refused_and_the_highest_number_is_kept() -> None:
    with running(world={}, only=["bill"]) as sandbox:
        bill = Bill(sandbox)
        bill.get("vendors")
        assert sandbox.get("/calls")["bill"]["in_flight"] == {"now": 0, "highest": 1, "limit": 3}
        slow(sandbox)
        assert at_once(5, fetched(bill)) == [200, 200, 200, 422, 422]
        counted = sandbox.get("/calls")["bill"]
        assert counted["in_flight"] == {"now": 0, "highest": 5, "limit": 3}
        assert counted["refused"] == {"BDC_1322": 2}
        assert sum(counted["hours"].values()) == 7 and sum(counted["logins"].values()) == 1
        assert at_once(3, fetched(bill)) == [200, 200, 200]
        bill.act("forget_calls")
        assert at_once(2, fetched(bill)) == [200, 200]
        assert sandbox.get("/calls")["bill"]["in_flight"]["highest"] == 2


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status", "cut", "late"])
def test_a_call_that_a_fault_ends_takes_no_place_any_more(kind: str) -> None:
    with running(world={}, only=["bill"]) as sandbox:
        bill = Bill(sandbox)
        slow(sandbox, kind, times=4)
        for _ in range(4):
            try:
                fetched(bill)()
            except requests.RequestException:
                continue
        assert fetched(bill)().status_code == 200
        assert sandbox.get("/calls")["bill"]["in_flight"] == {"now": 0, "highest": 1, "limit": 3}


def test_without_limits_the_highest_number_is_counted_all_the_same(bill: Bill, sandbox: Sandbox) -> None:
    slow(sandbox)
    assert at_once(5, fetched(bill)) == [200] * 5
    assert sandbox.get("/calls")["bill"]["in_flight"] == {"now": 0, "highest": 5, "limit": 0}
    assert sandbox.get("/calls")["bill"]["refused"] == {}


def test_the_hours_end_with_the_clock() -> None:
    with running(world={}, only=["bill"], options={"bill": {"calls_per_hour": 3, "limit_status": 429}}) as sandbox:
        sandbox.post("/clock", {"now": "2026-02-03T10:50:00Z"})
        bill = Bill(sandbox)
        bill.get("vendors")
        bill.get("vendors")
        message = "Max number of allowed requests per hour reached: 3."
        assert bill.refused("GET", "vendors") == (429, "BDC_1144", [message])
        sandbox.post("/clock", {"advance": 5 * 60})
        assert bill.refused("GET", "vendors")[1] == "BDC_1144"
        sandbox.post("/clock", {"advance": 5 * 60})
        assert bill.listed("vendors") == []
        assert sandbox.get("/calls")["bill"]["hours"] == {"2026-02-03T10": 5, "2026-02-03T11": 1}


def test_logins_are_limited_by_minute_and_by_hour() -> None:
    with running(world={}, only=["bill"], options={"bill": {"logins_per_hour": 8, "logins_per_minute": 5}}) as sandbox:
        sandbox.post("/clock", {"now": "2026-02-03T10:05:00Z"})
        bill = Bill(sandbox)
        for _ in range(4):
            Bill(sandbox)
        again = {"json": bill.login, "timeout": 10}
        refused = refusal(requests.post(bill.url + "login", **again))
        assert refused == (422, "BDC_1144", ["Max number of allowed requests per minute reached: 5."])
        sandbox.post("/clock", {"advance": 61})
        Bill(sandbox)
        Bill(sandbox)
        refused = refusal(requests.post(bill.url + "login", **again))
        assert refused == (422, "BDC_1144", ["Max number of allowed requests per hour reached: 8."])
        sandbox.post("/clock", {"advance": 3600})
        Bill(sandbox)


def test_what_is_refused_is_counted_by_code(bill: Bill, sandbox: Sandbox) -> None:
    bill.refused("GET", f"bills/{ONE}")
    bill.refused("GET", "bills", params={"max": 0})
    bill.refused("GET", "nowhere")
    bill.refused("GET", f"bills/{ONE}")
    assert sandbox.get("/calls")["bill"]["refused"] == {"BDC_1205": 2, "400": 1, "BDC_1121": 1}
    sandbox.post("/reset")
    assert sandbox.get("/calls")["bill"]["refused"] == {}

"""Sessions: how they begin, how long they live, what they may do (bill section 2)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from sandbox_bill_caller import Bill, refusal, vendor

from connector_sandbox.testing import Sandbox

INVALID = (401, "BDC_1109", ["Session is invalid. Please log in."])


def login(sandbox: Sandbox, **changes: Any) -> requests.Response:
    known = sandbox.get("/credentials")["bill"]
    body = {name: value for name, value in known.items() if isinstance(value, str)} | changes
    return requests.post(sandbox.url("bill") + "/v3/login", json=body, timeout=10)


def test_a_login_answers_with_session_organisation_user_and_trust(sandbox: Sandbox) -> None:
    answer = login(sandbox)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"sessionId", "organizationId", "userId", "trusted"}
    assert body["organizationId"].startswith("008") and body["userId"].startswith("006") and body["trusted"] is False


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "wrong"}, "BDC_1101"),
        ({"username": "nobody"}, "BDC_1101"),
        ({"organizationId": "008nowhere"}, "BDC_1101"),
        ({"devKey": "wrong"}, "BDC_1102"),
    ],
)
def test_a_wrong_login_is_refused_with_a_code(sandbox: Sandbox, changes: dict[str, str], code: str) -> None:
    status, given, _ = refusal(login(sandbox, **changes))
    assert (status, given) == (401, code)


def test_a_login_that_lacks_something_is_a_validation(sandbox: Sandbox) -> None:
    answer = login(sandbox, username=None, organizationId=None)
    assert refusal(answer) == (400, None, ["username: must not be null", "organizationId: must not be null"])


def test_two_logins_live_side_by_side(sandbox: Sandbox) -> None:
    first, second = Bill(sandbox), Bill(sandbox)
    assert first.opened["sessionId"] != second.opened["sessionId"]
    assert first.listed("vendors") == second.listed("vendors") == []


def test_a_session_dies_35_idle_minutes_after_its_last_call(bill: Bill, sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.post("/clock", {"advance": 34 * 60})
        assert bill.listed("vendors") == []
    sandbox.post("/clock", {"advance": 35 * 60})
    assert bill.refused("GET", "vendors") == INVALID


def test_a_session_of_the_sync_token_lives_48_hours_and_creates_no_payment(sandbox: Sandbox) -> None:
    token = Bill(sandbox, sandbox.get("/credentials")["bill"]["sync_token"], rememberMeId="m", device="d")
    assert token.opened["trusted"] is False
    sandbox.post("/clock", {"advance": 47 * 3600})
    assert token.vendor()["name"] == "Acme Drilling Supply"
    assert token.refused("POST", "payments", {})[:2] == (403, "BDC_1145")
    sandbox.post("/clock", {"advance": 48 * 3600})
    assert token.refused("GET", "vendors") == INVALID


def test_header_names_are_of_any_case_and_a_missing_one_is_a_401(bill: Bill) -> None:
    key, session = bill.login["devKey"], bill.opened["sessionId"]
    for given, status in (
        ({"DEVKEY": key, "sessionid": session}, 200),
        ({"devKey": key}, 401),
        ({"sessionId": session}, 401),
        ({}, 401),
        ({"devKey": "another", "sessionId": session}, 401),
        ({"Authorization": f"Bearer {session}", "devKey": key}, 401),
    ):
        assert requests.get(bill.url + "vendors", headers=given, timeout=10).status_code == status


def test_logout_ends_the_session(bill: Bill) -> None:
    answer = bill.ask("POST", "logout")
    assert (answer.status_code, answer.content) == (200, b"")
    assert bill.refused("GET", "vendors") == INVALID


def test_what_a_session_says_of_itself(bill: Bill, sandbox: Sandbox) -> None:
    said = bill.get("login/session")
    assert said == {
        "organizationId": bill.login["organizationId"],
        "userId": bill.opened["userId"],
        "mfaStatus": "DISABLED",
        "mfaBypass": False,
    }
    trusted = Bill(sandbox, rememberMeId="remembered", device="test")
    assert trusted.opened["trusted"] is True and trusted.get("login/session")["mfaStatus"] == "COMPLETE"
    assert bill.get("login/organizations")["results"] == [{"organizationId": bill.login["organizationId"]}]


def test_health_needs_no_session(sandbox: Sandbox) -> None:
    answer = requests.get(sandbox.url("bill") + "/v3/health", timeout=10)
    assert (answer.status_code, set(answer.json())) == (200, {"appId", "appEnv", "appVersion", "bdcRegion"})


def test_a_doubled_or_misspelt_path_is_not_supported(bill: Bill) -> None:
    for method, path in (("GET", "v3/vendors"), ("GET", "Vendors"), ("DELETE", "vendors"), ("GET", "nowhere/at/all")):
        assert bill.refused(method, path) == (404, "BDC_1121", ["API not supported."])


def test_a_user_who_may_only_read_is_told_so(sandbox: Sandbox) -> None:
    reader = Bill(sandbox, sandbox.get("/credentials")["bill"]["read_only"])
    assert reader.listed("bills") == []
    assert reader.refused("POST", "vendors", vendor())[:2] == (403, "BDC_1145")
    assert reader.ask("POST", "logout").status_code == 200


def test_a_role_can_lack_a_single_operation(bill: Bill) -> None:
    made = bill.bill(bill.vendor()["id"])
    bill.options(denied_operations=["GET /v3/bills/{id}", "* /v3/vendor-credits*"], denied_status=422)
    assert bill.refused("GET", f"bills/{made['id']}")[:2] == (422, "BDC_1145")
    assert bill.refused("GET", "vendor-credits")[:2] == (422, "BDC_1145")
    assert [each["id"] for each in bill.listed("bills")] == [made["id"]]


def test_a_locked_organisation_answers_423(sandbox: Sandbox) -> None:
    sandbox.post("/options", {"bill": {"organization_locked": True}})
    assert refusal(login(sandbox))[:2] == (423, "BDC_1107")


def test_a_payment_takes_a_trusted_session(bill: Bill, sandbox: Sandbox) -> None:
    assert bill.refused("POST", "payments", {}) == (403, "BDC_1361", ["Untrusted session."])
    assert bill.refused("POST", "payments/bulk", [])[1] == "BDC_1361"
    assert Bill(sandbox, rememberMeId="m").refused("POST", "payments", {})[:2] == (400, None)
    bill.options(mfa_required=False)
    assert bill.refused("POST", "payments", {})[:2] == (400, None)

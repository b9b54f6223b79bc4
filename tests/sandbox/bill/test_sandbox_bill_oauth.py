"""Access tokens for the client credentials of an app, beside developer key and session (bill section 2.6)."""

from __future__ import annotations

import pytest
import requests
from sandbox_bill_caller import Bill, vendor

from connector_sandbox.testing import Sandbox


def token(sandbox: Sandbox, app: str = "oauth", path: str = "/authx/token", **more: str) -> requests.Response:
    form = {**sandbox.get("/credentials")["bill"][app], **more}
    root = sandbox.url("bill").removesuffix("/connect")
    return requests.post(root + path, form, timeout=10)


def ask(sandbox: Sandbox, bearer: str, method: str = "GET", path: str = "vendors", **more: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {bearer}"}
    return requests.request(method, f"{sandbox.url('bill')}/v3/{path}", headers=headers, timeout=10, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/authx/token", "/connect/authx/token"])
def test_a_token_stands_for_developer_key_and_session(sandbox: Sandbox, path: str) -> None:
    reported = token(sandbox, path=path).json()
    assert (reported["token_type"], reported["expires_in"]) == ("Bearer", 3600)
    assert ask(sandbox, reported["access_token"], "POST", json=vendor()).status_code == 201
    assert len(ask(sandbox, reported["access_token"]).json()["results"]) == 1


def test_a_wrong_or_expired_token_is_an_invalid_session(sandbox: Sandbox) -> None:
    bearer = token(sandbox).json()["access_token"]
    sandbox.post("/clock", {"advance": 3601})
    for each in (bearer, "nonsense"):
        refused = ask(sandbox, each)
        assert (refused.status_code, refused.json()[0]["code"]) == (401, "BDC_1109")


def test_an_app_for_accounting_makes_no_payments_and_one_with_full_access_may(sandbox: Sandbox) -> None:
    accounting = token(sandbox, "oauth_accounting").json()["access_token"]
    full = token(sandbox).json()["access_token"]
    assert ask(sandbox, accounting, "POST", "payments", json={}).json()[0]["code"] == "BDC_1145"
    assert ask(sandbox, full, "POST", "payments", json={}).status_code == 400


def test_events_take_no_token(sandbox: Sandbox) -> None:
    bearer = token(sandbox).json()["access_token"]
    url = sandbox.url("bill").removesuffix("/connect") + "/connect-events/v3/subscriptions"
    assert requests.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=10).status_code in (400, 401)


def test_credentials_that_are_not_known_and_an_organisation_without_apps(sandbox: Sandbox, bill: Bill) -> None:
    assert token(sandbox, client_secret="wrong").status_code == 401
    assert token(sandbox, grant_type="password").json() == {"error": "unsupported_grant_type"}
    bill.options(oauth=False)
    assert token(sandbox).status_code == 404

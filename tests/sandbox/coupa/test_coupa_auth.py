"""Tokens, scopes, and the rate limit."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from coupa_caller import Coupa, supplier

from connector_sandbox.testing import Sandbox, running


def token(sandbox: Sandbox, **changes: Any) -> requests.Response:
    form = {k: v for k, v in sandbox.get("/credentials")["coupa"].items() if isinstance(v, str)} | changes
    form = {key: value for key, value in form.items() if value is not None}
    return requests.post(sandbox.url("coupa") + "/oauth2/token", form, timeout=10)


def test_a_token_names_its_scopes_and_outgrows_a_small_column(sandbox: Sandbox) -> None:
    answer = token(sandbox)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"]) == ("bearer", 86399)
    assert body["access_token"].startswith("eyJ") and len(body["access_token"]) > 4096
    assert body["scope"] == sandbox.get("/credentials")["coupa"]["scope"]


def test_a_client_may_use_http_basic(sandbox: Sandbox) -> None:
    login = sandbox.get("/credentials")["coupa"]
    form = {"grant_type": "client_credentials", "scope": "core.supplier.read"}
    url = sandbox.url("coupa") + "/oauth2/token"
    good = requests.post(url, form, auth=(login["client_id"], login["client_secret"]), timeout=10)
    bad = requests.post(url, form, auth=(login["client_id"], "guess"), timeout=10)
    assert good.json()["scope"] == "core.supplier.read"
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"scope": None}, 400, "invalid_scope"),
        ({"scope": "core.supplier.read core.everything"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
    ],
)
def test_the_token_endpoint_refuses_as_rfc_6749_says(
    sandbox: Sandbox, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = token(sandbox, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_client_without_a_scope_cannot_ask_for_it(sandbox: Sandbox) -> None:
    reader = sandbox.get("/credentials")["coupa"]["read_only"]
    assert token(sandbox, **reader).status_code == 200
    asked = token(sandbox, **{**reader, "scope": "core.supplier.read core.supplier.write"})
    assert asked.json()["error"] == "invalid_scope"


def test_without_a_good_token_the_answer_is_401_with_either_body(sandbox: Sandbox) -> None:
    url = sandbox.url("coupa") + "/api/suppliers"
    headers = {"Authorization": "Bearer eyJ.made.up", "Accept": "application/json"}
    answers = [requests.get(url, headers=headers, timeout=10) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {401}
    bodies = {answer.text for answer in answers}
    assert "" in bodies and len(bodies) == 2


def test_an_expired_token_is_401_and_a_missing_scope_403(sandbox: Sandbox) -> None:
    login = sandbox.get("/credentials")["coupa"]
    reader = Coupa(sandbox.url("coupa"), login["read_only"])
    assert reader.ask("GET", "suppliers").status_code == 200
    assert reader.ask("POST", "suppliers", supplier()).status_code == 403
    narrow = Coupa(sandbox.url("coupa"), login, scope="core.invoice.read")
    assert narrow.ask("GET", "suppliers").status_code == 403
    assert narrow.ask("GET", "invoices").status_code == 200
    sandbox.post("/clock", {"advance": 86_400})
    assert reader.ask("GET", "suppliers").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "invoices", "core.invoice.create"),
        ("PUT", "invoices/1/submit", "core.invoice.create"),
        ("PUT", "invoices/1/void", "core.invoice.delete"),
        ("PUT", "invoices/1/abandon", "core.invoice.delete"),
        ("PUT", "invoices/1/bypass_approvals", "core.invoice.approval.bypass"),
        ("PUT", "invoices/1", "core.invoice.write"),
        ("POST", "lookup_values", "core.common.write"),
        ("POST", "uoms", "core.uom.write"),
        ("POST", "accounts", "core.accounting.write"),
        ("POST", "payables/external/payables", "core.payables.external.write"),
        ("PUT", "coupa_pay/payments/1/export", "core.pay.payments.write"),
    ],
)
def test_each_act_takes_its_own_scope(sandbox: Sandbox, method: str, path: str, scope: str) -> None:
    login = sandbox.get("/credentials")["coupa"]
    others = " ".join(set(login["scope"].split()) - {scope, "core.invoice.write"} | {"core.user.read"})
    assert Coupa(sandbox.url("coupa"), login, scope=others).ask(method, path, {}).status_code == 403
    assert Coupa(sandbox.url("coupa"), login, scope=scope).ask(method, path, {}).status_code in (400, 404)


def test_a_token_has_to_settle_for_five_seconds() -> None:
    with running(world={}, only=["coupa"]) as limited:
        coupa = Coupa(limited.url("coupa"), limited.get("/credentials")["coupa"])
        assert coupa.ask("GET", "suppliers").status_code == 401
        limited.post("/clock", {"advance": 5})
        assert coupa.ask("GET", "suppliers").status_code == 200


def test_beyond_the_rate_and_the_queue_calls_are_turned_away() -> None:
    with running(world={}, only=["coupa"], options={"coupa": {"settle_seconds": 0}}) as limited:
        coupa = Coupa(limited.url("coupa"), limited.get("/credentials")["coupa"])
        with ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(lambda _: coupa.ask("GET", "currencies"), range(60)))
        taken = [answer for answer in answers if answer.status_code == 200]
        turned_away = [answer for answer in answers if answer.status_code == 429]
        assert len(taken) + len(turned_away) == 60
        assert 21 <= len(taken) < 45
        hints = {answer.headers.get("Retry-After", "none") for answer in turned_away}
        assert {"none", "1"} < hints and any(hint.endswith("GMT") for hint in hints)


def test_the_fault_of_an_expired_token(coupa: Coupa, sandbox: Sandbox) -> None:
    sandbox.post("/faults", {"system": "coupa", "route": "GET /api/suppliers", "calls": [2], "kind": "expire_token"})
    statuses = [coupa.ask("GET", "suppliers").status_code for _ in range(3)]
    assert statuses == [200, 401, 401]


def test_basic_with_nonsense_is_a_wrong_client(sandbox: Sandbox) -> None:
    nonsense = base64.b64encode(b"\xff\xfe").decode()
    answer = requests.post(
        sandbox.url("coupa") + "/oauth2/token",
        {"grant_type": "client_credentials", "scope": "core.supplier.read"},
        headers={"Authorization": f"Basic {nonsense}"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

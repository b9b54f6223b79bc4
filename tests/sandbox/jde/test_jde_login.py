"""Ping, login, token binding, expiry and the codes of a login that fails (jde-ais sections 1 and 2)."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox


def set_options(sandbox: Sandbox, **options: Any) -> None:
    sandbox.post("/options", {"jde": options})


def test_ping_answers_get_and_post_of_null_without_login(sandbox: Sandbox) -> None:
    for path in ("/defaultconfig", "/v2/defaultconfig"):
        url = sandbox.url("jde") + path
        asked = {"requiredCapabilities": "dataservice,telepathy"}
        assert requests.get(url, timeout=5).json()["requiredCapabilityMissing"] is False
        assert requests.get(url, params=asked, timeout=5).json()["requiredCapabilityMissing"] is True
        posted = requests.post(url, data="null", headers={"Content-Type": "application/json"}, timeout=5)
        assert posted.json()["defaultEnvironment"] == "JPD920"


@pytest.mark.parametrize("prefix", ["", "/v2", "/v3"])
def test_login_in_the_body_gives_a_long_token_and_the_users_preferences(sandbox: Sandbox, prefix: str) -> None:
    body = {"username": "mlconn", "password": "Sandbox-Only-1", "environment": "JPD920", "role": "*ALL"}
    answer = requests.post(f"{sandbox.url('jde')}{prefix}/tokenrequest", json=body, timeout=5).json()
    token = answer["userInfo"]["token"]
    assert len(token) > 100 and set("+/=") <= set(token)
    assert (answer["username"], answer["environment"], answer["role"]) == ("MLCONN", "JPD920", "*ALL")
    assert (answer["userInfo"]["simpleDateFormat"], answer["userInfo"]["dateFormat"]) == ("dd/MM/yyyy", "DME")


def test_basic_login_and_a_stateless_call(sandbox: Sandbox) -> None:
    basic = {"Authorization": "Basic " + base64.b64encode(b"MLCONN:Sandbox-Only-1").decode()}
    url = sandbox.url("jde")
    token = requests.post(f"{url}/v2/tokenrequest", headers=basic, timeout=5).json()["userInfo"]["token"]
    assert requests.get(f"{url}/discover", headers={"JDE-AIS-AUTH": token}, timeout=5).status_code == 200
    assert requests.get(f"{url}/discover", headers=basic, timeout=5).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "x"}, {"username": "x"}, {"environment": "JDV920"}, {"role": "SYSADMIN"}]
)
def test_wrong_login_is_403(ais: Ais, wrong: dict[str, str]) -> None:
    answer = ais.login(**wrong)
    assert answer.status_code == 403
    assert "Authorization Failure" in answer.json()["message"]


def test_allowed_hosts_switch_makes_login_405(sandbox: Sandbox, ais: Ais) -> None:
    set_options(sandbox, allowed_hosts_listed=False)
    assert ais.login().status_code == 405
    assert ais.get("/discover").status_code == 200  # sessions that exist go on


def test_token_is_bound_to_its_device(ais: Ais) -> None:
    ais.headers["jde-AIS-Auth-Device"] = "another"
    assert ais.get("/discover").status_code == 444
    del ais.headers["jde-AIS-Auth-Device"]
    assert ais.get("/discover").status_code == 444
    body = {"token": ais.headers.pop("jde-AIS-Auth"), "deviceName": "tests"}
    assert ais.post("/v2/tokenrequest/validate", body).json() == {"isValidSession": True}


def test_444_bodies_of_both_tools_releases(sandbox: Sandbox, ais: Ais) -> None:
    ais.headers["jde-AIS-Auth"] = "gone"
    newer = ais.get("/discover").json()
    assert (newer["message"], newer["exception"]) == ("Invalid Token", "Exception")
    assert newer["timeStamp"].endswith(("+0000", "+0100"))
    set_options(sandbox, timestamp_style="classic")
    older = ais.get("/discover").json()
    assert older["exception"] == "java.lang.Exception" and older["timeStamp"].count(".") == 2


def test_idle_limit_and_touch(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.clock.advance(20 * 60)
    assert ais.post("/v2/tokenrequest/validate", {"touch": False}).status_code == 200
    sandbox.clock.advance(15 * 60)  # 35 idle minutes, for the validation did not touch
    assert ais.post("/v2/tokenrequest/validate", {"touch": True}).status_code == 444


def test_absolute_limit_ends_a_busy_session(sandbox: Sandbox) -> None:
    set_options(sandbox, session_ttl_minutes=60)
    ais = Ais(sandbox)
    for _ in range(2):
        sandbox.clock.advance(25 * 60)
        assert ais.get("/discover").status_code == 200
    sandbox.clock.advance(15 * 60)
    assert ais.get("/discover").status_code == 444


def test_logout_ends_the_token(ais: Ais) -> None:
    assert ais.post("/v2/tokenrequest/logout", {}).json() == {"status": "Success"}
    assert ais.post("/v2/tokenrequest/logout", {}).status_code == 444


def test_data_service_may_answer_403_to_a_dead_token(sandbox: Sandbox, ais: Ais) -> None:
    set_options(sandbox, invalid_token_status=403)
    ais.headers["jde-AIS-Auth"] = "gone"
    assert ais.post("/v2/dataservice", {"targetName": "F0101"}).status_code == 403
    assert ais.get("/discover").status_code == 444


def test_expire_token_fault_and_its_header(sandbox: Sandbox, ais: Ais) -> None:
    rule = {
        "system": "jde",
        "route": "POST /jderest/v2/dataservice",
        "calls": [2],
        "kind": "expire_token",
        "name": "exp",
    }
    sandbox.post("/faults", [rule])
    assert ais.post("/v2/dataservice", {"targetName": "F0101"}).status_code == 200
    answer = ais.post("/v2/dataservice", {"targetName": "F0101"})
    assert (answer.status_code, answer.headers["X-Sandbox-Fault"]) == (444, "exp#1")


def test_wrong_type_wrong_json_wrong_path(ais: Ais) -> None:
    headers = {**ais.headers, "Content-Type": "text/plain"}
    url = f"{ais.url}/v2/dataservice"
    assert requests.post(url, data="{}", headers=headers, timeout=5).status_code == 415
    headers["Content-Type"] = "application/json; charset=utf-8"
    assert requests.post(url, data="{", headers=headers, timeout=5).status_code == 400
    assert ais.post("/v2/dataservice", {"targetName": "F0101", "query": []}).status_code == 400
    missing = ais.get("/v2/nothing")
    assert (missing.status_code, missing.headers["content-type"][:9]) == (404, "text/html")
    assert ais.get("/v3/dataservice").status_code == 404
    assert ais.get("/v2/dataservice").status_code == 405
    assert requests.post(url, json={"targetName": "F0101"}, timeout=5).status_code == 403


def test_limited_user_misses_rows_columns_and_rights(sandbox: Sandbox) -> None:
    limited = Ais(sandbox, "MLREAD", "Sandbox-Only-2")
    assert limited.user_info["simpleDateFormat"] == "MM/dd/yyyy"
    answer = limited.browse("F0101", condition("F0101.AN8", "LIST", 4343, 7), returnControlIDs="F0101.AN8|F0101.TAX")
    grid = answer["fs_DATABROWSE_F0101"]["data"]["gridData"]
    assert (list(grid["columns"]), grid["rowset"]) == (["F0101_AN8"], [{"F0101_AN8": 4343}])
    assert limited.post("/v3/orchestrator/ML_VoucherVoid", {}).status_code == 403


@pytest.mark.parametrize("where", ["header", "body"])
def test_logout_needs_the_token_alone(ais: Ais, where: str) -> None:
    token = ais.user_info["token"]
    headers = {"jde-AIS-Auth": token} if where == "header" else {}
    body = {"token": token} if where == "body" else {}
    url = f"{ais.url}/v2/tokenrequest/logout"
    # Any other call from another device is refused; this one needs no device name.
    assert requests.get(f"{ais.url}/discover", headers={"jde-AIS-Auth": token}, timeout=5).status_code == 444
    assert requests.post(url, json=body, headers=headers, timeout=5).json() == {"status": "Success"}
    assert requests.post(url, json=body, headers=headers, timeout=5).status_code == 444
    assert requests.post(url, json={}, timeout=5).status_code == 403
    assert ais.get("/discover").status_code == 444


def test_a_site_serves_its_own_preferences(sandbox: Sandbox) -> None:
    set_options(sandbox, decimal_format=",", user_info={"dateFormat": "DMY", "dateSeperator": ".", "timeFormat": None})
    info = Ais(sandbox).user_info
    assert (info["decimalFormat"], info["dateFormat"], info["dateSeperator"]) == (",", "DMY", ".")
    assert "timeFormat" not in info
    with pytest.raises(ValueError, match="not a preference"):
        set_options(sandbox, user_info={"token": "mine"})

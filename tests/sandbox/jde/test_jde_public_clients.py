"""What clients that others wrote send to JD Edwards, and what they expect of its answers, told again here.

Some have no device name, some log in with every call, some ask by GET.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition, plain_rows

from connector_sandbox.testing import Sandbox

JSON = {"Accept": "application/json", "Content-Type": "application/json"}
SELF_TEST = {"Date": "2026-01-31", "Number": "1"}


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """User and password."""
    known: dict[str, str] = sandbox.get("/credentials")["jde"]
    return {name: known[name] for name in ("username", "password")}


def basic(sandbox: Sandbox) -> dict[str, str]:
    """HTTP's own login, with every call."""
    known = credentials(sandbox)
    return {"Authorization": "Basic " + base64.b64encode(":".join(known.values()).encode()).decode()}


def browse(table: str, *columns: str, **more: Any) -> dict[str, Any]:
    """A question as such clients write it: lower-case `true`, no page size, no output type."""
    return {
        "targetName": table,
        "targetType": "table",
        "dataServiceType": "BROWSE",
        "findOnEntry": "true",
        "returnControlIDs": "|".join(f"{table}.{each}" for each in columns),
        **more,
    }


def test_a_client_without_a_device_asks_whether_its_token_is_valid(sandbox: Sandbox) -> None:
    """It sends user and password alone, then only the token, with an empty POST (what it reads is told in
    test_jde_tables.py)."""
    url = sandbox.url("jde")
    answer = requests.post(f"{url}/v2/tokenrequest", json=credentials(sandbox), headers=JSON, timeout=10).json()
    headers = {**JSON, "jde-AIS-Auth": answer["userInfo"]["token"]}
    valid = requests.post(f"{url}/v2/tokenrequest/validate", data="", headers=headers, timeout=10)
    assert (valid.status_code, valid.json()["isValidSession"]) == (200, True)


def test_a_client_logs_in_with_every_call(sandbox: Sandbox, ais: Ais) -> None:
    """Environment and role stand in the body, of questions and of orchestrations; a LIST has several values."""
    place = {"environment": ais.login().json()["environment"], "role": "*ALL"}
    two = {"autoFind": True, "condition": [condition("F0411.DOC", "LIST", 4711, 4712)]}
    question = browse("F0411", "DOC", "AG", query=two, findOnEntry="TRUE", maxPageSize="100", **place)
    headers = JSON | basic(sandbox)
    answer = requests.post(f"{ais.url}/v2/dataservice", json=question, headers=headers, timeout=10).json()
    assert [each["DOC"] for each in plain_rows("F0411", answer)] == [4711, 4712]
    tested = requests.post(
        f"{ais.url}/v3/orchestrator/ML_SelfTest", json=SELF_TEST | place, headers=headers, timeout=10
    )
    assert tested.status_code == 200, tested.text
    in_body = requests.post(
        f"{ais.url}/v3/orchestrator/ML_SelfTest", json=SELF_TEST | credentials(sandbox), headers=JSON, timeout=10
    )
    assert in_body.status_code == 200, in_body.text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("$field=F0101.AN8&$field=F0101.ALPH&$field=F0101.TAX&$filter=F0101.AT1 EQ V", [4343, 4344]),
        ("$field=F0101.AN8&$filter=F0101.ALPH CONTAINS Acme", [4343]),
        ("$field=F0101.AN8&$filter=F0101.AT1%20EQ%20V&%24limit=20000", [4343, 4344]),
        ("$field=F0101.AN8&$filter=F0101.AN8 EQ 4344&$filter=F0101.AT1 EQ V", [4344]),
    ],
)
def test_a_browser_page_asks_by_get(sandbox: Sandbox, query: str, numbers: list[int]) -> None:
    url = f"{sandbox.url('jde')}/v2/dataservice/table/F0101?{query}"
    answer = requests.get(url, headers=basic(sandbox), timeout=10)
    assert sorted(each["AN8"] for each in plain_rows("F0101", answer.json())) == numbers


def test_an_orchestration_is_called_by_get_too(sandbox: Sandbox, ais: Ais) -> None:
    """With its inputs in the query, and a header in a spelling of its own."""
    headers = {"Jde-Ais-Auth": ais.user_info["token"], "jde-ais-auth-device": "tests"}
    answer = requests.get(f"{ais.url}/v3/orchestrator/ML_SelfTest", SELF_TEST, headers=headers, timeout=10)
    assert answer.status_code == 200 and answer.json()["jde__status"] == "SUCCESS"


def test_booleans_come_as_strings_and_no_page_follows(ais: Ais) -> None:
    question = browse("F0411", "DOC", maxPageSize="2", enableNextPageProcessing="false", outputType="GRID_DATA")
    answer = ais.post("/v2/dataservice", question).json()
    assert answer["fs_DATABROWSE_F0411"]["data"]["gridData"]["summary"] == {"records": 2, "moreRecords": True}
    assert "links" not in answer


@pytest.mark.parametrize(
    "wrong",
    [
        {"returnControlIDs": "F0411.RPDOC"},
        {"query": {"autoFind": True, "condition": [condition("F0411.VINV", "STARTS_WITH", "INV")]}},
    ],
)
def test_column_prefixes_and_operators_of_other_services_are_errors(ais: Ais, wrong: dict[str, Any]) -> None:
    """Two public clients send these, and were never run against a server."""
    answer = ais.post("/v2/dataservice", browse("F0411", "DOC") | wrong)
    assert answer.status_code == 500 and answer.json()["message"]

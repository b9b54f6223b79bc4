"""Outputs of the data service, and the form services (jde-ais sections 3.1 to 3.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition

BROWSE: dict[str, Any] = {
    "targetName": "F0411",
    "targetType": "table",
    "dataServiceType": "BROWSE",
    "returnControlIDs": "F0411.DOC|F0411.VINV|F0411.AG|F0411.DGJ",
    "query": {"condition": [condition("F0411.DOC", "EQUAL", 4711)]},
}


def ask(ais: Ais, path: str = "/v2/dataservice", **more: Any) -> requests.Response:
    return ais.post(path, {**BROWSE, **more})


def grid(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json(parse_float=Decimal)["fs_DATABROWSE_F0411"]["data"]["gridData"]
    return found


@pytest.mark.parametrize(
    ("path", "output", "simple"),
    [
        ("/v2/dataservice", None, True),
        ("/v2/dataservice", "", True),
        ("/v2/dataservice", "GRID_DATA", True),
        ("/v2/dataservice", "VERSION1", False),
        ("/dataservice", None, False),
        ("/dataservice", "GRID_DATA", True),
    ],
)
def test_the_first_version_answers_version_1_and_the_second_grid_data(
    ais: Ais, path: str, output: str | None, simple: bool
) -> None:
    found = grid(ask(ais, path, **({} if output is None else {"outputType": output})))
    assert ("columns" in found, "titles" in found) == (simple, not simple)
    (row,) = found["rowset"]
    if simple:
        plain = {"F0411_DOC": 4711, "F0411_VINV": "INV-4711".ljust(25), "F0411_AG": Decimal("1250.5")}
        assert row == {**plain, "F0411_DGJ": "20160405"}
    else:
        assert row["F0411_DOC"]["internalValue"] == 4711


def test_a_cell_of_version_1_says_its_value_as_the_user_reads_it(ais: Ais) -> None:
    (row,) = grid(ask(ais, outputType="VERSION1"))["rowset"]
    assert (row["rowIndex"], row["MOExist"]) == (0, False)
    keys = {"id", "value", "title", "datatype", "internalValue", "editable", "visible", "bsvw"}
    assert keys <= set(row["F0411_VINV"])
    assert (row["F0411_DGJ"]["value"], row["F0411_DGJ"]["internalValue"]) == ("05/04/2016", "20160405")
    amount = row["F0411_AG"]
    assert (amount["value"], amount["internalValue"]) == ("1,250.50", Decimal("1250.5"))
    assert amount["mathValue"]["value"] == Decimal("1250.5")
    assert amount["title"] == "Gross Amount"


@pytest.mark.parametrize("output", ["VERSION2", "ORACLE", "XML", "XMLSIMPLE", "CSV"])
def test_other_outputs_are_refused_by_name(ais: Ais, output: str) -> None:
    answer = ask(ais, outputType=output)
    assert (answer.status_code, answer.json()["message"]) == (
        500,
        f"outputType {output} is not available on this server",
    )


FORM = {"formName": "P0411_W0411A", "version": "ZJDE0001", "formServiceAction": "C", "formInputs": []}
STACK = {"action": "open", "formRequest": FORM}


@pytest.mark.parametrize("prefix", ["", "/v2"])
@pytest.mark.parametrize(
    ("path", "body"), [("formservice", FORM), ("batchformservice", {"formRequests": [FORM]}), ("appstack", STACK)]
)
def test_forms_are_refused_by_name_and_what_is_none_as_bad_json(
    ais: Ais, prefix: str, path: str, body: dict[str, Any]
) -> None:
    answer = ais.post(f"{prefix}/{path}", body)
    assert answer.status_code == 500
    assert {"message", "exception", "timeStamp"} <= set(answer.json())
    assert "Form P0411_W0411A cannot be run" in answer.json()["message"]
    assert ais.post(f"{prefix}/{path}", {"formName": 5, "formRequests": 5}).status_code == 400
    ais.headers["jde-AIS-Auth"] = "gone"
    assert ais.post(f"{prefix}/{path}", body).status_code == 444


def test_no_form_is_open_to_be_acted_on(ais: Ais) -> None:
    answer = ais.post("/v2/appstack", {"action": "execute", "stackId": 1, "stateId": 1, "rid": "x"})
    assert (answer.status_code, answer.json()["message"]) == (500, "appstack: there is no open form to execute")

"""Tables beside the ledgers, columns that a site lacks, views (jde-ais sections 3.1, 10 and 16)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition, voucher, world

from connector_sandbox.testing import Sandbox, running

VOUCHER = {"KCO": "00001", "DCT": "PV", "DOC": 4711}


def switch(ais: Ais, **options: Any) -> None:
    ais.sandbox.post("/options", {"jde": options})


def act(sandbox: Sandbox, name: str, **more: Any) -> dict[str, Any]:
    done: dict[str, Any] = sandbox.post("/rows", {"system": "jde", "act": name, **more})
    return done


def test_users_roles_and_who_has_them_are_browsable_as_public_clients_read_them(sandbox: Sandbox) -> None:
    """The requests of a public client: no device, a token in the header, strings for booleans."""
    url = sandbox.url("jde")
    login = {"username": "MLCONN", "password": "Sandbox-Only-1"}
    token = requests.post(f"{url}/v2/tokenrequest", json=login, timeout=5).json()["userInfo"]["token"]

    def rowset(table: str, columns: str, *conditions: dict[str, Any]) -> list[dict[str, str]]:
        body = {"targetName": table, "targetType": "table", "dataServiceType": "BROWSE", "findOnEntry": "true"}
        query = {"autoFind": True, "condition": list(conditions)}
        whole = {**body, "returnControlIDs": columns, **({"query": query} if conditions else {})}
        answer = requests.post(f"{url}/v2/dataservice", json=whole, headers={"jde-AIS-Auth": token}, timeout=5).json()
        found = answer[f"fs_DATABROWSE_{table}"]["data"]["gridData"]["rowset"]
        return [{key: value.strip() for key, value in row.items()} for row in found]

    users = rowset("F0092", "F0092.USER|F0092.UGRP", condition("F0092.UGRP", "EQUAL", ""))
    assert users == [{"F0092_USER": name, "F0092_UGRP": ""} for name in ("MLCONN", "MLREAD")]
    (role,) = rowset("F00926", "F00926.USER|F00926.ROLEDESC")
    assert role["F00926_ROLEDESC"] == "Integration"
    related = rowset("F95921", "F95921.FRROLE|F95921.TOROLE", condition("F95921.FRROLE", "EQUAL", role["F00926_USER"]))
    assert [row["F95921_TOROLE"] for row in related] == ["MLCONN", "MLREAD"]


def batch(ais: Ais, kind: str, number: int) -> dict[str, Any]:
    (row,) = ais.rows("F0011", condition("F0011.ICUT", "EQUAL", kind), condition("F0011.ICU", "EQUAL", number))
    return row


def test_batch_control_changes_with_its_batch_and_not_with_a_pay_status(sandbox: Sandbox, ais: Ais) -> None:
    row = {**VOUCHER, "SFX": "001", "SFXE": 0, "ICUT": "V", "ICU": 77}
    sandbox.post("/clock", {"now": "2016-05-02T10:00:00+01:00"})
    sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [row]})
    made = batch(ais, "V ", 77)
    assert (made["UPMJ"], made["UPMT"], made["DICJ"], made["IST"].strip()) == ("20160502", 100000, "20160502", "")
    sandbox.post("/clock", {"now": "2016-05-03T10:00:00+01:00"})
    act(sandbox, "set_pay_status", **VOUCHER, PST="H")
    act(sandbox, "set_pay_status", **VOUCHER, PST="A")
    ais = Ais(sandbox)
    assert batch(ais, "V", 77)["UPMJ"] == "20160502"
    sandbox.post("/clock", {"now": "2016-05-04T10:00:00+01:00"})
    act(sandbox, "post_batch", **VOUCHER)
    ais = Ais(sandbox)
    posted = batch(ais, "V", 77)
    assert (posted["UPMJ"], posted["IST"]) == ("20160504", "D")
    # The voucher itself did not move: who asks by UPMJ of F0411 misses the post.
    assert ais.rows("F0411", condition("F0411.DOC", "EQUAL", 4711))[0]["UPMJ"] == "20160503"


def test_what_is_entered_has_its_batch_in_f0011(ais: Ais) -> None:
    body = {
        "Supplier": 4343,
        "InvoiceNumber": "NEW-1",
        "InvoiceDate": "01/04/2016",
        "GLDate": "05/04/2016",
        "Company": "00001",
        "Currency": "GBP",
        "PayItems": [{"GrossAmount": "5"}],
        "Distribution": [{"Account": "30.4210", "Amount": "5"}],
    }
    made = ais.post("/v3/orchestrator/ML_VoucherEnter", body).json()
    assert batch(ais, "V", made["LedgerBatch"])["USER"].strip() == "MLCONN"
    wanted = condition("F0911.ICUT", "EQUAL", "V"), condition("F0911.ICU", "EQUAL", made["LedgerBatch"])
    assert [row["DOC"] for row in ais.rows("F0911", *wanted)] == [made["DocumentNumber"]]


@pytest.mark.parametrize("unknown", ["500", "200"])
def test_columns_that_the_reference_schema_lacks_do_not_exist(ais: Ais, unknown: str) -> None:
    paid = act(ais.sandbox, "pay_voucher", **VOUCHER)["PYID"]
    wanted = condition("F0413.PYID", "EQUAL", paid)
    assert ais.rows("F0413", wanted, returnControlIDs="F0413.PYID|F0413.CO")[0]["CO"].strip() == "00001"
    switch(ais, reference_schema=True, missing_columns={"F0030": ["IBAN"]}, unknown_target=unknown)
    assert not {"CO", "CRR", "FAP", "POST", "BCRC"} & set(ais.rows("F0413", wanted)[0])
    questions: list[dict[str, Any]] = [
        {"targetName": "F0413", "returnControlIDs": "F0413.PYID|F0413.CO"},
        {"targetName": "F0414", "query": {"condition": [condition("F0414.DOCM", "EQUAL", 1)]}},
        {"targetName": "F0411", "aggregation": {"orderBy": [{"column": "F0411.AID", "direction": "ASC"}]}},
        {
            "targetName": "F0911",
            "dataServiceType": "AGGREGATION",
            "aggregation": {"aggregations": [{"column": "F0911.STAM", "aggregation": "SUM"}]},
        },
        {"targetName": "F0030", "returnControlIDs": "F0030.IBAN"},
    ]
    for question in questions:
        answer = ais.post("/v2/dataservice", {"targetType": "table", **question})
        if unknown == "500":
            assert (answer.status_code, "is not in" in answer.json()["message"]) == (500, True), question
        else:
            assert "is not in" in answer.json()["sysErrors"][0]["TITLE"], question


def browse_view(ais: Ais, name: str, *conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"targetName": name, "targetType": "view", "dataServiceType": "BROWSE"}
    answer = ais.post("/v2/dataservice", {**body, "query": {"condition": list(conditions)}, **more})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json(parse_float=Decimal)
    return made


def test_a_view_answers_under_its_own_name_and_its_tables_columns(sandbox: Sandbox, ais: Ais) -> None:
    line = {"DOCO": 9001, "DCTO": "OP", "KCOO": "00001", "SFXO": "000", "LNID": "1", "AN8": 4343, "NXTR": "400"}
    sandbox.post("/rows", {"system": "jde", "table": "F4311", "upsert": [line]})
    answer = browse_view(ais, "V4311A", returnControlIDs="F4311.DOCO|F4311.AN8")
    assert answer["currentApp"] == "DATABROWSE_V4311A"
    grid = answer["fs_DATABROWSE_V4311A"]["data"]["gridData"]
    assert grid["rowset"] == [{"F4311_DOCO": 9001, "F4311_AN8": 4343}]
    simple = ais.get("/v2/dataservice/view/V4311A", params={"$filter": "F4311.NXTR EQ 400", "$field": "F4311.DOCO"})
    assert simple.json()["fs_DATABROWSE_V4311A"]["data"]["gridData"]["rowset"] == [{"F4311_DOCO": 9001}]
    counted = {"targetName": "V4311A", "targetType": "view", "dataServiceType": "COUNT"}
    assert ais.post("/v2/dataservice", counted).json() == {"ds_V4311A": {"count": 1}}
    # A view is no table, and the other way round.
    for name, kind in (("V4311A", "table"), ("F4311", "view"), ("V9999", "view")):
        assert ais.post("/v2/dataservice", {"targetName": name, "targetType": kind}).status_code == 500


def test_a_site_may_join_tables_in_a_view_of_its_own(sandbox: Sandbox, ais: Ais) -> None:
    joined = {"tables": ["F0411", "F0101"], "joins": [[["F0411.AN8", "F0101.AN8"]]]}
    switch(ais, views={"V55AP": joined})
    answer = browse_view(
        ais,
        "V55AP",
        condition("F0411.DOC", "LESS", 4714),
        condition("F0101.ALPH", "STR_START_WITH", "Acme"),
        returnControlIDs="F0411.DOC|F0411.AN8|F0101.ALPH|F0101.AN8",
        aggregation={"orderBy": [{"column": "F0411.DOC", "direction": "DESC"}]},
    )
    found = answer["fs_DATABROWSE_V55AP"]["data"]["gridData"]["rowset"]
    acme = {"F0411_AN8": 4343, "F0101_ALPH": "Acme Paving Ltd".ljust(40), "F0101_AN8": 4343}
    assert found == [{"F0411_DOC": 4713, **acme}, {"F0411_DOC": 4711, **acme}]
    # What the user may not see of a table is not in the view either.
    limited = Ais(sandbox, "MLREAD", "Sandbox-Only-2")
    shown = browse_view(limited, "V55AP")["fs_DATABROWSE_V55AP"]["data"]["gridData"]
    assert "F0101_TAX" not in shown["columns"] and "F0411_RMK" not in shown["columns"]
    switch(ais, hidden_tables=["F0101"])
    assert ais.post("/v2/dataservice", {"targetName": "V55AP", "targetType": "view"}).status_code == 403
    with pytest.raises(ValueError, match="no column NOPE"):
        switch(ais, views={"V55AP": {**joined, "joins": [[["F0411.NOPE", "F0101.AN8"]]]}})


def test_content_without_batch_control_gets_it_from_its_vouchers() -> None:
    rows = [{**voucher(4711 + number), "ICUT": "V", "ICU": 70 + number // 8, "USER": "CLERK"} for number in range(12)]
    rows[0]["POST"] = "D"
    with running(world={"jde": {**world(), "F0411": rows}}, only=["jde"]) as served:
        found = {row["ICU"]: row for row in Ais(served).rows("F0011")}
    assert {number: (row["UPMJ"], row["UPMT"], row["IST"].strip()) for number, row in found.items()} == {
        70: ("20160406", 93012, ""),
        71: ("20160407", 93016, ""),
    }

"""Orchestrations, Z rows and their report, payments and voids, and how failure shows (jde-ais sections 3.4 to 6)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from ais_caller import LENIENT, Ais, condition, world

from connector_sandbox.testing import Sandbox, running

VOUCHER: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceNumber": "NEW-1",
    "InvoiceDate": "01/04/2016",
    "GLDate": "05/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "PayItems": [{"GrossAmount": "120.00", "TaxAmount": "20.00"}, {"GrossAmount": 30.25}],
    "Distribution": [{"Account": "30.4210", "Amount": "100.00"}, {"Account": "39284.4210.01", "Amount": "30.25"}],
}
BATCH = {**VOUCHER, "BatchNumber": "B1", "TransactionNumber": "T1"}
KEY = {"DocumentNumber": 4711, "DocumentType": "PV", "DocumentCompany": "00001"}


def run(ais: Ais, name: str, body: dict[str, Any], version: str = "/v3") -> requests.Response:
    return ais.post(f"{version}/orchestrator/{name}", body)


def pay_item(ais: Ais, document: int = 4711) -> dict[str, Any]:
    return ais.rows("F0411", condition("F0411.DOC", "EQUAL", document))[0]


def test_discovery_names_inputs_and_details(ais: Ais) -> None:
    names = {item["name"] for item in ais.get("/discover").json()["orchestrations"]}
    assert {"ML_VoucherBatchAdd", "ML_VoucherBatchRun", "ML_VoucherVoid", "ML_PaymentRecord"} <= names
    found = ais.get("/discover/ML_AccountFind").json()["orchestrations"][0]
    assert [item["name"] for item in found["inputs"]] == ["BusinessUnit ", "ObjectAccount", "Subsidiary"]
    assert ais.get("/v3/open-api-catalog3/ML_VoucherVoid").json()["openapi"] == "3.0.0"
    assert ais.get("/v2/open-api-catalog").json()["paths"]
    assert run(ais, "NoSuch", {}).status_code == 500


def test_batch_rows_become_a_voucher_only_when_the_report_runs(sandbox: Sandbox, ais: Ais) -> None:
    added = run(ais, "ML_VoucherBatchAdd", BATCH).json()
    assert (added["RowsAdded"], added["jde__status"]) == (4, "SUCCESS")
    assert ais.documents(condition("F0411.VINV", "EQUAL", "NEW-1")) == []
    assert {row["EDSP"] for row in ais.rows("F0411Z1")} == {"0"}
    job = run(ais, "ML_VoucherBatchRun", {"BatchNumber": "B1"}).json()
    assert ais.post("/v2/report/status", {"jobNumber": job["JobNumber"]}).json()["jobStatus"] == "D"
    items = ais.rows(
        "F0411", condition("F0411.VINV", "EQUAL", "NEW-1"), aggregation={"orderBy": [{"column": "F0411.SFX"}]}
    )
    assert [(row["SFX"], row["AG"], row["AAP"], row["PST"]) for row in items] == [
        ("001", Decimal("120.0"), Decimal("120.0"), "A"),
        ("002", Decimal("30.25"), Decimal("30.25"), "A"),
    ]
    assert (items[0]["DOC"], items[0]["DIVJ"]) == (4723, "20160401")
    lines = ais.rows("F0911", condition("F0911.DOC", "EQUAL", 4723))
    assert sorted((row["AID"], row["AA"]) for row in lines) == [
        ("00000001", Decimal("100.0")),
        ("00000002", Decimal("30.25")),
    ]
    assert {(row["EDSP"], row["DOC"]) for row in ais.rows("F0411Z1")} == {("1", 0)}


def test_batch_rows_collide_on_their_key_and_close_with_the_run(ais: Ais) -> None:
    run(ais, "ML_VoucherBatchAdd", BATCH)
    again = run(ais, "ML_VoucherBatchAdd", BATCH)
    assert (again.status_code, again.json()["jde__status"]) == (500, "ERROR")
    assert "Duplicate Key" in again.json()["message"]
    run(ais, "ML_VoucherBatchRun", {"BatchNumber": "B1"})
    late = run(ais, "ML_VoucherBatchAdd", {**BATCH, "TransactionNumber": "T2"})
    assert "nothing can be added" in late.json()["jde__simpleMessage"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Supplier": 999}, "Supplier 999"),
        ({"Distribution": [{"Account": "30.4210", "Amount": "99.00"}]}, "out of balance"),
        ({"Distribution": [{"Account": "30.9999", "Amount": "130.25"}]}, "does not accept postings"),
        ({"Distribution": [{"Account": "30.1", "Amount": "130.25"}]}, "Account Number Invalid"),
        ({"Currency": ""}, "CRCD is required"),
    ],
)
def test_a_bad_transaction_stays_behind_and_the_rest_goes_on(ais: Ais, change: dict[str, Any], message: str) -> None:
    run(ais, "ML_VoucherBatchAdd", {**BATCH, **change})
    run(ais, "ML_VoucherBatchAdd", {**BATCH, "TransactionNumber": "T2", "InvoiceNumber": "NEW-2"})
    run(ais, "ML_VoucherBatchRun", {"BatchNumber": "B1"})
    status = {
        item["TransactionNumber"]: item
        for item in run(ais, "ML_VoucherBatchStatus", {"BatchNumber": "B1"}).json()["Transactions"]
    }
    assert (status["T1"]["Processed"], status["T1"]["DocumentNumber"]) == ("0", 0)
    assert message in status["T1"]["Message"]
    assert status["T2"]["Processed"] == "1"


def test_report_takes_its_time_and_purges_when_told(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"batch_seconds": 90, "purge_processed": True}})
    run(ais, "ML_VoucherBatchAdd", BATCH)
    selection = {"criteria": [{"subject": {"view": "F0411Z1.EDBT"}, "predicate": {"values": ["B1"]}}]}
    body = {"reportName": "R04110ZA", "reportVersion": "ZJDE0002", "dataSelection": selection}
    job = ais.post("/v2/report/execute", body).json()
    assert job["jobStatus"] == "W"
    assert len(ais.rows("F0411Z1")) == 2
    sandbox.clock.advance(91)
    assert ais.post("/v2/report/status", {"jobNumber": job["jobNumber"]}).json()["jobStatus"] == "D"
    assert ais.rows("F0411Z1") == [] == ais.rows("F0911Z1")
    assert len(ais.documents(condition("F0411.VINV", "EQUAL", "NEW-1"))) == 2


def test_proof_mode_changes_nothing(ais: Ais) -> None:
    run(ais, "ML_VoucherBatchAdd", BATCH)
    run(ais, "ML_VoucherBatchRun", {"BatchNumber": "B1", "Mode": "proof"})
    assert {row["EDSP"] for row in ais.rows("F0411Z1")} == {"0"}
    assert run(ais, "ML_VoucherBatchAdd", {**BATCH, "TransactionNumber": "T2"}).status_code == 200


def test_the_three_input_forms_mean_the_same(ais: Ais) -> None:
    generic = {name: value for name, value in VOUCHER.items() if name not in ("PayItems", "Distribution")}
    one_row = {**generic, "InvoiceNumber": "F1", "GrossAmount": "5", "Account": "30.4210", "Amount": "5"}
    assert run(ais, "ML_VoucherEnter", one_row, "/v2").status_code == 200
    standard = {
        "inputs": [{"name": name, "value": value} for name, value in {**generic, "InvoiceNumber": "F2"}.items()],
        "detailInputs": [
            {"name": "PayItems", "repeatingInputs": [{"inputs": [{"name": "GrossAmount", "value": "5"}]}]},
            {
                "name": "Distribution",
                "repeatingInputs": [
                    {"inputs": [{"name": "Account", "value": "30.4210"}, {"name": "Amount", "value": "5"}]}
                ],
            },
        ],
    }
    answer = run(ais, "ML_VoucherEnter", standard, "").json()
    assert answer["DocumentNumber"] == 4724 and "jde__status" not in answer
    found = ais.rows("F0411", condition("F0411.VINV", "LIST", "F1", "F2"))
    assert [row["AG"] for row in found] == [Decimal("5.0")] * 2
    account = run(ais, "ML_AccountFind", {"BusinessUnit ": "30", "ObjectAccount": "4210"}).json()
    assert len(account["ServiceRequest1"]["fs_DATABROWSE_F0901"]["data"]["gridData"]["rowset"]) == 1


@pytest.mark.parametrize(
    ("policy", "status", "made"), [("silent", "SUCCESS", 1), ("warn", "WARN", 1), ("error", "ERROR", 0)]
)
def test_duplicate_invoice_policy(sandbox: Sandbox, ais: Ais, policy: str, status: str, made: int) -> None:
    sandbox.post("/options", {"jde": {"duplicate_invoices": policy}})
    answer = run(ais, "ML_VoucherEnter", {**VOUCHER, "InvoiceNumber": "INV-4711"})
    assert answer.json()["jde__status"] == status
    assert answer.status_code == (200 if made else 500)
    assert len(set(ais.documents(condition("F0411.VINV", "EQUAL", "INV-4711")))) == 1 + made


def test_failure_shows_as_500_as_errors_in_a_200_or_as_continued(sandbox: Sandbox, ais: Ais) -> None:
    unknown = {**KEY, "DocumentNumber": 1}
    aborted = run(ais, "ML_VoucherVoid", unknown)
    body = aborted.json()
    assert (aborted.status_code, body["status"], body["jde__status"]) == (500, "ERROR", "ERROR")
    assert body["message"]["ServiceRequest1"]["forms"][0]["fs_P0411_W0411G"]["errors"][0]["CODE"] == "0002"
    sandbox.post("/options", {"jde": {"orchestration_errors": {"ML_VoucherVoid": "body", "*": "continue"}}})
    in_body = run(ais, "ML_VoucherVoid", unknown)
    assert in_body.status_code == 200
    assert in_body.json()["DocumentNumber"] == 0
    assert in_body.json()["ServiceRequest1"]["forms"][0]["fs_P0411_W0411G"]["errors"]
    continued = run(ais, "ML_VoucherPayStatus", {**unknown, "PayStatus": "H"})
    assert continued.status_code == 200
    assert continued.json()["continuedOnError"][0]["type"] == "formRequest"
    assert continued.json()["Errors/Warnings"][0]["Errors"][0]["MOBILE"]


def test_bad_accept_is_406(ais: Ais) -> None:
    answer = requests.post(
        f"{ais.url}/v3/orchestrator/ML_AccountFind", json={}, headers={**ais.headers, "Accept": "text/html"}, timeout=5
    )
    assert answer.status_code == 406


def test_hold_pay_and_void_a_payment(ais: Ais) -> None:
    assert run(ais, "ML_VoucherPayStatus", {**KEY, "PayStatus": "H"}).status_code == 200
    assert pay_item(ais)["PST"] == "H"
    partly = run(ais, "ML_PaymentRecord", {**KEY, "Amount": "250.50", "PaymentDate": "10/04/2016"}).json()
    assert (pay_item(ais)["AAP"], pay_item(ais)["PST"]) == (Decimal("1000.0"), "H")
    paid = run(ais, "ML_PaymentRecord", {**KEY, "PaymentNumber": 5001}).json()
    assert (paid["PaymentNumber"], pay_item(ais)["AAP"], pay_item(ais)["PST"]) == (5001, Decimal("0.0"), "P")
    assert [row["DOC"] for row in ais.rows("F0414", condition("F0414.PYID", "EQUAL", paid["PaymentID"]))] == [4711]
    assert run(ais, "ML_VoucherVoid", KEY).status_code == 500
    assert run(ais, "ML_PaymentVoid", {"PaymentID": partly["PaymentID"], "VoidDate": "11/04/2016"}).status_code == 200
    assert (pay_item(ais)["AAP"], pay_item(ais)["PST"]) == (Decimal("250.5"), "A")
    header = ais.rows("F0413", condition("F0413.PYID", "EQUAL", partly["PaymentID"]))[0]
    assert (header["DMTJ"], header["VDGJ"], header["PAAP"]) == ("20160410", "20160411", Decimal(0))
    assert run(ais, "ML_PaymentVoid", {"PaymentID": partly["PaymentID"]}).status_code == 500


@pytest.mark.parametrize("extension", ["R", ""])
def test_void_voucher_reverses_its_distribution(sandbox: Sandbox, ais: Ais, extension: str) -> None:
    sandbox.post("/options", {"jde": {"reversal_extension": extension, "unposted_void": "voided"}})
    document = run(ais, "ML_VoucherEnter", VOUCHER).json()["DocumentNumber"]
    assert run(ais, "ML_VoucherVoid", {**KEY, "DocumentNumber": document}).json()["VoidFlag"] == "V"
    row = pay_item(ais, document)
    assert (row["VOD"], row["PST"], row["AAP"]) == ("V", "P", Decimal("0.0"))
    lines = ais.rows("F0911", condition("F0911.DOC", "EQUAL", document))
    assert sum(line["AA"] for line in lines) == 0
    assert (
        sorted((line["EXTL"].strip(), line["RE"].strip()) for line in lines) == [("", "")] * 2 + [(extension, "V")] * 2
    )


@pytest.mark.parametrize("cleared", [False, True])
def test_the_void_of_a_posted_voucher_leaves_an_audit_row(sandbox: Sandbox, ais: Ais, cleared: bool) -> None:
    sandbox.post("/options", {"jde": {"void_clears_gross": cleared}})
    document = run(ais, "ML_VoucherEnter", VOUCHER).json()["DocumentNumber"]
    sandbox.post("/rows", {"system": "jde", "act": "post_batch", "KCO": "00001", "DCT": "PV", "DOC": document})
    assert run(ais, "ML_VoucherVoid", {**KEY, "DocumentNumber": document}).json()["VoidFlag"] == "V"
    rows = ais.rows("F0411", condition("F0411.DOC", "EQUAL", document))
    own = sorted((row for row in rows if not row["DCTA"].strip()), key=lambda row: row["SFX"])
    audit = sorted((row for row in rows if row["DCTA"] == "PE"), key=lambda row: row["SFX"])
    gross = [Decimal("120.0"), Decimal("30.25")]
    assert [row["AG"] for row in own] == ([Decimal(0)] * 2 if cleared else gross)
    assert [(row["SFX"], row["SFXE"], -row["AG"]) for row in audit] == [("001", 1, gross[0]), ("002", 1, gross[1])]
    assert {(row["DCT"], row["VOD"], row["PST"], row["AAP"], row["POST"].strip()) for row in audit} == {
        ("PV", "V", "P", Decimal(0), "")
    }
    # it is in the batch of its voucher, which is open again
    assert {row["ICU"] for row in audit} == {row["ICU"] for row in own} and all(row["HDGJ"] for row in audit)


def test_control_acts_of_jde_users(sandbox: Sandbox, ais: Ais) -> None:
    voucher = {"KCO": "00001", "DCT": "PV", "DOC": 4712}

    def act(name: str, **more: Any) -> Any:
        return sandbox.post("/rows", {"system": "jde", "act": name, **voucher, **more})

    act("pay_voucher", date="2016-06-30", number=77)
    assert pay_item(ais, 4712)["PST"] == "P"
    act("void_payment", number=77)
    assert pay_item(ais, 4712)["PST"] == "A"
    act("set_pay_status", PST="H")
    act("post_batch")
    act("void_voucher")
    assert pay_item(ais, 4712)["VOD"] == "V"
    for wrong in ({"act": "dance"}, {"table": "F9999"}, {"table": "F0101", "upsert": [{"AN8": 1, "XYZ": 1}]}):
        with pytest.raises(ValueError, match="jde rows"):
            sandbox.post("/rows", {"system": "jde", **wrong})


def test_void_payment_lines_are_a_switch(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"void_payment_lines": True}})
    payment = run(ais, "ML_PaymentRecord", KEY).json()["PaymentID"]
    run(ais, "ML_PaymentVoid", {"PaymentID": payment})
    lines = ais.rows("F0414", condition("F0414.PYID", "EQUAL", payment))
    assert [(line["DCTM"], line["PAAP"]) for line in lines] == [("PK", Decimal("1250.5")), ("PO", Decimal("-1250.5"))]


def test_lost_answer_of_a_write_leaves_its_effect(sandbox: Sandbox, ais: Ais) -> None:
    route = "POST /jderest/v3/orchestrator/{name}"
    sandbox.post("/faults", [{"system": "jde", "route": route, "calls": [1], "kind": "drop_after", "name": "lost"}])
    with pytest.raises(requests.ConnectionError):
        run(ais, "ML_VoucherBatchAdd", BATCH)
    assert len(ais.rows("F0411Z1")) == 2


def test_state_counts_and_totals(sandbox: Sandbox, ais: Ais) -> None:
    foreign = {"Currency": "USD", "CurrencyMode": "F", "ExchangeRate": "0.8"}
    items = [{"GrossAmount": "80.00", "ForeignAmount": "100.00"}]
    lines = [{"Account": "30.4210", "Amount": "80.00", "ForeignAmount": "100.00"}]
    run(ais, "ML_VoucherEnter", {**VOUCHER, **foreign, "PayItems": items, "Distribution": lines})
    vouchers = sandbox.get("/state")["jde"]["F0411"]
    assert vouchers == {
        "count": 13,
        "totals": {"GBP": "15152.00"},
        "document_totals": {"GBP": "15072.00", "USD": "100.00"},
    }


def test_content_survives_a_restart(tmp_path: Path) -> None:
    with running(world={"jde": world()}, only=["jde"], state=tmp_path, options={"jde": LENIENT}) as sandbox:
        ais = Ais(sandbox)
        run(ais, "ML_VoucherBatchAdd", {**BATCH, "Supplier": 999})
        run(ais, "ML_VoucherBatchRun", {"BatchNumber": "B1"})
        document = run(ais, "ML_VoucherEnter", VOUCHER).json()["DocumentNumber"]
        before = sandbox.get("/state")["jde"]
    with running(world={"jde": {}}, only=["jde"], state=tmp_path, options={"jde": LENIENT}) as sandbox:
        assert sandbox.get("/state")["jde"] == before
        ais = Ais(sandbox)
        status = run(ais, "ML_VoucherBatchStatus", {"BatchNumber": "B1"}).json()["Transactions"][0]
        assert "Supplier 999" in status["Message"]
        assert run(ais, "ML_VoucherBatchAdd", {**BATCH, "TransactionNumber": "T2"}).status_code == 500
        assert run(ais, "ML_VoucherEnter", {**VOUCHER, "InvoiceNumber": "X"}).json()["DocumentNumber"] == document + 1

"""Vouchers through the batch files: what F0411Z1 and F0911Z1 take, and what the report makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

BATCH: dict[str, Any] = {
    "BatchNumber": "CP20160405",
    "TransactionNumber": "coupa-77-R1",
    "Supplier": 4343,
    "InvoiceNumber": "CP-77",
    "InvoiceDate": "01/04/2016",
    "GLDate": "05/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "Reference": "coupa/77",
    "UserReference": "77",
    "PayItems": [{"GrossAmount": "120.00", "TaxAmount": "20.00", "TaxableAmount": "100.00", "PayStatus": "H"}],
    "Distribution": [{"Account": "30.4210", "Amount": "100.00", "Explanation": "Paving"}],
}


def run(ais: Ais, name: str, **body: Any) -> requests.Response:
    return ais.post(f"/v3/orchestrator/{name}", body)


def add(ais: Ais, **changes: Any) -> requests.Response:
    return run(ais, "ML_VoucherBatchAdd", **{**BATCH, **changes})


def process(ais: Ais, batch: str = "CP20160405") -> list[dict[str, Any]]:
    """Run the report over a batch; gives what became of its transactions."""
    assert run(ais, "ML_VoucherBatchRun", BatchNumber=batch).status_code == 200
    found: list[dict[str, Any]] = run(ais, "ML_VoucherBatchStatus", BatchNumber=batch).json()["Transactions"]
    return found


def item(ais: Ais, number: str = "CP-77") -> dict[str, Any]:
    (row,) = ais.rows("F0411", condition("F0411.VINV", "EQUAL", number))
    return row


def test_a_voucher_keeps_its_origin_tax_and_pay_status(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"batch_reference": "kept", "user_fields": "kept", "write_back": True}})
    order = {"PONumber": "00009001", "POType": "OP", "POCompany": "00001", "POSuffix": "000", "POLine": "2"}
    add(ais, PayItems=[{**BATCH["PayItems"][0], **order}])
    (status,) = process(ais)
    made = item(ais)
    assert (status["Processed"], status["DocumentNumber"]) == ("1", made["DOC"])
    assert (made["VR01"].strip(), made["URRF"].strip(), made["PST"]) == ("coupa/77", "77", "H")
    assert (made["AG"], made["STAM"], made["ATXA"]) == (Decimal("120.0"), Decimal("20.0"), Decimal("100.0"))
    assert (made["PO"], made["PDCT"], made["PKCO"], made["SFXO"], made["LNID"]) == ("00009001", "OP", "00001", "000", 2)
    (found,) = ais.rows("F0411", condition("F0411.VR01", "EQUAL", "coupa/77"))
    assert found["DOC"] == made["DOC"]


def test_a_credit_is_a_negative_voucher(ais: Ais) -> None:
    credit = [{"GrossAmount": "-60.00", "TaxAmount": "-10.00"}]
    add(ais, InvoiceNumber="CR-1", PayItems=credit, Distribution=[{"Account": "30.4210", "Amount": "-50.00"}])
    assert process(ais)[0]["Message"] == ""
    assert (item(ais, "CR-1")["AAP"], item(ais, "CR-1")["STAM"]) == (Decimal("-60.0"), Decimal("-10.0"))


def test_a_foreign_voucher_gets_its_domestic_amounts_from_the_rate(sandbox: Sandbox, ais: Ais) -> None:
    items = [{"ForeignAmount": "99.99", "ForeignTax": "16.66"}]
    thirds = [{"Account": "30.4210", "ForeignAmount": "27.77"}] * 2
    lines = [*thirds, {"Account": "39284.4210.01", "ForeignAmount": "27.79"}]
    add(ais, Currency="USD", PayItems=items, Distribution=lines, ExchangeRate="0.7777")
    add(ais, Currency="EUR", PayItems=items, Distribution=lines, TransactionNumber="T2", InvoiceNumber="CP-78")
    first, second = process(ais)
    assert {first["Processed"], second["Processed"]} == {"0", "1"}
    assert [found["Message"] for found in (first, second) if found["Message"]] == [
        "0009 No exchange rate of EUR to GBP"
    ]
    made = item(ais)
    assert (made["CRRM"], made["CRCD"], made["AG"], made["STAM"]) == ("F", "USD", Decimal("77.76"), Decimal("12.96"))
    assert (made["ACR"], made["FAP"], made["BCRC"]) == (Decimal("99.99"), Decimal("99.99"), "GBP")
    found = ais.rows("F0911", condition("F0911.DOC", "EQUAL", made["DOC"]))
    assert sum(line["AA"] for line in found) == Decimal("64.80")
    assert sum(line["ACR"] for line in found) == Decimal("83.33")
    rate = {"CRCD": "EUR", "CRDC": "GBP", "EFT": "2016-01-01", "CRR": "0.8"}
    sandbox.post("/rows", {"system": "jde", "table": "F0015", "upsert": [rate]})
    process(ais)
    assert (item(ais, "CP-78")["CRR"], item(ais, "CP-78")["AG"]) == (Decimal("0.8"), Decimal("79.99"))


def test_a_revision_is_a_transaction_of_its_own(sandbox: Sandbox, ais: Ais) -> None:
    keeps = {"batch_reference": "kept", "user_fields": "kept", "write_back": True}
    sandbox.post("/options", {"jde": {"unposted_void": "voided", **keeps}})
    add(ais)
    assert "Duplicate Key" in add(ais).json()["message"]
    (first,) = process(ais)
    key = {name: first[name] for name in ("DocumentNumber", "DocumentType", "DocumentCompany")}
    run(ais, "ML_VoucherVoid", **key, GLDate="06/04/2016")
    add(ais, BatchNumber="CP20160406", TransactionNumber="coupa-77-R2")
    (second,) = process(ais, "CP20160406")
    assert second["DocumentNumber"] == first["DocumentNumber"] + 1
    found = ais.rows("F0411", condition("F0411.VR01", "EQUAL", "coupa/77"))
    assert sorted((row["DOC"], row["VOD"].strip()) for row in found) == [
        (first["DocumentNumber"], "V"),
        (second["DocumentNumber"], ""),
    ]


def test_the_number_comes_later_or_is_never_written_back(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"batch_seconds": 300}})
    add(ais)
    (status,) = process(ais)
    assert (status["Processed"], status["DocumentNumber"]) == ("0", 0)
    assert ais.documents(condition("F0411.VINV", "EQUAL", "CP-77")) == []
    sandbox.clock.advance(301)
    (status,) = run(ais, "ML_VoucherBatchStatus", BatchNumber="CP20160405").json()["Transactions"]
    assert (status["Processed"], status["DocumentNumber"], status["DocumentType"]) == ("1", 0, "")
    # It is found by supplier and invoice number all the same.
    by_number = (condition("F0411.AN8", "EQUAL", 4343), condition("F0411.VINV", "EQUAL", "CP-77"))
    assert ais.documents(*by_number) == [4723]


def test_a_text_too_long_for_a_line_leaves_no_half_voucher(ais: Ais) -> None:
    lines = [{"Account": "30.4210", "Amount": "100.00", "Explanation": "x" * 31}]
    refused = run(ais, "ML_VoucherEnter", **{**BATCH, "Distribution": lines})
    assert (refused.status_code, "EXR" in refused.json()["jde__simpleMessage"]) == (500, True)
    assert ais.documents(condition("F0411.VINV", "EQUAL", "CP-77")) == []

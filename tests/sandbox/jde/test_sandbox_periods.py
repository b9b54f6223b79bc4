"""Fiscal periods: which G/L dates the programs take, and closing a period (jde-ais section 3.6, F0010)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests
from ais_caller import LENIENT, Ais, condition, world
from order_books import act, enter_two_lines

from connector_sandbox.data import rows
from connector_sandbox.data.rows import Stamp
from connector_sandbox.testing import Sandbox, running

VOUCHER: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceNumber": "NEW-1",
    "InvoiceDate": "01/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "PayItems": [{"GrossAmount": "120.00"}],
    "Distribution": [{"Account": "30.4210", "Amount": "120.00"}],
}
KEY = {"DocumentNumber": 4711, "DocumentType": "PV", "DocumentCompany": "00001"}
BEFORE, AFTER = ("31/03/2016", "PBCO"), ("01/06/2016", "PACO")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The small ledger in April 2016: April and May are open."""
    books = world()
    books["F0010"] = [
        dict(rows.company("00001", "City Council", "GBP", Stamp(date(2016, 4, 1), 0), current=date(2016, 4, 1)))
    ]
    with running(world={"jde": books}, only=["jde"], options={"jde": LENIENT}) as served:
        yield served


def run(ais: Ais, name: str, **body: Any) -> requests.Response:
    return ais.post(f"/v3/orchestrator/{name}", body)


def company(ais: Ais) -> tuple[int, str, str]:
    (row,) = ais.rows("F0010")
    return row["PNC"], row["DFYJ"], row["DTPN"]


def test_a_company_says_which_period_is_current(ais: Ais) -> None:
    assert company(ais) == (4, "20160101", "R")


@pytest.mark.parametrize(("day", "code"), [BEFORE, AFTER])
def test_no_program_takes_a_date_outside_the_open_periods(sandbox: Sandbox, ais: Ais, day: str, code: str) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1)
    line = {"PONumber": 9001, "POType": "OP", "POLine": 1, "Quantity": 1, "Amount": "12.50"}
    answers = {
        "ML_VoucherEnter": {**VOUCHER, "GLDate": day},
        "ML_VoucherVoid": {**KEY, "GLDate": day},
        "ML_VoucherMatch": {**VOUCHER, "GLDate": day, "Lines": [line], "Distribution": []},
        "ML_PaymentRecord": {**KEY, "PaymentDate": day},
    }
    before = sandbox.get("/state")["jde"]
    for name, body in answers.items():
        refused = run(ais, name, **body)
        assert (refused.status_code, refused.json()["jde__simpleMessage"][:4]) == (500, code), name
    assert sandbox.get("/state")["jde"] == before


@pytest.mark.parametrize("day", ["01/04/2016", "31/05/2016"])
def test_the_current_and_the_next_period_are_open(sandbox: Sandbox, ais: Ais, day: str) -> None:
    sandbox.post("/options", {"jde": {"unposted_void": "voided"}})
    number = run(ais, "ML_VoucherEnter", **VOUCHER, GLDate=day).json()["DocumentNumber"]
    assert run(ais, "ML_VoucherVoid", **{**KEY, "DocumentNumber": number}, GLDate=day).status_code == 200
    lines = ais.rows("F0911", condition("F0911.DOC", "EQUAL", number))
    assert {(line["PN"], line["FY"]) for line in lines} == {(int(day[3:5]), 16)}


def test_a_payment_is_dated_by_its_g_l_date(ais: Ais) -> None:
    paid = run(ais, "ML_PaymentRecord", **KEY, PaymentDate="20/03/2016", GLDate="01/04/2016")
    assert paid.status_code == 200
    ((header,), (detail,)) = (ais.rows(table) for table in ("F0413", "F0414"))
    assert (header["DMTJ"], detail["DGJ"]) == ("20160320", "20160401")
    refused = run(ais, "ML_PaymentVoid", PaymentID=header["PYID"], VoidDate="31/03/2016")
    assert "PBCO" in refused.json()["jde__simpleMessage"]


def test_a_batch_transaction_of_a_closed_period_stays_behind(ais: Ais) -> None:
    run(ais, "ML_VoucherBatchAdd", **VOUCHER, GLDate="31/03/2016", BatchNumber="B1", TransactionNumber="T1")
    run(ais, "ML_VoucherBatchRun", BatchNumber="B1")
    (status,) = run(ais, "ML_VoucherBatchStatus", BatchNumber="B1").json()["Transactions"]
    assert (status["Processed"], status["Message"][:9]) == ("0", "PBCO PBCO")


def test_closing_periods_moves_the_open_ones_and_the_year(sandbox: Sandbox, ais: Ais) -> None:
    closing = {"system": "jde", "act": "close_period", "KCO": "00001"}
    assert sandbox.post("/rows", closing) == {"PNC": 5}
    late = run(ais, "ML_VoucherEnter", **VOUCHER, GLDate="30/04/2016")
    assert "PBCO" in late.json()["jde__simpleMessage"]
    assert run(ais, "ML_VoucherEnter", **VOUCHER, GLDate="30/06/2016").status_code == 200
    for _ in range(7):
        sandbox.post("/rows", closing)
    assert company(ais) == (12, "20160101", "R")
    new_year = {**VOUCHER, "InvoiceNumber": "NEW-2"}
    assert run(ais, "ML_VoucherEnter", **new_year, GLDate="31/01/2017").status_code == 200
    assert sandbox.post("/rows", closing) == {"PNC": 1}
    assert company(ais) == (1, "20170101", "R")
    with pytest.raises(ValueError, match="no fiscal periods"):
        sandbox.post("/rows", {**closing, "KCO": "00009"})


def test_a_fiscal_year_may_begin_in_another_month(sandbox: Sandbox, ais: Ais) -> None:
    changed = {"CO": "00001", "DFYJ": "2015-06-01", "PNC": 11}
    sandbox.post("/rows", {"system": "jde", "table": "F0010", "upsert": [changed]})
    number = run(ais, "ML_VoucherEnter", **VOUCHER, GLDate="15/05/2016").json()["DocumentNumber"]
    (item,) = ais.rows("F0411", condition("F0411.DOC", "EQUAL", number))
    assert (item["PN"], item["FY"], item["CTRY"]) == (12, 15, 20)


def test_the_check_is_a_switch(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"check_periods": False}})
    assert run(ais, "ML_VoucherEnter", **VOUCHER, GLDate="31/03/2015").status_code == 200

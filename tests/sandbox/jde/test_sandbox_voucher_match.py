"""Voucher match: ML_VoucherMatch against received and two-way lines, its refusals, and its void."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition
from order_books import (
    DOMESTIC,
    FOREIGN,
    ROADS,
    act,
    enter,
    enter_foreign,
    enter_two_lines,
    figures,
    line_of,
    receivers,
)

from connector_sandbox.data import rows
from connector_sandbox.testing import Sandbox

MATCH: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceNumber": "CP-77",
    "InvoiceDate": "12/04/2016",
    "GLDate": "12/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "Reference": "coupa/77",
    "PayStatus": "H",
    "DueDate": "12/05/2016",
}
FOUR: dict[str, Any] = {
    "POCompany": "00001",
    "PONumber": "00009001",
    "POType": "OP",
    "POLine": 1,
    "Quantity": 4,
    "Amount": "50.00",
}


def match(ais: Ais, *lines: dict[str, Any], **more: Any) -> requests.Response:
    return ais.post("/v3/orchestrator/ML_VoucherMatch", {**MATCH, "Lines": list(lines), **more})


def reverse(ais: Ais, number: int) -> requests.Response:
    body = {"DocumentNumber": number, "DocumentType": "PV", "DocumentCompany": "00001", "GLDate": "20/04/2016"}
    return ais.post("/v3/orchestrator/ML_VoucherMatchReverse", body)


def items(ais: Ais, number: int) -> list[dict[str, Any]]:
    wanted = condition("F0411.DOC", "EQUAL", number)
    return ais.rows("F0411", wanted, aggregation={"orderBy": [{"column": "F0411.SFX"}]})


def journal(ais: Ais, number: int) -> list[tuple[str, str, str]]:
    found = ais.rows("F0911", condition("F0911.DOC", "EQUAL", number))
    return [
        (row["ANI"].strip(), f"{row['AA']:.2f}", row["EXR"].strip())
        for row in sorted(found, key=lambda row: row["JELN"])
    ]


def test_a_received_line_is_vouchered_on_hold_with_its_order(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"entry_reference": "kept"}})
    enter_two_lines(sandbox)
    for quantity in (3, 5):
        act(sandbox, "receive_order", line=1, quantity=quantity, date="2016-04-10")
    answer = match(ais, FOUR, TaxAmount="10.00").json()
    assert answer["jde__status"] == "SUCCESS"
    (item,) = items(ais, answer["DocumentNumber"])
    assert (item["AG"], item["STAM"], item["AAP"], item["PST"]) == (Decimal("60.0"), 10, Decimal("60.0"), "H")
    assert (item["PKCO"], item["PO"], item["PDCT"], item["LNID"]) == ("00001", "00009001", "OP", 1)
    assert (item["VR01"].strip(), item["DDJ"]) == ("coupa/77", "20160512")
    assert journal(ais, answer["DocumentNumber"]) == [("30.4210", "50.00", "Road signs")]
    assert figures(line_of(ais, 9001)) == {
        "UORG": "10.00", "UOPN": "2.00", "UREC": "4.00", "URLV": "4.00",
        "AEXP": "125.00", "AOPN": "25.00", "AREC": "50.00", "ARLV": "50.00", "LTTR": "400", "NXTR": "400",
    }  # fmt: skip
    assert receivers(ais, 9001) == [
        ("1", "1.00", 1, "OV", "3.00", "37.50", "0.00", "0.00"),
        ("1", "1.00", 2, "OV", "5.00", "62.50", "4.00", "50.00"),
        ("2", "1.00", 3, "PV", "4.00", "50.00", "0.00", "0.00"),
    ]


def test_the_last_voucher_of_a_line_completes_it(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1)
    assert line_of(ais, 9001)["NXTR"] == "400"
    # Two invoice lines of one order line are one relief.
    six = {**FOUR, "Quantity": 6, "Amount": "75.00"}
    number = match(ais, FOUR, six).json()["DocumentNumber"]
    shown = figures(line_of(ais, 9001))
    assert (shown["URLV"], shown["ARLV"], shown["NXTR"]) == ("10.00", "125.00", "999")
    assert [item["AG"] for item in items(ais, number)] == [Decimal("125.0")]


def test_several_lines_and_one_without_an_order_share_the_tax(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1)
    act(sandbox, "receive_order", line=2)
    survey = {**FOUR, "POLine": 2, "Quantity": 0, "Amount": "100.00"}
    freight = {"Account": "30.4210", "Amount": "16.67", "Explanation": "Freight"}
    answer = match(ais, FOUR, survey, TaxAmount="33.33", Distribution=[freight]).json()
    found = items(ais, answer["DocumentNumber"])
    assert [(item["LNID"], item["AG"], item["STAM"]) for item in found] == [
        (1, Decimal("60.0"), Decimal("10.0")),
        (2, Decimal("120.0"), Decimal("20.0")),
        (0, Decimal("20.0"), Decimal("3.33")),
    ]
    assert sum(item["AG"] for item in found) == Decimal("200.00")
    assert [line[:2] for line in journal(ais, answer["DocumentNumber"])] == [
        ("30.4210", "50.00"), ("39284.4210.01", "100.00"), ("30.4210", "16.67"),
    ]  # fmt: skip
    assert figures(line_of(ais, 9001, 2))["AREC"] == "200.00"


@pytest.mark.parametrize(
    ("line", "header", "message"),
    [
        ({}, {}, "Receipt required"),
        ({"POLine": 3}, {}, "no line 3 of order OP 9001"),
        ({"PONumber": 9009}, {}, "no order OP 9009"),
        ({}, {"Supplier": 4344}, "is not the supplier"),
        ({}, {"Currency": "EUR"}, "is not the currency"),
        ({"POCompany": "00001"}, {"Company": "00002"}, "is not the company"),
    ],
)
def test_what_cannot_be_matched_is_refused_and_leaves_nothing(
    sandbox: Sandbox, ais: Ais, line: dict[str, Any], header: dict[str, Any], message: str
) -> None:
    enter_two_lines(sandbox)
    before = sandbox.get("/state")["jde"]
    refused = match(ais, {**FOUR, **line}, **header)
    assert (refused.status_code, refused.json()["jde__status"]) == (500, "ERROR")
    assert message in refused.json()["jde__simpleMessage"]
    assert sandbox.get("/state")["jde"] == before


def test_no_more_than_is_received_and_not_yet_vouchered(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1, quantity=5)
    too_many = match(ais, {**FOUR, "Quantity": 6, "Amount": "75.00"}).json()["jde__simpleMessage"]
    assert "Quantity 6 exceeds the 5.0" in too_many
    assert match(ais, {**FOUR, "Quantity": 5, "Amount": "62.50"}).status_code == 200
    again = match(ais, {**FOUR, "Quantity": 1, "Amount": "12.50"}, InvoiceNumber="CP-78")
    assert "Nothing is left to voucher" in again.json()["jde__simpleMessage"]
    act(sandbox, "cancel_order_line", line=2)
    cancelled = match(ais, {**FOUR, "POLine": 2, "Quantity": 0}, InvoiceNumber="CP-79")
    assert "Cancelled" in cancelled.json()["jde__simpleMessage"]


def test_another_price_is_refused_or_a_variance(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1)
    dearer = {**FOUR, "Amount": "52.00"}
    refused = match(ais, dearer)
    assert "Price differs: 52.00 invoiced, 50.00 ordered" in refused.json()["jde__simpleMessage"]
    sandbox.post("/options", {"jde": {"match_price_tolerance_percent": 4, "match_variance_account": "39284.4210.01"}})
    number = match(ais, dearer).json()["DocumentNumber"]
    assert journal(ais, number) == [("30.4210", "50.00", "Road signs"), ("39284.4210.01", "2.00", "Price variance")]
    assert items(ais, number)[0]["AG"] == Decimal("52.0")
    assert figures(line_of(ais, 9001))["ARLV"] == "50.00"


def test_a_foreign_line_is_matched_in_its_currency(sandbox: Sandbox, ais: Ais) -> None:
    enter_foreign(sandbox)
    act(sandbox, "receive_order", FOREIGN, 1)
    one = {"PONumber": 9002, "POType": "OP", "POLine": 1, "Quantity": 1, "ForeignAmount": "33.33"}
    euros = {"Supplier": 4344, "Currency": "EUR", "ForeignTax": "7.00"}
    first = match(ais, one, **euros).json()["DocumentNumber"]
    (item,) = items(ais, first)
    assert (item["CRRM"], item["CRR"], item["ACR"], item["CTAM"]) == ("F", Decimal("0.8"), Decimal("40.33"), 7)
    assert (item["AG"], item["STAM"], item["FAP"]) == (Decimal("32.26"), Decimal("5.6"), Decimal("40.33"))
    rest = {**one, "Quantity": 2, "ForeignAmount": "66.67"}
    untaxed = {**euros, "ForeignTax": "0", "InvoiceNumber": "CP-78", "ExchangeRate": "0.9"}
    second = match(ais, rest, **untaxed).json()["DocumentNumber"]
    assert items(ais, second)[0]["AG"] == Decimal("60.0")
    shown = figures(line_of(ais, 9002))
    assert (shown["ARLV"], shown["NXTR"], "FREC" in shown) == ("80.00", "999", False)
    assert reverse(ais, first).status_code == 200
    shown = figures(line_of(ais, 9002))
    assert (shown["AREC"], shown["FREC"], shown["UREC"], shown["NXTR"]) == ("26.67", "33.33", "1.00", "400")


def test_a_service_line_needs_no_receipt(sandbox: Sandbox, ais: Ais) -> None:
    service = rows.order_line(DOMESTIC, 1, ROADS, Decimal(10), Decimal("12.50"), "Upkeep", kind="J")
    enter(sandbox, DOMESTIC, service)
    number = match(ais, FOUR).json()["DocumentNumber"]
    assert receivers(ais, 9001) == [("3", "1.00", 1, "PV", "4.00", "50.00", "0.00", "0.00")]
    assert figures(line_of(ais, 9001))["UOPN"] == "6.00"
    reverse(ais, number)
    shown = figures(line_of(ais, 9001))
    assert (shown["UOPN"], shown["AOPN"], shown["NXTR"], "URLV" in shown) == ("10.00", "125.00", "400", False)


def test_a_reversal_gives_the_order_line_back(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    reversed_one = act(sandbox, "receive_order", line=1, quantity=4)["DOC"]
    act(sandbox, "reverse_receipt", line=1, number=reversed_one)
    act(sandbox, "receive_order", line=1, quantity=4)
    before = figures(line_of(ais, 9001))
    number = match(ais, FOUR).json()["DocumentNumber"]
    sandbox.post("/rows", {"system": "jde", "act": "post_batch", "KCO": "00001", "DCT": "PV", "DOC": number})
    assert reverse(ais, number).status_code == 200
    assert {item["VOD"] for item in items(ais, number)} == {"V"}
    assert figures(line_of(ais, 9001)) == before
    assert receivers(ais, 9001)[2:] == [
        ("1", "1.00", 3, "OV", "4.00", "50.00", "4.00", "50.00"),
        ("2", "1.00", 4, "PV", "4.00", "50.00", "0.00", "0.00"),
        ("2", "1.00", 5, "PV", "-4.00", "-50.00", "0.00", "0.00"),
    ]
    # The same can be vouchered again, and a void voucher is not reversed twice.
    assert match(ais, FOUR, InvoiceNumber="CP-77R2").status_code == 200
    assert reverse(ais, number).status_code == 500


def test_a_reversal_whose_order_line_is_gone_is_refused_as_a_whole(sandbox: Sandbox, ais: Ais) -> None:
    enter_two_lines(sandbox)
    act(sandbox, "receive_order", line=1)
    number = match(ais, FOUR).json()["DocumentNumber"]
    sandbox.post("/rows", {"system": "jde", "table": "F4311", "delete": [{**DOMESTIC.key, "LNID": 1}]})
    assert "no line 1 of order" in reverse(ais, number).json()["jde__simpleMessage"]
    assert (items(ais, number)[0]["VOD"].strip(), len(journal(ais, number))) == ("", 1)


def test_yen_are_matched_without_decimals(sandbox: Sandbox, ais: Ais) -> None:
    yen = {"CRCD": "JPY", "DL01": "Yen", "CDEC": "0"}
    sandbox.post("/rows", {"system": "jde", "table": "F0013", "upsert": [yen]})
    order = replace(FOREIGN, currency="JPY", rate=Decimal("0.0052310"), smallest=Decimal(1))
    enter(sandbox, order, rows.order_line(order, 1, ROADS, Decimal(3), Decimal("33334"), "Lamps"))
    act(sandbox, "receive_order", order, 1)
    two = {"PONumber": 9002, "POType": "OP", "POLine": 1, "Quantity": 2, "ForeignAmount": "66668"}
    answer = match(ais, two, Supplier=4344, Currency="JPY", ForeignTax="6667").json()
    (item,) = items(ais, answer["DocumentNumber"])
    assert (item["ACR"], item["CTAM"], item["AG"]) == (73335, 6667, Decimal("383.62"))
    assert figures(line_of(ais, 9002))["FREC"] == "33334.00"


def test_a_site_may_lack_the_orchestration(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"missing_orchestrations": ["ML_VoucherMatch"]}})
    names = {item["name"] for item in ais.get("/discover").json()["orchestrations"]}
    assert "ML_VoucherMatch" not in names and "ML_VoucherEnter" in names
    assert "not found" in match(ais, FOUR).json()["message"]
    sandbox.post("/options", {"jde": {"missing_orchestrations": [], "discovered_arrays": "subinputs"}})
    (found,) = ais.get("/discover/ML_VoucherMatch").json()["orchestrations"]
    (lines,) = [item for item in found["inputs"] if item["name"] == "Lines"]
    assert {"POLine", "Quantity", "Amount"} <= {item["name"] for item in lines["subinputs"]}

"""Payments that came from elsewhere, and JD Edwards' own payment run (jde-ais section 3.6, F0413 and F0414)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

KEY = {"DocumentNumber": 4711, "DocumentType": "PV", "DocumentCompany": "00001"}
TWO_ITEMS: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceNumber": "NEW-1",
    "InvoiceDate": "01/04/2016",
    "GLDate": "05/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "PayItems": [{"GrossAmount": "120.00"}, {"GrossAmount": "30.25"}],
    "Distribution": [{"Account": "30.4210", "Amount": "150.25"}],
}


def run(ais: Ais, name: str, body: dict[str, Any]) -> requests.Response:
    return ais.post(f"/v3/orchestrator/{name}", body)


def enter(ais: Ais, **changes: Any) -> dict[str, Any]:
    """Enter a voucher; gives its key as inputs."""
    made = run(ais, "ML_VoucherEnter", {**TWO_ITEMS, **changes}).json()
    return {**KEY, "DocumentNumber": made["DocumentNumber"]}


def items(ais: Ais, key: dict[str, Any]) -> list[tuple[str, ...]]:
    """SFX, PST, AAP, ADSA, FAP of the pay items."""
    found = ais.rows("F0411", condition("F0411.DOC", "EQUAL", key["DocumentNumber"]))
    ordered = sorted(found, key=lambda row: row["SFX"])
    return [(row["SFX"], row["PST"], *(f"{row[alias]:.2f}" for alias in ("AAP", "ADSA", "FAP"))) for row in ordered]


def details(ais: Ais, payment: int) -> list[tuple[str, ...]]:
    """SFX, PAAP, ADSA, PFAP of what a payment paid."""
    found = ais.rows("F0414", condition("F0414.PYID", "EQUAL", payment))
    ordered = sorted(found, key=lambda row: row["RC5"])
    return [(row["SFX"], *(f"{row[alias]:.2f}" for alias in ("PAAP", "ADSA", "PFAP"))) for row in ordered]


def test_a_payment_by_pay_items_takes_a_discount(ais: Ais) -> None:
    key = enter(ais)
    by_item = [{"PayItem": "002", "ItemAmount": "30.25"}, {"PayItem": 1, "ItemAmount": "50.00", "ItemDiscount": "2.00"}]
    paid = run(ais, "ML_PaymentRecord", {**key, "PaymentNumber": 8001, "PayItems": by_item}).json()
    assert (paid["PaymentNumber"], paid["Amount"]) == (8001, 80.25)
    assert items(ais, key) == [("001", "A", "68.00", "2.00", "0.00"), ("002", "P", "0.00", "0.00", "0.00")]
    assert details(ais, paid["PaymentID"]) == [("002", "30.25", "0.00", "0.00"), ("001", "50.00", "2.00", "0.00")]
    run(ais, "ML_PaymentVoid", {"PaymentID": paid["PaymentID"]})
    assert items(ais, key) == [("001", "A", "120.00", "0.00", "0.00"), ("002", "A", "30.25", "0.00", "0.00")]


def test_a_discount_settles_the_voucher_with_less(ais: Ais) -> None:
    key = enter(ais)
    paid = run(ais, "ML_PaymentRecord", {**key, "Amount": "147.25", "DiscountTaken": "3.00"}).json()
    assert details(ais, paid["PaymentID"]) == [("001", "117.00", "3.00", "0.00"), ("002", "30.25", "0.00", "0.00")]
    assert [item[1:4] for item in items(ais, key)] == [("P", "0.00", "3.00"), ("P", "0.00", "0.00")]


def test_a_foreign_voucher_is_paid_in_its_currency(ais: Ais) -> None:
    key = enter(
        ais,
        Currency="USD",
        CurrencyMode="F",
        ExchangeRate="0.8",
        PayItems=[{"GrossAmount": "80.00", "ForeignAmount": "100.00"}],
        Distribution=[{"Account": "30.4210", "Amount": "80.00", "ForeignAmount": "100.00"}],
    )
    partly = run(ais, "ML_PaymentRecord", {**key, "ForeignAmount": "33.33"}).json()
    assert details(ais, partly["PaymentID"]) == [("001", "26.66", "0.00", "33.33")]
    assert items(ais, key) == [("001", "A", "53.34", "0.00", "66.67")]
    rest = run(ais, "ML_PaymentRecord", {**key, "ForeignAmount": "66.67"}).json()
    assert details(ais, rest["PaymentID"]) == [("001", "53.34", "0.00", "66.67")]
    assert items(ais, key) == [("001", "P", "0.00", "0.00", "0.00")]
    (header,) = ais.rows("F0413", condition("F0413.PYID", "EQUAL", rest["PaymentID"]))
    assert (header["PAAP"], header["FAP"], header["CRCD"]) == (Decimal("53.34"), Decimal("66.67"), "USD")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Amount": "150.26"}, "exceeds the open amount"),
        ({"Amount": "-1.00"}, "exceeds the open amount"),
        ({"Amount": "150.00", "DiscountTaken": "0.26"}, "exceeds the open amount"),
        ({"PayItems": [{"PayItem": "003", "ItemAmount": "1.00"}]}, "no open pay item 003"),
        ({"ForeignAmount": "1.00"}, "exceeds the open foreign amount"),
    ],
)
def test_what_is_not_open_cannot_be_paid(sandbox: Sandbox, ais: Ais, body: dict[str, Any], message: str) -> None:
    key = enter(ais)
    refused = run(ais, "ML_PaymentRecord", {**key, **body})
    assert (refused.status_code, message in refused.json()["jde__simpleMessage"]) == (500, True)
    assert ais.rows("F0413") == [] == ais.rows("F0414")


@pytest.mark.parametrize(("policy", "payments"), [("silent", 2), ("error", 1)])
def test_a_second_payment_of_one_number(sandbox: Sandbox, ais: Ais, policy: str, payments: int) -> None:
    sandbox.post("/options", {"jde": {"duplicate_payment_numbers": policy}})
    body = {**KEY, "PaymentNumber": 8001, "Amount": "10.00"}
    first = run(ais, "ML_PaymentRecord", body).json()["PaymentID"]
    run(ais, "ML_PaymentRecord", body)
    assert len(ais.rows("F0413")) == payments
    # Another voucher may have it, and so may this one once the first payment is void.
    assert run(ais, "ML_PaymentRecord", {**body, "DocumentNumber": 4713}).status_code == 200
    run(ais, "ML_PaymentVoid", {"PaymentID": first})
    assert run(ais, "ML_PaymentRecord", body).status_code == 200


def test_a_site_says_how_a_voided_payment_leaves_its_voucher(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"reopened_pay_status": "H"}})
    payment = run(ais, "ML_PaymentRecord", KEY).json()["PaymentID"]
    run(ais, "ML_PaymentVoid", {"PaymentID": payment})
    assert items(ais, KEY) == [("001", "H", "1250.50", "0.00", "0.00")]


def test_the_payment_run_takes_what_is_approved_and_due(sandbox: Sandbox, ais: Ais) -> None:
    due = [{"GrossAmount": "120.00", "DueDate": "30/04/2016"}, {"GrossAmount": "30.25", "DueDate": "01/05/2016"}]
    key = enter(ais, PayItems=due)
    for document, status in ((4711, "H"), (4713, "#"), (4715, "Y")):
        row = {"KCO": "00001", "DCT": "PV", "DOC": document, "SFX": "001", "SFXE": 0, "PST": status}
        sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [row]})
    sandbox.post("/rows", {"system": "jde", "act": "payment_run", "date": "2016-04-30"})
    payments = {row["PYE"]: (row["PAAP"], row["DMTJ"]) for row in ais.rows("F0413")}
    # Supplier 4343: three vouchers that are approved, and the pay item that is due; 4344: all six.
    assert payments == {4343: (Decimal("3895.5"), "20160430"), 4344: (Decimal("7539.0"), "20160430")}
    statuses = {row["DOC"]: row["PST"] for row in ais.rows("F0411", condition("F0411.AN8", "EQUAL", 4343))}
    assert (statuses[4711], statuses[4713], statuses[4715]) == ("H", "#", "Y")
    assert [item[:3] for item in items(ais, key)] == [("001", "P", "0.00"), ("002", "A", "30.25")]


def test_the_payment_run_leaves_held_suppliers_and_credits_alone(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/rows", {"system": "jde", "table": "F0401", "upsert": [{"AN8": 4344, "HDPY": "Y"}]})
    enter(
        ais,
        InvoiceNumber="CREDIT",
        PayItems=[{"GrossAmount": "-99999.00"}],
        Distribution=[{"Account": "30.4210", "Amount": "-99999.00"}],
    )
    assert sandbox.post("/rows", {"system": "jde", "act": "payment_run", "date": "2016-05-31"}) == {"PYID": []}


def test_a_pay_status_is_set_of_the_pay_items_that_are_named(sandbox: Sandbox, ais: Ais) -> None:
    key = enter(ais)
    named = {**key, "PayStatus": "B", "PayItems": [{"PayItem": "002"}]}
    assert run(ais, "ML_VoucherPayStatus", named).status_code == 200
    assert [(suffix, status) for suffix, status, *_ in items(ais, key)] == [("001", "A"), ("002", "B")]
    # all of them, or none
    refused = run(ais, "ML_VoucherPayStatus", {**named, "PayStatus": "C", "PayItems": [{"PayItem": 1}, {"PayItem": 9}]})
    assert refused.status_code == 500
    assert [status for _, status, *_ in items(ais, key)] == ["A", "B"]
    sandbox.post("/options", {"jde": {"pay_status_is_set": False}})
    assert run(ais, "ML_VoucherPayStatus", {**key, "PayStatus": "C"}).json()["jde__status"] == "SUCCESS"
    assert [status for _, status, *_ in items(ais, key)] == ["A", "B"]


def test_a_payment_is_voided_and_its_voucher_put_on_a_status_by_one_orchestration(ais: Ais) -> None:
    key = enter(ais)
    by_item = [{"PayItem": "001"}, {"PayItem": "002"}]
    paid = run(ais, "ML_PaymentRecord", {**key, "PaymentNumber": 8004, "PayItems": by_item}).json()
    assert run(ais, "ML_PaymentVoid", {"PaymentID": paid["PaymentID"], "ReturnStatus": "#"}).status_code == 500
    assert [status for _, status, *_ in items(ais, key)] == ["P", "P"]
    run(ais, "ML_PaymentVoid", {"PaymentID": paid["PaymentID"], "ReturnStatus": "B"})
    assert [status for _, status, *_ in items(ais, key)] == ["B", "B"]


@pytest.mark.parametrize(
    "selection",
    [
        {"run_pay_statuses": ["V"]},
        {"run_payment_instruments": ["X"]},
        {"run_bank_accounts": ["00009999"]},
    ],
)
def test_what_the_payment_run_takes_is_a_switch(sandbox: Sandbox, ais: Ais, selection: dict[str, Any]) -> None:
    key = enter(ais)
    sandbox.post("/options", {"jde": selection})
    chosen = {"system": "jde", "act": "payment_run", "date": "2030-01-01", "KCO": "00001"}
    sandbox.post("/rows", chosen)
    assert [status for _, status, *_ in items(ais, key)] == ["A", "A"]
    sandbox.post("/options", {"jde": {name: [] for name in selection} | {"run_pay_statuses": ["A"]}})
    sandbox.post("/rows", chosen)
    assert [status for _, status, *_ in items(ais, key)] == ["P", "P"]

"""Credits that a payment takes in, and the journal that says what was paid elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

COMPANY = "00001"
BASE: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceDate": "01/04/2016",
    "GLDate": "05/04/2016",
    "Company": COMPANY,
    "Currency": "GBP",
}


def run(ais: Ais, name: str, body: dict[str, Any]) -> requests.Response:
    return ais.post(f"/v3/orchestrator/{name}", body)


def enter(ais: Ais, number: str, *amounts: str, kind: str = "PV", foreign: bool = False, **more: Any) -> dict[str, Any]:
    """Enter a document of these pay items; gives its key as inputs. A foreign one is in USD, at 0.8."""
    rates = {"Currency": "USD", "CurrencyMode": "F", "ExchangeRate": "0.8"} if foreign else {}
    name = "ForeignAmount" if foreign else "GrossAmount"
    total = sum(map(Decimal, amounts))
    body = {
        **BASE,
        **rates,
        **more,
        "InvoiceNumber": number,
        "DocumentType": kind,
        "PayItems": [{name: each} for each in amounts],
        "Distribution": [{"Account": "30.4210", "ForeignAmount" if foreign else "Amount": str(total)}],
    }
    made = run(ais, "ML_VoucherEnter", body).json()
    return {"DocumentNumber": made["DocumentNumber"], "DocumentType": kind, "DocumentCompany": COMPANY}


def items(ais: Ais, key: dict[str, Any]) -> list[tuple[str, ...]]:
    """SFX, PST, AAP, FAP of the pay items."""
    found = ais.rows("F0411", condition("F0411.DOC", "EQUAL", key["DocumentNumber"]))
    return sorted((row["SFX"], row["PST"], f"{row['AAP']:.2f}", f"{row['FAP']:.2f}") for row in found)


def settled(ais: Ais, payment: int) -> list[tuple[Any, ...]]:
    """DCT, SFX, PAAP, PFAP of what a payment settled."""
    found = ais.rows("F0414", condition("F0414.PYID", "EQUAL", payment))
    ordered = sorted(found, key=lambda row: row["RC5"])
    return [(row["DCT"], row["SFX"], f"{row['PAAP']:.2f}", f"{row['PFAP']:.2f}") for row in ordered]


def refusal(answer: requests.Response) -> str:
    assert answer.status_code == 500
    return str(answer.json()["jde__simpleMessage"])


def test_a_debit_memo_is_settled_in_the_payment_of_a_voucher(ais: Ais) -> None:
    voucher, memo = enter(ais, "V-1", "100.00", "20.50"), enter(ais, "C-1", "-30.00", "-5.25", kind="PD")
    by_item = [{"PayItem": "001", "ItemAmount": "100.00"}]
    credit = {**memo, "PayItem": "002", "ItemAmount": "-5.00"}
    body = {**voucher, "PaymentNumber": 8001, "PayItems": by_item, "Credits": [credit]}
    paid = run(ais, "ML_PaymentRecord", body).json()
    assert paid["Amount"] == 95
    assert settled(ais, paid["PaymentID"]) == [("PV", "001", "100.00", "0.00"), ("PD", "002", "-5.00", "0.00")]
    assert items(ais, voucher) == [("001", "P", "0.00", "0.00"), ("002", "A", "20.50", "0.00")]
    assert items(ais, memo) == [("001", "A", "-30.00", "0.00"), ("002", "A", "-0.25", "0.00")]
    run(ais, "ML_PaymentVoid", {"PaymentID": paid["PaymentID"]})
    assert items(ais, voucher) == [("001", "A", "100.00", "0.00"), ("002", "A", "20.50", "0.00")]
    assert items(ais, memo) == [("001", "A", "-30.00", "0.00"), ("002", "A", "-5.25", "0.00")]


def test_one_payment_may_be_for_pay_items_of_several_vouchers(ais: Ais) -> None:
    first, second = enter(ais, "V-1", "100.00"), enter(ais, "V-2", "20.00", "5.00")
    further = {**second, "PayItem": "002", "ItemAmount": "4.00"}
    body = {**first, "PayItems": [{"PayItem": "001", "ItemAmount": "60.00"}], "FurtherPayItems": [further]}
    paid = run(ais, "ML_PaymentRecord", body).json()
    assert paid["Amount"] == 64
    assert items(ais, second) == [("001", "A", "20.00", "0.00"), ("002", "A", "1.00", "0.00")]
    body["PayItems"] = [{"PayItem": "001", "ItemAmount": "1.00"}]
    assert "no open pay item" in refusal(run(ais, "ML_PaymentRecord", {**body, "FurtherPayItems": [further, further]}))
    run(ais, "ML_PaymentVoid", {"PaymentID": paid["PaymentID"]})
    assert items(ais, second) == [("001", "A", "20.00", "0.00"), ("002", "A", "5.00", "0.00")]


def test_credits_may_pay_all_of_it(ais: Ais) -> None:
    voucher, memo = enter(ais, "V-1", "30.00"), enter(ais, "C-1", "-30.00", kind="PD")
    body = {**voucher, "Credits": [{**memo, "PayItem": 1}]}
    paid = run(ais, "ML_PaymentRecord", body).json()
    assert paid["Amount"] == 0
    assert items(ais, voucher) == items(ais, memo) == [("001", "P", "0.00", "0.00")]
    [header] = ais.rows("F0413", condition("F0413.PYID", "EQUAL", paid["PaymentID"]))
    assert header["PAAP"] == 0


def test_a_foreign_credit_is_settled_in_its_currency(ais: Ais) -> None:
    voucher = enter(ais, "V-1", "100.00", foreign=True)
    memo = enter(ais, "C-1", "-40.00", kind="PD", foreign=True)
    credit = {**memo, "PayItem": "001", "ItemForeignAmount": "-10.00"}
    paid = run(ais, "ML_PaymentRecord", {**voucher, "ForeignAmount": "100.00", "Credits": [credit]}).json()
    assert settled(ais, paid["PaymentID"]) == [("PV", "001", "80.00", "100.00"), ("PD", "001", "-8.00", "-10.00")]
    assert items(ais, memo) == [("001", "A", "-24.00", "-30.00")]
    [header] = ais.rows("F0413", condition("F0413.PYID", "EQUAL", paid["PaymentID"]))
    assert (header["PAAP"], header["FAP"]) == (72, 90)


@pytest.mark.parametrize(
    ("voucher", "credit", "message"),
    [
        ("20.00", {"ItemAmount": "-30.00"}, "Credits exceed what is paid"),
        ("90.00", {"ItemAmount": "-30.01"}, "exceeds the open amount"),
        ("90.00", {"ItemAmount": "30.00"}, "exceeds the open amount"),
        ("90.00", {"PayItem": "002", "ItemAmount": "-1.00"}, "no open credit"),
    ],
)
def test_what_no_credit_can_give_is_refused_whole(ais: Ais, voucher: str, credit: dict[str, Any], message: str) -> None:
    paid, memo = enter(ais, "V-1", voucher), enter(ais, "C-1", "-30.00", kind="PD")
    answer = run(ais, "ML_PaymentRecord", {**paid, "Credits": [{**memo, "PayItem": "001", **credit}]})
    assert message in refusal(answer)
    assert ais.rows("F0413") == [] == ais.rows("F0414")
    assert items(ais, memo) == [("001", "A", "-30.00", "0.00")]


def test_a_credit_of_another_supplier_or_a_voucher_is_no_credit(ais: Ais) -> None:
    voucher = enter(ais, "V-1", "90.00")
    other = enter(ais, "C-1", "-30.00", kind="PD", Supplier=4344)
    answer = run(ais, "ML_PaymentRecord", {**voucher, "Credits": [{**other, "PayItem": "001"}]})
    assert "another payee" in refusal(answer)
    positive = enter(ais, "V-2", "10.00")
    answer = run(ais, "ML_PaymentRecord", {**voucher, "Credits": [{**positive, "PayItem": "001"}]})
    assert "no open credit" in refusal(answer)
    memo = {**enter(ais, "C-2", "-30.00", kind="PD"), "PayItem": "001", "ItemAmount": "-20.00"}
    answer = run(ais, "ML_PaymentRecord", {**voucher, "Credits": [memo, memo]})
    assert "no open credit" in refusal(answer)


# -- the journal -------------------------------------------------------------------------------------------------------


def journal(amount: str, *closed: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Company": COMPANY,
        "GLDate": "06/04/2016",
        "Reference": "80000001",
        "Remark": "BILL blp01ABCDEFGHIJKLMNO",
        "Supplier": 4343,
        "Lines": [{"Account": "30.4210", "Amount": amount}, {"Account": "39284.4210.01", "Amount": f"-{amount}"}],
        "PayItems": list(closed),
        "ClosePayItem": "1",
        **more,
    }


def entered(ais: Ais, answer: requests.Response) -> list[tuple[Any, ...]]:
    """DCT, ANI, AA, R2, EXR of the lines of a journal."""
    rows = ais.rows("F0911", condition("F0911.DOC", "EQUAL", answer.json()["JournalNumber"]))
    ordered = sorted(rows, key=lambda row: row["JELN"])
    return [(row["DCT"], row["ANI"].strip(), row["AA"], row["R2"], row["EXR"].strip()) for row in ordered]


def test_a_journal_closes_the_pay_item_that_was_paid_elsewhere(ais: Ais) -> None:
    voucher = enter(ais, "V-1", "80.00", "20.00")
    made = run(ais, "ML_JournalAdd", journal("80.00", {**voucher, "PayItem": "001", "ItemAmount": "80.00"}))
    reported = ("80000001", "BILL blp01ABCDEFGHIJKLMNO")
    assert entered(ais, made) == [("JE", "30.4210", 80, *reported), ("JE", "39284.4210.01", -80, *reported)]
    assert items(ais, voucher) == [("001", "P", "0.00", "0.00"), ("002", "A", "20.00", "0.00")]
    back = journal("-80.00", {**voucher, "PayItem": "001", "ItemAmount": "-80.00"})
    back["Lines"][1]["Amount"] = "80.00"
    assert run(ais, "ML_JournalAdd", back).status_code == 200
    assert items(ais, voucher) == [("001", "A", "80.00", "0.00"), ("002", "A", "20.00", "0.00")]


def test_a_journal_that_is_not_told_to_close_posts_alone(sandbox: Sandbox, ais: Ais) -> None:
    voucher = enter(ais, "V-1", "80.00")
    closed = {**voucher, "PayItem": "001", "ItemAmount": "80.00"}
    assert run(ais, "ML_JournalAdd", journal("80.00", closed, ClosePayItem="")).status_code == 200
    assert items(ais, voucher) == [("001", "A", "80.00", "0.00")]
    # one that takes the input and does nothing with it
    sandbox.post("/options", {"jde": {"journal_closes_pay_items": False}})
    assert run(ais, "ML_JournalAdd", journal("80.00", closed)).status_code == 200
    assert items(ais, voucher) == [("001", "A", "80.00", "0.00")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Lines": [{"Account": "30.4210", "Amount": "1.00"}]}, "out of balance"),
        ({"Lines": [{"Account": "30.9999", "Amount": "0"}]}, "does not accept postings"),
        ({"Remark": "X" * 31}, "EXR"),
        ({"amount": "80.01"}, "exceeds the open amount"),
        ({"amount": "-0.01"}, "exceeds the open amount"),
        ({"item": "002"}, "cannot be changed"),
    ],
)
def test_a_journal_that_cannot_be_entered_changes_nothing(ais: Ais, changes: dict[str, Any], message: str) -> None:
    voucher = enter(ais, "V-1", "80.00")
    closed = {**voucher, "PayItem": changes.pop("item", "001"), "ItemAmount": changes.pop("amount", "80.00")}
    assert message in refusal(run(ais, "ML_JournalAdd", journal("80.00", closed, **changes)))
    assert items(ais, voucher) == [("001", "A", "80.00", "0.00")]
    assert ais.rows("F0911", condition("F0911.DCT", "EQUAL", "JE")) == []


# -- what a clerk does to one pay item ---------------------------------------------------------------------------------


def test_a_clerk_holds_and_pays_one_pay_item_of_several(sandbox: Sandbox, ais: Ais) -> None:
    voucher = enter(ais, "V-1", "80.00", "20.00")
    named = {"system": "jde", "KCO": COMPANY, "DOC": voucher["DocumentNumber"]}
    sandbox.post("/rows", {**named, "act": "set_pay_status", "PST": "H", "SFX": "002"})
    assert items(ais, voucher) == [("001", "A", "80.00", "0.00"), ("002", "H", "20.00", "0.00")]
    sandbox.post("/rows", {**named, "act": "pay_voucher", "SFX": "001", "amount": "79.00"})
    assert items(ais, voucher) == [("001", "A", "1.00", "0.00"), ("002", "H", "20.00", "0.00")]

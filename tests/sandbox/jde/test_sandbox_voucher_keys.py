"""What of a batch row or a form reaches F0411, and what comes back to the row (jde-ais sections 11.1, 11.3, 11.4)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

VOUCHER: dict[str, Any] = {
    "Supplier": 4343,
    "InvoiceNumber": "CP-77",
    "InvoiceDate": "01/04/2016",
    "GLDate": "05/04/2016",
    "Company": "00001",
    "Currency": "GBP",
    "Remark": "coupa 77",
    "Reference": "coupa/77",
    "UserReference": "77",
    "PayItems": [{"GrossAmount": "120.00"}],
    "Distribution": [{"Account": "30.4210", "Amount": "120.00"}],
}
PRESET = {"DocumentNumber": 90000001, "DocumentType": "PV", "DocumentCompany": "00001"}


def run(ais: Ais, name: str, **body: Any) -> requests.Response:
    return ais.post(f"/v3/orchestrator/{name}", body)


def add(ais: Ais, number: str = "T1", *, batch: str = "B1", **changes: Any) -> requests.Response:
    return run(ais, "ML_VoucherBatchAdd", **{**VOUCHER, **changes}, BatchNumber=batch, TransactionNumber=number)


def process(ais: Ais, batch: str = "B1") -> dict[str, tuple[str, int, str]]:
    """Run a batch; TransactionNumber -> EDSP, DOC of its row, message."""
    assert run(ais, "ML_VoucherBatchRun", BatchNumber=batch).status_code == 200
    found = run(ais, "ML_VoucherBatchStatus", BatchNumber=batch).json()["Transactions"]
    return {row["TransactionNumber"]: (row["Processed"], row["DocumentNumber"], row["Message"]) for row in found}


def vouchers(ais: Ais, number: str = "CP-77") -> list[dict[str, Any]]:
    """The pay items of an invoice number, in the order of their keys; texts are trimmed."""
    found = ais.rows("F0411", condition("F0411.VINV", "EQUAL", number))
    trimmed = [{alias: v.strip() if isinstance(v, str) else v for alias, v in row.items()} for row in found]
    return sorted(trimmed, key=lambda row: (row["DOC"], row["SFX"], row["SFXE"]))


def z_rows(sandbox: Sandbox, table: str, *rows: dict[str, Any]) -> None:
    sandbox.post("/rows", {"system": "jde", "table": table, "upsert": list(rows)})


def test_the_batch_drops_the_reference_and_the_users_fields(sandbox: Sandbox, ais: Ais) -> None:
    add(ais, "T1")
    add(ais, "T2", InvoiceNumber="CP-78")
    ignored = {"EDUS": "MLCONN", "EDBT": "B1", "EDTN": "T2", "EDLN": 1, "RP1": "1", "RP2": "2", "HDGJ": "2016-04-01"}
    z_rows(sandbox, "F0411Z1", ignored | {"URC1": "AAA", "TXA3": "X", "EXR3": "V"})
    process(ais)
    for number in ("CP-77", "CP-78"):
        (made,) = vouchers(ais, number)
        assert [made[alias] for alias in ("VR01", "URRF", "URC1", "RP1", "RP2")] == [""] * 5
        assert (made["RMK"], made["HDGJ"] or "") == ("coupa 77", "")
    sandbox.post("/options", {"jde": {"batch_reference": "kept", "user_fields": "kept", "batch_remark": "dropped"}})
    add(ais, "T3", batch="B2", InvoiceNumber="CP-79")
    process(ais, "B2")
    (made,) = vouchers(ais, "CP-79")
    assert (made["VR01"], made["URRF"], made["RMK"]) == ("coupa/77", "77", "")


def test_the_entry_form_drops_the_reference_and_keeps_the_remark(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"batch_remark": "dropped"}})
    answer = run(ais, "ML_VoucherEnter", **VOUCHER, **PRESET).json()
    (made,) = vouchers(ais)
    assert (answer["DocumentNumber"], answer["LedgerBatch"]) == (90000001, made["ICU"])
    assert (made["VR01"], made["URRF"], made["RMK"], made["TORG"]) == ("", "", "coupa 77", "MLCONN")


@pytest.mark.parametrize("write_back", [True, False])
def test_only_the_processed_flag_and_the_currency_mode_come_back(sandbox: Sandbox, ais: Ais, write_back: bool) -> None:
    sandbox.post("/options", {"jde": {"write_back": write_back}})
    add(ais)
    assert {row["CRRM"].strip() for row in ais.rows("F0411Z1")} == {""}
    process(ais)
    (made,) = vouchers(ais)
    for table in ("F0411Z1", "F0911Z1"):
        (row,) = ais.rows(table)
        assert (row["EDSP"], row["CRRM"]) == ("1", "D")
        assert (row["DOC"], row["ICU"]) == ((made["DOC"], made["ICU"]) if write_back else (0, 0))


def test_a_preset_document_and_batch_are_kept_and_next_numbers_go_on(sandbox: Sandbox, ais: Ais) -> None:
    add(ais, "T1", **PRESET)
    key = {"EDUS": "MLCONN", "EDBT": "B1", "EDTN": "T1", "EDLN": 1}
    z_rows(sandbox, "F0411Z1", key | {"ICU": 7700, "ICUT": "V"})
    add(ais, "T2", InvoiceNumber="CP-78")
    assert {status[0] for status in process(ais).values()} == {"1"}
    (preset,), (numbered,) = vouchers(ais), vouchers(ais, "CP-78")
    assert (preset["DOC"], preset["DCT"], preset["KCO"], preset["ICU"]) == (90000001, "PV", "00001", 7700)
    assert (numbered["DOC"], numbered["ICU"] != 7700) == (4723, True)
    (line,) = ais.rows("F0911", condition("F0911.DOC", "EQUAL", 90000001))
    assert (line["ICU"], line["KCO"]) == (7700, "00001")


def test_a_document_number_that_exists_is_refused_unless_the_pay_item_differs(sandbox: Sandbox, ais: Ais) -> None:
    add(ais, "T1", **PRESET)
    process(ais)
    add(ais, "T2", batch="B2", **PRESET)
    add(ais, "T3", batch="B2", **PRESET, InvoiceNumber="CP-78")
    key = {"EDUS": "MLCONN", "EDBT": "B2", "EDTN": "T3", "EDLN": 1}
    z_rows(sandbox, "F0411Z1", key | {"SFX": "002"})
    z_rows(sandbox, "F0911Z1", key | {"JELN": 0})
    status = process(ais, "B2")
    assert (status["T2"][0], "Duplicate Key" in status["T2"][2]) == ("0", True)
    assert status["T3"][0] == "1"
    assert [(row["VINV"], row["SFX"]) for row in (*vouchers(ais), *vouchers(ais, "CP-78"))] == [
        ("CP-77", "001"),
        ("CP-78", "002"),
    ]
    # the same by hand, in the form
    refused = run(ais, "ML_VoucherEnter", **{**VOUCHER, **PRESET, "InvoiceNumber": "CP-79"})
    assert (refused.status_code, "Duplicate Key" in refused.json()["jde__simpleMessage"]) == (500, True)


def test_a_clerk_who_runs_the_batch_is_the_originator_of_its_vouchers(sandbox: Sandbox, ais: Ais) -> None:
    add(ais)
    done = sandbox.post("/rows", {"system": "jde", "act": "run_batch", "EDBT": "B1"})
    assert done["status"] == "D"
    (made,) = vouchers(ais)
    assert (made["TORG"], made["USER"]) == ("APCLERK", "APCLERK")


def test_a_blank_processed_flag_waits_like_a_nought(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"unprocessed_flag": ""}})
    add(ais)
    assert {row["EDSP"].strip() for row in ais.rows("F0411Z1")} == {""}
    assert process(ais)["T1"][0] == "1" and len(vouchers(ais)) == 1


def test_a_journal_row_without_its_voucher_breaks_what_comes_after_it(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"write_back": True}})
    for number in ("T1", "T2", "T3"):
        add(ais, number, InvoiceNumber=f"CP-{number}")
    key = {"EDUS": "MLCONN", "EDBT": "B1", "EDTN": "T2", "EDLN": 1}
    sandbox.post("/rows", {"system": "jde", "table": "F0411Z1", "delete": [key]})
    status = process(ais)
    assert (status["T1"][0], status["T3"][0]) == ("1", "0")
    assert "out of balance" in status["T3"][2]
    # once the orphan is gone, the next run takes what stayed behind
    sandbox.post("/rows", {"system": "jde", "table": "F0911Z1", "delete": [key]})
    assert process(ais)["T3"] == ("1", vouchers(ais, "CP-T3")[0]["DOC"], "")


def test_a_voucher_without_journal_lines_or_out_of_balance_fails_alone(ais: Ais) -> None:
    add(ais, "T1", Distribution=[])
    add(ais, "T2", Distribution=[{"Account": "30.4210", "Amount": "119.99"}])
    add(ais, "T3")
    status = process(ais)
    assert [status[number][0] for number in ("T1", "T2", "T3")] == ["0", "0", "1"]
    assert all("out of balance" in status[number][2] for number in ("T1", "T2"))


def test_two_journal_lines_of_one_number_fail(sandbox: Sandbox, ais: Ais) -> None:
    add(ais, Distribution=[{"Account": "30.4210", "Amount": "60.00"}] * 2)
    key = {"EDUS": "MLCONN", "EDBT": "B1", "EDTN": "T1", "EDLN": 2}
    z_rows(sandbox, "F0911Z1", key | {"JELN": 1})
    processed, _, message = process(ais)["T1"]
    assert (processed, "already exists in cache I09UI003" in message) == ("0", True)


def test_rows_put_into_a_batch_that_was_run_are_not_taken(sandbox: Sandbox, ais: Ais) -> None:
    add(ais, "T1")
    process(ais)
    add(ais, "T2", batch="B2", InvoiceNumber="CP-78")
    for table in ("F0411Z1", "F0911Z1"):
        (row,) = [row for row in ais.rows(table) if row["EDTN"].strip() == "T2"]
        texts = {alias: value.strip() for alias, value in row.items() if isinstance(value, str)}
        moved = {alias: texts[alias] for alias in ("EDUS", "EDTN", "EDSP", "EDTC", "EDTR", "CO", "CRCD", "VINV")}
        own = {"AG": "120.00", "DIVJ": "2016-04-01"} if table == "F0411Z1" else {"AA": "120.00", "ANI": "30.4210"}
        z_rows(sandbox, table, {**moved, **own, "EDBT": "B1", "EDLN": 1, "AN8": 4343, "DGJ": "2016-04-05"})
    processed, _, message = process(ais)["T2"]
    assert (processed, "nothing can be added" in message, vouchers(ais, "CP-78")) == ("0", True, [])


def test_a_voucher_of_no_amount_is_paid_as_it_is_made(ais: Ais) -> None:
    nought = {"PayItems": [{"GrossAmount": "0"}], "Distribution": []}
    assert run(ais, "ML_VoucherEnter", **{**VOUCHER, **nought}).status_code == 200
    (made,) = vouchers(ais)
    assert (made["PST"], made["AG"], made["AAP"]) == ("P", 0, 0)


@pytest.mark.parametrize(("policy", "code"), [("warn", "0082"), ("error", "1912")])
def test_the_constant_of_duplicates_counts_no_voids_and_no_type_no(
    sandbox: Sandbox, ais: Ais, policy: str, code: str
) -> None:
    sandbox.post("/options", {"jde": {"duplicate_invoices": policy}})

    def entered(**changes: Any) -> tuple[bool, list[str]]:
        """Whether a voucher was made, and the codes of what the form says."""
        answer = run(ais, "ML_VoucherEnter", **{**VOUCHER, **changes})
        body = answer.json()
        forms = (body.get("message") or body) if answer.status_code == 500 else body
        found = [form for one in forms.get("ServiceRequest1", {}).get("forms", []) for form in [one["fs_P0411_W0411A"]]]
        said = [each["CODE"] for form in found for each in (*form["errors"], *form["warnings"])]
        return bool(body.get("DocumentNumber")), said

    warned = (policy == "warn", [code])
    assert entered() == (True, [])
    assert entered() == warned
    assert entered(DocumentType="NO") == (True, [])
    assert entered(InvoiceNumber="") == (True, [])
    assert entered(InvoiceNumber="") == warned
    for row in vouchers(ais):
        act = {"act": "void_voucher", "KCO": row["KCO"], "DCT": row["DCT"], "DOC": row["DOC"]}
        sandbox.post("/rows", {"system": "jde", **act})
    assert entered() == (True, [])


@pytest.mark.parametrize(("policy", "made"), [("made", [1, 2]), ("again", [0, 1]), ("not_made", [0, 0])])
def test_a_warning_on_the_first_ok_is_a_200_of_which_the_voucher_may_be_missing(
    sandbox: Sandbox, ais: Ais, policy: str, made: list[int]
) -> None:
    sandbox.post("/options", {"jde": {"entry_warnings": policy}})
    add(ais, InvoiceNumber="CP-77")
    process(ais)
    counts = []
    for _ in range(2):
        answer = run(ais, "ML_VoucherEnter", **VOUCHER)
        body = answer.json()
        assert (answer.status_code, body["jde__status"]) == (200, "WARN")
        assert body["ServiceRequest1"]["forms"][0]["fs_P0411_W0411A"]["warnings"][0]["CODE"] == "0082"
        counts.append(len(vouchers(ais)) - 1)
        assert bool(body["DocumentNumber"]) == (counts[-1] > (counts[-2] if len(counts) > 1 else 0))
    assert counts == made


@pytest.mark.parametrize("by", ["batch", "form"])
@pytest.mark.parametrize(
    ("terms", "own", "expected"),
    [
        ("D10", {}, ("2.40", "20160411", "20160501")),
        # the supplier's, who has net days alone
        ("", {}, ("0.00", "", "20160501")),
        # a discount of its own is kept without terms, and lost beside them
        ("", {"DiscountAvailable": "6.00", "DiscountDueDate": "06/04/2016"}, ("6.00", "20160406", "20160401")),
        ("D10", {"DiscountAvailable": "6.00", "DiscountDueDate": "06/04/2016"}, ("2.40", "20160411", "20160501")),
        ("D10", {"DueDate": "30/06/2016"}, ("2.40", "20160411", "20160630")),
    ],
)
def test_payment_terms_make_the_discount(
    sandbox: Sandbox, ais: Ais, by: str, terms: str, own: dict[str, str], expected: tuple[str, ...]
) -> None:
    sandbox.post("/options", {"jde": {"terms_compute": True}})
    known = [{"PTC": "D10", "DCP": 2, "DCD": 10, "NDTP": 30}, {"PTC": "N30", "NDTP": 30}]
    z_rows(sandbox, "F0014", *known)
    changes = {"PaymentTerms": terms, "PayItems": [{"GrossAmount": "120.00", **own}]}
    if by == "batch":
        add(ais, **changes)
        process(ais)
    else:
        run(ais, "ML_VoucherEnter", **{**VOUCHER, **changes})
    (made,) = vouchers(ais)
    assert (f"{made['ADSC']:.2f}", made["DDNJ"] or "", made["DDJ"]) == expected
    unknown = run(ais, "ML_VoucherEnter", **{**VOUCHER, "PaymentTerms": "QQQ", "InvoiceNumber": "CP-78"})
    assert (unknown.status_code, "QQQ" in unknown.json()["jde__simpleMessage"]) == (500, True)

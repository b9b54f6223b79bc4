"""The orchestrations as docs/orchestrations.md has them, built here a second time; how they read inputs, and how
failure and warnings show (jde-ais sections 3.4, 14 and 17)."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from ais_caller import Ais, condition

from connector_sandbox.testing import Sandbox

PAGE = Path(__file__).parents[3] / "docs" / "orchestrations.md"
ACTS = {
    "voucher_enter": "ML_VoucherEnter",
    "voucher_batch_add": "ML_VoucherBatchAdd",
    "voucher_batch_run": "ML_VoucherBatchRun",
    "voucher_batch_status": "ML_VoucherBatchStatus",
    "voucher_match": "ML_VoucherMatch",
    "voucher_void": "ML_VoucherVoid",
    "voucher_match_reverse": "ML_VoucherMatchReverse",
    "voucher_pay_status": "ML_VoucherPayStatus",
    "payment_record": "ML_PaymentRecord",
    "payment_void": "ML_PaymentVoid",
    "payment_journal": "ML_JournalAdd",
    "self_test": "ML_SelfTest",
}
TYPES = {"string": "String", "numeric": "Numeric", "date": "Date", "array": "Array"}
# What this site's designer declared beyond the page; nothing of it is required.
OWN = {
    *("LedgerBatch", "UserReference"),
    *("PayItems.PONumber", "PayItems.POType", "PayItems.POCompany", "PayItems.POSuffix", "PayItems.POLine"),
    *("Distribution.Subledger", "Distribution.SubledgerType", "Lines.POSuffix", "PayItems.ItemDiscount"),
}
VOUCHER: dict[str, Any] = {
    "Supplier": "4343",
    "InvoiceNumber": "NEW-1",
    "InvoiceDate": "2016-04-03",
    "GLDate": "2016-04-05",
    "Company": "00001",
    "Currency": "GBP",
    "CurrencyMode": "D",
    "DocumentType": "PV",
    "PayItems": [{"GrossAmount": "120.00", "PayStatus": "A", "DueDate": "2016-05-03"}],
    "Distribution": [{"Account": "30.4210", "Amount": "120.00"}],
}
KEY = {"DocumentNumber": "4711", "DocumentType": "PV", "DocumentCompany": "00001"}


@pytest.fixture
def site(ais: Ais) -> Ais:
    """A site that was built from the page."""
    switch(ais, required_inputs=True, orchestration_dates={"*": "yyyy-MM-dd"})
    return ais


def switch(ais: Ais, **options: Any) -> None:
    ais.sandbox.post("/options", {"jde": options})


def run(ais: Ais, name: str, body: dict[str, Any], **more: Any) -> requests.Response:
    return ais.post(f"/v3/orchestrator/{name}", {**body, **more})


def entered(ais: Ais, number: str = "NEW-1") -> list[dict[str, Any]]:
    return ais.rows("F0411", condition("F0411.VINV", "EQUAL", number))


def page_inputs() -> dict[str, dict[str, tuple[str, bool]]]:
    """act -> input -> its type and whether it is required, as the page's tables have them."""
    found: dict[str, dict[str, tuple[str, bool]]] = defaultdict(dict)
    act = ""
    for line in PAGE.read_text().splitlines():
        heading = re.fullmatch(r"## ([a-z_]+)", line)
        act = heading[1] if heading else act
        row = re.match(r"\| `([^`]+)` \| (string|numeric|date|array) \| [^|]* \| ([^|]*) \| [^|]* \| ", line)
        if row:
            found[act][row[1]] = (TYPES[row[2]], row[3] == "yes")
    return found


def page_outputs() -> dict[str, list[str]]:
    """act -> names of the outputs that the page has, those within an array left out."""
    found: dict[str, list[str]] = defaultdict(list)
    act = ""
    for line in PAGE.read_text().splitlines():
        heading = re.fullmatch(r"## ([a-z_]+)", line)
        act = heading[1] if heading else act
        row = re.fullmatch(r"\| `([^`.]+)` \| (?:string|numeric|date|array) \| [^|]* \|", line)
        if row:
            found[act].append(row[1])
    return found


def discovered(ais: Ais, name: str) -> dict[str, Any]:
    (entry,) = ais.get(f"/v3/discover/{name}").json()["orchestrations"]
    return dict(entry)


def test_the_page_has_the_acts_and_no_other() -> None:
    assert set(page_inputs()) == set(ACTS)


@pytest.mark.parametrize("act", ACTS)
def test_every_orchestration_declares_what_its_page_says(site: Ais, act: str) -> None:
    switch(site, discovered_arrays="inputs")
    entry = discovered(site, ACTS[act])
    shown = {item["name"]: item["type"] for item in entry["inputs"]}
    for item in entry["inputs"]:
        shown |= {f"{item['name']}.{member['name']}": member["type"] for member in item.get("inputs", [])}
    paged = page_inputs()[act]
    assert {name: kind for name, kind in shown.items() if name not in OWN - set(paged)} == {
        name: kind for name, (kind, _) in paged.items()
    }
    assert set(page_outputs()[act]) <= {item["name"] for item in entry["outputs"]}


@pytest.mark.parametrize("act", ACTS)
def test_what_the_page_requires_is_required_here_and_nothing_else(site: Ais, act: str) -> None:
    catalogue = site.get(f"/v3/open-api-catalog3/{ACTS[act]}").json()["paths"]
    (operation,) = (path["post"] for path in catalogue.values())
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    required = set(schema.get("required", []))
    for grid, array in schema["properties"].items():
        required |= {f"{grid}.{name}" for name in array.get("items", {}).get("required", [])}
    assert required == {name for name, (_, needed) in page_inputs()[act].items() if needed}


@pytest.mark.parametrize("without", ["InvoiceDate", "DocumentType", "PayItems", "PayItems.PayStatus", "Distribution"])
def test_a_required_input_that_is_missing_is_an_exception_before_any_step(site: Ais, without: str) -> None:
    body = {name: value for name, value in VOUCHER.items() if name != without}
    grid, _, field = without.partition(".")
    if field:
        body[grid] = [{name: value for name, value in row.items() if name != field} for row in VOUCHER[grid]]
    # Continuing on errors is a matter of steps, and there is none yet.
    switch(site, orchestration_errors={"*": "continue"})
    answer = run(site, "ML_VoucherEnter", body)
    assert (answer.status_code, answer.json()["jde__status"]) == (500, "ERROR")
    assert f"Required input {field or grid} is missing" in answer.json()["message"]
    assert "userDefinedErrorText" not in answer.json()
    assert entered(site) == []
    blank = {**body, without: ""} if not field else body
    assert run(site, "ML_VoucherEnter", blank).status_code in (400, 500)


def test_the_examples_of_the_page_are_taken(site: Ais) -> None:
    answer = run(site, "ML_VoucherEnter", VOUCHER)
    assert answer.status_code == 200, answer.text
    (item,) = entered(site)
    assert (item["DIVJ"], item["DGJ"], item["DDJ"]) == ("20160403", "20160405", "20160503")
    assert item["DOC"] == answer.json()["DocumentNumber"]


@pytest.mark.parametrize(
    ("declared", "sent", "read"),
    [
        ("yyyy-MM-dd", "2016-04-05", "20160405"),
        ("yyyy-MM-dd", "05/04/2016", None),
        ("yyyy-MM-dd", "2016-04-31", None),
        ("yyyy-MM-dd", "1459814400000", None),
        ("dd/MM/yyyy", "05/04/2016", "20160405"),
        ("dd/MM/yyyy", "2016-04-05", None),
        ("MM/dd/yyyy", "04/05/2016", "20160405"),
        ("MM/dd/yyyy", "05/04/2016", "20160504"),  # another day, without a word
        ("MM/dd/yyyy", "25/04/2016", None),
        ("yyyyMMdd", "20160405", "20160405"),
        ("yyyyMMdd", "2016-04-05", None),
        ("epoch", "1459854000000", "20160405"),
        ("epoch", "1459810799000", "20160404"),  # the server's own day, one second before it was the 5th there
        ("epoch", "2016-04-05", None),
        ("user", "05/04/2016", "20160405"),
    ],
)
def test_a_date_is_read_by_the_format_that_the_designer_declared(
    site: Ais, declared: str, sent: str, read: str | None
) -> None:
    switch(site, orchestration_dates={"ML_VoucherEnter": declared, "*": "yyyy-MM-dd"}, check_periods=False)
    pay_item = {"GrossAmount": "120.00", "PayStatus": "A"}
    answer = run(site, "ML_VoucherEnter", VOUCHER, InvoiceDate=sent, GLDate=sent, PayItems=[pay_item])
    if read is None:
        assert answer.status_code == 500
        assert f"is not a date of the format {declared}" in answer.json()["message"]
        assert entered(site) == []
    else:
        assert answer.status_code == 200, answer.text
        assert entered(site)[0]["DGJ"] == read


def test_the_self_test_shows_how_dates_and_numbers_are_read(site: Ais) -> None:
    read = run(site, "ML_SelfTest", {"Date": "2025-03-04", "Number": "1234.56"}).json(parse_float=Decimal)
    assert (read["NextDay"], read["NumberPlusOne"]) == ("2025-03-05", Decimal("1235.56"))
    switch(site, orchestration_dates={"*": "MM/dd/yyyy"})
    assert run(site, "ML_SelfTest", {"Date": "04/03/2025", "Number": "1"}).json()["NextDay"] == "2025-04-04"
    switch(site, orchestration_dates={"ML_SelfTest": "yyyyMMdd"})
    assert run(site, "ML_SelfTest", {"Date": "2025-03-04", "Number": "1"}).status_code == 500


@pytest.mark.parametrize(
    ("effect", "point", "comma"),
    [("ignored", "1235.56", None), ("refused", None, "1235.56"), ("misread", "123457", "1235.56")],
)
def test_what_a_decimal_comma_does_to_numbers_is_a_switch(
    site: Ais, effect: str, point: str | None, comma: str | None
) -> None:
    switch(site, decimal_format=",", decimal_effect=effect)
    assert Ais(site.sandbox).user_info["decimalFormat"] == ","
    for sent, expected in (("1234.56", point), ("1234,56", comma)):
        answer = run(site, "ML_SelfTest", {"Date": "2025-03-04", "Number": sent})
        if expected is None:
            assert (answer.status_code, "is not a number" in answer.json()["message"]) == (500, True)
        else:
            assert answer.json(parse_float=Decimal)["NumberPlusOne"] == Decimal(expected)
    # A JSON number is one whatever the user's sign.
    assert run(site, "ML_SelfTest", {"Date": "2025-03-04", "Number": 1234.5}).json()["NumberPlusOne"] == 1235.5
    counted = {"targetName": "F0411", "targetType": "table", "dataServiceType": "COUNT"}
    query = {"condition": [condition("F0411.AG", "EQUAL", "1250.50")]}
    answer = site.post("/v2/dataservice", {**counted, "query": query})
    if effect == "refused":
        assert answer.status_code == 500
    else:
        assert answer.json()["ds_F0411"]["count"] == (1 if effect == "ignored" else 0)


def test_superfluous_inputs_are_ignored_or_refused(site: Ais) -> None:
    more = {"Colour": "red", "token": "ignored", "deviceName": "tests"}
    assert run(site, "ML_VoucherEnter", VOUCHER, InvoiceNumber="A", Colour="red").status_code == 200
    switch(site, superfluous_inputs="refused")
    answer = run(site, "ML_VoucherEnter", VOUCHER, **more)
    assert (answer.status_code, answer.json()["message"]) == (500, "Input Colour is not declared")
    items = [{**VOUCHER["PayItems"][0], "Shade": "dark"}]
    assert "PayItems.Shade is not declared" in run(site, "ML_VoucherEnter", VOUCHER, PayItems=items).text
    standard = {"inputs": [{"name": "Colour", "value": "red"}]}
    assert "Colour is not declared" in site.post("/orchestrator/ML_VoucherEnter", standard).text
    assert entered(site) == []
    assert run(site, "ML_VoucherEnter", VOUCHER).status_code == 200


@pytest.mark.parametrize(
    ("shown", "entry"),
    [
        ("inputs", {"name": "PayItems", "type": "Array", "inputs": [{"name": "PayItem", "type": "String"}]}),
        ("subinputs", {"name": "PayItems", "type": "Array", "subinputs": [{"name": "PayItem", "type": "String"}]}),
        ("names", {"name": "PayItems", "type": "Array"}),
        ("hidden", None),
    ],
)
def test_how_discovery_shows_an_array_is_a_switch(site: Ais, shown: str, entry: dict[str, Any] | None) -> None:
    switch(site, discovered_arrays=shown)
    inputs = discovered(site, "ML_VoucherPayStatus")["inputs"]
    scalars = [{"name": name, "type": "Numeric" if name == "DocumentNumber" else "String"} for name in KEY]
    assert inputs == [*scalars, {"name": "PayStatus", "type": "String"}, *([entry] if entry else [])]


def test_discovery_may_print_the_vendors_example_alone_and_other_names_of_types(site: Ais) -> None:
    switch(site, discovered_entry="example", input_format="JDE Standard", discovered_types={"Date": "String"})
    assert discovered(site, "ML_SelfTest") == {
        "name": "ML_SelfTest",
        "description": "Adds one day to a date and one to a number",
        "inputFormat": "JDE Standard",
        "inputs": [{"name": "Date", "type": "String"}, {"name": "Number", "type": "Numeric"}],
    }


def test_the_sites_own_names_are_literal_with_dots_and_blanks(site: Ais) -> None:
    names = {
        "InvoiceNumber": "VINV..Invoice_Number",
        "Company": "Company ",
        "PayItems": "GridIn_1_3",
        "PayItems.GrossAmount": "Gross. Amount",
    }
    switch(site, input_names={"ML_VoucherEnter": names}, superfluous_inputs="refused", discovered_arrays="inputs")
    shown = {item["name"]: item for item in discovered(site, "ML_VoucherEnter")["inputs"]}
    assert {"VINV..Invoice_Number", "Company ", "GridIn_1_3"} <= set(shown)
    assert "Gross. Amount" in {item["name"] for item in shown["GridIn_1_3"]["inputs"]}
    assert "is not declared" in run(site, "ML_VoucherEnter", VOUCHER).json()["message"]
    renamed = {names.get(name, name): value for name, value in VOUCHER.items()}
    renamed["GridIn_1_3"] = [{"Gross. Amount": "120.00", "PayStatus": "A"}]
    assert run(site, "ML_VoucherEnter", renamed).status_code == 200
    assert [item["AG"] for item in entered(site)] == [Decimal("120.0")]


@pytest.mark.parametrize("status", ["WARN", "SUCCESS"])
def test_a_warning_is_no_refusal(site: Ais, status: str) -> None:
    switch(site, warned={"ML_VoucherPayStatus": "Remittance date is past"}, warning_status=status)
    answer = run(site, "ML_VoucherPayStatus", {**KEY, "PayStatus": "H"})
    body = answer.json()
    (form,) = body["ServiceRequest1"]["forms"]
    assert (answer.status_code, body["jde__status"]) == (200, status)
    assert [form["fs_P0411S_W0411SA"][part] != [] for part in ("warnings", "errors")] == [True, False]
    assert form["fs_P0411S_W0411SA"]["warnings"][0]["MOBILE"] == "Remittance date is past"
    assert site.rows("F0411", condition("F0411.DOC", "EQUAL", "4711"))[0]["PST"] == "H"


@pytest.mark.parametrize("style", ["abort", "body", "continue"])
def test_a_later_step_may_fail_when_the_write_is_done(site: Ais, style: str) -> None:
    switch(site, failing_after_write={"ML_VoucherEnter": style})
    answer = run(site, "ML_VoucherEnter", VOUCHER)
    (made,) = entered(site)
    body = answer.json()
    if style == "abort":
        assert (answer.status_code, body["userDefinedErrorText"]) == (500, "ML_VoucherEnter failed")
        assert body["message"]["ServiceRequest1"]["forms"][0]["fs_P0411_W0411A"]["errors"]
        switch(site, abort_message="text")
        again = run(site, "ML_VoucherEnter", VOUCHER, InvoiceNumber="NEW-2").json()
        assert again["message"].endswith("a later step failed, what was written stays")
        return
    assert (answer.status_code, body["DocumentNumber"]) == (200, made["DOC"])
    errors = body["ServiceRequest1"]["forms"] if style == "body" else body["continuedOnError"]
    assert len(errors) == 1


def test_a_part_that_is_not_shared_ends_every_call(site: Ais) -> None:
    switch(site, unshared_parts=["ML_VoucherEnter"], orchestration_errors={"*": "continue"})
    assert discovered(site, "ML_VoucherEnter")["name"] == "ML_VoucherEnter"
    answer = run(site, "ML_VoucherEnter", VOUCHER)
    assert (answer.status_code, answer.json()["type"]) == (500, "orchestration")
    assert "Component of ML_VoucherEnter not found" in answer.json()["message"]
    assert entered(site) == []


def test_switches_take_known_formats_alone(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="no format dd-MMM-yy"):
        sandbox.post("/options", {"jde": {"orchestration_dates": {"*": "dd-MMM-yy"}}})

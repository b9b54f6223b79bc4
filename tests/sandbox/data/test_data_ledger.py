"""Ledger folders: spend files, table files, `ledger.toml`, and one clear line for whatever is wrong."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector_sandbox.data import UnusableData, load_ledger
from connector_sandbox.jde.store import Database

HEADINGS = (
    "Body Name",
    "Organisational Unit",
    "Business Unit No.",
    "Business Unit Description",
    "Expense Code",
    "Expense Code Description",
    "GL Date",
    "Document No.",
    "Invoice No.",
    "Invoiced Value",
    "Supplier Name",
    "Address Book No.",
    "Proclass Details Level 1",
    "Thomson Classification Description",
)


def line(**values: str) -> dict[str, str]:
    """A spend line; keyword names are the first words of headings."""
    return {
        "Body Name": "COUNCIL",
        "Organisational Unit": "CYPF",
        "Business Unit No.": values.get("unit", "39302"),
        "Business Unit Description": values.get("unit_name", "FOSTERING"),
        "Expense Code": values.get("code", "9270"),
        "Expense Code Description": values.get("code_name", "IN-HOUSE"),
        "GL Date": values.get("day", "2016-04-04"),
        "Document No.": values.get("doc", "3992902"),
        "Invoice No.": values.get("invoice", "100069 20160330 55538"),
        "Invoiced Value": values.get("value", "1036.00"),
        "Supplier Name": values.get("name", "CAFÉ RUELLE"),
        "Address Book No.": values.get("an8", "333449"),
        "Proclass Details Level 1": "",
        "Thomson Classification Description": "OTHER",
    }


def text_of(rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def spend(lines: Iterable[dict[str, str]], headings: Iterable[str] = HEADINGS) -> str:
    names = list(headings)
    return text_of([names, *([row[name] for name in names] for row in lines)])


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load_ledger(folder)["jde"][table]
    return found


# --- spend files ------------------------------------------------------------------------------------------------


def test_a_document_becomes_one_pay_item_of_its_sum_and_a_line_each(tmp_path: Path) -> None:
    write(tmp_path, a__csv=spend([line(), line(unit="39030", value="521.60")]))
    (item,) = rows(tmp_path, "F0411")
    assert (item["KCO"], item["DCT"], item["DOC"], item["SFX"]) == ("00001", "PV", 3992902, "001")
    assert (item["AG"], item["AAP"], item["PST"], item["VOD"]) == (Decimal("1557.60"), Decimal("1557.60"), "A", "")
    assert (item["CRCD"], item["CRRM"], item["AN8"], item["VINV"]) == ("GBP", "D", 333449, "100069 20160330 55538")
    assert (item["DGJ"], item["UPMJ"], item["UPMT"]) == (date(2016, 4, 4), date(2016, 4, 4), 80000)
    first, second, offset = rows(tmp_path, "F0911")
    assert [(each["ANI"], each["AA"], each["LT"], each["EXTL"], each["JELN"]) for each in (first, second, offset)] == [
        ("39302.9270", Decimal("1036.00"), "AA", "", 1),
        ("39030.9270", Decimal("521.60"), "AA", "", 2),
        ("00001.4110", Decimal("-1557.60"), "AA", "AM", 3),
    ]
    accounts = {each["AID"]: each for each in rows(tmp_path, "F0901")}
    assert [accounts[each["AID"]]["MCU"] for each in (first, second, offset)] == ["39302", "39030", "00001"]
    assert {each["MCU"] for each in rows(tmp_path, "F0006")} == {"39302", "39030", "00001"}


def test_a_supplier_is_payable_and_has_an_address_in_force(tmp_path: Path) -> None:
    write(tmp_path, a__csv=spend([line()]))
    (book,), (master,), (place,) = (rows(tmp_path, table) for table in ("F0101", "F0401", "F0116"))
    assert (book["AN8"], book["ALPH"], book["AT1"], book["ATP"]) == (333449, "CAFÉ RUELLE", "V", "Y")
    assert (master["AN8"], master["CRRP"], master["TRAP"], master["HDPY"]) == (333449, "GBP", "", "")
    assert place["EFTB"] <= date(2016, 4, 4) and place["ADD1"] and place["CTY1"] and place["ADDZ"] and place["CTR"]
    (company,) = rows(tmp_path, "F0010")
    assert (company["CO"], company["CRCD"]) == ("00001", "GBP")
    assert {"GBP", "EUR"} <= {row["CRCD"] for row in rows(tmp_path, "F0013")}


def test_gzip_a_byte_order_mark_and_any_order_of_columns_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(("\ufeff" + spend([line()], reversed(HEADINGS))).encode()))
    assert rows(tmp_path, "F0411")[0]["AG"] == Decimal("1036.00")


def test_the_name_of_the_latest_gl_date_wins_and_of_a_tie_the_last_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        a__csv=spend([line(doc="2", day="2016-06-01", name="LATEST", code_name="FIRST OF TIE")]),
        b__csv=spend(
            [line(doc="3", day="2016-06-01", name="LATEST", code_name="LAST OF TIE"), line(doc="1", name="OLD")]
        ),
    )
    world = load_ledger(tmp_path)
    assert world["jde"]["F0101"][0]["ALPH"] == "LATEST"
    assert world["jde"]["F0901"][0]["DL01"] == "LAST OF TIE"
    alternates = world["report"]["alternates"]
    assert alternates["suppliers"] == {"count": 1, "names": {"333449": {"name": "LATEST", "others": {"OLD": 1}}}}
    assert alternates["accounts"]["names"]["39302.9270"]["others"] == {"FIRST OF TIE": 1, "IN-HOUSE": 1}
    assert alternates["units"]["count"] == 0
    # It was first seen in April, so that is when it was entered.
    assert world["jde"]["F0101"][0]["UPMJ"] == date(2016, 4, 4)


def test_lines_of_one_document_that_differ_in_their_header_become_pay_items_of_it(tmp_path: Path) -> None:
    write(tmp_path, a__csv=spend([line(), line(invoice="B", value="300.00"), line(invoice="B", value="4.00")]))
    assert [(item["SFX"], item["VINV"], item["AG"]) for item in rows(tmp_path, "F0411")] == [
        ("001", "100069 20160330 55538", Decimal("1036.00")),
        ("002", "B", Decimal("304.00")),
    ]


def test_the_report_tells_of_blank_and_repeated_invoice_numbers_and_of_what_was_cut(tmp_path: Path) -> None:
    name = "A NAME OF MORE THAN FORTY CHARACTERS, AND THEN SOME"
    write(
        tmp_path,
        a__csv=spend([line(doc="1", invoice=""), line(doc="4"), line(doc="3", name=name), line(doc="5", an8="7")]),
    )
    world = load_ledger(tmp_path)
    report = world["report"]
    assert report["cases"] == {"blank_invoice_number": ["00001/PV/1"], "duplicate_invoice_number": ["00001/PV/4"]}
    assert report["cut"] == [name]
    assert {len(str(row["ALPH"])) for row in world["jde"]["F0101"]} == {11, len(name[:40].rstrip())}
    assert report["shared_names"] == 1
    Database(lambda *_: None).load(world["jde"])


def test_an_expense_code_of_the_offset_account_is_warned_about(tmp_path: Path) -> None:
    write(tmp_path, a__csv=spend([line(code="4110")]))
    world = load_ledger(tmp_path)
    assert world["report"]["warnings"][0].startswith("expense code 4110 of 1 lines")
    write(tmp_path, ledger__toml='offset_account = "BS.2100"')
    world = load_ledger(tmp_path)
    assert world["report"]["warnings"] == []
    assert world["report"]["offset_accounts"] == ["BS.2100"]


lines_of_spend = st.lists(
    st.builds(
        lambda doc, cents, an8, unit: line(
            doc=str(doc), value=f"{Decimal(cents).scaleb(-2):.2f}", an8=str(an8), unit=unit, invoice=f"I{doc % 3}"
        ),
        st.integers(1, 20),
        st.integers(-(10**9), 10**9),
        st.integers(1, 4),
        st.sampled_from(["1", "200", "R-20"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=lines_of_spend)
def test_nothing_is_lost_or_counted_twice(tmp_path: Path, lines: list[dict[str, str]]) -> None:
    write(tmp_path, a__csv=spend(lines))
    world = load_ledger(tmp_path)
    total = sum(Decimal(each["Invoiced Value"]) for each in lines)
    assert sum(row["AG"] for row in world["jde"]["F0411"]) == total  # type: ignore[misc]
    costs = [row for row in world["jde"]["F0911"] if row["EXTL"] == ""]
    assert len(costs) == len(lines)
    assert sum(row["AA"] for row in world["jde"]["F0911"]) == 0  # type: ignore[misc]
    assert len({row["DOC"] for row in world["jde"]["F0411"]}) == len({each["Document No."] for each in lines})
    Database(lambda *_: None).load(world["jde"])


# --- ledger.toml ------------------------------------------------------------------------------------------------


def test_ledger_toml_says_what_the_files_cannot(tmp_path: Path) -> None:
    write(
        tmp_path,
        a__csv=spend([line()]),
        b__csv=spend([line()]),
        c__csv=spend([line(doc="9")]),
        ledger__toml="""
            company_name = "Northmoor"
            document_type = "PR"
            [files."b.csv"]
            company = "00002"
            currency = "EUR"
            updated = 2016-10-01
            [files."c.csv"]
            updated = "never"
        """,
    )
    world = load_ledger(tmp_path)
    shown = [(item["KCO"], item["DCT"], item["DOC"], item["CRCD"], item["UPMJ"]) for item in world["jde"]["F0411"]]
    assert shown == [
        ("00001", "PR", 3992902, "GBP", date(2016, 4, 4)),
        ("00002", "PR", 3992902, "EUR", date(2016, 10, 1)),
        ("00001", "PR", 9, "GBP", None),
    ]
    assert [(row["CO"], row["NAME"], row["CRCD"]) for row in world["jde"]["F0010"]] == [
        ("00001", "Northmoor", "GBP"),
        ("00002", "Northmoor", "EUR"),
    ]
    assert world["report"]["amounts"] == {"EUR": "1036.00", "GBP": "2072.00"}
    assert (world["report"]["start_date"], world["report"]["end_date"]) == ("2016-04-04", "2016-10-01")


def test_the_period_is_the_last_month_or_what_is_set(tmp_path: Path) -> None:
    write(tmp_path, a__csv=spend([line()]))
    last = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    (company,) = rows(tmp_path, "F0010")
    assert (company["PNC"], company["DFYJ"]) == (last.month, date(last.year, 1, 1))
    write(tmp_path, ledger__toml="current_period = 2016-07-01")
    (company,) = rows(tmp_path, "F0010")
    assert (company["DTPN"], company["PNC"], company["DFYJ"]) == ("R", 7, date(2016, 1, 1))


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('compny = "00001"', "ledger.toml: compny: no such setting (there are company, "),
        ('[files."a.csv"]\ncompany_name = "X"', "ledger.toml: files.a.csv.company_name: no such setting"),
        ('[files."b.csv"]\ncompany = "00002"', "ledger.toml: files.b.csv: no such spend file in this folder"),
        ('company = "1"', "ledger.toml: company: '1' is not a company number of five digits"),
        ('currency = "pounds"', "ledger.toml: currency: 'pounds' is not a currency code of three letters"),
        ('document_type = "PVX"', "ledger.toml: document_type: 'PVX' is not a document type"),
        ('updated = "yesterday"', "ledger.toml: updated: 'yesterday' is not "),
        ("updated = 2016-10-01T10:00:00", "ledger.toml: updated: "),
        ('offset_account = "4110"', "ledger.toml: offset_account: '4110' is not an account unit.object"),
        ('current_period = "July"', "ledger.toml: current_period: 'July' is not a date"),
        ('files = "a.csv"', "ledger.toml: files: a table"),
        ('[files]\n"a.csv" = 1', "ledger.toml: files.a.csv: a table was expected"),
        ('company = "', "ledger.toml: cannot be read: "),
        ('[files."c.csv"]\ncurrency = "EUR"', "ledger.toml: c.csv: company 00001 has currency GBP elsewhere"),
    ],
)
def test_a_setting_that_is_not_one_is_named(tmp_path: Path, toml: str, message: str) -> None:
    write(tmp_path, a__csv=spend([line()]), c__csv=spend([line()]), ledger__toml=toml)
    assert problem(tmp_path).startswith(message)


# --- table files ------------------------------------------------------------------------------------------------


def test_table_files_are_read_as_they_are(tmp_path: Path) -> None:
    write(
        tmp_path,
        F0411__csv="KCO,DOC,DCT,SFX,SFXE,AN8,AG,UPMJ,VINV,UPMT\n00001,7,PV,001,,4343,-12.50,2025-03-04, INV 7 ,\n",
    )
    (item,) = rows(tmp_path, "F0411")
    assert (item["KCO"], item["DOC"], item["AG"], item["UPMJ"]) == ("00001", 7, Decimal("-12.50"), date(2025, 3, 4))
    assert (item["VINV"], item["SFXE"], item["UPMT"]) == ("INV 7", None, None)
    # What the file does not say is empty.
    assert (item["PST"], item["AAP"], item["DGJ"]) == ("", None, None)
    assert [row["CO"] for row in rows(tmp_path, "F0010")] == ["00001"]
    Database(lambda *_: None).load(load_ledger(tmp_path)["jde"])


def test_a_row_of_a_table_file_takes_the_place_of_one_made_from_spend_lines(tmp_path: Path) -> None:
    write(
        tmp_path, a__csv=spend([line(), line(doc="2", an8="5")]), F0101__csv="AN8,ALPH,AT1\n333449,RENAMED,C\n6,NEW,V\n"
    )
    (tmp_path / "F0014.csv.gz").write_bytes(gzip.compress(b"PTC,PTD\nZ1,Odd\n"))
    world = load_ledger(tmp_path)
    assert {row["AN8"]: row["ALPH"] for row in world["jde"]["F0101"]} == {333449: "RENAMED", 5: "CAFÉ RUELLE", 6: "NEW"}
    assert [row["PTC"] for row in world["jde"]["F0014"]] == ["Z1"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("F0411.csv", "KCO,DOC,DCT,SFX,SFXE,RPAN8\n", "F0411.csv: column 'RPAN8': F0411 has no such column"),
        ("F0101.csv", "ALPH\nX\n", "F0101.csv: column 'AN8' is missing; it is part of the key of F0101"),
        ("F0101.csv", "AN8,AN8\n1,1\n", "F0101.csv: line 1: column 'AN8' appears twice"),
        ("F0101.csv", "AN8,\n1,1\n", "F0101.csv: line 1: column 2 has no heading"),
        ("F0101.csv", "", "F0101.csv: the file is empty"),
        ("F0101.csv", "AN8,ALPH\n1\n", "F0101.csv: line 2: 1 cells, 2 columns"),
        ("F0101.csv", "AN8\n\n1\nx\n", "F0101.csv: line 4: column 'AN8': 'x' is not a whole number"),
        (
            "F0101.csv",
            "AN8\n123456789\n",
            "F0101.csv: line 2: column 'AN8': '123456789' is more than AN8 holds",
        ),
        ("F0101.csv", "AN8,ALPH\n,X\n", "F0101.csv: line 2: column 'AN8' is blank; it is part of the key"),
        ("F0101.csv", "AN8\n1\n2\n1\n", "F0101.csv: line 4: the key 1 is on line 2 already"),
        (
            "F0101.csv",
            "AN8,EFTB\n1,20160404\n",
            "F0101.csv: line 2: column 'EFTB': '20160404' is not a date YYYY-MM-DD",
        ),
        ("F0101.csv", "AN8,EFTB\n1,2016-02-30\n", "F0101.csv: line 2: column 'EFTB': '2016-02-30' is not a day of"),
        ("F0401.csv", "AN8,APPD\n1,1e5\n", "F0401.csv: line 2: column 'APPD': '1e5' is not a number"),
        ("F0401.csv", "AN8,APPD\n1,1.005\n", "F0401.csv: line 2: column 'APPD': '1.005' is more than APPD holds"),
        (
            "F0401.csv",
            "AN8,TRAP\n1,NET30\n",
            "F0401.csv: line 2: column 'TRAP': 'NET30' is longer than the 3",
        ),
        ("F0101.csv", 'AN8,ALPH\n1,"open\n', "F0101.csv: line 2: not a CSV record"),
        ("F9999.csv", "AN8\n1\n", "F9999.csv: the sandbox has no table F9999"),
    ],
)
def test_what_is_wrong_with_a_table_file_is_said(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert problem(tmp_path).startswith(message)


def test_one_table_in_two_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, F0101__csv="AN8\n1\n")
    (tmp_path / "f0101.csv.gz").write_bytes(gzip.compress(b"AN8\n2\n"))
    assert problem(tmp_path) == "f0101.csv.gz: F0101.csv holds table F0101 already"


# --- what is wrong with spend files and folders -----------------------------------------------------------------


def problem(folder: Path) -> str:
    with pytest.raises(UnusableData) as caught:
        load_ledger(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "1,036.00"}, "a.csv: line 3: column 'Invoiced Value': '1,036.00' is not an amount"),
        ({"value": "NaN"}, "a.csv: line 3: column 'Invoiced Value': 'NaN' is not an amount"),
        ({"value": "1.005"}, "a.csv: line 3: column 'Invoiced Value': '1.005' is not an amount with at most two"),
        ({"value": ""}, "a.csv: line 3: column 'Invoiced Value': '' is not an amount"),
        ({"day": "04/04/2016"}, "a.csv: line 3: column 'GL Date': '04/04/2016' is not a date YYYY-MM-DD"),
        ({"day": "2016-04-31"}, "a.csv: line 3: column 'GL Date': '2016-04-31' is not a day of the calendar"),
        ({"doc": "PV1"}, "a.csv: line 3: column 'Document No.': 'PV1' is not a whole number"),
        ({"doc": "123456789"}, "a.csv: line 3: column 'Document No.': '123456789' is not a number of one to eight"),
        ({"an8": "0"}, "a.csv: line 3: column 'Address Book No.': '0' is not a number of one to eight digits"),
        ({"unit": " "}, "a.csv: line 3: column 'Business Unit No.': ' ' is blank"),
        ({"code": "1234567"}, "a.csv: line 3: column 'Expense Code': '1234567' is longer than 6 characters"),
    ],
)
def test_what_is_wrong_with_a_spend_line_is_said(tmp_path: Path, change: dict[str, str], message: str) -> None:
    write(tmp_path, a__csv=spend([line(), line(**change)]))
    assert problem(tmp_path).startswith(message)


def _without(name: str) -> str:
    return spend([line()], [heading for heading in HEADINGS if heading != name])


def _unreadable_gzip(folder: Path) -> None:
    (folder / "a.csv.gz").write_bytes(gzip.compress(spend([line()] * 50).encode())[:-20])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "no ledger files (*.csv or *.csv.gz) in this folder"),
        (lambda folder: write(folder, README__md="a,b"), "no ledger files (*.csv or *.csv.gz) in this folder"),
        (lambda folder: write(folder, a__csv=_without("GL Date")), "a.csv: line 1: column 'GL Date' is missing"),
        (lambda folder: write(folder, a__csv="Payee,Amount\nX,1\n"), "a.csv: line 1: column 'Payee' is not one of"),
        (lambda folder: write(folder, a__csv=spend([]) + "x,y\n"), "a.csv: line 2: 2 cells, 14 columns"),
        (lambda folder: (folder / "a.csv").write_bytes(b"\xff\xfe\n"), "a.csv: not UTF-8 text"),
        (_unreadable_gzip, "a.csv.gz: cannot be read: "),
        (lambda folder: (folder / "a.csv.gz").write_bytes(b"plain"), "a.csv.gz: cannot be read: "),
    ],
)
def test_a_folder_that_holds_no_ledger_is_refused(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path)
    assert message in problem(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert problem(tmp_path / "gone") == f"{tmp_path / 'gone'}: no such folder"

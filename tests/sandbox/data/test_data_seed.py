"""The seeded world: reproducible, complete, and true to the penny; each labelled case is what its label says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_sandbox.coupa.system import CoupaSystem
from connector_sandbox.data import World, load_seed
from connector_sandbox.jde.store import Database
from connector_sandbox.kernel.clock import SandboxClock

TODAY = date(2026, 3, 2)
Row = dict[str, Any]


class Seeded:
    """A world and its rows by document or supplier."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tables: dict[str, list[Row]] = world["jde"]
        self.cases: dict[str, list[str]] = world["report"]["cases"]
        self.items = self._by_document("F0411")
        self.lines = self._by_document("F0911")
        self.payments = {row["PYID"]: row for row in self.tables["F0413"]}
        self.paid = self._by_document("F0414")
        self.accounts = {row["AID"]: row for row in self.tables["F0901"]}

    def _by_document(self, table: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables[table]:
            found[f"{row['KCO']}/{row['DCT']}/{row['DOC']}"].append(row)
        return found

    def costs(self, key: str) -> list[Row]:
        """The distribution as a reader has to find it: actuals, without offset, tax and reversing lines."""
        return [
            line
            for line in self.lines[key]
            if line["LT"] == "AA" and line["EXTL"] == "" and line["OBJ"] not in ("4110", "4433")
        ]

    def rows_of(self, table: str, number: str) -> list[Row]:
        return [row for row in self.tables[table] if row["AN8"] == int(number)]

    def agrees(self, key: str) -> bool:
        items, costs = self.items[key], self.costs(key)
        # value-added tax is beside the lines, sales tax in them, use tax in them or nowhere (jde-ais section 11.3)
        code = items[0]["EXR1"]
        ways = {"": (1,), "V": (1,), "S": (0,), "U": (0, -1)}[code]

        def agree(amount: str, gross: str, tax: str) -> bool:
            return any(total(costs, amount) + way * total(items, tax) == total(items, gross) for way in ways)

        return agree("AA", "AG", "STAM") and (items[0]["CRRM"] != "F" or agree("ACR", "ACR", "CTAM"))


def total(rows: list[Row], alias: str) -> Decimal:
    return sum((row[alias] for row in rows), Decimal(0))


@pytest.fixture(scope="module")
def seeded() -> Seeded:
    return Seeded(load_seed(1, today=TODAY))


def test_same_seed_size_and_today_give_the_same_world() -> None:
    assert load_seed(7, 60, today=TODAY) == load_seed(7, 60, today=TODAY)


def test_another_seed_gives_other_vouchers() -> None:
    assert load_seed(1, 60, today=TODAY)["jde"]["F0411"] != load_seed(2, 60, today=TODAY)["jde"]["F0411"]


def test_a_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="a size of 0"):
        load_seed(1, 0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 700))
def test_any_size_has_as_many_vouchers_and_more_than_nine_in_ten_are_clean(seed: int, size: int) -> None:
    report = load_seed(seed, size, today=TODAY)["report"]
    assert report["documents"] == size
    assert report["clean"]["documents"] > size * 0.9


def test_every_case_is_there_from_500_vouchers_on(seeded: Seeded) -> None:
    for seed in range(2, 12):
        assert set(load_seed(seed, today=TODAY)["report"]["cases"]) == set(seeded.cases)
    assert all(seeded.cases.values())


def test_both_systems_of_the_sandbox_take_the_world() -> None:
    world = load_seed(3, today=TODAY)
    database = Database(lambda *_: None)
    database.load(world["jde"])
    assert len(database["F0411"]) == world["report"]["pay_items"]
    coupa = CoupaSystem(SandboxClock(), limits=False, options={})
    coupa.load(world["coupa"])
    counts = {name: entity["count"] for name, entity in coupa.state().items()}
    assert (counts["account_types"], counts["lookups"], counts["payment_terms"]) == (2, 3, 5)
    assert counts["suppliers"] == counts["accounts"] == counts["invoices"] == counts["lookup_values"] == 0


def test_the_report_says_what_the_rows_add_up_to(seeded: Seeded) -> None:
    report = seeded.world["report"]
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for items in seeded.items.values():
        for item in items:
            amounts[item["CRCD"]] += item["ACR"] if item["CRRM"] == "F" else item["AG"]
    shown = {currency: f"{amount:.{0 if currency == 'JPY' else 2}f}" for currency, amount in sorted(amounts.items())}
    assert report["amounts"] == shown
    assert report["documents"] == len(seeded.items) == 500
    assert report["suppliers"] == len(seeded.tables["F0401"])


def test_the_default_seed_has_these_control_figures_on_any_day() -> None:
    for today in (TODAY, date(2027, 12, 31)):
        report = load_seed(today=today)["report"]
        assert report["documents"] == 500
        assert report["pay_items"] == 596
        assert report["ledger_lines"] == 1694
        assert report["suppliers"] == 120
        assert report["accounts"] == 192
        assert report["amounts"] == {"EUR": "32966.80", "GBP": "2513260.68", "JPY": "4155221", "USD": "47302.70"}
        assert (report["orders"], report["order_lines"], report["receipts"]) == (40, 58, 12)
        assert report["order_amounts"] == {"EUR": "110054.08", "GBP": "265172.75", "USD": "9660.50"}
        assert report["clean"] == {
            "documents": 460,
            "amounts": {"EUR": "32110.45", "GBP": "2380467.41", "JPY": "4155221", "USD": "45907.15"},
        }


def test_the_default_seed_has_orders_in_every_state(seeded: Seeded) -> None:
    report, cases = seeded.world["report"], seeded.world["report"]["order_cases"]
    assert (report["orders"], sum(map(len, cases.values()))) == (40, 40)
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in seeded.tables["F4311"]:
        lines[f"{row['KCOO']}/{row['DCTO']}/{row['DOCO']}"].append(row)

    def statuses(label: str) -> set[tuple[str, str]]:
        return {(line["LTTR"], line["NXTR"]) for key in cases[label] for line in lines[key]}

    assert statuses("order_open") == {("380", "400")}
    assert statuses("order_not_approved") == {("220", "280")}
    assert statuses("order_cancelled") == {("980", "999")}
    assert statuses("order_closed") == {("400", "999")}
    assert statuses("order_line_cancelled") == {("380", "400"), ("980", "999")}
    for key in cases["order_received"]:
        assert (lines[key][0]["UOPN"], lines[key][0]["UREC"]) == (0, lines[key][0]["UORG"])
    for key in cases["order_foreign_received"]:
        line = lines[key][0]
        assert line["FAP"] + line["FREC"] == line["FEA"] and 0 < line["FREC"] < line["FEA"]
    assert {line["LNTY"] for key in cases["order_services"] for line in lines[key]} == {"J"}
    assert {key[:5] for key in cases["order_other_company"]} == {"00002"}


def test_orders_agree_with_their_lines_receipts_accounts_and_suppliers(seeded: Seeded) -> None:
    suppliers = {row["AN8"]: row["UPMJ"] for row in seeded.tables["F0401"]}
    headers = {row["DOCO"]: row for row in seeded.tables["F4301"]}
    received: dict[tuple[int, Decimal], Decimal] = defaultdict(Decimal)
    for row in seeded.tables["F43121"]:
        received[row["DOCO"], row["LNID"]] += row["AREC"]
        assert headers[row["DOCO"]]["TRDJ"] <= row["RCDJ"] <= TODAY
    for line in seeded.tables["F4311"]:
        assert seeded.accounts[line["AID"]]["CO"] == line["CO"]
        assert line["AREC"] == received[line["DOCO"], line["LNID"]]
        if line["NXTR"] != "999":
            assert line["AEXP"] == line["AOPN"] + line["AREC"] and line["UORG"] == line["UOPN"] + line["UREC"]
    for number, header in headers.items():
        own = [line for line in seeded.tables["F4311"] if line["DOCO"] == number and line["LTTR"] != "980"]
        assert header["OTOT"] == total(own, "AEXP")
        assert suppliers[header["AN8"]] <= header["UPMJ"]
        assert TODAY - timedelta(days=29) <= header["UPMJ"] <= TODAY


@pytest.mark.parametrize(("today", "current"), [(TODAY, (2, 2026)), (date(2027, 1, 15), (12, 2026))])
def test_the_current_period_is_the_last_month(today: date, current: tuple[int, int]) -> None:
    for row in load_seed(today=today)["jde"]["F0010"]:
        assert (row["DTPN"], row["PNC"], row["DFYJ"]) == ("R", current[0], date(current[1], 1, 1))


def test_rows_span_thirty_days_and_none_is_stamped_in_the_future(seeded: Seeded) -> None:
    report = seeded.world["report"]
    assert report["start_date"] == (TODAY - timedelta(days=29)).isoformat()
    assert report["end_date"] == TODAY.isoformat()
    assert len({item["UPMJ"] for item in seeded.tables["F0411"]} - {None}) == 30
    for rows in seeded.tables.values():
        for row in rows:
            # Whatever the time of day at which the sandbox starts, its own changes come after these.
            assert (
                row["UPMJ"] is None
                or row["UPMJ"] < TODAY
                or (row["UPMJ"] == TODAY and row.get("UPMT", row.get("TDAY")) < 500)
            )


def test_a_supplier_is_there_before_its_first_voucher(seeded: Seeded) -> None:
    since = {row["AN8"]: row["UPMJ"] for row in seeded.tables["F0401"]}
    for item in seeded.tables["F0411"]:
        first = since.get(item["AN8"])
        assert first is None or first <= item["DGJ"]


def test_money_is_exact_and_never_a_float(seeded: Seeded) -> None:
    for rows in seeded.tables.values():
        for row in rows:
            assert not any(isinstance(value, float) for value in row.values())


def test_every_distribution_agrees_but_those_that_are_meant_not_to(seeded: Seeded) -> None:
    disagree = {key for key in seeded.items if not seeded.agrees(key)}
    meant = ("distribution_disagrees", "distribution_disagrees_foreign", "distribution_missing")
    assert disagree == {key for label in meant for key in seeded.cases[label]}


def test_every_ledger_type_balances_but_where_a_line_is_meant_to_be_wrong(seeded: Seeded) -> None:
    meant = set(seeded.cases["distribution_disagrees"])
    for key, lines in seeded.lines.items():
        actuals = [line for line in lines if line["LT"] == "AA"]
        assert (total(actuals, "AA") == 0) is (key not in meant), key


def test_pay_items_add_up_of_their_parts(seeded: Seeded) -> None:
    for item in seeded.tables["F0411"]:
        # use tax is no part of what is owed
        owed = item["EXR1"] != "U"
        assert item["AG"] == item["ATXA"] + item["ATXN"] + item["STAM"] * owed
        assert item["ACR"] == item["CTXA"] + item["CTXN"] + item["CTAM"] * owed
        assert (item["CRRM"] == "F") == (item["CRR"] != 0) == (item["CRCD"] != item["BCRC"])
        if item["CRRM"] == "D":
            assert item["ACR"] == item["FAP"] == 0


def test_only_the_meant_lines_name_an_account_that_is_missing_or_refuses_postings(seeded: Seeded) -> None:
    missing = {key for key in seeded.items if any(line["AID"] not in seeded.accounts for line in seeded.lines[key])}
    assert missing == set(seeded.cases["account_missing"])
    refusing = {
        key
        for key in set(seeded.items) - missing
        if any(seeded.accounts[line["AID"]]["PEC"] in set("NIBM") for line in seeded.costs(key))
    }
    assert refusing == set(seeded.cases["account_not_postable"])
    codes = {seeded.accounts[line["AID"]]["PEC"] for key in refusing for line in seeded.costs(key)}
    assert codes == set("NIBM")


def test_accounts_are_unique_by_id_and_by_number(seeded: Seeded) -> None:
    accounts = seeded.tables["F0901"]
    assert (
        len({row["AID"] for row in accounts})
        == len({(row["MCU"], row["OBJ"], row["SUB"]) for row in accounts})
        == len(accounts)
    )
    assert all(len(row["AID"]) == 8 and row["AID"].isdigit() for row in accounts)


def test_invoice_numbers_repeat_only_where_meant(seeded: Seeded) -> None:
    first: dict[tuple[int, str], str] = {}
    again = []
    for key, items in sorted(seeded.items.items(), key=lambda entry: entry[1][0]["DOC"]):
        number = (items[0]["AN8"], items[0]["VINV"])
        if items[0]["VINV"] and number in first:
            again.append(key)
        first.setdefault(number, key)
    assert sorted(again) == sorted(seeded.cases["duplicate_invoice_number"])


# What each label promises of each of its documents: pay items, all G/L lines, cost lines.
Promise = Callable[[list[Row], list[Row], list[Row]], bool]
PROMISES: dict[str, Promise] = {
    "account_twice": lambda items, lines, costs: len(costs) == 2 and costs[0]["AID"] == costs[1]["AID"],
    "account_with_dash": lambda items, lines, costs: "-" in costs[0]["MCU"] and "-" in costs[0]["ANI"],
    "blank_invoice_number": lambda items, lines, costs: items[0]["VINV"] == "",
    "credit": lambda items, lines, costs: (
        items[0]["DCT"] == "PV" and total(items, "AG") < 0 and total(items, "AAP") < 0
    ),
    "currency_without_decimals": lambda items, lines, costs: all(
        row["CRCD"] == "JPY" and row["ACR"] == row["ACR"].to_integral_value() for row in items + costs
    ),
    "debit_memo": lambda items, lines, costs: items[0]["DCT"] == "PD" and total(items, "AG") < 0,
    "distribution_disagrees_foreign": lambda items, lines, costs: (
        total(costs, "AA") + total(items, "STAM") == total(items, "AG")
        and total(costs, "ACR") + total(items, "CTAM") != total(items, "ACR")
    ),
    "distribution_missing": lambda items, lines, costs: not lines,
    "foreign": lambda items, lines, costs: all(
        item["CRRM"] == "F" and item["KCO"] == "00001" and item["ACR"] and item["FAP"] is not None for item in items
    ),
    "foreign_several_pay_items": lambda items, lines, costs: len(items) > 1 and items[0]["CRRM"] == "F",
    "foreign_tax": lambda items, lines, costs: total(items, "CTAM") != 0 and total(items, "STAM") != 0,
    "held": lambda items, lines, costs: all(item["PST"] == "H" and item["AAP"] for item in items),
    "in_flight": lambda items, lines, costs: all(item["PST"] in "#Z" for item in items),
    "in_workflow": lambda items, lines, costs: all(item["PST"] in "YF" for item in items),
    "invoice_number_not_ascii": lambda items, lines, costs: not items[0]["VINV"].isascii(),
    "invoice_number_of_25_characters": lambda items, lines, costs: len(items[0]["VINV"]) == 25,
    "invoice_number_with_blanks": lambda items, lines, costs: " " in items[0]["VINV"],
    "other_company": lambda items, lines, costs: items[0]["KCO"] == "00002" and items[0]["CRCD"] == "EUR",
    "other_ledgers": lambda items, lines, costs: any(line["LT"] in ("CA", "BA") for line in lines),
    "partly_paid": lambda items, lines, costs: 0 < total(items, "AAP") < total(items, "AG"),
    "payment_voided": lambda items, lines, costs: all(
        item["PST"] == "A" and item["AAP"] == item["AG"] for item in items
    ),
    "reversing_lines": lambda items, lines, costs: (
        total([line for line in lines if line["EXTL"] == "R"], "AA") == 0
        and any(line["EXTL"] == "R" and line["DGJ"] > items[0]["DGJ"] for line in lines)
    ),
    "sales_tax": lambda items, lines, costs: (
        all(item["EXR1"] == "S" and item["STAM"] and item["TXA1"] for item in items)
        and total(costs, "AA") == total(items, "AG")
    ),
    "settled": lambda items, lines, costs: all(
        item["PST"] == "P" and item["AAP"] == item["FAP"] == 0 and item["VOD"] == "" for item in items
    ),
    "several_lines": lambda items, lines, costs: len(costs) > 1,
    "several_pay_items": lambda items, lines, costs: [item["SFX"] for item in items][:2] == ["001", "002"],
    "subledger": lambda items, lines, costs: costs[0]["SBL"] == "00001234" and costs[0]["SBLT"] == "C",
    "subsidiary_account": lambda items, lines, costs: any(
        line["SUB"] and line["ANI"].count(".") == 2 for line in costs
    ),
    "tax": lambda items, lines, costs: (
        total(items, "STAM") != 0
        and all(item["TXA1"] and item["EXR1"] for item in items)
        and total([line for line in lines if line["OBJ"] == "4433" and line["LT"] == "AA" and not line["EXTL"]], "AA")
        == total(items, "STAM")
    ),
    "terms_mapped": lambda items, lines, costs: items[0]["PTC"] == "D10",
    "terms_unknown": lambda items, lines, costs: items[0]["PTC"] == "X99",
    "unstamped": lambda items, lines, costs: all(row["UPMJ"] is None and row["UPMT"] is None for row in items + lines),
    "use_tax": lambda items, lines, costs: (
        all(item["EXR1"] == "U" and item["STAM"] and item["TXA1"] for item in items)
        and total(costs, "AA") == total(items, "AG")
    ),
    "use_tax_posted": lambda items, lines, costs: (
        items[0]["EXR1"] == "U" and total(costs, "AA") == total(items, "AG") + total(items, "STAM")
    ),
    "voided": lambda items, lines, costs: all(
        item["VOD"] == "V" and item["PST"] == "P" and item["AAP"] == 0 for item in items
    ),
    "zero_amount_pay_item": lambda items, lines, costs: any(item["AG"] == item["AAP"] == 0 for item in items),
}


@pytest.mark.parametrize("label", PROMISES)
def test_a_case_is_what_its_label_says(seeded: Seeded, label: str) -> None:
    for key in seeded.cases[label]:
        assert PROMISES[label](seeded.items[key], seeded.lines[key], seeded.costs(key)), key


def test_payments_belong_to_what_they_paid(seeded: Seeded) -> None:
    paying = {"settled", "partly_paid", "payment_voided"}
    assert set(seeded.paid) == {key for label in paying for key in seeded.cases[label]}
    for label in paying:
        for key in seeded.cases[label]:
            voided = {seeded.payments[row["PYID"]]["VDGJ"] for row in seeded.paid[key]}
            paid = total(seeded.paid[key], "PAAP")
            gross, open_amount = total(seeded.items[key], "AG"), total(seeded.items[key], "AAP")
            if label == "payment_voided":
                assert None not in voided and paid == gross == open_amount
            else:
                assert voided == {None} and paid == gross - open_amount
    foreign = [key for key in seeded.cases["settled"] if seeded.items[key][0]["CRRM"] == "F"]
    assert foreign and all(total(seeded.paid[key], "PFAP") == total(seeded.items[key], "ACR") for key in foreign)
    for number, header in seeded.payments.items():
        details = [row for row in seeded.tables["F0414"] if row["PYID"] == number]
        assert header["PAAP"] == total(details, "PAAP")
    assert max(Counter(row["PYID"] for row in seeded.tables["F0414"]).values()) == 3


def test_duplicates_are_entered_in_both_orders_of_days(seeded: Seeded) -> None:
    orders = set()
    for key in seeded.cases["duplicate_invoice_number"]:
        later = seeded.items[key][0]
        first = next(
            seeded.items[other][0]
            for other in seeded.cases["duplicate_invoice_number_first"]
            if (seeded.items[other][0]["AN8"], seeded.items[other][0]["VINV"]) == (later["AN8"], later["VINV"])
        )
        assert first["DOC"] < later["DOC"] and first["UPMJ"] != later["UPMJ"]
        orders.add(first["UPMJ"] < later["UPMJ"])
    assert orders == {True, False}


def test_one_number_can_be_a_document_of_another_type_or_company(seeded: Seeded) -> None:
    for label in ("same_number_other_type", "same_number_other_company"):
        one, other = (seeded.items[key][0] for key in seeded.cases[label])
        assert one["DOC"] == other["DOC"] and (one["DCT"], one["KCO"]) != (other["DCT"], other["KCO"])


def test_number_and_amount_alone_do_not_tell_two_suppliers_apart(seeded: Seeded) -> None:
    one, other = (seeded.items[key][0] for key in seeded.cases["invoice_number_of_two_suppliers"])
    assert (one["VINV"], one["AG"]) == (other["VINV"], other["AG"])
    assert one["AN8"] != other["AN8"]


def test_suppliers_share_names_only_where_meant(seeded: Seeded) -> None:
    names: dict[str, list[str]] = defaultdict(list)
    for row in seeded.tables["F0101"]:
        assert row["ALPH"] and len(row["ALPH"]) <= 40
        names[row["ALPH"].casefold()].append(str(row["AN8"]))
    shared = {
        label: seeded.cases[f"supplier_name_{label}"]
        for label in ("shared_by_two", "shared_by_three", "differing_by_case")
    }
    assert sorted(group for group in names.values() if len(group) > 1) == sorted(shared.values())
    assert [len(group) for group in shared.values()] == [2, 3, 2]
    spelt = {seeded.rows_of("F0101", number)[0]["ALPH"] for number in shared["differing_by_case"]}
    assert len(spelt) == 2
    sold = {str(seeded.items[key][0]["AN8"]) for key in seeded.cases["voucher_of_shared_name"]}
    assert sold == {number for group in shared.values() for number in group}


@pytest.mark.parametrize(
    ("label", "table", "promise"),
    [
        ("supplier_without_address", "F0116", lambda rows: not rows),
        ("supplier_on_hold", "F0401", lambda rows: rows[0]["HDPY"] == "Y"),
        ("supplier_inactive", "F0101", lambda rows: rows[0]["ATP"] == "N"),
        ("supplier_terms_mapped", "F0401", lambda rows: rows[0]["TRAP"] == "D10"),
        ("supplier_terms_unknown", "F0401", lambda rows: rows[0]["TRAP"] == "X99"),
        ("supplier_unstamped", "F0401", lambda rows: rows[0]["UPMJ"] is None),
        ("supplier_unstamped", "F0101", lambda rows: rows[0]["UPMJ"] is None),
        ("supplier_not_in_supplier_master", "F0401", lambda rows: not rows),
        ("supplier_not_in_supplier_master", "F0101", lambda rows: rows[0]["AT1"] == "V"),
        ("employee_in_supplier_master", "F0101", lambda rows: rows[0]["AT1"] == "E"),
        ("employee_in_supplier_master", "F0401", lambda rows: len(rows) == 1),
        ("customer_in_supplier_master", "F0101", lambda rows: rows[0]["AT1"] == "C"),
        ("customer_in_supplier_master", "F0401", lambda rows: len(rows) == 1),
        ("employee", "F0401", lambda rows: not rows),
        ("customer", "F0401", lambda rows: not rows),
        ("supplier_foreign", "F0401", lambda rows: rows[0]["CRRP"] != "GBP"),
        ("supplier_tax_id", "F0101", lambda rows: rows[0]["TAX"] != ""),
        ("supplier_phones_and_e_mails", "F0115", lambda rows: {row["PHTP"] for row in rows} == {"", "FAX"}),
        ("supplier_phones_and_e_mails", "F01151", lambda rows: {row["ETP"] for row in rows} == {"E", "I"}),
        ("supplier_name_not_ascii", "F0101", lambda rows: not rows[0]["ALPH"].isascii()),
    ],
)
def test_a_supplier_is_what_its_label_says(
    seeded: Seeded, label: str, table: str, promise: Callable[[list[Row]], bool]
) -> None:
    for number in seeded.cases[label]:
        assert promise(seeded.rows_of(table, number)), number


def test_addresses_by_date_have_one_past_one_present_and_one_future(seeded: Seeded) -> None:
    for number in seeded.cases["supplier_several_addresses"]:
        days = sorted(row["EFTB"] for row in seeded.rows_of("F0116", number))
        assert len(days) == 3 and days[1] < TODAY < days[2]
        assert len({row["ADD1"] for row in seeded.rows_of("F0116", number)}) > 1 or len(set(days)) == 3


def test_an_address_can_change_after_the_rest_of_its_supplier(seeded: Seeded) -> None:
    (number,) = seeded.cases["supplier_address_changed_later"]
    assert seeded.rows_of("F0116", number)[0]["UPMJ"] == TODAY
    assert seeded.rows_of("F0101", number)[0]["UPMJ"] < TODAY


def test_vouchers_of_nobody_name_an_address_number_that_is_no_payable_supplier(seeded: Seeded) -> None:
    masters = {row["AN8"] for row in seeded.tables["F0401"]}
    kinds = {row["AN8"]: row["AT1"] for row in seeded.tables["F0101"]}
    nobody = {
        key
        for key, items in seeded.items.items()
        if items[0]["AN8"] not in masters or kinds.get(items[0]["AN8"]) != "V"
    }
    assert nobody == set(seeded.cases["voucher_of_no_supplier"])
    assert any(seeded.items[key][0]["AN8"] not in kinds for key in nobody)


def test_a_clean_voucher_is_an_open_one_with_its_parts_in_order(seeded: Seeded) -> None:
    obstacles = {key for label in seeded.world["report"]["obstacles"] for key in seeded.cases[label]}
    clean = set(seeded.items) - obstacles
    assert len(clean) == seeded.world["report"]["clean"]["documents"]
    for key in clean:
        assert seeded.agrees(key)
        for item in seeded.items[key]:
            assert (item["PST"], item["VOD"], item["AAP"], item["FAP"]) == ("A", "", item["AG"], item["ACR"])
            assert item["UPMJ"] is not None
            assert item["PTC"] in ("", "N14", "N30", "N60")

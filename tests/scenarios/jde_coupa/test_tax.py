"""Tax by its explanation code (F0411.EXR1): what of a voucher is a tax in Coupa, and what is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class

COSTS = (("30.5010", "60.00"), ("40.5010", "40.00"))
EUROS: dict[str, Any] = {"currency": "EUR", "rate": "0.85321"}


def sent(testbed: Site, number: str = "INV-4711") -> tuple[str, str, list[str]]:
    """Total, tax and lines of the invoice in Coupa."""
    held = testbed.spend.invoice(number)
    return held["total-with-taxes"], held["tax-amount"], [line["total"] for line in held["invoice-lines"]]


def item(testbed: Site, entry: Entry, suffix: str, **columns: Any) -> None:
    """Change columns of one pay item."""
    key = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": suffix, "SFXE": 0}
    testbed.books.upsert("F0411", key | columns)


@pytest.mark.parametrize("money", [{}, EUROS], ids=["domestic", "foreign"])
@pytest.mark.parametrize(
    ("code", "total", "tax"),
    [("V", "120.00", "20.00"), ("S", "100.00", "0.00"), ("U", "100.00", "0.00")],
)
def test_vat_is_a_tax_sales_tax_a_cost_and_use_tax_is_not_owed(
    testbed: Site, code: str, total: str, tax: str, money: dict[str, Any]
) -> None:
    """Given a voucher of 100.00 in two lines, in pounds or in euros, that stores 20.00 of tax
    when it is synced, then VAT is beside the lines; sales tax is in them, and no second time in the header; of use tax,
    which goes to the state and not to the supplier, Coupa is told nothing. What is owed is what JD Edwards owes."""
    testbed.books.voucher(costs=COSTS, tax="20.00", tax_code=code, **money)
    report = testbed.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 1}
    assert sent(testbed) == (total, tax, ["60.00", "40.00"])
    assert report.amounts()[money.get("currency", "GBP")]["settled"] == Decimal(total)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"unchanged": 1}


@pytest.mark.parametrize("money", [{}, EUROS], ids=["domestic", "foreign"])
def test_use_tax_that_a_site_has_in_its_lines_is_taken_out_of_them(testbed: Site, money: dict[str, Any]) -> None:
    """Given a site that distributes use tax with the costs: 100.00 owed, 108.25 in three lines
    when it is synced, then the lines make 100.00 in their proportions, to the penny."""
    costs = (("30.5010", "33.34"), ("30.5020", "33.33"), ("40.5010", "33.33"))
    entry = testbed.books.voucher(costs=costs, tax="8.25", tax_code="U", **money)
    column = "ACR" if money else "AA"
    for place, (account, amount) in enumerate((("30.5010", "36.09"), ("30.5020", "36.08"), ("40.5010", "36.08")), 1):
        more = {"CRCD": "EUR", "CRRM": "F"} if money else {}
        testbed.books.line(entry, place, account, amount, **{column: amount}, **more)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert sent(testbed) == ("100.00", "0.00", ["33.34", "33.33", "33.33"])


def test_each_pay_item_is_taxed_by_its_own_code(testbed: Site) -> None:
    """Given a voucher of three pay items: 120.00 with 20.00 VAT, 55.00 with 5.00 sales tax in it, 40.00 with 4.00 use
    tax; when it is synced, then 215.00 are owed, and 20.00 of them are a tax."""
    costs = (("30.5010", "155.00"), ("40.5010", "40.00"))
    entry = testbed.books.voucher(costs=costs, tax="20.00", tax_code="V", items=("120.00", "55.00", "40.00"))
    item(testbed, entry, "002", EXR1="S", STAM="5.00")
    item(testbed, entry, "003", EXR1="U", STAM="4.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert sent(testbed) == ("215.00", "20.00", ["155.00", "40.00"])


@pytest.mark.parametrize(("code", "gap"), [("S", "-20.00"), ("U", "-20.00")])
@pytest.mark.reason("distribution_does_not_agree")
def test_lines_without_their_sales_tax_are_held(testbed: Site, code: str, gap: str) -> None:
    """Given a voucher of 120.00 with 20.00 sales or use tax whose lines come to 100.00 only
    when it is synced, then it is held with what is missing, and nothing is sent."""
    testbed.books.voucher(costs=COSTS, tax="20.00", tax_code=code)
    testbed.books.change_items(Entry(4711, "PV", "00001"), "120.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    [reported] = testbed.exceptions("invoices")
    assert (reported.reason, reported.value) == ("distribution_does_not_agree", gap)


@pytest.mark.parametrize(("lines", "tax"), [("V", "20.00"), ("S", "0.00")])
def test_the_tax_of_another_code_is_what_the_voucher_itself_proves(testbed: Site, lines: str, tax: str) -> None:
    """Given a voucher with tax of code C whose lines agree without, or with it
    when it is synced, then the tax is beside the lines, or in them."""
    entry = testbed.books.voucher(costs=COSTS, tax="20.00", tax_code=lines)
    item(testbed, entry, "001", EXR1="C")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert sent(testbed)[1] == tax


@pytest.mark.reason("tax_not_explained")
def test_a_tax_that_no_equation_explains_is_held_until_the_site_says_how_it_is_booked(testbed: Site) -> None:
    """Given a voucher with 20.00 tax of code C of which only a part is in the lines
    when it is synced, then it is held with the code; when the lines are corrected, it goes."""
    entry = testbed.books.voucher(costs=COSTS, tax="20.00", tax_code="V")
    item(testbed, entry, "001", EXR1="C")
    testbed.books.line(entry, 1, "30.5010", "65.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    [reported] = testbed.exceptions("invoices")
    assert (reported.reason, reported.value) == ("tax_not_explained", "C")
    testbed.books.line(entry, 1, "30.5010", "60.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}


@pytest.mark.reason("distribution_does_not_agree")
def test_a_site_says_what_its_own_code_means(testbed: Site) -> None:
    """Given `tax_rules` that say that C is in the lines, when a voucher of C has its tax beside them, then it differs;
    the sums are asked no more."""
    testbed.configure("invoices", tax_rules={"C": "in_lines"})
    entry = testbed.books.voucher(costs=COSTS, tax="20.00", tax_code="V")
    item(testbed, entry, "001", EXR1="C")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    [reported] = testbed.exceptions("invoices")
    assert (reported.reason, reported.value) == ("distribution_does_not_agree", "-20.00")


def test_a_corrected_code_moves_the_tax_in_coupa(testbed: Site) -> None:
    """Given a voucher that was sent with its tax beside the lines
    when a clerk corrects it to sales tax, the lines with it, then the draft's tax is zero and its lines are gross."""
    entry = testbed.books.voucher(costs=COSTS, tax="20.00", tax_code="V")
    testbed.sync("invoices")
    assert sent(testbed)[1] == "20.00"
    item(testbed, entry, "001", EXR1="S")
    testbed.books.line(entry, 1, "30.5010", "80.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"updated": 1}
    assert sent(testbed) == ("120.00", "0.00", ["80.00", "40.00"])


def test_a_credit_with_sales_tax_is_one_amount(testbed: Site) -> None:
    """Given a debit memo of 48.00, 8.00 sales tax in its line, when it is synced, then it is 48.00 without a tax."""
    testbed.books.voucher(kind="PD", costs=(("30.5010", "-48.00"),), tax="-8.00", tax_code="S", invoice="CN-1")
    testbed.sync("invoices")
    assert sent(testbed, "CN-1") == ("-48.00", "0.00", ["-48.00"])


@pytest.mark.parametrize("code", ["V", "S", "U"])
def test_both_systems_agree_whatever_the_tax(testbed: Site, code: str) -> None:
    """Given vouchers with tax that were sent, when both systems are compared, then nothing differs."""
    testbed.books.voucher(costs=COSTS, tax="20.00", tax_code=code, **EUROS)
    testbed.sync("invoices")
    with testbed.context() as context:
        found = compare(flow_class("jde_coupa", "invoices")(context))
    assert not found.unexplained


# -- from Coupa to JD Edwards -----------------------------------------------------------------------------------------


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Vouchers are entered at once; the tax of an invoice's header is of the area and code that a scenario sets."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct", exchange_rate="mapping")
    testbed.ledger.mappings.set("jde_coupa", "exchange_rates", "EUR/GBP", "0.85", "clerk", testbed.clock.now())
    return made


def stored(payables: Payables, invoice: int) -> tuple[list[tuple[str, Decimal, Decimal]], list[Decimal]]:
    """(EXR1, gross, tax) of each pay item, and the distribution, in the voucher's currency."""
    items = payables.items(invoice)
    foreign = items[0]["CRRM"] == "F"
    gross, tax, line = ("ACR", "CTAM", "ACR") if foreign else ("AG", "STAM", "AA")
    journal = [row for row in payables.rows("F0911") if row["DOC"] == items[0]["DOC"]]
    lines = [Decimal(row[line]) for row in sorted(journal, key=lambda row: row["JELN"])]
    return [(each["EXR1"], Decimal(each[gross]), Decimal(each.get(tax) or 0)) for each in items], lines


@pytest.mark.parametrize("currency", ["GBP", "EUR"])
@pytest.mark.parametrize(
    ("code", "lines"), [("V", ["60.00", "40.00"]), ("S", ["64.95", "43.30"])], ids=["VAT", "sales tax"]
)
def test_a_voucher_of_coupa_has_its_tax_where_jd_edwards_has_it(
    testbed: Site, payables: Payables, code: str, lines: list[str], currency: str
) -> None:
    """Given an invoice of 100.00 and 8.25 tax, approved in Coupa, in pounds or in euros
    when it is synced, then VAT is beside the lines of its voucher, and sales tax is in them, in proportion; both are
    owed. What JD Edwards holds agrees: the next run changes nothing."""
    testbed.configure(FLOW, tax_area=f"AREA/{code}")
    id = payables.invoice(costs=(("30-5010", "60.00"), ("40-5010", "40.00")), tax="8.25", currency=currency)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert stored(payables, id) == ([(code, Decimal("108.25"), Decimal("8.25"))], [Decimal(each) for each in lines])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert not testbed.exceptions(FLOW)


def test_the_sales_tax_of_each_code_is_in_its_own_lines(testbed: Site, payables: Payables) -> None:
    """Given an invoice with sales tax on one line and VAT on the other
    when it is synced, then the one line is gross, and the other one net, with a pay item for each."""
    codes = [payables.tax_code("STATE"), payables.tax_code("VAT20")]
    lines = [
        payables.line(1, "30-5010", "100.00") | {"tax-lines": [{"type": "TaxLine", "amount": "8.25", **codes[0]}]},
        payables.line(2, "40-5010", "50.00") | {"tax-lines": [{"type": "TaxLine", "amount": "10.00", **codes[1]}]},
    ]
    for code, area in (("STATE", "NY/S"), ("VAT20", "UK20/V")):
        testbed.ledger.mappings.set("jde_coupa", "tax_codes", code, area, "clerk", testbed.clock.now())
    id = payables.invoice(line_level_taxation=True, invoice_lines=lines)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    items, booked = stored(payables, id)
    assert sorted(items) == [("S", Decimal("108.25"), Decimal("8.25")), ("V", Decimal("60.00"), Decimal("10.00"))]
    assert booked == [Decimal("108.25"), Decimal("50.00")]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}


@pytest.mark.parametrize("in_lines", [False, True], ids=["gross", "gross and tax"])
@pytest.mark.parametrize("currency", ["GBP", "EUR"])
def test_use_tax_is_worked_out_by_jd_edwards_and_is_none_of_the_invoices(
    testbed: Site, payables: Payables, currency: str, in_lines: bool
) -> None:
    """Given an invoice of 100.00 without tax, of a code that is mapped to use tax
    when it is synced, then JD Edwards gets the code and no tax; when it has worked out 8.25, in the lines or not,
    then 100.00 are owed as before, and the next run changes nothing."""
    code = payables.tax_code("USE")
    lines = [payables.line(1, "30-5010", "100.00") | {"tax-lines": [{"type": "TaxLine", "amount": "0.00", **code}]}]
    testbed.ledger.mappings.set("jde_coupa", "tax_codes", "USE", "NY/U", "clerk", testbed.clock.now())
    id = payables.invoice(line_level_taxation=True, invoice_lines=lines, currency=currency)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [row] = payables.items(id)
    entry = Entry(row["DOC"], row["DCT"], row["KCO"])
    assert (row["EXR1"], Decimal(row.get("STAM") or 0)) == ("U", Decimal(0))
    item(testbed, entry, "001", **({"CTAM": "8.25", "STAM": "7.01"} if currency == "EUR" else {"STAM": "8.25"}))
    if in_lines:
        [line] = [each for each in payables.rows("F0911") if each["DOC"] == row["DOC"]]
        key = {name: line[name] for name in ("DCT", "DOC", "KCO", "DGJ", "JELN", "LT")} | {"EXTL": ""}
        testbed.books.upsert("F0911", key | {"ACR" if currency == "EUR" else "AA": "108.25"})
    testbed.spend.set("invoices", id, supplier_note="thank you")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert not testbed.exceptions(FLOW) and len(payables.vouchers()) == 1


@pytest.mark.reason("use_tax_charged")
def test_use_tax_that_a_supplier_charges_is_held(testbed: Site, payables: Payables) -> None:
    """Given an invoice that charges 8.25 of a tax that is mapped to use tax
    when it is synced, then it is held with the amount; mapped to sales tax, its voucher is made."""
    testbed.configure(FLOW, tax_area="NY/U")
    payables.invoice(tax="8.25")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("use_tax_charged", "8.25")
    testbed.configure(FLOW, tax_area="NY/S")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}


@pytest.mark.reason("tax_rule_missing")
def test_a_tax_of_a_code_that_nobody_explained_makes_no_voucher(testbed: Site, payables: Payables) -> None:
    """Given an invoice whose tax is mapped to code C
    when it is synced, then it is held: nothing in the invoice proves how JD Edwards books it; when the site says that
    it is in the lines, its voucher is made."""
    testbed.configure(FLOW, tax_area="CA/C")
    id = payables.invoice(tax="8.25")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == ("tax_rule_missing", "C")
    testbed.configure(FLOW, tax_rules={"C": "in_lines"})
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert stored(payables, id) == ([("C", Decimal("108.25"), Decimal("8.25"))], [Decimal("108.25")])

"""A clerk of JD Edwards changes the voucher of an invoice that was born in Coupa: its tax, or a pay item of it."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_books import Entry
from scenario_payables import DIRECT, FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Coupa's and JD Edwards' clerks; vouchers are entered at once, VAT beside their lines."""
    made = Payables(testbed)
    testbed.configure(FLOW, **DIRECT, tax_area="GB/V")
    return made


def two_items(testbed: Site, payables: Payables) -> int:
    """An invoice whose voucher has a pay item for each of its two taxes; its id."""
    codes = [payables.tax_code("VAT20"), payables.tax_code("VAT5")]
    for code, area in (("VAT20", "GB20/V"), ("VAT5", "GB5/V")):
        testbed.ledger.mappings.set("jde_coupa", "tax_codes", code, area, "clerk", testbed.clock.now())
    lines = [
        payables.line(1, "30-5010", "100.00") | {"tax-lines": [{"type": "TaxLine", "amount": "20.00", **codes[0]}]},
        payables.line(2, "40-5010", "50.00") | {"tax-lines": [{"type": "TaxLine", "amount": "2.50", **codes[1]}]},
    ]
    return payables.invoice(invoice_lines=lines, line_level_taxation=True)


def item(payables: Payables, id: int, place: int = 0) -> dict[str, Any]:
    """The key of a pay item of an invoice's newest voucher."""
    row = payables.items(id)[place]
    return {name: row[name] for name in ("DOC", "DCT", "KCO", "SFX")} | {"SFXE": 0}


def entry(payables: Payables, id: int) -> Entry:
    """The newest voucher of an invoice."""
    row = payables.items(id)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


@pytest.mark.reason("voucher_changed")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"STAM": "5.00"}, "tax"),
        ({"EXR1": "S"}, "tax_code"),
        ({"EXR1": "U"}, "tax, tax_code"),
        ({"TXA1": "FR"}, "tax_code"),
        ({"ATXA": "90.00"}, "tax_code"),
    ],
    ids=["tax", "sales tax", "use tax", "area", "taxable"],
)
def test_a_tax_that_a_clerk_changes_is_told(
    testbed: Site, payables: Payables, payer: str, columns: dict[str, str], field: str
) -> None:
    """Given the voucher of an invoice with 20.00 VAT
    when a clerk of JD Edwards changes its tax, explanation code, rate area or taxable amount, and nothing moves in
    Coupa, then each sync tells it and sends nothing; set back, it is well."""
    testbed.configure(FLOW, payer=payer)
    id = payables.invoice(tax="20.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    key, row = item(payables, id), payables.items(id)[0]
    testbed.books.upsert("F0411", key | columns)
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"conflict": 1}, 0)
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.field) == ("voucher_changed", field)
    assert entry(payables, id).key.removeprefix("F0411:") in reported.value
    testbed.books.upsert("F0411", key | {name: row.get(name, "") for name in columns})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("voucher_changed")
def test_a_tax_that_is_meant_is_accepted_by_a_replay(testbed: Site, payables: Payables) -> None:
    """Given a voucher that a clerk has given another explanation code
    when somebody replays it, then it may stay; another change of it is told again, and what Coupa changes afterwards
    makes the next revision."""
    id = payables.invoice(tax="20.00")
    testbed.sync(FLOW)
    testbed.books.upsert("F0411", item(payables, id) | {"EXR1": "S"})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    testbed.replay(FLOW)
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
        assert testbed.exceptions(FLOW) == []
    testbed.books.upsert("F0411", item(payables, id) | {"TXA1": "FR"})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    testbed.books.upsert("F0411", item(payables, id) | {"TXA1": "GB"})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [state for _, _, state in payables.vouchers(id)] == ["void", "A"]


@pytest.mark.reason("voucher_changed")
@pytest.mark.parametrize("replayed", [False, True])
def test_an_amount_that_a_clerk_changes_is_never_accepted(testbed: Site, payables: Payables, replayed: bool) -> None:
    """Given a voucher of which a clerk has changed the amount, and which is replayed, or not
    then it is told still; once the invoice is corrected in the same way, it is well."""
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.change_items(entry(payables, id), "90.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    if replayed:
        testbed.replay(FLOW)
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"conflict": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).field) == ("voucher_changed", "amount")
    testbed.books.line(entry(payables, id), 1, "30.5010", "90.00")
    payables.change(id, "90.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("voucher_changed")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
@pytest.mark.parametrize("other", ["touched", "untouched"])
def test_a_pay_item_that_a_clerk_deletes_is_told(testbed: Site, payables: Payables, payer: str, other: str) -> None:
    """Given the voucher of an invoice with two pay items
    when a clerk deletes one of them in JD Edwards: then the next sync tells it where the other one changed with it, and
    the sweep where it leaves no row that changed; nothing is sent. Entered again, it is well."""
    testbed.configure(FLOW, payer=payer)
    id = two_items(testbed, payables)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    gone, stays = item(payables, id, 1), item(payables, id, 0)
    row = next(each for each in payables.rows("F0411") if each["SFX"] == gone["SFX"] and each["DOC"] == gone["DOC"])
    testbed.books.delete("F0411", gone)
    if other == "touched":
        testbed.books.upsert("F0411", stays | {"RMK": "One item"})
        report = testbed.sync(FLOW)[FLOW]
    else:
        report = testbed.sweep(FLOW).report
    assert (outcomes(report).get("conflict"), report.writes) == (1, 0)
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.field) == ("voucher_changed", "amount, tax, tax_code")
    with testbed.context() as context:
        assert [each.explained_by for each in compare(flow_class("jde_coupa", FLOW)(context)).differences] != [None]
    testbed.books.upsert("F0411", {name: value for name, value in row.items() if name not in ("UPMJ", "UPMT", "TDAY")})
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []
    assert testbed.sweep(FLOW).report.writes == 0 and testbed.exceptions(FLOW) == []


def test_paying_and_holding_is_no_change_of_its_tax(testbed: Site, payables: Payables) -> None:
    """Given a voucher with tax, when JD Edwards pays a part of it and a clerk changes remark and due date
    then nothing is told; nor by the sweep, which looks at nothing anew."""
    id = payables.invoice(tax="20.00")
    testbed.sync(FLOW)
    testbed.books.pay(entry(payables, id), "40.00")
    testbed.books.upsert("F0411", item(payables, id) | {"RMK": "seen", "DDJ": "2026-04-30"})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    found = testbed.sweep(FLOW)
    assert (found.missed, found.report.writes, testbed.exceptions(FLOW)) == ([], 0, [])

"""Payments of BILL as journals: refused unless nobody else can pay the voucher, and looked at whether it was closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bill_paid import FLOW, bill, calls, credit, move, open_items, pay, run, switch_on, table, vendor
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_site import outcomes, planned

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.jde_bill.payments.flow import Payments

NOTHING = Decimal(0)
CALL = "POST /jderest/v3/orchestrator/{name}"
ALLOWED: dict[str, Any] = {
    "mode": "journal",
    "never_selected": ["H"],
    "journal_closes_pay_item": True,
    "payables_accounts": {"*": "30.5010"},
    "clearing_accounts": {"00001": "40.5010"},
}


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switch_on(testbed, **ALLOWED)
    testbed.flows["bills"] = {"pay_statuses": ["H"], "handed_over_status": None}


def entries(testbed: BillSite) -> list[tuple[str, Decimal, str]]:
    """Account, amount and remark of the lines of our journals."""
    lines = [row for row in table(testbed, "F0911") if row["DCT"].strip() == "JE"]
    ordered = sorted(lines, key=lambda row: (row["DOC"], row["JELN"]))
    return [(row["ANI"].strip(), Decimal(row.get("AA", 0)), row["EXR"].strip()) for row in ordered]


def problems(testbed: BillSite) -> list[str]:
    with testbed.context() as context:
        return Payments(context).startup_problems()


def test_a_journal_debits_payables_and_closes_the_pay_item(testbed: BillSite) -> None:
    """Given a site that allows it, when BILL has paid a bill
    then an entry debits payables and credits the clearing account under the payment's id, and the pay item is closed,
    once; what BILL takes back is taken back, and paid again it is posted again."""
    entry = testbed.books.voucher(status="H")
    paid = pay(testbed, bill(testbed, entry, "100.00"))
    assert problems(testbed) == []
    assert run(testbed) == {"created": 1}
    remark = f"BILL {paid.parts[0]}"
    posted = [("30.5010", Decimal(100), remark), ("40.5010", Decimal(-100), remark)]
    assert (entries(testbed), open_items(testbed, entry)) == (posted, [(NOTHING, "P")])
    assert testbed.sync(FLOW)[FLOW].writes == 0
    move(testbed, paid, "VOIDED")
    assert run(testbed) == {"updated": 1}
    assert entries(testbed)[2:] == [(account, -amount, f"{remark} VOID") for account, amount, _ in posted]
    assert open_items(testbed, entry)[0][0] == Decimal(100)
    assert testbed.sync(FLOW)[FLOW].writes == 0
    move(testbed, paid, "CLEARED")
    assert run(testbed) == {"created": 1}
    assert (entries(testbed)[4:], open_items(testbed, entry)) == (posted, [(NOTHING, "P")])


def test_a_journal_is_for_the_cash_and_closes_the_debit_memo_too(testbed: BillSite) -> None:
    """Given a bill that is paid with a credit, then the entry is for the cash alone, and both pay items are closed;
    taken back, both are open."""
    entry = testbed.books.voucher(status="H")
    memo = testbed.books.voucher(900, kind="PD", costs=[("30.5010", "-30.00")])
    used = {"id": credit(testbed, memo, "30.00"), "amount": "30.00"}
    paid = pay(testbed, {"id": bill(testbed, entry, "100.00"), "credits": [used]})
    assert run(testbed) == {"created": 1}
    assert [amount for _, amount, _ in entries(testbed)] == [Decimal(70), Decimal(-70)]
    assert open_items(testbed, entry) == open_items(testbed, memo) == [(NOTHING, "P")]
    testbed.bill.act("void_payment", id=paid.id)
    assert run(testbed) == {"updated": 1}
    assert [each[0][0] for each in (open_items(testbed, entry), open_items(testbed, memo))] == [
        Decimal(100),
        Decimal(-30),
    ]
    with testbed.context() as context:
        assert compare(Payments(context)).differences == []


def test_a_foreign_payment_is_a_journal_in_both_currencies(testbed: BillSite) -> None:
    """Given a dollar bill that is paid in two parts, then the entries add up to the voucher in both currencies."""
    dollars = vendor(testbed, "Bolt Brothers (USD)", "USD")
    entry = testbed.books.voucher(
        supplier=4344, status="H", costs=[("30.5010", "100.00")], currency="USD", rate="0.7841"
    )
    id = bill(testbed, entry, "100.00", payee=dollars)
    pay(testbed, {"id": id, "amount": "33.33"})
    run(testbed)
    pay(testbed, id)
    run(testbed)
    debits = [row for row in table(testbed, "F0911") if row["DCT"].strip() == "JE" and Decimal(row["AA"]) > 0]
    assert sum(Decimal(row["AA"]) for row in debits) == Decimal("78.41")
    assert sum(Decimal(row["ACR"]) for row in debits) == Decimal(100)
    assert open_items(testbed, entry) == open_items(testbed, entry, foreign=True) == [(NOTHING, "P")]
    with testbed.context() as context:
        assert compare(Payments(context)).differences == []


REFUSALS = [
    ({"never_selected": []}, "vouchers are handed to BILL on pay status H, which a payment run may select"),
    ({"journal_closes_pay_item": False}, "nobody has said that the orchestration closes the pay item"),
    ({"clearing_accounts": {}}, "it needs `payables_accounts` and `clearing_accounts`"),
]


@pytest.mark.parametrize(("settings", "why"), REFUSALS)
@pytest.mark.reason("journal_mode_refused")
def test_a_journal_is_refused_while_the_voucher_could_be_paid_twice(
    testbed: BillSite, settings: dict[str, Any], why: str
) -> None:
    """Given a site where JD Edwards could still pay what BILL paid, then `ping` refuses the mode, and so does each
    payment; nothing is written until the site is as it must be."""
    testbed.configure(FLOW, **settings)
    entry = testbed.books.voucher(status="H")
    pay(testbed, bill(testbed, entry, "100.00"))
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, why in reported.value, calls(testbed)) == ("journal_mode_refused", True, 0)
    assert len(problems(testbed)) == 1 and why in problems(testbed)[0]
    testbed.configure(FLOW, **ALLOWED)
    testbed.replay(FLOW)
    assert run(testbed) == {"created": 1}


def test_a_journal_is_refused_where_the_orchestration_has_no_such_input(testbed: BillSite) -> None:
    """Given an orchestration without the input that closes the pay item, then `ping` and each payment say so; and so
    they do of a company without accounts."""
    without = {"name": "ML_JournalAdd", "inputs": {"ClosePayItem": "CloseVoucher"}}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_journal": without})
    pay(testbed, bill(testbed, testbed.books.voucher(status="H"), "100.00"))
    assert run(testbed) == {"held": 1}
    assert "has no input 'CloseVoucher'" in testbed.exception(FLOW).value
    assert problems(testbed) == [f"jde_bill/{FLOW}: payment_journal: ML_JournalAdd has no input 'CloseVoucher'"]
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.configure(FLOW, clearing_accounts={"00002": "40.5010"})
    testbed.replay(FLOW)
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).value == "`clearing_accounts` names none for company 00001"


@pytest.mark.reason("pay_item_not_closed")
def test_a_pay_item_that_stayed_open_is_told_at_once(testbed: BillSite) -> None:
    """Given an orchestration that takes the input and does nothing with it
    then the entry is there, and the exception is of high severity until the pay item is closed by hand."""
    testbed.sandbox.post("/options", {"jde": {"journal_closes_pay_items": False}})
    entry = testbed.books.voucher(status="H")
    pay(testbed, bill(testbed, entry, "100.00"))
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("pay_item_not_closed", "high")
    assert reported.value == f"{entry.key}/001" and len(entries(testbed)) == 2
    testbed.replay(FLOW)
    assert run(testbed) == {"held": 1}
    testbed.books.change_items(entry, AAP="0.00", PST="P")
    testbed.replay(FLOW)
    assert run(testbed) == {"unchanged": 1}
    assert (testbed.exceptions(FLOW), calls(testbed)) == ([], 1)


@pytest.mark.as_delivered("jde.changed_rows")
def test_the_audit_row_of_a_change_counts_as_nothing_paid(testbed: BillSite) -> None:
    """Given a posted voucher that was raised from 100 to 130, of which BILL paid 30
    then the pay item that the orchestration left open is told: the audit row's 30 are not taken for the payment."""
    testbed.sandbox.post("/options", {"jde": {"journal_closes_pay_items": False}})
    entry = testbed.books.voucher(status="H")
    testbed.books.change(entry, "130.00")
    pay(testbed, {"id": bill(testbed, entry, "130.00"), "amount": "30.00"})
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "pay_item_not_closed"


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_enters_no_second_journal(testbed: BillSite, kind: str) -> None:
    """Given a journal whose answer was lost, then it is looked for by its reference and remark before another goes."""
    entry = testbed.books.voucher(status="H")
    pay(testbed, bill(testbed, entry, "100.00"))
    testbed.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    before = testbed.clock.now()
    assert run(testbed) == {"created": 1}
    assert (len(entries(testbed)), open_items(testbed, entry)) == (2, [(NOTHING, "P")])
    assert kind == "drop_after" or testbed.clock.now() - before >= timedelta(seconds=120)


def test_an_empty_ledger_finds_its_journals_again(testbed: BillSite) -> None:
    """Given posted journals, when the ledger forgets them, then they are adopted, and nothing is sent."""
    pay(testbed, bill(testbed, testbed.books.voucher(status="H"), "100.00"))
    run(testbed)
    with testbed.ledger._db.write() as connection:
        for name in ("links", "exceptions", "intents", "deliveries", "flow_state"):
            connection.exec_driver_sql(f"DELETE FROM {name} WHERE flow = 'jde_bill/{FLOW}'")
    report = testbed.sync(FLOW)[FLOW]
    assert [each.action for each in planned(report).values()] == ["adopt"]
    assert outcomes(testbed.sync(FLOW, mode="adopt")[FLOW]) == {"adopted": 1}
    assert run(testbed) == {"unchanged": 1} and calls(testbed) == 1


@pytest.mark.reason("short_by_discount")
def test_a_journal_takes_no_discount(testbed: BillSite) -> None:
    """Given a voucher of 100.00 that grants 2.00 in time, at a site that posts payments as journals
    when BILL pays 98.00 in time, then it is held and nothing is posted: a journal closes no pay item with a discount;
    a person says that it is a part of the bill, and 98.00 are posted, 2.00 stay open."""
    entry = testbed.books.voucher(status="H")
    named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    testbed.books.upsert("F0411", named | {"ADSC": "2.00", "DDNJ": TODAY})
    paid = pay(testbed, {"id": bill(testbed, entry, "100.00"), "amount": "98.00"})
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, entries(testbed)) == ("short_by_discount", [])
    assert "mode journal takes no discounts" in (reported.value or "")
    testbed.map_value("payment_discounts", str(paid.parts[0]), "part")
    assert run(testbed) == {"created": 1}
    assert [amount for _, amount, _ in entries(testbed)] == [Decimal(98), Decimal(-98)]
    assert [open_ for open_, _ in open_items(testbed, entry)] == [Decimal(2)]

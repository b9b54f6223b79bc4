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
def _on(town: BillSite) -> None:
    switch_on(town, **ALLOWED)
    town.flows["bills"] = {"pay_statuses": ["H"], "handed_over_status": None}


def entries(town: BillSite) -> list[tuple[str, Decimal, str]]:
    """Account, amount and remark of the lines of our journals."""
    lines = [row for row in table(town, "F0911") if row["DCT"].strip() == "JE"]
    ordered = sorted(lines, key=lambda row: (row["DOC"], row["JELN"]))
    return [(row["ANI"].strip(), Decimal(row.get("AA", 0)), row["EXR"].strip()) for row in ordered]


def problems(town: BillSite) -> list[str]:
    with town.context() as context:
        return Payments(context).startup_problems()


def test_a_journal_debits_payables_and_closes_the_pay_item(town: BillSite) -> None:
    """Given a site that allows it, when BILL has paid a bill
    then an entry debits payables and credits the clearing account under the payment's id, and the pay item is closed,
    once; what BILL takes back is taken back, and paid again it is posted again."""
    entry = town.books.voucher(status="H")
    paid = pay(town, bill(town, entry, "100.00"))
    assert problems(town) == []
    assert run(town) == {"created": 1}
    remark = f"BILL {paid.parts[0]}"
    posted = [("30.5010", Decimal(100), remark), ("40.5010", Decimal(-100), remark)]
    assert (entries(town), open_items(town, entry)) == (posted, [(NOTHING, "P")])
    assert town.sync(FLOW)[FLOW].writes == 0
    move(town, paid, "VOIDED")
    assert run(town) == {"updated": 1}
    assert entries(town)[2:] == [(account, -amount, f"{remark} VOID") for account, amount, _ in posted]
    assert open_items(town, entry)[0][0] == Decimal(100)
    assert town.sync(FLOW)[FLOW].writes == 0
    move(town, paid, "CLEARED")
    assert run(town) == {"created": 1}
    assert (entries(town)[4:], open_items(town, entry)) == (posted, [(NOTHING, "P")])


def test_a_journal_is_for_the_cash_and_closes_the_debit_memo_too(town: BillSite) -> None:
    """Given a bill that is paid with a credit, then the entry is for the cash alone, and both pay items are closed;
    taken back, both are open."""
    entry = town.books.voucher(status="H")
    memo = town.books.voucher(900, kind="PD", costs=[("30.5010", "-30.00")])
    used = {"id": credit(town, memo, "30.00"), "amount": "30.00"}
    paid = pay(town, {"id": bill(town, entry, "100.00"), "credits": [used]})
    assert run(town) == {"created": 1}
    assert [amount for _, amount, _ in entries(town)] == [Decimal(70), Decimal(-70)]
    assert open_items(town, entry) == open_items(town, memo) == [(NOTHING, "P")]
    town.bill.act("void_payment", id=paid.id)
    assert run(town) == {"updated": 1}
    assert [each[0][0] for each in (open_items(town, entry), open_items(town, memo))] == [Decimal(100), Decimal(-30)]
    with town.context() as context:
        assert compare(Payments(context)).differences == []


def test_a_foreign_payment_is_a_journal_in_both_currencies(town: BillSite) -> None:
    """Given a dollar bill that is paid in two parts, then the entries add up to the voucher in both currencies."""
    dollars = vendor(town, "Bolt Brothers (USD)", "USD")
    entry = town.books.voucher(supplier=4344, status="H", costs=[("30.5010", "100.00")], currency="USD", rate="0.7841")
    id = bill(town, entry, "100.00", payee=dollars)
    pay(town, {"id": id, "amount": "33.33"})
    run(town)
    pay(town, id)
    run(town)
    debits = [row for row in table(town, "F0911") if row["DCT"].strip() == "JE" and Decimal(row["AA"]) > 0]
    assert sum(Decimal(row["AA"]) for row in debits) == Decimal("78.41")
    assert sum(Decimal(row["ACR"]) for row in debits) == Decimal(100)
    assert open_items(town, entry) == open_items(town, entry, foreign=True) == [(NOTHING, "P")]
    with town.context() as context:
        assert compare(Payments(context)).differences == []


REFUSALS = [
    ({"never_selected": []}, "vouchers are handed to BILL on pay status H, which a payment run may select"),
    ({"journal_closes_pay_item": False}, "nobody has said that the orchestration closes the pay item"),
    ({"clearing_accounts": {}}, "it needs `payables_accounts` and `clearing_accounts`"),
]


@pytest.mark.parametrize(("settings", "why"), REFUSALS)
@pytest.mark.reason("journal_mode_refused")
def test_a_journal_is_refused_while_the_voucher_could_be_paid_twice(
    town: BillSite, settings: dict[str, Any], why: str
) -> None:
    """Given a site where JD Edwards could still pay what BILL paid, then `ping` refuses the mode, and so does each
    payment; nothing is written until the site is as it must be."""
    town.configure(FLOW, **settings)
    entry = town.books.voucher(status="H")
    pay(town, bill(town, entry, "100.00"))
    assert run(town) == {"held": 1}
    told = town.exception(FLOW)
    assert (told.reason, why in told.value, calls(town)) == ("journal_mode_refused", True, 0)
    assert len(problems(town)) == 1 and why in problems(town)[0]
    town.configure(FLOW, **ALLOWED)
    town.replay(FLOW)
    assert run(town) == {"created": 1}


def test_a_journal_is_refused_where_the_orchestration_has_no_such_input(town: BillSite) -> None:
    """Given an orchestration without the input that closes the pay item, then `ping` and each payment say so; and so
    they do of a company without accounts."""
    without = {"name": "ML_JournalAdd", "inputs": {"ClosePayItem": "CloseVoucher"}}
    town.connect("jde", orchestrations=ORCHESTRATIONS | {"payment_journal": without})
    pay(town, bill(town, town.books.voucher(status="H"), "100.00"))
    assert run(town) == {"held": 1}
    assert "has no input 'CloseVoucher'" in town.exception(FLOW).value
    assert problems(town) == [f"jde_bill/{FLOW}: payment_journal: ML_JournalAdd has no input 'CloseVoucher'"]
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    town.configure(FLOW, clearing_accounts={"00002": "40.5010"})
    town.replay(FLOW)
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).value == "`clearing_accounts` names none for company 00001"


@pytest.mark.reason("pay_item_not_closed")
def test_a_pay_item_that_stayed_open_is_told_at_once(town: BillSite) -> None:
    """Given an orchestration that takes the input and does nothing with it
    then the entry is there, and the exception is of high severity until the pay item is closed by hand."""
    town.sandbox.post("/options", {"jde": {"journal_closes_pay_items": False}})
    entry = town.books.voucher(status="H")
    pay(town, bill(town, entry, "100.00"))
    assert run(town) == {"held": 1}
    told = town.exception(FLOW)
    assert (told.reason, severity_of(told.reason)) == ("pay_item_not_closed", "high")
    assert told.value == f"{entry.key}/001" and len(entries(town)) == 2
    town.replay(FLOW)
    assert run(town) == {"held": 1}
    town.books.change_items(entry, AAP="0.00", PST="P")
    town.replay(FLOW)
    assert run(town) == {"unchanged": 1}
    assert (town.exceptions(FLOW), calls(town)) == ([], 1)


@pytest.mark.as_delivered("jde.changed_rows")
def test_the_audit_row_of_a_change_counts_as_nothing_paid(town: BillSite) -> None:
    """Given a posted voucher that was raised from 100 to 130, of which BILL paid 30
    then the pay item that the orchestration left open is told: the audit row's 30 are not taken for the payment."""
    town.sandbox.post("/options", {"jde": {"journal_closes_pay_items": False}})
    entry = town.books.voucher(status="H")
    town.books.change(entry, "130.00")
    pay(town, {"id": bill(town, entry, "130.00"), "amount": "30.00"})
    assert run(town) == {"held": 1}
    assert town.exception(FLOW).reason == "pay_item_not_closed"


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_enters_no_second_journal(town: BillSite, kind: str) -> None:
    """Given a journal whose answer was lost, then it is looked for by its reference and remark before another goes."""
    entry = town.books.voucher(status="H")
    pay(town, bill(town, entry, "100.00"))
    town.sandbox.post("/faults", [{"system": "jde", "route": CALL, "kind": kind, "calls": [1]}])
    before = town.clock.now()
    assert run(town) == {"created": 1}
    assert (len(entries(town)), open_items(town, entry)) == (2, [(NOTHING, "P")])
    assert kind == "drop_after" or town.clock.now() - before >= timedelta(seconds=120)


def test_an_empty_ledger_finds_its_journals_again(town: BillSite) -> None:
    """Given posted journals, when the ledger forgets them, then they are adopted, and nothing is sent."""
    pay(town, bill(town, town.books.voucher(status="H"), "100.00"))
    run(town)
    with town.ledger._db.write() as connection:
        for name in ("links", "exceptions", "intents", "deliveries", "flow_state"):
            connection.exec_driver_sql(f"DELETE FROM {name} WHERE flow = 'jde_bill/{FLOW}'")
    report = town.sync(FLOW)[FLOW]
    assert [each.action for each in planned(report).values()] == ["adopt"]
    assert outcomes(town.sync(FLOW, mode="adopt")[FLOW]) == {"adopted": 1}
    assert run(town) == {"unchanged": 1} and calls(town) == 1


@pytest.mark.reason("short_by_discount")
def test_a_journal_takes_no_discount(town: BillSite) -> None:
    """Given a voucher of 100.00 that grants 2.00 in time, at a site that posts payments as journals
    when BILL pays 98.00 in time, then it is held and nothing is posted: a journal closes no pay item with a discount;
    a person says that it is a part of the bill, and 98.00 are posted, 2.00 stay open."""
    entry = town.books.voucher(status="H")
    named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": "001", "SFXE": 0}
    town.books.upsert("F0411", named | {"ADSC": "2.00", "DDNJ": TODAY})
    paid = pay(town, {"id": bill(town, entry, "100.00"), "amount": "98.00"})
    assert run(town) == {"held": 1}
    told = town.exception(FLOW)
    assert (told.reason, entries(town)) == ("short_by_discount", [])
    assert "mode journal takes no discounts" in (told.value or "")
    town.map_value("payment_discounts", str(paid.parts[0]), "part")
    assert run(town) == {"created": 1}
    assert [amount for _, amount, _ in entries(town)] == [Decimal(98), Decimal(-98)]
    assert [open_ for open_, _ in open_items(town, entry)] == [Decimal(2)]

"""What the batch processor makes of payments, of amounts in both currencies and of blank explanations, what it leaves
to
the match of receipts, and the batches that payments are in (jde-ais sections 11.1 to 11.3, 12.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ais_caller import Ais, condition
from jde_acts import JdeActs
from test_sandbox_batch_vouchers import add, item, process

from connector_sandbox.testing import Sandbox


@pytest.fixture
def acts(sandbox: Sandbox, ais: Ais) -> JdeActs:
    return JdeActs(sandbox, ais)


def changed(sandbox: Sandbox, ais: Ais, table: str, **columns: Any) -> None:
    """Whoever loads the batch files fills further columns of the rows that wait."""
    rows = ais.rows(table, condition(f"{table}.EDBT", "EQUAL", "CP20160405"))
    keys = [{alias: row[alias] for alias in ("EDUS", "EDBT", "EDTN", "EDLN")} for row in rows]
    sandbox.post("/rows", {"system": "jde", "table": table, "upsert": [{**key, **columns} for key in keys]})


def paid(ais: Ais) -> list[tuple[Any, ...]]:
    """Number, type of document, amount and voucher of the payments in F0413 and F0414."""
    voucher = item(ais)["DOC"]
    lines = ais.rows("F0414", condition("F0414.DOC", "EQUAL", voucher))
    found = [ais.rows("F0413", condition("F0413.PYID", "EQUAL", line["PYID"]))[0] for line in lines]
    return [(head["DOCM"], head["DCTM"], Decimal(str(head["PAAP"]))) for head in found]


def test_a_payment_number_settles_the_voucher(sandbox: Sandbox, ais: Ais) -> None:
    add(ais)
    changed(sandbox, ais, "F0411Z1", DOCM=8001)
    (status,) = process(ais)
    made = item(ais)
    assert status["Processed"] == "1" and (made["AG"], made["AAP"], made["PST"]) == (Decimal("120.0"), 0, "P")
    assert paid(ais) == [(8001, "PN", Decimal(120))]


def test_only_one_payment_settles_a_voucher(sandbox: Sandbox, ais: Ais) -> None:
    add(ais, PayItems=[{"GrossAmount": "60.00"}, {"GrossAmount": "40.00"}])
    changed(sandbox, ais, "F0411Z1", DOCM=8001)
    rows = ais.rows("F0411Z1", condition("F0411Z1.EDBT", "EQUAL", "CP20160405"))
    key = {alias: rows[0][alias] for alias in ("EDUS", "EDBT", "EDTN", "EDLN")}
    sandbox.post("/rows", {"system": "jde", "table": "F0411Z1", "upsert": [{**key, "DOCM": 8002}]})
    (status,) = process(ais)
    assert status["Processed"] == "0" and "0168" in status["Message"]
    assert ais.rows("F0411", condition("F0411.VINV", "EQUAL", "CP-77")) == []


def test_a_payment_without_a_voucher_needs_its_number(sandbox: Sandbox, ais: Ais) -> None:
    add(ais)
    changed(sandbox, ais, "F0411Z1", ICUT="W")
    (status,) = process(ais)
    assert "0809" in status["Message"]


@pytest.mark.parametrize(("text", "shown"), [("", None), ("Paving", "Paving")])
def test_a_blank_explanation_becomes_the_suppliers_name(
    sandbox: Sandbox, ais: Ais, text: str, shown: str | None
) -> None:
    add(ais)
    changed(sandbox, ais, "F0911Z1", EXA=text)
    process(ais)
    (line,) = ais.rows("F0911", condition("F0911.DOC", "EQUAL", item(ais)["DOC"]))
    (party,) = ais.rows("F0101", condition("F0101.AN8", "EQUAL", 4343))
    assert line["EXA"].strip() == (shown or party["ALPH"].strip()[:30])


def test_in_currency_mode_3_the_sender_gives_both_amounts(sandbox: Sandbox, ais: Ais) -> None:
    amounts = {"GrossAmount": "100.00", "PayStatus": "H"}
    add(ais, Currency="EUR", PayItems=[amounts], Distribution=[{"Account": "30.4210", "Amount": "100.00"}])
    changed(sandbox, ais, "F0411Z1", CRRM="3", CRR="0", AG="81.23", ACR="100.00")
    changed(sandbox, ais, "F0911Z1", CRRM="3", CRR="0", AA="81.23", ACR="100.00")
    (status,) = process(ais)
    made = item(ais)
    assert status["Processed"] == "1"
    assert (made["CRRM"], made["AG"], made["ACR"], made["FAP"]) == ("3", Decimal("81.23"), 100, 100)


def test_in_currency_mode_3_nothing_is_worked_out(sandbox: Sandbox, ais: Ais) -> None:
    amounts = {"GrossAmount": "100.00", "PayStatus": "H"}
    add(ais, Currency="EUR", PayItems=[amounts], Distribution=[{"Account": "30.4210", "Amount": "100.00"}])
    changed(sandbox, ais, "F0411Z1", CRRM="3", AG="0", ACR="100.00")
    (status,) = process(ais)
    assert status["Processed"] == "0" and "AG" in status["Message"]


def test_what_waits_for_the_match_of_receipts_is_left_alone(sandbox: Sandbox, ais: Ais) -> None:
    sandbox.post("/options", {"jde": {"purge_processed": True}})
    add(ais)
    changed(sandbox, ais, "F0411Z1", ATFLG="1", PSTE="1")
    # its accounts come of the order: it has no journal lines
    lines = ais.rows("F0911Z1", condition("F0911Z1.EDBT", "EQUAL", "CP20160405"))
    keys = [{alias: line[alias] for alias in ("EDUS", "EDBT", "EDTN", "EDLN")} for line in lines]
    sandbox.post("/rows", {"system": "jde", "table": "F0911Z1", "delete": keys})
    add(ais, TransactionNumber="coupa-78-R1", InvoiceNumber="CP-78")
    process(ais)
    (row,) = ais.rows("F0411Z1", condition("F0411Z1.EDBT", "EQUAL", "CP20160405"))
    assert (row["EDTN"].strip(), row["EDSP"], row["ATFLG"]) == ("coupa-77-R1", "0", "1")
    assert item(ais, "CP-78")["PST"] and ais.rows("F0411", condition("F0411.VINV", "EQUAL", "CP-77")) == []


def test_payments_are_in_batches_of_their_own(acts: JdeActs) -> None:
    one, two = acts.enter(), acts.enter(InvoiceNumber="NEW-2")
    acts.act("pay_voucher", one, number=8001)
    acts.act("pay_voucher", two, number=8002)
    heads = [row for number in (8001, 8002) for row in acts.ais.rows("F0413", condition("F0413.DOCM", "EQUAL", number))]
    vouchers = {row["ICU"] for key in (one, two) for row in acts.rows("F0411", key)}
    assert {row["ICUT"].strip() for row in heads} == {"K"}
    assert len({row["ICU"] for row in heads} | vouchers) == 2 + len(vouchers)
    batch = heads[0]["ICU"]
    (control,) = acts.ais.rows("F0011", condition("F0011.ICUT", "EQUAL", "K"), condition("F0011.ICU", "EQUAL", batch))
    assert not control["IST"].strip()
    assert acts.act("post_batch", ICUT="K", ICU=batch)["rows"] == 2


def test_one_payment_run_is_one_batch(acts: JdeActs) -> None:
    acts.switch(payment_batch_types={"PK": "K"})
    acts.enter(), acts.enter(InvoiceNumber="NEW-2", Supplier=4344)
    made = acts.act("payment_run", date="2016-05-30", KCO="00001")["PYID"]
    heads = [acts.ais.rows("F0413", condition("F0413.PYID", "EQUAL", payment))[0] for payment in made]
    assert heads and len({(row["ICU"], row["ICUT"]) for row in heads}) == 1

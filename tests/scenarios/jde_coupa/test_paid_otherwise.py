"""What somebody else pays, or has paid: Coupa Pay what JD Edwards paid or voided, a person by hand; and what a person
changes or deletes in Coupa of an invoice that was made of a voucher."""

from __future__ import annotations

from decimal import Decimal

import pytest
from coupa_originals import act, born, invoice, shown
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_payables import DIRECT, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of

FLOW, BORN, PAYMENTS = "invoices", "approved_invoices", "payments_to_jde"
BY_HAND = {"amount-paid": "100.00", "payment-date": "2026-03-02T00:00:00Z", "notes": "cheque 7"}


def coupa_pays(testbed: Site) -> None:
    """Coupa Pay pays the vouchers of JD Edwards as invoices, and its payments are booked."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.flows[PAYMENTS] = {}


def approved(testbed: Site) -> tuple[Entry, int]:
    """A voucher and its approved invoice; the invoice's id."""
    entry = testbed.books.voucher(4711)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.spend.approve("INV-4711")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []
    return entry, int(testbed.spend.invoice("INV-4711")["id"])


def pay(testbed: Site, number: int, status: str = "payment_initiated", **part: str) -> int:
    """Coupa Pay pays an invoice; the payment's id."""
    parts = [{"id": number} | part]
    return int(act(testbed, "make_payment", invoices=parts, status=status, date=TODAY.isoformat())["id"])


def reported(testbed: Site, flow: str, reason: str, words: str) -> None:
    """The flow's only exception, of high severity, with these words; a second sync writes nothing and says the same."""
    for _ in range(2):
        found = testbed.exception(flow)
        assert (found.reason, severity_of(found.reason)) == (reason, "high") and words in found.value
        assert testbed.sync(flow)[flow].writes == 0


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("amount", [None, "25.00"])
def test_what_jde_pays_by_hand_while_coupa_pay_is_paying_it_is_urgent(testbed: Site, amount: str | None) -> None:
    """Given an invoice that Coupa Pay is paying, when a clerk of JD Edwards pays its voucher, all or a part
    then Coupa is told, and a person that both pay it, until the payment of Coupa Pay is cancelled."""
    coupa_pays(testbed)
    entry, number = approved(testbed)
    payment = pay(testbed, number)
    testbed.sync(FLOW)
    testbed.books.pay(entry, amount)
    testbed.sync(FLOW)
    reported(testbed, FLOW, "already_scheduled", f"CP-{payment} of 100.00, payment_initiated")
    assert [each["amount-paid"] for each in shown(testbed, number)["payments"]] == [amount or "100.00"]
    act(testbed, "move_payment", id=payment, status="cancelled")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []


def test_the_rest_of_what_coupa_pay_paid_may_be_paid_by_jde(testbed: Site) -> None:
    """Given an invoice of which Coupa Pay paid a part, when JD Edwards pays the rest by hand, then nobody is told."""
    coupa_pays(testbed)
    entry, number = approved(testbed)
    pay(testbed, number, "completed_successfully", amount="40.00")
    testbed.sync(PAYMENTS)
    testbed.books.pay(entry, "60.00")
    testbed.sync(FLOW, PAYMENTS)
    assert testbed.exceptions(FLOW) == [] and shown(testbed, number)["paid"] is True


@pytest.mark.reason("already_scheduled")
def test_a_voucher_that_is_voided_while_coupa_pay_pays_it_is_urgent(testbed: Site) -> None:
    """Given an invoice that Coupa Pay is paying, when its voucher is voided
    then the invoice is left as it is and a person told; once the payment is cancelled, it is void too."""
    coupa_pays(testbed)
    entry, number = approved(testbed)
    payment = pay(testbed, number)
    testbed.sync(FLOW)
    testbed.books.void(entry)
    testbed.sync(FLOW)
    reported(testbed, FLOW, "already_scheduled", "payment_initiated on invoice INV-4711")
    assert shown(testbed, number)["status"] == "approved"
    act(testbed, "move_payment", id=payment, status="cancelled")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and shown(testbed, number)["status"] == "voided"


@pytest.mark.reason("already_scheduled")
def test_what_jde_paid_before_coupa_can_be_told_is_urgent(testbed: Site) -> None:
    """Given an invoice that waits for its approvers where Coupa Pay pays, when a clerk of JD Edwards pays the voucher
    then a person is told, since it is payable once it is approved; then Coupa is told, and nothing is left."""
    coupa_pays(testbed)
    entry = testbed.books.voucher(4711)
    testbed.sync(FLOW)
    testbed.books.pay(entry)
    testbed.sync(FLOW)
    reported(testbed, FLOW, "already_scheduled", "100.00 of it; INV-4711 of 100.00 GBP, draft")
    testbed.spend.approve("INV-4711")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and testbed.spend.invoice("INV-4711")["paid"] is True


def test_what_coupa_pay_has_paid_stays_paid_until_it_is_booked(testbed: Site) -> None:
    """Given an invoice that Coupa Pay has paid, and whose payment is not booked yet
    when its voucher is synced, then Coupa is not told that it is unpaid; nor after it is booked."""
    coupa_pays(testbed)
    _, number = approved(testbed)
    pay(testbed, number, "completed_successfully")
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0
        assert shown(testbed, number)["paid"] is True
    testbed.sync(PAYMENTS)
    assert testbed.sync(FLOW)[FLOW].writes == 0
    assert testbed.exceptions(FLOW) == [] and shown(testbed, number)["paid"] is True


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
@pytest.mark.parametrize("how", ["payment", "mark"])
def test_what_a_person_records_as_paid_in_coupa_is_urgent(testbed: Site, payer: str, how: str) -> None:
    """Given an approved invoice of a voucher, when a user of Coupa records a payment of it, or marks it as paid
    then it is told, of high severity, and left as it is; once JD Edwards has paid it too and it is taken off, what JD
    Edwards paid is told, once."""
    if payer == "coupa":
        coupa_pays(testbed)
    entry, number = approved(testbed)
    testbed.spend.set("invoices", number, paid=True, **({"payments": [BY_HAND]} if how == "payment" else {}))
    testbed.sync(FLOW)
    reported(testbed, FLOW, "paid_by_another", "cheque 7" if how == "payment" else "the mark `paid`")
    assert shown(testbed, number)["paid"] is True
    testbed.books.pay(entry)
    testbed.spend.set("invoices", number, paid=False, payments=[])
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and shown(testbed, number)["paid"] is True
    assert [Decimal(each["amount-paid"]) for each in shown(testbed, number)["payments"]] == [100]


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("flow", [FLOW, "payments_to_coupa"])
def test_what_jde_pays_though_coupa_pay_began_is_urgent_where_jde_pays(testbed: Site, flow: str) -> None:
    """Given a site whose vouchers JD Edwards pays, and an invoice that Coupa Pay has begun to pay
    when JD Edwards pays the voucher, then Coupa is told, and a person, until the payment of Coupa Pay is cancelled."""
    if flow == FLOW:
        entry, number = approved(testbed)
    else:
        testbed.flows[flow] = {}
        found = born(testbed, "100.00")
        entry, number = found.voucher, found.id
    payment = pay(testbed, number)
    testbed.sync(flow)
    testbed.books.pay(entry)
    testbed.sync(flow)
    reported(testbed, flow, "already_scheduled", "payment channel Coupa Pay")
    assert shown(testbed, number)["paid"] is True
    act(testbed, "move_payment", id=payment, status="cancelled")
    testbed.spend.set("invoices", number, payment_channel="ERP")
    testbed.sync(flow)
    assert testbed.exceptions(flow) == []


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["hand", "coupa_pay"])
def test_an_invoice_of_coupa_that_is_paid_there_though_jde_pays_is_urgent(testbed: Site, when: str, how: str) -> None:
    """Given a site where JD Edwards pays invoices that are born in Coupa
    when one is paid in Coupa, by Coupa Pay or recorded by hand, before or after its voucher was made
    then it is told, of high severity, and no voucher is made that JD Edwards would pay."""
    clerks = Payables(testbed)
    testbed.configure(BORN, **DIRECT)
    number = invoice(testbed, "C-1", "100.00")
    if when == "after":
        testbed.sync(BORN)
    if how == "coupa_pay":
        pay(testbed, number, "completed_successfully")
    else:
        testbed.spend.set("invoices", number, paid=True, payments=[BY_HAND])
    testbed.sync(BORN)
    reported(testbed, BORN, "paid_by_another", "invoice C-1")
    assert len(clerks.items(number)) == (1 if when == "after" else 0)


@pytest.mark.reason("payable_in_both")
@pytest.mark.parametrize("began", [False, True])
def test_a_voucher_that_jde_pays_by_hand_though_coupa_pay_pays_is_urgent(testbed: Site, began: bool) -> None:
    """Given an invoice that was born in Coupa and that Coupa Pay pays, or has begun to
    when a clerk of JD Edwards pays its voucher by hand
    then the next sync tells it, of high severity, while Coupa can pay it or does; marked as paid there, and the payment
    of Coupa Pay cancelled, it is well again."""
    clerks = Payables(testbed)
    coupa_pays(testbed)
    testbed.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    row = clerks.items(number)[0]
    payment = pay(testbed, number) if began else 0
    testbed.sync(BORN, PAYMENTS)
    assert testbed.exceptions(BORN) == []
    testbed.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]))
    testbed.sync(BORN)
    reported(testbed, BORN, "payable_in_both", "100.00 of it paid by JD Edwards itself; invoice C-1")
    testbed.sweep(BORN)
    assert len(testbed.exceptions(BORN)) == 1
    if began:
        act(testbed, "move_payment", id=payment, status="cancelled")
    testbed.spend.set("invoices", number, paid=True)
    testbed.sync(BORN)
    assert testbed.exceptions(BORN) == []


def test_what_coupa_pay_paid_in_parts_is_no_payment_of_jde(testbed: Site) -> None:
    """Given an invoice that was born in Coupa, of which Coupa Pay has paid a part, booked in JD Edwards
    then nothing is told of it; nor once the rest is paid."""
    Payables(testbed)
    coupa_pays(testbed)
    testbed.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    for amount in ("40.00", "60.00"):
        pay(testbed, number, "completed_successfully", amount=amount)
        for _ in range(2):
            testbed.sync(BORN, PAYMENTS)
            assert testbed.exceptions(BORN) == testbed.exceptions(PAYMENTS) == []


@pytest.mark.reason("paid_by_another")
def test_an_invoice_that_a_person_marks_as_paid_leaves_its_voucher_open(testbed: Site) -> None:
    """Given an invoice that was born in Coupa and that Coupa Pay pays, when somebody records there that it was paid by
    hand, then it is told, since nobody books it on the voucher."""
    Payables(testbed)
    coupa_pays(testbed)
    testbed.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    testbed.spend.set("invoices", number, paid=True, payments=[BY_HAND])
    testbed.sync(BORN)
    reported(testbed, BORN, "paid_by_another", "cheque 7")


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("status", ["payment_initiated", "completed_successfully"])
@pytest.mark.parametrize("flow", [FLOW, BORN])
def test_what_a_person_records_beside_a_payment_of_coupa_pay_is_urgent(testbed: Site, flow: str, status: str) -> None:
    """Given an invoice that Coupa Pay is paying, or has paid, of a voucher of JD Edwards or born in Coupa
    when a user of Coupa records a payment of it by hand beside, of the same amount
    then it is told, of high severity, with both; taken off again, nothing is left to tell."""
    Payables(testbed)
    coupa_pays(testbed)
    testbed.configure(BORN, **DIRECT, payer="coupa")
    number = approved(testbed)[1] if flow == FLOW else invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    payment = pay(testbed, number, status)
    testbed.sync(flow, PAYMENTS)
    assert testbed.exceptions(flow) == []
    paid = shown(testbed, number)["paid"]
    before = [{name: each[name] for name in BY_HAND} for each in shown(testbed, number)["payments"]]
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", number, paid=True, payments=[*before, BY_HAND])
    testbed.sync(flow)
    reported(
        testbed, flow, "paid_by_another", f"payment cheque 7 of 100.00, beside payment CP-{payment} of 100.00, {status}"
    )
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", number, paid=paid, payments=before)
    testbed.replay(flow)
    testbed.sync(flow, PAYMENTS)
    assert testbed.exceptions(flow) == []


@pytest.mark.reason("paid_by_another")
def test_a_part_that_a_person_records_where_coupa_pay_pays_is_urgent(testbed: Site) -> None:
    """Given an invoice born in Coupa that Coupa Pay pays, when a user of Coupa records a part of it as paid by hand
    then it is told, since nobody books it on the voucher."""
    Payables(testbed)
    coupa_pays(testbed)
    testbed.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    testbed.spend.set("invoices", number, payments=[BY_HAND | {"amount-paid": "40.00"}])
    testbed.sync(BORN)
    reported(testbed, BORN, "paid_by_another", "payment cheque 7 of 40.00, on invoice C-1")


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("when", ["before", "after", "part"])
def test_a_part_that_a_person_records_where_jde_pays_is_urgent(testbed: Site, when: str) -> None:
    """Given a site where JD Edwards pays invoices that are born in Coupa
    when a user of Coupa records a part of one as paid by hand, before or after its voucher was made, or beside a part
    that JD Edwards has paid and told
    then it is told, of high severity, since JD Edwards would pay it again; paid by hand in JD Edwards too, it is well.
    """
    clerks = Payables(testbed)
    testbed.configure(BORN, **DIRECT)
    testbed.flows["payments_to_coupa"] = {}
    number = invoice(testbed, "C-1", "100.00")
    if when != "before":
        testbed.sync(BORN, "payments_to_coupa")
    if when == "part":
        row = clerks.items(number)[0]
        testbed.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]), "30.00")
        for _ in range(2):
            testbed.sync(BORN, "payments_to_coupa")
            assert len(shown(testbed, number)["payments"]) == 1 and testbed.exceptions(BORN) == []
    before = [{name: each[name] for name in BY_HAND} for each in shown(testbed, number)["payments"]]
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", number, payments=[*before, BY_HAND | {"amount-paid": "40.00"}])
    testbed.sync(BORN)
    reported(testbed, BORN, "paid_by_another", "payment cheque 7 of 40.00, on invoice C-1")
    if when == "before":
        assert clerks.items(number) == []
        return
    row = clerks.items(number)[0]
    testbed.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]), "40.00", number=5002)
    testbed.replay(BORN)
    testbed.sync(BORN)
    assert testbed.exceptions(BORN) == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_part_that_jde_paid_is_no_payment_of_a_person(testbed: Site) -> None:
    """Given an invoice born in Coupa of which JD Edwards has paid a part, and Coupa was told, then nothing is told of
    it; nor when that payment is voided, nor where the ledger was lost."""
    clerks = Payables(testbed)
    testbed.configure(BORN, **DIRECT)
    testbed.flows["payments_to_coupa"] = {}
    number = invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    row = clerks.items(number)[0]
    testbed.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]), "30.00")
    for _ in range(2):
        testbed.sync(BORN, "payments_to_coupa")
        assert len(shown(testbed, number)["payments"]) == 1 and testbed.exceptions(BORN) == []
    with testbed.forgetting() as blank:
        for _ in range(2):
            blank.sync(BORN, "payments_to_coupa")
            assert len(shown(testbed, number)["payments"]) == 1 and blank.exceptions(BORN) == []
    testbed.books.void_payment()
    for _ in range(2):
        testbed.sync(BORN, "payments_to_coupa")
        assert testbed.exceptions(BORN) == testbed.exceptions("payments_to_coupa") == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_an_invoice_that_jde_paid_and_told_is_paid_by_nobody_else(testbed: Site) -> None:
    """Given an invoice born in Coupa that JD Edwards has paid, and Coupa was told, then nothing is told of it; nor when
    that payment is voided."""
    clerks = Payables(testbed)
    testbed.configure(BORN, **DIRECT)
    testbed.flows["payments_to_coupa"] = {}
    number = invoice(testbed, "C-1", "100.00")
    testbed.sync(BORN)
    row = clerks.items(number)[0]
    testbed.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]))
    for _ in range(2):
        testbed.sync(BORN, "payments_to_coupa")
        assert shown(testbed, number)["paid"] is True and testbed.exceptions(BORN) == []
    testbed.books.void_payment()
    testbed.sync(BORN, "payments_to_coupa")
    assert shown(testbed, number)["paid"] is False
    assert testbed.exceptions(BORN) == testbed.exceptions("payments_to_coupa") == []


# -- what a person changes in Coupa -----------------------------------------------------------------------------------


@pytest.mark.reason("more_payable")
def test_an_invoice_that_a_person_makes_larger_in_coupa_is_urgent(testbed: Site) -> None:
    """Given an approved invoice of a voucher that Coupa Pay pays
    when somebody corrects its price to more in Coupa, and it is approved again, and nothing moves in JD Edwards
    then the next sync tells it, of high severity; corrected back, it is well again."""
    coupa_pays(testbed)
    _, number = approved(testbed)
    line = {"line-num": 1, "price": "150.00"}
    act(testbed, "change_invoice", id=number, set={"invoice-lines": [line]})
    act(testbed, "approve_invoice", id=number)
    testbed.sync(FLOW)
    reported(testbed, FLOW, "more_payable", "150.00")
    act(testbed, "change_invoice", id=number, set={"invoice-lines": [line | {"price": "100.00"}]})
    act(testbed, "approve_invoice", id=number)
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("total_differs")
def test_an_invoice_that_a_person_changes_in_coupa_is_told_where_jde_pays(testbed: Site) -> None:
    """Given an invoice that Coupa only shows, when somebody changes its price there, then the next sync tells it."""
    _, number = approved(testbed)
    act(testbed, "change_invoice", id=number, set={"invoice-lines": [{"line-num": 1, "price": "80.00"}]})
    for _ in range(2):
        testbed.sync(FLOW)
        assert testbed.exception(FLOW).reason == "total_differs"


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize("field", ["invoice_number", "internal_note"])
def test_an_invoice_that_loses_its_number_or_key_is_told(testbed: Site, field: str) -> None:
    """Given an invoice of a voucher, when somebody overwrites its number, or our key on it
    then the next sync tells it, since nobody finds it by that any more; with `on_conflict: source` it is put back."""
    testbed.books.voucher(4711)
    testbed.sync(FLOW)
    number = int(testbed.spend.invoice("INV-4711")["id"])
    before = shown(testbed, number)[field.replace("_", "-")]
    testbed.spend.set("invoices", number, **{field: "mine"})
    testbed.sync(FLOW)
    assert testbed.exception(FLOW).reason == "changed_on_both_sides"
    testbed.configure(FLOW, on_conflict="source")
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and shown(testbed, number)[field.replace("_", "-")] == before


@pytest.mark.reason("missing_in_target")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_an_invoice_that_is_deleted_in_coupa_is_found_by_the_sweep(testbed: Site, payer: str) -> None:
    """Given a draft of a voucher, when somebody deletes it in Coupa, so that nobody would pay the voucher
    then the sweep tells it; once its link is removed and it is replayed, it is created again, once."""
    if payer == "coupa":
        coupa_pays(testbed)
    testbed.books.voucher(4711)
    testbed.sync(FLOW)
    act(testbed, "delete_invoice", id=int(testbed.spend.invoice("INV-4711")["id"]))
    testbed.sweep(FLOW)
    found = testbed.exception(FLOW)
    assert found.reason == "missing_in_target"
    testbed.ledger.links.remove(f"{testbed.NAME}/{FLOW}", found.key, "clerk", testbed.clock.now())
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == [] and testbed.spend.invoice("INV-4711")["status"] == "draft"


@pytest.mark.reason("missing_in_target")
def test_an_external_payable_that_is_gone_from_coupa_is_found_by_the_sweep(testbed: Site) -> None:
    """Given a voucher that Coupa Pay pays as an external payable, when that is gone from Coupa, so that nobody would
    pay the voucher, then the sweep tells it."""
    coupa_pays(testbed)
    testbed.configure(FLOW, mode="external_payables")
    testbed.books.voucher(4711)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.spend.delete("external_payables", testbed.spend.one("payables/external/payables")["id"])
    testbed.sweep(FLOW)
    assert testbed.exception(FLOW).reason == "missing_in_target"


# -- external payables that a person changes in Coupa ------------------------------------------------------------------


def payable(testbed: Site) -> tuple[Entry, int]:
    """A voucher and its external payable; the payable's id."""
    coupa_pays(testbed)
    testbed.configure(FLOW, mode="external_payables")
    entry = testbed.books.voucher(4711)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    return entry, int(testbed.spend.one("payables/external/payables")["id"])


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("paid", ["100.00", "30.00"])
def test_an_external_payable_that_is_paid_in_coupa_is_urgent(testbed: Site, paid: str) -> None:
    """Given an external payable, when it is shown as paid in Coupa, all or a part, and nothing moves in JD Edwards
    then the next sync tells it and leaves it as it is; once the voucher is paid in JD Edwards too, it is well again."""
    entry, number = payable(testbed)
    testbed.spend.set("external_payables", number, paid_amount=Decimal(paid))
    testbed.sync(FLOW)
    reported(
        testbed,
        FLOW,
        "paid_by_another",
        f"{Decimal(100) - Decimal(paid):.2f} of it open in Coupa, 100.00 in JD Edwards",
    )
    testbed.books.pay(entry, paid)
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0
        assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("more_payable")
@pytest.mark.parametrize("part", [None, "30.00"])
def test_an_external_payable_that_is_made_larger_in_coupa_is_urgent(testbed: Site, part: str | None) -> None:
    """Given an external payable, or one of which JD Edwards paid a part
    when somebody in Coupa makes it larger, or takes that part off, then the next sync tells it; with
    `on_conflict: source` it is put back, once."""
    entry, number = payable(testbed)
    if part:
        testbed.books.pay(entry, part)
        testbed.sync(FLOW)
    changed = {"paid_amount": Decimal(0)} if part else {"payable_amount": Decimal(150)}
    testbed.spend.set("external_payables", number, **changed)
    testbed.sync(FLOW)
    reported(
        testbed, FLOW, "more_payable", "100.00 of it open in Coupa, 70.00" if part else "150.00 of it open in Coupa"
    )
    testbed.configure(FLOW, on_conflict="source")
    testbed.replay(FLOW)
    testbed.sync(FLOW)
    held = testbed.spend.one("payables/external/payables")
    assert (Decimal(held["payable-amount"]), Decimal(held["paid-amount"])) == (100, Decimal(part or 0))
    assert testbed.exceptions(FLOW) == [] and testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize(
    "field, mine, before", [("payable_amount", Decimal(80), Decimal(100)), ("document_number", "mine", "INV-4711")]
)
def test_an_external_payable_that_is_changed_in_coupa_is_told(
    testbed: Site, field: str, mine: object, before: object
) -> None:
    """Given an external payable, when somebody makes it smaller or gives it another number in Coupa
    then the next sync tells it; set back by them, it is well again; and our own changes are nobody's."""
    entry, number = payable(testbed)
    testbed.spend.set("external_payables", number, **{field: mine})
    for _ in range(2):
        assert testbed.sync(FLOW)[FLOW].writes == 0
        assert {each.reason for each in testbed.exceptions(FLOW)} == {"changed_on_both_sides"}
    testbed.spend.set("external_payables", number, **{field: before})
    assert testbed.sync(FLOW)[FLOW].writes == 0
    assert testbed.exceptions(FLOW) == []
    testbed.books.pay(entry, "25.00")
    assert testbed.sync(FLOW)[FLOW].writes > 0
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []

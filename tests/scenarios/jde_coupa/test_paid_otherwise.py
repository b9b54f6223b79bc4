"""What somebody else pays, or has paid: Coupa Pay what JD Edwards paid or voided, a person by hand; and what a person
changes or deletes in Coupa of an invoice that was made of a voucher."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_born import act, born, invoice, shown
from scenario_payables import DIRECT, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of

FLOW, BORN, PAYMENTS = "invoices", "approved_invoices", "payments_to_jde"
BY_HAND = {"amount-paid": "100.00", "payment-date": "2026-03-02T00:00:00Z", "notes": "cheque 7"}


def coupa_pays(town: Site) -> None:
    """Coupa Pay pays the vouchers of JD Edwards as invoices, and its payments are booked."""
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    town.flows[PAYMENTS] = {}


def approved(town: Site) -> tuple[Entry, int]:
    """A voucher and its approved invoice; the invoice's id."""
    entry = town.books.voucher(4711)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    town.spend.approve("INV-4711")
    town.sync(FLOW)
    assert town.exceptions(FLOW) == []
    return entry, int(town.spend.invoice("INV-4711")["id"])


def pay(town: Site, number: int, status: str = "payment_initiated", **part: str) -> int:
    """Coupa Pay pays an invoice; the payment's id."""
    parts = [{"id": number} | part]
    return int(act(town, "make_payment", invoices=parts, status=status, date=TODAY.isoformat())["id"])


def told(town: Site, flow: str, reason: str, words: str) -> None:
    """The flow's only exception, of high severity, with these words; a second sync writes nothing and says the same."""
    for _ in range(2):
        found = town.exception(flow)
        assert (found.reason, severity_of(found.reason)) == (reason, "high") and words in found.value
        assert town.sync(flow)[flow].writes == 0


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("amount", [None, "25.00"])
def test_what_jde_pays_by_hand_while_coupa_pay_is_paying_it_is_urgent(town: Site, amount: str | None) -> None:
    """Given an invoice that Coupa Pay is paying, when a clerk of JD Edwards pays its voucher, all or a part
    then Coupa is told, and a person that both pay it, until the payment of Coupa Pay is cancelled."""
    coupa_pays(town)
    entry, number = approved(town)
    payment = pay(town, number)
    town.sync(FLOW)
    town.books.pay(entry, amount)
    town.sync(FLOW)
    told(town, FLOW, "already_scheduled", f"CP-{payment} of 100.00, payment_initiated")
    assert [each["amount-paid"] for each in shown(town, number)["payments"]] == [amount or "100.00"]
    act(town, "move_payment", id=payment, status="cancelled")
    town.sync(FLOW)
    assert town.exceptions(FLOW) == []


def test_the_rest_of_what_coupa_pay_paid_may_be_paid_by_jde(town: Site) -> None:
    """Given an invoice of which Coupa Pay paid a part, when JD Edwards pays the rest by hand, then nobody is told."""
    coupa_pays(town)
    entry, number = approved(town)
    pay(town, number, "completed_successfully", amount="40.00")
    town.sync(PAYMENTS)
    town.books.pay(entry, "60.00")
    town.sync(FLOW, PAYMENTS)
    assert town.exceptions(FLOW) == [] and shown(town, number)["paid"] is True


@pytest.mark.reason("already_scheduled")
def test_a_voucher_that_is_voided_while_coupa_pay_pays_it_is_urgent(town: Site) -> None:
    """Given an invoice that Coupa Pay is paying, when its voucher is voided
    then the invoice is left as it is and a person told; once the payment is cancelled, it is void too."""
    coupa_pays(town)
    entry, number = approved(town)
    payment = pay(town, number)
    town.sync(FLOW)
    town.books.void(entry)
    town.sync(FLOW)
    told(town, FLOW, "already_scheduled", "payment_initiated on invoice INV-4711")
    assert shown(town, number)["status"] == "approved"
    act(town, "move_payment", id=payment, status="cancelled")
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and shown(town, number)["status"] == "voided"


@pytest.mark.reason("already_scheduled")
def test_what_jde_paid_before_coupa_can_be_told_is_urgent(town: Site) -> None:
    """Given an invoice that waits for its approvers where Coupa Pay pays, when a clerk of JD Edwards pays the voucher
    then a person is told, since it is payable once it is approved; then Coupa is told, and nothing is left."""
    coupa_pays(town)
    entry = town.books.voucher(4711)
    town.sync(FLOW)
    town.books.pay(entry)
    town.sync(FLOW)
    told(town, FLOW, "already_scheduled", "100.00 of it; INV-4711 of 100.00 GBP, draft")
    town.spend.approve("INV-4711")
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and town.spend.invoice("INV-4711")["paid"] is True


def test_what_coupa_pay_has_paid_stays_paid_until_it_is_booked(town: Site) -> None:
    """Given an invoice that Coupa Pay has paid, and whose payment is not booked yet
    when its voucher is synced, then Coupa is not told that it is unpaid; nor after it is booked."""
    coupa_pays(town)
    _, number = approved(town)
    pay(town, number, "completed_successfully")
    for _ in range(2):
        assert town.sync(FLOW)[FLOW].writes == 0
        assert shown(town, number)["paid"] is True
    town.sync(PAYMENTS)
    assert town.sync(FLOW)[FLOW].writes == 0
    assert town.exceptions(FLOW) == [] and shown(town, number)["paid"] is True


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
@pytest.mark.parametrize("how", ["payment", "mark"])
def test_what_a_person_records_as_paid_in_coupa_is_urgent(town: Site, payer: str, how: str) -> None:
    """Given an approved invoice of a voucher, when a user of Coupa records a payment of it, or marks it as paid
    then it is told, of high severity, and left as it is; once JD Edwards has paid it too and it is taken off, what JD
    Edwards paid is told, once."""
    if payer == "coupa":
        coupa_pays(town)
    entry, number = approved(town)
    town.spend.set("invoices", number, paid=True, **({"payments": [BY_HAND]} if how == "payment" else {}))
    town.sync(FLOW)
    told(town, FLOW, "paid_by_another", "cheque 7" if how == "payment" else "the mark `paid`")
    assert shown(town, number)["paid"] is True
    town.books.pay(entry)
    town.spend.set("invoices", number, paid=False, payments=[])
    town.replay(FLOW)
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and shown(town, number)["paid"] is True
    assert [Decimal(each["amount-paid"]) for each in shown(town, number)["payments"]] == [100]


@pytest.mark.reason("already_scheduled")
@pytest.mark.parametrize("flow", [FLOW, "payments_to_coupa"])
def test_what_jde_pays_though_coupa_pay_began_is_urgent_where_jde_pays(town: Site, flow: str) -> None:
    """Given a site whose vouchers JD Edwards pays, and an invoice that Coupa Pay has begun to pay
    when JD Edwards pays the voucher, then Coupa is told, and a person, until the payment of Coupa Pay is cancelled."""
    if flow == FLOW:
        entry, number = approved(town)
    else:
        town.flows[flow] = {}
        found = born(town, "100.00")
        entry, number = found.voucher, found.id
    payment = pay(town, number)
    town.sync(flow)
    town.books.pay(entry)
    town.sync(flow)
    told(town, flow, "already_scheduled", "payment channel Coupa Pay")
    assert shown(town, number)["paid"] is True
    act(town, "move_payment", id=payment, status="cancelled")
    town.spend.set("invoices", number, payment_channel="ERP")
    town.sync(flow)
    assert town.exceptions(flow) == []


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["hand", "coupa_pay"])
def test_an_invoice_of_coupa_that_is_paid_there_though_jde_pays_is_urgent(town: Site, when: str, how: str) -> None:
    """Given a site where JD Edwards pays invoices that are born in Coupa
    when one is paid in Coupa, by Coupa Pay or recorded by hand, before or after its voucher was made
    then it is told, of high severity, and no voucher is made that JD Edwards would pay."""
    clerks = Payables(town)
    town.configure(BORN, **DIRECT)
    number = invoice(town, "C-1", "100.00")
    if when == "after":
        town.sync(BORN)
    if how == "coupa_pay":
        pay(town, number, "completed_successfully")
    else:
        town.spend.set("invoices", number, paid=True, payments=[BY_HAND])
    town.sync(BORN)
    told(town, BORN, "paid_by_another", "invoice C-1")
    assert len(clerks.items(number)) == (1 if when == "after" else 0)


@pytest.mark.reason("payable_in_both")
@pytest.mark.parametrize("began", [False, True])
def test_a_voucher_that_jde_pays_by_hand_though_coupa_pay_pays_is_urgent(town: Site, began: bool) -> None:
    """Given an invoice that was born in Coupa and that Coupa Pay pays, or has begun to
    when a clerk of JD Edwards pays its voucher by hand
    then the next sync tells it, of high severity, while Coupa can pay it or does; marked as paid there, and the payment
    of Coupa Pay cancelled, it is well again."""
    clerks = Payables(town)
    coupa_pays(town)
    town.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(town, "C-1", "100.00")
    town.sync(BORN)
    row = clerks.items(number)[0]
    payment = pay(town, number) if began else 0
    town.sync(BORN, PAYMENTS)
    assert town.exceptions(BORN) == []
    town.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]))
    town.sync(BORN)
    told(town, BORN, "payable_in_both", "100.00 of it paid by JD Edwards itself; invoice C-1")
    town.sweep(BORN)
    assert len(town.exceptions(BORN)) == 1
    if began:
        act(town, "move_payment", id=payment, status="cancelled")
    town.spend.set("invoices", number, paid=True)
    town.sync(BORN)
    assert town.exceptions(BORN) == []


def test_what_coupa_pay_paid_in_parts_is_no_payment_of_jde(town: Site) -> None:
    """Given an invoice that was born in Coupa, of which Coupa Pay has paid a part, booked in JD Edwards
    then nothing is told of it; nor once the rest is paid."""
    Payables(town)
    coupa_pays(town)
    town.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(town, "C-1", "100.00")
    town.sync(BORN)
    for amount in ("40.00", "60.00"):
        pay(town, number, "completed_successfully", amount=amount)
        for _ in range(2):
            town.sync(BORN, PAYMENTS)
            assert town.exceptions(BORN) == town.exceptions(PAYMENTS) == []


@pytest.mark.reason("paid_by_another")
def test_an_invoice_that_a_person_marks_as_paid_leaves_its_voucher_open(town: Site) -> None:
    """Given an invoice that was born in Coupa and that Coupa Pay pays, when somebody records there that it was paid by
    hand, then it is told, since nobody books it on the voucher."""
    Payables(town)
    coupa_pays(town)
    town.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(town, "C-1", "100.00")
    town.sync(BORN)
    town.spend.set("invoices", number, paid=True, payments=[BY_HAND])
    town.sync(BORN)
    told(town, BORN, "paid_by_another", "cheque 7")


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("status", ["payment_initiated", "completed_successfully"])
@pytest.mark.parametrize("flow", [FLOW, BORN])
def test_what_a_person_records_beside_a_payment_of_coupa_pay_is_urgent(town: Site, flow: str, status: str) -> None:
    """Given an invoice that Coupa Pay is paying, or has paid, of a voucher of JD Edwards or born in Coupa
    when a user of Coupa records a payment of it by hand beside, of the same amount
    then it is told, of high severity, with both; taken off again, nothing is left to tell."""
    Payables(town)
    coupa_pays(town)
    town.configure(BORN, **DIRECT, payer="coupa")
    number = approved(town)[1] if flow == FLOW else invoice(town, "C-1", "100.00")
    town.sync(BORN)
    payment = pay(town, number, status)
    town.sync(flow, PAYMENTS)
    assert town.exceptions(flow) == []
    paid = shown(town, number)["paid"]
    before = [{name: each[name] for name in BY_HAND} for each in shown(town, number)["payments"]]
    town.sandbox.clock.advance(60)
    town.spend.set("invoices", number, paid=True, payments=[*before, BY_HAND])
    town.sync(flow)
    told(town, flow, "paid_by_another", f"payment cheque 7 of 100.00, beside payment CP-{payment} of 100.00, {status}")
    town.sandbox.clock.advance(60)
    town.spend.set("invoices", number, paid=paid, payments=before)
    town.replay(flow)
    town.sync(flow, PAYMENTS)
    assert town.exceptions(flow) == []


@pytest.mark.reason("paid_by_another")
def test_a_part_that_a_person_records_where_coupa_pay_pays_is_urgent(town: Site) -> None:
    """Given an invoice born in Coupa that Coupa Pay pays, when a user of Coupa records a part of it as paid by hand
    then it is told, since nobody books it on the voucher."""
    Payables(town)
    coupa_pays(town)
    town.configure(BORN, **DIRECT, payer="coupa")
    number = invoice(town, "C-1", "100.00")
    town.sync(BORN)
    town.spend.set("invoices", number, payments=[BY_HAND | {"amount-paid": "40.00"}])
    town.sync(BORN)
    told(town, BORN, "paid_by_another", "payment cheque 7 of 40.00, on invoice C-1")


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("when", ["before", "after", "part"])
def test_a_part_that_a_person_records_where_jde_pays_is_urgent(town: Site, when: str) -> None:
    """Given a site where JD Edwards pays invoices that are born in Coupa
    when a user of Coupa records a part of one as paid by hand, before or after its voucher was made, or beside a part
    that JD Edwards has paid and told
    then it is told, of high severity, since JD Edwards would pay it again; paid by hand in JD Edwards too, it is well.
    """
    clerks = Payables(town)
    town.configure(BORN, **DIRECT)
    town.flows["payments_to_coupa"] = {}
    number = invoice(town, "C-1", "100.00")
    if when != "before":
        town.sync(BORN, "payments_to_coupa")
    if when == "part":
        row = clerks.items(number)[0]
        town.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]), "30.00")
        for _ in range(2):
            town.sync(BORN, "payments_to_coupa")
            assert len(shown(town, number)["payments"]) == 1 and town.exceptions(BORN) == []
    before = [{name: each[name] for name in BY_HAND} for each in shown(town, number)["payments"]]
    town.sandbox.clock.advance(60)
    town.spend.set("invoices", number, payments=[*before, BY_HAND | {"amount-paid": "40.00"}])
    town.sync(BORN)
    told(town, BORN, "paid_by_another", "payment cheque 7 of 40.00, on invoice C-1")
    if when == "before":
        assert clerks.items(number) == []
        return
    row = clerks.items(number)[0]
    town.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]), "40.00", number=5002)
    town.replay(BORN)
    town.sync(BORN)
    assert town.exceptions(BORN) == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_a_part_that_jde_paid_is_no_payment_of_a_person(town: Site) -> None:
    """Given an invoice born in Coupa of which JD Edwards has paid a part, and Coupa was told, then nothing is told of
    it; nor when that payment is voided, nor where the ledger was lost."""
    clerks = Payables(town)
    town.configure(BORN, **DIRECT)
    town.flows["payments_to_coupa"] = {}
    number = invoice(town, "C-1", "100.00")
    town.sync(BORN)
    row = clerks.items(number)[0]
    town.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]), "30.00")
    for _ in range(2):
        town.sync(BORN, "payments_to_coupa")
        assert len(shown(town, number)["payments"]) == 1 and town.exceptions(BORN) == []
    with town.forgetting() as blank:
        for _ in range(2):
            blank.sync(BORN, "payments_to_coupa")
            assert len(shown(town, number)["payments"]) == 1 and blank.exceptions(BORN) == []
    town.books.void_payment()
    for _ in range(2):
        town.sync(BORN, "payments_to_coupa")
        assert town.exceptions(BORN) == town.exceptions("payments_to_coupa") == []


@pytest.mark.as_delivered("jde.unposted_payment_void")
def test_an_invoice_that_jde_paid_and_told_is_paid_by_nobody_else(town: Site) -> None:
    """Given an invoice born in Coupa that JD Edwards has paid, and Coupa was told, then nothing is told of it; nor when
    that payment is voided."""
    clerks = Payables(town)
    town.configure(BORN, **DIRECT)
    town.flows["payments_to_coupa"] = {}
    number = invoice(town, "C-1", "100.00")
    town.sync(BORN)
    row = clerks.items(number)[0]
    town.books.pay(Entry(row["DOC"], row["DCT"], row["KCO"]))
    for _ in range(2):
        town.sync(BORN, "payments_to_coupa")
        assert shown(town, number)["paid"] is True and town.exceptions(BORN) == []
    town.books.void_payment()
    town.sync(BORN, "payments_to_coupa")
    assert shown(town, number)["paid"] is False
    assert town.exceptions(BORN) == town.exceptions("payments_to_coupa") == []


# -- what a person changes in Coupa -----------------------------------------------------------------------------------


@pytest.mark.reason("more_payable")
def test_an_invoice_that_a_person_makes_larger_in_coupa_is_urgent(town: Site) -> None:
    """Given an approved invoice of a voucher that Coupa Pay pays
    when somebody corrects its price to more in Coupa, and it is approved again, and nothing moves in JD Edwards
    then the next sync tells it, of high severity; corrected back, it is well again."""
    coupa_pays(town)
    _, number = approved(town)
    line = {"line-num": 1, "price": "150.00"}
    act(town, "change_invoice", id=number, set={"invoice-lines": [line]})
    act(town, "approve_invoice", id=number)
    town.sync(FLOW)
    told(town, FLOW, "more_payable", "150.00")
    act(town, "change_invoice", id=number, set={"invoice-lines": [line | {"price": "100.00"}]})
    act(town, "approve_invoice", id=number)
    town.sync(FLOW)
    assert town.exceptions(FLOW) == []


@pytest.mark.reason("total_differs")
def test_an_invoice_that_a_person_changes_in_coupa_is_told_where_jde_pays(town: Site) -> None:
    """Given an invoice that Coupa only shows, when somebody changes its price there, then the next sync tells it."""
    _, number = approved(town)
    act(town, "change_invoice", id=number, set={"invoice-lines": [{"line-num": 1, "price": "80.00"}]})
    for _ in range(2):
        town.sync(FLOW)
        assert town.exception(FLOW).reason == "total_differs"


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize("field", ["invoice_number", "internal_note"])
def test_an_invoice_that_loses_its_number_or_key_is_told(town: Site, field: str) -> None:
    """Given an invoice of a voucher, when somebody overwrites its number, or our key on it
    then the next sync tells it, since nobody finds it by that any more; with `on_conflict: source` it is put back."""
    town.books.voucher(4711)
    town.sync(FLOW)
    number = int(town.spend.invoice("INV-4711")["id"])
    before = shown(town, number)[field.replace("_", "-")]
    town.spend.set("invoices", number, **{field: "mine"})
    town.sync(FLOW)
    assert town.exception(FLOW).reason == "changed_on_both_sides"
    town.configure(FLOW, on_conflict="source")
    town.replay(FLOW)
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and shown(town, number)[field.replace("_", "-")] == before


@pytest.mark.reason("missing_in_target")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_an_invoice_that_is_deleted_in_coupa_is_found_by_the_sweep(town: Site, payer: str) -> None:
    """Given a draft of a voucher, when somebody deletes it in Coupa, so that nobody would pay the voucher
    then the sweep tells it; once its link is removed and it is replayed, it is made anew, once."""
    if payer == "coupa":
        coupa_pays(town)
    town.books.voucher(4711)
    town.sync(FLOW)
    act(town, "delete_invoice", id=int(town.spend.invoice("INV-4711")["id"]))
    town.sweep(FLOW)
    found = town.exception(FLOW)
    assert found.reason == "missing_in_target"
    town.ledger.links.remove(f"{town.NAME}/{FLOW}", found.key, "clerk", town.clock.now())
    town.replay(FLOW)
    town.sync(FLOW)
    assert town.exceptions(FLOW) == [] and town.spend.invoice("INV-4711")["status"] == "draft"


@pytest.mark.reason("missing_in_target")
def test_an_external_payable_that_is_gone_from_coupa_is_found_by_the_sweep(town: Site) -> None:
    """Given a voucher that Coupa Pay pays as an external payable, when that is gone from Coupa, so that nobody would
    pay the voucher, then the sweep tells it."""
    coupa_pays(town)
    town.configure(FLOW, mode="external_payables")
    town.books.voucher(4711)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    town.spend.delete("external_payables", town.spend.one("payables/external/payables")["id"])
    town.sweep(FLOW)
    assert town.exception(FLOW).reason == "missing_in_target"


# -- external payables that a person changes in Coupa ------------------------------------------------------------------


def payable(town: Site) -> tuple[Entry, int]:
    """A voucher and its external payable; the payable's id."""
    coupa_pays(town)
    town.configure(FLOW, mode="external_payables")
    entry = town.books.voucher(4711)
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    return entry, int(town.spend.one("payables/external/payables")["id"])


@pytest.mark.reason("paid_by_another")
@pytest.mark.parametrize("paid", ["100.00", "30.00"])
def test_an_external_payable_that_is_paid_in_coupa_is_urgent(town: Site, paid: str) -> None:
    """Given an external payable, when it is shown as paid in Coupa, all or a part, and nothing moves in JD Edwards
    then the next sync tells it and leaves it as it is; once the voucher is paid in JD Edwards too, it is well again."""
    entry, number = payable(town)
    town.spend.set("external_payables", number, paid_amount=Decimal(paid))
    town.sync(FLOW)
    told(town, FLOW, "paid_by_another", f"{Decimal(100) - Decimal(paid):.2f} of it open in Coupa, 100.00 in JD Edwards")
    town.books.pay(entry, paid)
    for _ in range(2):
        assert town.sync(FLOW)[FLOW].writes == 0
        assert town.exceptions(FLOW) == []


@pytest.mark.reason("more_payable")
@pytest.mark.parametrize("part", [None, "30.00"])
def test_an_external_payable_that_is_made_larger_in_coupa_is_urgent(town: Site, part: str | None) -> None:
    """Given an external payable, or one of which JD Edwards paid a part
    when somebody in Coupa makes it larger, or takes that part off, then the next sync tells it; with
    `on_conflict: source` it is put back, once."""
    entry, number = payable(town)
    if part:
        town.books.pay(entry, part)
        town.sync(FLOW)
    changed = {"paid_amount": Decimal(0)} if part else {"payable_amount": Decimal(150)}
    town.spend.set("external_payables", number, **changed)
    town.sync(FLOW)
    told(town, FLOW, "more_payable", "100.00 of it open in Coupa, 70.00" if part else "150.00 of it open in Coupa")
    town.configure(FLOW, on_conflict="source")
    town.replay(FLOW)
    town.sync(FLOW)
    held = town.spend.one("payables/external/payables")
    assert (Decimal(held["payable-amount"]), Decimal(held["paid-amount"])) == (100, Decimal(part or 0))
    assert town.exceptions(FLOW) == [] and town.sync(FLOW)[FLOW].writes == 0


@pytest.mark.reason("changed_on_both_sides")
@pytest.mark.parametrize(
    "field, mine, before", [("payable_amount", Decimal(80), Decimal(100)), ("document_number", "mine", "INV-4711")]
)
def test_an_external_payable_that_is_changed_in_coupa_is_told(
    town: Site, field: str, mine: object, before: object
) -> None:
    """Given an external payable, when somebody makes it smaller or gives it another number in Coupa
    then the next sync tells it; set back by him, it is well again; and our own changes are nobody's."""
    entry, number = payable(town)
    town.spend.set("external_payables", number, **{field: mine})
    for _ in range(2):
        assert town.sync(FLOW)[FLOW].writes == 0
        assert {each.reason for each in town.exceptions(FLOW)} == {"changed_on_both_sides"}
    town.spend.set("external_payables", number, **{field: before})
    assert town.sync(FLOW)[FLOW].writes == 0
    assert town.exceptions(FLOW) == []
    town.books.pay(entry, "25.00")
    assert town.sync(FLOW)[FLOW].writes > 0
    for _ in range(2):
        assert outcomes(town.sync(FLOW)[FLOW]) == {"unchanged": 1}
    assert town.exceptions(FLOW) == []

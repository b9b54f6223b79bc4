"""Who is paid by the voucher of an invoice that was born in Coupa: its supplier, remit-to address or payee changes."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class

SUPPLIER, FACTOR = 4343, 4344
PLACE = {"street1": "1 Quay", "city": "Leeds", "postal-code": "LS1 1AA", "country": {"code": "GB"}}


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Coupa's and JD Edwards' clerks; vouchers are entered at once."""
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    return made


def run(testbed: Site) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(testbed.sync(FLOW)[FLOW])


def reported(testbed: Site) -> tuple[str, str, str]:
    """Reason, severity and field of the flow's only exception."""
    found = testbed.exception(FLOW)
    return found.reason, severity_of(found.reason), found.field


def voucher(payables: Payables, id: int) -> Entry:
    """The newest voucher of an invoice."""
    row = payables.items(id)[-1]
    return Entry(row["DOC"], row["DCT"], row["KCO"])


def owed(payables: Payables, id: int) -> list[tuple[int, int, str]]:
    """(supplier, payee, `void` or pay status) of the vouchers of an invoice."""
    rows, states = payables.items(id), payables.vouchers(id)
    return [(int(row["AN8"]), int(row["PYE"]), state) for row, (_, _, state) in zip(rows, states, strict=True)]


def give(payables: Payables, id: int, supplier: int | str) -> None:
    """A user of Coupa gives an invoice to another supplier, and it is approved again."""
    payables.site.sandbox.clock.advance(60)
    payables.act("change_invoice", id=id, set={"supplier": {"number": str(supplier)}})
    payables.act("approve_invoice", id=id)


def factored(testbed: Site, payables: Payables, id: int, **columns: Any) -> None:
    """A clerk of JD Edwards gives the pay item to another payee (speed status change)."""
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(voucher(payables, id), "", **({"PYE": FACTOR} | columns))


def differing(testbed: Site) -> set[tuple[str, str, str]]:
    """(field, source, target) of what `reconcile` finds."""
    with testbed.context() as context:
        found = compare(flow_class("jde_coupa", FLOW)(context)).differences
    return {(each.field, str(each.source), str(each.target)) for each in found}


# -- the supplier changes in Coupa -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["direct", "batch"])
@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_the_voucher_follows_the_supplier_of_its_invoice(
    testbed: Site, payables: Payables, mode: str, payer: str
) -> None:
    """Given the unpaid voucher of an invoice
    when the invoice is given to another supplier in Coupa
    then the voucher is void, and the next revision is the other supplier's."""
    testbed.configure(FLOW, mode=mode, payer=payer)
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    give(payables, id, FACTOR)
    assert run(testbed) == {"created": 1}
    status = "A" if payer == "jde" else "H"
    assert owed(payables, id) == [(SUPPLIER, SUPPLIER, "void"), (FACTOR, FACTOR, status)]
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("how", ["partly paid", "paid", "in payment", "on_change: hold", "no voucher_void"])
def test_a_voucher_that_cannot_follow_its_supplier_is_urgent(testbed: Site, payables: Payables, how: str) -> None:
    """Given a voucher that JD Edwards has paid, or is paying, or that the site does not have voided
    when its invoice is given to another supplier in Coupa
    then nothing is changed: it is an exception of high severity with both suppliers and what is open."""
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    entry = voucher(payables, id)
    match how:
        case "partly paid":
            testbed.books.pay(entry, "40.00")
        case "paid":
            testbed.books.pay(entry)
        case "in payment":
            testbed.books.change_items(entry, "", PST="#")
        case "on_change: hold":
            testbed.configure(FLOW, on_change="hold")
        case _:
            acts = testbed.connections["jde"]["orchestrations"]
            testbed.connect("jde", orchestrations={name: each for name, each in acts.items() if name != "voucher_void"})
    give(payables, id, FACTOR)
    assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high", "supplier")
    value = testbed.exception(FLOW).value
    assert f"is supplier {SUPPLIER}'s, Coupa has {FACTOR}" in value
    left = {"paid": "nothing of it is open", "partly paid": "60.00 GBP open"}.get(how, "100.00 GBP open")
    assert left in value
    assert [supplier for supplier, _, _ in owed(payables, id)] == [SUPPLIER]
    give(payables, id, SUPPLIER)
    run(testbed)
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("supplier_not_linked")
def test_the_old_supplier_is_not_owed_in_silence_while_the_new_one_is_unknown(
    testbed: Site, payables: Payables
) -> None:
    """Given a voucher that JD Edwards pays
    when its invoice is given to a supplier whom JD Edwards does not have
    then that is of high severity, beside what it waits for; once it is there the voucher follows."""
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    other = testbed.spend.create("suppliers", {"name": "Nobody Ltd", "number": "4999", "status": "active"})
    give(payables, id, 4999)
    for _ in range(2):
        assert run(testbed) == {"held": 1}
    assert testbed.reasons(FLOW) == {f"invoices:{id}": {"payee_changed", "supplier_not_linked"}}
    assert owed(payables, id) == [(SUPPLIER, SUPPLIER, "A")]
    testbed.books.supplier(4999, "Nobody Ltd")
    testbed.link("suppliers", "F0401:4999", "suppliers", other)
    assert run(testbed) == {"created": 1}
    assert owed(payables, id) == [(SUPPLIER, SUPPLIER, "void"), (4999, 4999, "A")]
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
def test_a_change_of_supplier_is_told_beside_whatever_else_holds_it(testbed: Site, payables: Payables) -> None:
    """Given a voucher that JD Edwards pays
    when its invoice gets another supplier and a closed account at once
    then the change of supplier is told of high severity, beside the account."""
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    testbed.sandbox.clock.advance(60)
    testbed.books.account("30.5010", "Grounds upkeep", posting="N")
    give(payables, id, FACTOR)
    assert run(testbed) == {"held": 1}
    assert testbed.reasons(FLOW) == {f"invoices:{id}": {"payee_changed", "account_not_postable"}}


# -- the voucher changes in JD Edwards ---------------------------------------------------------------------------------


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["open", "partly paid", "paid"])
@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_a_payee_that_a_clerk_changes_is_told(testbed: Site, payables: Payables, payer: str, state: str) -> None:
    """Given the voucher of an invoice, in whatever state
    when a clerk of JD Edwards gives it to another payee and nothing moves in Coupa
    then the next sync tells it, of high severity, and undoes nothing; so does `reconcile`. Given back, it is well."""
    testbed.configure(FLOW, payer=payer)
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    if state != "open":
        testbed.books.pay(voucher(payables, id), "40.00" if state == "partly paid" else None)
    assert run(testbed) == {"unchanged": 1}
    factored(testbed, payables, id)
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert reported(testbed) == ("payee_changed", "high", "payee")
    assert f"pays {FACTOR}, not {SUPPLIER}" in testbed.exception(FLOW).value
    assert ("supplier", str(SUPPLIER), f"{SUPPLIER}, payee {FACTOR}") in differing(testbed)
    factored(testbed, payables, id, PYE=SUPPLIER)
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == [] and differing(testbed) == set()


@pytest.mark.reason("payee_changed")
def test_a_payee_that_is_meant_is_accepted_where_jde_pays(testbed: Site, payables: Payables) -> None:
    """Given a voucher that a clerk has factored, and JD Edwards pays
    when somebody replays it, then it is as it shall be; another change of the payee is told again.
    Where Coupa Pay pays, it stays an exception: its payment would go to the supplier."""
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    factored(testbed, payables, id)
    assert run(testbed) == {"held": 1}
    testbed.replay(FLOW)
    for _ in range(2):
        assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == [] and differing(testbed) == set()
    factored(testbed, payables, id, PYE=4999)
    assert run(testbed) == {"held": 1}
    assert f"pays 4999, not {FACTOR} before" in testbed.exception(FLOW).value
    testbed.configure(FLOW, payer="coupa")
    testbed.replay(FLOW)
    assert run(testbed) == {"held": 1}


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["open", "partly paid", "paid"])
def test_a_supplier_that_is_merged_in_jde_is_told_until_coupa_agrees(
    testbed: Site, payables: Payables, state: str
) -> None:
    """Given the voucher of an invoice, in whatever state
    when its supplier is merged into another in JD Edwards
    then the next sync tells it, of high severity; once the invoice is the other supplier's, both agree."""
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    if state != "open":
        testbed.books.pay(voucher(payables, id), "40.00" if state == "partly paid" else None)
    factored(testbed, payables, id, AN8=FACTOR)
    for _ in range(2):
        assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high", "supplier")
    assert ("supplier", str(SUPPLIER), str(FACTOR)) in differing(testbed)
    give(payables, id, FACTOR)
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == [] and len(payables.items(id)) == 1


def test_a_changed_payee_is_not_voided_away(testbed: Site, payables: Payables) -> None:
    """Given a voucher whose payee a clerk has changed, when its invoice gets another price in Coupa
    then it is told, and the clerk's voucher stays until they have put the payee back."""
    id = payables.invoice()
    assert run(testbed) == {"created": 1}
    factored(testbed, payables, id)
    payables.change(id, "120.00")
    assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high", "payee")
    assert owed(payables, id) == [(SUPPLIER, FACTOR, "A")]
    factored(testbed, payables, id, PYE=SUPPLIER)
    assert run(testbed) == {"created": 1}
    assert owed(payables, id) == [(SUPPLIER, SUPPLIER, "void"), (SUPPLIER, SUPPLIER, "A")]


@pytest.mark.parametrize("mode", ["direct", "batch"])
def test_the_payee_that_jde_itself_enters_is_no_change_where_it_pays(
    testbed: Site, payables: Payables, mode: str
) -> None:
    """Given a supplier whose vouchers JD Edwards itself enters for a factor
    when its invoice becomes a voucher that JD Edwards pays
    then nothing is told: JD Edwards pays whom it always pays; a clerk's change of that payee is."""
    testbed.configure(FLOW, mode=mode)
    testbed.sandbox.post("/options", {"jde": {"special_payees": {str(SUPPLIER): FACTOR}}})
    id = payables.invoice()
    for expected in ({"created": 1}, {"unchanged": 1}, {"unchanged": 1}):
        assert run(testbed) == expected
    assert owed(payables, id) == [(SUPPLIER, FACTOR, "A")]
    assert testbed.exceptions(FLOW) == [] and differing(testbed) == set()
    factored(testbed, payables, id, PYE=SUPPLIER)
    assert run(testbed) == {"held": 1}
    assert f"pays {SUPPLIER}, not {FACTOR} before" in testbed.exception(FLOW).value


@pytest.mark.reason("payee_changed")
def test_a_factored_supplier_is_told_at_once_where_coupa_pays(testbed: Site, payables: Payables) -> None:
    """Given a supplier whose vouchers JD Edwards itself enters for a factor
    when its invoice becomes a voucher that Coupa Pay pays
    then it is told before any payment comes, which would not fit; once the payee is the supplier it is well."""
    testbed.configure(FLOW, payer="coupa")
    testbed.sandbox.post("/options", {"jde": {"special_payees": {str(SUPPLIER): FACTOR}}})
    id = payables.invoice()
    assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high", "payee")
    factored(testbed, payables, id, PYE=SUPPLIER)
    run(testbed)
    assert testbed.exceptions(FLOW) == []
    assert owed(payables, id) == [(SUPPLIER, SUPPLIER, "H")]


# -- where the money is sent to ----------------------------------------------------------------------------------------


def remit_to(testbed: Site, code: str, supplier: int = SUPPLIER) -> int:
    """A remit-to address of a supplier in Coupa; its id."""
    owner = {"id": testbed.spend.supplier(supplier)["id"]}
    return testbed.spend.create("remit_to_addresses", {**PLACE, "remit-to-code": code, "supplier": owner})


def redirect(testbed: Site, id: int, place: int | None) -> None:
    """A user of Coupa has an invoice paid to another address of its supplier."""
    testbed.sandbox.clock.advance(60)
    testbed.spend.set("invoices", id, remit_to_address={"id": place} if place else None)


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
@pytest.mark.parametrize("state", ["open", "partly paid", "paid"])
def test_a_remit_to_address_that_changes_after_the_voucher_was_made_is_urgent(
    testbed: Site, payables: Payables, payer: str, state: str
) -> None:
    """Given the voucher of an invoice, in whatever state
    when the invoice is to be paid to another address of its supplier in Coupa
    then it is an exception of high severity with both addresses; put back, or accepted by a replay, it is well."""
    testbed.configure(FLOW, payer=payer)
    first, second = remit_to(testbed, "ANVIL-1"), remit_to(testbed, "ANVIL-2")
    id = payables.invoice(remit_to_address={"id": first})
    assert run(testbed) == {"created": 1}
    if state != "open":
        testbed.books.pay(voucher(payables, id), "40.00" if state == "partly paid" else None)
    redirect(testbed, id, second)
    for _ in range(2):
        report = testbed.sync(FLOW)[FLOW]
        assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert reported(testbed) == ("payee_changed", "high", "remit_to")
    assert "ANVIL-2, ANVIL-1 when the voucher was made" in testbed.exception(FLOW).value
    redirect(testbed, id, first)
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []
    redirect(testbed, id, second)
    assert run(testbed) == {"held": 1}
    testbed.replay(FLOW)
    for _ in range(2):
        assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []

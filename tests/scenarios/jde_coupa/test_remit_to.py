"""Factored vouchers that Coupa Pay pays at the remit-to address of their supplier that is mapped for the payee."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from coupa_originals import act
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_payables import FLOW as APPROVED
from scenario_payables import Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class
from connector_assets.pairs.value_tables import check_known
from connector_resources.errors import UnusableInput

SUPPLIER, FACTOR, SECOND = 4343, 4344, 4999
FLOW, PAYMENTS = "invoices", "payments_to_jde"
NEXT = TODAY + timedelta(days=1)
PLACE = {"street1": "1 Quay", "city": "Leeds", "postal-code": "LS1 1AA", "country": {"code": "GB"}}


@pytest.fixture
def paid_by_coupa(testbed: Site) -> Site:
    """Coupa Pay pays the invoices of JD Edwards' vouchers; the supplier has addresses of its own and a factor's."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.configure(FLOW, handed_over_status="Y", factored="remit_to")
    testbed.flows[PAYMENTS] = {}
    for code in ("ANVIL-1", "ANVIL-2", "FACT-1", "FACT-2"):
        address(testbed, code)
    return testbed


def address(testbed: Site, code: str, supplier: int = SUPPLIER, **more: Any) -> int:
    """A remit-to address of a supplier in Coupa; its id."""
    owner = {"id": testbed.spend.supplier(supplier)["id"]}
    return testbed.spend.create("remit_to_addresses", {**PLACE, "remit-to-code": code, "supplier": owner, **more})


def run(testbed: Site) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(testbed.sync(FLOW)[FLOW])


def reported(testbed: Site) -> tuple[str, str, str]:
    """Reason, severity and field of the flow's only exception."""
    found = testbed.exception(FLOW)
    return found.reason, severity_of(found.reason), found.field


def factored(testbed: Site, entry: Entry, payee: int = FACTOR) -> None:
    """A clerk of JD Edwards gives the open pay item to another payee."""
    testbed.sandbox.clock.advance(60)
    testbed.books.change_items(entry, "", PYE=payee)


def place_of(testbed: Site, number: str = "INV-4711") -> tuple[str, str]:
    """Supplier and remit-to code of an invoice in Coupa."""
    invoice = testbed.spend.invoice(number)
    return str(invoice["supplier"]["number"]), (invoice.get("remit-to-address") or {}).get("remit-to-code") or ""


def redirect(testbed: Site, code: str, number: str = "INV-4711") -> None:
    """A user of Coupa has an invoice paid to another address."""
    testbed.sandbox.clock.advance(60)
    id = int(testbed.spend.invoice(number)["id"])
    testbed.spend.set("invoices", id, remit_to_address={"remit-to-code": code} if code else None)


def differing(testbed: Site) -> set[tuple[str, str, str]]:
    """(field, source, target) of what `reconcile` finds."""
    with testbed.context() as context:
        found = compare(flow_class("jde_coupa", FLOW)(context)).differences
    return {(each.field, str(each.source), str(each.target)) for each in found}


def pay(testbed: Site, number: str = "INV-4711") -> None:
    """Coupa Pay pays an approved invoice."""
    id = testbed.spend.invoice(number)["id"]
    act(testbed, "make_payment", invoices=[{"id": id}], status="completed_successfully", date="2026-03-02")


@pytest.mark.reason("remit_to_not_mapped")
def test_a_factored_voucher_waits_for_its_address_and_is_paid_there(paid_by_coupa: Site) -> None:
    """Given a voucher that is to be paid to a factor
    when no address is mapped for supplier and factor, then it is held with the command that maps it;
    when one is, its invoice is the supplier's, to be paid at that address, and the payment is booked on the voucher."""
    testbed = paid_by_coupa
    entry = testbed.books.voucher()
    factored(testbed, entry)
    assert run(testbed) == {"held": 1}
    found = testbed.exception(FLOW)
    assert (found.reason, found.value) == ("remit_to_not_mapped", "4343/4344")
    assert "connector mappings set jde_coupa remit_to 4343/4344 CODE" in found.fix
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    assert run(testbed) == {"created": 1}
    assert place_of(testbed) == (str(SUPPLIER), "FACT-1")
    assert run(testbed) == {"unchanged": 1} and differing(testbed) == set()
    testbed.spend.approve("INV-4711")
    pay(testbed)
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"created": 1}
    assert testbed.exceptions(FLOW) == testbed.exceptions(PAYMENTS) == []


def test_a_voucher_that_is_not_factored_needs_no_address(paid_by_coupa: Site) -> None:
    """Given a voucher that is to be paid to its supplier
    when nothing is mapped, its invoice is left to the address that Coupa has; an address of its own may be mapped."""
    testbed = paid_by_coupa
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    assert place_of(testbed) == (str(SUPPLIER), "")
    testbed.map_value("remit_to", "4343/4343", "ANVIL-1")
    testbed.books.voucher(4712)
    run(testbed)
    assert place_of(testbed, "INV-4712") == (str(SUPPLIER), "ANVIL-1")


@pytest.mark.parametrize("mapped", [True, False])
def test_a_draft_follows_the_payee_of_its_voucher(paid_by_coupa: Site, mapped: bool) -> None:
    """Given a draft that is to be paid to the supplier, at an address that is mapped or not
    when its voucher is factored, then the draft is paid at the factor's address."""
    testbed = paid_by_coupa
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    if mapped:
        testbed.map_value("remit_to", "4343/4343", "ANVIL-1")
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    factored(testbed, entry)
    assert run(testbed) == {"updated": 1}
    assert place_of(testbed) == (str(SUPPLIER), "FACT-1")
    assert run(testbed) == {"unchanged": 1}
    factored(testbed, entry, SUPPLIER)
    if mapped:
        assert run(testbed) == {"updated": 1}
        assert place_of(testbed) == (str(SUPPLIER), "ANVIL-1")
    else:
        # Coupa has not said that an address can be taken off
        assert run(testbed) == {"held": 1}
        assert reported(testbed) == ("payee_changed", "high", "remit_to")
        redirect(testbed, "ANVIL-1")
        assert run(testbed) == {"unchanged": 1}


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("remit_to_not_mapped")
@pytest.mark.parametrize("state", ["draft", "approved"])
def test_a_payee_without_an_address_that_comes_later_is_urgent(paid_by_coupa: Site, state: str) -> None:
    """Given an invoice in Coupa that is to be paid to the supplier
    when its voucher is factored and no address is mapped for the factor
    then it is an exception of high severity, beside the one that names the command."""
    testbed = paid_by_coupa
    entry = testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    if state == "approved":
        testbed.spend.approve("INV-4711")
    factored(testbed, entry)
    assert run(testbed) == {"held": 1}
    assert testbed.reasons(FLOW) == {entry.document: {"payee_changed", "remit_to_not_mapped"}}


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["submitted", "approved", "in payment"])
def test_an_invoice_that_is_on_its_way_does_not_follow_and_is_urgent(paid_by_coupa: Site, state: str) -> None:
    """Given an invoice that approvers have, or Coupa Pay is paying
    when its voucher is factored to somebody for whom an address is mapped
    then it stays as it is, and that is an exception of high severity with both; back at the supplier it is well."""
    testbed = paid_by_coupa
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    testbed.configure(FLOW, submit=True)
    entry = testbed.books.voucher()
    assert run(testbed)["created"] == 1
    if state != "submitted":
        testbed.spend.approve("INV-4711")
    if state == "in payment":
        act(testbed, "make_payment", invoices=[{"id": testbed.spend.invoice("INV-4711")["id"]}])
    factored(testbed, entry)
    for _ in range(2):
        assert run(testbed) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high", "remit_to")
    assert "remit-to none, ours FACT-1; INV-4711 of 100.00" in testbed.exception(FLOW).value
    assert ("remit_to", "FACT-1", "") in differing(testbed)
    factored(testbed, entry, SUPPLIER)
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("payee", [SUPPLIER, FACTOR])
@pytest.mark.parametrize("state", ["draft", "approved"])
def test_an_invoice_that_somebody_redirects_in_coupa_is_urgent(paid_by_coupa: Site, state: str, payee: int) -> None:
    """Given an invoice of a voucher, factored or not
    when somebody has it paid to another address of the supplier in Coupa the next day, and nothing moves in JD Edwards
    then the next sync says so, of high severity; put back, it is well again."""
    testbed = paid_by_coupa
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    testbed.map_value("remit_to", "4343/4343", "ANVIL-1")
    entry = testbed.books.voucher()
    factored(testbed, entry, payee)
    assert run(testbed) == {"created": 1}
    if state == "approved":
        testbed.spend.approve("INV-4711")
        run(testbed)
    testbed.sandbox.clock.advance(86_400)
    redirect(testbed, "ANVIL-2")
    for _ in range(2):
        assert outcomes(testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"held": 1}
    assert reported(testbed) == ("payee_changed", "high", "remit_to")
    ours = "FACT-1" if payee == FACTOR else "ANVIL-1"
    assert f"remit-to ANVIL-2, ours {ours}" in testbed.exception(FLOW).value
    assert ("remit_to", ours, "ANVIL-2") in differing(testbed)
    redirect(testbed, ours)
    assert outcomes(testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("factored_is", ["hold", "remit_to"])
def test_an_unmapped_address_that_changes_is_urgent_until_somebody_accepts_it(
    paid_by_coupa: Site, factored_is: str
) -> None:
    """Given an invoice of a supplier for whom no address is mapped
    when somebody has it paid to another address in Coupa
    then that is an exception of high severity, which a replay accepts; the address of a factor it does not accept."""
    testbed = paid_by_coupa
    testbed.configure(FLOW, factored=factored_is)
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    redirect(testbed, "ANVIL-2")
    assert run(testbed) == {"held": 1}
    assert "remit-to ANVIL-2, ours none" in testbed.exception(FLOW).value
    testbed.replay(FLOW)
    for _ in range(2):
        assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []
    redirect(testbed, "FACT-1")
    assert run(testbed) == {"held": 1}
    testbed.replay(FLOW)
    assert run(testbed) == {"held": 1}
    assert f"remit-to FACT-1, {FACTOR}, ours supplier {SUPPLIER}'s own" in testbed.exception(FLOW).value


def test_jde_wins_over_who_redirects_a_draft_where_the_site_says_so(paid_by_coupa: Site) -> None:
    """Given `on_conflict: source`, when somebody redirects a draft, then it is sent to the mapped address again."""
    testbed = paid_by_coupa
    testbed.configure(FLOW, on_conflict="source")
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    factored(testbed, testbed.books.voucher())
    assert run(testbed) == {"created": 1}
    redirect(testbed, "FACT-2")
    assert run(testbed) == {"updated": 1}
    assert place_of(testbed) == (str(SUPPLIER), "FACT-1")


@pytest.mark.reason("paid_to_another")
@pytest.mark.parametrize("payee", [SUPPLIER, FACTOR])
def test_a_payment_at_another_partys_address_is_not_booked(paid_by_coupa: Site, payee: int) -> None:
    """Given an invoice that Coupa Pay has paid, at the factor's address or at the supplier's own
    when the voucher is to be paid to the other of them by then
    then the payment is held, of high severity."""
    testbed = paid_by_coupa
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    testbed.map_value("remit_to", "4343/4343", "ANVIL-1")
    entry = testbed.books.voucher()
    factored(testbed, entry, payee)
    assert run(testbed) == {"created": 1}
    testbed.spend.approve("INV-4711")
    pay(testbed)
    factored(testbed, entry, FACTOR if payee == SUPPLIER else SUPPLIER)
    assert outcomes(testbed.sync(PAYMENTS)[PAYMENTS]) == {"held": 1}
    assert testbed.exception(PAYMENTS).reason == "paid_to_another"


@pytest.mark.reason("factored")
def test_pay_items_of_several_payees_and_external_payables_have_no_address(paid_by_coupa: Site) -> None:
    """Given a voucher of two payees, and one that becomes an external payable, which names nobody
    then no address helps: both are held."""
    testbed = paid_by_coupa
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    entry = testbed.books.voucher(items=("60.00", "40.00"))
    testbed.books.change_items(entry, "", PYE=FACTOR)
    assert run(testbed) == {"held": 1}
    testbed.books.void(entry)
    run(testbed)
    testbed.configure(FLOW, mode="external_payables")
    other = testbed.books.voucher(4712)
    factored(testbed, other)
    run(testbed)
    assert testbed.reasons(FLOW)[other.document] == {"factored"}


def test_only_an_address_that_the_supplier_has_can_be_mapped(paid_by_coupa: Site) -> None:
    """Given addresses of two suppliers, one of them inactive
    when an operator maps one, then it must be an active one of the supplier in the key."""
    testbed = paid_by_coupa
    address(testbed, "BOLT-1", FACTOR)
    address(testbed, "OLD-1", active=False)
    with testbed.context() as context:
        assert check_known(context, {("remit_to", "4343/4344"): "FACT-1"}) == []
        for key, code in (("4343/4344", "NO-1"), ("4343/4344", "BOLT-1"), ("4343/4344", "OLD-1"), ("4343", "FACT-1")):
            with pytest.raises(UnusableInput, match="the target has no such value"):
                check_known(context, {("remit_to", key): code})


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_an_invoice_of_coupa_that_is_paid_at_a_factors_address_needs_the_factor_as_payee(
    testbed: Site, payer: str
) -> None:
    """Given an invoice that was born in Coupa, to be paid at the address that is mapped for a factor
    when its voucher is made, which JD Edwards enters for the supplier
    then that is told at once, of high severity, until a clerk has put the factor in."""
    payables = Payables(testbed)
    testbed.configure(APPROVED, mode="direct", payer=payer)
    place = address(testbed, "FACT-1")
    testbed.map_value("remit_to", "4343/4344", "FACT-1")
    id = payables.invoice(remit_to_address={"id": place})
    assert outcomes(testbed.sync(APPROVED)[APPROVED]) == {"held": 1}
    found = testbed.exception(APPROVED)
    assert (found.reason, severity_of(found.reason)) == ("payee_changed", "high")
    assert f"pays {SUPPLIER}, not {FACTOR}" in found.value
    row = payables.items(id)[-1]
    factored(testbed, Entry(row["DOC"], row["DCT"], row["KCO"]))
    testbed.sync(APPROVED)
    assert testbed.exceptions(APPROVED) == []

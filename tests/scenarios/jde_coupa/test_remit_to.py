"""Factored vouchers that Coupa Pay pays at the remit-to address of their supplier that is mapped for the payee."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_born import act
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
def paid_by_coupa(town: Site) -> Site:
    """Coupa Pay pays the invoices of JD Edwards' vouchers; the supplier has addresses of his own and a factor's."""
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    town.configure(FLOW, handed_over_status="Y", factored="remit_to")
    town.flows[PAYMENTS] = {}
    for code in ("ANVIL-1", "ANVIL-2", "FACT-1", "FACT-2"):
        address(town, code)
    return town


def address(town: Site, code: str, supplier: int = SUPPLIER, **more: Any) -> int:
    """A remit-to address of a supplier in Coupa; its id."""
    owner = {"id": town.spend.supplier(supplier)["id"]}
    return town.spend.create("remit_to_addresses", {**PLACE, "remit-to-code": code, "supplier": owner, **more})


def run(town: Site) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(town.sync(FLOW)[FLOW])


def told(town: Site) -> tuple[str, str, str]:
    """Reason, severity and field of the flow's only exception."""
    found = town.exception(FLOW)
    return found.reason, severity_of(found.reason), found.field


def factored(town: Site, entry: Entry, payee: int = FACTOR) -> None:
    """A clerk of JD Edwards gives the open pay item to another payee."""
    town.sandbox.clock.advance(60)
    town.books.change_items(entry, "", PYE=payee)


def place_of(town: Site, number: str = "INV-4711") -> tuple[str, str]:
    """Supplier and remit-to code of an invoice in Coupa."""
    invoice = town.spend.invoice(number)
    return str(invoice["supplier"]["number"]), (invoice.get("remit-to-address") or {}).get("remit-to-code") or ""


def redirect(town: Site, code: str, number: str = "INV-4711") -> None:
    """A user of Coupa has an invoice paid to another address."""
    town.sandbox.clock.advance(60)
    id = int(town.spend.invoice(number)["id"])
    town.spend.set("invoices", id, remit_to_address={"remit-to-code": code} if code else None)


def differing(town: Site) -> set[tuple[str, str, str]]:
    """(field, source, target) of what `reconcile` finds."""
    with town.context() as context:
        found = compare(flow_class("jde_coupa", FLOW)(context)).differences
    return {(each.field, str(each.source), str(each.target)) for each in found}


def pay(town: Site, number: str = "INV-4711") -> None:
    """Coupa Pay pays an approved invoice."""
    id = town.spend.invoice(number)["id"]
    act(town, "make_payment", invoices=[{"id": id}], status="completed_successfully", date="2026-03-02")


@pytest.mark.reason("remit_to_not_mapped")
def test_a_factored_voucher_waits_for_its_address_and_is_paid_there(paid_by_coupa: Site) -> None:
    """Given a voucher that is to be paid to a factor
    when no address is mapped for supplier and factor, then it is held with the command that maps it;
    when one is, its invoice is the supplier's, to be paid at that address, and the payment is booked on the voucher."""
    town = paid_by_coupa
    entry = town.books.voucher()
    factored(town, entry)
    assert run(town) == {"held": 1}
    found = town.exception(FLOW)
    assert (found.reason, found.value) == ("remit_to_not_mapped", "4343/4344")
    assert "connector mappings set jde_coupa remit_to 4343/4344 CODE" in found.fix
    town.map_value("remit_to", "4343/4344", "FACT-1")
    assert run(town) == {"created": 1}
    assert place_of(town) == (str(SUPPLIER), "FACT-1")
    assert run(town) == {"unchanged": 1} and differing(town) == set()
    town.spend.approve("INV-4711")
    pay(town)
    assert outcomes(town.sync(PAYMENTS)[PAYMENTS]) == {"created": 1}
    assert town.exceptions(FLOW) == town.exceptions(PAYMENTS) == []


def test_a_voucher_that_is_not_factored_needs_no_address(paid_by_coupa: Site) -> None:
    """Given a voucher that is to be paid to its supplier
    when nothing is mapped, its invoice is left to the address that Coupa has; an address of his own may be mapped."""
    town = paid_by_coupa
    town.books.voucher()
    assert run(town) == {"created": 1}
    assert place_of(town) == (str(SUPPLIER), "")
    town.map_value("remit_to", "4343/4343", "ANVIL-1")
    town.books.voucher(4712)
    run(town)
    assert place_of(town, "INV-4712") == (str(SUPPLIER), "ANVIL-1")


@pytest.mark.parametrize("mapped", [True, False])
def test_a_draft_follows_the_payee_of_its_voucher(paid_by_coupa: Site, mapped: bool) -> None:
    """Given a draft that is to be paid to the supplier, at an address that is mapped or not
    when its voucher is factored, then the draft is paid at the factor's address."""
    town = paid_by_coupa
    town.map_value("remit_to", "4343/4344", "FACT-1")
    if mapped:
        town.map_value("remit_to", "4343/4343", "ANVIL-1")
    entry = town.books.voucher()
    assert run(town) == {"created": 1}
    factored(town, entry)
    assert run(town) == {"updated": 1}
    assert place_of(town) == (str(SUPPLIER), "FACT-1")
    assert run(town) == {"unchanged": 1}
    factored(town, entry, SUPPLIER)
    if mapped:
        assert run(town) == {"updated": 1}
        assert place_of(town) == (str(SUPPLIER), "ANVIL-1")
    else:
        # Coupa has not said that an address can be taken off
        assert run(town) == {"held": 1}
        assert told(town) == ("payee_changed", "high", "remit_to")
        redirect(town, "ANVIL-1")
        assert run(town) == {"unchanged": 1}


@pytest.mark.reason("payee_changed")
@pytest.mark.reason("remit_to_not_mapped")
@pytest.mark.parametrize("state", ["draft", "approved"])
def test_a_payee_without_an_address_that_comes_later_is_urgent(paid_by_coupa: Site, state: str) -> None:
    """Given an invoice in Coupa that is to be paid to the supplier
    when its voucher is factored and no address is mapped for the factor
    then it is an exception of high severity, beside the one that names the command."""
    town = paid_by_coupa
    entry = town.books.voucher()
    assert run(town) == {"created": 1}
    if state == "approved":
        town.spend.approve("INV-4711")
    factored(town, entry)
    assert run(town) == {"held": 1}
    assert town.reasons(FLOW) == {entry.document: {"payee_changed", "remit_to_not_mapped"}}


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("state", ["submitted", "approved", "in payment"])
def test_an_invoice_that_is_on_its_way_does_not_follow_and_is_urgent(paid_by_coupa: Site, state: str) -> None:
    """Given an invoice that approvers have, or Coupa Pay is paying
    when its voucher is factored to somebody for whom an address is mapped
    then it stays as it is, and that is an exception of high severity with both; back at the supplier it is well."""
    town = paid_by_coupa
    town.map_value("remit_to", "4343/4344", "FACT-1")
    town.configure(FLOW, submit=True)
    entry = town.books.voucher()
    assert run(town)["created"] == 1
    if state != "submitted":
        town.spend.approve("INV-4711")
    if state == "in payment":
        act(town, "make_payment", invoices=[{"id": town.spend.invoice("INV-4711")["id"]}])
    factored(town, entry)
    for _ in range(2):
        assert run(town) == {"held": 1}
    assert told(town) == ("payee_changed", "high", "remit_to")
    assert "remit-to none, ours FACT-1; INV-4711 of 100.00" in town.exception(FLOW).value
    assert ("remit_to", "FACT-1", "") in differing(town)
    factored(town, entry, SUPPLIER)
    assert run(town) == {"unchanged": 1}
    assert town.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("payee", [SUPPLIER, FACTOR])
@pytest.mark.parametrize("state", ["draft", "approved"])
def test_an_invoice_that_somebody_redirects_in_coupa_is_urgent(paid_by_coupa: Site, state: str, payee: int) -> None:
    """Given an invoice of a voucher, factored or not
    when somebody has it paid to another address of the supplier in Coupa the next day, and nothing moves in JD Edwards
    then the next sync says so, of high severity; put back, it is well again."""
    town = paid_by_coupa
    town.map_value("remit_to", "4343/4344", "FACT-1")
    town.map_value("remit_to", "4343/4343", "ANVIL-1")
    entry = town.books.voucher()
    factored(town, entry, payee)
    assert run(town) == {"created": 1}
    if state == "approved":
        town.spend.approve("INV-4711")
        run(town)
    town.sandbox.clock.advance(86_400)
    redirect(town, "ANVIL-2")
    for _ in range(2):
        assert outcomes(town.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"held": 1}
    assert told(town) == ("payee_changed", "high", "remit_to")
    ours = "FACT-1" if payee == FACTOR else "ANVIL-1"
    assert f"remit-to ANVIL-2, ours {ours}" in town.exception(FLOW).value
    assert ("remit_to", ours, "ANVIL-2") in differing(town)
    redirect(town, ours)
    assert outcomes(town.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"unchanged": 1}
    assert town.exceptions(FLOW) == []


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("factored_is", ["hold", "remit_to"])
def test_an_unmapped_address_that_changes_is_urgent_until_somebody_accepts_it(
    paid_by_coupa: Site, factored_is: str
) -> None:
    """Given an invoice of a supplier for whom no address is mapped
    when somebody has it paid to another address in Coupa
    then that is an exception of high severity, which a replay accepts; the address of a factor it does not accept."""
    town = paid_by_coupa
    town.configure(FLOW, factored=factored_is)
    town.map_value("remit_to", "4343/4344", "FACT-1")
    town.books.voucher()
    assert run(town) == {"created": 1}
    redirect(town, "ANVIL-2")
    assert run(town) == {"held": 1}
    assert "remit-to ANVIL-2, ours none" in town.exception(FLOW).value
    town.replay(FLOW)
    for _ in range(2):
        assert run(town) == {"unchanged": 1}
    assert town.exceptions(FLOW) == []
    redirect(town, "FACT-1")
    assert run(town) == {"held": 1}
    town.replay(FLOW)
    assert run(town) == {"held": 1}
    assert f"remit-to FACT-1, {FACTOR}, ours supplier {SUPPLIER}'s own" in town.exception(FLOW).value


def test_jde_wins_over_who_redirects_a_draft_where_the_site_says_so(paid_by_coupa: Site) -> None:
    """Given `on_conflict: source`, when somebody redirects a draft, then it is sent to the mapped address again."""
    town = paid_by_coupa
    town.configure(FLOW, on_conflict="source")
    town.map_value("remit_to", "4343/4344", "FACT-1")
    factored(town, town.books.voucher())
    assert run(town) == {"created": 1}
    redirect(town, "FACT-2")
    assert run(town) == {"updated": 1}
    assert place_of(town) == (str(SUPPLIER), "FACT-1")


@pytest.mark.reason("paid_to_another")
@pytest.mark.parametrize("payee", [SUPPLIER, FACTOR])
def test_a_payment_at_another_partys_address_is_not_booked(paid_by_coupa: Site, payee: int) -> None:
    """Given an invoice that Coupa Pay has paid, at the factor's address or at the supplier's own
    when the voucher is to be paid to the other of them by then
    then the payment is held, of high severity."""
    town = paid_by_coupa
    town.map_value("remit_to", "4343/4344", "FACT-1")
    town.map_value("remit_to", "4343/4343", "ANVIL-1")
    entry = town.books.voucher()
    factored(town, entry, payee)
    assert run(town) == {"created": 1}
    town.spend.approve("INV-4711")
    pay(town)
    factored(town, entry, FACTOR if payee == SUPPLIER else SUPPLIER)
    assert outcomes(town.sync(PAYMENTS)[PAYMENTS]) == {"held": 1}
    assert town.exception(PAYMENTS).reason == "paid_to_another"


@pytest.mark.reason("factored")
def test_pay_items_of_several_payees_and_external_payables_have_no_address(paid_by_coupa: Site) -> None:
    """Given a voucher of two payees, and one that becomes an external payable, which names nobody
    then no address helps: both are held."""
    town = paid_by_coupa
    town.map_value("remit_to", "4343/4344", "FACT-1")
    entry = town.books.voucher(items=("60.00", "40.00"))
    town.books.change_items(entry, "", PYE=FACTOR)
    assert run(town) == {"held": 1}
    town.books.void(entry)
    run(town)
    town.configure(FLOW, mode="external_payables")
    other = town.books.voucher(4712)
    factored(town, other)
    run(town)
    assert town.reasons(FLOW)[other.document] == {"factored"}


def test_only_an_address_that_the_supplier_has_can_be_mapped(paid_by_coupa: Site) -> None:
    """Given addresses of two suppliers, one of them inactive
    when an operator maps one, then it must be an active one of the supplier in the key."""
    town = paid_by_coupa
    address(town, "BOLT-1", FACTOR)
    address(town, "OLD-1", active=False)
    with town.context() as context:
        assert check_known(context, {("remit_to", "4343/4344"): "FACT-1"}) == []
        for key, code in (("4343/4344", "NO-1"), ("4343/4344", "BOLT-1"), ("4343/4344", "OLD-1"), ("4343", "FACT-1")):
            with pytest.raises(UnusableInput, match="the target has no such value"):
                check_known(context, {("remit_to", key): code})


@pytest.mark.reason("payee_changed")
@pytest.mark.parametrize("payer", ["jde", "coupa"])
def test_an_invoice_of_coupa_that_is_paid_at_a_factors_address_needs_the_factor_as_payee(
    town: Site, payer: str
) -> None:
    """Given an invoice that was born in Coupa, to be paid at the address that is mapped for a factor
    when its voucher is made, which JD Edwards enters for the supplier
    then that is told at once, of high severity, until a clerk has put the factor in."""
    payables = Payables(town)
    town.configure(APPROVED, mode="direct", payer=payer)
    place = address(town, "FACT-1")
    town.map_value("remit_to", "4343/4344", "FACT-1")
    id = payables.invoice(remit_to_address={"id": place})
    assert outcomes(town.sync(APPROVED)[APPROVED]) == {"held": 1}
    found = town.exception(APPROVED)
    assert (found.reason, severity_of(found.reason)) == ("payee_changed", "high")
    assert f"pays {SUPPLIER}, not {FACTOR}" in found.value
    row = payables.items(id)[-1]
    factored(town, Entry(row["DOC"], row["DCT"], row["KCO"]))
    town.sync(APPROVED)
    assert town.exceptions(APPROVED) == []

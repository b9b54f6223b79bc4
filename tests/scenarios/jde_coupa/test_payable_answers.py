"""External payables whose answers show no more than Coupa's page lists: no dates, no currency, no payee."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from scenario_site import Site, outcome, outcomes

PAYABLES = "payables/external/payables"


@pytest.fixture
def payables(testbed: Site) -> Site:
    """A site that writes Coupa Pay's external payables, to an instance that answers by the page."""
    testbed.configure("invoices", mode="external_payables")
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.spend.configure(payables_return="documented")
    return testbed


def whole(site: Site) -> list[dict[str, Any]]:
    """The payables as Coupa keeps them, whatever it answers with."""
    site.spend.configure(payables_return="all")
    found = site.spend.all(PAYABLES)
    site.spend.configure(payables_return="documented")
    return found


def test_what_is_only_sent_is_not_expected_back(payables: Site) -> None:
    """Given an instance whose answers show neither dates nor currency nor payee
    when a voucher is synced, then its payable has them all, the sync is content with the answer, and sends nothing
    again; when the due date changes in JD Edwards, it is told though nobody could read it back."""
    entry = payables.books.voucher()
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}
    [held] = whole(payables)
    assert held["currency"]["code"] == "GBP" and held["document-date"] and held["due-date"]
    assert payables.sync("invoices")["invoices"].writes == 0
    payables.books.change_items(entry, "", DDJ=date(2026, 4, 17).isoformat())
    assert outcomes(payables.sync("invoices")["invoices"]) == {"updated": 1}
    [held] = whole(payables)
    assert held["due-date"][:10] == "2026-04-17"
    assert payables.sync("invoices")["invoices"].writes == 0 and payables.exceptions("invoices") == []


@pytest.mark.parametrize("attribute", ["payable-detail.supplier-id", "payable-detail.supplier", "payee"])
def test_a_payable_names_its_payee_where_the_instance_takes_it(payables: Site, attribute: str) -> None:
    """Given an instance that takes the payee in one attribute alone, and needs it
    when a voucher is synced by a site that says so, then the payable is that supplier's."""
    payables.spend.configure(payable_payees=[attribute], payable_payee_required=True)
    payables.configure("invoices", payable_payee=attribute)
    payables.books.voucher()
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}
    [held] = whole(payables)
    detail = held["payable-detail"] or {}
    named = {detail.get("supplier-id"), (detail.get("supplier") or {}).get("id"), (held["payee"] or {}).get("id")}
    assert named - {None} == {payables.spend.supplier(4343)["id"]}


@pytest.mark.as_delivered("coupa.payable_payees")
def test_an_instance_that_refuses_the_payee_is_told(payables: Site) -> None:
    """Given an instance that needs a payee, and a site that names none
    when a voucher is synced, then Coupa's refusal is the exception, and nothing is payable; when the site names the
    attribute, it goes."""
    payables.spend.configure(payable_payee_required=True)
    payables.configure("invoices", payable_payee="none")
    payables.books.voucher()
    assert outcomes(payables.sync("invoices")["invoices"]) == {"refused": 1}
    payables.configure("invoices", payable_payee="payee")
    payables.replay("invoices")
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}


def test_a_lost_answer_makes_no_second_payable_where_a_second_is_taken(payables: Site) -> None:
    """Given an instance that takes a second payable of one reference, and a creation that was not answered
    when the sync goes on, then the first one is found by source and reference, and there is no second."""
    payables.spend.configure(unique_payable_references=False)
    rule = {"system": "coupa", "route": f"POST /api/{PAYABLES}", "kind": "drop_after", "calls": [1]}
    payables.sandbox.post("/faults", [rule])
    payables.books.voucher()
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}
    assert len(whole(payables)) == 1


def test_a_lost_ledger_knows_its_payables_again(payables: Site) -> None:
    """Given payables whose memory is lost, when the site adopts what is there, then each is known by source, reference
    and amount, and none is made or paid twice; another amount under our reference is held."""
    first, second = payables.books.voucher(1), payables.books.voucher(2)
    payables.sync("invoices")
    [other] = [each for each in whole(payables) if each["source-reference"] == second.key]
    payables.spend.set("external_payables", other["id"], payable_amount="999.00")
    with payables.forgetting() as again:
        report = again.sync("invoices", mode="adopt")["invoices"]
        assert (outcome(report, first.document), outcome(report, second.document)) == ("adopted", "held")
        assert again.exception("invoices").reason == "natural_key_taken"
    assert sorted(Decimal(each["payable-amount"]) for each in whole(payables))[-1] == 999
    assert len(whole(payables)) == 2


@pytest.mark.reason("payee_changed")
def test_a_payee_that_comes_back_is_compared(payables: Site) -> None:
    """Given an instance that shows what it was sent, payee included
    when a voucher is synced, then its payable is content, and nothing is sent again; when somebody gives the payable
    to another supplier in Coupa, the next sync says who is to be paid, and sends nothing; given back, all is well.
    A lost ledger does not take another's payable for ours."""
    payables.spend.configure(payables_return="all")
    payables.books.voucher()
    assert outcomes(payables.sync("invoices")["invoices"]) == {"created": 1}
    assert payables.sync("invoices")["invoices"].writes == 0 and payables.exceptions("invoices") == []
    [held] = payables.spend.all(PAYABLES)
    ours, other = (payables.spend.supplier(number)["id"] for number in (4343, 4344))
    payables.sandbox.clock.advance(60)
    payables.spend.set("external_payables", held["id"], payable_detail={"supplier-id": other}, payee={"id": other})
    report = payables.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    reported = payables.exception("invoices")
    assert (reported.reason, "4344 in Coupa, 4343 in JD Edwards" in (reported.value or "")) == ("payee_changed", True)
    with payables.forgetting() as again:
        assert outcomes(again.sync("suppliers", "invoices", mode="adopt")["invoices"]) == {"held": 1}
        assert again.exception("invoices").reason == "natural_key_taken"
    payables.sandbox.clock.advance(60)
    payables.spend.set("external_payables", held["id"], payable_detail={"supplier-id": ours}, payee={"id": ours})
    assert outcomes(payables.sync("invoices")["invoices"]) == {"unchanged": 1}
    assert payables.exceptions("invoices") == []

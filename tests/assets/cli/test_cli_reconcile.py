"""`connector reconcile`: what it prints, and that it fails where nothing explains a difference."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from clerks import Cli, hold

from connector_assets.engine import reconciling
from connector_assets.engine.reconciling import Comparison, Difference
from connector_resources.ledger import Ledger

INVOICES = "jde_coupa/invoices"
AMOUNT = Difference("F0411:1", "amount", "amount", "10.00", "10.01", None)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> list[Difference]:
    """What differs in the invoices of both systems; the days that were asked for are looked at."""
    found: list[Difference] = []

    def compare(flow: Any, first: date | None, last: date | None) -> Comparison:
        assert (first, last) in ((None, None), (date(2026, 2, 1), date(2026, 2, 28)))
        comparison = Comparison(flow.full_name)
        comparison.source.add(Decimal("10.00"), "GBP")
        comparison.target.add(Decimal("10.00"), "GBP")
        comparison.differences = list(found) if flow.name == "invoices" else []
        return comparison

    monkeypatch.setattr(reconciling, "compare", compare)
    return found


def test_two_systems_that_agree_need_nobody(cli: Cli, ledger: Ledger, both: list[Difference]) -> None:
    said = cli("reconcile", "jde_coupa", "--from", "2026-02-01", "--to", "2026-02-28", "--json")
    assert said.code == 0
    flows = json.loads(said.out)["flows"]
    assert [each["flow"] for each in flows] == [
        "jde_coupa/suppliers",
        "jde_coupa/accounts",
        "jde_coupa/purchase_orders",
        INVOICES,
        "jde_coupa/approved_invoices",
        "jde_coupa/payments_to_coupa",
        "jde_coupa/approvals",
    ]
    assert flows[2]["source"] == flows[2]["target"] == {"documents": 1, "amounts": {"GBP": "10.00"}}


def test_a_difference_that_nothing_explains_fails_and_is_shown_first(
    cli: Cli, ledger: Ledger, both: list[Difference]
) -> None:
    both += [Difference("F0411:0", "missing_in_target", "", "5.00", "", "rule:history"), AMOUNT]
    said = cli("reconcile", INVOICES)
    assert said.code == 1
    assert "2 differences, 1 of them unexplained" in said.out
    assert said.out.index("F0411:1") < said.out.index("F0411:0")
    (flow,) = json.loads(cli("reconcile", INVOICES, "--json").out)["flows"]
    assert [each["explained_by"] for each in flow["differences"]] == [None, "rule:history"]


def test_what_is_explained_stands_apart_with_counts_and_amounts_of_each_group(
    cli: Cli, ledger: Ledger, both: list[Difference]
) -> None:
    id = hold(ledger, "F0411:2")
    money = (Decimal("5.00"), "GBP")
    both += [
        Difference("F0411:0", "missing_in_target", "", "5.00", "", "rule:before_start_date", *money),
        Difference("F0411:3", "missing_in_target", "", "5.00", "", "rule:not_approved", *money),
        Difference("F0411:2", "missing_in_target", "", "5.00", "", id, *money),
        replace(AMOUNT, amount=Decimal("0.01"), currency="GBP"),
    ]
    said = cli("reconcile", INVOICES)
    assert said.code == 1
    places = [
        said.out.index(reported)
        for reported in ("1 unexplained: look at these (0.01 GBP)", "F0411:1", "1 explained by an")
    ]
    places += [
        said.out.index(reported)
        for reported in (f"account_not_found, exception {id}", "2 explained by a rule", "F0411:0")
    ]
    assert places == sorted(places)
    assert "(10.00 GBP)" in said.out and "1 by before_start_date (5.00 GBP)" in said.out
    (flow,) = json.loads(cli("reconcile", INVOICES, "--json").out)["flows"]
    assert flow["summary"] == {
        "unexplained": {"differences": 1, "amounts": {"GBP": "0.01"}},
        "exception": {"differences": 1, "amounts": {"GBP": "5.00"}},
        "rule": {"differences": 2, "amounts": {"GBP": "10.00"}},
    }
    assert list(flow["rules"]) == ["before_start_date", "not_approved"]
    assert [each["key"] for each in flow["differences"]] == ["F0411:1", "F0411:2", "F0411:0", "F0411:3"]


def test_what_a_rule_explains_needs_nobody_and_what_an_exception_explains_its_person(
    cli: Cli, ledger: Ledger, both: list[Difference]
) -> None:
    both += [Difference("F0411:0", "missing_in_target", "", "5.00", "", "rule:history")]
    assert cli("reconcile", INVOICES).code == 0
    both += [Difference("F0411:2", "missing_in_target", "", "5.00", "", hold(ledger, "F0411:2"))]
    assert cli("reconcile", INVOICES).code == 1
    assert cli("reconcile", "jde_coupa/suppliers").code == 0

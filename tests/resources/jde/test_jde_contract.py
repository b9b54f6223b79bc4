"""The contract of the orchestrations: the page is what it says, and it says what can be built from."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector_resources.jde.contract import ACTS, FLOWS, Act, Input, example, orchestrations_page, problems, too_long

ROOT = Path(__file__).resolve().parents[3]


def typed(inputs: tuple[Input, ...], shown: dict[str, Any]) -> dict[str, Any]:
    """What the page shows, with the types that a flow gives it."""
    known = {each.name: each for each in inputs}
    return {
        name: [typed(known[name].members, row) for row in value]
        if known[name].type == "array"
        else date.fromisoformat(value)
        if known[name].type == "date"
        else value
        for name, value in shown.items()
    }


def test_the_page_is_what_the_definition_says() -> None:
    committed = (ROOT / "docs" / "orchestrations.md").read_text("utf-8")
    assert committed == orchestrations_page(), "run `python -m connector_resources.jde.contract`"


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_the_example_of_the_page_is_a_request_that_would_be_sent(act: Act) -> None:
    assert problems(act, typed(act.inputs, example(act))) == []


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_every_input_can_be_built_from(act: Act) -> None:
    assert Counter(path for path, _ in act.paths()).most_common(1)[0][1] == 1
    for path, each in act.paths():
        assert each.meaning and (each.type == "array") == bool(each.members), path
        assert each.need == "always" or each.when, path
        assert each.type in ("date", "array") or each.size, path
    assert act.steps and act.never and act.purpose
    assert act.reads != bool(act.writes)


def test_every_act_that_a_flow_names_is_in_the_contract_and_no_other() -> None:
    named: set[str] = set()
    for folder in ("documents", "pairs"):
        for file in (ROOT / "connector_assets" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and node.value in ACTS:
                    named.add(node.value)
    # what the client itself calls, and what no flow calls yet
    assert named | {"self_test", "voucher_match_reverse"} == set(ACTS) == set(FLOWS)


def test_what_is_longer_than_is_declared_is_named_with_its_length() -> None:
    act = ACTS["voucher_enter"]
    values = typed(act.inputs, example(act))
    assert too_long(act, values) == []
    values |= {"InvoiceNumber": "I" * 25, "Remark": "R" * 31, "Supplier": 123456789, "ExchangeRate": Decimal(1) / 3}
    values["Distribution"] = [
        {"Account": "1.2", "Amount": Decimal("9999999999999.99")},
        {"Account": "A" * 30, "Amount": Decimal("-10000000000000.00")},
        {"Account": "1.3", "Amount": "0.005", "Explanation": None},
    ]
    assert too_long(act, values) == [
        ("Supplier", "123456789 has 9 digits before the decimals, 8 at most"),
        ("Remark", f"{'R' * 31} has 31 characters, 30 at most"),
        ("Distribution 2: Account", f"{'A' * 30} has 30 characters, 29 at most"),
        ("Distribution 2: Amount", "-10000000000000.00 has 14 digits before the decimals, 13 at most"),
    ]

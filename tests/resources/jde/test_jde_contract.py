"""The contract of the orchestrations: the page is what it says, and it says what can be built from."""

from __future__ import annotations

import ast
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector_resources.jde.contract import ACTS, FLOWS, Act, Input, example, orchestrations_page, problems

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
    for file in (ROOT / "connector_assets" / "integrations").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in ACTS:
                named.add(node.value)
    # what the client itself calls, and what no flow calls yet
    assert named | {"self_test", "voucher_match_reverse"} == set(ACTS) == set(FLOWS)

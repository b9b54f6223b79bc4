"""What the commands beside `make test` choose is still there: scenarios of `make quick`, texts of `make mutants`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mutants import MUTANTS, Mutant

from connector_assets.pairs.registry import all_flows

MARKED = re.compile(r'^@pytest\.mark\.quick\("([^"]+)"\)$', re.MULTILINE)


def test_every_flow_has_one_scenario_that_make_quick_runs() -> None:
    modules = (Path(__file__).parent / "scenarios").rglob("test_*.py")
    marked = [flow for module in modules for flow in MARKED.findall(module.read_text())]
    assert sorted(marked) == sorted(f"{kind}/{flow.name}" for kind, flows in all_flows().items() for flow in flows)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_takes_away_stands_in_its_module_once(mutant: Mutant) -> None:
    assert mutant.path.read_text().count(mutant.before) == 1

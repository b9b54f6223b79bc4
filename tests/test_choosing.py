"""`make quick` stands for everything: a flow without a scenario of its own in it would go unseen."""

from __future__ import annotations

import re
from pathlib import Path

from connector_assets.integrations.kinds import KINDS

MARKED = re.compile(r'^@pytest\.mark\.quick\("([^"]+)"\)$', re.MULTILINE)


def test_every_flow_has_one_scenario_that_make_quick_runs() -> None:
    modules = (Path(__file__).parent / "scenarios").rglob("test_*.py")
    marked = [flow for module in modules for flow in MARKED.findall(module.read_text())]
    assert sorted(marked) == sorted(f"{kind}/{flow.name}" for kind, flows in KINDS.items() for flow in flows)

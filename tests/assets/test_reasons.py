"""The closed list of reasons: each is made by a scenario over HTTP."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

from connector_assets.engine.reasons import Reason, reasons, severity_of

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"


def promised() -> Iterator[tuple[str, str]]:
    """(reason, test) of every `@pytest.mark.reason("…")`; that the test keeps its promise is seen when it runs."""
    for path in sorted(SCENARIOS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield from ((reason, f"{path.name}::{node.name}") for reason in _reasons(node))


def _reasons(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.reason":
            (name,) = decorator.args
            assert isinstance(name, ast.Constant) and isinstance(name.value, str), ast.unparse(decorator)
            yield name.value


def test_every_reason_has_a_scenario_that_makes_it_and_no_scenario_is_of_another() -> None:
    made: dict[str, list[str]] = {}
    for reason, test in promised():
        made.setdefault(reason, []).append(test)
    assert {reason: tests for reason, tests in made.items() if reason not in reasons()} == {}
    assert sorted(reasons().keys() - made.keys()) == []


def test_every_reason_says_how_urgent_it_is() -> None:
    assert {reason.severity for reason in reasons().values()} == {"high", "normal"}
    assert {field.name: field.default for field in fields(Reason)}["severity"] is MISSING
    high = {name for name in reasons() if severity_of(name) == "high"}
    # what is there twice, what would be sent twice, what was paid twice
    assert high >= {"duplicate_in_target", "natural_key_taken", "possible_duplicate", "paid_in_both"}
    assert severity_of("a reason of an earlier version") == "normal"


def test_names_stay_within_what_a_command_line_takes() -> None:
    for name, reason in reasons().items():
        assert name == reason.name and name.replace("_", "").isalpha() and name.islower()
        assert reason.message and reason.fix and "\n" not in reason.message + reason.fix

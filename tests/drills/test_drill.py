"""The drill over every flow that exists: a death at each boundary, each fault at each call, a part of what both make.

`make drill` tells all of it, and as many cases by chance as one asks for.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from drill_campaign import Campaign
from drill_cases import Case, tell
from drill_command import distinct, workshop
from drill_matrix import Depth, cases
from drill_scenes import FIRST, LATER
from drill_towns import PLACES
from drill_variants import Variant, every_variant, usual_site

from connector_assets.integrations.kinds import KINDS

# a flow as it is usually set up; and its other variants, which differ from it in some calls only
USUAL = Depth(deaths=2, faults=2, moves=96, pairs=384, reading=192, looking=768)
OTHERS = Depth(deaths=16, faults=16, moves=192, pairs=768, reading=0, looking=1536)
DRAWN = 24

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("situation", [FIRST, LATER])
@pytest.mark.parametrize("variant", every_variant(), ids=lambda each: each.name.replace("/", ":"))
def test_whatever_goes_wrong_each_document_arrives_once(variant: Variant, situation: str) -> None:
    if variant not in distinct(variant.kind):
        # to the drill it is the one before: its plain run is told, and nothing else
        assert not tell(workshop(variant.kind), Case(variant, situation)).verdict
        return
    told = 0
    depth = USUAL if variant == Variant(variant.kind, variant.flow, usual_site(variant.kind)) else OTHERS
    for each in cases(workshop(variant.kind), variant, situation, depth, (0, 1)):
        told += 1
        assert not each.story.verdict, f"make drill ONLY='{each.case.name}'\n{each.story.verdict}"
    if not told:
        # of the few cases of a variant that hardly calls anything, none was chosen
        assert not tell(workshop(variant.kind), Case(variant, situation)).verdict


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_cases_by_chance_end_as_if_nothing_had_happened(kind: str) -> None:
    drawn = Campaign(workshop(kind), [each for each in every_variant() if each.kind == kind])
    names = set()
    for number in range(DRAWN):
        case = drawn.case(20, number)
        assert drawn.case(20, number) == case
        names.add(case.name)
        story = tell(workshop(kind), case)
        assert not story.verdict, f"make drill ONLY='{case.name}'\n{story.verdict}"
    assert len(names) > DRAWN / 2


def test_the_command_tells_cases_in_processes_of_its_own() -> None:
    command = [sys.executable, Path(__file__).parent, "--no-matrix", "--runs", "3", "--jobs", "2", "--seed", "7"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout.splitlines()[-1:] == ["drill: cases=0 runs=3 lost=0 duplicate=0 undecided=0 guessed=0"], told
    assert told.returncode == 0


def test_every_flow_is_in_the_drill() -> None:
    """A new flow needs its entry in the table of `drill_towns.py`; the rest is read from the code."""
    entries = {(kind, flow) for kind, place in PLACES.items() for flow in place.acts}
    assert entries == {(kind, flow.name) for kind, flows in KINDS.items() for flow in flows}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_step_of_the_flows_is_taken_in_the_drill(kind: str) -> None:
    """A step that no scene brings about is not drilled: the table must say how it comes about."""
    scenes = [(each, situation) for each in every_variant() if each.kind == kind for situation in (FIRST, LATER)]
    taken = {step for each, situation in scenes for step in steps_taken(each, situation)}
    assert steps_written(Path(inspect.getfile(KINDS[kind][0])).parent) <= taken


def steps_taken(variant: Variant, situation: str) -> frozenset[str]:
    """The steps of a run in which nothing goes wrong."""
    truth = tell(workshop(variant.kind), Case(variant, situation)).truth
    assert truth is not None
    return truth.steps


def steps_written(folder: Path) -> set[str]:
    """The names that the modules of an integration give to steps: `Step(name="create")`, `self._act("submit", …)`."""
    found: set[str] = set()
    for module in folder.rglob("*.py"):
        for function in ast.walk(ast.parse(module.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            said = {
                node.targets[0].id: node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
            for call in ast.walk(function):
                if isinstance(call, ast.Call):
                    found |= _texts(_name_of_step(call), said)
    assert found
    return found


def _name_of_step(call: ast.Call) -> ast.expr | None:
    if isinstance(call.func, ast.Name) and call.func.id == "Step":
        return next(each.value for each in call.keywords if each.arg == "name")
    return call.args[0] if isinstance(call.func, ast.Attribute) and call.func.attr == "_act" else None


def _texts(value: ast.expr | None, said: dict[str, ast.expr]) -> set[str]:
    match value:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp():
            return _texts(value.body, said) | _texts(value.orelse, said)
        case ast.Name() if value.id in said:
            return _texts(said[value.id], said)
    return set()

"""The drill over every flow that exists, in brief: every write lost, every sort of crash, and a few of everything else.

`make drill` tells all of it, and as many cases by chance as one asks for.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from drill_brief import ALWAYS, brief
from drill_campaign import Campaign
from drill_cases import Case, end, run_case
from drill_command import workshop
from drill_scenes import FIRST, LATER
from drill_testbeds import PLACES
from drill_variants import MODE, Variant, dimensions, every_variant, usual_site, variants

from connector_assets.engine.flow import Flow
from connector_assets.pairs.registry import all_flows, pair_of

LAST_LINE = "drill: cases=0 runs=3 lost=0 duplicate=0 undecided=0 guessed=0 doubled=0 named=0"
SITUATIONS = (FIRST, LATER)
DRAWN = 8

pytestmark = pytest.mark.slow

FLOWS = [
    pytest.param(Variant(kind, flow.name, usual_site(kind)), id=f"{kind}:{flow.name}")
    for kind, flows in all_flows().items()
    for flow in flows
]


@pytest.mark.parametrize("variant", FLOWS)
def test_whatever_goes_wrong_each_document_arrives_once(variant: Variant) -> None:
    crashed: set[str] = set()
    rows = set()
    for situation in SITUATIONS:
        for each in brief(workshop(variant.kind), variant, situation, crashed):
            rows.add(each.row)
            assert not each.story.verdict, f"make drill ONLY='{each.case.name}'\n{each.story.verdict}"
    assert {"death", *ALWAYS} <= rows


@pytest.mark.parametrize("variant", FLOWS)
def test_in_every_mode_a_lost_answer_is_no_lost_document(variant: Variant) -> None:
    """Every mode of the flow's, at every kind of site: the first and the last of its calls lose their answers."""
    for each in variants(variant.kind, variant.flow_class):
        if each == variant or any(name != MODE for name, _ in each.choices):
            continue
        situation = LATER if each.choices else FIRST
        plain = run_case(workshop(each.kind), Case(each, situation))
        assert not plain.verdict
        last = plain.counts["write"] - 1
        for number in {0, last} if last >= 0 else ():
            case = Case(each, situation, (("write", number, "drop_after"),))
            verdict = run_case(workshop(each.kind), case).verdict
            assert not verdict, f"make drill ONLY='{case.name}'\n{verdict}"


@pytest.mark.parametrize("kind", sorted(all_flows()))
def test_cases_by_chance_end_as_if_nothing_had_happened(kind: str) -> None:
    drawn = Campaign(workshop(kind), [each for each in every_variant() if each.kind == kind])
    names = set()
    for number in range(DRAWN):
        case = drawn.case(20, number)
        assert drawn.case(20, number) == case
        names.add(case.name)
        story = run_case(workshop(kind), case)
        assert not story.verdict, f"make drill ONLY='{case.name}'\n{story.verdict}"
    assert len(names) > DRAWN / 2


def test_the_command_tells_cases_in_processes_of_its_own() -> None:
    command = [sys.executable, Path(__file__).parent, "--no-matrix", "--runs", "3", "--jobs", "2", "--seed", "7"]
    reported = subprocess.run(command, capture_output=True, text=True, check=False)
    assert reported.stdout.splitlines()[-1:] == [LAST_LINE], reported
    assert reported.returncode == 0


def test_every_flow_is_in_the_drill() -> None:
    """A new flow needs its entry in the table of `drill_testbeds.py`; the rest is read from the code."""
    entries = {(kind, flow) for kind, place in PLACES.items() for flow in place.acts}
    assert entries == {(kind, flow.name) for kind, flows in all_flows().items() for flow in flows}


@pytest.mark.parametrize("kind", sorted(all_flows()))
def test_every_step_of_the_flows_is_taken_in_the_drill(kind: str) -> None:
    """A step that no scene brings about is not drilled: the table must say how it comes about."""
    package = Path(inspect.getfile(type(pair_of(kind)))).parent
    # the people of the demo take no steps of flows
    written = {module: steps_written(module) for module in package.rglob("*.py") if module.name != "demo.py"}
    wanted = set().union(*written.values())
    assert wanted
    own = {flow.name: set().union(*map(written.__getitem__, modules_of(flow, package))) for flow in all_flows()[kind]}
    scenes = [(each, situation) for each in every_variant() if each.kind == kind for situation in SITUATIONS]
    while wanted and scenes:
        each, situation = min(scenes, key=lambda scene: unlikely(*scene, wanted, own))
        scenes.remove((each, situation))
        wanted -= steps_taken(each, situation)
    assert not wanted, f"no scene takes the steps {', '.join(sorted(wanted))}"


def unlikely(
    variant: Variant, situation: str, wanted: set[str], own: dict[str, set[str]]
) -> tuple[bool, bool, int, int, int]:
    """What keeps a scene from taking a wanted step: its flow writes none of them, nothing happened before, it is not
    the usual variant, it chooses nothing that is called like one. The fewer settings are chosen, among the fewer
    values, the sooner it is tried."""
    values = dimensions(variant.flow_class.Settings)
    called = {text for name, value in variant.choices for text in (name, str(value))} & wanted
    among = sum(len(values[name]) for name, _ in variant.choices)
    chosen = len(variant.choices)
    return not own[variant.flow] & wanted, situation == FIRST, chosen - 2 * len(called), chosen, among


def steps_taken(variant: Variant, situation: str) -> frozenset[str]:
    """The steps of a run in which nothing goes wrong."""
    place = workshop(variant.kind)
    return end(place, place.scene(variant, situation)).steps


def modules_of(flow: type[Flow], package: Path) -> set[Path]:
    """The modules of an integration that a flow's module needs, itself among them."""
    needed, found = [Path(inspect.getfile(flow))], set[Path]()
    while needed:
        module = needed.pop()
        if module in found or not module.is_relative_to(package):
            continue
        found.add(module)
        for statement in ast.walk(ast.parse(module.read_text())):
            if isinstance(statement, ast.ImportFrom) and (name := statement.module):
                names = [name, *(f"{name}.{each.name}" for each in statement.names)]
                specs = [sys.modules[each].__spec__ for each in names if each in sys.modules]
                needed += [Path(spec.origin) for spec in specs if spec and spec.origin]
    return found


def steps_written(module: Path) -> set[str]:
    """The names that a module gives to steps: `Step(name="create")`, `self._act("submit", …)`,
    `replace(step, name="create again")`."""
    found: set[str] = set()
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
    return found


def _name_of_step(call: ast.Call) -> ast.expr | None:
    if isinstance(call.func, ast.Name) and call.func.id in ("Step", "replace"):
        named = next((each.value for each in call.keywords if each.arg == "name"), None)
        return named or (call.args[0] if call.func.id == "Step" and call.args else None)
    acts = isinstance(call.func, ast.Attribute) and call.func.attr in ("_act", "act", "_step")
    return call.args[0] if acts and call.args else None


def _texts(value: ast.expr | None, said: dict[str, ast.expr]) -> set[str]:
    match value:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp():
            return _texts(value.body, said) | _texts(value.orelse, said)
        case ast.Name() if value.id in said:
            return _texts(said[value.id], said)
    return set()

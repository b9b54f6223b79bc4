"""How the house is built: no circles, no import upwards, and Dagster only where it belongs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("connector_resources", "connector_assets", "connector_sandbox")
# the floors of `connector_assets`, the ground first: a module imports from its own floor and from those below
FLOORS = (
    ("engine",),
    ("systems", "documents"),
    ("pairs",),
    ("inbox",),
    ("run_setup", "templates", "systems_page"),
    ("orchestration",),
    ("cli", "definitions"),
)


def modules() -> dict[str, Path]:
    """Dotted name -> file, of all three packages."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}
    return {name.removesuffix(".__init__"): file for name, file in names.items()}


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """The modules that a module imports, wherever in it and for whatever purpose: Dagster's and ours."""
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


GRAPH = {name: {each for each in imports(name) if each in MODULES and each != name} for name in MODULES}


def test_no_files_import_each_other_in_a_circle() -> None:
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for each in sorted(GRAPH[name]):
                walk(each, (*way, name))
            done.add(name)

    for name in GRAPH:
        walk(name, ())


def floor(name: str) -> int:
    """The floor of a module of `connector_assets`."""
    part = name.split(".")[1]
    return next(place for place, parts in enumerate(FLOORS) if part in parts)


def test_nothing_imports_upwards() -> None:
    upwards = [
        f"{name} -> {each}"
        for name, own in GRAPH.items()
        for each in own
        if all(module.startswith("connector_assets.") for module in (name, each)) and floor(each) > floor(name)
    ]
    assert not upwards, upwards


def test_packages_import_only_what_is_below() -> None:
    """The clients know nothing of what moves, and the sandbox nothing of either; nobody imports the sandbox."""
    below = {"connector_assets": {"connector_assets", "connector_resources"}}
    for name, own in GRAPH.items():
        package = name.split(".")[0]
        wrong = {each for each in own if each.split(".")[0] not in below.get(package, {package})}
        assert not wrong, (name, wrong)


PRIVATE = re.compile(r"dagster\w*\._|dagster_\w+\.\w")


def test_private_modules_of_dagster_are_imported_in_one_package() -> None:
    found = {name for name in MODULES for each in imports(name) if PRIVATE.match(each)}
    assert found and {name.rpartition(".")[0] for name in found} == {"connector_resources.dagster_private"}


@pytest.mark.parametrize("part", ["engine", "systems", "documents", "pairs", "inbox"])
def test_below_orchestration_nothing_knows_dagster(part: str) -> None:
    own = [name for name in MODULES if name.startswith(f"connector_assets.{part}")]
    assert own
    wrong = {name for name in own for each in imports(name) if each.split(".")[0].startswith("dagster")}
    assert not wrong


def test_no_folder_is_called_as_vendored_code_is() -> None:
    folders = {part for file in MODULES.values() for part in file.relative_to(ROOT).parts[:-1]}
    assert not folders & {"vendor", "vendored", "third_party", "external", "node_modules"}


def test_every_module_that_a_comment_or_a_page_names_is_there() -> None:
    named = re.compile(r"`([\w/]+\.py)(?:::\w+)?`")
    folders = (*PACKAGES, "tests", "benchmarks", "docs")
    found = [each for folder in folders for each in (ROOT / folder).rglob("*") if each.suffix in (".py", ".md")]
    # the fact sheets name files of others
    ours = [each for each in [ROOT / "README.md", *found] if each.parent != ROOT / "docs" / "vendors"]
    files = [each.relative_to(ROOT).as_posix() for each in ours]
    dead = [
        f"{file}: {name}"
        for file in files
        for name in named.findall((ROOT / file).read_text("utf-8"))
        if not any(f"/{each}".endswith(f"/{name}") for each in files)
    ]
    assert dead == []

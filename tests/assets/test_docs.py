"""What the documents say of the code, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

from connector_assets import systems_page
from connector_assets.engine.reasons import reasons

DOCS = Path(__file__).resolve().parents[2] / "docs"
# how the page shows what each exception fills in
SHOWN = {
    "field": "*field*",
    "value": "*value*",
    "arg": "*value*",
    "integration": "INTEGRATION",
    "flow": "INTEGRATION/FLOW",
    "key": "KEY",
    "record": "NUMBER",
    "last": "ID",
}


def shown(template: str) -> str:
    for name, word in SHOWN.items():
        template = template.replace(f"{{{name}}}", word)
    return template


def test_the_operations_page_has_every_reason_as_the_exceptions_show_it_and_no_other() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8").split("## The reasons")[1]
    # an item goes over several lines
    items = [line for line in page.replace("\n  ", " ").splitlines() if line.startswith("* `")]
    assert items == [
        f"* `{name}` ({each.severity}): {shown(each.message)}. **Fix:** {shown(each.fix)}"
        for name, each in reasons().items()
    ]


def test_the_sandboxs_page_names_every_orchestration_that_it_has() -> None:
    from connector_sandbox.jde.orchestrations import ORCHESTRATIONS

    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    listed = page.partition("**Orchestrations.**")[2].partition("**What the orchestrations leave open**")[0]
    named = {line.split("`")[1] for line in listed.splitlines() if line.startswith("* `ML_")}
    assert named == set(ORCHESTRATIONS)


SHEETS = tuple(file.stem for file in (DOCS / "vendors").glob("*.md"))
CITED = re.compile(rf"\b({'|'.join(SHEETS)}) (?:sections? )?(\d+(?:\.\d+)*)((?:,? (?:and|to|,) \d+(?:\.\d+)*)*)")


def sections(sheet: str) -> set[str]:
    """The numbers of a fact sheet's sections, and of the items of its numbered lists as `8.16`."""
    found: set[str] = set()
    section = ""
    for line in (DOCS / "vendors" / f"{sheet}.md").read_text("utf-8").splitlines():
        if heading := re.match(r"#+ (\d+(?:\.\d+)*)", line):
            section = heading[1]
            found.add(section)
        elif item := re.match(r"(\d+)\. ", line):
            found.add(f"{section}.{item[1]}")
    return found


def test_every_section_that_the_code_cites_is_in_its_fact_sheet() -> None:
    known = {sheet: sections(sheet) for sheet in SHEETS}
    root = DOCS.parent
    packages = ("connector_resources", "connector_assets", "connector_sandbox")
    files = [each for package in packages for each in (root / package).rglob("*.py")]
    wrong, cited = [], 0
    for file in [*files, *DOCS.glob("*.md")]:
        for sheet, first, others in CITED.findall(file.read_text("utf-8")):
            for number in [first, *re.findall(r"\d+(?:\.\d+)*", others)]:
                cited += 1
                if number not in known[sheet]:
                    wrong.append(f"{file.relative_to(root)}: {sheet} {number}")
    assert cited > 300
    assert wrong == []


def test_the_page_of_systems_and_pairs_is_what_their_objects_say() -> None:
    assert (DOCS / "systems.md").read_text("utf-8") == systems_page.page()


def test_no_line_of_a_page_is_longer_than_120_characters() -> None:
    root = DOCS.parent
    pages = [*DOCS.glob("*.md"), *root.glob("*.md"), *(root / "deploy").glob("*.md")]
    long = [
        f"{page.name}:{number}"
        for page in pages
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert long == []

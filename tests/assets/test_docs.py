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


def test_the_operations_page_tells_every_reason_as_the_exceptions_do_and_no_other() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8").split("## The reasons")[1]
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    # what does not fit into a line of the table stands below it, over several lines
    items = [line for line in page.replace("\n  ", " ").splitlines() if line.startswith("* `")]
    row = "| `{}` | {} | {} | {} |"
    item = "* `{}` ({}): {}. **Fix:** {}"
    reported: list[str] = []
    for name, each in reasons().items():
        words = (name, each.severity, shown(each.message), shown(each.fix))
        reported.append(item.format(*words) if item.format(*words) in items else row.format(*words))
    assert sorted(reported) == sorted(rows + items)
    assert rows == [each for each in reported if each.startswith("|")]


def test_the_sandboxs_page_names_every_orchestration_that_it_has() -> None:
    from connector_sandbox.jde.orchestrations import ORCHESTRATIONS

    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    table = page.partition("| orchestration | does |")[2].partition("\n\n")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
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

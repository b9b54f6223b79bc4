"""What the documents say of the code, held against the code."""

from __future__ import annotations

from pathlib import Path

from connector_assets.delivery.reasons import REASONS

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
    told: list[str] = []
    for name, each in REASONS.items():
        words = (name, each.severity, shown(each.message), shown(each.fix))
        told.append(item.format(*words) if item.format(*words) in items else row.format(*words))
    assert sorted(told) == sorted(rows + items)
    assert rows == [each for each in told if each.startswith("|")]


def test_the_sandboxs_page_names_every_orchestration_that_it_has() -> None:
    from connector_sandbox.jde.orchestrations import ORCHESTRATIONS

    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    table = page.partition("| orchestration | does |")[2].partition("\n\n")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named == set(ORCHESTRATIONS)

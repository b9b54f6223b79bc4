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
    table = (DOCS / "operations.md").read_text(encoding="utf-8").split("## The reasons")[1]
    told = [line for line in table.splitlines() if line.startswith("| `")]
    assert told == [
        f"| `{name}` | {each.severity} | {shown(each.message)} | {shown(each.fix)} |" for name, each in REASONS.items()
    ]


def test_the_sandboxs_page_names_every_orchestration_that_it_has() -> None:
    from connector_sandbox.jde.orchestrations import ORCHESTRATIONS

    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    table = page.partition("| orchestration | does |")[2].partition("\n\n")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named == set(ORCHESTRATIONS)

"""What the documents say of the code, held against the code."""

from __future__ import annotations

from pathlib import Path

from connector_assets.delivery.reasons import REASONS, problem

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_operations_page_tells_every_reason_as_the_exceptions_do_and_no_other() -> None:
    table = (DOCS / "operations.md").read_text(encoding="utf-8").split("## The reasons")[1]
    told = [line for line in table.splitlines() if line.startswith("| `")]
    assert told == [
        f"| `{name}` | {REASONS[name].severity} | {shown.message} | {shown.fix} |"
        for name in REASONS
        for shown in [problem(name, "*field*", "*value*")]
    ]

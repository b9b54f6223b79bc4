"""What the documents say of the code, held against the code."""

from __future__ import annotations

from pathlib import Path

from connector_assets.delivery.reasons import REASONS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_reason_has_its_line_in_the_operations_page_and_no_line_is_of_another() -> None:
    lines = (DOCS / "operations.md").read_text(encoding="utf-8").split("## The reasons")[1].splitlines()
    told = {line.split("`")[1] for line in lines if line.startswith("| `")}
    assert told == set(REASONS)

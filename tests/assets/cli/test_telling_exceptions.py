"""How an exception names its document's supplier."""

from __future__ import annotations

import pytest

from connector_assets.cli.exception_texts import party_words


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("Bolt Ltd", "4343", "Bolt Ltd (4343)"),
        # called so in the target because another supplier has the name
        ("Bolt Ltd (4343)", "4343", "Bolt Ltd (4343)"),
        ("4343", "4343", "4343"),
        ("Bolt Ltd", None, "Bolt Ltd"),
        (None, "4343", "4343"),
        (None, None, ""),
    ],
)
def test_a_supplier_is_told_with_its_number_once(name: str | None, number: str | None, words: str) -> None:
    assert party_words({"party": name, "party_number": number}) == words

"""Progress is read as it was written, by whichever version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_resources.ledger.progress import Progress

HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
REST = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        (None, Progress()),
        ("ab12", Progress("ab12")),
        ("ab12:submitted", Progress("ab12", done="submitted")),
        (":issued", Progress(done="issued")),
        ("ab12:run 1772442002", Progress("ab12", done="run 1772442002")),
        ("ab12/00e01=12.00,00e02=7.50", Progress("ab12", noted="00e01=12.00,00e02=7.50")),
        # a vendor of whom no tax number was sent, as earlier versions wrote it
        ("ab12/", Progress("ab12")),
        ("posted", Progress("posted")),
    ],
)
def test_what_the_ledger_holds_is_read(text: str | None, progress: Progress) -> None:
    assert Progress.parse(text) == progress
    assert Progress.parse(str(progress)) == progress


@given(accepted=HEX, rest=REST, done=st.booleans())
def test_it_comes_back(accepted: str, rest: str, done: bool) -> None:
    progress = Progress(accepted, done=rest) if done else Progress(accepted, noted=rest)
    assert Progress.parse(str(progress)) == progress


def test_an_act_follows_the_content_that_was_taken() -> None:
    assert str(Progress("ab12").after("submitted").after("")) == "ab12:submitted"
    assert not Progress()

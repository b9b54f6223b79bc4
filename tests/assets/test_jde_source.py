"""JD Edwards as a source: what its server says of a question by tax number."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from connector_assets.systems.jde.reader import JdeReader
from connector_resources.connections.jde import JdeConnection
from connector_resources.errors import Refused

NUMBER = "GB987654321"


class _Server:
    """Refuses the second page in words that repeat the question."""

    def by_keys(self, *asked: Any) -> Iterator[list[dict[str, Any]]]:
        yield [{"AN8": 1, "TAX": NUMBER}]
        raise Refused(f"query {asked[2]} on line 12 is not valid", connection="jde")


def reader() -> JdeReader:
    connection = JdeConnection(name="jde", url="http://127.0.0.1:1/jderest", time_zone="UTC")
    context: Any = SimpleNamespace(connection=lambda role: connection, client=lambda role, kind=None: _Server())
    return JdeReader(context, "jde")


def test_a_question_by_tax_number_is_told_by_its_last_four() -> None:
    pages = reader().keyed_pages("F0101", ["TAX"], [(NUMBER,), ("12",)])
    assert next(pages) == [{"AN8": 1, "TAX": NUMBER}]
    with pytest.raises(Refused) as caught:
        next(pages)
    assert str(caught.value) == "query [('…4321',), ('12',)] on line 12 is not valid" and caught.value.__cause__ is None


def test_other_questions_are_told_as_they_are() -> None:
    pages = reader().keyed_pages("F0101", ["AN8"], [(98765432,)])
    with pytest.raises(Refused, match="98765432"):
        list(pages)

"""Lines of a bill or a vendor credit as BILL takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def line_bodies(lines: Sequence[Mapping[str, Any]], ids: Sequence[str | None] = ()) -> list[dict[str, Any]]:
    """The request bodies of these lines of a content; those that BILL has already are named by their ids, in order."""
    named: list[str | None] = [*ids, *[None] * len(lines)]
    return [
        ({"id": id} if id else {})
        | {
            "amount": Decimal(line["amount"]),
            "description": line["description"],
            "classifications": dict(line["classifications"]),
        }
        for line, id in zip(lines, named, strict=False)
    ]

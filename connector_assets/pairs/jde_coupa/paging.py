"""Reading Coupa records by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PAGE = 50


def by_ids(resource: Any, ids: Iterable[str], **more: Any) -> list[Any]:
    """The records of these ids that still exist, a page of ids a call (coupa section 3.0, operator `in`)."""
    return list(resource.by_ids([int(each) for each in ids], **more))

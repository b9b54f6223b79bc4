"""Reading Coupa records by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connector_assets.integrations.from_jde.keys import chunks

PAGE = 50


def by_ids(resource: Any, ids: Iterable[str], **more: Any) -> list[Any]:
    """The records of these ids that still exist, a page of ids a call (coupa section 3.0, operator `in`)."""
    found: list[Any] = []
    for chunk in chunks([int(each) for each in ids], PAGE):
        found += resource.all(filters={"id[in]": chunk}, **more)
    return found

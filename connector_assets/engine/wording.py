"""Settings that say how something is named: a text with the names of fields in braces."""

from __future__ import annotations

from collections.abc import Collection
from string import Formatter


def check_wording(wording: str, known: Collection[str], needed: Collection[str] = ()) -> str:
    """The wording, if it names known fields alone and the needed ones among them. Raises ValueError saying what is
    wrong."""
    try:
        names = {name for _, name, _, _ in Formatter().parse(wording) if name is not None}
    except ValueError as error:
        raise ValueError(f"{wording!r}: {error}") from None
    unknown = sorted(names - set(known))
    if unknown:
        raise ValueError(f"{', '.join(unknown) or '{}'} is not one of {', '.join(sorted(known))}")
    missing = sorted(set(needed) - names)
    if missing:
        raise ValueError(f"must have {', '.join(missing)} in it: it distinguishes the record from others")
    return wording

"""Why a master record of JD Edwards is not sent: the rules that ignore it, and whether there is one at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connector_assets.systems.reading import LandingReader
from connector_resources.unreadable import set_aside

SUPPLIER = "F0401:"
# rule by which a record is ignored -> what it looks at, and what undoes it
RULES: Mapping[str, tuple[str, str]] = {
    "not_payable_type": (
        "its search type is not among `payable_types`, or its payables flag is N",
        "make it payable in JD Edwards (search type F0101.AT1, payables flag F0101.ATP), or add its search type to "
        "`payable_types` of that flow",
    ),
    "not_postable": (
        "its posting edit code is among `not_postable`",
        "change its posting edit code in JD Edwards (F0901.PEC), or take the code out of `not_postable` of that flow",
    ),
    "unit_type": (
        "its type is not among `unit_types`",
        "change its type in JD Edwards (F0006.STYL), or add the type to `unit_types` of that flow",
    ),
}
_NO_SUPPLIER = (
    "JD Edwards has no supplier master record of that number (F0401)",
    "enter the supplier in JD Edwards, or correct the number on the document",
)


def absent(reader: LandingReader, keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Those of the keys whose supplier (`F0401:4343`) has no master record -> why, and what to do. None, where a row
    that was read is unreadable: it may be any of them."""
    numbers = {key: _number(key) for key in keys if key.startswith(SUPPLIER)}
    if not numbers:
        return {}
    with set_aside() as unreadable:
        rows = reader.complete("F0401", ["AN8"], [(number,) for number in sorted(set(numbers.values()))])
    there = {int(row["AN8"]) for row in rows}
    return {} if unreadable else {key: _NO_SUPPLIER for key, number in numbers.items() if number not in there}


def _number(key: str) -> int:
    return int(key.removeprefix(SUPPLIER).partition("/")[0])

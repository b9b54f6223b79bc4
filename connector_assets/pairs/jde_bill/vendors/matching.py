"""Which vendor of BILL a JDE supplier is: by our marker, then by tax number, then by name (bill section 9).

BILL can be searched by name alone, and shows a tax number in clear, masked or not at all (bill section 3.1). All
vendors are therefore compared here. A masked number may contradict a match but never makes one. What is not clear is
put into words, for a person to decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# what legal forms are called in short; they are not left out: Acme Inc and Acme LLC are two companies
_SHORT = {"incorporated": "inc", "corporation": "corp", "company": "co", "limited": "ltd"}
_MASK = re.compile(r"[*\u2022\u25cf\u2026]|[xX]{2,}")
# fewer characters than these name nobody
_LEAST = 5


def same_name(name: str | None) -> str:
    """A name as it is compared: without case, accents, punctuation and the long words for legal forms."""
    parts = unicodedata.normalize("NFKD", (name or "").casefold())
    letters = "".join(each for each in parts if not unicodedata.combining(each)).casefold()
    words = re.sub(r"[^\w]+|_", " ", re.sub(r"['\u2019.]", "", letters.replace("&", " and "))).split()
    return " ".join(_SHORT.get(word, word) for word in words)


def is_masked(tax_id: str) -> bool:
    """Whether a tax number is shown with a mask over its first digits."""
    return _MASK.search(tax_id) is not None


def plain(tax_id: str) -> str:
    """The digits and capital letters of a tax number."""
    return re.sub(r"[^0-9A-Z]", "", tax_id.upper())


def same_number(tax_id: str | None) -> str | None:
    """A tax number as it is compared: digits and letters without the country in front; None where it names nobody
    (blank, masked, too short, one digit over and over)."""
    if not tax_id or is_masked(tax_id):
        return None
    number = plain(tax_id)
    if re.fullmatch(r"[A-Z]{2}[0-9]+[A-Z]?", number):
        number = number[2:]
    return number if len(number) >= _LEAST and len(set(number)) > 1 else None


def last_digits(tax_id: str | None) -> str | None:
    """The last four of a tax number, shown in clear or masked; None where there are no four."""
    end = plain(tax_id or "")[-4:]
    return end if len(end) == 4 and end.isdigit() else None


@dataclass(frozen=True, slots=True)
class Known:
    """A vendor of BILL, as far as it is compared. `tax_id` is as BILL shows it."""

    id: str
    name: str
    tax_id: str | None = None
    currency: str | None = None
    country: str | None = None
    archived: bool = False

    def tells(self, by: str) -> str:
        """The vendor for a person who has to decide; `by` says what speaks for it."""
        shown = [by, self.currency or "", "archived" if self.archived else ""]
        return f"{self.id} {self.name} ({', '.join(each for each in shown if each)})"


@dataclass(frozen=True, slots=True)
class Sought:
    """A supplier, as far as it is compared. `tax_rivals` and `name_rivals` are other suppliers without a vendor that
    have the same tax number, the same name."""

    names: tuple[str, ...]
    tax_id: str | None = None
    currency: str | None = None
    country: str | None = None
    tax_rivals: frozenset[int] = frozenset()
    name_rivals: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """The vendors that may be the supplier; `against` says why a person has to decide, nothing where it is clear."""

    candidates: tuple[Known, ...] = ()
    against: tuple[str, ...] = ()
    words: str = ""


def match(sought: Sought, vendors: Iterable[Known], *, by_name: bool = True) -> Match:
    """Compare a supplier with the vendors that are no other supplier's."""
    number = same_number(sought.tax_id)
    names = {same_name(name) for name in sought.names} - {""}
    taxed, named = [], []
    for vendor in vendors:
        if number and same_number(vendor.tax_id) == number:
            taxed.append(vendor)
        elif same_name(vendor.name) in names:
            named.append(vendor)
    agreeing = [vendor for vendor in taxed if same_name(vendor.name) in names]
    if len(taxed) == 1 and agreeing:
        # both say the same; another of that name whose tax number is known is another company
        named = [vendor for vendor in named if same_number(vendor.tax_id) is None]
    found = _fitting([*taxed, *named], sought)
    if not found:
        return Match()
    by = {vendor.id: "tax number and name" if vendor in agreeing else "tax number" for vendor in taxed}
    words = "; ".join(vendor.tells(by.get(vendor.id, "name")) for vendor in found)
    if len(found) > 1:
        return Match(tuple(found), ("more than one vendor may be meant",), words)
    (only,) = found
    rivals = sought.name_rivals if only in named else sought.tax_rivals
    if only in agreeing:
        rivals = sought.tax_rivals & sought.name_rivals
    against = list(_reasons_against(sought, only, rivals))
    if only in named and only.country and sought.country and only.country != sought.country:
        against.append(f"it is in {only.country}")
    if only in named and not by_name:
        against.append("only the name says so")
    return Match((only,), tuple(against), words)


def _fitting(vendors: Sequence[Known], sought: Sought) -> list[Known]:
    """Those of the supplier's currency, where there are such, and of these those in use."""
    fitting = [vendor for vendor in vendors if vendor.currency in (None, sought.currency)] or list(vendors)
    return [vendor for vendor in fitting if not vendor.archived] or fitting


def _reasons_against(sought: Sought, vendor: Known, rivals: frozenset[int]) -> Iterable[str]:
    if vendor.archived:
        yield "it is archived"
    if vendor.currency and sought.currency and vendor.currency != sought.currency:
        yield f"its bills are in {vendor.currency}"
    if _contradict(sought.tax_id, vendor.tax_id):
        yield "its tax number is another one"
    if rivals:
        yield f"supplier {', '.join(map(str, sorted(rivals)))} may be meant too"


def _contradict(ours: str | None, theirs: str | None) -> bool:
    """Whether two tax numbers cannot be one. Of a masked one the last four are compared."""
    numbers = same_number(ours), same_number(theirs)
    if all(numbers):
        return numbers[0] != numbers[1]
    ends = last_digits(ours), last_digits(theirs)
    return all(ends) and ends[0] != ends[1]

"""Invoice numbers that BILL accepts: 21 characters at most, and of one document only (bill section 3.2).

A supplier's number is sent unchanged if it fits and belongs to this bill alone. Otherwise the number is the first five
characters of it, `~`, and the pay item's key in 15 characters of base 36: company (KCO) 5, type (DCT) 2, number (DOC)
6, suffix (SFX) 2. The last 15 characters alone are the key, one to one, so no two are alike. A supplier's number that
contains a `~` is never sent unchanged. Without a supplier's number it begins with the type.
"""

from __future__ import annotations

import re

LONGEST = 21
SIGN = "~"
_BEGINNING = 5
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODED = re.compile(rf".{{0,{_BEGINNING}}}{SIGN}[0-9A-Z]{{15}}")
_KEY = re.compile(r"F0411:([0-9A-Z]{1,5})/([0-9A-Z]{2})/([0-9]{1,8})/([0-9]{1,3})")


def invoice_number(own: str | None, key: str, *, alone: bool) -> str | None:
    """The number of the bill of a pay item (`key`), whose supplier's number is `own`; None where there is neither a
    number that fits nor a key of the known form. `alone` says that no other bill has that number."""
    if own and alone and len(own) <= LONGEST and SIGN not in own:
        return own
    code = _code(key)
    if code is None:
        return None
    return f"{(own or code[5:7])[:_BEGINNING]}{SIGN}{code}"


def is_coded(number: str | None) -> bool:
    """Whether a number of a bill is one of these that encode a pay item: nobody writes such a one by hand."""
    return _CODED.fullmatch(number or "") is not None


def _code(key: str) -> str | None:
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    company, kind, number, suffix = found.groups()
    # a company of fewer characters is another company than the same with zeros before it, which JDE does not have
    return f"{company.rjust(5, '0')}{kind}{_base36(int(number), 6)}{_base36(int(suffix), 2)}"


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = _DIGITS[last] + digits
    return digits.rjust(width, "0")

"""Value tables: which values a table may hold, as far as that can be known. Each pair has its own.

A value that names a record of the target must exist there; a value that is a word or a number must have the right form.
What cannot be read of a target is accepted as given: the columns of JD Edwards' tax areas (F4008) are in no sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from connector_assets.engine.context import RunContext

Values = Callable[[RunContext, Collection[str]], set[str]]


@dataclass(frozen=True, slots=True)
class ValueTable:
    """`kind` says what a value is. `known` are those of the given values that the target has, `keys` those of the given
    keys that the source has (`source` says which system that is), `pairs` those of the keys whose value exists for
    them, `form` what a value looks like; None where that cannot be asked."""

    kind: str
    known: Values | None = None
    keys: Values | None = None
    form: re.Pattern[str] | None = None
    source: str = "JD Edwards"
    pairs: Callable[[RunContext, Mapping[str, str]], set[str]] | None = None


RATES = ValueTable("a rate above 0", form=re.compile(r"(?=.*[1-9])\d+(\.\d+)?"))
REVERSALS = ValueTable("`reverse` or `post`", form=re.compile(r"\s*(reverse|post)\s*", re.IGNORECASE))

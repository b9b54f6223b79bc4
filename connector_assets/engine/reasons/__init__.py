"""Why a document needs a person: the closed list, each with its meaning and its fix.

A reason is a word in the ledger, in `connector exceptions` and in the name of the pandera check that found it, so it
never changes its meaning. Texts are templates over the problem's `field` and `value`; `{arg}` is the value as an
argument of a command. The names of the document (`{integration}`, `{flow}`, `{key}`, and of the key `{record}`, what
follows its colon, and `{last}`, its last part) are filled in where the problem is kept (`Problem.of`). A command stands
in backticks, with words in capitals for what a person chooses; steps end with a semicolon.

The entries stand by theme in the modules of this package; those that only one system or pair can be the cause of stand
beside it (`System.reasons`, `Pair.reasons`). They are one list here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Any

from connector_assets.engine.reasons import delivering, documents, masters, payables, payments
from connector_assets.engine.reasons.entry import HIGH, Reason, Severity
from connector_assets.engine.words import BLANK, shown, words
from connector_resources import catalogue
from connector_resources.ledger import Problem

__all__ = ["HIGH", "Reason", "Severity", "problem", "reasons", "severity_of", "steps_of"]

# one step of a fix ends where the next begins
_STEPS = re.compile(r"; (?:then )?|, then (?=replay|dismiss)")

OF_DOCUMENTS = (*masters.REASONS, *payables.REASONS, *payments.REASONS, *documents.REASONS)


@cache
def reasons() -> Mapping[str, Reason]:
    """Every reason by name: those of documents, those that a system or a pair has of its own, those of delivering."""
    owners: list[Any] = [*catalogue.systems().values(), *catalogue.pairs().values()]
    own = [each for owner in owners for each in owner.reasons()]
    return {each.name: each for each in (*OF_DOCUMENTS, *own, *delivering.REASONS)}


def severity_of(reason: str) -> Severity:
    """How urgent an exception of this reason is; one that an earlier version left in the ledger is normal."""
    entry = reasons().get(reason)
    return entry.severity if entry is not None else "normal"


def problem(reason: str, field: str = "", value: object = "", *, waits_for: str | None = None) -> Problem:
    """A problem of the closed list, its texts filled in but for the names that only its document has (see `Problem`).
    An unknown reason is a bug and raises KeyError."""
    entry = reasons()[reason]
    text = words(value)
    message, fix = entry.blank if entry.blank and not text else (entry.message, entry.fix)
    return Problem(
        reason=reason,
        field=field,
        value=text,
        message=_filled(message, field, shown(text)) if text else _filled(_without(message), field, BLANK),
        fix=_filled(fix, field, text or BLANK),
        waits_for=waits_for,
    )


def steps_of(fix: str) -> list[str]:
    """The steps of a fix, one after the other, each once."""
    return list(dict.fromkeys(each for each in _STEPS.split(fix) if each))


def _filled(template: str, field: str, text: str) -> str:
    # an argument is quoted for a shell, and filled last: whatever the value holds stands as it is
    filled = template.replace("{field}", field.replace("_", " ") or "a field")
    return filled.replace("{arg}", shlex.quote(text)).replace("{value}", text)


def _without(message: str) -> str:
    """A message of a blank value: what would only introduce it is left out."""
    return message.removesuffix(": {value}")

"""An exception as a clerk reads it: whose document it is, what is wrong in words, since when, what to do first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

from connector_resources import catalogue

if TYPE_CHECKING:
    from connector_resources.ledger import Delivery, ExceptionRow, Ledger

# the key of a document that is known by company, type and number, such as a voucher, and perhaps by its pay item
_KEY = re.compile(r"\b(\w+):\w+/\w+/\w+(/\w+)?\b")


class ExceptionTexts:
    """Exceptions with what the ledger knows of their documents and of what they wait for, by a few queries."""

    def __init__(self, ledger: Ledger, found: Sequence[ExceptionRow]) -> None:
        from connector_assets.engine.linking import NOT_LINKED, causes, explained_again

        self._now = ledger.clock.now()
        self._known = _documents(ledger, found)
        known_causes = causes(ledger, {name for each in found if each.reason in NOT_LINKED for name in each.waits_for})
        self.rows = [each if each.closed_at else explained_again(each, known_causes) for each in found]

    def entry(self, each: ExceptionRow) -> dict[str, Any]:
        """One of `rows` as `exceptions list --json` shows it."""
        from connector_assets.engine.money import amount_text
        from connector_assets.engine.reasons import severity_of, steps_of

        known = self._known.get((each.flow, each.key))
        steps = steps_of(each.fix)
        return {
            "id": each.id,
            "flow": each.flow,
            "key": each.key,
            "document": document_words(each.key, known.label if known else None),
            "state": each.state,
            "reason": each.reason,
            "severity": severity_of(each.reason),
            "field": each.field,
            "value": each.value,
            "message": in_words(each.message),
            "fix": each.fix,
            "first_step": steps[0] if steps else "",
            "steps": steps,
            "since": each.since.isoformat(),
            "age": age_words(self._now - each.since),
            "attempts": each.attempts,
            "partition": each.partition,
            "party": known.party if known else None,
            "party_number": known.party_number if known else None,
            "amount": amount_text(amount, known.currency) if known and (amount := _stake(known)) is not None else None,
            "currency": known.currency if known else None,
        }


def _stake(known: Delivery) -> Decimal | None:
    """The amount that an exception is about: the document's; where nothing of it is open any more, what both sides last
    agreed on."""
    agreed = (known.content or {}).get("amount")
    if known.amount or agreed is None:
        return known.amount
    try:
        return Decimal(str(agreed))
    except InvalidOperation:
        return known.amount


def _documents(ledger: Ledger, found: Sequence[ExceptionRow]) -> dict[tuple[str, str], Delivery]:
    keys: dict[str, list[str]] = {}
    for each in found:
        keys.setdefault(each.flow, []).append(each.key)
    known = {flow: ledger.deliveries.load(flow, own) for flow, own in keys.items()}
    return {(flow, key): each for flow, own in known.items() for key, each in own.items()}


def document_words(key: str, label: str | None) -> str:
    """A document as people call it: `INV-7, voucher PV 778812 (00100)`."""
    table, _, record = key.partition(":")
    parts = record.split("/")
    noun, numbered = _nouns().get(table, ("", False))
    if numbered and len(parts) in (3, 4):
        company, kind, number, *item = parts
        name = ", ".join([f"{noun} {kind} {number}", *(f"pay item {each}" for each in item)]) + f" ({company})"
    elif noun:
        name = f"{noun} {parts[0]}" + (f" ({', '.join(parts[1:])})" if parts[1:] else "")
    else:
        name = key
    return f"{label}, {name}" if label else name


def in_words(message: str) -> str:
    """A message in which documents have their names: `voucher PV 778812 (00100)` for `F0411:00100/PV/778812`."""
    nouns = _nouns()
    return _KEY.sub(
        lambda found: document_words(found[0], None) if nouns.get(found[1], ("", False))[1] else found[0], message
    )


@cache
def _nouns() -> Mapping[str, tuple[str, bool]]:
    """Entity -> what its documents are called, and whether they are known by company, type and number."""
    systems: list[Any] = list(catalogue.systems().values())
    named = {name: entity for system in systems for name, entity in system.entities.items() if entity.noun}
    return {name: (entity.noun, entity.numbered) for name, entity in named.items()}


def party_words(entry: Mapping[str, Any]) -> str:
    """The supplier with its number: `Bolt Ltd (4343)`."""
    name, number = entry["party"] or "", entry["party_number"] or ""
    # the second supplier of one name bears its number in the target, by the default of `unique_name`
    named_already = not number or name == number or name.endswith(f"({number})")
    return name if name and named_already else f"{name} ({number})" if name else number


def age_words(age: timedelta) -> str:
    """How long ago, in the largest whole unit: `3 d`, `5 h`, `12 min`."""
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def commands_of(each: ExceptionRow) -> list[str]:
    """The commands that a person types about this exception, all names filled in."""
    from connector_resources.ledger.exceptions import CONFIRMED

    note = " --note NOTE" if each.reason in CONFIRMED else ""
    open_ones = [f"connector exceptions replay {each.id}", f"connector exceptions dismiss {each.id}{note}"]
    choices = [] if each.closed_at else open_ones
    return [*choices, f"connector audit {each.key}"]


def history_of(ledger: Ledger, each: ExceptionRow) -> list[dict[str, Any]]:
    """What happened to its document, the newest last."""
    _, events = ledger.audit.of(each.key)
    own = [event for event in events if event.flow == each.flow]
    return [
        {"at": event.at.isoformat(timespec="seconds"), "event": event.event, "by": event.actor, "detail": event.detail}
        for event in own
    ]


def moment(text: str) -> str:
    """An instant as a person reads it: `2026-03-02 09:00`."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"

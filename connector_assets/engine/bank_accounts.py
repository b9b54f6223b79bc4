"""Bank accounts: a change while documents are open needs a second person.

Each sync and each sweep reads the bank accounts of the parties, in every system that shows them. The ledger keeps a
digest and the last four characters of each account (`ledger.bank_accounts`), never a number. The accounts at the first
reading are kept without a report. From then on an account that is changed, added or removed is a change. If nothing is
open, it is an event of the audit trail. If documents are open, it is a finding of the party's own document
(`bank_account_changed`, high severity). The finding stands until a person closes it and says why. No later reading
closes it, not even if the former account is back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_resources.ledger import Ledger, NewEvent, Problem
from connector_resources.ledger.bank_accounts import KeptAccounts
from connector_resources.ledger.releasing import FINDING
from connector_resources.redact import last_four

if TYPE_CHECKING:
    from connector_assets.engine.flow import Flow

REASON = "bank_account_changed"
_NOT_WATCHED = "not_watched"
_READABLE = re.compile(r"[0-9A-Z]{5,34}")
_MASKED = re.compile(r"[*X#•]{2,}([0-9A-Z]{1,4})")
_NOT_COUNTED = re.compile(r"[\s.\-/]+")


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it is remembered. `by` is who entered it, where its system says so."""

    digest: str
    shown: str
    by: str = field(default="", compare=False)


@dataclass
class Open:
    """What is open of a party: documents, and what is left of them by currency."""

    documents: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, amount: Decimal, currency: str, *, counts: bool = True) -> None:
        """An amount more, of a document that counts only once."""
        self.documents += counts
        self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount

    @property
    def in_words(self) -> str:
        """In words: `2 documents are open, 120.00 GBP, 30.00 USD`."""
        many = "1 document is open" if self.documents == 1 else f"{self.documents} documents are open"
        amounts = (f"{amount_text(amount)} {currency}".strip() for currency, amount in sorted(self.amounts.items()))
        return ", ".join([many, *amounts])


def account_of(seal: bytes, parts: Iterable[str | None], number: str | None, by: str = "") -> Account:
    """An account from all that says where the money goes; `number` is what its last four are of. Blanks, dots, dashes
    and case make no difference. A site may keep its columns encrypted: another text is another account, and what is no
    number shows nothing."""
    plain = [_plain(part) for part in parts]
    digest = hmac.new(seal, "\0".join(plain).encode(), hashlib.sha256).hexdigest()
    shown = _plain(number)
    tail = _tail(shown)
    if tail:
        return Account(digest, f"…{tail}", by)
    return Account(digest, last_four(shown) if _READABLE.fullmatch(shown) else "unknown", by)


def is_masked(number: str | None) -> bool:
    """Whether a system shows no more of a number than its end."""
    return bool(_tail(_plain(number)))


def report_changes(
    flow: Flow,
    side: str,
    system: str,
    seen: Mapping[str, Collection[Account]],
    open_of: Callable[[Collection[str]], Mapping[str, Open]],
) -> list[str]:
    """Compare what was seen of these parties (by document key) with what is remembered, tell what changed, and remember
    it. `side` is the system by its role and `system` its name in words; `open_of` is asked for the parties alone that
    changed. Returns those of which an exception is reported."""
    context, name = flow.context, flow.full_name
    ledger, seal = context.ledger, context.landing.seal
    ours = hmac.new(seal, b"bank accounts", hashlib.sha256).hexdigest()[:16]
    known = ledger.bank_accounts.of(name, side, seen)
    # without the key that made the digests nothing can be compared: it is a first sight again
    known = {key: each for key, each in known.items() if each.seal == ours}
    kept = {key: _kept(each, ours) for key, each in seen.items()}
    changed = {key: _change(known[key], kept[key], seen[key], system) for key in known if known[key] != kept[key]}
    found = {key: each for key, each in open_of(list(changed)).items() if each.documents} if changed else {}
    changed_words = {key: f"{changed[key]}; {each.in_words}" for key, each in found.items()}
    if changed_words:
        # before it is remembered: who dies in between tells it once more
        news = {key: _new(known[key], seen[key]) for key in changed_words}
        ledger.findings.set(
            name,
            REASON,
            _problems(flow, changed_words),
            run=context.run,
            now=context.now(),
            looked_at=changed_words,
            changed_by={key: {each.by for each in new} - {""} for key, new in news.items()},
        )
    quiet = [key for key in sorted(changed) if key not in changed_words]
    ledger.audit.append([_event(flow, key, changed[key]) for key in quiet], context.now())
    moved = {key: each for key, each in kept.items() if known.get(key) != each}
    ledger.bank_accounts.put(name, side, moved, context.now())
    return sorted(changed_words)


def report_unwatched(flow: Flow, entity: str, day: date, stamp: Mapping[str, Any], why: str) -> None:
    """Say once that nobody watches an entity, until it can be read or the reason is another one. `stamp` is how it
    stands, as far as that is reported."""
    context, name = flow.context, flow.full_name
    mark = context.ledger.watermarks.get(name, entity)
    if mark is None or (mark.probe or {}).get(_NOT_WATCHED) != why:
        detail = {"entity": entity, "why": why}
        event = NewEvent("bank_accounts_not_watched", flow=name, run=context.run, detail=detail)
        context.ledger.audit.append([event], context.now())
    shown = {**stamp, _NOT_WATCHED: why}
    context.ledger.watermarks.advance(name, entity, day, probe=shown, run=context.run, now=context.now())


def unwatched(ledger: Ledger, flow: str, entity: str) -> str:
    """Why nobody watches an entity, as the last look found it; '' where it is watched."""
    mark = ledger.watermarks.get(flow, entity)
    return str((mark.probe or {}).get(_NOT_WATCHED, "")) if mark is not None else ""


def changed_of(ledger: Ledger, flow: str, keys: Collection[str]) -> dict[str, str]:
    """Party's document key -> its open finding in words."""
    return {key: each.value for key, each in ledger.findings.of(flow, REASON, keys).items()}


def held_for(flow: str, found: Mapping[str, str]) -> tuple[Problem, ...]:
    """Why a document is held that would be paid to parties of which this was found, by document key of `flow`."""
    return tuple(
        problem(REASON, "payee", f"{key.partition(':')[2]}, {words}", waits_for=f"{FINDING}:{flow}:{key}")
        for key, words in sorted(found.items())
    )


def _kept(seen: Collection[Account], seal: str) -> KeptAccounts:
    return KeptAccounts(tuple(sorted({(each.digest, each.shown) for each in seen})), seal)


def _problems(flow: Flow, changed_words: Mapping[str, str]) -> dict[str, Problem]:
    """Findings, with what was found before and nobody has looked at yet."""
    before = flow.context.ledger.findings.of(flow.full_name, REASON, changed_words)
    found = {}
    for key, words in changed_words.items():
        earlier = before[key].value if key in before else ""
        found[key] = problem(
            REASON, "bank account", words if words in earlier or not earlier else f"{earlier}; {words}"
        )
    return found


def _change(before: KeptAccounts, after: KeptAccounts, seen: Collection[Account], system: str) -> str:
    """In words what became of a party's accounts: last four characters alone."""
    gone = [shown for digest, shown in before.accounts if (digest, shown) not in after.accounts]
    new = _new(before, seen)
    names = sorted({each.by for each in new} - {""})
    by = f" by {', '.join(names)}" if names else ""
    here = f"in {system}"
    if gone and new:
        return f"{here} changed from {', '.join(gone)} to {', '.join(each.shown for each in new)}{by}"
    if new:
        beside = ", ".join(shown for _, shown in before.accounts) or "none"
        return f"{here} added {', '.join(each.shown for each in new)}{by}, before: {beside}"
    left = ", ".join(shown for _, shown in after.accounts) or "none"
    return f"{here} removed {', '.join(gone)}, left: {left}"


def _new(before: KeptAccounts, seen: Collection[Account]) -> list[Account]:
    """The accounts that were not there before."""
    return [each for each in seen if (each.digest, each.shown) not in before.accounts]


def _event(flow: Flow, key: str, words: str) -> NewEvent:
    return NewEvent(REASON, flow=flow.full_name, key=key, run=flow.context.run, detail={"value": words, "open": 0})


def _tail(plain: str) -> str:
    """What a masked number shows; '' of one that is not masked."""
    found = _MASKED.fullmatch(plain)
    return found[1] if found else ""


def _plain(part: str | None) -> str:
    return _NOT_COUNTED.sub("", part or "").upper()

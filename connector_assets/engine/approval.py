"""The setting `approval` of a flow: which documents are staged until a person approves them.

    approval: required
    approval: {above: "10000.00"}
    approval: {above: {GBP: "10000.00", EUR: "12000.00"}}

With an amount, documents of at most that amount need no approval; credits count by their amount without its sign. A
document without an amount, or in a currency that is not named, always waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from connector_assets.engine.document import Document, Target
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import UnusableInput

SETTING = "approval"
REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount without its sign, and its currency; None where it is not known."""

    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Approval:
    """Who waits: everything where `above` is None, else what is above the amount, of any currency or by currency."""

    above: Decimal | Mapping[str, Decimal] | None = None

    def asks(self, touched: Collection[Money]) -> bool:
        """Whether a call that touches these amounts needs an approval."""
        return self.above is None or any(map(self._exceeds, touched))

    def _exceeds(self, money: Money) -> bool:
        limit = self.above.get(money.currency or "") if isinstance(self.above, Mapping) else self.above
        return limit is None or money.amount is None or money.amount > limit


def touched(document: Document, target: Target | None) -> list[Money]:
    """The amounts that a call would touch: the document's, and the one that its target has now, so that neither voiding
    nor lowering a large amount is a small thing."""
    found = [_money(document.amount, document.currency)]
    if target is not None and target.content.get("amount") is not None:
        found.append(_money(target.content["amount"], target.content.get("currency")))
    return found


def stake(touched: Collection[Money]) -> Decimal | None:
    """The largest of these amounts; None where they are of several currencies, or one of them is not known."""
    amounts = [each.amount for each in touched if each.amount is not None]
    comparable = len(amounts) == len(touched) and len({each.currency for each in touched}) == 1
    return max(amounts) if comparable else None


def _money(amount: Any, currency: str | None) -> Money:
    try:
        return Money(abs(Decimal(amount)), currency)
    except (InvalidOperation, TypeError, ValueError):
        return Money(None, currency)


def read_approval(integration: IntegrationSettings, flow: str, *, carries_money: bool) -> Approval | None:
    """The setting of a flow; None where its documents go by themselves. Raises UnusableInput saying what is wrong."""
    given = integration.flows.get(flow, {}).get(SETTING)
    where = f"connections.yaml: integrations.{integration.name}.flows.{flow}.{SETTING}"
    if given is None:
        return None
    if given == REQUIRED:
        return Approval()
    if not isinstance(given, Mapping) or set(given) != {"above"}:
        raise UnusableInput(f"{where}: must be `{REQUIRED}` or `above:` with an amount")
    if not carries_money:
        raise UnusableInput(f"{where}.above: {flow} carries no money: use `{REQUIRED}`")
    above = given["above"]
    if not isinstance(above, Mapping):
        return Approval(_amount(above, f"{where}.above"))
    if not above:
        raise UnusableInput(f"{where}.above: names no currency")
    return Approval({str(code): _amount(amount, f"{where}.above.{code}") for code, amount in above.items()})


def _amount(given: Any, where: str) -> Decimal:
    # YAML makes a float of 10000.00, and a float never holds an amount
    if isinstance(given, str | int) and not isinstance(given, bool):
        try:
            amount = Decimal(given)
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and amount >= 0:
            return amount
    raise UnusableInput(f'{where}: must be an amount that is not negative, in quotes: "10000.00"')

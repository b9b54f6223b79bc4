"""What a clerk finds in a ledger before a command is typed, and what the command said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from connector_resources.ledger import Change, Ledger, NewEvent, NewLink, Problem

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


Cli = Callable[..., Said]


def hold(
    ledger: Ledger,
    key: str,
    reason: str = "account_not_found",
    *,
    flow: str = "jde_coupa/invoices",
    value: str = "39284.9270",
    waits_for: str | None = None,
    partition: str | None = "2026-02-27",
) -> str:
    """A held document; returns the id of its exception."""
    problem = Problem(reason, "account", value, f"account {value} does not exist", "correct it", waits_for)
    change = Change(
        flow=flow,
        key=key,
        state="held",
        outcome="held",
        run="run-1",
        partition=partition,
        problems=[problem],
        party="Bolt Ltd",
        amount=Decimal("120.50"),
        currency="GBP",
        events=[NewEvent("held", detail={"reasons": [reason]})],
    )
    ledger.record([change], NOW)
    return next(each.id for each in ledger.exceptions.open(flow) if each.key == key)


def settle(ledger: Ledger, key: str, target_id: str, *, flow: str = "jde_coupa/invoices") -> None:
    """A settled document with its link."""
    entity = flow.partition("/")[2]
    link = NewLink(
        source_connection="jde",
        target_connection="coupa",
        target_entity=entity,
        target_id=target_id,
        target_label=f"L-{target_id}",
    )
    change = Change(
        flow=flow,
        key=key,
        state="settled",
        outcome="created",
        run="run-1",
        partition="2026-02-27",
        target_entity=entity,
        target_id=target_id,
        link=link,
        problems=[],
        events=[NewEvent("settled", target_id=target_id)],
    )
    ledger.record([change], NOW)


def released(ledger: Ledger, flow: str, keys: Sequence[str]) -> list[str]:
    """Those of the keys that the next sync tries again."""
    known = ledger.deliveries.load(flow, keys)
    return [key for key in keys if known[key].released]

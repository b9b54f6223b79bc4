"""What a sync came to, as tables for people: one per flow, each outcome with its documents and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.cli.show import print_line, print_table

SETTLED = ("created", "updated", "unchanged", "adopted")
PLANNED = 20


def print_flows(entries: Iterable[Mapping[str, Any]], *, plan: bool = False) -> None:
    """A table for each entry of `flows` in what `connector sync --json` prints."""
    for entry in entries:
        amounts: Mapping[str, Mapping[str, str]] = entry.get("amounts", {})
        calls = entry["calls"]
        title = f"{entry['flow']}   {entry['seconds']:.1f} s, {calls['read']} calls reading, {calls['write']} writing"
        columns = ["", "documents", *amounts]
        print_table(title, columns, _rows(entry["read"], entry["outcomes"], amounts), right=columns[1:])
        sums: Mapping[str, Mapping[str, str]] = entry.get("ignored_amounts", {})
        rules = ", ".join(
            f"{count} by {rule}{_money(sums.get(rule, {}))}" for rule, count in entry.get("ignored_by", {}).items()
        )
        if rules:
            print_line(f"ignored: {rules}")
        unreadable = entry.get("rows", {}).get("unreadable")
        if unreadable:
            print_line(f"unreadable: {unreadable} records, see connector exceptions list --reason unreadable_record")
        if plan:
            _print_planned(entry.get("documents", []))
        print_line("")


def _rows(read: int, outcomes: Mapping[str, int], amounts: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    def row(name: str, count: int) -> list[str]:
        return [name, f"{count:,}", *(amount(sums.get(name)) for sums in amounts.values())]

    settled = sum(outcomes[name] for name in SETTLED)
    return [
        row("read", read),
        *(row(name, outcomes[name]) for name in SETTLED),
        row("settled", settled),
        *(row(name, count) for name, count in outcomes.items() if name not in SETTLED),
    ]


def amount(text: str | None) -> str:
    """An amount as people read it; nothing where there is none."""
    return f"{Decimal(text):,}" if text is not None else ""


def _money(sums: Mapping[str, str]) -> str:
    told = ", ".join(f"{amount(text)} {currency}" for currency, text in sums.items())
    return f" ({told})" if told else ""


def _print_planned(documents: Sequence[Mapping[str, Any]]) -> None:
    if not documents:
        return
    rows = [
        (each["key"], each["action"], ", ".join(f"{c['field']}: {c['from']} -> {c['to']}" for c in each["changes"]))
        for each in documents[:PLANNED]
    ]
    print_table(None, ("key", "action", "changes"), rows)
    if len(documents) > PLANNED:
        print_line(f"and {len(documents) - PLANNED} more: --json shows them all, with the requests")

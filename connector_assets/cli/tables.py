"""What a sync came to, as tables for people: one per flow, each outcome with its documents and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.cli.show import print_line, print_table
from connector_assets.engine.references import LINK

SETTLED = ("created", "updated", "unchanged", "adopted")
PLANNED = 20
# documents of earlier flows that are named beside a planned one
NAMED = 3


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
            f"{count} by {rule}{money_words(sums.get(rule, {}))}" for rule, count in entry.get("ignored_by", {}).items()
        )
        if rules:
            print_line(f"ignored: {rules}")
        unreadable = entry.get("rows", {}).get("unreadable")
        if unreadable:
            print_line(f"unreadable: {unreadable} records, see connector exceptions list --reason unreadable_record")
        if first := first_sync(entry):
            print_line(first)
        if plan:
            _print_planned(entry.get("documents", []))
            _print_held(entry.get("held", []))
        print_line("")


def first_sync(entry: Mapping[str, Any]) -> str:
    """What the days of a first sync do not show, in words; nothing where they show all."""
    look = entry.get("first_sync", {})
    undated, before = look.get("without_a_date", 0), look.get("before_start_date", 0)
    said = []
    if undated:
        said.append(f"{undated} without a usable date of change were read too{money_words(look['amounts'])}")
    if before:
        said.append(f"{before} of before start_date were not read: connector sweep shows their amounts")
    return f"first sync: {'; '.join(said)}" if said else ""


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


def money_words(sums: Mapping[str, str]) -> str:
    """Amounts by currency in brackets, ` (12,000.50 GBP)`; nothing where there are none."""
    sums_shown = ", ".join(f"{amount(text)} {currency}" for currency, text in sums.items())
    return f" ({sums_shown})" if sums_shown else ""


def _print_planned(documents: Sequence[Mapping[str, Any]]) -> None:
    if not documents:
        return
    rows = [
        (
            each["key"],
            each["action"] + (f", then {each['then']['action']}" if "then" in each else ""),
            _several(each["after"]),
            ", ".join(map(_change, _changes(each))),
        )
        for each in documents[:PLANNED]
    ]
    columns, after = ("key", "action", "after", "changes"), any(each["after"] for each in documents)
    shown = (0, 1, 2, 3) if after else (0, 1, 3)
    print_table(None, [columns[at] for at in shown], [[row[at] for at in shown] for row in rows])
    if len(documents) > PLANNED:
        print_line(f"and {len(documents) - PLANNED} more: --json shows them all, with the requests")


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _changes(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a planned call changes, and the one that it prepares."""
    return [*entry["changes"], *entry.get("then", {}).get("changes", ())]


def _change(change: Mapping[str, Any]) -> str:
    if change["from"] is None:
        return f"{change['field']} {_words(change['to'])}"
    return f"{change['field']}: {_words(change['from'])} -> {_words(change['to'])}"


def _words(value: Any) -> str:
    """A value of a content as people read it; what is not there is left out."""
    if isinstance(value, Mapping):
        if set(value) == {LINK}:
            return str(value[LINK])
        return ", ".join(f"{name} {_words(inner)}" for name, inner in value.items() if inner not in (None, "", [], {}))
    if isinstance(value, list | tuple):
        return "; ".join(map(_words, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in (None, "") else str(value)


def _print_held(held: Sequence[Mapping[str, Any]]) -> None:
    """For each reason how many documents would be held, and the first of them in words."""
    of_reason: dict[str, list[Mapping[str, Any]]] = {}
    for each in held:
        of_reason.setdefault(each["reason"], []).append(each)
    if not held:
        return
    rows = [
        (reason, len({each["key"] for each in own}), own[0]["key"], own[0]["message"], own[0]["fix"])
        for reason, own in sorted(of_reason.items(), key=lambda item: -len(item[1]))
    ]
    print_table(None, ("held for", "documents", "such as", "since", "what to do"), rows, right=("documents",))

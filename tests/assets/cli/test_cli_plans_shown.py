"""A plan as a person reads it: what would be done with each document, after what, and why others are held."""

from __future__ import annotations

from typing import Any

import pytest

from connector_assets.cli.tables import print_flows
from connector_assets.engine.report import OUTCOMES


def entry(documents: list[dict[str, Any]], held: list[dict[str, Any]]) -> dict[str, Any]:
    """A flow of a plan."""
    return {
        "flow": "jde_coupa/invoices",
        "read": len(documents) + len(held),
        "outcomes": dict.fromkeys(OUTCOMES, 0),
        "calls": {"read": 3, "write": 0},
        "seconds": 0.1,
        "documents": documents,
        "held": held,
    }


def shown(capsys: pytest.CaptureFixture[str], *given: Any) -> list[str]:
    """What is printed, its lines without the frames of the tables."""
    print_flows([entry(*given)], plan=True)
    return [" ".join(line.replace("\u2502", " ").split()) for line in capsys.readouterr().out.splitlines()]


def document(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "action": "create", "after": [], "changes": [], "request": {}, **more}


def test_a_create_shows_its_values_and_an_update_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"account": {"$link": "accounts/5"}, "amount": "9.00", "need_by": None},
        {"account": "7", "amount": "1.00"},
    ]
    create = document(
        "a",
        after=["suppliers/1", "accounts/2", "accounts/3", "accounts/4"],
        changes=[
            {"field": "lines", "from": None, "to": lines},
            {"field": "paid", "from": None, "to": False},
            {"field": "term", "from": None, "to": None},
        ],
    )
    update = document("b", action="update", changes=[{"field": "term", "from": "N30", "to": ""}])
    reported = shown(capsys, [create, update], [])
    assert (
        "a create suppliers/1, accounts/2, accounts/3 and 1 more "
        "lines account accounts/5, amount 9.00; account 7, amount 1.00, paid no, term nothing"
    ) in reported
    assert "b update term: N30 -> nothing" in reported


def test_a_call_that_prepares_another_shows_both(capsys: pytest.CaptureFixture[str]) -> None:
    bill = {"action": "create", "changes": [{"field": "total", "from": None, "to": "9.00"}], "request": {}}
    hands_over = [{"field": "pay_status", "from": "A", "to": "B"}]
    reported = shown(capsys, [document("a", action="hand over", changes=hands_over, then=bill)], [])
    assert "a hand over, then create pay_status: A -> B, total 9.00" in reported


def test_what_is_held_is_counted_by_its_reason_with_the_first_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    def held(key: str, reason: str) -> dict[str, Any]:
        return {"key": key, "reason": reason, "field": "x", "value": "", "message": f"{key} is wrong", "fix": "mend it"}

    several = [held("a", "too_long"), held("a", "too_long"), held("b", "not_unique"), held("c", "not_unique")]
    reported = shown(capsys, [], [*several, held("d", "not_unique")])
    assert "not_unique 3 b b is wrong mend it" in reported
    assert "too_long 1 a a is wrong mend it" in reported
    assert reported.index("not_unique 3 b b is wrong mend it") < reported.index("too_long 1 a a is wrong mend it")

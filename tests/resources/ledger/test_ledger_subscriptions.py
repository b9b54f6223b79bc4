"""What the ledger keeps of a subscription: above all the idempotent keys of calls whose answer holds a secret."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Place

from connector_resources.clock import ManualClock
from connector_resources.ledger import Ledger
from connector_resources.ledger.subscriptions import Deed, KeptSubscription


def test_nothing_is_known_before_there_is_one(ledger: Ledger) -> None:
    assert ledger.subscriptions.get("bill") == KeptSubscription("bill")


@pytest.mark.parametrize("deed", ["create", "rotate"])
def test_a_key_is_repeated_until_its_answer_is_kept_or_the_vendor_has_forgotten_it(
    ledger: Ledger, ledger_place: Place, clock: ManualClock, deed: Deed
) -> None:
    first = ledger.subscriptions.key_for("bill", deed)
    assert uuid.UUID(first).version == 4
    clock.advance(22 * 3600)
    with Ledger.open(ledger_place.url, ledger_place.schema, clock=clock) as other:
        assert other.subscriptions.key_for("bill", deed) == first
    assert ledger.subscriptions.key_for("north", deed) != first
    clock.advance(3600)
    second = ledger.subscriptions.key_for("bill", deed)
    assert second != first
    (ledger.subscriptions.created if deed == "create" else ledger.subscriptions.rotated)("bill", "sub-1")
    kept = ledger.subscriptions.get("bill")
    assert (kept.subscription, kept.create_key, kept.rotate_key) == ("sub-1", None, None)
    assert kept.rotated_at == (clock.now() if deed == "rotate" else None)
    assert ledger.subscriptions.key_for("bill", deed) not in (first, second)


def test_several_at_once_get_one_key(ledger: Ledger) -> None:
    found: list[str] = []
    asking = [
        threading.Thread(target=lambda: found.append(ledger.subscriptions.key_for("bill", "create"))) for _ in range(8)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join(60)
    assert len(found) == 8 and len(set(found)) == 1


def test_a_note_changes_what_it_names(ledger: Ledger, clock: ManualClock) -> None:
    ledger.subscriptions.created("bill", "sub-1")
    ledger.subscriptions.note("bill", seen_until=clock.now(), problem="BILL is down")
    ledger.subscriptions.note("bill", problem=None, off_reason="no answer", enabled_at=clock.now())
    assert ledger.subscriptions.get("bill") == KeptSubscription(
        "bill", subscription="sub-1", seen_until=clock.now(), off_reason="no answer", enabled_at=clock.now()
    )

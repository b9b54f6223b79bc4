"""The inbox's verbs: what is new, what was said before, batches, tokens; on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

if TYPE_CHECKING:
    from conftest import Place

from connector_resources.clock import ManualClock
from connector_resources.ledger import Ledger, migrate
from connector_resources.ledger.database import Database, ensure_schema, normalised
from connector_resources.ledger.inbox import EventGroup, InboxEvent
from connector_resources.ledger.inbox_models import inbox_batches, inbox_tokens
from connector_resources.ledger.models import flow_state

MIGRATIONS = Path(migrate.__file__).parent / "migrations"
US = "jde_coupa"
AT = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
INVOICE = InboxEvent("coupa", "invoices", "4711", AT, "approved", False, "call_out")
SECOND = replace(INVOICE, record="4712")


def take(ledger: Ledger, *message: InboxEvent, integrations: tuple[str, ...] = (US,)) -> int:
    return ledger.inbox.take(message, integrations)


def records(ledger: Ledger, integration: str = US) -> list[str]:
    return [each.record for each in ledger.inbox.pending(integration)]


def test_a_ledger_of_the_version_before_gets_an_inbox_and_keeps_what_it_has(bare_place: Place) -> None:
    url = normalised(bare_place.url)
    if bare_place.schema is not None:
        ensure_schema(url, bare_place.schema)
    before = Database(url, bare_place.schema)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with before.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(flow_state.insert().values(flow=f"{US}/invoices", opened_by="adopt", opened_at=AT))
    before.close()

    with Ledger.open(bare_place.url, bare_place.schema) as opened:
        assert opened.flows.get(f"{US}/invoices") is not None
        assert take(opened, INVOICE) == 1


def test_an_event_is_kept_as_it_was_told_and_comes_back_oldest_first(ledger: Ledger, ledger_place: Place) -> None:
    bare = InboxEvent("coupa", "payments", "9", None, None, None, "relay", "evt-1", "ab" * 32)
    assert take(ledger, INVOICE) == 1
    assert take(ledger, bare) == 1
    with Ledger.open(ledger_place.url, ledger_place.schema) as other:
        first, second = other.inbox.pending(US)
    assert (first.connection, first.document, first.record) == ("coupa", "invoices", "4711")
    assert (first.updated_at, first.status, first.paid, first.scheme) == (AT, "approved", False, "call_out")
    assert first.received_at == ledger.clock.now()
    assert (second.record, second.updated_at, second.status, second.paid) == ("9", None, None, None)
    assert ledger.inbox.pending(US, limit=1) == [first]


def test_a_call_out_is_the_same_where_record_time_status_and_paid_are(ledger: Ledger) -> None:
    assert take(ledger, INVOICE) == 1
    assert take(ledger, INVOICE) == 0
    # the same instant, told from another zone
    elsewhere = AT.astimezone(timezone(timedelta(hours=-6)))
    assert take(ledger, replace(INVOICE, updated_at=elsewhere)) == 0
    others: list[dict[str, Any]] = [
        {"updated_at": AT + timedelta(seconds=1)},
        {"status": "voided"},
        {"paid": True},
        {"paid": None},
        {"document": "purchase_orders"},
        {"record": "47110"},
        {"connection": "coupa_north"},
    ]
    assert [take(ledger, replace(INVOICE, **each)) for each in others] == [1] * len(others)


def test_a_call_out_that_was_drained_and_read_is_still_known(ledger: Ledger) -> None:
    take(ledger, INVOICE)
    batch = ledger.inbox.batch(US)
    assert batch is not None
    ledger.inbox.done(batch.id)
    assert take(ledger, INVOICE) == 0
    assert ledger.inbox.batch(US) is None


def test_an_event_without_a_date_counts_again_once_the_one_before_was_drained(ledger: Ledger) -> None:
    undated = replace(INVOICE, updated_at=None)
    assert [take(ledger, undated), take(ledger, undated)] == [1, 0]
    assert ledger.inbox.batch(US) is not None
    assert [take(ledger, undated), take(ledger, undated)] == [1, 0]
    assert records(ledger) == ["4711"]


@pytest.mark.parametrize("same", ["relay_event", "signature"])
def test_a_relayed_message_is_known_by_its_id_and_by_its_signature(ledger: Ledger, same: str) -> None:
    first = replace(INVOICE, updated_at=None, scheme="relay", relay_event="evt-1", signature="aa")
    assert take(ledger, first) == 1
    assert ledger.inbox.batch(US) is not None
    changed: dict[str, Any] = {"relay_event": "evt-2", "signature": "bb"} | {same: getattr(first, same)}
    assert take(ledger, replace(first, record="9", **changed)) == 0
    assert take(ledger, replace(first, relay_event="evt-2", signature="bb")) == 1


def test_the_events_of_one_message_are_all_taken_though_they_share_its_id(ledger: Ledger) -> None:
    message = [replace(each, scheme="relay", relay_event="evt-1", signature="aa") for each in (INVOICE, SECOND)]
    assert take(ledger, *message) == 2
    assert take(ledger, *message) == 0
    assert records(ledger) == ["4711", "4712"]


def test_what_came_or_happened_later_is_not_forgotten_nor_what_only_its_name_would_show(
    ledger: Ledger, clock: ManualClock
) -> None:
    ahead = replace(INVOICE, record="ahead", updated_at=clock.now() + timedelta(days=3))
    undated = replace(INVOICE, updated_at=None)
    signed = replace(undated, record="signed", scheme="relay", signature="aa")
    named = replace(undated, record="named", scheme="notification", relay_event="evt-1")
    for each in (INVOICE, ahead, replace(undated, record="nameless"), signed, named):
        assert take(ledger, each) == 1
    before = clock.now() + timedelta(days=1)
    clock.advance(2 * 86_400)
    assert take(ledger, SECOND) == 1
    assert ledger.inbox.purge("coupa", before, timeless=False) == 2
    assert records(ledger) == ["ahead", "signed", "named", "4712"]
    assert ledger.inbox.purge("coupa", before) == 2
    assert records(ledger) == ["ahead", "4712"]


def test_each_integration_that_reads_the_connection_drains_its_own(ledger: Ledger) -> None:
    assert take(ledger, INVOICE, integrations=(US, "north")) == 1
    assert ledger.inbox.batch(US) is not None
    assert (records(ledger), records(ledger, "north")) == ([], ["4711"])
    # new for one of them is new
    assert take(ledger, SECOND) == 1
    assert take(ledger, SECOND, integrations=(US, "north")) == 1
    assert (records(ledger), records(ledger, "north")) == (["4712"], ["4711", "4712"])


def test_a_batch_holds_all_that_is_pending_and_tells_what_it_is_about(ledger: Ledger, clock: ManualClock) -> None:
    assert ledger.inbox.batch(US) is None
    take(ledger, INVOICE)
    take(ledger, replace(SECOND, updated_at=AT - timedelta(days=2)))
    take(ledger, InboxEvent("coupa", "payments", "1", None, None, None, "call_out"))
    batch = ledger.inbox.batch(US)
    assert batch is not None
    assert batch.groups == (
        EventGroup("coupa", "invoices", 2, AT - timedelta(days=2)),
        EventGroup("coupa", "payments", 1, clock.now()),
    )
    assert (batch.attempt, batch.due_at) == (1, clock.now())
    assert records(ledger) == []


def test_the_open_batch_stays_the_batch_until_it_is_done(ledger: Ledger, clock: ManualClock) -> None:
    take(ledger, INVOICE)
    batch = ledger.inbox.batch(US)
    take(ledger, SECOND)
    assert batch is not None and ledger.inbox.batch(US) == batch
    due = clock.now() + timedelta(minutes=1)
    ledger.inbox.again(batch.id, 1, due)
    ledger.inbox.again(batch.id, 1, due + timedelta(hours=1))  # said twice of one attempt
    assert ledger.inbox.batch(US) == replace(batch, attempt=2, due_at=due)
    ledger.inbox.done(batch.id, "left_to_poll")
    following = ledger.inbox.batch(US)
    assert following is not None and following.id != batch.id
    assert [each.events for each in following.groups] == [1]
    with ledger._db.read() as db:
        ended = db.execute(select(inbox_batches.c.outcome).where(inbox_batches.c.id == batch.id)).scalar()
    assert ended == "left_to_poll"


def test_two_that_drain_at_once_get_one_batch(ledger: Ledger) -> None:
    for number in range(20):
        take(ledger, replace(INVOICE, record=str(number)))
    start = threading.Barrier(4)
    found = []

    def drain() -> None:
        start.wait(30)
        found.append(ledger.inbox.batch(US))

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4 and found[0] is not None
    assert {each.id for each in found if each} == {found[0].id}
    assert records(ledger) == []


def test_what_comes_many_times_at_once_is_kept_once(ledger: Ledger) -> None:
    start = threading.Barrier(6)
    kept = []

    def send() -> None:
        start.wait(30)
        kept.append(take(ledger, INVOICE))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(kept) == [0, 0, 0, 0, 0, 1]


def test_purging_forgets_what_is_older_and_nothing_else(ledger: Ledger, clock: ManualClock) -> None:
    take(ledger, INVOICE)
    batch = ledger.inbox.batch(US)
    assert batch is not None
    ledger.inbox.done(batch.id)
    ledger.inbox.issue_token("coupa", "us", 60)
    clock.advance(31 * 86_400)
    take(ledger, SECOND)
    take(ledger, replace(SECOND, connection="coupa_north"))

    assert ledger.inbox.purge("coupa", clock.now() - timedelta(days=30)) == 1

    assert records(ledger) == ["4712", "4712"]
    assert take(ledger, SECOND) == 0
    assert take(ledger, INVOICE) == 1
    with ledger._db.read() as db:
        assert db.execute(select(inbox_batches.c.id)).all() == []
        assert db.execute(select(inbox_tokens.c.digest)).all() == []


class TestTokens:
    def test_a_token_is_good_for_its_client_and_connection_until_it_ends(
        self, ledger: Ledger, ledger_place: Place, clock: ManualClock
    ) -> None:
        token = ledger.inbox.issue_token("coupa", "us", 86_399)
        # another process, too
        with Ledger.open(ledger_place.url, ledger_place.schema, clock=clock) as other:
            assert other.inbox.token_valid(token, "coupa", "us")
        assert not ledger.inbox.token_valid(token, "coupa_north", "us")
        assert not ledger.inbox.token_valid(token, "coupa", "them")
        assert not ledger.inbox.token_valid(token[:-1], "coupa", "us")
        assert not ledger.inbox.token_valid("", "coupa", "us")
        clock.advance(86_398)
        assert ledger.inbox.token_valid(token, "coupa", "us")
        clock.advance(1)
        assert not ledger.inbox.token_valid(token, "coupa", "us")

    def test_only_a_digest_is_kept_and_ended_tokens_go(self, ledger: Ledger, clock: ManualClock) -> None:
        first = ledger.inbox.issue_token("coupa", "us", 60)
        clock.advance(61)
        second = ledger.inbox.issue_token("coupa", "us", 60)
        assert first != second and len(second) >= 43
        with ledger._db.read() as db:
            rows = db.execute(select(inbox_tokens)).all()
        assert len(rows) == 1
        assert second not in str(rows)

    def test_revoking_ends_those_of_one_connection(self, ledger: Ledger) -> None:
        ours = [ledger.inbox.issue_token("coupa", "us", 60) for _ in range(2)]
        theirs = ledger.inbox.issue_token("coupa_north", "us", 60)
        assert ledger.inbox.revoke_tokens("coupa") == 2
        assert [ledger.inbox.token_valid(each, "coupa", "us") for each in ours] == [False, False]
        assert ledger.inbox.token_valid(theirs, "coupa_north", "us")

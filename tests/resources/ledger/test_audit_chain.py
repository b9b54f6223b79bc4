"""The chain of the audit trail: what is whole, what is found where somebody got round the triggers, who may append."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from forks import FORKS
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from conftest import Place

from connector_resources.clock import ManualClock
from connector_resources.ledger import Change, Ledger, NewEvent, NewIntent, NewLink, Problem, proving
from connector_resources.ledger.chain import GENESIS, Entry, Head, canonical, digest
from connector_resources.ledger.proving import ChainProof

FLOW, OTHER, THIRD = "jde_coupa/invoices", "jde_coupa/suppliers", "jde_coupa/accounts"
EVENTS = 7


def reported(ledger: Ledger, anchors: dict[str, Head] | None = None) -> list[tuple[str, str, int | None]]:
    """What the proof finds: flow, kind, place."""
    return [(each.flow, each.kind, each.place) for proof in ledger.audit.prove(anchors) for each in proof.findings]


def proof_of(ledger: Ledger, flow: str = FLOW) -> ChainProof:
    return next(proof for proof in ledger.audit.prove() if proof.flow == flow)


def fill(ledger: Ledger, count: int = EVENTS) -> None:
    """Events of one flow, each in a transaction of its own, with another flow's in between."""
    for number in range(1, count + 1):
        ledger.audit.append([NewEvent("settled", FLOW, f"A:{number}", target_id=str(number), detail={"n": number})])
        ledger.audit.append([NewEvent("settled", OTHER, f"S:{number}")])


@pytest.fixture
def forge(ledger: Ledger) -> Callable[..., None]:
    """Run statements against the trail as somebody would who has the database's password."""

    def run(*statements: str) -> None:
        with ledger._db.write() as connection:
            if ledger._db.is_sqlite:
                for name in ("events_no_update", "events_no_delete", "heads_no_delete", "heads_grow"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_{name}")
            else:
                for table in ("audit_events", "audit_heads"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                connection.exec_driver_sql(statement.replace("FLOW", f"flow = '{FLOW}'"))

    return run


# -- whole ------------------------------------------------------------------------------------------------------------


def test_an_empty_trail_and_one_of_many_pages_are_whole(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(ledger.audit.prove()) == []
    monkeypatch.setattr(proving, "PAGE", 3)
    fill(ledger)
    assert reported(ledger) == []
    proofs = {proof.flow: proof.head for proof in ledger.audit.prove()}
    assert proofs == ledger.audit.chains()
    assert {flow: head.count for flow, head in proofs.items() if head} == {FLOW: EVENTS, OTHER: EVENTS}


def test_every_verb_that_leaves_a_trail_goes_on_with_the_chain(ledger: Ledger, clock: ManualClock) -> None:
    now = clock.now()
    problem = Problem("account_not_found", "account", "x", "m", "f")
    link = NewLink(source_connection="jde", target_connection="coupa", target_entity="invoices", target_id="7")
    ledger.intents.open([NewIntent(FLOW, "A:1", "create"), NewIntent(OTHER, "S:1", "create")], now)
    twice = Change(FLOW, "A:1", state="held", problems=[problem], events=[NewEvent("held"), NewEvent("held again")])
    ledger.record([twice, replace(twice, flow=OTHER), twice])
    ledger.exceptions.release(flow=FLOW, actor="ann", now=now)
    ledger.record([Change(FLOW, "A:1", state="held", events=[NewEvent("held")])])
    ledger.mappings.set("jde_coupa", "terms", "30", "N30", "ann", now)
    ledger.mappings.remove("jde_coupa", "terms", "30", "ann", now)
    ledger.links.set(replace(link, flow=FLOW, source_key="A:1"), "ann", now)
    ledger.links.remove(FLOW, "A:1", "ann", now)
    assert reported(ledger) == []
    counts = {flow: head.count for flow, head in ledger.audit.chains().items()}
    assert counts == {"jde_coupa": 2, FLOW: 9, OTHER: 3}
    kept = [event.event for event in ledger.audit.of("A:1")[1] if event.flow == FLOW]
    assert kept == [*("intent", "held", "held again", "held", "held again", "replayed", "held"), "linked", "unlinked"]


AWKWARD = [
    NewEvent("", "", "", source_id="", target_id=None, run="", actor=None),
    NewEvent("sent", FLOW, "K:ünïcode 中文 🚀", actor="O'Brien\t\r\n", target_id="=1+1"),
    NewEvent("sent", FLOW, "A:1", detail={"half": "\ud800", "nul": "\x00", "amount": Decimal("10.50"), "deep": [{}]}),
    NewEvent("sent", FLOW, "A:1", at=datetime(2026, 3, 29, 1, 59, 59, 999999, timezone(timedelta(hours=5.5)))),
    NewEvent("sent", FLOW, "A:1", at=datetime(1999, 12, 31, 23, tzinfo=UTC)),
]


def test_whatever_an_event_holds_comes_back_as_it_was_hashed(ledger: Ledger) -> None:
    ledger.audit.append(AWKWARD)
    assert reported(ledger) == []


def test_nothing_is_appended_by_a_transaction_that_fails(ledger: Ledger) -> None:
    fill(ledger, 1)
    before = ledger.audit.chains()
    with pytest.raises(TypeError):
        ledger.record([Change(FLOW, "A:9", events=[NewEvent("x"), NewEvent("y", detail={"no JSON": object()})])])
    assert ledger.audit.chains() == before and reported(ledger) == []


# -- forged -----------------------------------------------------------------------------------------------------------

FIRST, MIDDLE, LAST = 1, 4, EVENTS
COLUMNS = ("at", "key", "event", "source_id", "target_id", "run", "partition", "actor", "detail", "hash")


@pytest.mark.parametrize("place", [FIRST, MIDDLE, LAST])
def test_a_removed_row_is_found(ledger: Ledger, forge: Callable[..., None], place: int) -> None:
    fill(ledger)
    forge(f"DELETE FROM audit_events WHERE FLOW AND place = {place}")
    (found,) = proof_of(ledger).findings
    # it is told by the row behind it, or where there is none by the head
    where, event = ("at the end", None) if place == LAST else ("before it", place * 2 + 1)
    assert found == (FLOW, "missing", event, min(place + 1, LAST), f"place {place} is missing {where}")
    assert len(reported(ledger)) == 1


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", [FIRST, MIDDLE, LAST])
def test_an_edited_column_is_found(ledger: Ledger, forge: Callable[..., None], place: int, column: str) -> None:
    fill(ledger)
    value = {"at": "'2026-01-01 00:00:00'", "hash": f"'{GENESIS}'"}.get(column, "'forged'")
    forge(f"UPDATE audit_events SET {column} = {value} WHERE FLOW AND place = {place}")
    found = reported(ledger)
    # of a forged hash the event behind it knows as well, and at the end the head
    behind = {FIRST: ("edited", 2), MIDDLE: ("edited", 5), LAST: ("head", LAST)}[place] if column == "hash" else None
    assert found == [(FLOW, "edited", place), *([(FLOW, *behind)] if behind else [])]


@pytest.mark.parametrize(("first", "second"), [(FIRST, MIDDLE), (MIDDLE, 5), (5, LAST)])
def test_rows_that_changed_places_are_found(
    ledger: Ledger, forge: Callable[..., None], first: int, second: int
) -> None:
    fill(ledger)
    forge(
        f"UPDATE audit_events SET place = -1 WHERE FLOW AND place = {first}",
        f"UPDATE audit_events SET place = {first} WHERE FLOW AND place = {second}",
        f"UPDATE audit_events SET place = {second} WHERE FLOW AND place = -1",
    )
    kinds = {(kind, place) for _, kind, place in reported(ledger)}
    assert {("edited", first), ("edited", second)} <= kinds


def test_ids_that_changed_places_are_found_since_they_are_the_order_in_which_people_see_events(
    ledger: Ledger, forge: Callable[..., None]
) -> None:
    fill(ledger)
    forge(
        "UPDATE audit_events SET id = -1 WHERE FLOW AND place = 3",
        "UPDATE audit_events SET id = (SELECT id FROM audit_events WHERE FLOW AND place = 5) + 10000"
        " WHERE FLOW AND place = 5",
        "UPDATE audit_events SET id = 9 WHERE FLOW AND place = 3",
    )
    assert (FLOW, "reordered", 6) in reported(ledger)


@pytest.mark.parametrize("place", [FIRST, MIDDLE, LAST])
def test_an_inserted_row_is_found(ledger: Ledger, forge: Callable[..., None], place: int) -> None:
    """Pushed in before the event at this place, those behind it moved on."""
    fill(ledger)
    columns = "at, flow, key, event, detail, hash"
    forge(
        f"UPDATE audit_events SET place = -place - 1 WHERE FLOW AND place >= {place}",
        "UPDATE audit_events SET place = -place WHERE FLOW AND place < 0",
        f"INSERT INTO audit_events ({columns}, place) SELECT {columns}, {place} FROM audit_events"
        f" WHERE FLOW AND place = {2 if place == 1 else 1}",
    )
    found = reported(ledger)
    assert (FLOW, "edited", place) in found and (FLOW, "inserted", EVENTS + 1) in found


def test_a_row_behind_the_end_and_one_at_a_place_twice_are_found(ledger: Ledger, forge: Callable[..., None]) -> None:
    fill(ledger)
    last = ledger.audit.chains()[FLOW]
    made = digest(last.hash, EVENTS + 1, Entry(datetime(2026, 3, 2, tzinfo=UTC), FLOW, "A", "x", *[None] * 5, "{}"))
    insert = "INSERT INTO audit_events (at, flow, key, event, detail, place, hash) VALUES"
    # a hash that is right, but the head does not know of it
    forge(f"{insert} ('2026-03-02 00:00:00+00', '{FLOW}', 'A', 'x', '{{}}', {EVENTS + 1}, '{made}')")
    assert [kind for _, kind, _ in reported(ledger)][-1] == "inserted"
    forge("DROP INDEX uq_audit_events_place", f"{insert} ('2026-03-02', '{FLOW}', 'A', 'x', '{{}}', 4, 'y')")
    assert (FLOW, "inserted", 4) in reported(ledger)


def test_a_head_that_is_gone_or_wrong_is_found(ledger: Ledger, forge: Callable[..., None]) -> None:
    fill(ledger)
    forge(f"UPDATE audit_heads SET hash = '{GENESIS}' WHERE FLOW")
    assert reported(ledger) == [(FLOW, "head", EVENTS)]
    forge("DELETE FROM audit_heads WHERE FLOW")
    assert reported(ledger) == [(FLOW, "head", None)]
    assert proof_of(ledger).head is None


def test_of_a_chain_whose_places_were_shifted_only_the_first_findings_are_told(
    ledger: Ledger, forge: Callable[..., None]
) -> None:
    fill(ledger, 50)
    forge(
        "DELETE FROM audit_events WHERE FLOW AND place = 2",
        "UPDATE audit_events SET place = -place + 1 WHERE FLOW AND place > 2",
        "UPDATE audit_events SET place = -place WHERE FLOW AND place < 0",
    )
    proof = proof_of(ledger)
    # each of the 48 that were moved, and the one that the head misses
    assert (len(proof.findings), proof.more) == (proving.SHOWN, 49 - proving.SHOWN)
    assert [each.place for each in proof.findings] == list(range(2, 2 + proving.SHOWN))


def rewrite(ledger: Ledger, forge: Callable[..., None], count: int) -> None:
    """The work of somebody who knows how hashes are made: the chain anew, shorter or with other content."""
    forge("DELETE FROM audit_events WHERE FLOW", "DELETE FROM audit_heads WHERE FLOW")
    ledger.audit.append([NewEvent("settled", FLOW, f"A:{n}", detail={"n": "forged"}) for n in range(count)])


def test_a_chain_that_was_rewritten_or_cut_as_a_whole_is_found_by_its_earlier_head(
    ledger: Ledger, forge: Callable[..., None]
) -> None:
    fill(ledger)
    anchors = ledger.audit.chains()
    fill(ledger, 3)
    assert reported(ledger, anchors) == []
    rewrite(ledger, forge, EVENTS + 3)
    assert reported(ledger) == []
    assert reported(ledger, anchors) == [(FLOW, "anchor", EVENTS)]
    rewrite(ledger, forge, EVENTS - 1)
    assert reported(ledger) == []
    assert reported(ledger, anchors) == [(FLOW, "anchor", EVENTS)]
    forge("DELETE FROM audit_events WHERE FLOW", "DELETE FROM audit_heads WHERE FLOW")
    assert reported(ledger) == []
    assert reported(ledger, anchors) == [(FLOW, "anchor", EVENTS)]


def test_heads_are_neither_removed_nor_turned_back(ledger: Ledger) -> None:
    fill(ledger)
    statements = ["DELETE FROM audit_heads", "UPDATE audit_heads SET events = 1", "UPDATE audit_heads SET flow = 'x'"]
    for statement in statements if ledger._db.is_sqlite else [*statements, "TRUNCATE audit_heads"]:
        with pytest.raises(DBAPIError, match="only grow"), ledger._db.write() as connection:
            connection.exec_driver_sql(statement)
    assert reported(ledger) == []


def test_sqlite_keeps_what_is_no_text_where_text_belongs_and_it_is_found(
    ledger: Ledger, forge: Callable[..., None]
) -> None:
    if not ledger._db.is_sqlite:
        with pytest.raises(DBAPIError):
            forge("UPDATE audit_events SET place = 'x' WHERE FLOW AND place = 4")
        return
    fill(ledger)
    forge(
        "UPDATE audit_events SET at = 'never' WHERE FLOW AND place = 2",
        "UPDATE audit_events SET detail = x'00ff' WHERE FLOW AND place = 4",
        "UPDATE audit_events SET place = 'x' WHERE FLOW AND place = 7",
    )
    kinds = [(kind, place) for _, kind, place in reported(ledger)]
    assert kinds == [("edited", 2), ("edited", 4), ("inserted", "x"), ("missing", 7)]


# -- many writers -----------------------------------------------------------------------------------------------------

ROUNDS = 25
# each writer touches several flows, in an order of its own, some of them new to the ledger
WRITERS = [(FLOW, OTHER), (OTHER, FLOW), (THIRD, FLOW, OTHER), (OTHER, THIRD)]


def _write(url: str, schema: str | None, flows: tuple[str, ...], start: object) -> None:
    start.wait(60)  # type: ignore[attr-defined]
    with Ledger.open(url, schema) as ledger:
        _rounds(ledger, flows)


def _rounds(ledger: Ledger, flows: tuple[str, ...]) -> None:
    name = "-".join(flows) + str(threading.get_ident())
    for number in range(ROUNDS):
        key = f"A:{name}/{number}"
        events = [NewEvent("held"), NewEvent("held")]
        problem = Problem("account_not_found", "account", "x", "m", "f")
        ledger.intents.open([NewIntent(flow, key, "create") for flow in flows], ledger.clock.now())
        ledger.record([Change(flow, key, state="held", problems=[problem], events=events) for flow in flows])
        ledger.exceptions.release(flow=flows[0], actor="ann", now=ledger.clock.now())


@pytest.mark.slow
def test_processes_that_append_to_several_flows_at_once_leave_one_whole_chain_each(ledger_place: Place) -> None:
    start = FORKS.Barrier(2)
    Ledger.open(ledger_place.url, ledger_place.schema).close()
    arguments = [(ledger_place.url, ledger_place.schema, flows, start) for flows in WRITERS[1:3]]
    processes = [FORKS.Process(target=_write, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    with Ledger.open(ledger_place.url, ledger_place.schema) as ledger:
        assert reported(ledger) == []
        assert ledger.audit.chains()[THIRD].count > 3 * ROUNDS


def test_threads_that_append_to_one_flow_and_to_several_wait_for_each_other_and_never_in_a_ring(
    ledger_place: Place,
) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(len(WRITERS))

    def work(flows: tuple[str, ...]) -> None:
        try:
            # as another machine would: nothing is shared but the database
            with Ledger.open(ledger_place.url, ledger_place.schema) as ledger:
                start.wait(30)
                _rounds(ledger, flows)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(flows,)) for flows in WRITERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == [] and not any(thread.is_alive() for thread in threads)
    with Ledger.open(ledger_place.url, ledger_place.schema) as ledger:
        assert reported(ledger) == []
        assert ledger.audit.chains()[THIRD].count > 2 * 3 * ROUNDS


# -- the bytes that are hashed ----------------------------------------------------------------------------------------

maybe = st.none() | st.text()
entries = st.builds(
    Entry,
    # hypothesis wants its bound without a zone
    at=st.datetimes(datetime(2, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])),  # noqa: DTZ001
    flow=st.text(),
    key=st.text(),
    event=st.text(),
    source_id=maybe,
    target_id=maybe,
    run=maybe,
    partition=maybe,
    actor=maybe,
    detail=st.text(),
)


def decoded(data: bytes) -> list[str | None]:
    """The fields of canonical bytes, read by the letter of the description in `chain`."""
    fields: list[str | None] = []
    while data:
        if data.startswith(b"-,"):
            fields.append(None)
            data = data[2:]
            continue
        length, _, rest = data.partition(b":")
        assert length.isdigit() and rest[int(length) : int(length) + 1] == b","
        fields.append(rest[: int(length)].decode())
        data = rest[int(length) + 1 :]
    return fields


@given(st.text(), st.integers(1), entries)
def test_the_bytes_tell_every_field_so_that_no_two_events_share_theirs(previous: str, place: int, entry: Entry) -> None:
    fields = decoded(canonical(previous, place, entry))
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    assert fields == [previous, str(place), at, *entry[1:]]


@given(entries, entries)
def test_two_events_have_the_same_hash_only_if_they_are_the_same(one: Entry, other: Entry) -> None:
    assert (digest(GENESIS, 1, one) == digest(GENESIS, 1, other)) == (one == other)
    assert digest(GENESIS, 1, one) != digest(GENESIS, 2, one)
    assert digest(GENESIS, 1, one) != digest("1" * 64, 1, one)

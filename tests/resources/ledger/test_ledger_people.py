"""What people do: exceptions, mappings, links by hand, and the trail that all of it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from connector_resources.clock import ManualClock
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Change, Ledger, LinkTaken, NewEvent, NewLink, Problem

FLOW = "jde_coupa/invoices"
SUPPLIERS = "jde_coupa/suppliers"
TWIN = "jde_coupa2/invoices"
WAITS = Problem("account_not_found", "account", "39284", "m", "f", "accounts:39284")
CONNECTIONS = {FLOW: ("jde", "coupa"), SUPPLIERS: ("jde", "coupa")}


def link(flow: str, key: str, target: str, entity: str = "invoices", source: str = "jde", to: str = "coupa") -> NewLink:
    return NewLink(
        flow=flow,
        source_key=key,
        source_connection=source,
        target_connection=to,
        target_entity=entity,
        target_id=target,
    )


def hold(ledger: Ledger, key: str, *problems: Problem, flow: str = FLOW) -> None:
    ledger.record([Change(flow, key, state="held", outcome="held", seen_hash="h", problems=problems)])


# -- exceptions -------------------------------------------------------------------------------------------------------


def test_exceptions_are_listed_oldest_first_and_chosen(ledger: Ledger, clock: ManualClock) -> None:
    for key in ("A:3", "A:1", "A:2"):
        hold(ledger, key, WAITS)
        clock.advance(1)
    hold(ledger, "S:1", replace(WAITS, reason="name_taken"), flow=SUPPLIERS)
    hold(ledger, "A:1", replace(WAITS, reason="name_taken"), flow=TWIN)
    hold(ledger, "A:1", WAITS, flow="JDE_COUPA/invoices")
    assert [row.key for row in ledger.exceptions.open(FLOW)] == ["A:3", "A:1", "A:2"]
    assert len(ledger.exceptions.open(integration="jde_coupa")) == 4
    assert [row.flow for row in ledger.exceptions.open(integration="jde_coupa2")] == [TWIN]
    assert [row.key for row in ledger.exceptions.open(integration="jde_coupa", reason="name_taken")] == ["S:1"]
    assert ledger.exceptions.counts(FLOW) == {"account_not_found": 3}
    assert ledger.exceptions.counts(integration="jde_coupa") == {"account_not_found": 3, "name_taken": 1}
    ids = [row.id for row in ledger.exceptions.open()]
    assert ids == sorted(set(ids)) and len(ids[0]) <= 16


def test_a_replay_makes_the_chosen_documents_due_once(ledger: Ledger, clock: ManualClock) -> None:
    hold(ledger, "A:1", WAITS, replace(WAITS, field="tax"))
    hold(ledger, "A:2", WAITS)
    hold(ledger, "S:1", WAITS, flow=SUPPLIERS)
    first = ledger.exceptions.open(FLOW)[0]
    assert ledger.exceptions.release(ids=[first.id], actor="ann", now=clock.now()) == [(FLOW, "A:1")]
    assert ledger.deliveries.due(FLOW, clock.now()) == ["A:1"]
    assert ledger.exceptions.release(flow=FLOW, actor="ann", now=clock.now()) == [(FLOW, "A:1"), (FLOW, "A:2")]
    assert len(ledger.exceptions.release(all=True, actor="ann", now=clock.now())) == 3
    events = ledger.audit.of("A:2")[1]
    assert [(event.event, event.actor) for event in events] == [("replayed", "ann")] * 2
    with pytest.raises(ValueError, match="say which"):
        ledger.exceptions.release(actor="ann", now=clock.now())
    assert ledger.exceptions.release(reason="no such reason", actor="ann", now=clock.now()) == []


def test_an_unknown_exception_is_refused_and_nothing_is_released(ledger: Ledger, clock: ManualClock) -> None:
    hold(ledger, "A:1", WAITS)
    known = ledger.exceptions.open()[0].id
    with pytest.raises(UnusableInput, match="no open exception zzz"):
        ledger.exceptions.release(ids=[known, "zzz"], actor="ann", now=clock.now())
    with pytest.raises(UnusableInput, match="no open exception zzz"):
        ledger.exceptions.dismiss("zzz", "ann", "", clock.now())
    assert ledger.deliveries.due(FLOW, clock.now()) == []
    assert ledger.exceptions.get("zzz") is None


def test_a_dismissed_document_is_left_alone_and_its_exceptions_close(ledger: Ledger, clock: ManualClock) -> None:
    hold(ledger, "A:1", WAITS, replace(WAITS, field="tax"))
    hold(ledger, "A:2", WAITS)
    chosen = ledger.exceptions.open()[0]
    ledger.exceptions.release(ids=[chosen.id], actor="ann", now=clock.now())
    assert ledger.exceptions.dismiss(chosen.id, "ann", "paid by cheque", clock.now()).key == "A:1"
    row = ledger.deliveries.load(FLOW, ["A:1"])["A:1"]
    assert (row.state, row.outcome, row.seen_hash, row.released) == ("ignored", "dismissed", "h", False)
    assert [each.key for each in ledger.exceptions.open()] == ["A:2"]
    closed = ledger.exceptions.get(chosen.id)
    assert closed is not None and closed.closed_how == "dismissed"
    event = ledger.audit.of("A:1")[1][-1]
    assert (event.event, event.actor, event.detail["note"]) == ("dismissed", "ann", "paid by cheque")


# -- mappings ---------------------------------------------------------------------------------------------------------


def test_a_mapping_is_set_changed_and_removed_and_each_change_is_remembered(ledger: Ledger, clock: ManualClock) -> None:
    mappings = ledger.mappings
    assert mappings.set("jde_coupa", "terms", "30", "N30", "ann", clock.now()) == [("terms", "30")]
    assert mappings.set("jde_coupa", "terms", "30", "N30", "bob", clock.now()) == []
    assert mappings.set("jde_coupa", "terms", "30", "Net 30", "bob", clock.now(), note="new") == [("terms", "30")]
    mappings.set("jde_coupa2", "terms", "30", "other", "bob", clock.now())
    assert mappings.table("jde_coupa", "terms") == {"30": "Net 30"}
    assert [(row.value, row.note, row.updated_by) for row in mappings.list("jde_coupa")] == [("Net 30", "new", "bob")]
    assert mappings.remove("jde_coupa", "terms", "30", "ann", clock.now())
    assert not mappings.remove("jde_coupa", "terms", "30", "ann", clock.now())
    assert mappings.table("jde_coupa", "terms") == {}
    events = [event for event in ledger.audit.of("mapping:terms/30")[1] if event.flow == "jde_coupa"]
    assert [(event.event, event.actor, event.detail["to"]) for event in events] == [
        ("mapping_set", "ann", "N30"),
        ("mapping_set", "bob", "Net 30"),
        ("mapping_removed", "ann", None),
    ]


def test_a_changed_mapping_releases_what_waits_for_it_and_nothing_else(ledger: Ledger, clock: ManualClock) -> None:
    hold(ledger, "A:1", WAITS)
    hold(ledger, "A:2", replace(WAITS, waits_for="accounts:1"))
    hold(ledger, "A:1", WAITS, flow=TWIN)
    hold(ledger, "A:3", WAITS)
    ledger.record([Change(FLOW, "A:3", state="settled", problems=[])])
    ledger.mappings.set("jde_coupa", "accounts", "39284", "100-200", "ann", clock.now())
    assert ledger.deliveries.due(FLOW, clock.now()) == ["A:1"]
    assert ledger.deliveries.due(TWIN, clock.now()) == []
    assert ledger.release_for_mapping("jde_coupa2", "accounts", ["39284", "1"]) == [(TWIN, "A:1")]
    assert ledger.deliveries.due(TWIN, clock.now()) == ["A:1"]


def test_a_link_releases_what_waits_for_it(ledger: Ledger, clock: ManualClock) -> None:
    hold(ledger, "A:1", replace(WAITS, waits_for=f"link:{SUPPLIERS}:F0401:42"))
    assert ledger.release_for_link(SUPPLIERS, ["F0401:41"]) == []
    assert ledger.release_for_link(SUPPLIERS, ["F0401:42"]) == [(FLOW, "A:1")]
    assert ledger.deliveries.due(FLOW, clock.now()) == ["A:1"]


def test_mappings_go_out_and_come_back_as_csv(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    ledger.mappings.set("jde_coupa", "terms", "30", 'Net "30", plus', "ann", clock.now(), note="=1+1")
    ledger.mappings.set("jde_coupa", "units", "EA", "each", "ann", clock.now())
    assert ledger.mappings.export_csv(tmp_path / "out.csv", "jde_coupa") == 2
    assert len(ledger.mappings.import_csv(tmp_path / "out.csv", "jde_coupa", "bob", clock.now())) == 0
    assert len(ledger.mappings.import_csv(tmp_path / "out.csv", "copy", "bob", clock.now())) == 2
    assert ledger.mappings.table("copy", "terms") == {"30": 'Net "30", plus'}


def test_a_csv_of_a_spreadsheet_is_read(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbfkey, name ,value\r\n30,terms, N30 \r\n,,\r\n")
    assert ledger.mappings.import_csv(tmp_path / "in.csv", "i", "ann", clock.now()) == [("terms", "30")]
    assert ledger.mappings.table("i", "terms") == {"30": "N30"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,key,value\nterms,30,a\nunits,30,b\nterms,30,c\n", "row 4: name, key terms, 30 stands already in row 2"),
        ("name,key,value,colour\n", "row 1: unknown column 'colour'"),
        ("name,key\n", "row 1: column 'value' is missing"),
        ("name,key,value,value\n", "row 1: column 'value' stands twice"),
        ("", "row 1: column 'name' is missing"),
        ("name,key,value\nterms,,a\n", "row 2: key is blank"),
        ("name,key,value\nterms,30\n", "row 2: 2 cells, the header has 3"),
        ('name,key,value\nterms,30,"a\n', "not CSV"),
        ("name,key,value\nterms,30,\udcff\n", "is not UTF-8"),
    ],
)
def test_a_csv_with_a_mistake_changes_nothing(
    ledger: Ledger, clock: ManualClock, tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UnusableInput) as caught:
        ledger.mappings.import_csv(file, "jde_coupa", "ann", clock.now())
    assert message in str(caught.value) and str(file) in str(caught.value) and "\n" not in str(caught.value)
    assert ledger.mappings.list() == []


def test_a_csv_that_is_not_there(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no such file"):
        ledger.mappings.import_csv(tmp_path / "in.csv", "jde_coupa", "ann", clock.now())
    with pytest.raises(UnusableInput, match="cannot be written"):
        ledger.mappings.export_csv(tmp_path / "no" / "out.csv", "jde_coupa")


# -- links by hand ----------------------------------------------------------------------------------------------------


def test_a_link_set_by_hand_replaces_that_of_its_key(ledger: Ledger, clock: ManualClock) -> None:
    ledger.links.set(link(FLOW, "A:1", "7"), "ann", clock.now())
    ledger.links.set(link(FLOW, "A:1", "8"), "ann", clock.now())
    ledger.links.set(link(FLOW, "A:1", "8"), "bob", clock.now())
    (kept,) = ledger.links.all()
    assert (kept.target_id, kept.origin) == ("8", "set")
    with pytest.raises(LinkTaken):
        ledger.links.set(link(FLOW, "A:2", "8"), "ann", clock.now())
    removed = ledger.links.remove(FLOW, "A:1", "ann", clock.now())
    assert removed == kept and ledger.links.remove(FLOW, "A:1", "ann", clock.now()) is None
    events = [(event.event, event.target_id) for event in ledger.audit.of("A:1")[1]]
    assert events == [("linked", "7"), ("unlinked", "7"), ("linked", "8"), ("unlinked", "8")]


def test_links_are_counted_and_paged(ledger: Ledger) -> None:
    keys = [f"A:{n:04d}" for n in range(1200)]
    ledger.record([Change(FLOW, key, link=replace(link("", "", key), flow="", source_key="")) for key in keys])
    ledger.record([Change(TWIN, "A:1", link=link(TWIN, "A:1", "1"))])
    assert [each.source_key for each in ledger.links.all(FLOW)] == keys
    assert ledger.links.counts() == {FLOW: 1200, TWIN: 1}
    assert ledger.links.counts(integration="jde_coupa2") == {TWIN: 1}
    assert len(list(ledger.links.all(integration="jde_coupa"))) == 1200


def test_links_of_a_csv_may_swap_their_targets(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    ledger.links.set(link(FLOW, "A:1", "7"), "ann", clock.now())
    ledger.links.set(link(FLOW, "A:2", "8"), "ann", clock.now())
    ledger.links.set(link(FLOW, "A:3", "9"), "ann", clock.now())
    file = tmp_path / "links.csv"
    assert ledger.links.export_csv(file, integration="jde_coupa") == 3
    text = file.read_text().replace(",7,", ",x,").replace(",8,", ",7,").replace(",x,", ",8,")
    file.write_text(text)
    assert ledger.links.import_csv(file, CONNECTIONS, "bob", clock.now()) == [(FLOW, "A:1"), (FLOW, "A:2")]
    assert {each.source_key: each.target_id for each in ledger.links.all()} == {"A:1": "8", "A:2": "7", "A:3": "9"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (f"{FLOW},A:5,invoices,5\n{FLOW},A:5,invoices,6\n", "row 3: flow, source_key"),
        (f"{FLOW},A:5,invoices,5\n{FLOW},A:6,invoices,5\n", "row 3: flow, target_entity, target_id"),
        (f"{FLOW},A:5,invoices,5\nother/flow,A:6,invoices,6\n", "row 3: no flow 'other/flow'"),
        (f"{FLOW},A:5,invoices,5\n{FLOW},A:6,invoices,7\n", "row 3: jde_coupa/invoices: A:6: the target's record 7"),
    ],
)
def test_links_of_a_csv_with_a_mistake_are_not_written(
    ledger: Ledger, clock: ManualClock, tmp_path: Path, rows: str, message: str
) -> None:
    ledger.links.set(link(FLOW, "A:1", "7"), "ann", clock.now())
    file = tmp_path / "links.csv"
    file.write_text("flow,source_key,target_entity,target_id\n" + rows)
    with pytest.raises(UnusableInput) as caught:
        ledger.links.import_csv(file, CONNECTIONS, "ann", clock.now())
    assert message in str(caught.value)
    assert [each.source_key for each in ledger.links.all()] == ["A:1"]


# -- the trail --------------------------------------------------------------------------------------------------------


def test_the_trail_cannot_be_changed(ledger: Ledger) -> None:
    ledger.audit.append([NewEvent("sent", flow=FLOW, key="A:1")])
    statements = ["UPDATE audit_events SET event = 'other'", "DELETE FROM audit_events"]
    # SQLite knows no TRUNCATE
    for statement in statements if ledger._db.is_sqlite else [*statements, "TRUNCATE audit_events"]:
        with pytest.raises(DBAPIError, match="append-only"), ledger._db.write() as connection:
            connection.exec_driver_sql(statement)
    assert [event.event for event in ledger.audit.of("A:1")[1]] == ["sent"]


def test_a_record_is_found_by_its_key_and_from_both_sides(ledger: Ledger, clock: ManualClock) -> None:
    ledger.record([Change(FLOW, "F0411:1/PV/9", run="r", partition="2026-03-01", events=[NewEvent("held")])])
    clock.advance(1)
    settled = NewEvent("settled", target_id="7", detail={"by": "me"})
    ledger.record(
        [Change(FLOW, "F0411:1/PV/9", run="r", link=link("", "", "7"), target_id="7", events=[settled])], clock.now()
    )
    ledger.record([Change(SUPPLIERS, "S:1", link=link("", "", "7", "suppliers"), events=[NewEvent("settled")])])
    by_key = ledger.audit.of("F0411:1/PV/9")
    assert [each.target_id for each in by_key[0]] == ["7"]
    assert [(event.event, event.partition, event.run) for event in by_key[1]] == [
        ("held", "2026-03-01", "r"),
        ("settled", None, "r"),
    ]
    assert by_key[1][1].at - by_key[1][0].at == timedelta(seconds=1)
    assert ledger.audit.of("coupa:invoices:7") == by_key
    assert ledger.audit.of("jde:F0411:1/PV/9") == by_key
    for foreign_record in (
        "coupa:invoices:8",
        "coupa2:invoices:7",
        "jde2:F0411:1/PV/9",
        "coupa:accounts:7",
        "nobody",
        "::",
    ):
        assert ledger.audit.of(foreign_record) == ([], [])


def test_two_instances_of_one_pair_keep_their_trails_apart(ledger: Ledger) -> None:
    ledger.record([Change(FLOW, "A:1", link=link("", "", "7"), events=[NewEvent("here")])])
    duplicate = link("", "", "7", source="jde2", to="coupa2")
    ledger.record([Change(TWIN, "A:1", link=duplicate, events=[NewEvent("there")])])
    assert [event.event for event in ledger.audit.of("jde:A:1")[1]] == ["here"]
    assert [event.event for event in ledger.audit.of("coupa2:invoices:7")[1]] == ["there"]
    assert [event.event for event in ledger.audit.of("A:1")[1]] == ["here", "there"]


def test_a_record_whose_link_is_no_more_is_still_found(ledger: Ledger, clock: ManualClock) -> None:
    ledger.links.set(link(FLOW, "A:1", "7"), "ann", clock.now())
    ledger.links.remove(FLOW, "A:1", "ann", clock.now())
    links, events = ledger.audit.of("coupa:invoices:7")
    assert links == [] and [event.event for event in events] == ["linked", "unlinked"]
    assert ledger.audit.of("coupa:suppliers:7") == ([], [])

"""To which place a ledger belongs: a copy is read and not written, until it is claimed."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from forks import FORKS

from connector_resources.clock import ManualClock
from connector_resources.errors import CopiedHome
from connector_resources.ledger import Change, Ledger, NewEvent, NewIntent, NewLink

if TYPE_CHECKING:
    from conftest import Place
    from throwaway_postgres import PostgresServer

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINK = NewLink(
    source_connection="jde",
    target_connection="coupa",
    target_entity="suppliers",
    target_id="1",
    flow="a/b",
    source_key="A:1",
)
HERE: dict[str, str] = {}


def writes(ledger: Ledger) -> None:
    ledger.record([Change("a/b", "A:1", attempts_delta=1)])


def open_file(path: Path, **environment: str) -> Ledger:
    return Ledger.open(f"sqlite:///{path}", environment=environment)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The file of a ledger that was copied while it held something."""
    with open_file(tmp_path / "ledger.sqlite") as ledger:
        writes(ledger)
    (tmp_path / "copy").mkdir()
    return Path(shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "copy"))


def test_an_id_is_made_once_and_the_ledger_belongs_where_it_was_opened_first(ledger_place: Place) -> None:
    with Ledger.open(ledger_place.url, ledger_place.schema) as ledger:
        first = ledger.home.get()
        assert first.place == ledger.home.here and first.generation == 1
        writes(ledger)
    with Ledger.open(ledger_place.url, ledger_place.schema) as ledger:
        assert ledger.home.get() == first
        writes(ledger)


def test_two_homes_have_two_ids(tmp_path: Path) -> None:
    with open_file(tmp_path / "one.sqlite") as one, open_file(tmp_path / "two.sqlite") as two:
        assert one.home.get().id != two.home.get().id


def test_a_ledger_from_before_there_were_ids_belongs_where_it_is_opened_next(ledger_place: Place) -> None:
    with Ledger.open(ledger_place.url, ledger_place.schema) as ledger, ledger._db.write() as connection:
        # as the migration leaves one that had no id
        connection.exec_driver_sql("DELETE FROM home")
        ledger._db.fence = None
    with Ledger.open(ledger_place.url, ledger_place.schema) as ledger:
        assert ledger.home.get().place == ledger.home.here
        writes(ledger)
        assert not ledger.audit.chains(), "that is no news for the audit trail"


def _opened(url: str, schema: str | None, start: Any, reported: Any) -> None:
    start.wait(30)
    with Ledger.open(url, schema) as ledger:
        writes(ledger)
        reported.put(ledger.home.get().id)


def test_of_many_first_openers_one_makes_the_id(bare_place: Place) -> None:
    start, reported = FORKS.Barrier(3), FORKS.Queue()
    openers = [
        FORKS.Process(target=_opened, args=(bare_place.url, bare_place.schema, start, reported)) for _ in range(3)
    ]
    for opener in openers:
        opener.start()
    assert len({reported.get(timeout=60) for _ in openers}) == 1
    for opener in openers:
        opener.join(60)


# -- a copy -----------------------------------------------------------------------------------------------------------

WRITING: dict[str, Callable[[Ledger], Any]] = {
    "an outcome": writes,
    "an intent": lambda ledger: ledger.intents.open([NewIntent("a/b", "A:1", "create")], NOW),
    "a claim of a document": lambda ledger: ledger.deliveries.claim("a/b", ["A:1"], "run", 60),
    "a link": lambda ledger: ledger.links.set(LINK, "ann", NOW),
    "a mapping": lambda ledger: ledger.mappings.set("a", "terms", "N30", "30", "ann", NOW),
    "a watermark": lambda ledger: ledger.watermarks.advance("a/b", "F0411", DAY),
    "an opening": lambda ledger: ledger.flows.open("a/b", "adopt", NOW),
    "a release": lambda ledger: ledger.release_for_mapping("a", "terms", ["N30"]),
    "a credential": lambda ledger: ledger.credentials.put("jde", "password", b"x", NOW),
    "an event": lambda ledger: ledger.audit.append([NewEvent("held", "a/b", "A:1")]),
    "a token": lambda ledger: ledger.inbox.issue_token("coupa", "me", 60),
    "a subscription": lambda ledger: ledger.subscriptions.note("bill", problem="x"),
}
LEFT_BY_READING: dict[str, Callable[[Ledger], Any]] = {
    "what was read": lambda ledger: ledger.landing.register("jde", "F0411", "plan", "window", "p", 1, "h"),
    "a plan": lambda ledger: ledger.reports.put("plan", "a/b", {}, plan=True),
}


@pytest.mark.parametrize("write", WRITING.values(), ids=WRITING.keys())
def test_a_copy_writes_nothing_and_says_what_to_do(copied: Path, write: Callable[[Ledger], Any]) -> None:
    with open_file(copied) as copy, pytest.raises(CopiedHome) as caught:
        write(copy)
    reported, original = str(caught.value), copied.parent.parent / "ledger.sqlite"
    assert f"belongs to {socket.gethostname().lower()}:{original}" in reported
    assert f"this is {socket.gethostname().lower()}:{copied}" in reported
    assert "`connector home claim`" in reported and "\n" not in reported
    with open_file(original) as ledger:
        write(ledger)


@pytest.mark.parametrize("leave", LEFT_BY_READING.values(), ids=LEFT_BY_READING.keys())
def test_a_copy_reads_and_keeps_what_reading_leaves_behind(copied: Path, leave: Callable[[Ledger], Any]) -> None:
    with open_file(copied) as copy:
        leave(copy)
        assert copy.deliveries.load("a/b", ["A:1"])["A:1"].attempts == 1
        with pytest.raises(CopiedHome):
            copy.home.require()


def test_a_claim_lets_the_copy_write_and_is_in_the_audit_trail(copied: Path) -> None:
    with open_file(copied) as copy:
        before, after = copy.home.claim("ann")
        writes(copy)
        assert after == copy.home.get()
        assert (after.id, after.generation, after.place) == (before.id, 2, copy.home.here)
        _, (event,) = copy.audit.of(f"home:{after.id}")
        assert (event.event, event.actor, event.flow) == ("home_claimed", "ann", "home")
        assert event.detail == {"from": before.place, "to": after.place, "generation": 2}
        assert not [finding for proof in copy.audit.prove() for finding in proof.findings]
    # the original knows nothing of it
    with open_file(copied.parent.parent / "ledger.sqlite") as original:
        assert original.home.get() == before
        writes(original)


def test_a_claim_of_what_belongs_here_changes_nothing(ledger: Ledger) -> None:
    before, after = ledger.home.claim("ann")
    assert before == after == ledger.home.get() and after.generation == 1
    assert not ledger.audit.chains()


def test_a_copy_of_a_copy_is_one_too(copied: Path) -> None:
    with open_file(copied) as copy:
        copy.home.claim("ann")
    third = shutil.copy(copied, copied.with_name("third.sqlite"))
    with open_file(Path(third)) as ledger, pytest.raises(CopiedHome, match=f"belongs to .*{copied}, and"):
        writes(ledger)


def test_an_old_copy_that_is_put_back_belongs_where_it_belonged_then(copied: Path) -> None:
    kept = copied.read_bytes()
    with open_file(copied) as copy:
        copy.home.claim("ann")
    copied.write_bytes(kept)
    with open_file(copied) as restored, pytest.raises(CopiedHome):
        writes(restored)


# -- places -----------------------------------------------------------------------------------------------------------


def test_a_way_by_a_symbolic_link_is_the_same_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with open_file(tmp_path / "link" / "ledger.sqlite") as ledger:
        assert ledger.home.here.endswith(str(tmp_path / "real" / "ledger.sqlite"))
    with open_file(tmp_path / "real" / "ledger.sqlite") as ledger:
        writes(ledger)


def test_a_home_that_was_moved_needs_a_claim(tmp_path: Path) -> None:
    open_file(tmp_path / "ledger.sqlite").close()
    (tmp_path / "new").mkdir()
    moved = (tmp_path / "ledger.sqlite").rename(tmp_path / "new" / "ledger.sqlite")
    with open_file(moved) as ledger:
        with pytest.raises(CopiedHome, match="copied or moved"):
            writes(ledger)
        ledger.home.claim("ann")
        writes(ledger)


def test_a_second_host_that_shares_the_file_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ledger.sqlite"
    with open_file(file) as first:
        monkeypatch.setattr(socket, "gethostname", lambda: "another-host")
        with open_file(file) as second:
            with pytest.raises(CopiedHome, match=f"this is another-host:{file}"):
                writes(second)
            # and once it is the second's, the first stops too, though it has had the file open all along
            writes(first)
            second.home.claim("ann")
            writes(second)
        with pytest.raises(CopiedHome, match=f"belongs to another-host:{file}"):
            writes(first)


def test_a_container_names_its_place_itself(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_file(copied, CONNECTOR_INSTANCE="prod") as ledger:
        with pytest.raises(CopiedHome, match="this is CONNECTOR_INSTANCE=prod"):
            writes(ledger)
        ledger.home.claim("ann")
    # the next container has another name, and the volume is mounted elsewhere
    monkeypatch.setattr(socket, "gethostname", lambda: "0f3c9a")
    moved = copied.rename(copied.with_name("elsewhere.sqlite"))
    with open_file(moved, CONNECTOR_INSTANCE="prod") as ledger:
        writes(ledger)
    for environment in ({"CONNECTOR_INSTANCE": "test"}, {"CONNECTOR_INSTANCE": " "}, HERE):
        with open_file(moved, **environment) as ledger, pytest.raises(CopiedHome):
            writes(ledger)


def test_a_clock_that_was_set_back_is_no_copy(ledger_place: Place, clock: ManualClock) -> None:
    with Ledger.open(ledger_place.url, ledger_place.schema, clock=clock) as ledger:
        writes(ledger)
    clock.advance(-400 * 86400)
    with Ledger.open(ledger_place.url, ledger_place.schema, clock=clock) as ledger:
        writes(ledger)
        ledger.home.require()


# -- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(postgres_server: PostgresServer) -> Any:
    """The name of a database with a ledger in the schema `prod_ledger`."""
    postgres_server.execute("CREATE DATABASE belonging")
    with Ledger.open(postgres_server.url("belonging"), "prod_ledger") as ledger:
        writes(ledger)
    yield "belonging"
    for name in ("belonging", "belonging_copy"):
        postgres_server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.mark.postgres
def test_a_copied_database_is_a_copy_whatever_the_instance(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.execute(f"CREATE DATABASE belonging_copy TEMPLATE {database}")
    with Ledger.open(postgres_server.url("belonging_copy"), "prod_ledger") as copy:
        with pytest.raises(CopiedHome, match=r"database belonging, .* database belonging_copy,"):
            writes(copy)
        assert copy.deliveries.load("a/b", ["A:1"])
        copy.home.claim("ann")
        writes(copy)


@pytest.mark.postgres
def test_a_dump_that_is_restored_in_another_cluster_is_a_copy(postgres_server: PostgresServer, database: str) -> None:
    with Ledger.open(postgres_server.url(database), "prod_ledger") as ledger:
        here = ledger.home.here
        with ledger._db.write() as connection:
            cluster = connection.exec_driver_sql("SELECT system_identifier FROM pg_control_system()").scalar()
            assert here == f"PostgreSQL cluster {cluster}, database belonging, schema prod_ledger"
            # as the dump of another cluster has it
            connection.exec_driver_sql("UPDATE home SET place = replace(place, 'cluster ', 'cluster 1')")
    with Ledger.open(postgres_server.url(database), "prod_ledger") as restored, pytest.raises(CopiedHome):
        writes(restored)


@pytest.mark.postgres
def test_a_schema_of_another_name_is_another_place(postgres_server: PostgresServer, database: str) -> None:
    with Ledger.open(postgres_server.url(database), "prod_ledger") as ledger, ledger._db.write() as connection:
        connection.exec_driver_sql("ALTER SCHEMA prod_ledger RENAME TO test_ledger")
    with Ledger.open(postgres_server.url(database), "test_ledger") as ledger, pytest.raises(CopiedHome):
        writes(ledger)


@pytest.mark.postgres
def test_any_machine_and_folder_writes_through_one_database(
    postgres_server: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "another-host")
    environment = {"CONNECTOR_INSTANCE": "another"}
    with Ledger.open(postgres_server.url(database), "prod_ledger", environment=environment) as ledger:
        writes(ledger)


@pytest.mark.postgres
def test_without_the_right_to_ask_for_the_cluster_the_names_are_the_place(
    postgres_server: PostgresServer, database: str
) -> None:
    with Ledger.open(postgres_server.url(database), "prod_ledger") as ledger, ledger._db.write() as connection:
        for statement in (
            "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
            "CREATE ROLE small LOGIN PASSWORD 'small'",
            "GRANT ALL ON DATABASE belonging TO small",
        ):
            connection.exec_driver_sql(statement)
    try:
        url = f"postgresql://small:small@127.0.0.1:{postgres_server.port}/{database}"
        with Ledger.open(url, "small_ledger") as ledger:
            assert ledger.home.here == "PostgreSQL cluster ?, database belonging, schema small_ledger"
            writes(ledger)
    finally:
        postgres_server.execute(f"DROP DATABASE {database} WITH (FORCE)")
        postgres_server.execute("DROP ROLE small")

"""Coupa's own call-outs, from the sandbox over HTTP into the inbox, and from there into runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster_site import NAME, DagsterSite

from connector_assets import definitions
from connector_assets.inbox.app import Inbox
from connector_assets.inbox.receivers import open_receivers
from connector_assets.inbox.server import Server, listen

LOGIN = {"inbox_client_id": "coupa-calls", "inbox_client_secret": "s3cret>of/ours?"}
QUIET = {"call_outs": [], "call_out_drop": 0.0, "call_out_repeat": 1, "call_out_shuffle": False}


@pytest.fixture
def testbed(synced: DagsterSite) -> DagsterSite:
    """A synced installation with an inbox and its secrets."""
    synced.configure(lambda settings: settings["connections"]["coupa"].update(inbox={}))
    for name, value in LOGIN.items():
        synced.home.credentials().set("coupa", name, value)
    return synced


@pytest.fixture
def inbox(testbed: DagsterSite) -> Iterator[str]:
    """The address of the installation's inbox, which is served meanwhile."""
    places, secrets = open_receivers(testbed.home)
    serving = Inbox(testbed.home.ledger(), places, secrets, answer_seconds=60)
    ready = threading.Event()
    with listen("127.0.0.1", 0) as listener:
        server = Server(serving.app, ready.set)
        thread = threading.Thread(target=server.serve_until_stopped, args=(listener,), name="inbox-server")
        thread.start()
        try:
            assert ready.wait(60)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            testbed.sandbox.post("/options", {"coupa": QUIET})
            server.should_exit = True
            thread.join(60)
            serving.close()


def enter_call_out(site: DagsterSite, inbox: str, form: str, secret: str, **way: Any) -> None:
    """The administrator of Coupa enters our endpoint."""
    reported = {
        "document": "invoices",
        "url": f"{inbox}/call-out/coupa/invoices",
        "token_url": f"{inbox}/oauth2/token",
        "client_id": LOGIN["inbox_client_id"],
        "client_secret": secret,
        "scope": "anything",
        "format": form,
    }
    site.sandbox.post("/options", {"coupa": QUIET | {"call_outs": [reported]} | way})


def flushed(site: DagsterSite) -> dict[str, Any]:
    report: dict[str, Any] = site.sandbox.post("/call-outs/flush")["coupa"]
    return report


def renumber(site: DagsterSite, *places: int) -> None:
    """The clerk corrects the suppliers' invoice numbers on some vouchers."""
    rows = site.sandbox.systems["jde"].dump()["F0411"].values()
    found = sorted((row for row in rows if row["DCT"] == "PV"), key=lambda row: str(row["DOC"]))
    for place in places:
        row = {name: found[place][name] for name in ("DOC", "DCT", "KCO", "SFX")}
        touched = row | {"SFXE": 0, "VINV": f"CORRECTED-{place}"}
        site.sandbox.post("/rows", {"system": "jde", "table": "F0411", "upsert": [touched]})


def ask(site: DagsterSite, kind: str) -> dg.RunRequest | str:
    """What a tick of the poll, or a look of the sensor, asks for."""
    repository = definitions.defs.get_repository_def()
    with site.instance() as instance:
        if kind == "poll":
            with dg.build_schedule_context(instance) as context:
                reported: Any = repository.get_schedule_def(f"{NAME}_poll").evaluate_tick(context)
        else:
            with dg.build_sensor_context(instance) as looking:
                reported = repository.get_sensor_def(f"{NAME}_inbox").evaluate_tick(looking)
    request: dg.RunRequest | str = reported.run_requests[0] if reported.run_requests else reported.skip_message
    return request


def follow(site: DagsterSite, request: dg.RunRequest | str) -> None:
    assert isinstance(request, dg.RunRequest), request
    first = request.tags.get("dagster/asset_partition_range_start") or request.tags["dagster/partition"]
    last = request.tags.get("dagster/asset_partition_range_end") or first
    chosen = [day for day in site.days if first <= day.isoformat() <= last]
    assert site.run(*chosen, tags=request.tags).success


@pytest.mark.parametrize(
    ("form", "way"),
    [
        ("xml", {"call_out_repeat": 3, "call_out_shuffle": True}),
        ("json", {"call_out_drop": 0.3, "call_out_repeat": 2, "call_out_shuffle": True}),
    ],
)
def test_what_coupa_tells_of_our_own_writes_is_read_once_more_and_goes_nowhere(
    testbed: DagsterSite, inbox: str, form: str, way: dict[str, Any]
) -> None:
    """Given a Coupa that calls out for invoices; when a poll changes invoices in it; then Coupa tells of them, however
    it comes through, the sensor has them read once more, nothing is written, and so nothing is told again."""
    enter_call_out(testbed, inbox, form, LOGIN["inbox_client_secret"], **way)
    renumber(testbed, *range(8))

    follow(testbed, ask(testbed, "poll"))

    report = flushed(testbed)
    assert report["failed"] == 0, report
    pending = testbed.home.ledger().inbox.pending(NAME)
    held = {str(id): each for id, each in testbed.sandbox.systems["coupa"].dump()["invoices"].items()}
    renumbered = {id for id, each in held.items() if str(each["invoice-number"]).startswith("CORRECTED-")}
    assert len(renumbered) >= 5
    reported = {each.record for each in pending}
    assert reported == renumbered if "call_out_drop" not in way else reported <= renumbered and reported
    # each change is told several times, and kept once
    assert len({(each.record, each.updated_at, each.status) for each in pending}) == len(pending)
    state = testbed.state()
    follow(testbed, ask(testbed, "inbox"))
    assert testbed.state() == state
    assert flushed(testbed)["sent"] == report["sent"]
    assert ask(testbed, "inbox") == "no events"


def test_with_a_wrong_secret_nothing_comes_in_and_coupa_lists_what_failed_to_be_sent_again(
    testbed: DagsterSite, inbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an endpoint entered with a wrong secret; when invoices change; then each call-out fails in Coupa and none
    is kept; and once both sides have the same secret, what is sent again is, without a restart."""
    monkeypatch.setattr("connector_assets.inbox.receivers.FRESH_SECONDS", 0)
    enter_call_out(testbed, inbox, "json", "another secret")
    renumber(testbed, 0, 1)
    follow(testbed, ask(testbed, "poll"))
    report = flushed(testbed)
    assert report["sent"] == 0 and report["failed"] >= 2
    assert ask(testbed, "inbox") == "no events"

    testbed.home.credentials().set("coupa", "inbox_client_secret", "another secret")
    testbed.sandbox.post("/call-outs/resend")

    assert flushed(testbed)["sent"] >= 2
    follow(testbed, ask(testbed, "inbox"))

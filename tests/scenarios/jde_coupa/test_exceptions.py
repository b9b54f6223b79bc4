"""What is held: told once, released by what it waits for, replayed alone."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from scenario_books import TODAY, Entry
from scenario_site import NAME, Site, outcome, outcomes

from connector_assets.engine.pipeline import Pipeline
from connector_assets.engine.replaying import Replay, replay
from connector_assets.engine.task import policy_of
from connector_assets.orchestration.probes import look
from connector_assets.pairs.registry import flow_class
from connector_assets.pairs.value_tables import check_form, check_known
from connector_assets.run_setup import flows_of
from connector_resources.errors import UnusableInput
from connector_resources.ledger.models import metadata

INVOICES = f"{NAME}/invoices"
PLACE = {"street1": "1 Old Road", "city": "Northmoor", "postal-code": "NM1", "country": {"code": "GB"}}
CREATE = {"system": "coupa", "route": "POST /api/invoices"}


def replayed(site: Site, ids: Iterable[str] = (), **chosen: Any) -> list[Replay]:
    """What `connector exceptions replay` does."""
    now = site.clock.now()
    documents = site.ledger.exceptions.release(ids=list(ids), actor="clerk", now=now, **chosen)
    by_flow: dict[str, list[str]] = {}
    for flow, key in documents:
        by_flow.setdefault(flow, []).append(key)
    with site.context() as context:
        return replay(flows_of(context), by_flow)


def due(site: Site) -> str:
    """What a poll would say it runs for, on a day on which no source changed."""
    with site.context() as context:
        return look(context, flows_of(context)).why


def held_for_a_line(site: Site, doc: int, account: str = "30.9999") -> Entry:
    """A voucher on an account that is not in the chart."""
    entry = site.books.voucher(doc)
    site.books.line(entry, 1, account, "100.00")
    return entry


# -- told once --------------------------------------------------------------------------------------------------------


def test_a_voucher_of_several_bad_lines_is_one_exception_that_names_each_however_often_it_is_tried(
    testbed: Site,
) -> None:
    """Given a voucher with two accounts that are not in the chart
    when it is synced again and again and replayed, then it stays the one exception, with both accounts and its
    attempts;
    when one line is mended it names the other alone; when both are, it closes by itself."""
    entry = testbed.books.voucher(costs=(("30.5010", "60.00"), ("40.5010", "40.00")))
    testbed.books.line(entry, 1, "30.9999", "60.00")
    testbed.books.line(entry, 2, "40.9999", "40.00")
    for _ in range(3):
        testbed.sync("invoices")
    reported = testbed.exception("invoices")
    assert (reported.reason, reported.field, reported.value) == ("account_not_found", "account", "30.9999, 40.9999")
    replayed(testbed, [reported.id])
    assert (testbed.exception("invoices").id, testbed.exception("invoices").attempts) == (reported.id, 4)
    testbed.books.line(entry, 1, "30.5010", "60.00")
    testbed.sync("invoices")
    assert (testbed.exception("invoices").id, testbed.exception("invoices").value) == (reported.id, "40.9999")
    testbed.books.line(entry, 2, "40.5010", "40.00")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    closed = testbed.ledger.exceptions.get(reported.id)
    assert not testbed.exceptions("invoices") and closed is not None and closed.closed_how == "settled"


# -- in words, with a fix that works --------------------------------------------------------------------------------


def test_why_a_supplier_is_not_linked_decides_what_a_clerk_does_about_it(testbed: Site) -> None:
    """Given vouchers of four suppliers: one that is not payable, one that is held, one that nobody has read yet, and
    one that JD Edwards does not have
    when the vouchers are held, then each says why its supplier is not linked, and what helps
    and what each says to do delivers its voucher."""
    testbed.books.supplier(5001, "Cobalt Ltd", payables="N")
    testbed.books.supplier(5002, "Dye Works", terms="X99")
    testbed.sync("suppliers")
    testbed.books.supplier(5003, "Elm Farm", changed=TODAY - timedelta(days=400))
    entries = {number: testbed.books.voucher(number, supplier=number) for number in (5001, 5002, 5003, 5004)}
    testbed.sync("invoices")
    reported = {each.value: each for each in testbed.exceptions("invoices")}
    assert "ignores it by the rule not_payable_type" in reported["5001"].message
    assert "`payable_types`" in reported["5001"].fix
    held = testbed.exception("suppliers")
    assert "holds it, payment_term_not_mapped" in reported["5002"].message
    assert f"`connector exceptions show {held.id}`" in reported["5002"].fix
    assert f"{NAME}/suppliers has not read it yet" in reported["5003"].message
    assert f"`connector sync {NAME}/suppliers --key F0401:5003`" in reported["5003"].fix
    assert "no supplier master record" in reported["5004"].message
    known = testbed.ledger.deliveries.load(INVOICES, [each.document for each in entries.values()])
    about = {known[entry.document].party_number: known[entry.document] for entry in entries.values()}
    assert [about[str(number)].party for number in (5001, 5002, 5004)] == ["Cobalt Ltd", "Dye Works", "5004"]
    assert about["5001"].label == "INV-5001"
    testbed.books.supplier(5001, "Cobalt Ltd")
    testbed.map_term("X99", "2/10N30")
    testbed.books.supplier(5004, "Fen & Co")
    testbed.let_in("suppliers", "F0401:5003")
    testbed.sync("suppliers")
    report = testbed.sync("invoices")["invoices"]
    assert {outcome(report, each.document) for each in entries.values()} == {"created"}
    assert not testbed.exceptions("invoices")


def test_a_mapping_to_a_payment_term_that_coupa_does_not_have_is_refused(testbed: Site) -> None:
    """Given a term that Coupa calls otherwise
    when it is mapped to a term that Coupa does not have, then the one line says so; a term that it has is taken, with a
    warning where JD Edwards does not have the key."""
    with testbed.context() as context:
        with pytest.raises(UnusableInput, match="payment_terms: the target has no such value: D10 to 'NET 999'"):
            check_known(context, {("payment_terms", "D10"): "NET 999"})
        assert check_known(context, {("payment_terms", "N30"): "2/10N30"}) == []
        [warning] = check_known(context, {("payment_terms", "QQQ"): "2/10N30"})
        assert "JD Edwards has no 'QQQ'" in warning
        with pytest.raises(UnusableInput, match="units_of_measure"):
            check_known(context, {("units_of_measure", "EA"): "ells"})


def test_a_place_or_a_tax_that_does_not_exist_is_refused_or_told(testbed: Site) -> None:
    """Given an instance with the locations M30 and, no longer in use, OLD, and the tax code VAT20
    when ship-to places and tax codes are mapped, then only to a location that takes deliveries and to what can be a tax
    area; a key that the other side does not have is told."""
    testbed.spend.create("addresses", PLACE | {"name": "Old depot", "location-code": "OLD", "active": False})
    testbed.spend.create("tax_codes", {"code": "VAT20"})
    testbed.books.supplier(6001, "Depot")
    with testbed.context() as context:
        for place in ("NOWHERE", "OLD"):
            with pytest.raises(UnusableInput, match=f"ship_to: the target has no such value: 30 to '{place}'"):
                check_known(context, {("ship_to", "30"): place})
        assert check_known(context, {("ship_to", "30"): "M30", ("ship_to", "6001"): "M30"}) == []
        assert check_known(context, {("ship_to", "6999"): "M30"}) == ["ship_to: JD Edwards has no '6999'"]
        assert check_known(context, {("tax_codes", "VAT20"): "GBVAT/V"}) == []
        assert check_known(context, {("tax_codes", "VAT99"): "GBVAT/V"}) == ["tax_codes: Coupa has no 'VAT99'"]
    for area in ("GBVAT/", "GBVAT", "/E"):
        check_form("jde_coupa", {("tax_codes", "VAT20"): area})
    for area in ("GBVAT20LONG/V", "GBVAT/VAT", "/", "A/B/C"):
        with pytest.raises(UnusableInput, match="is not a tax area and an explanation code"):
            check_form("jde_coupa", {("tax_codes", "VAT20"): area})


# -- released by what it waits for ------------------------------------------------------------------------------------


def test_a_mapping_makes_the_next_poll_run_for_what_waited_for_it_and_for_nothing_else(testbed: Site) -> None:
    """Given vouchers of two terms that Coupa calls otherwise
    when one term is mapped, then a poll runs for the voucher of that term alone, and delivers it."""
    testbed.books.voucher(1, terms="D10")
    testbed.books.voucher(2, terms="X99")
    testbed.sync("invoices")
    assert testbed.ledger.deliveries.due(INVOICES, testbed.clock.now()) == []
    testbed.map_term("D10", "2/10N30")
    assert "1 documents of invoices are due" in due(testbed)
    later = testbed.clock.now().date()
    testbed.sandbox.clock.advance(3 * 24 * 3600)
    report = testbed.sync("invoices", first=later, last=later)["invoices"]
    assert testbed.spend.invoice("INV-1")["payment-term"]["code"] == "2/10N30"
    assert report.outcomes()["created"] == 1 and [each.value for each in testbed.exceptions("invoices")] == ["X99"]


class Killed(BaseException):
    """The process dies here."""


def test_a_run_that_dies_with_its_last_supplier_delivered_leaves_nobody_waiting(
    testbed: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a voucher that waits for its supplier
    when the run dies as soon as the supplier's link is written, before it can tell anything
    then the voucher is due all the same, and the next run delivers it."""
    testbed.books.supplier(5001, "Cobalt Ltd")
    entry = testbed.books.voucher(supplier=5001)
    testbed.sync("invoices")

    def dies(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(
            type(testbed.ledger.reports), "put", _after_the_mapped_frames(type(testbed.ledger.reports).put, dies)
        )
        with pytest.raises(Killed):
            testbed.sync("suppliers")
    assert testbed.spend.supplier(5001)["name"] == "Cobalt Ltd"
    assert "1 documents of invoices are due" in due(testbed)
    assert outcome(testbed.sync("invoices")["invoices"], entry.document) == "created"


def _after_the_mapped_frames(put: Any, dies: Any) -> Any:
    """The first report of a flow is that of its mapped frames; the second comes after the last outcome."""
    return lambda reports, run, flow, *more, **named: (
        put(reports, run, flow, *more, **named) if flow.endswith("/mapped") else dies()
    )


def test_a_voucher_that_was_read_before_its_supplier_came_and_held_after_is_tried_again(testbed: Site) -> None:
    """Given a run that has mapped a voucher of a new supplier
    when another run delivers the supplier before the first has held the voucher
    then the voucher is due, since its supplier came after it was read, and the next run delivers it."""
    testbed.books.supplier(5001, "Cobalt Ltd")
    entry = testbed.books.voucher(supplier=5001)
    with testbed.context() as context:
        flow = flow_class(NAME, "invoices")(context)
        pipeline = Pipeline(flow, policy_of(flow))
        pipeline.land(TODAY, TODAY)
        mapped = pipeline.map({entry.document: TODAY})
        testbed.sandbox.clock.advance(1)
        testbed.sync("suppliers")
        assert outcomes(pipeline.deliver(mapped)) == {"held": 1}
    assert testbed.exception("invoices").reason == "supplier_not_linked"
    assert "1 documents of invoices are due" in due(testbed)
    assert outcome(testbed.sync("invoices")["invoices"], entry.document) == "created"


def test_a_run_that_died_before_its_first_call_is_seen_by_the_next_poll(testbed: Site) -> None:
    """Given a run that claimed a voucher and died before it had written down its first call
    when its claim has run out, then a poll runs for that voucher, though nothing changed since."""
    entry = testbed.books.voucher()
    testbed.ledger.deliveries.claim(INVOICES, [entry.document], "dead", 600)
    assert testbed.ledger.deliveries.due(INVOICES, testbed.clock.now()) == []
    testbed.sandbox.clock.advance(601)
    assert "1 documents of invoices are due" in due(testbed)
    assert outcome(testbed.sync("invoices")["invoices"], entry.document) == "created"


# -- replayed alone ---------------------------------------------------------------------------------------------------


@pytest.fixture
def office(testbed: Site) -> dict[str, Entry]:
    """Settled, held, refused and dismissed documents beside each other; what held two of them is mended."""
    testbed.spend.configure(unique_invoice_drafts=True)
    testbed.configure("invoices", duplicates="send")
    entries = {
        "settled": testbed.books.voucher(1),
        "bad account": held_for_a_line(testbed, 2),
        "another": held_for_a_line(testbed, 3),
        "bad term": testbed.books.voucher(4, terms="D10"),
        "refused": testbed.books.voucher(5, invoice="INV-1"),
        "dismissed": held_for_a_line(testbed, 6),
    }
    testbed.books.supplier(5001, "")
    testbed.sync("suppliers", "invoices")
    testbed.dismiss(
        next(each.id for each in testbed.exceptions("invoices") if each.key == entries["dismissed"].document)
    )
    for name in ("bad account", "another"):
        testbed.books.line(entries[name], 1, "30.5010", "100.00")
    return entries


def tables(site: Site) -> dict[str, list[dict[str, Any]]]:
    """Every row of the ledger."""
    with site.ledger._db.read() as connection:
        return {
            name: [dict(row._mapping) for row in connection.execute(table.select())]
            for name, table in metadata.tables.items()
        }


def world(site: Site) -> dict[str, Any]:
    """Everything that both systems hold."""
    return {name: deepcopy(site.sandbox.systems[name].dump()) for name in ("jde", "coupa")}


def others(held: dict[str, list[dict[str, Any]]], keys: set[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of the ledger that are not about these documents of the invoices flow."""
    gone = {row["id"] for row in held["exceptions"] if row["key"] in keys}
    mine = {
        "links": lambda row: row["source_key"] in keys,
        "awaited": lambda row: row["exception"] in gone,
    }
    return {
        name: [row for row in rows if not mine.get(name, lambda row: row.get("key") in keys)(row)]
        for name, rows in held.items()
        # what a run keeps of itself: what it read, what it came to; and how far the chain of events has grown
        if name not in ("landing_objects", "reports", "audit_heads")
    }


@pytest.mark.parametrize("by", ["id", "reason", "flow"])
def test_a_replay_touches_what_was_chosen_and_nothing_else(testbed: Site, office: dict[str, Entry], by: str) -> None:
    """Given settled, held, refused and dismissed documents, two of which were mended in JD Edwards
    when one of them is replayed by its exception, or both by their reason, or the whole flow
    then in both systems and in the ledger everything is as it was but those documents: the other exceptions keep
    their attempts, nothing else is called, and no other event is added."""
    if by == "id":
        keys = {office["bad account"].document}
        chosen = {"ids": [each.id for each in testbed.exceptions("invoices") if each.key in keys]}
    elif by == "reason":
        keys = {office[name].document for name in ("bad account", "another")}
        chosen = {"reason": "account_not_found"}
    else:
        keys = {office[name].document for name in ("bad account", "another", "bad term", "refused")}
        chosen = {"flow": INVOICES}
    before, world_before = tables(testbed), world(testbed)
    (done,) = replayed(testbed, **chosen)
    created = {key for key, each in done.report.results.items() if each.outcome == "created"}
    assert done.report.results.keys() == keys
    assert created == keys & {office[name].document for name in ("bad account", "another")}
    after, world_after = tables(testbed), world(testbed)
    assert others(after, keys) == others(before, keys)
    assert world_after["jde"] == world_before["jde"]
    added = invoices(world_after).keys() - invoices(world_before).keys()
    assert {f"F0411:{invoices(world_after)[id]['internal-note']}" for id in added} == created
    assert without(world_after, added) == without(world_before, set())


def invoices(held: dict[str, Any]) -> dict[str, Any]:
    """Coupa's invoices by their ids."""
    found: dict[str, Any] = held["coupa"]["invoices"]
    return found


def without(held: dict[str, Any], ids: set[str]) -> dict[str, Any]:
    """What Coupa holds beside these invoices; the numbers that it gives out next are no record."""
    rest = {id: invoice for id, invoice in invoices(held).items() if id not in ids}
    return {name: records for name, records in held["coupa"].items() if name != "setup"} | {"invoices": rest}


# -- dismissed only when all is known ---------------------------------------------------------------------------------


def test_a_voucher_in_doubt_cannot_be_dismissed_until_it_was_looked_up(testbed: Site) -> None:
    """Given a create whose answer is lost, and a run that does not wait when the clerk dismisses the doubt they are
    told that it must be looked up first: else an invoice might stand in Coupa that nobody looks for; when the next run
    has found it, there is nothing left to dismiss."""
    testbed.policy = {"wait_for_outcomes": False}
    testbed.sandbox.post("/faults", [{**CREATE, "kind": "late", "seconds": 1, "times": 1}])
    entry = testbed.books.voucher()
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"in_doubt": 1}
    reported = testbed.exception("invoices")
    with pytest.raises(UnusableInput, match=f"{entry.document} is in doubt"):
        testbed.dismiss(reported.id)
    assert testbed.exception("invoices") == reported
    testbed.clock.patient = True
    testbed.clock.sleep(1.2)
    testbed.sandbox.clock.advance(121)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert not testbed.exceptions("invoices") and testbed.spend.state()["invoices"]["count"] == 1

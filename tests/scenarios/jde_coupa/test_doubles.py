"""Two records of one document in the target: a network that sends twice, a copied home, or a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_born import born
from scenario_orders import Purchasing, with_orders
from scenario_payables import Payables
from scenario_site import NAME, Site, outcomes

from connector_assets.engine.duplicates import duplicates
from connector_assets.engine.reasons import severity_of
from connector_assets.engine.reconciling import compare
from connector_assets.engine.replaying import replay
from connector_assets.run_setup import flows_of
from connector_resources.ledger import ExceptionRow

INVOICES = f"{NAME}/invoices"
CREATE = {"system": "coupa", "route": "POST /api/invoices"}
CALL = {"system": "jde", "route": "POST /jderest/v3/orchestrator/{name}"}


def twice(site: Site, **rule: Any) -> None:
    """The network delivers such a call twice, once."""
    site.sandbox.post("/faults", {"kind": "twice", "times": 1, **rule})


def found(site: Site, flow: str) -> ExceptionRow:
    """What the sweep of a flow has found, the only one; it is of high severity."""
    told = site.exception(flow)
    assert (told.reason, severity_of(told.reason)) == ("duplicate_in_target", "high")
    return told


def link(site: Site, flow: str, key: str) -> str:
    """The record that a document is linked to."""
    return site.ledger.links.of(f"{NAME}/{flow}", [key])[key].target_id


def invoices(site: Site) -> dict[str, str]:
    """The invoices of Coupa: id -> status."""
    return {str(each["id"]): each["status"] for each in site.spend.all("invoices")}


def void_the_other(site: Site, linked: str) -> None:
    """A clerk of Coupa voids the invoice that the voucher is not linked to."""
    [other] = [id for id, status in invoices(site).items() if id != linked and status != "voided"]
    site.spend.set("invoices", int(other), status="voided")


@pytest.fixture
def doubled(town: Site) -> Entry:
    """A voucher of 100 pounds whose create the network delivered twice."""
    entry = town.books.voucher()
    twice(town, **CREATE)
    assert outcomes(town.sync("invoices")["invoices"]) == {"created": 1}
    assert len(invoices(town)) == 2
    return entry


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
@pytest.mark.reason("duplicate_in_target")
def test_an_invoice_that_the_network_made_twice_is_told_by_the_next_sweep(town: Site, doubled: Entry) -> None:
    """Given a create that the network delivered twice, so that Coupa has two drafts of one voucher
    when the sweep runs, then a person is told of both, and which of them is ours;
    when the other one is void, the next sweep has nothing to say."""
    assert not town.exceptions("invoices")
    swept = town.sweep("invoices")
    linked = link(town, "invoices", doubled.document)
    assert swept.duplicates == [doubled.document]
    told = found(town, "invoices")
    assert told.key == doubled.document
    assert sorted(told.value.replace(" (linked)", "").split(", ")) == sorted(invoices(town))
    assert f"{linked} (linked)" in told.value
    known = town.ledger.deliveries.load(f"{NAME}/invoices", [doubled.document])[doubled.document]
    assert (known.state, known.party, known.amount) == ("settled", "Anvil & Sons", Decimal(100))
    assert town.sweep("invoices").duplicates == []
    assert found(town, "invoices").since == told.since
    void_the_other(town, linked)
    assert town.sweep("invoices").single == [doubled.document]
    assert not town.exceptions("invoices")


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_nothing_is_sent_for_a_document_that_is_there_twice(town: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that the sweep has told
    when the voucher changes in JD Edwards, then it is held and nothing is sent, nor would a plan send it;
    when the other invoice is void, the next sweep sends the change to ours alone."""
    town.sweep("invoices")
    town.books.voucher(costs=(("30.5010", "110.00"),))
    report = town.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert outcomes(town.sync("invoices", mode="plan")["invoices"]) == {"held": 1}
    found(town, "invoices")
    linked = link(town, "invoices", doubled.document)
    void_the_other(town, linked)
    assert outcomes(town.sync("invoices")["invoices"]) == {"held": 1}
    assert outcomes(town.sweep("invoices").report) == {"updated": 1}
    assert not town.exceptions("invoices")
    totals = {str(each["id"]): each["total-with-taxes"] for each in town.spend.all("invoices")}
    assert totals[linked] == "110.00"


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_the_finding_stands_whatever_else_becomes_of_the_document(town: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that the sweep has told
    when the voucher is looked at once more and settles, or is held for its distribution and mended, both are told."""
    town.sweep("invoices")
    town.replay("invoices")
    assert outcomes(town.sync("invoices")["invoices"]) == {"unchanged": 1}
    assert town.reasons("invoices") == {doubled.document: {"duplicate_in_target"}}
    town.books.line(doubled, 1, "30.5010", "90.00")
    town.sync("invoices")
    assert town.reasons("invoices") == {doubled.document: {"duplicate_in_target", "distribution_does_not_agree"}}
    town.books.line(doubled, 1, "30.5010", "100.00")
    town.sync("invoices")
    assert town.reasons("invoices") == {doubled.document: {"duplicate_in_target"}}


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_what_a_person_has_dismissed_is_told_again_only_with_another_record(town: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that a person has seen and left, then no sweep tells them again;
    when somebody makes a third one, all three are told."""
    town.sweep("invoices")
    town.dismiss(found(town, "invoices").id)
    town.sweep("invoices")
    assert not town.exceptions("invoices")
    copied = copy(town)
    town.sweep("invoices")
    assert str(copied) in found(town, "invoices").value.split(", ")


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_reconciliation_is_explained_by_the_finding(town: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher, when both systems are compared, then nothing explains that there are two until
    the sweep has told it."""

    def told() -> list[tuple[str, str | None]]:
        with town.context() as context:
            differences = compare(town._flow(context, "invoices")).differences
        return [(each.kind, each.explained_by) for each in differences]

    assert told() == [("duplicate_in_target", None)]
    town.sweep("invoices")
    assert told() == [("duplicate_in_target", found(town, "invoices").id)]


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_replay_closes_it_without_waiting_for_the_sweep(town: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that the sweep has told
    when it is replayed, they are told still; when one is void, the replay closes the exception and sends the change."""
    town.sweep("invoices")
    town.books.voucher(costs=(("30.5010", "110.00"),))

    def replayed() -> dict[str, int]:
        with town.context("clerk") as context:
            [done] = replay(flows_of(context), {INVOICES: [doubled.document]})
        return outcomes(done.report)

    assert replayed() == {"held": 1}
    found(town, "invoices")
    void_the_other(town, link(town, "invoices", doubled.document))
    assert replayed() == {"updated": 1}
    assert not town.exceptions("invoices")


def test_the_target_is_read_by_the_page_and_not_by_the_document(town: Site) -> None:
    """Given ten delivered vouchers, when there are ten more, then the sweep's look at Coupa takes no call more."""

    def calls() -> int:
        with town.context() as context:
            flow = town._flow(context, "invoices")
            before = context.calls()[0]
            assert duplicates(flow) == {}
            return context.calls()[0] - before

    taken = []
    for first in (100, 200):
        for place in range(10):
            town.books.voucher(first + place)
        town.sync("invoices")
        taken.append(calls())
    assert taken[0] == taken[1] < 10


# -- made by a person, and documents that we never sent ----------------------------------------------------------------


def copy(site: Site, number: str = "INV-4711", *, key: bool = True, **more: Any) -> int:
    """A user of Coupa copies an invoice, with our key in it or without; the id of the copy."""
    first = site.spend.all("invoices", **{"invoice-number": number})[0]
    fields = ("invoice-number", "invoice-date", "supplier", "currency", "account-type", "line-level-taxation")
    taken = {name: first[name] for name in (*fields, *(["internal-note"] if key else []))}
    lines = [{"description": "Works", "price": "100.00", "type": "InvoiceAmountLine"}]
    return site.spend.create("invoices", {**taken, "invoice-lines": lines, **more})


@pytest.mark.parametrize(("key", "number"), [(True, "INV-4711-COPY"), (True, "INV-4711"), (False, "INV-4711")], ids=str)
def test_an_invoice_that_a_person_enters_again_is_told(town: Site, key: bool, number: str) -> None:
    """Given a delivered voucher
    when a user of Coupa copies its invoice under any number with our key, or enters one of that supplier and number
    without it, then the sweep tells both; a credit of that number, or another supplier's invoice, is no second one."""
    entry = town.books.voucher()
    town.sync("invoices")
    copy(town, key=False, **{"invoice-lines": [{"description": "x", "price": "-5.00", "type": "InvoiceAmountLine"}]})
    copy(town, key=False, supplier={"number": "4344"})
    assert town.sweep("invoices").duplicates == []
    second = copy(town, key=key, **{"invoice-number": number})
    assert town.sweep("invoices").duplicates == [entry.document]
    assert str(second) in found(town, "invoices").value.split(", ")
    town.spend.set("invoices", second, status="voided")
    town.sweep("invoices")
    assert not town.exceptions("invoices")


def test_an_adopted_and_a_baselined_document_are_looked_after_too(town: Site) -> None:
    """Given an invoice that was adopted, and one of a voucher that a baseline took for history
    when a person copies both, then both are told; the history is never sent, whatever becomes of the copy."""
    town.books.voucher(1)
    town.books.voucher(2)
    with town.forgetting() as before:
        before.sync("suppliers", "accounts", mode="adopt")
        before.sync("invoices")
    town.sync("invoices", mode="adopt")
    history = town.books.voucher(2)
    with town.ledger._db.write() as connection:
        for table in ("links", "deliveries"):
            column = "source_key" if table == "links" else "key"
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE {column} = '{history.document}'")
    town.sync("invoices", mode="baseline")
    copies = [copy(town, number) for number in ("INV-1", "INV-2")]
    town.sweep("invoices")
    assert [set(reasons) for reasons in town.reasons("invoices").values()] == [{"duplicate_in_target"}] * 2
    for id in copies:
        town.spend.set("invoices", id, status="voided")
    swept = town.sweep("invoices")
    assert (len(swept.single), swept.report.writes, town.exceptions("invoices")) == (2, 0, [])
    known = town.ledger.deliveries.load(f"{NAME}/invoices", [history.document])[history.document]
    assert known.state == "baseline"


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_look_up_that_meets_two_goes_on_when_one_is_void(town: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher, and a home that lost its ledger
    when its look-up meets both, then the document is held with high severity, and the sweep says no more of it;
    when one is void, the next sync takes the other for ours."""
    with town.forgetting() as again:
        again.sync("suppliers", "accounts", mode="adopt")
        assert outcomes(again.sync("invoices", mode="adopt")["invoices"]) == {"held": 1}
        told = again.exception("invoices")
        assert (told.reason, severity_of(told.reason)) == ("natural_key_taken", "high")
        again.sweep("invoices")
        assert again.exception("invoices").reason == "natural_key_taken"
        void_the_other(again, max(invoices(again)))
        assert outcomes(again.sync("invoices")["invoices"]) == {"adopted": 1}
        assert not again.exceptions("invoices")
        assert link(again, "invoices", doubled.document) == max(invoices(again))


# -- the other flows ---------------------------------------------------------------------------------------------------


def test_a_payment_that_the_network_recorded_twice_on_an_invoice_is_told(town: Site) -> None:
    """Given a voucher that JD Edwards paid and an approved invoice
    when the network delivers the payment's call twice, then the sweep says which payment the invoice has twice; Coupa
    takes no payment back, so that the person who has settled it leaves it."""
    entry = town.books.voucher()
    town.sync("invoices")
    town.spend.approve("INV-4711")
    town.books.pay(entry)
    twice(town, system="coupa", route="PUT /api/invoices/*")
    town.sync("invoices")
    assert len(town.spend.invoice("INV-4711")["payments"]) == 2
    assert town.sweep("invoices").duplicates == [entry.document]
    told = found(town, "invoices")
    assert "of 100.00 on" in told.value and "2 times" in told.value
    town.dismiss(told.id)
    town.sweep("invoices")
    assert not town.exceptions("invoices")


@pytest.mark.parametrize("mode", ["direct", "batch"])
@pytest.mark.as_delivered("jde.duplicate_invoices", "jde.entry_warnings")
def test_a_voucher_that_the_network_entered_twice_is_told(town: Site, mode: str) -> None:
    """Given an approved invoice of Coupa whose voucher the network enters twice
    when the sweep runs, then both vouchers are told until one is void; the batch files refuse the second."""
    flow, payables = "approved_invoices", Payables(town)
    town.configure(flow, mode=mode)
    id = payables.invoice()
    twice(town, **CALL, answer="first")
    town.sync(flow)
    told = town.sweep(flow)
    if mode == "batch":
        assert (told.duplicates, len(payables.vouchers(id)), town.exceptions(flow)) == ([], 1, [])
        return
    assert told.duplicates == [f"invoices:{id}"]
    linked = link(town, flow, f"invoices:{id}")
    assert f"{linked} (linked)" in found(town, flow).value
    void_voucher(town, payables, id, linked)
    assert town.sweep(flow).single == [f"invoices:{id}"]
    assert not town.exceptions(flow)


@pytest.mark.parametrize("answer", ["first", "second"])
def test_a_voucher_that_jd_edwards_refuses_the_second_time_is_there_once(town: Site, answer: str) -> None:
    """Given a JD Edwards that refuses a supplier's number the second time, when the network enters a voucher twice
    then there is one, linked to its invoice, whichever answer we saw, and nothing is told of it."""
    flow, payables = "approved_invoices", Payables(town)
    town.sandbox.post("/options", {"jde": {"duplicate_invoices": "error"}})
    town.configure(flow, mode="direct")
    id = payables.invoice()
    twice(town, **CALL, answer=answer)
    for _ in range(3):
        town.sync(flow)
        town.sandbox.clock.advance(300)
    [voucher] = payables.vouchers(id)
    [item] = payables.items(id)
    assert (voucher[2], link(town, flow, f"invoices:{id}").endswith(f"/{item['DOC']}")) == ("A", True)
    assert (town.sweep(flow).duplicates, town.exceptions(flow)) == ([], [])


def void_voucher(site: Site, payables: Payables, id: int, linked: str) -> None:
    """A clerk of JD Edwards voids the voucher of an invoice that it is not linked to."""
    [other] = {item["DOC"] for item in payables.items(id)} - {int(linked.rpartition("/")[2])}
    site.books.void(Entry(other, "PV", "00001"))


def test_a_voucher_that_a_clerk_enters_beside_ours_is_told(town: Site) -> None:
    """Given an invoice of Coupa and its voucher
    when a clerk of JD Edwards enters the same invoice of the supplier, then the sweep tells both; a site that sends
    such vouchers all the same is not told."""
    flow, id = "approved_invoices", Payables(town).invoice("WEB-7")
    town.configure(flow, mode="direct")
    town.sync(flow)
    entry = town.books.voucher(815, invoice="WEB-7")
    assert town.sweep(flow).duplicates == [f"invoices:{id}"]
    assert f"00001/PV/{entry.doc}" in found(town, flow).value.split(", ")
    town.configure(flow, duplicates="send")
    assert town.sweep(flow).single == [f"invoices:{id}"]


@pytest.mark.parametrize("answer", ["first", "second"])
def test_a_payment_whose_number_jd_edwards_refuses_the_second_time_is_booked_once(town: Site, answer: str) -> None:
    """Given a JD Edwards that refuses a second payment of a number on a voucher, when the network books a part twice
    then it is booked once and linked, whichever answer we saw, and nothing is told of it."""
    flow = "payments_to_jde"
    town.sandbox.post("/options", {"jde": {"duplicate_payment_numbers": "error"}})
    town.flows[flow] = {}
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    made = born(town)
    town.books.act("set_pay_status", made.voucher, PST="H")
    paid = {"invoices": [{"id": made.id, "amount": "50.00"}], "status": "completed_successfully"}
    town.sandbox.post("/rows", {"system": "coupa", "act": "make_payment", "date": "2026-03-02", **paid})
    twice(town, **CALL, answer=answer)
    for _ in range(3):
        town.sync(flow)
        town.sandbox.clock.advance(300)
    [header] = town.sandbox.systems["jde"].dump()["F0413"].values()
    [known] = town.ledger.links.all(flow=f"{NAME}/{flow}")
    assert (known.target_id, town.sweep(flow).duplicates, town.exceptions(flow)) == (str(header["PYID"]), [], [])


@pytest.mark.as_delivered("jde.duplicate_payment_numbers")
def test_a_payment_that_the_network_booked_twice_is_told(town: Site) -> None:
    """Given a payment of Coupa Pay, when the network books it twice in JD Edwards, then both are told until one is
    void."""
    flow = "payments_to_jde"
    town.flows[flow] = {}
    town.connect("coupa", scopes=town.sandbox.get("/credentials")["coupa"]["scope"].split())
    town.connect("jde", orchestrations=ORCHESTRATIONS)
    made = born(town)
    town.books.act("set_pay_status", made.voucher, PST="H")
    paid = {"invoices": [{"id": made.id, "amount": "50.00"}], "status": "completed_successfully"}
    town.sandbox.post("/rows", {"system": "coupa", "act": "make_payment", "date": "2026-03-02", **paid})
    twice(town, **CALL)
    assert outcomes(town.sync(flow)[flow]) == {"created": 1}
    assert len(town.sandbox.systems["jde"].dump()["F0413"]) == 2
    [key] = town.sweep(flow).duplicates
    linked = link(town, flow, key)
    assert f"{linked} (linked)" in found(town, flow).value
    numbers = {str(row["PYID"]) for row in town.sandbox.systems["jde"].dump()["F0413"].values()}
    [other] = numbers - {linked}
    town.sandbox.post("/rows", {"system": "jde", "act": "void_payment", "PYID": int(other)})
    assert town.sweep(flow).single == [key]
    assert not town.exceptions(flow)


def test_an_order_that_is_there_twice_is_told(town: Site) -> None:
    """Given an order whose create came twice, of which Coupa refused the second for its number, then all is well;
    when a copied home of another numbering made one with our key, then both are told until one is cancelled."""
    yard = with_orders(town, key_custom_field="jde-order")
    order = Purchasing(yard.books).order()
    twice(yard, system="coupa", route="POST /api/purchase_orders", answer="first")
    yard.sync("purchase_orders")
    assert yard.sweep("purchase_orders").duplicates == []
    [ours] = yard.spend.all("purchase_orders")
    names = ("type", "supplier", "ship-to-address", "ship-to-user", "currency", "custom-fields")
    copied = {name: ours[name] for name in names} | {"po-number": "OP-100234", "status": "issued"}
    other = yard.spend.create("purchase_orders", copied | {"order-lines": []})
    assert yard.sweep("purchase_orders").duplicates == [order.document]
    assert set(found(yard, "purchase_orders").value.split(", ")) == {f"{ours['id']} (linked)", str(other)}
    yard.spend.set("purchase_orders", other, status="cancelled")
    assert yard.sweep("purchase_orders").single == [order.document]
    assert not yard.exceptions("purchase_orders")


@pytest.mark.parametrize(
    ("flow", "route"),
    [("suppliers", "POST /api/suppliers"), ("accounts", "POST /api/accounts")],
)
def test_where_the_target_refuses_a_second_one_there_is_nothing_to_tell(site: Site, flow: str, route: str) -> None:
    """Given a network that delivers each create twice, then Coupa refuses the second supplier and the second account,
    whichever answer comes back, and the sweep finds each once."""
    for answer in ("first", "second"):
        site.sandbox.post("/faults", {"kind": "twice", "system": "coupa", "route": route, "every": 2, "answer": answer})
    site.sync("suppliers", "accounts")
    site.sync("suppliers", "accounts")
    assert site.sweep(flow).duplicates == []
    assert not [each for each in site.exceptions(flow) if each.reason == "duplicate_in_target"]

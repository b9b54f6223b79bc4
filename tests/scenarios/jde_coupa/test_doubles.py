"""Two records of one document in the target: a network that sends twice, a copied home, or a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import born
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
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
    reported = site.exception(flow)
    assert (reported.reason, severity_of(reported.reason)) == ("duplicate_in_target", "high")
    return reported


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
def doubled(testbed: Site) -> Entry:
    """A voucher of 100 pounds whose create the network delivered twice."""
    entry = testbed.books.voucher()
    twice(testbed, **CREATE)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    assert len(invoices(testbed)) == 2
    return entry


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
@pytest.mark.reason("duplicate_in_target")
def test_an_invoice_that_the_network_made_twice_is_told_by_the_next_sweep(testbed: Site, doubled: Entry) -> None:
    """Given a create that the network delivered twice, so that Coupa has two drafts of one voucher
    when the sweep runs, then a person is told of both, and which of them is ours;
    when the other one is void, the next sweep has nothing to say."""
    assert not testbed.exceptions("invoices")
    swept = testbed.sweep("invoices")
    linked = link(testbed, "invoices", doubled.document)
    assert swept.duplicates == [doubled.document]
    reported = found(testbed, "invoices")
    assert reported.key == doubled.document
    assert sorted(reported.value.replace(" (linked)", "").split(", ")) == sorted(invoices(testbed))
    assert f"{linked} (linked)" in reported.value
    known = testbed.ledger.deliveries.load(f"{NAME}/invoices", [doubled.document])[doubled.document]
    assert (known.state, known.party, known.amount) == ("settled", "Anvil & Sons", Decimal(100))
    assert testbed.sweep("invoices").duplicates == []
    assert found(testbed, "invoices").since == reported.since
    void_the_other(testbed, linked)
    assert testbed.sweep("invoices").single == [doubled.document]
    assert not testbed.exceptions("invoices")


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_nothing_is_sent_for_a_document_that_is_there_twice(testbed: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that the sweep has told
    when the voucher changes in JD Edwards, then it is held and nothing is sent, nor would a plan send it;
    when the other invoice is void, the next sweep sends the change to ours alone."""
    testbed.sweep("invoices")
    testbed.books.voucher(costs=(("30.5010", "110.00"),))
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.writes) == ({"held": 1}, 0)
    assert outcomes(testbed.sync("invoices", mode="plan")["invoices"]) == {"held": 1}
    found(testbed, "invoices")
    linked = link(testbed, "invoices", doubled.document)
    void_the_other(testbed, linked)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert outcomes(testbed.sweep("invoices").report) == {"updated": 1}
    assert not testbed.exceptions("invoices")
    totals = {str(each["id"]): each["total-with-taxes"] for each in testbed.spend.all("invoices")}
    assert totals[linked] == "110.00"


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_the_finding_stands_whatever_else_becomes_of_the_document(testbed: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that the sweep has told
    when the voucher is looked at once more and settles, or is held for its distribution and mended, both are told."""
    testbed.sweep("invoices")
    testbed.replay("invoices")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"unchanged": 1}
    assert testbed.reasons("invoices") == {doubled.document: {"duplicate_in_target"}}
    testbed.books.line(doubled, 1, "30.5010", "90.00")
    testbed.sync("invoices")
    assert testbed.reasons("invoices") == {doubled.document: {"duplicate_in_target", "distribution_does_not_agree"}}
    testbed.books.line(doubled, 1, "30.5010", "100.00")
    testbed.sync("invoices")
    assert testbed.reasons("invoices") == {doubled.document: {"duplicate_in_target"}}


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_what_a_person_has_dismissed_is_told_again_only_with_another_record(testbed: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that a person has seen and left, then no sweep tells them again;
    when somebody makes a third one, all three are told."""
    testbed.sweep("invoices")
    testbed.dismiss(found(testbed, "invoices").id)
    testbed.sweep("invoices")
    assert not testbed.exceptions("invoices")
    copied = copy(testbed)
    testbed.sweep("invoices")
    assert str(copied) in found(testbed, "invoices").value.split(", ")


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_reconciliation_is_explained_by_the_finding(testbed: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher, when both systems are compared, then nothing explains that there are two until
    the sweep has told it."""

    def reported() -> list[tuple[str, str | None]]:
        with testbed.context() as context:
            differences = compare(testbed._flow(context, "invoices")).differences
        return [(each.kind, each.explained_by) for each in differences]

    assert reported() == [("duplicate_in_target", None)]
    testbed.sweep("invoices")
    assert reported() == [("duplicate_in_target", found(testbed, "invoices").id)]


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_replay_closes_it_without_waiting_for_the_sweep(testbed: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher that the sweep has told
    when it is replayed, they are told still; when one is void, the replay closes the exception and sends the change."""
    testbed.sweep("invoices")
    testbed.books.voucher(costs=(("30.5010", "110.00"),))

    def replayed() -> dict[str, int]:
        with testbed.context("clerk") as context:
            [done] = replay(flows_of(context), {INVOICES: [doubled.document]})
        return outcomes(done.report)

    assert replayed() == {"held": 1}
    found(testbed, "invoices")
    void_the_other(testbed, link(testbed, "invoices", doubled.document))
    assert replayed() == {"updated": 1}
    assert not testbed.exceptions("invoices")


def test_the_target_is_read_by_the_page_and_not_by_the_document(testbed: Site) -> None:
    """Given ten delivered vouchers, when there are ten more, then the sweep's look at Coupa takes no call more."""

    def calls() -> int:
        with testbed.context() as context:
            flow = testbed._flow(context, "invoices")
            before = context.calls()[0]
            assert duplicates(flow) == {}
            return context.calls()[0] - before

    taken = []
    for first in (100, 200):
        for place in range(10):
            testbed.books.voucher(first + place)
        testbed.sync("invoices")
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
def test_an_invoice_that_a_person_enters_again_is_told(testbed: Site, key: bool, number: str) -> None:
    """Given a delivered voucher
    when a user of Coupa copies its invoice under any number with our key, or enters one of that supplier and number
    without it, then the sweep tells both; a credit of that number, or another supplier's invoice, is no second one."""
    entry = testbed.books.voucher()
    testbed.sync("invoices")
    copy(testbed, key=False, **{"invoice-lines": [{"description": "x", "price": "-5.00", "type": "InvoiceAmountLine"}]})
    copy(testbed, key=False, supplier={"number": "4344"})
    assert testbed.sweep("invoices").duplicates == []
    second = copy(testbed, key=key, **{"invoice-number": number})
    assert testbed.sweep("invoices").duplicates == [entry.document]
    assert str(second) in found(testbed, "invoices").value.split(", ")
    testbed.spend.set("invoices", second, status="voided")
    testbed.sweep("invoices")
    assert not testbed.exceptions("invoices")


def test_an_adopted_and_a_baselined_document_are_looked_after_too(testbed: Site) -> None:
    """Given an invoice that was adopted, and one of a voucher that a baseline took for history
    when a person copies both, then both are told; the history is never sent, whatever becomes of the copy."""
    testbed.books.voucher(1)
    testbed.books.voucher(2)
    with testbed.forgetting() as before:
        before.sync("suppliers", "accounts", mode="adopt")
        before.sync("invoices")
    testbed.sync("invoices", mode="adopt")
    history = testbed.books.voucher(2)
    with testbed.ledger._db.write() as connection:
        for table in ("links", "deliveries"):
            column = "source_key" if table == "links" else "key"
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE {column} = '{history.document}'")
    testbed.sync("invoices", mode="baseline")
    copies = [copy(testbed, number) for number in ("INV-1", "INV-2")]
    testbed.sweep("invoices")
    assert [set(reasons) for reasons in testbed.reasons("invoices").values()] == [{"duplicate_in_target"}] * 2
    for id in copies:
        testbed.spend.set("invoices", id, status="voided")
    swept = testbed.sweep("invoices")
    assert (len(swept.single), swept.report.writes, testbed.exceptions("invoices")) == (2, 0, [])
    known = testbed.ledger.deliveries.load(f"{NAME}/invoices", [history.document])[history.document]
    assert known.state == "baseline"


@pytest.mark.as_delivered("coupa.unique_invoice_drafts")
def test_a_look_up_that_meets_two_goes_on_when_one_is_void(testbed: Site, doubled: Entry) -> None:
    """Given two invoices of one voucher, and a home that lost its ledger
    when its look-up meets both, then the document is held with high severity, and the sweep says no more of it;
    when one is void, the next sync takes the other for ours."""
    with testbed.forgetting() as again:
        again.sync("suppliers", "accounts", mode="adopt")
        assert outcomes(again.sync("invoices", mode="adopt")["invoices"]) == {"held": 1}
        reported = again.exception("invoices")
        assert (reported.reason, severity_of(reported.reason)) == ("natural_key_taken", "high")
        again.sweep("invoices")
        assert again.exception("invoices").reason == "natural_key_taken"
        void_the_other(again, max(invoices(again)))
        assert outcomes(again.sync("invoices")["invoices"]) == {"adopted": 1}
        assert not again.exceptions("invoices")
        assert link(again, "invoices", doubled.document) == max(invoices(again))


# -- the other flows ---------------------------------------------------------------------------------------------------


def test_a_payment_that_the_network_recorded_twice_on_an_invoice_is_told(testbed: Site) -> None:
    """Given a voucher that JD Edwards paid and an approved invoice
    when the network delivers the payment's call twice, then the sweep says which payment the invoice has twice; Coupa
    takes no payment back, so that the person who has settled it leaves it."""
    entry = testbed.books.voucher()
    testbed.sync("invoices")
    testbed.spend.approve("INV-4711")
    testbed.books.pay(entry)
    twice(testbed, system="coupa", route="PUT /api/invoices/*")
    testbed.sync("invoices")
    assert len(testbed.spend.invoice("INV-4711")["payments"]) == 2
    assert testbed.sweep("invoices").duplicates == [entry.document]
    reported = found(testbed, "invoices")
    assert "of 100.00 on" in reported.value and "2 times" in reported.value
    testbed.dismiss(reported.id)
    testbed.sweep("invoices")
    assert not testbed.exceptions("invoices")


@pytest.mark.parametrize("mode", ["direct", "batch"])
@pytest.mark.as_delivered("jde.duplicate_invoices", "jde.entry_warnings")
def test_a_voucher_that_the_network_entered_twice_is_told(testbed: Site, mode: str) -> None:
    """Given an approved invoice of Coupa whose voucher the network enters twice
    when the sweep runs, then both vouchers are told until one is void; the batch files refuse the second."""
    flow, payables = "approved_invoices", Payables(testbed)
    testbed.configure(flow, mode=mode)
    id = payables.invoice()
    twice(testbed, **CALL, answer="first")
    testbed.sync(flow)
    reported = testbed.sweep(flow)
    if mode == "batch":
        assert (reported.duplicates, len(payables.vouchers(id)), testbed.exceptions(flow)) == ([], 1, [])
        return
    assert reported.duplicates == [f"invoices:{id}"]
    linked = link(testbed, flow, f"invoices:{id}")
    assert f"{linked} (linked)" in found(testbed, flow).value
    void_voucher(testbed, payables, id, linked)
    assert testbed.sweep(flow).single == [f"invoices:{id}"]
    assert not testbed.exceptions(flow)


@pytest.mark.parametrize("answer", ["first", "second"])
def test_a_voucher_that_jd_edwards_refuses_the_second_time_is_there_once(testbed: Site, answer: str) -> None:
    """Given a JD Edwards that refuses a supplier's number the second time, when the network enters a voucher twice
    then there is one, linked to its invoice, whichever answer we saw, and nothing is told of it."""
    flow, payables = "approved_invoices", Payables(testbed)
    testbed.sandbox.post("/options", {"jde": {"duplicate_invoices": "error"}})
    testbed.configure(flow, mode="direct")
    id = payables.invoice()
    twice(testbed, **CALL, answer=answer)
    for _ in range(3):
        testbed.sync(flow)
        testbed.sandbox.clock.advance(300)
    [voucher] = payables.vouchers(id)
    [item] = payables.items(id)
    assert (voucher[2], link(testbed, flow, f"invoices:{id}").endswith(f"/{item['DOC']}")) == ("A", True)
    assert (testbed.sweep(flow).duplicates, testbed.exceptions(flow)) == ([], [])


def void_voucher(site: Site, payables: Payables, id: int, linked: str) -> None:
    """A clerk of JD Edwards voids the voucher of an invoice that it is not linked to."""
    [other] = {item["DOC"] for item in payables.items(id)} - {int(linked.rpartition("/")[2])}
    site.books.void(Entry(other, "PV", "00001"))


def test_a_voucher_that_a_clerk_enters_beside_ours_is_told(testbed: Site) -> None:
    """Given an invoice of Coupa and its voucher
    when a clerk of JD Edwards enters the same invoice of the supplier, then the sweep tells both; a site that sends
    such vouchers all the same is not told."""
    flow, id = "approved_invoices", Payables(testbed).invoice("WEB-7")
    testbed.configure(flow, mode="direct")
    testbed.sync(flow)
    entry = testbed.books.voucher(815, invoice="WEB-7")
    assert testbed.sweep(flow).duplicates == [f"invoices:{id}"]
    assert f"00001/PV/{entry.doc}" in found(testbed, flow).value.split(", ")
    testbed.configure(flow, duplicates="send")
    assert testbed.sweep(flow).single == [f"invoices:{id}"]


@pytest.mark.parametrize("answer", ["first", "second"])
def test_a_payment_whose_number_jd_edwards_refuses_the_second_time_is_booked_once(testbed: Site, answer: str) -> None:
    """Given a JD Edwards that refuses a second payment of a number on a voucher, when the network books a part twice
    then it is booked once and linked, whichever answer we saw, and nothing is told of it."""
    flow = "payments_to_jde"
    testbed.sandbox.post("/options", {"jde": {"duplicate_payment_numbers": "error"}})
    testbed.flows[flow] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    made = born(testbed)
    testbed.books.act("set_pay_status", made.voucher, PST="H")
    paid = {"invoices": [{"id": made.id, "amount": "50.00"}], "status": "completed_successfully"}
    testbed.sandbox.post("/rows", {"system": "coupa", "act": "make_payment", "date": "2026-03-02", **paid})
    twice(testbed, **CALL, answer=answer)
    for _ in range(3):
        testbed.sync(flow)
        testbed.sandbox.clock.advance(300)
    [header] = testbed.sandbox.systems["jde"].dump()["F0413"].values()
    [known] = testbed.ledger.links.all(flow=f"{NAME}/{flow}")
    assert (known.target_id, testbed.sweep(flow).duplicates, testbed.exceptions(flow)) == (str(header["PYID"]), [], [])


@pytest.mark.as_delivered("jde.duplicate_payment_numbers")
def test_a_payment_that_the_network_booked_twice_is_told(testbed: Site) -> None:
    """Given a payment of Coupa Pay, when the network books it twice in JD Edwards, then both are told until one is
    void."""
    flow = "payments_to_jde"
    testbed.flows[flow] = {}
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    made = born(testbed)
    testbed.books.act("set_pay_status", made.voucher, PST="H")
    paid = {"invoices": [{"id": made.id, "amount": "50.00"}], "status": "completed_successfully"}
    testbed.sandbox.post("/rows", {"system": "coupa", "act": "make_payment", "date": "2026-03-02", **paid})
    twice(testbed, **CALL)
    assert outcomes(testbed.sync(flow)[flow]) == {"created": 1}
    assert len(testbed.sandbox.systems["jde"].dump()["F0413"]) == 2
    [key] = testbed.sweep(flow).duplicates
    linked = link(testbed, flow, key)
    assert f"{linked} (linked)" in found(testbed, flow).value
    numbers = {str(row["PYID"]) for row in testbed.sandbox.systems["jde"].dump()["F0413"].values()}
    [other] = numbers - {linked}
    testbed.sandbox.post("/rows", {"system": "jde", "act": "void_payment", "PYID": int(other)})
    assert testbed.sweep(flow).single == [key]
    assert not testbed.exceptions(flow)


def test_an_order_that_is_there_twice_is_told(testbed: Site) -> None:
    """Given an order whose create came twice, of which Coupa refused the second for its number, then all is well;
    when a copied home of another numbering made one with our key, then both are told until one is cancelled."""
    yard = with_orders(testbed, key_custom_field="jde-order")
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

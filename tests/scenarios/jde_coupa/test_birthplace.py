"""Every invoice has one birthplace: what was born on one side is never made there again from the other."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import scenario_keys
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_resources.ledger import Ledger

ALL = ("suppliers", "accounts", "invoices", FLOW)
FIELD = "jde-voucher"

KNOWN_BY = scenario_keys.WAYS


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """Both ways are on; the key of a voucher goes into a custom field of Coupa's invoices."""
    testbed.spend.configure(custom_fields={"invoices": [FIELD]})
    testbed.configure("invoices", key_custom_field=FIELD, submit=True, bypass_approvals=True)
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    return Payables(testbed)


def forget(testbed: Site, folder: Path) -> None:
    """The ledger is lost; a new one takes its place."""
    testbed.ledger.close()
    testbed.ledger = Ledger.open(f"sqlite:///{folder / 'new.sqlite'}", clock=testbed.clock)


def test_a_voucher_of_a_coupa_invoice_is_never_sent_back(testbed: Site, payables: Payables) -> None:
    """Given an invoice born in Coupa that became a voucher, when vouchers are synced to Coupa,
    then that voucher is left alone by the rule `originates_in_coupa`, and Coupa has one invoice."""
    payables.invoice()
    testbed.sync(FLOW)
    report = testbed.sync("invoices")["invoices"]
    assert (outcomes(report), report.rules(), report.writes) == ({"ignored": 1}, {"born_in_coupa": 1}, 0)
    assert len(testbed.spend.all("invoices")) == 1


def test_an_invoice_of_a_jde_voucher_never_becomes_a_voucher(testbed: Site, payables: Payables) -> None:
    """Given a voucher of JD Edwards that is in Coupa as an approved invoice, when approved invoices are synced,
    then it is left alone by the rule `born_in_jde`, and JD Edwards has one voucher."""
    testbed.books.voucher(4711)
    testbed.sync("invoices")
    assert testbed.spend.invoice("INV-4711")["status"] == "approved"
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.rules(), report.writes) == ({"ignored": 1}, {"born_in_jde": 1}, 0)
    assert len(payables.rows("F0411")) == 1


def test_an_emptied_key_does_not_make_a_second_voucher(testbed: Site, payables: Payables) -> None:
    """Given a JDE-born invoice whose key somebody has emptied in Coupa, when it is synced, then the link knows it."""
    testbed.books.voucher(4711)
    testbed.sync("invoices")
    held = testbed.spend.invoice("INV-4711")
    testbed.spend.set("invoices", held["id"], custom_fields={FIELD: None})
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), len(payables.rows("F0411"))) == ({"born_in_jde": 1}, 1)


def test_the_note_holds_the_key_where_there_is_no_custom_field(testbed: Site, payables: Payables) -> None:
    """Given a site without a custom field, when both ways are synced, then the internal note decides the same."""
    testbed.configure("invoices", key_custom_field=None)
    testbed.books.voucher(4711)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
    payables.invoice("WEB-1", internal_note="please pay soon")
    testbed.sandbox.clock.advance(60)
    report = testbed.sync(FLOW)[FLOW]
    assert report.rules() == {"born_in_jde": 1} and outcomes(report) == {"created": 1, "ignored": 1}
    assert (len(testbed.spend.all("invoices")), len(payables.rows("F0411"))) == (2, 2)


@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_an_empty_ledger_decides_the_same(testbed: Site, payables: Payables, tmp_path: Path, mode: str) -> None:
    """Given vouchers and invoices that went both ways, one of them voided, one changed, and a ledger that is lost
    when everything is synced again with an empty one, adopted first as going live asks for,
    then nothing is written in either system, and every document is linked to its counterpart again."""
    testbed.configure(FLOW, mode=mode)
    if mode == "direct":
        # a void that leaves the pay item its gross amount
        testbed.sandbox.post("/options", {"jde": {"void_clears_gross": False}})
    testbed.books.voucher(4711, tax="20.00")
    testbed.books.voucher(4712, supplier=4344)
    testbed.sync(*ALL)
    kept, changed, void = (payables.invoice(number) for number in ("WEB-1", "WEB-2", "WEB-3"))
    testbed.sync(*ALL)
    payables.change(changed, "70.00")
    payables.act("void_invoice", id=void)
    testbed.sync(*ALL)
    links = {each.source_key: each.target_id for each in testbed.ledger.links.all(integration="jde_coupa")}
    books = (payables.rows("F0411"), payables.rows("F0911"), payables.rows("F0411Z1"), testbed.spend.all("invoices"))
    forget(testbed, tmp_path)
    for _ in range(2):
        # the targets are not empty: only planned
        reported = testbed.sync(*ALL)
        assert {report.writes for report in reported.values()} == {0}, {
            n: (outcomes(r), r.writes) for n, r in reported.items()
        }
    adopted = testbed.sync(*ALL, mode="adopt")
    assert outcomes(adopted[FLOW])["adopted"] == 3
    for _ in range(2):
        assert {report.writes for report in testbed.sync(*ALL).values()} == {0}
    assert books == (
        payables.rows("F0411"),
        payables.rows("F0911"),
        payables.rows("F0411Z1"),
        testbed.spend.all("invoices"),
    )
    assert {each.source_key: each.target_id for each in testbed.ledger.links.all(integration="jde_coupa")} == links
    left = 0 if testbed.sandbox.get("/options")["jde"]["void_clears_gross"] else 100
    assert {(mark, int(amount), state) for mark, amount, state in payables.vouchers()} == {
        (f"CPA-{kept}-1", 100, "A"),
        (f"CPA-{changed}-1", left, "void"),
        (f"CPA-{void}-1", left, "void"),
        (f"CPA-{changed}-2", 70, "A"),
    }
    # and the revisions go on where they were
    payables.change(changed, "75.00")
    testbed.sync(*ALL)
    assert [each for each in payables.vouchers(changed) if each[2] == "A"] == [(f"CPA-{changed}-3", Decimal(75), "A")]


@pytest.mark.known_by("mark")
def test_the_mark_may_stand_in_the_user_reference(testbed: Site, payables: Payables) -> None:
    """Given a site that marks its vouchers in URRF with a prefix of its own, when both ways are synced,
    then the mark is there, and neither system gets its own back."""
    testbed.configure(FLOW, mark_column="URRF", mark_prefix="CP-", mode="direct")
    id = payables.invoice()
    reports = testbed.sync(FLOW, "invoices")
    assert outcomes(reports[FLOW]) == {"created": 1}
    assert [row["URRF"] for row in payables.rows("F0411")] == [f"CP-{id}-1"]
    assert reports["invoices"].rules() == {"born_in_coupa": 1}
    assert testbed.sync(FLOW)[FLOW].writes == 0


def test_coupa_shows_the_voucher_where_it_has_a_field_for_it(testbed: Site, payables: Payables) -> None:
    """Given a site with a custom field for the voucher, when an invoice has become one, then Coupa shows its key;
    when a change makes the next revision, it shows that; what is told comes back and sends nothing."""
    testbed.spend.configure(custom_fields={"invoices": [FIELD, "erp-voucher"]})
    testbed.configure(FLOW, voucher_custom_field="erp-voucher")
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert testbed.spend.invoice("WEB-1")["custom-fields"]["erp-voucher"] == payables.link(id)
    assert testbed.sync(FLOW)[FLOW].writes == 0
    payables.change(id, "120.00")
    testbed.sync(FLOW)
    assert testbed.spend.invoice("WEB-1")["custom-fields"]["erp-voucher"] == payables.link(id)
    again = testbed.sync(FLOW, "invoices")
    assert {report.writes for report in again.values()} == {0}
    assert len(payables.vouchers(id)) == 2


@pytest.mark.known_by("mark")
@pytest.mark.as_delivered("jde.superfluous_inputs")
@pytest.mark.beyond_the_page("NoSuchInput is no field")
def test_a_mark_that_jde_does_not_keep_stops_the_flow(testbed: Site, payables: Payables) -> None:
    """Given orchestrations that do not write the input for the mark, when invoices are synced,
    then the flow stops after the first voucher, and says what is to be done."""
    acts = testbed.connections["jde"]["orchestrations"]
    wrong = acts["voucher_enter"] | {"inputs": {"Reference": "NoSuchInput"}}
    testbed.connect("jde", orchestrations=acts | {"voucher_enter": wrong})
    testbed.configure(FLOW, mode="direct")
    payables.invoice("WEB-1")
    payables.invoice("WEB-2")
    report = testbed.sync(FLOW)[FLOW]
    assert report.error is not None and "VR01" in str(report.error)
    assert len(payables.rows("F0411")) == 1

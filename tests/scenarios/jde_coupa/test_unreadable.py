"""Records of Coupa and JD Edwards with a field of another type than documented: one stops, the rest goes on."""

from __future__ import annotations

from typing import Any

import pytest
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

INVOICES = {"system": "coupa", "route": "GET /api/invoices*"}
DATA = {"system": "jde", "route": "POST /jderest/*/dataservice"}


def retype(site: Site, *rules: dict[str, Any]) -> None:
    """From now on these fields come so; without any, as they are."""
    made = [{"kind": "retype", **rule} for rule in rules]
    site.sandbox.post("/faults", {"rules": made, "replace": True})


@pytest.mark.reason("unreadable_record")
@pytest.mark.parametrize("field", ["invoice-lines.*.price", "invoice-lines.*.account", "supplier", "gross-total"])
def test_one_unreadable_invoice_stops_one_invoice(testbed: Site, field: str) -> None:
    """Given two approved invoices of Coupa, one with a list where a used field is, in its lines too
    when they are synced, then the other becomes a voucher, and the one is an exception with its id and field; mended
    it becomes a voucher too."""
    payables = Payables(testbed)
    payables.invoice("WEB-1")
    odd = payables.invoice("WEB-2")
    retype(testbed, {**INVOICES, "field": field, "value": [1], "match": {"id": odd}})
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    assert (report.rows["read"], report.rows["unreadable"]) == (2, 1)
    found = testbed.exception(FLOW)
    assert (found.key, found.reason, found.value) == (f"coupa:invoices:{odd}", "unreadable_record", "array")
    assert found.field.split(".")[-1] == field.split(".")[-1].replace("-", "_")
    testbed.sync(FLOW)
    assert (testbed.exception(FLOW).id, testbed.exception(FLOW).attempts > 1) == (found.id, True)
    retype(testbed)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "unchanged": 1}
    assert not testbed.exceptions(FLOW)


def test_fields_that_nothing_uses_stop_nothing(testbed: Site) -> None:
    """Given an invoice of Coupa whose comments, notes and dates of export are objects
    when it is synced, then it becomes a voucher."""
    payables = Payables(testbed)
    payables.invoice()
    odd = ("comments", "supplier-note", "last-exported-at", "amount-due", "discount-due-date")
    retype(testbed, *({**INVOICES, "field": name, "value": {"odd": [1]}, "times": None} for name in odd))
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert not testbed.exceptions(FLOW)


@pytest.mark.parametrize(("table", "column"), [("F0411", "AG"), ("F0911", "AA"), ("F0411", "DIVJ")])
def test_one_unreadable_row_stops_one_voucher(testbed: Site, table: str, column: str) -> None:
    """Given two vouchers of JD Edwards, one of which has a row with a cell that is none
    when they are synced, then the other becomes an invoice, no part of the one does, and both are there once it is
    mended."""
    testbed.books.voucher(4711)
    odd = testbed.books.voucher(4712)
    match = {f"{table}_DOC": odd.doc}
    retype(testbed, {**DATA, "field": f"{table}_{column}", "value": "not so", "match": match})
    report = testbed.sync("invoices")["invoices"]
    assert outcomes(report) == {"created": 1}
    assert report.rows["unreadable"] >= 1
    rows = report.rows
    assert rows["read"] == rows["in_documents"] + sum(rows["ignored"].values()) + rows["unreadable"]
    found = testbed.exceptions("invoices")
    assert {(each.reason, each.field, each.value) for each in found} == {("unreadable_record", column, "text")}
    assert all(each.key.startswith(f"jde:{table}:") for each in found)
    retype(testbed)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1, "unchanged": 1}
    assert not testbed.exceptions("invoices")
    assert len(testbed.spend.all("invoices")) == 2


def test_a_sweep_concludes_no_deletion_from_what_it_cannot_read(testbed: Site) -> None:
    """Given a delivered voucher whose pay item cannot be read any more
    when the sweep compares all keys, then nothing is taken for deleted."""
    entry = testbed.books.voucher()
    testbed.sync("invoices")
    retype(testbed, {**DATA, "field": "F0411_SFXE", "value": {}, "match": {"F0411_DOC": entry.doc}})
    found = testbed.sweep("invoices")
    assert (found.deleted, found.dropped) == ([], [])
    assert {each.reason for each in testbed.exceptions("invoices")} == {"unreadable_record"}


def test_an_unreadable_hit_is_never_taken_for_nothing(testbed: Site) -> None:
    """Given two creates in Coupa of which one lost its answer, and a look-up that gives that very invoice unreadable
    when it is looked up, then it is not sent again, and the other goes on; once it can be read it is found."""
    testbed.books.voucher(4711)
    lose = {"system": "coupa", "route": "POST /api/invoices", "kind": "drop_after", "calls": [1]}
    odd = {**INVOICES, "field": "gross-total", "value": {}, "match": {"internal-note": "00001/PV/4711"}}
    retype(testbed, lose, odd)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"in_doubt": 1}
    assert testbed.exception("invoices").reason == "unreadable_record"
    testbed.books.voucher(4712)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"in_doubt": 1, "created": 1}
    retype(testbed)
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1, "unchanged": 1}
    assert len(testbed.spend.all("invoices")) == 2 and not testbed.exceptions("invoices")


@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_an_unreadable_row_of_the_target_is_never_taken_for_nothing(testbed: Site, mode: str) -> None:
    """Given a voucher that JD Edwards made without an answer getting back, and a look-up whose rows cannot be read
    when it is looked up, long after it may have come, then it is not made again, and it is found once they can be."""
    payables = Payables(testbed)
    testbed.configure(FLOW, mode=mode)
    payables.invoice()
    lose = {"system": "jde", "route": "POST /jderest/*/orchestrator/*", "kind": "drop_after", "calls": [1]}
    odd = [{**DATA, "field": f"{table}_AG", "value": {}} for table in ("F0411", "F0411Z1")]
    retype(testbed, lose, {**odd[0], "name": "item"})
    if mode == "batch":
        retype(testbed, lose, odd[1])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"in_doubt": 1}
    testbed.sandbox.post("/clock", {"advance": 600})
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"in_doubt": 1}
    # in the mode `direct` the voucher's row itself is told as well, since a clerk may have changed it
    assert {each.reason for each in testbed.exceptions(FLOW)} == {"unreadable_record"}
    retype(testbed)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert len(payables.vouchers()) == 1 and not testbed.exceptions(FLOW)

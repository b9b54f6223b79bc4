"""Vouchers of which JD Edwards withholds tax: pay items on the status %, and suppliers that are subject to it."""

from __future__ import annotations

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_site import Site, outcomes

from connector_assets.engine.reasons import severity_of

FLOW = "invoices"
MODES = pytest.mark.parametrize("mode", ["external_payables", "invoices_draft"])


def coupa_pays(testbed: Site, mode: str, **more: str) -> None:
    """Coupa Pay pays the vouchers of JD Edwards: as external payables, or as invoices of its own."""
    testbed.connect("coupa", scopes=testbed.sandbox.get("/credentials")["coupa"]["scope"].split())
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)
    testbed.configure(FLOW, mode=mode, handed_over_status="Y", **more)
    if mode == "invoices_draft":
        testbed.flows["payments_to_jde"] = {}


def withheld(testbed: Site) -> Entry:
    """A clerk enters 100.00, of which JD Edwards withholds 10.00."""
    entry = testbed.books.voucher(items=["90.00", "10.00"])
    withhold(testbed, entry)
    return entry


def withhold(testbed: Site, entry: Entry, suffix: str = "002", status: str = "%") -> None:
    named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": suffix, "SFXE": 0}
    testbed.books.upsert("F0411", named | {"PST": status})


def made(testbed: Site) -> int:
    """How many invoices and external payables Coupa has."""
    state = testbed.spend.state()
    return int(state["invoices"]["count"]) + int(state["external_payables"]["count"])


@pytest.mark.reason("withholding")
def test_a_voucher_of_which_tax_is_withheld_is_held_until_the_site_says_what_goes(testbed: Site) -> None:
    """Given a voucher with a pay item on %, then no invoice is made of it, and the exception says how much is withheld
    of how much; with the setting gross it is an invoice of the whole."""
    withheld(testbed)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("withholding", "10.00 of 100.00 GBP on pay status %")
    assert made(testbed) == 0
    testbed.configure(FLOW, withholding="gross")
    testbed.replay(FLOW)
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    assert report.as_json()["amounts"]["GBP"]["settled"] == "100.00"


@MODES
def test_where_coupa_pays_a_withheld_voucher_is_held_and_goes_whole_by_the_setting(testbed: Site, mode: str) -> None:
    """Given a site where Coupa Pay pays, and a voucher with a pay item on %, then Coupa has nothing of it, and what is
    withheld keeps its status; with the setting gross Coupa pays all of it."""
    coupa_pays(testbed, mode)
    withheld(testbed)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "withholding"
    rows = testbed.sandbox.systems["jde"].dump()["F0411"].values()
    assert sorted(row["PST"].strip() for row in rows) == ["%", "A"]
    assert made(testbed) == 0
    coupa_pays(testbed, mode, withholding="gross")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert made(testbed) == 1


@pytest.mark.reason("held_after_sent")
@MODES
def test_tax_that_is_withheld_after_coupa_could_pay_is_told_high(testbed: Site, mode: str) -> None:
    """Given what Coupa Pay can pay, when JD Edwards withholds a part of it, then it is an exception of high severity
    that names the status, until that is gone."""
    coupa_pays(testbed, mode)
    entry = testbed.books.voucher(items=["90.00", "10.00"])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    withhold(testbed, entry)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, severity_of(reported.reason)) == ("held_after_sent", "high")
    assert reported.message.startswith("JD Edwards put it on hold") and "pay status %" in reported.message
    withhold(testbed, entry, status="Y")
    testbed.sync(FLOW)
    assert testbed.exceptions(FLOW) == []


def test_where_jd_edwards_pays_tax_that_is_withheld_later_holds_nothing(testbed: Site) -> None:
    """Given an invoice in Coupa, when JD Edwards, which pays it, withholds a part, then it stays as it is."""
    entry = testbed.books.voucher(items=["90.00", "10.00"])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    withhold(testbed, entry)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}


@pytest.mark.parametrize("payer", ["coupa", "jde"])
def test_a_supplier_who_is_subject_to_it_is_not_paid_whole_by_coupa(testbed: Site, payer: str) -> None:
    """Given a supplier of whom tax is to be withheld, and a voucher of which nothing is withheld yet
    then it is held where Coupa Pay would pay the whole; where JD Edwards pays, it is an invoice as any other."""
    if payer == "coupa":
        coupa_pays(testbed, "external_payables")
    testbed.books.upsert("F0401", {"AN8": 4343, "TAWH": 4344, "PCWH": "10"})
    testbed.books.voucher()
    report = testbed.sync(FLOW)[FLOW]
    if payer == "jde":
        assert outcomes(report) == {"created": 1}
        return
    assert outcomes(report) == {"held": 1}
    assert (testbed.exception(FLOW).reason, testbed.exception(FLOW).value) == (
        "withholding",
        "nothing yet of supplier 4343, who is subject to it (F0401: authority 4344, 10.00 percent)",
    )
    assert made(testbed) == 0

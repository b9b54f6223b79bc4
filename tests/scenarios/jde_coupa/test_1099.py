"""1099 codes of vouchers (F0411.TNN, AC07): taken from the supplier for what was born in Coupa, and read back. A clerk
changes them also where everything is paid: no news for Coupa."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scenario_payables import FLOW as APPROVED
from scenario_payables import Payables
from scenario_site import Site, outcomes

FLOW = "invoices"
CODES = {"code_1099": "AC07", "flags_1099": {"C": "N"}}


@pytest.mark.parametrize("paid", [False, True])
def test_a_1099_code_that_changes_changes_nothing_in_coupa(testbed: Site, paid: bool) -> None:
    """Given an approved invoice, paid in JD Edwards or not, when a clerk gives its voucher a 1099 flag and code
    then nothing is written and nothing needs a person."""
    entry = testbed.books.voucher()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    testbed.spend.approve("INV-4711")
    if paid:
        testbed.books.pay(entry)
        assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    (before,) = testbed.spend.all("invoices")
    testbed.books.change_items(entry, TNN="N", AC07="07")
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)
    assert testbed.exceptions(FLOW) == []
    assert testbed.spend.all("invoices") == [before]


@pytest.fixture
def payables(testbed: Site) -> Iterator[Payables]:
    """The flow is on, and the supplier, a corporation, has a 1099 code."""
    made = Payables(testbed)
    testbed.books.upsert("F0101", {"AN8": 4343, "TAXC": "C", "AC07": "07"})
    yield made
    testbed.sandbox.post("/options", {"jde": {"voucher_1099": "kept"}})


def codes(payables: Payables, invoice: int) -> set[tuple[str, str]]:
    """1099 flag and code of an invoice's pay items."""
    return {(row.get("TNN", ""), row.get("AC07", "")) for row in payables.items(invoice)}


@pytest.mark.as_delivered("jde.voucher_1099")
@pytest.mark.parametrize("mode", ["direct", "batch"])
@pytest.mark.as_delivered("jde.voucher_1099")
def test_a_voucher_has_the_1099_codes_of_its_supplier(testbed: Site, payables: Payables, mode: str) -> None:
    """Given that the site takes them from the supplier, then the voucher has its code, and the flag for its kind; what
    a clerk makes of them later is their, and makes no other voucher."""
    testbed.configure(APPROVED, mode=mode, **CODES)
    id = payables.invoice(tax="0.00")
    assert outcomes(testbed.sync(APPROVED)[APPROVED]) == {"created": 1}
    testbed.sync(APPROVED)
    assert codes(payables, id) == {("N", "07")}
    [item] = payables.items(id)
    testbed.books.upsert(
        "F0411", {**{name: item[name] for name in ("DOC", "DCT", "KCO", "SFX")}, "SFXE": 0, "AC07": "09"}
    )
    report = testbed.sync(APPROVED)[APPROVED]
    assert (outcomes(report).keys() <= {"unchanged"}, report.writes) == (True, 0)
    assert testbed.exceptions(APPROVED) == []
    assert len(payables.vouchers(id)) == 1


@pytest.mark.as_delivered("jde.voucher_1099")
def test_without_the_setting_the_codes_are_left_to_jd_edwards(testbed: Site, payables: Payables) -> None:
    """Given a site that says nothing of them, then none are sent, and what JD Edwards fills in itself is right."""
    testbed.configure(APPROVED, mode="direct")
    first = payables.invoice("WEB-1")
    testbed.sync(APPROVED)
    assert codes(payables, first) == {("", "")}
    testbed.sandbox.post("/options", {"jde": {"voucher_1099": "supplier"}})
    second = payables.invoice("WEB-2")
    assert outcomes(testbed.sync(APPROVED)[APPROVED])["created"] == 1
    assert codes(payables, second) == {("", "07")}
    assert testbed.exceptions(APPROVED) == []


@pytest.mark.reason("reporting_codes_differ")
@pytest.mark.parametrize("mode", ["direct", "batch"])
def test_codes_that_jd_edwards_did_not_take_are_told(testbed: Site, payables: Payables, mode: str) -> None:
    """Given an orchestration or batch run that loses the codes, then the voucher is made, and an exception says what
    JD Edwards has and what was sent; once a clerk has put them right and asks again, it is gone."""
    testbed.sandbox.post("/options", {"jde": {"voucher_1099": "dropped"}})
    testbed.configure(APPROVED, mode=mode, **CODES)
    id = payables.invoice()
    testbed.sync(APPROVED)
    testbed.sync(APPROVED)
    reported = testbed.exception(APPROVED)
    assert (reported.reason, reported.value) == (
        "reporting_codes_differ",
        "flag (blank), ours N; code (blank), ours 07",
    )
    [item] = payables.items(id)
    named = {name: item[name] for name in ("DOC", "DCT", "KCO", "SFX")}
    testbed.books.upsert("F0411", {**named, "SFXE": 0, "TNN": "N", "AC07": "07"})
    testbed.replay(APPROVED)
    testbed.sync(APPROVED)
    assert testbed.exceptions(APPROVED) == []
    assert [status for _, _, status in payables.vouchers(id)] == ["A"]

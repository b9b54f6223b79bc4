"""1099 codes of vouchers (F0411.TNN, AC07): taken from the supplier for what was born in BILL, and read back. A clerk
changes them also where everything is paid: no news for BILL."""

from __future__ import annotations

import pytest
from bill_originals import FLOW as BORN
from bill_originals import bill, items, switched_on
from bill_originals import run as run_born
from bill_owed import FLOW, bill_of, item, owing, run
from bill_site import BillSite


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The flow is on."""
    return owing(testbed)


@pytest.mark.parametrize("paid", [False, True])
def test_a_1099_code_that_changes_changes_nothing_in_bill(owed: BillSite, paid: bool) -> None:
    """Given a bill, paid in JD Edwards or not, when a clerk gives its voucher a 1099 flag and code
    then nothing is written and nothing needs a person."""
    entry = owed.books.voucher()
    assert run(owed) == {"created": 1}
    if paid:
        owed.books.pay(entry)
        assert run(owed) == {"updated": 1}
    before = bill_of(owed, entry)
    item(owed, entry, TNN="N", AC07="07")
    report = owed.sync(FLOW)[FLOW]
    assert ({each.outcome for each in report.results.values()}, report.writes) == ({"unchanged"}, 0)
    assert owed.exceptions(FLOW) == []
    assert bill_of(owed, entry) == before


def born(testbed: BillSite, option: str) -> tuple[str, str, list[str]]:
    """A bill of a supplier with a 1099 code: flag and code of its voucher, and the reasons of its exceptions."""
    switched_on(testbed, code_1099="AC07", flags_1099={"C": "N"}, mode="direct")
    testbed.books.upsert("F0101", {"AN8": 4343, "TAXC": "C", "AC07": "07"})
    testbed.sandbox.post("/options", {"jde": {"voucher_1099": option}})
    try:
        id = bill(testbed)
        run_born(testbed)
    finally:
        testbed.sandbox.post("/options", {"jde": {"voucher_1099": "kept"}})
    [item] = items(testbed, id)
    return item.get("TNN", "").strip(), item.get("AC07", "").strip(), [each.reason for each in testbed.exceptions(BORN)]


def test_a_voucher_of_a_bill_has_the_1099_codes_of_its_supplier(testbed: BillSite) -> None:
    """Given that the site takes them from the supplier, then the voucher of a bill has its code, and the flag for its
    kind."""
    assert born(testbed, "kept") == ("N", "07", [])


@pytest.mark.reason("reporting_codes_differ")
def test_codes_that_jd_edwards_did_not_take_are_told(testbed: BillSite) -> None:
    """Given an orchestration that loses the codes, then the voucher is made, and an exception says so."""
    assert born(testbed, "dropped") == ("", "", ["reporting_codes_differ"])

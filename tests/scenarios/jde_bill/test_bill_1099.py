"""1099 codes of vouchers (F0411.TNN, AC07), which a clerk changes also where everything is paid: no news for BILL."""

from __future__ import annotations

import pytest
from bill_owed import FLOW, bill_of, item, owing, run
from bill_site import BillSite


@pytest.fixture
def owed(town: BillSite) -> BillSite:
    """The flow is on."""
    return owing(town)


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

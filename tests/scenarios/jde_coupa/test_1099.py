"""1099 codes of vouchers (F0411.TNN, AC07), which a clerk changes also where everything is paid: no news for Coupa."""

from __future__ import annotations

import pytest
from scenario_site import Site, outcomes

FLOW = "invoices"


@pytest.mark.parametrize("paid", [False, True])
def test_a_1099_code_that_changes_changes_nothing_in_coupa(town: Site, paid: bool) -> None:
    """Given an approved invoice, paid in JD Edwards or not, when a clerk gives its voucher a 1099 flag and code
    then nothing is written and nothing needs a person."""
    entry = town.books.voucher()
    assert outcomes(town.sync(FLOW)[FLOW]) == {"created": 1}
    town.spend.approve("INV-4711")
    if paid:
        town.books.pay(entry)
        assert outcomes(town.sync(FLOW)[FLOW]) == {"updated": 1}
    (before,) = town.spend.all("invoices")
    town.books.change_items(entry, TNN="N", AC07="07")
    report = town.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"unchanged": 1}, 0)
    assert town.exceptions(FLOW) == []
    assert town.spend.all("invoices") == [before]

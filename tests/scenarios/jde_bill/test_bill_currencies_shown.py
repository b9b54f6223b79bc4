"""An AIS server that shows amounts in yen as if they had cents, and what BILL gets of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import bill_originals
import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, lines, owing, pay_in_bill, run
from bill_paid import open_items, settled, switch_on
from bill_site import BillSite
from scenario_site import outcomes

D = Decimal


@pytest.fixture
def shifted(testbed: BillSite) -> Iterator[BillSite]:
    """The suppliers are vendors of BILL, also for bills in another currency; 1000 yen come as 10.00."""
    testbed.configure("vendors", other_currencies="second_vendor")
    testbed.sandbox.post("/options", {"jde": {"currency_decimals": "shifted"}})
    yield owing(testbed, CREDITS)
    testbed.sandbox.post("/options", {"jde": {"currency_decimals": "as_served"}})


@pytest.mark.reason("decimals_not_known")
def test_yen_wait_until_the_site_says_how_they_come(shifted: BillSite) -> None:
    """Given a voucher of 1000 yen, and a site that does not say how amounts in yen come
    when bills are synced, then it is held, since its rate says that it comes as 10.00;
    when the site has said so, then BILL has a bill of 1000, and what BILL pays of it closes the voucher."""
    shifted.connect("jde", currency_decimals=None)
    entry = shifted.books.voucher(costs=(("30.5010", "1001"),), currency="JPY", rate="0.0052")
    shifted.sync("vendors")
    assert run(shifted) == {"held": 1}
    assert shifted.exception(FLOW).reason == "decimals_not_known"
    shifted.connect("jde", currency_decimals="shifted")
    switch_on(shifted)
    assert run(shifted) == {"created": 1}
    bill = bill_of(shifted, entry)
    assert D(bill["amount"]) == D(1001)
    for amount in ("334", None):
        pay_in_bill(shifted, bill, amount)
        assert "created" in outcomes(shifted.sync("payments")["payments"])
    assert settled(shifted, "PFAP") == {f"{entry.key}/001": D(1001)}
    assert open_items(shifted, entry) == open_items(shifted, entry, foreign=True) == [(D(0), "P")]


def test_credits_and_bills_of_the_other_way_are_put_right(shifted: BillSite) -> None:
    """Given a debit memo of 999 yen, and a bill of 1000 yen that was entered in BILL
    when both are synced, then the credit and the voucher are for what they are, and nothing changes after."""
    shifted.connect("jde", currency_decimals="shifted")
    costs = (("30.5010", "-500"), ("40.5010", "-499"))
    memo = shifted.books.voucher(kind="PD", costs=costs, currency="JPY", rate="0.0052")
    shifted.sync("vendors")
    assert run(shifted, CREDITS) == {"created": 1}
    found = credit_of(shifted, memo)
    assert [amount for _, amount in lines(shifted, found, "vendorCreditLineItems")] == [D(500), D(499)]
    bill_originals.switched_on(shifted, mode="direct", exchange_rate="mapping")
    shifted.map_value("exchange_rates", "JPY/GBP", "0.0052")
    yen = next(each["id"] for each in shifted.bill.all("vendors") if each["billCurrency"] == "JPY")
    id = bill_originals.bill(shifted, "WEB-1", costs=(("30.5010", "1000"),), payee=yen)
    assert bill_originals.run(shifted) == {"created": 1}
    [item] = bill_originals.items(shifted, id)
    assert D(item["ACR"]) == D(1000)
    again = shifted.sync(bill_originals.FLOW)[bill_originals.FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)

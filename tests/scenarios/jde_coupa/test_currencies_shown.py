"""How a site's AIS server shows amounts in yen and dinars: as they are, or with the decimal point moved."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from coupa_originals import act, born, paid
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY
from scenario_orders import Purchasing, figures, held, with_orders
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

D = Decimal
RATES = {"KWD": "2.5", "JPY": "0.0052"}


@pytest.fixture
def shifted(testbed: Site) -> Iterator[Site]:
    """A JD Edwards whose AIS server gives every amount two decimals, and a Coupa that has dinars."""
    testbed.spend.create("currencies", {"code": "KWD", "decimals": 3, "active": True})
    testbed.sandbox.post("/options", {"jde": {"currency_decimals": "shifted"}})
    yield testbed
    testbed.sandbox.post("/options", {"jde": {"currency_decimals": "as_served"}})


def reported(testbed: Site) -> tuple[bool, str, str]:
    """What ping says of the currencies."""
    with testbed.context() as context:
        [found] = [each for each in context.client("jde").ping() if each.name == "currencies"]
    return found.ok, found.detail.partition("; ")[2], found.fix


@pytest.mark.reason("decimals_not_known")
def test_yen_that_come_as_if_they_had_cents_wait_until_the_site_says_so(shifted: Site) -> None:
    """Given an AIS server that shows 1000 yen as 10.00, and 1.234 dinars as 12.34, and a site that says nothing of it
    when vouchers in pounds, yen and dinars are synced, then the first alone is sent, and ping says what to set;
    when the site has set it, then the others are sent for what they are, to the smallest unit."""
    shifted.connect("jde", currency_decimals=None)
    shifted.books.voucher(1)
    shifted.books.voucher(2, costs=(("30.5010", "1000"),), tax="100", tax_code="V", currency="JPY", rate="0.0052")
    shifted.books.voucher(3, costs=(("30.5010", "1.234"),), currency="KWD", rate="2.5")
    assert outcomes(shifted.sync("invoices")["invoices"]) == {"created": 1, "held": 2}
    assert sorted(each.reason for each in shifted.exceptions("invoices")) == ["decimals_not_known"] * 2
    ok, detail, fix = reported(shifted)
    assert (ok, fix) == (False, "set `currency_decimals: shifted` for the connection")
    assert "comes shifted, and `currency_decimals` says nothing" in detail
    shifted.connect("jde", currency_decimals="shifted")
    assert outcomes(shifted.sync("invoices")["invoices"]) == {"created": 2, "unchanged": 1}
    assert D(shifted.spend.invoice("INV-2")["total-with-taxes"]) == D(1100)
    assert D(shifted.spend.invoice("INV-3")["total-with-taxes"]) == D("1.234")
    assert reported(shifted)[:2] == (True, "")


def test_a_site_that_says_the_wrong_thing_is_told_by_ping(testbed: Site) -> None:
    """Given a server that shows yen as they are, when the site calls them shifted, then ping fails and says what is
    right."""
    testbed.books.voucher(2, costs=(("30.5010", "1000"),), currency="JPY", rate="0.0052")
    testbed.connect("jde", currency_decimals="shifted")
    ok, detail, fix = reported(testbed)
    assert (ok, detail) == (False, "by its vouchers JPY comes as_served, and `currency_decimals` says shifted")
    assert fix == "set `currency_decimals: as_served` for the connection"


def test_a_voucher_proves_by_its_rate_that_nothing_is_shifted(testbed: Site) -> None:
    """Given a site that says nothing, and a server that shows amounts as they are
    when a voucher in yen is synced, then it is sent, for its rate proves its amounts; one that JD Edwards made at no
    rate proves nothing, and waits."""
    testbed.connect("jde", currency_decimals=None)
    entry = testbed.books.voucher(2, costs=(("30.5010", "1000"),), currency="JPY", rate="0.0052")
    testbed.books.change_items(entry, CRR="0")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"held": 1}
    assert reported(testbed) == (
        True,
        "no voucher proves how amounts in BHD, JPY, KWD come: `currency_decimals` is not said",
        "",
    )
    testbed.books.change_items(entry, CRR="0.0052")
    assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}


def test_orders_that_come_shifted_are_put_right(shifted: Site) -> None:
    """Given orders in dinars and yen, when they are synced, then Coupa has them for what they are."""
    yard = with_orders(shifted)
    yard.connect("jde", currency_decimals="shifted")
    buyers = Purchasing(yard.books)
    kuwait = buyers.order(7, ("30.5010", "3", "0.3335"), currency="KWD", rate="2.55", smallest="0.001")
    japan = buyers.order(8, ("30.5010", "3", "33.4"), currency="JPY", rate="0.0052", smallest="1")
    assert outcomes(yard.sync("purchase_orders")["purchase_orders"]) == {"created": 2}
    assert [total for *_, total in figures(held(yard, kuwait))] == [D("1.001")]
    assert [total for *_, total in figures(held(yard, japan))] == [D(100)]


@pytest.mark.parametrize(("currency", "gross", "part"), [("KWD", "10.125", "3.375"), ("JPY", "1001", "334")])
def test_payments_that_come_shifted_are_put_right(shifted: Site, currency: str, gross: str, part: str) -> None:
    """Given an invoice that was born in Coupa, and its voucher
    when JD Edwards pays a part, and Coupa Pay the rest once that is how the site pays
    then both systems have both for what they are."""
    shifted.flows["payments_to_coupa"] = {}
    shifted.connect("coupa", scopes=shifted.sandbox.get("/credentials")["coupa"]["scope"].split())
    shifted.connect("jde", orchestrations=ORCHESTRATIONS, currency_decimals="shifted")
    found = born(shifted, gross, currency=currency, rate="2.5")
    shifted.books.act("pay_voucher", found.voucher, date=TODAY, number=5001, foreign=part)
    shifted.sync("payments_to_coupa")
    assert paid(shifted, found.id)[1] == [D(part)]
    del shifted.flows["payments_to_coupa"]
    shifted.flows["payments_to_jde"] = {}
    more: dict[str, Any] = {"status": "completed_successfully", "date": TODAY.isoformat()}
    act(shifted, "make_payment", invoices=[{"id": found.id, "amount": str(D(gross) - D(part))}], **more)
    shifted.sync("payments_to_jde")
    details = shifted.sandbox.systems["jde"].dump()["F0414"].values()
    assert [D(row["PFAP"]) for row in details] == [D(part), D(gross) - D(part)]


@pytest.mark.parametrize(("currency", "net", "tax"), [("KWD", "33.335", "1.667"), ("JPY", "1000", "100")])
def test_what_becomes_a_voucher_is_read_back_right(shifted: Site, currency: str, net: str, tax: str) -> None:
    """Given an invoice that was approved in Coupa
    when it is synced, then JD Edwards has it for what it is, and the next sync finds nothing to change."""
    payables = Payables(shifted)
    shifted.connect("jde", orchestrations=ORCHESTRATIONS, currency_decimals="shifted")
    shifted.configure(FLOW, mode="direct", exchange_rate="mapping", tax_area="GULF/V")
    rate = RATES[currency]
    shifted.ledger.mappings.set("jde_coupa", "exchange_rates", f"{currency}/GBP", rate, "clerk", shifted.clock.now())
    id = payables.invoice(costs=(("30-5010", net),), tax=tax, currency=currency)
    assert outcomes(shifted.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (D(item["ACR"]), D(item["CTAM"])) == (D(net) + D(tax), D(tax))
    again = shifted.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)

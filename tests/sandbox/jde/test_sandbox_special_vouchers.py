"""Prepayments, recurring and logged vouchers, divided pay items, payments and their voids (jde-ais section 15)."""

from __future__ import annotations

from typing import Any

import pytest
from ais_caller import Ais, condition
from jde_acts import JdeActs

from connector_sandbox.testing import Sandbox

PAPER = {"KCO": "00001", "AN8": 4343, "VINV": "S-1", "amount": "120.00"}


@pytest.fixture
def acts(sandbox: Sandbox, ais: Ais) -> JdeActs:
    return JdeActs(sandbox, ais)


def key_of(answer: dict[str, Any]) -> dict[str, Any]:
    return {alias: answer[alias] for alias in ("KCO", "DCT", "DOC")}


def test_a_prepayment_is_two_pay_items_of_which_the_negative_one_waits(acts: JdeActs) -> None:
    key = key_of(acts.act("enter_prepayment", **PAPER))
    assert acts.items(key, "SFX", "AG", "AAP", "PST", "RP1") == [
        ("001", "120.00", "120.00", "A", "1"),
        ("002", "-120.00", "-120.00", "H", "1"),
    ]
    assert acts.lines(key, "AA") == []
    other = key_of(acts.act("enter_prepayment", **PAPER, PST="X"))
    assert acts.items(other, "PST") == [("A",), ("X",)]


@pytest.mark.parametrize(("way", "number"), [("copied", "S-1"), ("blank", "")])
def test_the_copies_of_a_recurring_voucher_have_neither_frequency_nor_number_left(
    acts: JdeActs, way: str, number: str
) -> None:
    acts.switch(recurring_invoice=way)
    model = key_of(acts.act("enter_recurring", **PAPER, ANI="30.4210", RF="M", DRF=2))
    assert acts.items(model, "DCT", "RF", "DRF", "VINV") == [("PR", "M", 2, "S-1")]
    made = [key_of(acts.act("recycle_voucher", model, date=day)) for day in ("2016-05-05", "2016-06-05")]
    assert acts.items(model, "DRF") == [(0,)]
    for key, day in zip(made, ("20160505", "20160605"), strict=True):
        assert acts.items(key, "DCT", "RF", "DRF", "VINV", "AG", "DGJ") == [("PR", "", 0, number, "120.00", day)]
        assert acts.lines(key, "ANI", "AA") == [("30.4210", "120.00")]
    with pytest.raises(ValueError, match="no recurring voucher with copies left"):
        acts.act("recycle_voucher", model)
    with pytest.raises(ValueError, match="is not split"):
        acts.act("split_voucher", made[0], amounts=["20.00"])


def test_a_logged_voucher_is_redistributed_from_the_account_of_logged_vouchers(acts: JdeActs) -> None:
    key = key_of(acts.act("enter_logged", **PAPER, ANI="30.4210"))
    acts.act("post_batch", key)
    with pytest.raises(ValueError, match="redistribute it first"):
        acts.act("change_voucher", key, amount="100.00")
    with pytest.raises(ValueError, match="out of balance"):
        acts.act("redistribute_voucher", key, lines=[{"ANI": "39284.4210.01", "amount": "119.00"}])
    acts.act("redistribute_voucher", key, lines=[{"ANI": "39284.4210.01", "amount": "120.00"}], date="2016-04-07")
    assert acts.items(key, "DCT", "RP3", "AAP", "POST") == [("PL", "R", "120.00", "D")]
    assert acts.lines(key, "ANI", "AA", "POST") == [
        ("30.4210", "120.00", "P"),
        ("30.4210", "-120.00", ""),
        ("39284.4210.01", "120.00", ""),
    ]
    acts.act("change_voucher", key, amount="100.00")
    with pytest.raises(ValueError, match="no logged voucher that waits"):
        acts.act("redistribute_voucher", key, lines=[{"ANI": "30.4210", "amount": "100.00"}])


def test_a_split_divides_discount_and_tax_in_proportion_and_is_not_posted_anew(acts: JdeActs) -> None:
    item = {
        "GrossAmount": "120.00",
        "TaxAmount": "20.00",
        "TaxableAmount": "100.00",
        "DiscountAvailable": "2.40",
        "DiscountDueDate": "10/04/2016",
    }
    key = acts.enter(PayItems=[item], Distribution=[{"Account": "30.4210", "Amount": "100.00"}])
    acts.act("post_batch", key)
    assert acts.act("split_voucher", key, amounts=["40.00", "20.01"]) == {"SFX": ["002", "003"]}
    assert acts.items(key, "SFX", "AG", "AAP", "STAM", "ADSC", "POST", "DDNJ") == [
        ("001", "59.99", "59.99", "9.99", "1.20", "D", "20160410"),
        ("002", "40.00", "40.00", "6.67", "0.80", "D", "20160410"),
        ("003", "20.01", "20.01", "3.34", "0.40", "D", "20160410"),
    ]
    assert len(acts.lines(key, "AA")) == 1
    for wrong in (["59.99"], ["-1.00"], ["70.00"], []):
        with pytest.raises(ValueError, match="do not split"):
            acts.act("split_voucher", key, amounts=wrong)


def test_a_foreign_voucher_is_split_in_its_own_currency(acts: JdeActs) -> None:
    foreign = {"Currency": "USD", "CurrencyMode": "F", "ExchangeRate": "0.8"}
    amounts = {"GrossAmount": "80.00", "ForeignAmount": "100.00"}
    line = {"Account": "30.4210", "Amount": "80.00", "ForeignAmount": "100.00"}
    key = acts.enter(**foreign, PayItems=[amounts], Distribution=[line])
    acts.act("split_voucher", key, amounts=["25.00"])
    assert acts.items(key, "AG", "AAP", "ACR", "FAP") == [
        ("60.00", "60.00", "75.00", "75.00"),
        ("20.00", "20.00", "25.00", "25.00"),
    ]


def test_what_is_withheld_or_retained_is_a_pay_item_of_its_own(acts: JdeActs) -> None:
    acts.sandbox.post("/rows", {"system": "jde", "table": "F0401", "upsert": [{"AN8": 4343, "TAWH": 7}]})
    key = acts.enter()
    acts.act("withhold_voucher", key, amount="24.00")
    acts.act("retain_voucher", key, amount="12.00")
    assert acts.items(key, "SFX", "AG", "AAP", "PST", "PYE") == [
        ("001", "84.00", "84.00", "A", 4343),
        ("002", "24.00", "24.00", "%", 7),
        ("003", "12.00", "12.00", "R", 4343),
    ]
    # neither is taken by the payment run
    (payment,) = acts.act("payment_run", date="2016-12-31", KCO="00001")["PYID"][:1]
    assert [row[0] for row in acts.paid(key, "SFX")] == ["001"] and payment


@pytest.mark.parametrize("cleared", [True, False])
@pytest.mark.parametrize("lines", [True, False])
def test_the_void_of_a_payment_opens_its_voucher_and_takes_its_amount_off(
    acts: JdeActs, cleared: bool, lines: bool
) -> None:
    acts.switch(void_clears_payment=cleared, void_payment_lines=lines)
    key = acts.enter()
    acts.act("set_pay_status", key, PST="H")
    payment = acts.act("pay_voucher", key)["PYID"]
    assert acts.items(key, "AAP", "PST") == [("0.00", "P")]
    answer = acts.act("void_payment", PYID=payment, date="2016-04-20")
    assert (answer["vouchers"], answer["errors"]) == ([], [])
    (header,) = acts.payment(payment)
    assert (header["VDGJ"], header["PAAP"]) == ("20160420", 0 if cleared else 120)
    # it was held before, and is approved now
    assert acts.items(key, "AAP", "PST", "VOD") == [("120.00", "A", "")]
    assert acts.paid(key, "DCTM", "PAAP") == [("PK", "120.00"), *([("PO", "-120.00")] if lines else [])]


@pytest.mark.parametrize("way", ["voided", "deleted"])
def test_an_unposted_payment_may_be_deleted_without_a_trace(acts: JdeActs, way: str) -> None:
    acts.switch(unposted_payment_void=way)
    key = acts.enter()
    payment = acts.act("pay_voucher", key)["PYID"]
    assert (acts.payment(payment)[0]["POST"].strip(), acts.paid(key, "POST")) == ("", [("",)])
    acts.act("void_payment", PYID=payment)
    assert acts.items(key, "AAP", "PST") == [("120.00", "A")]
    assert (len(acts.payment(payment)), len(acts.paid(key, "DCTM"))) == ((0, 0) if way == "deleted" else (1, 2))
    # a posted one, or one whose post ended in error, stays
    for failed in (False, True):
        payment = acts.act("pay_voucher", key)["PYID"]
        assert acts.act("post_payment", PYID=payment, failed=failed)["rows"] == 2
        assert acts.payment(payment)[0]["POST"] == ("P" if failed else "D")
        acts.act("void_payment", PYID=payment)
        assert len(acts.payment(payment)) == 1


def test_a_payment_and_its_vouchers_are_voided_together_where_they_are_posted(acts: JdeActs) -> None:
    posted, unposted = acts.enter(InvoiceNumber="A-1"), acts.enter(InvoiceNumber="A-2")
    acts.act("post_batch", posted)
    payments = [acts.act("pay_voucher", key)["PYID"] for key in (posted, unposted)]
    first = acts.act("void_payment", PYID=payments[0], with_vouchers=True)
    assert (first["vouchers"], first["errors"]) == ([posted["DOC"]], [])
    assert acts.items(posted, "SFXE", "DCTA", "VOD", "PST", "AAP") == [
        (0, "", "V", "P", "0.00"),
        (1, "PE", "V", "P", "0.00"),
    ]
    assert acts.items(posted, "AG")[1] == ("-120.00",)
    second = acts.act("void_payment", PYID=payments[1], with_vouchers=True)
    assert (second["vouchers"], len(second["errors"])) == ([], 1)
    assert acts.items(unposted, "VOD", "PST", "AAP") == [("", "A", "120.00")]
    assert acts.payment(payments[1])[0]["VDGJ"]


@pytest.mark.parametrize("by", ["payment", "voucher"])
@pytest.mark.parametrize("posted", [True, False])
def test_a_payment_without_a_voucher_and_the_voucher_that_it_made_go_together(
    acts: JdeActs, by: str, posted: bool
) -> None:
    made = acts.act("pay_without_voucher", **PAPER, ANI="30.4210", number=8001)
    key, payment = key_of(made), made["PYID"]
    assert acts.items(key, "DCT", "ICUT", "AG", "AAP", "PST") == [("PM", "W", "120.00", "0.00", "P")]
    (header,) = acts.payment(payment)
    assert (header["DCTM"], header["DOCM"], header["ICUT"]) == ("PN", 8001, "W")
    assert acts.paid(key, "DCTM", "PAAP") == [("PN", "120.00")]
    if posted:
        acts.act("post_batch", key)
        assert (acts.payment(payment)[0]["POST"], acts.items(key, "POST")) == ("D", [("D",)])
    if by == "payment":
        acts.act("void_payment", PYID=payment, date="2016-04-20")
    else:
        acts.act("void_voucher", key, date="2016-04-20")
    assert acts.payment(payment)[0]["VDGJ"] == "20160420"
    assert {row[0] for row in acts.items(key, "VOD")} == {"V"}
    assert [row[0] for row in acts.items(key, "DCTA")] == (["", "PE"] if posted else [""])
    assert acts.lines(key, "AA", "RE") == [("120.00", ""), ("-120.00", "V")]


def test_an_unposted_payment_without_a_voucher_is_deleted_with_it(acts: JdeActs) -> None:
    acts.switch(unposted_payment_void="deleted")
    made = acts.act("pay_without_voucher", **PAPER, ANI="30.4210")
    acts.act("void_payment", PYID=made["PYID"])
    key = key_of(made)
    assert (acts.payment(made["PYID"]), acts.rows("F0411", key), acts.rows("F0911", key)) == ([], [], [])


def test_the_posted_flags_of_the_ledgers_differ(acts: JdeActs) -> None:
    key = acts.enter()
    assert (acts.items(key, "POST"), acts.lines(key, "POST")) == ([("",)], [("",)])
    acts.act("post_batch", key)
    assert (acts.items(key, "POST"), acts.lines(key, "POST")) == ([("D",)], [("P",)])
    payment = acts.act("pay_voucher", key)["PYID"]
    acts.act("post_payment", PYID=payment)
    assert (acts.payment(payment)[0]["POST"], acts.paid(key, "POST")) == ("D", [("D",)])
    assert acts.ais.rows("F0413", condition("F0413.POST", "EQUAL", "D"))

"""How a site's JD Edwards takes dates and numbers, warns and fails (jde-ais sections 14, 17), as an invoice of Coupa
meets it on its way: no wrong day or amount lands, nothing is entered twice, and a person is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

ON = date(2026, 2, 3)
SELF_TEST = {"self_test": {"name": "ML_SelfTest"}}
# the contract has yyyy-MM-dd; what a designer chose beside it is beyond its page
OTHERWISE = pytest.mark.beyond_the_page("Date is not of the form")
OURS = {
    "yyyy-MM-dd": "iso",
    "MM/dd/yyyy": "MM/dd/yyyy",
    "dd/MM/yyyy": "dd/MM/yyyy",
    "yyyyMMdd": "yyyyMMdd",
    "epoch": "epoch_ms",
    "user": "user",
}
RIGHT = [pytest.param(*each, marks=() if each[1] == "iso" else OTHERWISE) for each in OURS.items()]
WRONG = [("dd/MM/yyyy", "MM/dd/yyyy"), ("MM/dd/yyyy", "dd/MM/yyyy"), ("yyyy-MM-dd", "user"), ("epoch", "yyyyMMdd")]


@pytest.fixture
def payables(testbed: Site) -> Iterator[Payables]:
    """Coupa's and JD Edwards' clerks; vouchers are entered at once, and the site's switches are put back."""
    before = testbed.sandbox.get("/options")["jde"]
    made = Payables(testbed)
    testbed.configure(FLOW, mode="direct")
    yield made
    testbed.sandbox.post("/options", {"jde": before})


def switch(testbed: Site, **options: Any) -> None:
    testbed.sandbox.post("/options", {"jde": options})


def dates(testbed: Site, ours: str, *, self_test: bool) -> None:
    """How our connection says that orchestrations take dates, and whether the site has built the self-test."""
    acts = {**ORCHESTRATIONS, **(SELF_TEST if self_test else {})}
    testbed.connect("jde", orchestrations={act: {**each, "date_format": ours} for act, each in acts.items()})


def pinged(testbed: Site, name: str) -> tuple[bool, str]:
    """What one check of ping says."""
    with testbed.context() as context:
        [found] = [each for each in context.client("jde").ping() if each.name == name]
    return found.ok, f"{found.detail} {found.fix}"


def days(payables: Payables) -> list[tuple[str, str]]:
    """Invoice date and G/L date of each pay item of ours."""
    return [(str(item["DIVJ"])[:10], str(item["DGJ"])[:10]) for item in payables.items()]


def reported(testbed: Site) -> str:
    """The only exception, in words."""
    found = testbed.exception(FLOW)
    return f"{found.reason} {found.field} {found.value}"


def later(testbed: Site, times: int = 3) -> None:
    """Some more syncs, each after the time in which a call may still come into effect."""
    for _ in range(times):
        testbed.sandbox.clock.advance(300)
        testbed.sync(FLOW)


# -- dates -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("theirs", "ours"), RIGHT)
def test_a_day_lands_as_it_is_in_every_format_that_a_designer_may_choose(
    testbed: Site, payables: Payables, theirs: str, ours: str
) -> None:
    """Given orchestrations that take dates in a format, and a connection that says so, when an invoice is synced
    then its voucher bears the invoice's own days, and ping has proved both."""
    switch(testbed, orchestration_dates={"*": theirs})
    dates(testbed, ours, self_test=True)
    payables.invoice(on=ON)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert days(payables) == [(ON.isoformat(), ON.isoformat())]
    assert pinged(testbed, "self_test")[0]


@OTHERWISE
@pytest.mark.parametrize(("theirs", "ours"), WRONG)
def test_no_voucher_lands_on_another_day_where_the_self_test_finds_it(
    testbed: Site, payables: Payables, theirs: str, ours: str
) -> None:
    """Given orchestrations that take dates otherwise than the connection says, day and month exchanged or not at all
    when an invoice is synced, then nothing is written, the exception and ping say why; once the connection is
    corrected, it is one voucher, on the invoice's own day."""
    switch(testbed, orchestration_dates={"*": theirs})
    dates(testbed, ours, self_test=True)
    payables.invoice(on=ON)
    testbed.sync(FLOW)
    assert payables.rows("F0411") == [] and "nothing is written: self_test" in reported(testbed)
    ok, words = pinged(testbed, "self_test")
    assert not ok and "self_test" in words
    dates(testbed, OURS[theirs], self_test=True)
    testbed.replay(FLOW)
    later(testbed, 1)
    assert days(payables) == [(ON.isoformat(), ON.isoformat())] and testbed.exceptions(FLOW) == []


@pytest.mark.reason("refused_by_target")
def test_a_format_that_does_not_fit_is_refused_without_a_self_test_too(testbed: Site, payables: Payables) -> None:
    """Given a site without the self-test whose orchestrations cannot read our dates, when an invoice is synced
    then JD Edwards refuses it, and nothing is written."""
    switch(testbed, orchestration_dates={"*": "yyyyMMdd"})
    dates(testbed, "iso", self_test=False)
    payables.invoice(on=ON)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"refused": 1}
    assert payables.rows("F0411") == [] and "is not a date of the format" in reported(testbed)


# -- numbers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["ignored", "refused", "misread"])
def test_a_decimal_comma_proves_its_numbers_or_writes_nothing(testbed: Site, payables: Payables, effect: str) -> None:
    """Given a login with a decimal comma, and a voucher with pence whose amount can prove how numbers are read
    when an invoice of 1234.56 is synced, then it lands as that where the comma does nothing, else nothing is written
    and a person is told, by ping as well; reading goes on. Once the user has a decimal point, it is one voucher."""
    testbed.books.voucher(4711, costs=(("30.5010", "250.05"),))
    switch(testbed, decimal_format=",", decimal_effect=effect)
    id = payables.invoice(costs=(("30-5010", "1234.56"),))
    testbed.sync(FLOW)
    ok, words = pinged(testbed, "numbers")
    if effect != "ignored":
        assert (payables.vouchers(id), ok) == ([], False) and "decimal point" in words
        assert "nothing is written" in reported(testbed)
        assert outcomes(testbed.sync("invoices")["invoices"]) == {"created": 1}
        switch(testbed, decimal_format=".")
        testbed.replay(FLOW)
        later(testbed, 1)
    else:
        assert ok and "250.05 of F0411 is found by its literal" in words
    assert [amount for _, amount, _ in payables.vouchers(id)] == [Decimal("1234.56")]
    assert payables.costs(id) == [("30.5010", Decimal("1234.56"))] and testbed.exceptions(FLOW) == []


def test_a_decimal_comma_that_nothing_can_prove_writes_nothing(testbed: Site, payables: Payables) -> None:
    """Given a login with a decimal comma, in books without any amount, when an invoice is synced
    then nothing is written, and a person is told."""
    switch(testbed, decimal_format=",", decimal_effect="misread")
    payables.invoice(costs=(("30-5010", "1234.56"),))
    testbed.sync(FLOW)
    assert payables.rows("F0411") == [] and "no amount with decimals is there" in reported(testbed)


# -- warnings ----------------------------------------------------------------------------------------------------------


def credit_of_the_same_number(testbed: Site) -> Entry:
    """A clerk's credit memo with the number of the invoice, which is no duplicate of it, and is warned of."""
    return testbed.books.voucher(4799, invoice="WEB-1", costs=(("30.5010", "-20.00"),), kind="PD")


@pytest.mark.parametrize("way", ["made", "again", "not_made"])
def test_a_warning_is_no_refusal_and_what_it_did_is_looked_up(testbed: Site, payables: Payables, way: str) -> None:
    """Given a form that warns of an invoice number that is there, and an orchestration that sends its OK again, or
    stands on the form until it is called again, or for ever, when the invoice is synced as often as it likes
    then there is one voucher; or none, and a person is told."""
    credit_of_the_same_number(testbed)
    switch(testbed, duplicate_invoices="warn", entry_warnings=way)
    id = payables.invoice()
    testbed.sync(FLOW)
    later(testbed)
    vouchers = [(amount, state) for _, amount, state in payables.vouchers(id)]
    if way == "not_made":
        assert vouchers == [] and "Duplicate" in reported(testbed)
        return
    assert (vouchers, testbed.exceptions(FLOW)) == ([(Decimal(100), "A")], [])


@pytest.mark.parametrize("status", ["WARN", "SUCCESS"])
def test_what_was_done_with_a_warning_is_done(testbed: Site, payables: Payables, status: str) -> None:
    """Given orchestrations that warn of something and do what they are asked, whatever status they tell
    when an invoice is entered, corrected and voided, then each is done once, and nobody is told."""
    switch(testbed, warned={"*": "G/L date not in current period"}, warning_status=status)
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    payables.change(id, "120.00")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert [(int(amount), state) for _, amount, state in payables.entered(id)] == [(100, "void"), (120, "A")]
    testbed.sandbox.clock.advance(60)
    payables.act("void_invoice", id=id)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"updated": 1}
    assert [(int(amount), state) for _, amount, state in payables.entered(id)] == [(100, "void"), (120, "void")]
    assert testbed.sync(FLOW)[FLOW].writes == 0 and testbed.exceptions(FLOW) == []


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["abort", "body", "continue"])
def test_what_was_written_before_a_later_step_failed_is_not_written_again(
    testbed: Site, payables: Payables, how: str
) -> None:
    """Given orchestrations whose last step fails when the voucher is written, or void, which nothing takes back
    when the invoice is synced, corrected and synced as often as it likes, then one voucher is in force, of the last
    amount, and no second one was made of any revision."""
    switch(testbed, failing_after_write={"ML_VoucherEnter": how, "ML_VoucherVoid": how})
    id = payables.invoice()
    testbed.sync(FLOW)
    later(testbed)
    assert [(int(amount), state) for _, amount, state in payables.entered(id)] == [(100, "A")]
    for _ in range(2):
        testbed.replay(FLOW)
        later(testbed, 1)
    assert [(int(amount), state) for _, amount, state in payables.entered(id)] == [(100, "A")]
    payables.change(id, "120.00")
    testbed.sync(FLOW)
    for _ in range(4):
        testbed.replay(FLOW)
        later(testbed, 1)
    assert [(int(amount), state) for _, amount, state in payables.entered(id)] == [(100, "void"), (120, "A")]


@pytest.mark.parametrize("how", ["abort", "body", "continue"])
def test_a_refusal_is_told_however_the_orchestration_fails(testbed: Site, payables: Payables, how: str) -> None:
    """Given a site that refuses a repeated invoice number, by a status of 500, by errors in a 200 or by going on
    when the invoice is synced, then no voucher is made and a person is told JD Edwards' words; once it takes the
    number, a replay makes one voucher."""
    credit_of_the_same_number(testbed)
    switch(testbed, duplicate_invoices="error", orchestration_errors={"*": how})
    id = payables.invoice()
    testbed.sync(FLOW)
    assert payables.vouchers(id) == [] and "Duplicate" in reported(testbed)
    later(testbed, 1)
    assert payables.vouchers(id) == [] and "Duplicate" in reported(testbed)
    switch(testbed, duplicate_invoices="silent")
    testbed.replay(FLOW)
    later(testbed, 2)
    assert [state for _, _, state in payables.vouchers(id)] == ["A"] and testbed.exceptions(FLOW) == []


# -- lengths -----------------------------------------------------------------------------------------------------------


@pytest.mark.reason("too_long")
@pytest.mark.parametrize("mode", ["direct", "batch"])
def test_what_is_longer_than_the_contract_allows_is_not_sent(testbed: Site, payables: Payables, mode: str) -> None:
    """Given a tax area of twelve characters in the operator's table, when an invoice with that tax is synced
    then nothing is sent, and the exception names field and length; once the table is mended, a replay enters it."""
    testbed.configure(FLOW, mode=mode)
    code = payables.tax_code("VAT20")

    def mapped(area: str) -> None:
        testbed.ledger.mappings.set("jde_coupa", "tax_codes", "VAT20", area, "clerk", testbed.clock.now())

    mapped("GREATBRITAIN/V")
    taxes = {"tax-lines": [{"type": "TaxLine", "amount": "20.00", **code}]}
    lines = [payables.line(1, "30-5010", "100.00") | taxes]
    id = payables.invoice(line_level_taxation=True, invoice_lines=lines)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    found = testbed.exception(FLOW)
    assert (found.reason, found.key) == ("too_long", f"invoices:{id}")
    assert found.field.endswith("PayItems 1: TaxRateArea")
    assert found.value == "GREATBRITAIN has 12 characters, 10 at most"
    assert payables.rows("F0411") == payables.rows("F0411Z1") == []
    mapped("GB20/V")
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    if mode == "direct":
        assert [item["TXA1"] for item in payables.items(id)] == ["GB20"]

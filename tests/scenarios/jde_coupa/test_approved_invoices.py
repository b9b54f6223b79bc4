"""Invoices approved in Coupa become vouchers of JD Edwards: by the batch files, and entered at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from scenario_books import TODAY, YESTERDAY
from scenario_payables import FLOW, Payables
from scenario_site import Site, outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class

# a day on which nothing changes in Coupa: only what is waited for is looked at
NEXT = TODAY + timedelta(days=1)
CREDIT = {"is_credit_note": True, "original_invoice_number": "WEB-0", "original_invoice_date": "2026-02-01"}

KNOWN_BY = ("mark", "purged")


@pytest.fixture
def payables(testbed: Site) -> Payables:
    """The flow is on, by the batch files."""
    return Payables(testbed)


@pytest.mark.quick("jde_coupa/approved_invoices")
def test_an_approved_invoice_becomes_a_voucher_of_the_batch(testbed: Site, payables: Payables) -> None:
    """Given an invoice of two lines and tax that its approvers let go in Coupa
    when it is synced, then its rows go through the batch files, and a voucher of JD Edwards comes of them, approved for
    payment, with its distribution and our mark; the link names the voucher, and the next sync sends nothing."""
    id = payables.invoice(costs=(("30-5010", "100.00"), ("40-5010", "50.00")), tax="30.00")
    report = testbed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"created": 1}
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(180), "A")]
    [item] = payables.items(id)
    assert (item["AN8"], item["VINV"], Decimal(item["STAM"]), item["DCT"]) == (4343, "WEB-1", Decimal(30), "PV")
    assert payables.costs(id) == [("30.5010", Decimal(100)), ("40.5010", Decimal(50))]
    assert payables.link(id) == f"{item['KCO']}/PV/{item['DOC']}"
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)


def test_an_approved_invoice_is_entered_at_once_where_the_site_does_so(testbed: Site, payables: Payables) -> None:
    """Given a site that enters vouchers directly, when an approved invoice is synced,
    then the voucher is there after one call, with its distribution, and its number is linked."""
    testbed.configure(FLOW, mode="direct")
    id = payables.invoice(costs=(("30-5010", "80.00"), ("30-5020-01", "20.00")))
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.writes) == ({"created": 1}, 1)
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(100), "A")]
    assert payables.costs(id) == [("30.5010", Decimal(80)), ("30.5020.01", Decimal(20))]
    [item] = payables.items(id)
    assert payables.link(id) == f"{item['KCO']}/PV/{item['DOC']}"
    assert payables.rows("F0411Z1") == []


def test_what_is_not_approved_yet_is_left_alone(testbed: Site, payables: Payables) -> None:
    """Given a draft, an invoice with its approvers and one that they rejected
    when they are synced, then none becomes a voucher, by a stated rule; the one that is approved later does."""
    draft = payables.invoice("WEB-1", approve=False)
    pending = payables.invoice("WEB-2", approve=False)
    payables.act("submit_invoice", id=pending)
    rejected = payables.invoice("WEB-3", approve=False)
    payables.act("submit_invoice", id=rejected)
    payables.act("reject_invoice", id=rejected)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.rules(), report.writes) == ({"ignored": 3}, {"not_approved": 3}, 0)
    payables.act("approve_invoice", id=draft)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "ignored": 2}
    assert [mark for mark, _, _ in payables.vouchers()] == [f"CPA-{draft}-1"]


def test_a_batch_run_that_takes_its_time_is_waited_for(testbed: Site, payables: Payables, known_by: str) -> None:
    """Given a batch queue of an hour in JD Edwards
    when an invoice is synced, then its transaction waits there and is linked to it, which is no failure;
    when the run has made the voucher, the next sync links that instead, and nothing is sent a second time."""
    testbed.sandbox.post("/options", {"jde": {"batch_seconds": 3600}})
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.vouchers() == [] and payables.link(id) == f"Z/CPA{id}-1/CPA-{id}-1"
    still = testbed.sync(FLOW)[FLOW]
    assert (outcomes(still), testbed.exceptions(FLOW)) == ({"unchanged": 1}, [])
    testbed.sandbox.clock.advance(3601)
    after = testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW]
    assert outcomes(after) == {"unchanged": 1}
    [item] = payables.items(id)
    assert payables.link(id) == f"{item['KCO']}/PV/{item['DOC']}"
    assert len(payables.rows("F0411Z1")) == (known_by != "purged")
    assert testbed.ledger.deliveries.waiting(f"jde_coupa/{FLOW}") == []


def gateway(testbed: Site, call: int) -> None:
    """This call of an orchestration is answered by another server with a 200 of its own, and not passed on."""
    rule = {"system": "jde", "route": "POST */orchestrator/*", "calls": [call], "kind": "status", "status": 200}
    testbed.sandbox.post("/faults", {"replace": True, "rules": [{**rule, "body": {"status": "ok"}}]})


def test_rows_that_another_server_said_yes_to_are_looked_for(testbed: Site, payables: Payables, known_by: str) -> None:
    """Given a gateway that answers for JD Edwards when the rows of the batch are added
    when an invoice is synced, then the rows are looked for, and sent again: its voucher is there once."""
    gateway(testbed, 1)
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert len(testbed.sandbox.get("/faults")["fired"]) == 1
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(100), "A")]
    assert len(payables.rows("F0411Z1")) == (known_by != "purged")


@pytest.mark.reason("batch_not_run")
def test_a_batch_run_that_never_comes_is_told_of(testbed: Site, payables: Payables) -> None:
    """Given a gateway that answers for JD Edwards when the batch run is asked for
    when a day has gone by, then a person is told; a replay asks for the run once more."""
    gateway(testbed, 2)
    id = payables.invoice()
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert payables.vouchers() == [] and testbed.exceptions(FLOW) == []
    testbed.sandbox.clock.advance(25 * 3600)
    assert outcomes(testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert reported.reason == "batch_not_run" and f"Z/CPA{id}-1/CPA-{id}-1" in reported.value
    testbed.replay(FLOW)
    testbed.sync(FLOW, first=NEXT, last=NEXT)
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(100), "A")]
    assert payables.link(id).startswith("00001/PV/") and testbed.exceptions(FLOW) == []


@pytest.mark.reason("batch_rejected")
def test_a_transaction_that_the_run_refuses_waits_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given a supplier whom somebody deletes in JD Edwards while the transaction is in its queue
    when the run refuses it, then the invoice is held with the work center's own words, and is not added again;
    when somebody entered the supplier again and ran the batch once more, a replay links the voucher."""
    testbed.sandbox.post("/options", {"jde": {"batch_seconds": 3600}})
    id = payables.invoice()
    testbed.sync(FLOW)
    testbed.books.delete("F0401", {"AN8": 4343})
    testbed.sandbox.clock.advance(3601)
    assert outcomes(testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert reported.reason == "batch_rejected" and "not in the Supplier Master" in reported.value
    assert (payables.vouchers(), len(payables.rows("F0411Z1"))) == ([], 1)
    testbed.books.supplier(4343, "Anvil & Sons", tax_id="GB123456789")
    testbed.sandbox.post("/options", {"jde": {"batch_seconds": 0}})
    with testbed.context() as context:
        context.client("jde").orchestrations.call("voucher_batch_run", {"BatchNumber": f"CPA{id}-1", "Mode": "final"})
    testbed.replay(FLOW)
    assert outcomes(testbed.sync(FLOW, first=NEXT, last=NEXT)[FLOW]) == {"unchanged": 1}
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(100), "A")]
    assert payables.link(id).startswith("00001/PV/") and testbed.exceptions(FLOW) == []


def test_a_credit_note_becomes_a_negative_voucher(testbed: Site, payables: Payables) -> None:
    """Given a credit note with negative lines and tax, when it is synced, then a debit memo of that amount is made."""
    id = payables.invoice("CN-1", costs=(("30-5010", "-40.00"),), tax="-8.00", **CREDIT)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["DCT"], Decimal(item["AG"]), Decimal(item["STAM"])) == ("PD", Decimal(-48), Decimal(-8))
    assert payables.costs(id) == [("30.5010", Decimal(-40))]


@pytest.mark.reason("tax_code_not_mapped")
def test_tax_by_line_needs_an_area_for_each_code(testbed: Site, payables: Payables) -> None:
    """Given an invoice with taxes on its lines, of a code that nobody has mapped
    when it is synced, then it is held; when the code is mapped to an area and explanation, it becomes a voucher with a
    pay item for each code, whose taxes and nets are those of the lines."""
    codes = [payables.tax_code("VAT20"), payables.tax_code("VAT0")]
    lines = [
        payables.line(1, "30-5010", "100.00") | {"tax-lines": [{"type": "TaxLine", "amount": "20.00", **codes[0]}]},
        payables.line(2, "40-5010", "50.00") | {"tax-lines": [{"type": "TaxLine", "amount": "0.00", **codes[1]}]},
    ]
    id = payables.invoice(line_level_taxation=True, invoice_lines=lines)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value == "VAT0"
    for code, area in (("VAT0", "ZERO/V"), ("VAT20", "UK20/V")):
        testbed.ledger.mappings.set("jde_coupa", "tax_codes", code, area, "clerk", testbed.clock.now())
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    items = [
        (item["TXA1"], item["EXR1"], Decimal(item["AG"]), Decimal(item.get("STAM", 0))) for item in payables.items(id)
    ]
    assert items == [("ZERO", "V", Decimal(50), Decimal(0)), ("UK20", "V", Decimal(120), Decimal(20))]


@pytest.mark.reason("exchange_rate_not_mapped")
def test_a_foreign_invoice_goes_into_the_foreign_columns(testbed: Site, payables: Payables) -> None:
    """Given an invoice in euros for a company that keeps its books in pounds, and a site that maps its rates
    when no rate is mapped, then it is held; when it is, the voucher has the euros in the foreign columns, the pounds in
    the others, to the penny, and its distribution adds up in both."""
    testbed.configure(FLOW, exchange_rate="mapping")
    id = payables.invoice(costs=(("30-5010", "33.33"), ("40-5010", "66.67")), tax="20.00", currency="EUR")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).value == "EUR/GBP"
    testbed.ledger.mappings.set("jde_coupa", "exchange_rates", "EUR/GBP", "0.8543", "clerk", testbed.clock.now())
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    [item] = payables.items(id)
    assert (item["CRRM"], item["CRCD"], Decimal(item["ACR"]), Decimal(item["CTAM"])) == ("F", "EUR", 120, 20)
    assert (Decimal(item["AG"]), Decimal(item["STAM"])) == (Decimal("102.52"), Decimal("17.09"))
    assert payables.costs(id) == [("30.5010", Decimal("28.47")), ("40.5010", Decimal("56.96"))]
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"unchanged": 1}


def test_shares_of_several_accounts_add_up_to_the_penny(testbed: Site, payables: Payables) -> None:
    """Given a line of 100.00 that three accounts share by thirds, when it is synced, then the last takes the penny."""
    accounts = [{"code": code, "account-type": {"name": "JDE"}} for code in ("30-5010", "30-5020", "40-5010")]
    shares = [{"account": each, "pct": pct} for each, pct in zip(accounts, ("33.33", "33.33", "33.34"), strict=True)]
    line = payables.line(1, "30-5010", "100.01") | {"account": None, "account-allocations": shares}
    id = payables.invoice(invoice_lines=[line])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1}
    assert sum(amount for _, amount in payables.costs(id)) == Decimal("100.01")
    assert [account for account, _ in payables.costs(id)] == ["30.5010", "30.5020", "40.5010"]


@pytest.mark.reason("withholding_tax")
def test_withholding_tax_is_for_a_person(testbed: Site, payables: Payables) -> None:
    """Given an invoice of which Coupa withholds tax, when it is synced, then it is held with that amount."""
    payables.invoice(withholding_tax_lines=[{"amount": "7.50"}])
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert (testbed.exception(FLOW).value, payables.vouchers()) == ("7.50", [])


def test_a_long_number_is_shortened_so_that_two_stay_two(testbed: Site, payables: Payables) -> None:
    """Given two invoices whose numbers of 30 characters differ in the last one only
    when they are synced, then two vouchers of 25 characters or less have different numbers."""
    for last in "AB":
        payables.invoice("NORTHMOOR-2026-0000000000-0001" + last)
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 2}
    numbers = {item["VINV"] for item in payables.items()}
    assert len(numbers) == 2 and {number[:17] for number in numbers} == {"NORTHMOOR-2026-0~"}
    assert max(map(len, numbers)) <= 25


def test_a_long_number_is_held_where_the_site_wants_that(testbed: Site, payables: Payables) -> None:
    """Given the same with `long_numbers: hold`, then a person decides."""
    testbed.configure(FLOW, long_numbers="hold")
    payables.invoice("NORTHMOOR-2026-0000000000-0001")
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"held": 1}
    assert testbed.exception(FLOW).reason == "too_long"


def test_invoices_of_before_go_live_are_ignored(testbed: Site, payables: Payables) -> None:
    """Given a site that goes live on a day, when an invoice dated before it is synced, then it is ignored by a rule."""
    testbed.configure(FLOW, go_live="2026-03-01")
    payables.invoice("OLD", on=YESTERDAY - timedelta(days=1))
    payables.invoice("NEW", on=YESTERDAY)
    report = testbed.sync(FLOW)[FLOW]
    assert (outcomes(report), report.rules()) == ({"created": 1, "ignored": 1}, {"before_go_live": 1})


def test_an_invoice_is_planned_then_applied_as_it_was_planned(testbed: Site, payables: Payables) -> None:
    """Given an approved invoice, when it is planned, then nothing is written and the plan shows the whole voucher;
    when the plan is applied, exactly that is sent."""
    id = payables.invoice(tax="20.00")
    plan = testbed.plan(FLOW)
    assert payables.rows("F0411Z1") == []
    done = testbed.apply(plan)[FLOW]
    assert outcomes(done) == {"created": 1}
    assert payables.vouchers() == [(f"CPA-{id}-1", Decimal(120), "A")]


def test_an_invoice_above_the_limit_waits_for_an_approver(testbed: Site, payables: Payables) -> None:
    """Given a limit of 500 above which somebody must approve what is sent
    when two invoices are synced, then the small one goes and the large one waits; approved, it goes too."""
    testbed.configure(FLOW, approval={"above": "500"})
    small = payables.invoice("WEB-1")
    large = payables.invoice("WEB-2", costs=(("30-5010", "900.00"),))
    assert outcomes(testbed.sync(FLOW)[FLOW]) == {"created": 1, "staged": 1}
    assert testbed.approve(FLOW) == 1
    testbed.sync(FLOW)
    assert payables.vouchers() == [(f"CPA-{small}-1", Decimal(100), "A"), (f"CPA-{large}-1", Decimal(900), "A")]


def test_both_sides_agree_to_the_penny(testbed: Site, payables: Payables) -> None:
    """Given vouchers of three invoices, one a credit, and an invoice that is not approved
    when both systems are laid side by side, then the sums agree and nothing is unexplained."""
    payables.invoice("WEB-1", tax="20.00")
    payables.invoice("WEB-2", costs=(("30-5010", "33.33"), ("40-5010", "0.01")))
    payables.invoice("CN-1", costs=(("30-5010", "-40.00"),), **CREDIT)
    payables.invoice("WEB-4", approve=False)
    testbed.sync(FLOW)
    with testbed.context() as context:
        found = compare(flow_class("jde_coupa", FLOW)(context))
    assert found.target.as_json() == {"documents": 3, "amounts": {"GBP": "113.34"}}
    assert found.unexplained == [] and found.foreign == 0

"""Bills that are born in BILL become vouchers of JD Edwards, and their payments settle them: one liability."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import scenario_keys
from bill_originals import FLOW, bill, change, costs, entered, items, link, owed, run, switched_on, vouchers
from bill_paid import pay, posted, table
from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reconciling import compare
from connector_assets.pairs.registry import flow_class

ZERO = Decimal(0)

KNOWN_BY = (*scenario_keys.KEYS, "mark")


@pytest.fixture(autouse=True)
def _on(testbed: BillSite) -> None:
    switched_on(testbed)


@pytest.mark.quick("jde_bill/approved_bills")
@pytest.mark.parametrize("mode", ["batch", "direct"])
@pytest.mark.as_delivered("jde.batch_remark")
def test_an_approved_bill_becomes_a_voucher(testbed: BillSite, mode: str, known_by: str) -> None:
    """Given a bill of two lines that a clerk of BILL entered, with an order's number
    when it is synced, then JD Edwards has a voucher of it, with its distribution and our mark, on a pay status that no
    payment run selects; the link names the voucher, and the next sync sends nothing."""
    testbed.configure(FLOW, mode=mode)
    parts = (("30.5010", "100.00"), ("40.5010", "50.55"))
    id = bill(testbed, costs=parts, purchaseOrderNumber="4500012", description="Spring works")
    assert run(testbed) == {"created": 1}
    assert vouchers(testbed) == [(f"BL-{id}-1", Decimal("150.55"), "H")]
    [item] = items(testbed, id)
    assert (item["AN8"], item["VINV"].strip(), item["DCT"]) == (4343, "WEB-1", "PV")
    assert (item["DIVJ"], item["DGJ"], item["DDJ"]) == (date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 31))
    # the mark has its place at the beginning of the remark where no column of its own is kept
    remark = "PO 4500012 Spring works" if known_by == "mark" else f"BL-{id}-1 PO 4"
    if known_by == "preset":
        # the batch drops the remark; the number is of our range, in the journal too
        remark = remark if mode == "direct" else ""
        assert item["DOC"] == 5_000_000
    assert (item["CRCD"], item["CO"], item.get("RMK", "").strip()) == ("GBP", "00001", remark)
    assert costs(testbed, id) == [("30.5010", Decimal(100)), ("40.5010", Decimal("50.55"))]
    assert link(testbed, id) == f"{item['KCO']}/PV/{item['DOC']}"
    again = testbed.sync(FLOW)[FLOW]
    assert (outcomes(again), again.writes) == ({"unchanged": 1}, 0)


def test_born_approved_paid_and_posted_it_is_one_liability(testbed: BillSite) -> None:
    """Given a bill that was born in BILL and its voucher
    when BILL has paid it, in two parts, then payments of our numbers close the voucher, and nothing is owed;
    the voucher is never sent to BILL, and the bill never a second time to JD Edwards."""
    testbed.flows |= {"bills": {}, "payments": {}}
    flows = ("bills", FLOW, "payments")
    id = bill(testbed)
    testbed.sync(*flows)
    assert owed(testbed) == Decimal(100)
    pay(testbed, {"id": id, "amount": "40.00"})
    testbed.sync(*flows)
    assert owed(testbed) == Decimal(60)
    pay(testbed, id)
    testbed.sync(*flows)
    assert owed(testbed) == ZERO
    assert sorted(posted(testbed)) == [(Decimal(40), False), (Decimal(60), False)]
    reports = testbed.sync(*flows)
    assert [report.writes for report in reports.values()] == [0, 0, 0]
    assert reports["bills"].rules() == {"born_in_bill": 1}
    assert (len(testbed.bill.all("bills")), len(table(testbed, "F0411"))) == (1, 1)
    assert not any(testbed.exceptions(flow) for flow in flows)
    with testbed.context() as context:
        assert not compare(flow_class("jde_bill", FLOW)(context)).unexplained


@pytest.mark.parametrize("mode", ["batch", "direct"])
def test_without_a_memory_nothing_is_made_twice(testbed: BillSite, mode: str) -> None:
    """Given a bill of each birthplace with its voucher, and a bill in part paid
    when the ledger is lost and both directions are synced again,
    then JD Edwards and BILL are as they were, and both are linked anew."""
    testbed.flows |= {"bills": {}, "payments": {}}
    testbed.configure(FLOW, mode=mode)
    flows = ("bills", FLOW, "payments")
    entry = testbed.books.voucher(costs=[("30.5010", "77.00")])
    testbed.sync(*flows)
    id = bill(testbed)
    testbed.sync(*flows)
    pay(testbed, {"id": id, "amount": "40.00"})
    testbed.sync("payments")
    before = (len(table(testbed, "F0411")), len(table(testbed, "F0413")), len(testbed.bill.all("bills")), owed(testbed))
    assert before == (2, 1, 2, Decimal(137))
    with testbed.forgetting() as blank:
        blank.sync("chart_of_accounts", "departments", "vendors", *flows, mode="adopt")
        for _ in range(2):
            reports = blank.sync(*flows)
            assert [each.writes for each in reports.values()] == [0, 0, 0]
        assert reports[FLOW].rules() == {"born_in_jde": 1}
        assert link(blank, id) == link(testbed, id)
        assert blank.ledger.links.of("jde_bill/bills", [f"{entry.document}/001"])
    assert (
        len(table(testbed, "F0411")),
        len(table(testbed, "F0413")),
        len(testbed.bill.all("bills")),
        owed(testbed),
    ) == before


def test_a_bill_of_jde_is_none_of_bills_own(testbed: BillSite) -> None:
    """Given bills that came from vouchers: one that is linked, one that only its description tells, one whose
    description was overwritten and whose coded number tells it
    then none becomes a voucher again."""
    testbed.flows["bills"] = {}
    testbed.books.voucher(4711)
    testbed.sync("bills")
    [linked] = testbed.bill.all("bills")
    testbed.bill.set("bills", linked["id"], description="overwritten")
    bill(testbed, "INV-4712", description="JDE 00001-PV-4712-001 Works")
    bill(testbed, "INV-4~00001PV0003MV01", description="overwritten")
    report = testbed.sync(FLOW)[FLOW]
    assert (report.rules(), report.writes) == ({"born_in_jde": 3}, 0)
    assert vouchers(testbed) == []


def test_a_bill_that_changed_before_it_is_paid_gets_a_voucher_anew(testbed: BillSite) -> None:
    """Given a voucher of a bill, when a clerk of BILL corrects the bill and it is approved again
    then the voucher is voided and the next revision is in force; the account of a line counts as well."""
    id = bill(testbed)
    run(testbed)
    change(testbed, id, "120.00")
    assert run(testbed) == {"created": 1}
    assert entered(testbed) == [(f"BL-{id}-1", Decimal(100), "void"), (f"BL-{id}-2", Decimal(120), "H")]
    assert owed(testbed) == Decimal(120)
    assert testbed.sync(FLOW)[FLOW].writes == 0


@pytest.mark.known_by("supplier_invoice")
@pytest.mark.reason("kept_back_in_jde")
def test_what_a_clerk_retains_of_a_bill_is_not_lost_with_its_voucher(testbed: BillSite) -> None:
    """Given a voucher of which a clerk of JD Edwards retains a part, when its bill is corrected in BILL
    then the voucher stays, and a person is told; a replay makes the next revision."""
    id = bill(testbed)
    run(testbed)
    [row] = items(testbed, id)
    testbed.books.act("retain_voucher", Entry(row["DOC"], row["DCT"], row["KCO"]), amount="10.00")
    change(testbed, id, "120.00")
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "kept_back_in_jde" and "002 on R" in testbed.exception(FLOW).value
    testbed.replay(FLOW)
    run(testbed)
    assert owed(testbed) == Decimal(120) and testbed.exceptions(FLOW) == []


def test_a_bill_that_changed_after_it_was_paid_is_a_persons(testbed: BillSite) -> None:
    """Given a voucher that is settled in part, when the bill is corrected, then the voucher stays and a person is
    told."""
    testbed.flows["payments"] = {}
    id = bill(testbed)
    run(testbed)
    pay(testbed, {"id": id, "amount": "40.00"})
    testbed.sync("payments")
    change(testbed, id, "120.00")
    assert run(testbed) == {"held": 1}
    assert testbed.exception(FLOW).reason == "voucher_already_paid"
    assert vouchers(testbed) == [(f"BL-{id}-1", Decimal(100), "H")]


def test_a_bill_that_is_archived_takes_its_voucher_along(testbed: BillSite) -> None:
    """Given a voucher of a bill that nobody paid, when the bill is archived, then the voucher is voided;
    when it is restored, the next revision is made."""
    id = bill(testbed)
    run(testbed)
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("archive_bill", id=id)
    assert run(testbed) == {"updated": 1}
    assert (entered(testbed), owed(testbed)) == ([(f"BL-{id}-1", Decimal(100), "void")], ZERO)
    testbed.sandbox.clock.advance(60)
    testbed.bill.act("restore_bill", id=id)
    assert run(testbed) == {"created": 1}
    assert vouchers(testbed)[-1] == (f"BL-{id}-2", Decimal(100), "H")


@pytest.mark.reason("archived_while_paid")
def test_a_bill_that_is_archived_while_its_payment_is_under_way_is_a_persons(testbed: BillSite) -> None:
    """Given a bill whose payment is scheduled, when it is archived, then its voucher stays, and a person is told with
    high severity; once it is restored all is well."""
    id = bill(testbed)
    run(testbed)
    testbed.bill.act("schedule_bill", bills=[{"id": id}])
    testbed.bill.set("bills", id, archived=True, recordStatus="INACTIVE")
    assert run(testbed) == {"held": 1}
    reported = testbed.exception(FLOW)
    assert (reported.reason, reported.value) == ("archived_while_paid", "SCHEDULED")
    assert vouchers(testbed) == [(f"BL-{id}-1", Decimal(100), "H")]
    testbed.bill.set("bills", id, archived=False, recordStatus="ACTIVE")
    assert run(testbed) == {"unchanged": 1}
    assert testbed.exceptions(FLOW) == []


def test_a_payment_waits_for_a_voucher_that_is_in_the_batch_files(testbed: BillSite) -> None:
    """Given a batch queue of an hour in JD Edwards and a bill that BILL has paid meanwhile
    then the payment is held until the voucher is there, and is posted by itself then."""
    testbed.sandbox.post("/options", {"jde": {"batch_seconds": 3600}})
    testbed.flows["payments"] = {}
    id = bill(testbed)
    pay(testbed, id)
    assert run(testbed) == {"created": 1}
    assert link(testbed, id).startswith("Z/")
    testbed.sync("payments")
    assert testbed.exception("payments").reason == "voucher_not_linked"
    testbed.sandbox.clock.advance(3600)
    testbed.sync(FLOW, "payments")
    assert (owed(testbed), testbed.exceptions("payments")) == (ZERO, [])
    assert posted(testbed) == [(Decimal(100), False)]


def test_a_voucher_that_lost_its_mark_is_still_settled_by_its_link(testbed: BillSite) -> None:
    """Given a voucher whose mark somebody overwrote, when BILL has paid its bill, then the link says which it is."""
    testbed.flows["payments"] = {}
    id = bill(testbed)
    run(testbed)
    [row] = items(testbed, id)
    testbed.books.change_items(Entry(row["DOC"], row["DCT"], row["KCO"]), VR01="overwritten")
    pay(testbed, id)
    testbed.sync("payments")
    assert (owed(testbed), posted(testbed)) == (ZERO, [(Decimal(100), False)])

"""What people of BILL enter in bills and credits of ours stays, whatever we change of them, and whenever they do it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from bill_owed import CREDITS, FLOW, bill_of, credit_of, lines, owing, run, unexplained
from bill_site import BillSite
from bill_wire import before
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of

D = Decimal
COSTS = (("30.5010", "40.00"), ("30.5020", "60.00"))


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, and a PUT erases whatever it leaves out."""
    testbed.bill.configure(put_omits="clears")
    return owing(testbed)


def records(testbed: BillSite) -> dict[str, str]:
    """What lines and bills may name besides: one record of each kind."""
    kinds = {"accountingClassId": "accounting_classes", "locationId": "locations", "jobId": "jobs"}
    kinds |= {"itemId": "items", "employeeId": "employees", "customerId": "customers"}
    named = {"employees": {"firstName": "Ann", "lastName": "Lee"}, "items": {"type": "SERVICE", "name": "Drill"}}
    return {field: testbed.bill.create(kind, named.get(kind, {"name": f"{kind} 7"})) for field, kind in kinds.items()}


def filled(testbed: BillSite, entry: Entry) -> dict[str, Any]:
    """People of BILL have entered whatever a bill has room for, on the second line and on the bill; the bill."""
    made, more = bill_of(testbed, entry), records(testbed)
    account = testbed.bill.all("chart_of_accounts")[0]["id"]
    second = made["billLineItems"][1]
    line = {"id": second["id"], "quantity": 3, "price": D("20.00")}
    testbed.bill.act(
        "edit_bill",
        id=made["id"],
        set={
            "payFromChartOfAccountId": account,
            "classifications": {
                "chartOfAccountId": account,
                "locationId": more["locationId"],
                "itemId": more["itemId"],
            },
            "billLineItems": [{**line, "classifications": {**second["classifications"], **more}}],
        },
    )
    return bill_of(testbed, entry)


def kept(before: dict[str, Any], after: dict[str, Any]) -> None:
    """What is nobody's but theirs is as it was."""
    for name in ("payFromChartOfAccountId", "classifications"):
        assert after[name] == before[name]
    old = before["billLineItems"][1]
    (now,) = [line for line in after["billLineItems"] if line["id"] == old["id"]]
    theirs = {"accountingClassId", "locationId", "jobId", "itemId", "employeeId", "customerId"}
    assert theirs <= old["classifications"].keys()
    assert {name: now["classifications"][name] for name in theirs} == {
        name: old["classifications"][name] for name in theirs
    }
    assert (D(now["quantity"]), D(now["price"])) == (D(old["quantity"]), D(old["price"]))


def test_a_cost_line_more_erases_nothing_that_people_entered(owed: BillSite) -> None:
    """Given a bill on which people of BILL have set the pay-from account, codings of the bill, and job, item, customer
    and the like of its second line
    when its voucher is split over a third cost, then the first cost is taken out of it
    then the bill has these lines, all that people entered is there, on the line on which they entered it, and both
    systems agree."""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    full = filled(owed, entry)
    owed.books.line(entry, 2, "30.5020", "50.00")
    owed.books.line(entry, 3, "40.4110", "10.00")
    assert run(owed) == {"updated": 1}
    more = bill_of(owed, entry)
    assert [amount for _, amount in lines(owed, more)] == [D("40.00"), D("50.00"), D("10.00")]
    kept(full, more)
    owed.books.delete_line(entry, 1)
    owed.books.line(entry, 2, "30.5020", "90.00")
    assert run(owed) == {"updated": 1}
    fewer = bill_of(owed, entry)
    assert lines(owed, fewer) == [("30.5020", D("90.00")), ("40.4110", D("10.00"))]
    kept(full, fewer)
    assert [line["id"] for line in fewer["billLineItems"]] == [line["id"] for line in more["billLineItems"][1:]]
    assert owed.bill.calls("PUT /connect/v3/bills/{id}") == 2
    assert run(owed) == {"unchanged": 1}
    assert unexplained(owed) == []


@pytest.mark.as_delivered("bill.patch_needs_payment_term")
def test_another_amount_erases_nothing_that_people_entered(owed: BillSite) -> None:
    """Given the same bill
    when amounts and an account of its voucher change
    then that is a PATCH, and all that people entered is there."""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    full = filled(owed, entry)
    owed.books.change_items(entry, "110.00")
    owed.books.line(entry, 1, "40.4110", "40.00")
    owed.books.line(entry, 2, "30.5020", "70.00")
    assert run(owed) == {"updated": 1}
    after = bill_of(owed, entry)
    assert lines(owed, after) == [("40.4110", D("40.00")), ("30.5020", D("70.00"))]
    kept(full, after)
    assert (owed.bill.calls("PUT /connect/v3/bills/{id}"), owed.bill.calls("PATCH /connect/v3/bills/{id}")) == (0, 1)


@pytest.mark.parametrize("term", [True, False])
def test_a_site_that_wants_a_payment_term_with_each_change_loses_nothing(owed: BillSite, term: bool) -> None:
    """Given an organisation that refuses a PATCH without a payment term, and the same bill, with a term of a clerk's
    or without one
    when amounts of its voucher change
    then the bill has them, its term is as it was, and all that people entered is there."""
    owed.bill.configure(patch_needs_payment_term=True)
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    full = filled(owed, entry)
    if term:
        owed.bill.set(FLOW, full["id"], paymentTermId=owed.bill.create("payment_terms", {"name": "N30", "daysDue": 30}))
    before = bill_of(owed, entry).get("paymentTermId")
    assert bool(before) is term
    owed.books.change_items(entry, "110.00")
    owed.books.line(entry, 2, "30.5020", "70.00")
    assert run(owed) == {"updated": 1}
    after = bill_of(owed, entry)
    assert lines(owed, after) == [("30.5010", D("40.00")), ("30.5020", D("70.00"))]
    assert after.get("paymentTermId") == before
    kept(full, after)
    assert owed.bill.calls("PUT /connect/v3/bills/{id}") == int(not term)
    assert run(owed) == {"unchanged": 1}
    assert unexplained(owed) == []


@pytest.mark.parametrize("call", ["GET bills/*", "PUT bills/*"])
def test_who_sets_the_pay_from_account_between_two_of_our_calls(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Given a bill whose voucher got a cost line more
    when somebody sets its pay-from account right before we read the bill for the last time
    then it stays. (Of what is set between that reading and the PUT that follows at once, BILL has no way to tell: that
    alone is written over.)"""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    made, account = bill_of(owed, entry), owed.bill.all("chart_of_accounts")[0]["id"]
    owed.books.line(entry, 2, "30.5020", "50.00")
    owed.books.line(entry, 3, "40.4110", "10.00")
    done = before(monkeypatch, call, lambda: owed.bill.set(FLOW, made["id"], payFromChartOfAccountId=account))
    assert run(owed) == {"updated": 1}
    assert done == [call]
    after = bill_of(owed, entry)
    assert len(after["billLineItems"]) == 3
    assert after.get("payFromChartOfAccountId") == (account if call.startswith("GET") else None)


@pytest.mark.parametrize("state", ["before the sync", "between two of our calls"])
def test_a_credit_that_a_person_applied_is_never_taken_off(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Given a bill of 100.00, and a credit of its vendor
    when somebody applies the credit to it, and its voucher gets a cost line more
    then nothing is written: a PUT could take the credit off, and a person is told. Applied between two of our calls it
    is the same."""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    made = bill_of(owed, entry)
    account = owed.bill.all("chart_of_accounts")[0]["id"]
    credit = owed.bill.act(
        "enter_credit",
        body={
            "vendorId": made["vendorId"],
            "referenceNumber": "C-1",
            "creditDate": "2026-03-01",
            "vendorCreditLineItems": [{"amount": "20.00", "classifications": {"chartOfAccountId": account}}],
        },
    )
    owed.books.line(entry, 2, "30.5020", "50.00")
    owed.books.line(entry, 3, "40.4110", "10.00")

    def apply() -> None:
        owed.bill.act("apply_credit", id=credit["id"], bill={"id": made["id"]}, amount="20.00")

    if state == "before the sync":
        apply()
    else:
        assert not before(monkeypatch, "GET bills/*", apply)
    assert run(owed) == {"held": 1}
    assert owed.exception(FLOW).reason == "bill_in_payment"
    after = bill_of(owed, entry)
    assert [(each["id"], D(each["amount"])) for each in after["vendorCredits"]] == [(credit["id"], D("20.00"))]
    assert D(after["dueAmount"]) == D("80.00")
    assert owed.bill.calls("PUT /connect/v3/bills/{id}") == 0


def test_what_a_person_changes_between_two_of_our_calls_is_a_conflict(
    owed: BillSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a bill whose voucher changed
    when somebody gives it another due date between our reading and our writing
    then their date stands, nothing was sent, and the same run says that both sides changed."""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    made = bill_of(owed, entry)
    owed.books.change_items(entry, "100.00", DDJ="2026-05-31")
    done = before(
        monkeypatch, "GET bills/*", lambda: owed.bill.act("edit_bill", id=made["id"], set={"dueDate": "2026-09-01"})
    )
    assert run(owed) == {"conflict": 1}
    assert done
    assert bill_of(owed, entry)["dueDate"] == "2026-09-01"
    assert owed.bill.calls("PATCH /connect/v3/bills/{id}") == 0


@pytest.mark.reason("not_kept")
def test_what_bill_does_not_keep_is_told(owed: BillSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a bill on which somebody set the pay-from account
    when BILL loses that in a PUT which repeated it
    then an exception of high severity names the field and what was in it, at the next sync too; who has entered it
    again replays, and it is well."""
    entry = owed.books.voucher(costs=COSTS)
    assert run(owed) == {"created": 1}
    full = filled(owed, entry)
    owed.books.line(entry, 2, "30.5020", "50.00")
    owed.books.line(entry, 3, "40.4110", "10.00")
    with monkeypatch.context() as forgetful:
        loses(forgetful, "payFromChartOfAccountId")
        assert run(owed) == {"held": 1}
    for _ in range(2):
        reported = owed.exception(FLOW)
        assert (reported.reason, severity_of(reported.reason), reported.field) == (
            "not_kept",
            "high",
            "payFromChartOfAccountId",
        )
        assert full["payFromChartOfAccountId"] in (reported.value or "")
        run(owed)
    owed.bill.set(FLOW, full["id"], payFromChartOfAccountId=full["payFromChartOfAccountId"])
    owed.replay(FLOW)
    assert run(owed) == {"unchanged": 1}
    assert owed.exceptions(FLOW) == []
    kept(full, bill_of(owed, entry))


def loses(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """BILL does not take this field in a PUT."""
    send = HTTPAdapter.send

    def without(self: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if request.method == "PUT":
            body = json.loads(request.body or b"{}")
            assert body.pop(field)
            request.prepare_body(json.dumps(body).encode(), None)
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", without)


def test_a_vendor_credit_keeps_what_people_entered(testbed: BillSite) -> None:
    """Given a credit whose account to apply to, and job and item of a line, people of BILL have set
    when its debit memo gets a cost line more
    then they are there, on the line on which they were set."""
    testbed = owing(testbed, CREDITS)
    entry = testbed.books.voucher(kind="PD", costs=(("30.5010", "-40.00"), ("30.5020", "-60.00")))
    assert run(testbed, CREDITS) == {"created": 1}
    made, more = credit_of(testbed, entry), records(testbed)
    account = testbed.bill.all("chart_of_accounts")[0]["id"]
    _, second = made["vendorCreditLineItems"]
    coded = {"id": second["id"], "classifications": {**second["classifications"], **more}}
    changes = {"applyToChartOfAccountId": account, "vendorCreditLineItems": [coded]}
    testbed.bill.act("edit_credit", id=made["id"], set=changes)
    testbed.books.line(entry, 2, "30.5020", "-50.00")
    testbed.books.line(entry, 3, "40.4110", "-10.00")
    assert run(testbed, CREDITS) == {"updated": 1}
    after = credit_of(testbed, entry)
    assert after["applyToChartOfAccountId"] == account
    now = next(line for line in after["vendorCreditLineItems"] if line["id"] == second["id"])
    assert now["classifications"] == coded["classifications"]
    assert len(after["vendorCreditLineItems"]) == 3
    assert outcomes(testbed.sync(CREDITS)[CREDITS]) == {"unchanged": 1}

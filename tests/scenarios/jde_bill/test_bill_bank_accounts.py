"""A bank account that changes while documents are open is for a second person, and nothing new is paid meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill_ordered import FLOW as ORDERS
from bill_ordered import ordering
from bill_owed import CREDITS, FLOW, bill_of, item, owing, run
from bill_site import BillSite
from scenario_books import HOME, TODAY, Entry
from scenario_site import outcomes

from connector_assets.engine.reasons import severity_of
from connector_resources.errors import UnusableInput

VENDORS = "vendors"
KEY = "F0401:4343"
FIRST, SECOND, IBAN = "20304050607081", "99887766554422", "GB29NWBK60161331926819"
ROUTING = "026009593"
ACCOUNT = "GET /connect/v3/vendors/{id}/bank-account"
NUMBERS = (FIRST, SECOND, IBAN, ROUTING)


def account(testbed: BillSite, number: str = FIRST, row: int = 1, party: int = 4343, **columns: Any) -> None:
    """A clerk enters a bank account of a supplier, or changes it, some minutes later."""
    testbed.sandbox.clock.advance(600)
    values = {"UKID": row, "BKTP": "V", "AN8": party, "TNST": ROUTING, "CBNK": number}
    testbed.books.upsert("F0030", values | columns)


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL, and the bank account of one is known."""
    owing(testbed, CREDITS)
    account(testbed)
    testbed.sync(VENDORS)
    assert testbed.exceptions(VENDORS) == []
    return testbed


def confirm(testbed: BillSite, id: str, note: str = "called them: it is their new bank") -> None:
    testbed.ledger.exceptions.dismiss(id, actor="second", note=note, now=testbed.clock.now())


def events(testbed: BillSite, name: str, key: str = KEY) -> list[Any]:
    return [each for each in testbed.ledger.audit.of(key)[1] if each.event == name]


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of an installation: ledger, landing store, settings, logs."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()


@pytest.mark.reason("bank_account_changed")
def test_an_account_that_changes_while_a_bill_is_open_is_told_and_holds_what_is_new(owed: BillSite) -> None:
    """Given a bill that BILL has not paid
    when the supplier's bank account changes in JD Edwards, and another voucher comes
    then a second person is told, with what is open, the bill stays, and the new one waits until they have looked."""
    first = owed.books.voucher(costs=(("30.5010", "120.00"),))
    assert run(owed) == {"created": 1}
    account(owed, SECOND)
    second = owed.books.voucher(7002, costs=(("30.5010", "30.00"),))
    reports = owed.sync(VENDORS, FLOW)
    assert outcomes(reports[FLOW]) == {"unchanged": 1, "held": 1}
    reported, held = owed.exception(VENDORS), owed.exception(FLOW)
    assert (reported.key, reported.reason, severity_of(reported.reason)) == (KEY, "bank_account_changed", "high")
    assert "from …7081 to …4422" in reported.message and "2 documents are open, 150.00 GBP" in reported.message
    assert (held.reason, held.key) == ("bank_account_changed", f"{second.document}/001")
    assert "4343" in held.value and "…4422" in held.value
    assert not bill_of(owed, first)["archived"]
    # nothing is done in JD Edwards either: the new one is not handed over
    with pytest.raises(UnusableInput, match="--note"):
        confirm(owed, reported.id, " ")
    confirm(owed, reported.id)
    assert owed.exceptions(VENDORS) == []
    assert outcomes(owed.sync(FLOW, first=TODAY, last=TODAY)[FLOW])["created"] == 1
    assert owed.exceptions(FLOW) == []
    (event,) = events(owed, "confirmed")
    assert (event.actor, event.detail["note"]) == ("second", "called them: it is their new bank")
    # the vendor itself goes on as before
    assert owed.ledger.deliveries.load("jde_bill/vendors", [KEY])[KEY].state == "settled"


@pytest.mark.reason("bank_account_changed")
def test_it_stands_until_a_person_has_looked_even_where_the_former_account_is_back(owed: BillSite) -> None:
    """Given an account that changed while a bill was open
    when it is changed back before anybody has looked
    then both changes are told, and what is new waits."""
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    account(owed, SECOND)
    owed.sync(VENDORS)
    account(owed, FIRST)
    owed.sync(VENDORS)
    reported = owed.exception(VENDORS)
    assert "from …7081 to …4422" in reported.value and "from …4422 to …7081" in reported.value


@pytest.mark.reason("bank_account_changed")
@pytest.mark.parametrize(("change", "words"), [("add", "added …6819"), ("remove", "removed …4422, left: …7081")])
def test_an_account_more_or_less_is_a_change(owed: BillSite, change: str, words: str) -> None:
    """Given a bill that is open, and a supplier of one or two accounts
    when one is added, or one of two taken away
    then a second person is told."""
    if change == "remove":
        account(owed, SECOND, row=2)
        owed.sync(VENDORS)
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    if change == "add":
        account(owed, "", row=2, IBAN=IBAN, SWFT="NWBKGB2L")
    else:
        owed.sandbox.clock.advance(600)
        owed.books.delete("F0030", {"UKID": 2})
    owed.sync(VENDORS)
    assert words in owed.exception(VENDORS).value


@pytest.mark.reason("bank_account_changed")
def test_the_first_account_of_a_supplier_with_open_bills_is_a_change_too(testbed: BillSite) -> None:
    """Given a supplier without a bank account, known for long, and an open bill
    when an account is entered
    then a second person is told; a new supplier's account is where it is first seen."""
    owing(testbed)
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    account(testbed)
    testbed.sync(VENDORS)
    assert "added …7081" in testbed.exception(VENDORS).value
    testbed.books.supplier(4345, "Cooper Casks")
    account(testbed, SECOND, row=2, party=4345)
    testbed.books.voucher(7003, supplier=4345)
    reports = testbed.sync(VENDORS, FLOW)
    assert (outcomes(reports[VENDORS])["created"], outcomes(reports[FLOW])["created"]) == (1, 1)
    assert len(testbed.exceptions(VENDORS)) == 1


def test_a_change_with_nothing_open_is_remembered_quietly(owed: BillSite) -> None:
    """Given a supplier to whom nothing is open
    when its account changes, and a voucher comes later
    then the audit trail has the change, and the voucher goes."""
    account(owed, SECOND)
    owed.sync(VENDORS)
    assert owed.exceptions(VENDORS) == []
    event = events(owed, "bank_account_changed")[-1]
    assert "from …7081 to …4422" in event.detail["value"]
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.sync(VENDORS)
    assert owed.exceptions(VENDORS) == []


@pytest.mark.reason("bank_account_changed")
def test_who_is_paid_counts_and_not_whose_invoice_it_is(owed: BillSite) -> None:
    """Given a voucher that goes to a factor
    when the supplier's account changes, and then the factor's
    then only the second is told, and holds what goes to the factor."""
    account(owed, "55554444333322", row=2, party=4344)
    owed.sync(VENDORS)
    entry = owed.books.voucher()
    item(owed, entry, PYE=4344)
    assert run(owed) == {"created": 1}
    account(owed, SECOND)
    owed.sync(VENDORS)
    assert owed.exceptions(VENDORS) == []
    account(owed, "55554444333399", row=2, party=4344)
    owed.sync(VENDORS)
    assert owed.exception(VENDORS).key == "F0401:4344"
    owed.books.voucher(7002, invoice="A-2")
    assert run(owed)["created"] == 1


@pytest.mark.parametrize("answer", ["403", "200"])
def test_a_table_that_may_not_be_read_is_said_once_and_nothing_fails(owed: BillSite, answer: str) -> None:
    """Given a user who may not read the bank accounts any more
    when the vendors are synced twice
    then all goes on, and the audit trail and `ping` say once that nobody watches them."""
    owed.sandbox.post("/options", {"jde": {"hidden_tables": ["F0030"], "hidden_answer": answer}})
    try:
        for _ in range(2):
            assert owed.sync(VENDORS)[VENDORS].error is None
        owed.books.voucher()
        assert run(owed) == {"created": 1}
        with owed.context() as context:
            (note,) = owed._flow(context, VENDORS).startup_notes()
        assert "are not watched" in note and "F0030" in note
        assert owed.tick(VENDORS).answered
    finally:
        owed.sandbox.post("/options", {"jde": {"hidden_tables": [], "hidden_answer": "403"}})
    assert owed.exceptions(VENDORS) == []
    (event,) = events(owed, "bank_accounts_not_watched", "")
    assert event.detail["entity"] == "F0030"


def test_a_server_that_fails_for_the_table_fails_the_run_until_the_site_turns_it_off(owed: BillSite) -> None:
    """Given an AIS server that answers 500 for a table that it does not show
    when the vendors are synced, and again with bank_accounts: off
    then the first run says so, since it cannot be told from a server that is down, and the second one is well."""
    owed.sandbox.post("/options", {"jde": {"hidden_tables": ["F0030"], "hidden_answer": "500"}})
    try:
        assert "F0030" in str(owed.sync(VENDORS)[VENDORS].error)
        owed.configure(VENDORS, bank_accounts="off")
        assert owed.sync(VENDORS)[VENDORS].error is None
    finally:
        owed.sandbox.post("/options", {"jde": {"hidden_tables": [], "hidden_answer": "403"}})


@pytest.mark.parametrize("columns", [["CBNK"], ["TNST", "CBNK", "IBAN", "SWFT"]])
def test_columns_that_are_hidden_are_not_an_account_that_is_gone(owed: BillSite, columns: list[str]) -> None:
    """Given column security that hides the numbers, when the vendors are synced, then no change is told of it."""
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.sandbox.post("/options", {"jde": {"hidden_columns": {"F0030": columns}}})
    try:
        account(owed, SECOND)
        assert owed.sync(VENDORS)[VENDORS].error is None
    finally:
        owed.sandbox.post("/options", {"jde": {"hidden_columns": {}}})
    assert owed.exceptions(VENDORS) == []
    # what changed meanwhile is told as soon as it can be seen
    owed.sync(VENDORS)
    assert "from …7081 to …4422" in owed.exception(VENDORS).value


def test_an_encrypted_column_that_changes_is_a_change_of_what_nobody_can_read(owed: BillSite) -> None:
    """Given a site whose account numbers are encrypted in the table
    when the text changes while a bill is open
    then it is a change, and shows nothing of the text."""
    account(owed, "a9$kQ==/x1")
    owed.sync(VENDORS)
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    account(owed, "b7!mZ==/y2")
    owed.sync(VENDORS)
    assert "from unknown to unknown" in owed.exception(VENDORS).value


def test_a_change_that_no_date_tells_of_is_found_by_the_sweep(owed: BillSite) -> None:
    """Given an account that was changed past JD Edwards' programs, so that its date stays
    when it is synced, and swept
    then the sweep tells it."""
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    row = {"UKID": 1, "CBNK": SECOND}
    before = owed.ledger.watermarks.get("jde_bill/vendors", "F0030")
    assert before is not None
    day, clock = before.probe["day"], before.probe["time"]
    owed.sandbox.post("/rows", {"system": "jde", "table": "F0030", "upsert": [row | {"UPMJ": day, "UPMT": clock}]})
    owed.sync(VENDORS)
    assert owed.exceptions(VENDORS) == []
    owed.sweep(VENDORS)
    assert "to …4422" in owed.exception(VENDORS).value


def test_a_change_alone_lets_a_poll_run_and_costs_nothing_where_there_is_none(owed: BillSite) -> None:
    """Given an installation in which nothing changed
    when a tick looks, and looks again after an account changed
    then only the second one runs; a sync without a change does not read the accounts."""
    owed.sync(VENDORS, first=TODAY - timedelta(days=1))
    before = dict(owed.sandbox.get("/faults")["routes"]["jde"])
    owed.sync(VENDORS)
    again = dict(owed.sandbox.get("/faults")["routes"]["jde"])
    account(owed, SECOND)
    assert "F0030 changed" in owed.tick(VENDORS).why
    owed.sync(VENDORS)
    assert "F0030 changed" not in owed.tick(VENDORS).why
    assert before.keys() == again.keys()


def test_a_site_may_turn_it_off(testbed: BillSite) -> None:
    """Given bank_accounts: off, when an account changes while a bill is open, then nothing is read and nothing told."""
    owing(testbed)
    testbed.configure(VENDORS, bank_accounts="off")
    account(testbed)
    testbed.sync(VENDORS)
    testbed.books.voucher()
    assert run(testbed) == {"created": 1}
    account(testbed, SECOND)
    testbed.sync(VENDORS)
    assert testbed.exceptions(VENDORS) == []
    assert "F0030 changed" not in testbed.tick(VENDORS).why


def test_another_exception_of_the_supplier_does_not_take_it_along(owed: BillSite) -> None:
    """Given a supplier held for something else while its account has changed
    when a person dismisses that
    then the change of the account still stands."""
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    account(owed, SECOND)
    owed.books.upsert("F0116", {"AN8": 4343, "EFTB": "2020-01-01", "CTR": ""})
    owed.sync(VENDORS)
    found = {each.reason: each for each in owed.exceptions(VENDORS)}
    assert len(found) == 2
    (other,) = (each for reason, each in found.items() if reason != "bank_account_changed")
    owed.dismiss(other.id)
    assert owed.exception(VENDORS).reason == "bank_account_changed"


def bank(number: str = FIRST, **more: str) -> dict[str, str]:
    """A vendor's bank account as a user of BILL enters it."""
    return {"nameOnAccount": "Anvil & Sons", "accountNumber": number, "routingNumber": ROUTING} | more


def in_bill(testbed: BillSite, number: str, **more: str) -> None:
    """A user of BILL gives the supplier's vendor another bank account, some minutes later."""
    testbed.sandbox.clock.advance(600)
    vendor = testbed.bill.one(VENDORS, shortName="JDE 4343")
    testbed.bill.act("add_bank_account", id=vendor["id"], body=bank(number, **more))


def paid_by_ach(testbed: BillSite) -> BillSite:
    """A bill is open, and the vendor's account in BILL was seen."""
    owing(testbed)
    in_bill(testbed, FIRST)
    testbed.books.voucher(costs=(("30.5010", "120.00"),))
    assert run(testbed) == {"created": 1}
    testbed.sync(VENDORS)
    assert testbed.exceptions(VENDORS) == []
    return testbed


@pytest.mark.reason("bank_account_changed")
@pytest.mark.parametrize("shown", ["masked", "clear"])
def test_an_account_that_changes_in_bill_while_a_bill_is_open_is_told_and_holds_what_is_new(
    testbed: BillSite, shown: str
) -> None:
    """Given an open bill of a vendor that is paid by ACH
    when somebody gives the vendor another account in BILL
    then a second person is told, with what is open there, and a new bill waits until they have looked."""
    testbed.bill.configure(bank_account_numbers=shown)
    try:
        paid_by_ach(testbed)
        in_bill(testbed, SECOND)
        testbed.books.voucher(7002)
        reports = testbed.sync(VENDORS, FLOW)
        assert outcomes(reports[FLOW])["held"] == 1
        reported = testbed.exception(VENDORS)
        assert (reported.key, reported.reason) == (KEY, "bank_account_changed")
        assert "in BILL changed from …7081 to …4422; 1 document is open, 120.00 GBP" in reported.value
        confirm(testbed, reported.id)
        assert run(testbed)["created"] == 1
        assert testbed.exceptions(FLOW) == []
    finally:
        testbed.bill.configure(bank_account_numbers="masked")


@pytest.mark.reason("bank_account_changed")
@pytest.mark.parametrize(("number", "words"), [("11112222337081", "from …7081 to …7081"), ("", "removed …7081")])
def test_an_account_of_the_same_end_or_none_is_a_change_in_bill(testbed: BillSite, number: str, words: str) -> None:
    """Given an open bill, and a vendor whose number BILL shows masked
    when its account is replaced by one of the same last four, or deleted
    then a second person is told."""
    paid_by_ach(testbed)
    if number:
        in_bill(testbed, number)
    else:
        testbed.sandbox.clock.advance(600)
        testbed.bill.act("delete_bank_account", id=testbed.bill.one(VENDORS, shortName="JDE 4343")["id"])
    testbed.sync(VENDORS)
    assert words in testbed.exception(VENDORS).value


def test_an_account_that_changes_in_bill_with_nothing_open_is_where_it_is_first_seen(testbed: BillSite) -> None:
    """Given a vendor whose bill is paid
    when its account changes, and another voucher comes
    then nobody is asked, and BILL was asked for no account meanwhile."""
    paid_by_ach(testbed)
    entry = Entry(4711, "PV", HOME)
    testbed.books.pay(entry)
    testbed.sync(FLOW, VENDORS)
    calls = testbed.bill.calls(ACCOUNT)
    in_bill(testbed, SECOND)
    testbed.sync(VENDORS)
    assert testbed.bill.calls(ACCOUNT) == calls
    testbed.books.voucher(7002)
    assert run(testbed)["created"] == 1
    testbed.sync(VENDORS)
    assert testbed.exceptions(VENDORS) == []


def test_bill_is_asked_for_an_account_only_where_its_vendor_changed(testbed: BillSite) -> None:
    """Given an open bill whose vendor's account was seen
    when nothing changes in BILL for an hour, and when the sweep looks
    then it is not asked for again, and asked for once."""
    paid_by_ach(testbed)
    testbed.sandbox.clock.advance(3600)
    testbed.sync(VENDORS)
    calls = testbed.bill.calls(ACCOUNT)
    assert calls
    testbed.sandbox.clock.advance(3600)
    testbed.sync(VENDORS)
    assert testbed.bill.calls(ACCOUNT) == calls
    testbed.sweep(VENDORS)
    assert testbed.bill.calls(ACCOUNT) == calls + 1


def test_a_role_that_may_not_see_accounts_in_bill_fails_nothing(testbed: BillSite) -> None:
    """Given a user of BILL who may not see bank accounts
    when the vendors are synced twice
    then all goes on, and the audit trail says once that nobody watches them."""
    owing(testbed)
    in_bill(testbed, FIRST)
    testbed.bill.configure(denied_operations=["GET /v3/vendors/{id}/bank-account"])
    try:
        testbed.books.voucher()
        assert run(testbed) == {"created": 1}
        for _ in range(2):
            assert testbed.sync(VENDORS)[VENDORS].error is None
        with testbed.context() as context:
            assert "bank accounts in BILL are not watched" in testbed._flow(context, VENDORS).startup_notes()[-1]
    finally:
        testbed.bill.configure(denied_operations=[])
    assert [each.detail["entity"] for each in events(testbed, "bank_accounts_not_watched", "")] == [
        "vendors/bank-account"
    ]
    assert testbed.exceptions(VENDORS) == []


@pytest.mark.reason("bank_account_changed")
@pytest.mark.parametrize("side", ["jde", "bill"])
def test_a_run_of_the_bills_alone_looks_before_it_makes_one(testbed: BillSite, side: str) -> None:
    """Given an open bill, and an account that changes in either system
    when the flow of the bills runs alone, with another voucher
    then it waits, and the change is told."""
    account(testbed)
    testbed.sync(VENDORS)
    paid_by_ach(testbed)
    if side == "jde":
        account(testbed, SECOND)
    else:
        in_bill(testbed, SECOND)
    testbed.books.voucher(7002)
    assert run(testbed)["held"] == 1
    assert (testbed.exception(FLOW).reason, testbed.exception(VENDORS).reason) == ("bank_account_changed",) * 2


@pytest.mark.reason("bank_account_changed")
def test_an_order_is_no_bill_meanwhile_either(testbed: BillSite) -> None:
    """Given an order whose bill is open in BILL
    when the vendor's account changes there, and another order is approved
    then it waits until the account is confirmed."""
    buyers = ordering(testbed)
    in_bill(testbed, FIRST)
    buyers.order(100234)
    assert run(testbed, ORDERS) == {"created": 1}
    testbed.sync(VENDORS)
    in_bill(testbed, SECOND)
    buyers.order(100235)
    assert run(testbed, ORDERS)["held"] == 1
    assert testbed.exception(ORDERS).reason == "bank_account_changed"
    confirm(testbed, testbed.exception(VENDORS).id)
    assert run(testbed, ORDERS)["created"] == 1


def test_no_number_is_anywhere_but_in_the_systems(owed: BillSite, caplog: pytest.LogCaptureFixture) -> None:
    """Given accounts that were seen, changed, told and confirmed
    when all that the installation keeps is searched
    then none of the numbers is in it."""
    in_bill(owed, FIRST)
    owed.bill.configure(bank_account_numbers="clear")
    owed.books.voucher()
    assert run(owed) == {"created": 1}
    owed.sync(VENDORS)
    in_bill(owed, SECOND)
    account(owed, SECOND)
    account(owed, "", row=2, IBAN=IBAN)
    owed.sync()
    owed.sweep(VENDORS)
    reported = owed.exception(VENDORS)
    assert "in BILL changed" in reported.value and "JD Edwards" in reported.value
    confirm(owed, reported.id)
    owed.bill.configure(bank_account_numbers="masked")
    for name, content in everything(owed.folder):
        for number in NUMBERS:
            assert number.encode() not in content, f"{number} is in {name}"
    assert not any(number in caplog.text for number in NUMBERS)
    assert Decimal(bill_of_only(owed)["amount"]) > 0


def bill_of_only(testbed: BillSite) -> dict[str, Any]:
    (found,) = testbed.bill.all(FLOW)
    return found

"""Approved vouchers of JD Edwards as bills of BILL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bill_originals import made_of
from bill_owed import FLOW, bill_of, compared, item, key, lines, marked, owing, run, unexplained
from bill_site import BillSite
from scenario_books import CHART
from scenario_site import outcomes, tally

D = Decimal
COSTS = (("30.5010", "33.33"), ("30.5020", "33.33"), ("40.5010", "33.34"))


@pytest.fixture
def owed(testbed: BillSite) -> BillSite:
    """The suppliers are vendors of BILL."""
    return owing(testbed)


@pytest.mark.quick("jde_bill/bills")
def test_an_approved_voucher_becomes_a_bill_to_the_penny(owed: BillSite) -> None:
    """Given an approved voucher of 120.00 with 20.00 tax, its costs on three accounts
    when bills are synced
    then BILL holds one bill of 120.00 with the supplier's number, dates and vendor, its lines the costs with the tax in
    proportion; a second run changes nothing, and both systems agree."""
    entry = owed.books.voucher(costs=COSTS, tax="20.00", invoice="A-20418", remark="Fences")
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    assert bill["description"] == f"{marked(entry)} | Fences"
    assert bill["invoice"] == {"invoiceNumber": "A-20418", "invoiceDate": "2026-02-20"}
    assert (bill["dueDate"], D(bill["amount"]), D(bill["dueAmount"])) == ("2026-03-22", D("120.00"), D("120.00"))
    assert owed.bill.get("vendors", bill["vendorId"])["name"] == "Anvil & Sons"
    assert lines(owed, bill) == [("30.5010", D("40.00")), ("30.5020", D("40.00")), ("40.5010", D("40.00"))]
    assert run(owed) == {"unchanged": 1}
    both = compared(owed)
    assert both.differences == []
    assert both.source.as_json() == both.target.as_json() == {"documents": 1, "amounts": {"GBP": "120.00"}}


def test_the_tax_may_be_a_line_of_its_own(owed: BillSite) -> None:
    """Given the setting `tax: line` with an account for it
    when a voucher with tax is synced
    then the lines are the costs as they are, and the tax beside them."""
    owed.configure(FLOW, tax="line", tax_account=CHART["40.4110"]["AID"])
    entry = owed.books.voucher(costs=COSTS, tax="20.00")
    assert run(owed) == {"created": 1}
    assert lines(owed, bill_of(owed, entry)) == [
        ("40.4110", D("20.00")),
        ("30.5010", D("33.33")),
        ("30.5020", D("33.33")),
        ("40.5010", D("33.34")),
    ]


def test_what_is_not_approved_is_no_bill_until_it_is(owed: BillSite) -> None:
    """Given vouchers on hold, in an approval workflow, void, and paid by JD Edwards already
    when bills are synced
    then none is sent, each by a stated rule; the one on hold is once it is approved."""
    held = owed.books.voucher(1, status="H")
    owed.books.voucher(2, status="Y")
    owed.books.void(owed.books.voucher(3))
    owed.books.pay(owed.books.voucher(4))
    report = owed.sync(FLOW)[FLOW]
    assert outcomes(report) == {"ignored": 4}
    assert tally(report) == {"not_approved": 2, "settled_before_go_live": 2}
    item(owed, held, PST="A")
    assert run(owed) == {"created": 1, "ignored": 3}
    assert bill_of(owed, held)["paymentStatus"] == "UNPAID"
    assert owed.exceptions(FLOW) == []


def test_pay_items_that_agree_are_one_bill(owed: BillSite) -> None:
    """Given a voucher whose three pay items agree in status and due date
    when bills are synced
    then they are one bill, which names them all."""
    entry = owed.books.voucher(costs=COSTS, items=("50.00", "30.00", "20.00"))
    report = owed.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"created": 1, "ignored": 2}, {"in_another_bill": 2})
    bill = bill_of(owed, entry)
    assert bill["description"] == marked(entry, "001", "002", "003")
    assert (bill["invoice"]["invoiceNumber"], D(bill["amount"])) == ("INV-4711", D("100.00"))
    assert unexplained(owed) == []


def test_pay_items_that_differ_are_bills_of_their_own(owed: BillSite) -> None:
    """Given a voucher of 100.00 in three pay items, one due later, one on hold
    when bills are synced
    then the two approved ones are a bill each, of a number of its own, the costs prorated with the rounding on the last
    line, and the third is none."""
    entry = owed.books.voucher(costs=COSTS, items=("50.00", "30.01", "19.99"), invoice="A-20418")
    item(owed, entry, "002", DDJ="2026-04-21")
    item(owed, entry, "003", PST="H")
    report = owed.sync(FLOW)[FLOW]
    assert (outcomes(report), tally(report)) == ({"created": 2, "ignored": 1}, {"not_approved": 1})
    first, second = bill_of(owed, entry, "001"), bill_of(owed, entry, "002")
    assert [amount for _, amount in lines(owed, first)] == [D("16.67"), D("16.67"), D("16.66")]
    assert [amount for _, amount in lines(owed, second)] == [D("10.00"), D("10.00"), D("10.01")]
    assert (second["dueDate"], D(second["amount"])) == ("2026-04-21", D("30.01"))
    numbers = {bill["invoice"]["invoiceNumber"] for bill in (first, second)}
    assert len(numbers) == 2
    assert all(number.startswith("A-204~00001PV") and len(number) == 21 for number in numbers)
    assert second["description"] == f"{marked(entry, '002')} | A-20418"
    assert unexplained(owed) == []


@pytest.mark.reason("covered_by_another_bill")
def test_a_pay_item_leaves_a_bill_before_it_is_in_another(owed: BillSite) -> None:
    """Given a bill of two pay items, one of which becomes due later
    when bills are synced
    then the bill shrinks to the first, and only in the next run the second is a bill of its own: never in two at
    once."""
    entry = owed.books.voucher(items=("60.00", "40.00"))
    assert run(owed) == {"created": 1, "ignored": 1}
    item(owed, entry, "002", DDJ="2026-04-21")
    assert run(owed) == {"updated": 1, "held": 1}
    assert owed.reasons(FLOW) == {key(entry, "002"): {"covered_by_another_bill"}}
    shrunk = bill_of(owed, entry)
    assert (shrunk["description"], D(shrunk["amount"])) == (marked(entry), D("60.00"))
    assert len(owed.bill.all(FLOW)) == 1
    assert run(owed) == {"unchanged": 1, "created": 1}
    assert D(bill_of(owed, entry, "002")["amount"]) == D("40.00")
    assert owed.exceptions(FLOW) == []
    assert unexplained(owed) == []


def test_only_what_is_open_is_owed(owed: BillSite) -> None:
    """Given an approved voucher of 100.00 of which JD Edwards has paid 40.00
    when bills are synced
    then the bill is for 60.00, and nothing is recorded on it."""
    entry = owed.books.voucher(costs=COSTS)
    owed.books.pay(entry, "40.00")
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    assert (D(bill["amount"]), bill["paymentStatus"]) == (D("60.00"), "UNPAID")
    assert [amount for _, amount in lines(owed, bill)] == [D("20.00"), D("20.00"), D("20.00")]
    assert run(owed) == {"unchanged": 1}
    assert owed.bill.all("payments") == []


def test_a_number_that_is_too_long_or_holds_the_sign_is_coded(owed: BillSite) -> None:
    """Given supplier's numbers of 25 characters that begin alike, and one with the sign of coded numbers
    when bills are synced
    then each bears a number of 21 characters of its own, and the supplier's is in the description."""
    numbers = ("2026/NORTHMOOR/FENCES/001", "2026/NORTHMOOR/FENCES/002", "2026/~00001PV000001")
    entries = [owed.books.voucher(doc, invoice=number) for doc, number in enumerate(numbers, 1)]
    assert run(owed) == {"created": 3}
    bills = [bill_of(owed, entry) for entry in entries]
    assert [bill["invoice"]["invoiceNumber"] for bill in bills] == [
        "2026/~00001PV00000101",
        "2026/~00001PV00000201",
        "2026/~00001PV00000301",
    ]
    assert [bill["description"].split(" | ")[1] for bill in bills] == list(numbers)


def test_special_characters_arrive_as_they_are(owed: BillSite) -> None:
    """Given a number, a remark and a line with quotes, commas, colons and letters of other alphabets
    when bills are synced
    then BILL shows them as they are, and finds the bill again."""
    number, remark, text = 'Ä"1,2:3\\&<b>', "Zäune, 50% & 'Tor'", 'Pfähle "3 m" – Ωmega, 緑'
    entry = owed.books.voucher(invoice=number, remark=remark, texts=(text,))
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    assert bill["invoice"]["invoiceNumber"] == number
    assert bill["description"] == f"{marked(entry)} | {remark}"
    assert bill["billLineItems"][0]["description"] == text
    owed.books.change_items(entry, "80.00")
    owed.books.line(entry, 1, "30.5010", "80.00")
    assert run(owed) == {"updated": 1}
    assert unexplained(owed) == []


def test_a_second_voucher_of_a_number_waits_or_goes_with_a_coded_one(owed: BillSite) -> None:
    """Given two vouchers of one supplier and invoice number
    when bills are synced
    then the first goes and the second is held as a possible duplicate; with `duplicates: send` it goes with a number
    of its own, and the first keeps its."""
    first = owed.books.voucher(1, invoice="A-1")
    second = owed.books.voucher(2, invoice="A-1")
    assert run(owed) == {"created": 1, "held": 1}
    assert owed.reasons(FLOW) == {key(second): {"possible_duplicate"}}
    owed.configure(FLOW, duplicates="send")
    assert run(owed) == {"unchanged": 1, "created": 1}
    assert bill_of(owed, first)["invoice"]["invoiceNumber"] == "A-1"
    assert bill_of(owed, second)["invoice"]["invoiceNumber"] == "A-1~00001PV00000201"


def test_somebody_entered_the_same_invoice_in_bill(owed: BillSite) -> None:
    """Given a bill that a person entered in BILL with our vendor and number
    when the voucher is synced
    then it is held, for it would be paid twice, and BILL holds the one bill."""
    first = owed.books.voucher(1)
    assert run(owed) == {"created": 1}
    body = {
        "vendorId": bill_of(owed, first)["vendorId"],
        "dueDate": "2026-03-22",
        "invoice": {"invoiceNumber": "inv-2", "invoiceDate": "2026-02-20"},
        "billLineItems": [{"amount": "100.00"}],
    }
    owed.bill.act("enter_bill", body=body, approve=True)
    entry = owed.books.voucher(2)
    assert run(owed) == {"unchanged": 1, "held": 1}
    assert owed.reasons(FLOW) == {key(entry): {"natural_key_taken"}}
    assert len(owed.bill.all(FLOW)) == 2


@pytest.mark.reason("currency_not_the_vendors")
def test_another_currency_than_the_vendors_is_held(owed: BillSite) -> None:
    """Given a voucher in euros of a supplier whose vendor is paid in pounds
    when bills are synced
    then it is held, and says in which currency it is."""
    entry = owed.books.voucher(currency="EUR", rate="0.85")
    assert run(owed) == {"held": 1}
    found = owed.exception(FLOW)
    assert (found.key, found.reason, found.value) == (key(entry), "currency_not_the_vendors", "EUR")


def test_another_currency_goes_to_a_second_vendor(owed: BillSite) -> None:
    """Given the vendors' setting `other_currencies: second_vendor`
    when a voucher in euros is synced
    then its bill is in euros, of the supplier's vendor of that currency."""
    owed.configure("vendors", other_currencies="second_vendor")
    entry = owed.books.voucher(currency="EUR", rate="0.85")
    owed.sync("vendors")
    assert run(owed) == {"created": 1}
    bill = bill_of(owed, entry)
    assert D(bill["amount"]) == D("100.00")
    assert owed.bill.get("vendors", bill["vendorId"])["billCurrency"] == "EUR"
    assert compared(owed).source.as_json()["amounts"] == {"EUR": "100.00"}
    assert unexplained(owed) == []


def test_blocked_accounts_hold_the_voucher(owed: BillSite) -> None:
    """Given vouchers on an account that is closed to postings in JD Edwards, and on one that is archived in BILL
    when bills are synced
    then both are held before anything is written, and the second goes once the account is restored."""
    blocked = owed.books.voucher(1, costs=(("30.5190", "100.00"),))
    account = owed.bill.account("40.5010")
    owed.bill.act("archive_account", id=account["id"])
    archived = owed.books.voucher(2, costs=(("40.5010", "50.00"),))
    assert run(owed) == {"held": 2}
    assert owed.reasons(FLOW) == {key(blocked): {"account_not_postable"}, key(archived): {"archived_in_target"}}
    assert owed.bill.all(FLOW) == []
    owed.bill.act("restore_account", id=account["id"])
    assert run(owed) == {"held": 1, "created": 1}


@pytest.mark.reason("department_not_linked")
def test_a_business_unit_without_a_department_holds_the_voucher(owed: BillSite) -> None:
    """Given a business unit that somebody mapped to a department which BILL does not have
    when bills are synced
    then its vouchers are held until it has."""
    entry = owed.books.voucher(1)
    owed.map_value("departments", "30", "Head office")
    assert run(owed) == {"held": 1}
    assert owed.reasons(FLOW) == {key(entry): {"department_not_linked"}}
    office = owed.bill.create("departments", {"name": "Head office"})
    owed.replay(FLOW)
    assert run(owed) == {"created": 1}
    [line] = bill_of(owed, entry)["billLineItems"]
    assert line["classifications"]["departmentId"] == office


def test_the_payee_is_paid_where_the_voucher_names_one(owed: BillSite) -> None:
    """Given a voucher of one supplier that is to be paid to another, who factors its invoices
    when bills are synced
    then the bill is the payee's; a site may have it as the supplier's."""
    other = next(each for each in owed.bill.all("vendors") if each["shortName"] != "JDE 4343")
    payee = int(other["shortName"].removeprefix("JDE "))
    entry, second = owed.books.voucher(1), owed.books.voucher(2)
    item(owed, entry, PYE=payee)
    item(owed, second, PYE=payee)
    owed.books.supplier(4999, "Factoring House")
    item(owed, second, PYE=4999)
    assert run(owed) == {"created": 1, "held": 1}
    assert bill_of(owed, entry)["vendorId"] == other["id"]
    assert owed.reasons(FLOW) == {key(second): {"supplier_not_linked"}}
    assert owed.exception(FLOW).value == "4999"
    owed.configure(FLOW, paid_to="supplier")
    owed.replay(FLOW)
    assert run(owed)["created"] == 1
    [supplier] = [each for each in owed.bill.all("vendors") if each["shortName"] == "JDE 4343"]
    assert bill_of(owed, second)["vendorId"] == supplier["id"]


def test_a_distribution_that_does_not_agree_is_held(owed: BillSite) -> None:
    """Given a voucher whose distribution is a penny off, and one without any
    when bills are synced
    then both are held."""
    off = owed.books.voucher(1)
    owed.books.line(off, 1, "30.5010", "99.99")
    bare = owed.books.voucher(2)
    owed.books.delete_line(bare, 1)
    assert run(owed) == {"held": 2}
    assert owed.reasons(FLOW) == {
        key(off): {"distribution_does_not_agree"},
        key(bare): {"distribution_missing"},
    }


@pytest.mark.known_by("mark", "supplier_invoice")
def test_what_was_born_in_bill_is_not_sent_back(owed: BillSite) -> None:
    """Given a voucher that was made of a bill that was born in BILL
    when bills are synced
    then it is left alone."""
    entry = owed.books.voucher()
    made_of(owed, entry, "00n01ABCDEFGHIJKLMNO")
    report = owed.sync(FLOW)[FLOW]
    assert tally(report) == {"born_in_bill": 1}


def test_a_voucher_of_an_order_that_is_a_bill_is_not_another(owed: BillSite) -> None:
    """Given an order that is a bill of BILL itself
    when a voucher for it is synced
    then it is left alone."""
    entry = owed.books.voucher()
    item(owed, entry, PO="00100234", PDCT="OP", PKCO="00001", SFXO="000")
    owed.link("purchase_order_bills", "F4301:00001/OP/100234/000", "bills", "00n01ABCDEFGHIJKLMNO")
    report = owed.sync(FLOW)[FLOW]
    assert tally(report) == {"billed_by_order": 1}


def test_an_order_is_named_on_the_bill(owed: BillSite) -> None:
    """Given a voucher for a purchase order, when it is synced, then its bill names the order."""
    entry = owed.books.voucher()
    item(owed, entry, PO="00100234", PDCT="OP", PKCO="00001", SFXO="000")
    assert run(owed) == {"created": 1}
    assert bill_of(owed, entry)["purchaseOrderNumber"] == "OP 100234"

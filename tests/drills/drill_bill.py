"""JD Edwards and BILL: a town whose clerks enter vouchers and orders, and whose bills are paid through BILL."""

from __future__ import annotations

from collections.abc import Mapping

import drill_bill_back as back
from drill_bill_owed import (
    bills_amend,
    bills_begin,
    bills_forget,
    bills_go_on,
    bills_undo,
    credits_amend,
    credits_begin,
    credits_forget,
    credits_go_on,
    credits_late,
    credits_undo,
    foreign_bill,
    foreign_credit,
    orders_amend,
    orders_begin,
    orders_forget,
    orders_go_on,
    orders_undo,
)
from drill_bill_testbed import Southmoor, leave
from drill_clerks import (
    LOCAL,
    foreign_payment,
    foreign_voucher,
    known_at,
    nothing,
    payment_leaves,
    site_of,
    there,
    voucher_leaves,
)
from drill_clock import YESTERDAY
from drill_place import Acts, ForeignRecord, Place
from scenario_acts import ORCHESTRATIONS
from scenario_books import CHART, first_books

from connector_sandbox.kernel.system import World

ACCOUNTS = ("30.5010", "30.5020", "30.5020.01", "40.5010", "40.4110", "30.5190", "00001.4110", "00001.4433")
# a unit of a type that is not sent
PROJECT = "70"


def _world() -> Mapping[str, World]:
    tables = first_books()
    tables["F0901"] = [CHART[number] for number in ACCOUNTS]
    return {"jde": tables, "bill": {}}


# -- accounts


def _accounts_go_on(testbed: Southmoor) -> None:
    testbed.books.account("30.5010", "Grounds, parks and ponds")
    testbed.books.account("40.5010", "Housing repairs", posting="N")
    for place, name in enumerate(("Bandstand", "Bowling green", "Boat house", "Bridges"), 1):
        testbed.books.account(f"30.60{place}0", name)
    # BILL has that name already: of the accounts that go together, one is refused
    testbed.enters(
        "chart_of_accounts", {"name": "30.6020 Bowling green", "account": {"type": "EXPENSE", "number": "X-1"}}
    )
    # in use all the same
    testbed.acts("archive_account", where={"account.number": "30.5020"})
    testbed.acts("edit_account", where={"account.number": "30.5020.01"}, set={"name": "Old playgrounds"})
    testbed.acts("archive_account", where={"account.number": "30.5020.01"})


def _accounts_amend(testbed: Southmoor) -> None:
    testbed.books.upsert("F0901", {"AID": CHART["30.5010"]["AID"], "OBJ": "5011", "DL01": "Grounds, again"})
    if there(testbed, "F0901", MCU="30", OBJ="6010"):
        key = testbed.books.account("30.6010", "Bandstand, painted")
        testbed.books.upsert("F0901", {"AID": key.removeprefix("F0901:"), "OBJ": "6011"})


def _accounts_undo(testbed: Southmoor) -> None:
    testbed.books.account("30.5010", "Grounds upkeep")
    testbed.books.account("40.5010", "Housing repairs")


def _foreign_account(testbed: Southmoor) -> list[ForeignRecord]:
    place = len(testbed.held("chart_of_accounts"))
    body = {"name": f"Theirs {place}", "account": {"type": "EXPENSE", "number": f"99.{place}"}}
    return [("chart_of_accounts", testbed.enters("chart_of_accounts", body))]


# -- business units


def _units_begin(testbed: Southmoor) -> None:
    testbed.unit(PROJECT, "Bandstand project", style="JB")


def _units_go_on(testbed: Southmoor) -> None:
    testbed.unit("30", "Parks and ponds")
    # none of a type that is sent any more
    testbed.unit("50", "Lille", style="JB")
    for number, name in (("60", "Museum"), ("61", "Theatre"), ("62", "Library")):
        testbed.unit(number, name)
    for entity in ("departments", "locations", "accounting_classes"):
        for record in list(testbed.held(entity).values()):
            if record["name"] == "40 Housing":
                testbed.sets(entity, record["id"], archived=True, name="40 Houses")


def _units_amend(testbed: Southmoor) -> None:
    testbed.unit("30", "Parks, again")
    if there(testbed, "F0006", MCU="60"):
        testbed.unit("60", "Museum and gallery")


def _units_undo(testbed: Southmoor) -> None:
    testbed.unit("30", "Parks")
    testbed.unit("50", "Lille")


def _foreign_unit(testbed: Southmoor) -> list[ForeignRecord]:
    """One in each of the lists of which the site keeps its units in one."""
    name = f"Theirs {len(testbed.held('departments'))}"
    return [
        (entity, testbed.enters(entity, {"name": name}))
        for entity in ("locations", "accounting_classes", "departments")
    ]


# -- vendors


def _vendors_begin(testbed: Southmoor) -> None:
    testbed.books.supplier(4345, "Crane Hire", changed=YESTERDAY)
    testbed.books.supplier(4346, "Dora Employee", kind="E")
    testbed.books.supplier(4347, "Fern Nurseries")
    testbed.books.supplier(4348, "Gravel & Grit")
    testbed.books.supplier(4349, "Hedges")


def _vendors_go_on(testbed: Southmoor) -> None:
    testbed.books.supplier(4350, "Eagle Fencing")
    testbed.books.supplier(4352, "Ivy Walls")
    # a second one of the name
    testbed.books.supplier(4351, "Crane Hire")
    # another name, and not payable any more
    testbed.books.supplier(4343, "Anvil & Daughters")
    testbed.books.supplier(4344, "Bolt Brothers", payables="N")
    # changed in both, and archived by somebody
    testbed.acts("edit_vendor", where={"shortName": "JDE 4348"}, set={"email": "grit@example.com"})
    testbed.books.supplier(4348, "Gravel & Gravel")
    testbed.acts("archive_vendor", where={"shortName": "JDE 4349"})


def _vendors_amend(testbed: Southmoor) -> None:
    testbed.books.supplier(4343, "Anvil Works")
    if there(testbed, "F0401", AN8=4350):
        testbed.books.supplier(4350, "Eagle Fences")


def _vendors_undo(testbed: Southmoor) -> None:
    testbed.books.supplier(4343, "Anvil & Sons", tax_id="GB123456789")
    testbed.books.supplier(4344, "Bolt Brothers")


def _vendors_forget(testbed: Southmoor) -> None:
    testbed.books.delete("F0115", {"AN8": 4346, "IDLN": 0, "RCK7": 1, "CNLN": 0})


def _foreign_vendor(testbed: Southmoor) -> list[ForeignRecord]:
    return [("vendors", testbed.vendor(f"Stranger {len(testbed.held('vendors'))}"))]


_BILL = {
    "system": "bill",
    "url": "http://bill.test/connect",
    "settle_seconds": 0,
    "page_size": 2,
    **LOCAL,
}
_UNITS = {"unit_types": ["IS", "BS"]}
# where the tax is a line of its own
_TAX = {"tax_account": CHART["40.4110"]["AID"]}
# what BILL pays
_HANDED = {"handed_over_status": "B"}
_JOURNAL = {
    "never_selected": ["B"],
    "journal_closes_pay_item": True,
    "payables_accounts": {"*": "30.5010"},
    "clearing_accounts": {"00001": "40.5010"},
}
_SETTLES = {
    "departments": _UNITS,
    "purchase_order_bills": {},
    "bills": _TAX | _HANDED,
    "vendor_credits": _TAX | _HANDED,
}
# how vouchers of ours are known at each kind of site; the flows that this matters to
_WAYS = {
    "settles": "supplier_invoice",
    "posts journals": "mark",
    "purged batch rows": "purged",
    "own numbers": "preset",
}
_KNOWING = ("bills", "approved_bills")


PLACE = Place(
    world=_world,
    connections={
        "jde": {
            "system": "jde",
            "url": "http://jde.test/jderest",
            "page_size": 3,
            "orchestrations": ORCHESTRATIONS,
            "currency_decimals": "as_served",
            **LOCAL,
        },
        "bill": _BILL,
    },
    sites={
        "settles": {**_SETTLES, "approved_bills": known_at(_WAYS["settles"])},
        "posts journals": {
            "departments": _UNITS,
            "purchase_order_bills": {},
            "bills": _HANDED,
            "vendor_credits": _HANDED,
            "payments": _JOURNAL,
            "approved_bills": known_at(_WAYS["posts journals"]),
        },
        "purged batch rows": {**_SETTLES, "approved_bills": known_at(_WAYS["purged batch rows"])},
        "own numbers": {**_SETTLES, "approved_bills": known_at(_WAYS["own numbers"])},
    },
    switches={site: site_of(way) for site, way in _WAYS.items()},
    only={"purged batch rows": _KNOWING, "own numbers": _KNOWING},
    acts={
        "chart_of_accounts": Acts(
            nothing,
            _accounts_go_on,
            _accounts_amend,
            _accounts_undo,
            late=lambda testbed: testbed.books.account("40.6090", "Late account"),
            forget=lambda testbed: testbed.books.delete("F0901", {"AID": CHART["30.5190"]["AID"]}),
            foreign_record=_foreign_account,
            leave=leave,
        ),
        "departments": Acts(
            _units_begin,
            _units_go_on,
            _units_amend,
            _units_undo,
            late=lambda testbed: testbed.unit("69", "Late unit"),
            forget=lambda testbed: testbed.books.delete("F0006", {"MCU": PROJECT}),
            foreign_record=_foreign_unit,
            leave=leave,
        ),
        "vendors": Acts(
            _vendors_begin,
            _vendors_go_on,
            _vendors_amend,
            _vendors_undo,
            late=lambda testbed: testbed.books.supplier(4399, "Zebra Crossings"),
            forget=_vendors_forget,
            foreign_record=_foreign_vendor,
            leave=leave,
        ),
        "purchase_order_bills": Acts(
            orders_begin,
            orders_go_on,
            orders_amend,
            orders_undo,
            late=lambda testbed: testbed.buyers.order(699),
            forget=orders_forget,
            foreign_record=foreign_bill,
            leave=leave,
        ),
        "bills": Acts(
            bills_begin,
            bills_go_on,
            bills_amend,
            bills_undo,
            late=lambda testbed: testbed.books.voucher(4790),
            forget=bills_forget,
            foreign_record=foreign_bill,
            leave=leave,
        ),
        "vendor_credits": Acts(
            credits_begin,
            credits_go_on,
            credits_amend,
            credits_undo,
            late=credits_late,
            forget=credits_forget,
            foreign_record=foreign_credit,
            leave=leave,
        ),
        "approved_bills": Acts(
            nothing,
            back.born_go_on,
            back.born_amend,
            back.born_undo,
            late=lambda testbed: back.born(testbed, "WEB-90"),
            forget=back.born_forget,
            foreign_record=foreign_voucher,
            leave=voucher_leaves,
            opens=back.born_open,
            three_way=back.born_three_way,
            duplicate=back.born_duplicate,
        ),
        "payments": Acts(
            nothing,
            back.paid_go_on,
            back.paid_amend,
            back.paid_undo,
            late=back.paid_late,
            forget=back.paid_forget,
            foreign_record=foreign_payment,
            leave=payment_leaves,
            opens=back.paid_open,
        ),
    },
    testbed=Southmoor,
)

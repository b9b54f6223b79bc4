"""JD Edwards and BILL: a town whose clerks enter vouchers and orders, and whose bills are paid through BILL."""

from __future__ import annotations

from collections.abc import Mapping

import drill_bill_back as back
from drill_bill_owed import (
    bills_amend,
    bills_begin,
    bills_forget,
    bills_go_on,
    bills_stranger,
    bills_undo,
    credits_amend,
    credits_begin,
    credits_forget,
    credits_go_on,
    credits_late,
    credits_stranger,
    credits_undo,
    orders_amend,
    orders_begin,
    orders_forget,
    orders_go_on,
    orders_undo,
)
from drill_bill_town import Southmoor, leave
from drill_clerks import (
    LOCAL,
    known_at,
    nothing,
    payment_leaves,
    payment_stranger,
    site_of,
    there,
    voucher_leaves,
    voucher_stranger,
)
from drill_clock import YESTERDAY
from drill_place import Acts, Place, Stranger
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


def _accounts_go_on(town: Southmoor) -> None:
    town.books.account("30.5010", "Grounds, parks and ponds")
    town.books.account("40.5010", "Housing repairs", posting="N")
    for place, name in enumerate(("Bandstand", "Bowling green", "Boat house", "Bridges"), 1):
        town.books.account(f"30.60{place}0", name)
    # BILL has that name already: of the accounts that go together, one is refused
    town.enters("chart_of_accounts", {"name": "30.6020 Bowling green", "account": {"type": "EXPENSE", "number": "X-1"}})
    # in use all the same
    town.acts("archive_account", where={"account.number": "30.5020"})
    town.acts("edit_account", where={"account.number": "30.5020.01"}, set={"name": "Old playgrounds"})
    town.acts("archive_account", where={"account.number": "30.5020.01"})


def _accounts_amend(town: Southmoor) -> None:
    town.books.upsert("F0901", {"AID": CHART["30.5010"]["AID"], "OBJ": "5011", "DL01": "Grounds, again"})
    if there(town, "F0901", MCU="30", OBJ="6010"):
        key = town.books.account("30.6010", "Bandstand, painted")
        town.books.upsert("F0901", {"AID": key.removeprefix("F0901:"), "OBJ": "6011"})


def _accounts_undo(town: Southmoor) -> None:
    town.books.account("30.5010", "Grounds upkeep")
    town.books.account("40.5010", "Housing repairs")


def _accounts_stranger(town: Southmoor) -> list[Stranger]:
    place = len(town.held("chart_of_accounts"))
    body = {"name": f"Theirs {place}", "account": {"type": "EXPENSE", "number": f"99.{place}"}}
    return [("chart_of_accounts", town.enters("chart_of_accounts", body))]


# -- business units


def _units_begin(town: Southmoor) -> None:
    town.unit(PROJECT, "Bandstand project", style="JB")


def _units_go_on(town: Southmoor) -> None:
    town.unit("30", "Parks and ponds")
    # none of a type that is sent any more
    town.unit("50", "Lille", style="JB")
    for number, name in (("60", "Museum"), ("61", "Theatre"), ("62", "Library")):
        town.unit(number, name)
    for entity in ("departments", "locations", "accounting_classes"):
        for record in list(town.held(entity).values()):
            if record["name"] == "40 Housing":
                town.sets(entity, record["id"], archived=True, name="40 Houses")


def _units_amend(town: Southmoor) -> None:
    town.unit("30", "Parks, again")
    if there(town, "F0006", MCU="60"):
        town.unit("60", "Museum and gallery")


def _units_undo(town: Southmoor) -> None:
    town.unit("30", "Parks")
    town.unit("50", "Lille")


def _units_stranger(town: Southmoor) -> list[Stranger]:
    """One in each of the lists of which the site keeps its units in one."""
    name = f"Theirs {len(town.held('departments'))}"
    return [
        (entity, town.enters(entity, {"name": name})) for entity in ("locations", "accounting_classes", "departments")
    ]


# -- vendors


def _vendors_begin(town: Southmoor) -> None:
    town.books.supplier(4345, "Crane Hire", changed=YESTERDAY)
    town.books.supplier(4346, "Dora Employee", kind="E")
    town.books.supplier(4347, "Fern Nurseries")
    town.books.supplier(4348, "Gravel & Grit")
    town.books.supplier(4349, "Hedges")


def _vendors_go_on(town: Southmoor) -> None:
    town.books.supplier(4350, "Eagle Fencing")
    town.books.supplier(4352, "Ivy Walls")
    # a second one of the name
    town.books.supplier(4351, "Crane Hire")
    # another name, and not payable any more
    town.books.supplier(4343, "Anvil & Daughters")
    town.books.supplier(4344, "Bolt Brothers", payables="N")
    # changed in both, and archived by somebody
    town.acts("edit_vendor", where={"shortName": "JDE 4348"}, set={"email": "grit@example.com"})
    town.books.supplier(4348, "Gravel & Gravel")
    town.acts("archive_vendor", where={"shortName": "JDE 4349"})


def _vendors_amend(town: Southmoor) -> None:
    town.books.supplier(4343, "Anvil Works")
    if there(town, "F0401", AN8=4350):
        town.books.supplier(4350, "Eagle Fences")


def _vendors_undo(town: Southmoor) -> None:
    town.books.supplier(4343, "Anvil & Sons", tax_id="GB123456789")
    town.books.supplier(4344, "Bolt Brothers")


def _vendors_forget(town: Southmoor) -> None:
    town.books.delete("F0115", {"AN8": 4346, "IDLN": 0, "RCK7": 1, "CNLN": 0})


def _vendor_stranger(town: Southmoor) -> list[Stranger]:
    return [("vendors", town.vendor(f"Stranger {len(town.held('vendors'))}"))]


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
            late=lambda town: town.books.account("40.6090", "Late account"),
            forget=lambda town: town.books.delete("F0901", {"AID": CHART["30.5190"]["AID"]}),
            stranger=_accounts_stranger,
            leave=leave,
        ),
        "departments": Acts(
            _units_begin,
            _units_go_on,
            _units_amend,
            _units_undo,
            late=lambda town: town.unit("69", "Late unit"),
            forget=lambda town: town.books.delete("F0006", {"MCU": PROJECT}),
            stranger=_units_stranger,
            leave=leave,
        ),
        "vendors": Acts(
            _vendors_begin,
            _vendors_go_on,
            _vendors_amend,
            _vendors_undo,
            late=lambda town: town.books.supplier(4399, "Zebra Crossings"),
            forget=_vendors_forget,
            stranger=_vendor_stranger,
            leave=leave,
        ),
        "purchase_order_bills": Acts(
            orders_begin,
            orders_go_on,
            orders_amend,
            orders_undo,
            late=lambda town: town.buyers.order(699),
            forget=orders_forget,
            stranger=bills_stranger,
            leave=leave,
        ),
        "bills": Acts(
            bills_begin,
            bills_go_on,
            bills_amend,
            bills_undo,
            late=lambda town: town.books.voucher(4790),
            forget=bills_forget,
            stranger=bills_stranger,
            leave=leave,
        ),
        "vendor_credits": Acts(
            credits_begin,
            credits_go_on,
            credits_amend,
            credits_undo,
            late=credits_late,
            forget=credits_forget,
            stranger=credits_stranger,
            leave=leave,
        ),
        "approved_bills": Acts(
            nothing,
            back.born_go_on,
            back.born_amend,
            back.born_undo,
            late=lambda town: back.born(town, "WEB-90"),
            forget=back.born_forget,
            stranger=voucher_stranger,
            leave=voucher_leaves,
            opens=back.born_open,
            papers=back.born_papers,
            twin=back.born_twin,
        ),
        "payments": Acts(
            nothing,
            back.paid_go_on,
            back.paid_amend,
            back.paid_undo,
            late=back.paid_late,
            forget=back.paid_forget,
            stranger=payment_stranger,
            leave=payment_leaves,
            opens=back.paid_open,
        ),
    },
    town=Southmoor,
)

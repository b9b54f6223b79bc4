"""What people did before a home was left, and what a home that goes on does: for `write_homes.py` and its test.

Both sides of a pair are in the sandbox, whose content is part of the home's fixture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import bill_originals
import bill_paid
import scenario_keys
from bill_site import SET_UP, BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, YESTERDAY
from scenario_payables import Payables
from scenario_site import Site, outcomes

from connector_sandbox.testing import Sandbox

CREATE = {"system": "coupa", "route": "POST /api/invoices"}
SUBMIT = {"system": "coupa", "route": "PUT /api/invoices/{id:int}/submit"}
ENTER = {"system": "jde", "route": "POST */orchestrator/*"}
BILLS = {"system": "bill", "route": "POST /connect/v3/bills*"}
TOO_MANY = {"errors": {"base": ["Too many requests."]}}
ITEM = ("KCO", "DCT", "DOC", "SFX", "VINV", "AG", "AAP", "PST")
STEPS = ("planned", "first", "second", "approved")
NO_WRITES = ("dataservice", "token", "login", "logout", "defaultconfig")
# a plan is of the addresses that it was made for: each home's systems keep their ports
PORTS = {"jde_coupa-sqlite": 27100, "jde_coupa-postgres": 27120, "jde_bill-sqlite": 27140, "jde_bill-postgres": 27160}
# longer than an effect window and than a lease of a claim
LATER = timedelta(hours=1)


class Killed(BaseException):
    """The process ends in the middle of a slice."""


@dataclass(frozen=True)
class Home:
    """A pair's home: how it is set up, what happened before it was left, and the flows that go on."""

    kind: type[Site]
    configure: Callable[[Any], None]
    live: Callable[[Any, Callable[[Any], None]], str]
    flows: tuple[str, ...]


def fail(site: Site, *rules: dict[str, Any]) -> None:
    """Script these faults, in place of those before."""
    site.sandbox.post("/faults", {"replace": True, "rules": list(rules)})


# -- JD Edwards and Coupa ----------------------------------------------------------------------------------------------


def configure_coupa(site: Site) -> None:
    """Submitted drafts above an amount wait for an approval; invoices of Coupa become vouchers by the batch files."""
    site.connect("jde", orchestrations=ORCHESTRATIONS)
    site.flows |= {
        "invoices": {"submit": True, "approval": {"above": "5000.00"}},
        # as homes of before have it: by the mark, whatever newer ones are given
        "approved_invoices": {"mode": "batch", "voucher_key": "mark"},
        "payments_to_coupa": {},
    }


def live_with_coupa(site: Site, killed: Callable[[Any], None]) -> str:
    """Documents of every state, some of them half way; the id of a plan that nobody has applied."""
    site.sandbox.post("/options", {"jde": {**scenario_keys.OLD, "auto_post": True}})
    payables = Payables(site)
    configure_coupa(site)
    site.sync("suppliers", "accounts")
    books = site.books
    # JD Edwards gives out the numbers above this one
    books.voucher(8000, costs=(("30.5010", "80.00"),))
    settled = books.voucher(1000, costs=(("30.5010", "100.00"),))
    both = books.voucher(1001, costs=(("30.5010", "101.00"),), supplier=4344)
    gone = books.voucher(1002, costs=(("30.5010", "102.00"),))
    approved = books.voucher(1003, costs=(("30.5010", "103.00"),), supplier=4344)
    rejected = books.voucher(1004, costs=(("30.5010", "6004.00"),))
    # the first sync opens the flow: Coupa has none of its own yet
    site.sync("invoices")
    entered = payables.invoice("WEB-1")
    site.sync("invoices", "approved_invoices")
    site.reject("invoices")
    # paid in part in JD Edwards, and told to Coupa
    books.pay(settled, "40.00", number=5001)
    site.sync("invoices")
    # both sides change one, Coupa's user deletes another, a third is corrected while it waits for nothing
    held = site.spend.invoice("INV-1001")
    site.spend.set("invoices", held["id"], invoice_number="THEIRS-1001")
    books.change_items(both, "101.00", VINV="OURS-1001")
    site.spend.delete("invoices", site.spend.invoice("INV-1002")["id"])
    site.sync("invoices")
    site.sweep("invoices")
    # held for a supplier that Coupa has not, and dismissed; ignored, since it was void before it was ever sent
    books.voucher(1005, costs=(("30.5010", "105.00"),), supplier=9999)
    books.voucher(1006, costs=(("30.5010", "106.00"),), supplier=9998)
    void = books.voucher(1007, costs=(("30.5010", "107.00"),))
    books.void(void)
    site.sync("invoices")
    for each in site.exceptions("invoices"):
        if each.key.endswith("/1006"):
            site.dismiss(each.id)
    # one that waits for an approval, and one that has it and was not sent yet
    books.voucher(1008, costs=(("30.5010", "7008.00"),))
    site.sync("invoices")
    site.approve("invoices")
    books.voucher(1009, costs=(("30.5010", "8009.00"),), supplier=4344)
    site.policy = {"tries": 1, "wait_for_outcomes": False}
    # refused: what Coupa's approvers let go cannot be changed
    site.spend.approve("INV-1003")
    books.line(approved, 1, "30.5010", "123.00")
    books.change_items(approved, "123.00")
    fail(site)
    site.sync("invoices", due=False)
    # a voucher of Coupa's whose orchestration never answered, one whose batch has not run yet
    payables.invoice("WEB-2", costs=(("30-5010", "202.00"),))
    fail(site, {**ENTER, "kind": "drop_after", "times": 1})
    site.sync("approved_invoices", due=False)
    fail(site)
    site.sandbox.post("/options", {"jde": {"batch_seconds": 1800}})
    payables.invoice("WEB-3", costs=(("30-5010", "303.00"),))
    site.sync("approved_invoices", due=False)
    # what people said: a mapping, a link
    site.map_value("payment_terms", "N90", "Net 90")
    # in doubt: nobody knows yet that it did not take effect
    site.policy = {"tries": 1, "wait_for_outcomes": False}
    books.voucher(1014, costs=(("30.5010", "114.00"),), supplier=4344)
    fail(site, {**CREATE, "kind": "drop_before", "times": 1})
    site.sync("invoices", due=False)
    fail(site)
    # half way: created, and Coupa takes no submit; and one that it did not even process
    site.connect("coupa", limits={**site.connections["coupa"]["limits"], "in_flight": 1})
    books.voucher(1010, costs=(("30.5010", "110.00"),), changed=YESTERDAY)
    books.voucher(1012, costs=(("30.5010", "112.00"),), supplier=4344, changed=YESTERDAY)
    busy = {"kind": "status", "status": 429, "body": TOO_MANY}
    fail(site, {**CREATE, **busy, "calls": [2]}, {**SUBMIT, **busy})
    site.sync("invoices", due=False)
    fail(site)
    # a process that ended between creates and their outcome
    books.voucher(1013, costs=(("30.5010", "113.00"),))
    books.voucher(1015, costs=(("30.5010", "115.00"),))
    killed(site)
    # a plan that nobody has applied yet
    site.policy = {}
    books.voucher(1016, costs=(("30.5010", "116.00"),), supplier=4344)
    assert gone and rejected and entered
    return site.plan("invoices")


# -- JD Edwards and BILL -----------------------------------------------------------------------------------------------


def configure_bill(site: BillSite) -> None:
    """Bills above an amount wait for an approval; BILL's own bills become vouchers, its payments are posted."""
    site.connect("jde", orchestrations=ORCHESTRATIONS)
    site.flows |= {
        "bills": {"approval": {"above": "5000.00"}},
        "approved_bills": {"mode": "batch"},
        "payments": {},
    }


def live_with_bill(site: BillSite, killed: Callable[[Any], None]) -> str:
    """Documents of every state, some of them half way; the id of a plan that nobody has applied."""
    configure_bill(site)
    site.sandbox.post("/options", {"jde": {"auto_post": True}})
    site.sync(*SET_UP)
    books = site.books
    # JD Edwards gives out the numbers above this one
    books.voucher(8000, costs=(("30.5010", "80.00"),))
    paid = books.voucher(2000, costs=(("30.5010", "100.00"),))
    stopped = books.voucher(2001, costs=(("30.5010", "101.00"),), supplier=4344)
    books.voucher(2002, costs=(("30.5010", "102.00"),), supplier=9999)
    books.voucher(2003, costs=(("30.5010", "6003.00"),))
    # the first sync opens the flow: BILL has none of its own yet
    site.sync("bills")
    own = bill_originals.bill(site, "WEB-1")
    site.sync("bills", "approved_bills", "payments")
    # BILL pays one of ours and its own one; JD Edwards pays one by itself
    for number in ("INV-2000", "WEB-1"):
        bill_paid.pay(site, site.bill.one("bills", **{"invoice.invoiceNumber": number})["id"])
    site.sync("bills", "approved_bills", "payments")
    books.change_items(stopped, "99.00")
    books.line(stopped, 1, "30.5010", "99.00")
    site.policy = {"tries": 1, "wait_for_outcomes": False}
    # refused: a country that is none
    books.supplier(5007, "Nowhere Ltd")
    books.upsert("F0116", {"AN8": 5007, "EFTB": "2020-01-01", "CTR": "X1"})
    site.map_value("countries", "X1", "GBR")
    site.sync("vendors", due=False)
    # in doubt: one took effect, one did not
    books.voucher(2005, costs=(("30.5010", "105.00"),), supplier=4344)
    fail(site, {**BILLS, "kind": "drop_after", "times": 1})
    site.sync("bills", due=False)
    books.voucher(2006, costs=(("30.5010", "106.00"),))
    fail(site, {**BILLS, "kind": "drop_before", "times": 1})
    site.sync("bills", due=False)
    # a bill of BILL's whose rows went off without an answer, one whose batch has not run yet
    bill_originals.bill(site, "WEB-2", costs=(("30.5010", "202.00"),))
    fail(site, {**ENTER, "kind": "drop_after", "times": 1})
    site.sync("approved_bills", due=False)
    fail(site)
    site.sandbox.post("/options", {"jde": {"batch_seconds": 1800}})
    bill_originals.bill(site, "WEB-3", costs=(("30.5010", "303.00"),))
    site.sync("approved_bills", due=False)
    # a payment whose posting never answered
    other = books.voucher(2007, costs=(("30.5010", "107.00"),), supplier=4344)
    site.policy = {}
    site.sync("bills")
    site.policy = {"tries": 1, "wait_for_outcomes": False}
    bill_paid.pay(site, site.bill.one("bills", **{"invoice.invoiceNumber": "INV-2007"})["id"])
    fail(site, {**ENTER, "kind": "drop_after", "times": 1})
    site.sync("payments", due=False)
    fail(site)
    books.voucher(2008, costs=(("30.5010", "108.00"),), supplier=4344)
    killed(site)
    site.policy = {}
    books.voucher(2009, costs=(("30.5010", "109.00"),))
    assert paid and own and other
    return site.plan("bills")


HOMES = {
    "jde_coupa": Home(
        Site,
        configure_coupa,
        live_with_coupa,
        ("suppliers", "accounts", "invoices", "approved_invoices", "payments_to_coupa"),
    ),
    "jde_bill": Home(BillSite, configure_bill, live_with_bill, (*SET_UP, "bills", "approved_bills", "payments")),
}


# -- going on ----------------------------------------------------------------------------------------------------------


def left(site: Site, home: Home) -> dict[str, Any]:
    """What a home holds: the documents of each flow by state, its exceptions by reason, and what waits."""
    found: dict[str, Any] = {}
    for name in home.flows:
        full_name = f"{site.NAME}/{name}"
        ledger = site.ledger
        known = ledger.deliveries.load(full_name, list(ledger.deliveries.keys(full_name)))
        found[name] = {
            "documents": {key: f"{each.state} {each.stage or ''}".strip() for key, each in sorted(known.items())},
            "exceptions": {key: sorted(each) for key, each in sorted(site.reasons(name).items())},
            "waiting": sorted(each.key for each in site.waiting(name)),
            "intents": sorted(ledger.intents.unfinished(full_name, list(known))),
        }
    return found


def go_on(site: Site, home: Home, plan: str) -> dict[str, Any]:
    """The same installation an hour later: its plan is applied, it is synced twice, and what waits is approved and
    synced. What each run comes to, its calls that write, and what both systems hold in the end."""
    site.sandbox.clock.advance(LATER.total_seconds())
    done: dict[str, Any] = {}
    for step in STEPS:
        before = writes(site.sandbox)
        if step == "planned":
            reports = site.apply(plan)
        else:
            if step == "approved":
                done["let go"] = {name: site.approve(name) for name in home.flows}
            reports = site.sync(*home.flows, last=TODAY)
        after = writes(site.sandbox)
        done[step] = {
            "outcomes": {name: outcomes(each) for name, each in reports.items()},
            "calls": {
                route: count - before.get(route, 0) for route, count in after.items() if count - before.get(route, 0)
            },
        }
    return done | {"in the end": left(site, home), "books": books(site.sandbox)}


def writes(sandbox: Sandbox) -> dict[str, int]:
    """How often each route that may write was called, of all systems; JD Edwards' reads are POSTs, and no writes."""
    routes = sandbox.get("/faults")["routes"]
    return {
        f"{system} {route}": count
        for system, found in sorted(routes.items())
        for route, count in sorted(found.items())
        if not route.startswith("GET ")
        and not any(each in route for each in ("dataservice", "token", "login", "logout", "defaultconfig"))
    }


def books(sandbox: Sandbox) -> dict[str, Any]:
    """What the systems hold that money depends on, a line a record."""
    held = {name: system.dump() for name, system in sandbox.systems.items()}
    found: dict[str, Any] = {
        "F0411": sorted(
            "/".join(
                str(row.get(each, "")).strip() for each in ("KCO", "DCT", "DOC", "SFX", "VINV", "AG", "AAP", "PST")
            )
            for row in held["jde"]["F0411"].values()
        ),
        "F0413": sorted(f"{row['DOCM']} {row['PAAP']}".strip() for row in held["jde"].get("F0413", {}).values()),
    }
    if "coupa" in held:
        found["invoices"] = sorted(
            f"{each['invoice-number']} {each['status']}" for each in held["coupa"].get("invoices", {}).values()
        )
    if "bill" in held:
        found["bills"] = sorted(
            f"{each['invoice']['invoiceNumber']} {each['paymentStatus']}"
            for each in held["bill"].get("bills", {}).values()
        )
    return found

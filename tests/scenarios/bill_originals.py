"""Bills that are born in BILL, and the vouchers that JD Edwards has of them: for the scenarios of approved bills.

`switched_on(town)` brings the suppliers to BILL as vendors, and turns the flow on with the orchestrations that the
sandbox's JD Edwards has. Money that BILL pays is `bill_paid`'s.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import scenario_keys
from bill_paid import table
from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import Entry
from scenario_site import outcomes

FLOW = "approved_bills"


def switched_on(testbed: BillSite, **settings: Any) -> None:
    """The flow is on, in a town whose suppliers are vendors of BILL; vouchers are posted as they are entered."""
    posts(testbed)
    testbed.flows[FLOW] = {**scenario_keys.settings(), **settings}
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


def posts(testbed: BillSite, each: bool = True) -> None:
    """Whether vouchers are posted as they are entered; what is not posted is deleted by its void."""
    testbed.sandbox.post("/options", {"jde": {"auto_post": each}})


def vendor(testbed: BillSite, supplier: int = 4343) -> str:
    """The id of a supplier's vendor."""
    return str(testbed.bill.one("vendors", shortName=f"JDE {supplier}")["id"])


def line(testbed: BillSite, account: str | None, amount: str, **more: Any) -> dict[str, Any]:
    """A line of a bill on an account."""
    booked = {"chartOfAccountId": testbed.bill.account(account)["id"]} if account else {}
    return {"amount": amount, "description": "Works", "classifications": booked, **more}


def bill(
    testbed: BillSite,
    number: str = "WEB-1",
    *,
    costs: tuple[tuple[str | None, str], ...] = (("30.5010", "100.00"),),
    payee: str | None = None,
    approve: bool = True,
    draft: bool = False,
    on: str = "2026-03-01",
    **more: Any,
) -> str:
    """A clerk of BILL enters a bill of (account number, amount) lines, and has it approved; its id."""
    body = {
        "vendorId": payee or vendor(testbed),
        "dueDate": "2026-03-31",
        "invoice": {"invoiceNumber": number, "invoiceDate": on},
        "billLineItems": [line(testbed, account, amount) for account, amount in costs],
        **more,
    }
    return str(testbed.bill.act("enter_bill", body=body, approve=approve and not draft, draft=draft)["id"])


def change(testbed: BillSite, id: str, amount: str) -> None:
    """A clerk corrects the amount of the only line a minute later, and has the bill approved again."""
    testbed.sandbox.clock.advance(60)
    [own] = testbed.bill.get("bills", id)["billLineItems"]
    testbed.bill.act("edit_bill", id=id, set={"billLineItems": [{"id": own["id"], "amount": amount}]})
    if testbed.bill.get("bills", id)["approvalStatus"] not in ("APPROVED", "UNASSIGNED"):
        testbed.bill.act("approve_bill", id=id)


def run(testbed: BillSite) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(testbed.sync(FLOW)[FLOW])


def made_of(testbed: BillSite, entry: Entry, id: str, revision: int = 1) -> None:
    """A voucher is that of a bill, as this flow leaves it."""
    scenario_keys.leave(testbed, f"jde_bill/{FLOW}", f"bills:{id}", f"BL-{id}-{revision}", entry)


# -- JD Edwards --------------------------------------------------------------------------------------------------------


def items(testbed: BillSite, id: str | None = None) -> list[dict[str, Any]]:
    """The pay items (F0411) with our mark, of one bill or of all, by voucher number."""
    return [row for _, row in marked(testbed, id)]


def marked(testbed: BillSite, id: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The same with the mark that each bears, or would bear where there is none."""
    numbers = {
        each["invoice"]["invoiceNumber"]: each["id"] for each in testbed.bill.all("bills") if each.get("invoice")
    }
    rows = [row for row in table(testbed, "F0411") if row.get("DCTA", "").strip() != "PE"]
    begins = "BL-" if id is None else f"BL-{id}-"
    return [(mark, row) for mark, row in scenario_keys.marked(rows, "BL-", numbers) if mark.startswith(begins)]


def vouchers(testbed: BillSite, id: str | None = None) -> list[tuple[str, Decimal, str]]:
    """(mark, gross amount, `void` or pay status) of each pay item with our mark."""
    return [
        (
            mark,
            Decimal(row.get("AG", 0)),
            "void" if row.get("VOD", "").strip() == "V" else row["PST"].strip(),
        )
        for mark, row in marked(testbed, id)
    ]


def entered(testbed: BillSite, id: str | None = None) -> list[tuple[str, Decimal, str]]:
    """The same with what the cost lines of a void one came to before it: its pay item has no amount any more, or, where
    a void does not clear it, the whole."""
    before: dict[int, Decimal] = {}
    for line in table(testbed, "F0911"):
        if line.get("RE", "").strip() != "V":
            before[line["DOC"]] = before.get(line["DOC"], Decimal(0)) + Decimal(line["AA"])
    cleared = testbed.sandbox.get("/options")["jde"]["void_clears_gross"]
    left: dict[int, Decimal] = {}
    found = []
    for (mark, row), (_, gross, state) in zip(marked(testbed, id), vouchers(testbed, id), strict=True):
        if state == "void":
            assert Decimal(row.get("AAP", 0)) == 0, row
            net = gross - (0 if cleared else Decimal(row.get("STAM", 0)))
            left[row["DOC"]] = left.get(row["DOC"], Decimal(0)) + net
        found.append((mark, before[row["DOC"]] if state == "void" else gross, state))
    assert left == {number: 0 if cleared else before[number] for number in left}
    return found


def _standing(item: dict[str, Any]) -> str:
    return "void" if item.get("VOD", "").strip() == "V" else str(item["PST"]).strip()


def costs(testbed: BillSite, id: str) -> list[tuple[str, Decimal]]:
    """(account, amount) of the distribution of a bill's vouchers, reversals included."""
    numbers = {row["DOC"] for row in items(testbed, id)}
    found = sorted(table(testbed, "F0911"), key=lambda row: (row["DOC"], row["JELN"]))
    return [(str(row["ANI"]).strip(), Decimal(row["AA"])) for row in found if row["DOC"] in numbers]


def owed(testbed: BillSite) -> Decimal:
    """What JD Edwards has open of all vouchers together."""
    return sum((Decimal(row.get("AAP", 0)) for row in table(testbed, "F0411")), Decimal(0))


def link(testbed: BillSite, id: str) -> str:
    """The voucher that a bill is linked to; '' where it is to none."""
    found = testbed.ledger.links.of(f"jde_bill/{FLOW}", [f"bills:{id}"])
    return found[f"bills:{id}"].target_id if found else ""

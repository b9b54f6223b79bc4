"""What the town owes, as BILL shows it: for the scenarios of bills and of vendor credits.

`owing(town)` turns the flows on that bring vouchers to BILL; `run(town)` is one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bill_site import BillSite
from scenario_books import Entry
from scenario_site import outcomes

from connector_assets.engine.reconciling import Comparison, compare
from connector_assets.pairs.registry import flow_class

FLOW = "bills"
CREDITS = "vendor_credits"


def owing(testbed: BillSite, *more: str, **settings: Any) -> BillSite:
    """The flow is on with these settings, in a town whose suppliers are vendors of BILL; `more` are further flows."""
    testbed.flows |= {FLOW: settings, **{name: {} for name in more}}
    return testbed


def run(testbed: BillSite, flow: str = FLOW) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(testbed.sync(flow)[flow])


def key(entry: Entry, suffix: str = "001") -> str:
    """The document key of a pay item."""
    return f"{entry.document}/{suffix}"


def marked(entry: Entry, *suffixes: str) -> str:
    """The marker of pay items."""
    return f"JDE {entry.company}-{entry.kind}-{entry.doc}-{'+'.join(suffixes or ('001',))}"


def bill_of(testbed: BillSite, entry: Entry, suffix: str = "001") -> dict[str, Any]:
    """The only bill that is named by a pay item."""
    begins = marked(entry, suffix)
    found = [each for each in testbed.bill.all(FLOW) if each.get("description", "").startswith(begins)]
    assert len(found) == 1, f"{len(found)} bills of {begins}"
    return found[0]


def credit_of(testbed: BillSite, entry: Entry, suffix: str = "001") -> dict[str, Any]:
    """The only vendor credit that is named by a pay item."""
    begins = marked(entry, suffix)
    found = [each for each in testbed.bill.all(CREDITS) if each.get("description", "").startswith(begins)]
    assert len(found) == 1, f"{len(found)} credits of {begins}"
    return found[0]


def lines(testbed: BillSite, record: Mapping[str, Any], name: str = "billLineItems") -> list[tuple[str, Decimal]]:
    """Account number and amount of each line."""
    accounts = {each["id"]: each["account"]["number"] for each in testbed.bill.all("chart_of_accounts")}
    return [(accounts[line["classifications"]["chartOfAccountId"]], Decimal(line["amount"])) for line in record[name]]


def item(testbed: BillSite, entry: Entry, suffix: str = "001", **columns: Any) -> None:
    """Change columns of one pay item in JD Edwards."""
    named = {"DOC": entry.doc, "DCT": entry.kind, "KCO": entry.company, "SFX": suffix, "SFXE": 0}
    testbed.books.upsert("F0411", named | columns)


def schedule(testbed: BillSite, record: Mapping[str, Any], amount: str | None = None, **more: Any) -> str:
    """A user of BILL schedules a payment of a bill; the payment's id."""
    given = {"amount": amount} if amount else {}
    return str(testbed.bill.act("schedule_bill", bills=[{"id": record["id"], **given}], **more)["id"])


def pay_in_bill(testbed: BillSite, record: Mapping[str, Any], amount: str | None = None, **more: Any) -> str:
    """A user of BILL pays a bill, and the payment has cleared; the payment's id."""
    given = {"amount": amount} if amount else {}
    return str(testbed.bill.act("pay_bill", bills=[{"id": record["id"], **given}], **more)["id"])


def compared(testbed: BillSite, flow: str = FLOW) -> Comparison:
    """Both systems side by side."""
    with testbed.context() as context:
        return compare(flow_class("jde_bill", flow)(context))


def unexplained(testbed: BillSite, flow: str = FLOW) -> list[tuple[str, str, str]]:
    """What differs between both systems, and nothing explains: field, ours, BILL's."""
    return [(each.field, each.source, each.target) for each in compared(testbed, flow).unexplained]

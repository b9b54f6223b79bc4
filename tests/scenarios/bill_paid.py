"""Bills in BILL, their payments, and what becomes of them in JD Edwards: for the scenarios of payments.

The bills are entered as the bills flow leaves them: the marker at the start of the description says which pay items
they are of. So these scenarios need no links, and are those of a ledger that was lost, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bill_site import BillSite
from scenario_acts import ORCHESTRATIONS
from scenario_books import TODAY, Entry
from scenario_site import outcomes

FLOW = "payments"
ADDRESS = {"line1": "1 High Street", "city": "Northmoor", "zipOrPostalCode": "NM1 1AA", "country": "GB"}
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Paid:
    """A payment of BILL: its id, and the ids of its bill payments."""

    id: str
    parts: tuple[str, ...]

    def key(self, part: int = 0) -> str:
        """The document key of one of its bill payments."""
        return f"payments:{self.id}/{self.parts[part]}"


def switch_on(testbed: BillSite, **settings: Any) -> None:
    """Turn the flow on, with the orchestrations that the sandbox's JD Edwards has."""
    testbed.flows[FLOW] = settings
    testbed.connect("jde", orchestrations=ORCHESTRATIONS)


def vendor(testbed: BillSite, name: str = "Anvil & Sons", currency: str = "GBP") -> str:
    """A vendor's id, entered on first use."""
    held = [
        each["id"] for each in testbed.bill.all("vendors") if (each["name"], each["billCurrency"]) == (name, currency)
    ]
    body = {"name": name, "address": ADDRESS, "billCurrency": currency}
    return str(held[0] if held else testbed.bill.act("enter_vendor", body=body)["id"])


def marked(entry: Entry, *suffixes: str) -> str:
    """The marker of pay items."""
    return f"JDE {entry.company}-{entry.kind}-{entry.doc}-{'+'.join(suffixes or ('001',))}"


def bill(testbed: BillSite, entry: Entry, amount: str, *suffixes: str, payee: str | None = None) -> str:
    """A bill of pay items of a voucher, as the bills flow leaves it; its id."""
    return enter(
        testbed, f"INV-{entry.doc}-{len(suffixes)}{''.join(suffixes)}", amount, marked(entry, *suffixes), payee
    )


def enter(testbed: BillSite, number: str, amount: str, description: str = "", payee: str | None = None) -> str:
    """A bill, approved; its id."""
    body = {
        "vendorId": payee or vendor(testbed),
        "dueDate": "2026-03-22",
        "invoice": {"invoiceNumber": number, "invoiceDate": "2026-02-20"},
        "description": description,
        "billLineItems": [{"amount": amount}],
    }
    return str(testbed.bill.act("enter_bill", body=body, approve=True)["id"])


def credit(testbed: BillSite, entry: Entry | None, amount: str, *suffixes: str) -> str:
    """A vendor credit, of a debit memo unless it was born in BILL; its id."""
    body = {
        "vendorId": vendor(testbed),
        "referenceNumber": f"CR-{entry.doc if entry else 'X'}",
        "creditDate": "2026-02-25",
        "description": marked(entry, *suffixes) if entry else "returned goods",
        "vendorCreditLineItems": [{"amount": amount}],
    }
    return str(testbed.bill.act("enter_credit", body=body)["id"])


def pay(testbed: BillSite, *parts: dict[str, Any] | str, status: str = "CLEARED", **more: Any) -> Paid:
    """BILL pays bills of one vendor, each an id or {"id", "amount", "credits"}."""
    bills = [{"id": each} if isinstance(each, str) else each for each in parts]
    more = {"date": TODAY.isoformat(), **more}
    made = testbed.bill.act("pay_bill", bills=bills, single_status=status, **more)
    return Paid(made["id"], tuple(made["billPayments"]))


def move(testbed: BillSite, paid: Paid, single_status: str, **more: Any) -> None:
    """The payment comes to a singleStatus."""
    testbed.bill.act("move_payment", id=paid.id, single_status=single_status, **more)


def run(testbed: BillSite) -> dict[str, int]:
    """One run of the flow; its outcomes."""
    return outcomes(testbed.sync(FLOW)[FLOW])


def forget(testbed: BillSite, *, opened: bool) -> None:
    """The ledger forgets the flow; with `opened` it still knows that the flow was opened, as one restored does."""
    tables = ["links", "exceptions", "intents", "deliveries", *([] if opened else ["flow_state"])]
    with testbed.ledger._db.write() as connection:
        for table in tables:
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE flow = 'jde_bill/{FLOW}'")


# -- JD Edwards --------------------------------------------------------------------------------------------------------


def table(testbed: BillSite, name: str) -> list[dict[str, Any]]:
    """The rows of a table."""
    return list(testbed.sandbox.systems["jde"].dump().get(name, {}).values())


def open_items(testbed: BillSite, entry: Entry, *, foreign: bool = False) -> list[tuple[Decimal, str]]:
    """What is open of the pay items of a voucher, and their pay status."""
    own = [row for row in table(testbed, "F0411") if (row["DOC"], row["DCT"].strip()) == (entry.doc, entry.kind)]
    ordered = sorted(own, key=lambda row: row["SFX"])
    return [(Decimal(row.get("FAP" if foreign else "AAP", 0)), row["PST"].strip()) for row in ordered]


def posted(testbed: BillSite) -> list[tuple[Decimal, bool]]:
    """The payments of JD Edwards whose number is BILL's: amount, and whether it is void. A void takes the amount off
    F0413 and stands beside it in F0414 (PO), so that what was paid are the other rows there."""
    rows = [row for row in table(testbed, "F0413") if 80_000_000 <= row["DOCM"] < 90_000_000]
    paid: dict[int, Decimal] = {}
    for row in table(testbed, "F0414"):
        if row["DCTM"] != "PO":
            paid[row["PYID"]] = paid.get(row["PYID"], NOTHING) + Decimal(row.get("PAAP", 0))
    ordered = sorted(rows, key=lambda row: row["PYID"])
    return [(paid.get(row["PYID"], NOTHING), bool(row.get("VDGJ"))) for row in ordered]


def settled(testbed: BillSite, column: str = "PAAP") -> dict[str, Decimal]:
    """KCO/DCT/DOC/SFX -> what payments of BILL settled of it, void ones included."""
    found: dict[str, Decimal] = {}
    for row in table(testbed, "F0414"):
        if 80_000_000 <= row["DOCM"] < 90_000_000:
            key = "/".join((row["KCO"], row["DCT"].strip(), str(row["DOC"]), row["SFX"]))
            found[key] = found.get(key, NOTHING) + Decimal(row.get(column, 0))
    return found


def calls(testbed: BillSite, names: Sequence[str] = ("ML_PaymentRecord", "ML_PaymentVoid", "ML_JournalAdd")) -> int:
    """How often one of these orchestrations was called."""
    routes = testbed.sandbox.get("/faults")["routes"].get("jde", {})
    return sum(int(routes.get(f"POST /jderest/v3/orchestrator/{name}", 0)) for name in names) or int(
        routes.get("POST /jderest/v3/orchestrator/{name}", 0)
    )

"""Which payments of JD Edwards were made in BILL: those that we posted, and those whose number is that of a bill
payment which BILL shows, on a voucher of its bill.

A number that lies in our range proves nothing by itself: JD Edwards may have given it to a payment of its own. The
second rule is for a ledger that was lost, and for a posting whose outcome is not known yet. BILL is asked only if a
payment has a number in our range and no link.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_bill.payments.bills import PaidBills
from connector_assets.pairs.jde_bill.payments.entries import made_in_jde
from connector_assets.pairs.jde_bill.payments.numbers import FLOW, number_rules
from connector_assets.systems.bill.records import record_of
from connector_resources.bill import Payment
from connector_resources.unreadable import UnreadableRecord, set_aside

Made = dict[int, list[dict[str, Any]]]


class OwnPayments:
    """Tells BILL's payments in JD Edwards from JD Edwards' own; one a flow and run, since BILL's are read once."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.rules = number_rules(context.integration.settings)
        self._unreadable: list[Any] = []

    def __call__(self, headers: Sequence[Row], details: Sequence[Row]) -> Collection[Any]:
        """The ids (PYID) of those payments (rows of F0413, with their rows of F0414) that BILL made.

        Raises UnreadableRecord where one of them may be a payment of BILL's that cannot be read.
        """
        linked = self._linked(headers)
        asked = [row for row in headers if row["PYID"] not in linked and self.rules.ours(row.get("DOCM"))]
        if not asked:
            return linked
        candidates = {row["PYID"]: self._made.get(row["DOCM"], []) for row in asked}
        if self._unreadable and not all(candidates.values()):
            raise UnreadableRecord(self._unreadable)
        vouchers = self._vouchers([row for rows in candidates.values() for row in rows])
        settled: dict[Any, set[Any]] = {}
        for row in details:
            settled.setdefault(row["PYID"], set()).add(tuple(row[column] for column in VOUCHER_KEY))
        return linked | {
            payment
            for payment, rows in candidates.items()
            if any(vouchers[row["key"]] & settled.get(payment, set()) for row in rows)
        }

    def _linked(self, headers: Sequence[Row]) -> set[Any]:
        ids = {str(row["PYID"]): row["PYID"] for row in headers}
        links = self.context.ledger.links.by_target(f"{self.context.integration.name}/{FLOW}", "F0413", list(ids))
        return {ids[id] for id in links}

    @cached_property
    def _made(self) -> Made:
        """Payment number -> the bill payments that get it, of all that BILL has made."""
        found: Made = {}
        with set_aside() as unreadable:
            for page in self.context.reader("bill").all_rows("payments", ["id", "record"]):
                for row in page:
                    payment: Payment = record_of("payments", row["record"])
                    for each in () if made_in_jde(payment) else payment.bill_payments:
                        if each.id and each.bill_id:
                            made = {"key": each.id, "bill": each.bill_id, "vendor": None}
                            found.setdefault(self.rules.number(each.id), []).append(made)
        self._unreadable = list(unreadable)
        return found

    def _vouchers(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, set[Any]]:
        """Bill payment -> the vouchers (KCO, DCT, DOC) of its bill."""
        bills = PaidBills(self.context).of(rows) if rows else {}
        return {key: {item.key[:3] for own in bill.vouchers for item in own} for key, bill in bills.items()}

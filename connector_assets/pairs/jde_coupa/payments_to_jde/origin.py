"""Which payments of JD Edwards were made by Coupa Pay: those that we booked, and those whose number is that of a
payment detail which Coupa shows, on the voucher of its invoice.

A number above `payment_number_base` proves nothing by itself: JD Edwards may have given it to a payment of its own. The
second rule is for a ledger that was lost, and for a booking whose outcome is not known yet. Coupa is asked only if a
payment has such a number and no link.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, voucher_parts
from connector_assets.engine.context import RunContext
from connector_assets.pairs.jde_coupa.mark_and_payer import PAYMENT_FLOWS, booked_numbers
from connector_assets.pairs.jde_coupa.payments_to_jde.details import invoices_paid, name_origins
from connector_assets.pairs.jde_coupa.payments_to_jde.vouchers import PaidVouchers
from connector_resources.unreadable import UnreadableRecord, set_aside


class OwnPayments:
    """Tells Coupa Pay's payments in JD Edwards from JD Edwards' own; one a flow and run, since Coupa's are read
    once."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        # none where the flow is off: then only what is linked is known
        self.numbers = booked_numbers(context.integration.settings)
        self._unreadable: list[Any] = []

    def __call__(self, headers: Sequence[Row], details: Sequence[Row]) -> Collection[Any]:
        """The ids (PYID) of those payments (rows of F0413, with their rows of F0414) that Coupa Pay made.

        Raises UnreadableRecord where one of them may be a payment of Coupa Pay's that cannot be read.
        """
        linked = self._linked(headers)
        asked = [row for row in headers if row["PYID"] not in linked and row.get("DOCM") in self.numbers]
        if not asked:
            return linked
        candidates = {row["PYID"]: self._made.get(row["DOCM"] - self.numbers.start + 1) for row in asked}
        if self._unreadable and not all(candidates.values()):
            raise UnreadableRecord(self._unreadable)
        vouchers = self._vouchers([row for row in candidates.values() if row])
        settled: dict[Any, set[Any]] = {}
        for row in details:
            settled.setdefault(row["PYID"], set()).add(tuple(row[column] for column in VOUCHER_KEY))
        return linked | {
            payment for payment, row in candidates.items() if row and vouchers[row["key"]] & settled.get(payment, set())
        }

    def _linked(self, headers: Sequence[Row]) -> set[Any]:
        ids = {str(row["PYID"]): row["PYID"] for row in headers}
        flow = f"{self.context.integration.name}/{PAYMENT_FLOWS['coupa']}"
        return {ids[id] for id in self.context.ledger.links.by_target(flow, "F0413", list(ids))}

    @cached_property
    def _made(self) -> Mapping[int, dict[str, Any]]:
        """Id of a payment detail -> the invoice that it pays, of all payments that Coupa shows."""
        with set_aside() as unreadable:
            found = invoices_paid(self.context)
        self._unreadable = list(unreadable)
        return found

    def _vouchers(self, rows: Sequence[dict[str, Any]]) -> dict[str, set[Any]]:
        """Detail -> the vouchers (KCO, DCT, DOC) in force of its invoice."""
        name_origins(self.context, rows)
        found = PaidVouchers(self.context).of(rows) if rows else {}
        return {key: set(map(voucher_parts, paid.keys)) for key, paid in found.items()}

"""The order lines that an approved invoice is for: which of them are JDE's, and what may be vouchered of them.

Coupa's `po-number` identifies an order of JDE by the rule under which the purchase orders flow writes it. Such a line
is never distributed by itself: it relieves the order by a voucher match. The receipts (F43121, MATC 1) show what is
received and not vouchered yet; lines that need no receipt are vouchered from what is open (F4311).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.keys import Row, by, text
from connector_assets.documents.jde.voucher_entry.flow import Vouchers
from connector_assets.documents.jde.voucher_entry.writer import MATCH
from connector_assets.engine.flow import read_settings
from connector_assets.engine.money import Units, amount_text
from connector_assets.pairs.jde_coupa.purchase_orders.settings import PurchaseOrderSettings

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)
FLOW = "purchase_orders"
RECEIPT = "1"
# of a line for an order of JDE: the order and the line, and what JDE says of it
COLUMNS = {
    "order": "str?",
    "order_company": "str?",
    "order_type": "str?",
    "order_number": "int?",
    "order_line": "str?",
    "quantity": "money?",
    "line_company": "str?",
    "open_units": "money?",
    "open_amount": "money?",
    "unit_price": "money?",
    "by_units": "bool",
    "foreign_order": "bool",
    "order_currency": "str?",
}
# a column that says why a line is held -> the reason
HOLDS = {
    "no_match": "needs_order_match",
    "not_received": "not_received",
    "too_many": "more_than_received",
    "other_price": "price_differs",
}


class OrderLines:
    """The order lines of a run's documents."""

    def __init__(self, flow: Vouchers) -> None:
        self.flow = flow
        self.context = flow.context
        self.settings = flow.settings
        self.units = Units(flow.context.reader("jde").decimals)

    # -- reading --------------------------------------------------------------------------------------------------

    def fill(self, lines: Sequence[dict[str, Any]]) -> None:
        """Say of each line which order line of JDE it is for, if any, and what is open of that."""
        rules = self._rules()
        for line in lines:
            line |= dict.fromkeys(name for name in COLUMNS if name not in line) | {
                "by_units": False,
                "foreign_order": False,
            }
            parts = self._parts(rules, line["order"] or "")
            if parts is not None:
                line["order_company"], line["order_type"], line["order_number"] = parts
        wanted = {_name(line): line for line in lines if line["order_number"]}
        keys = sorted({name[:3] for name in wanted})
        reader = self.context.reader("jde")
        columns = ["KCOO", "DCTO", "DOCO"]
        details = by(reader.complete("F4311", columns, keys), *columns, "LNID")
        receipts = by(reader.complete("F43121", columns, keys), *columns, "LNID")
        for line in lines:
            name = _name(line)
            found = [row for row in details.get(name, ()) if text(row.get("SFXO")) == rules.order_suffix]
            if line["order_number"] and found:
                self._report(line, found[0], receipts.get(name, []))

    def _rules(self) -> PurchaseOrderSettings:
        """The rule of the order numbers: the purchase orders flow's, or its default where the site does not run it."""
        named = self.context.integration.settings.flows
        if FLOW not in named:
            return PurchaseOrderSettings(ship_to_user="nobody")
        own: Any = read_settings(PurchaseOrderSettings, self.context.integration.settings, FLOW)
        rules: PurchaseOrderSettings = own
        return rules

    @staticmethod
    def _parts(rules: PurchaseOrderSettings, number: str) -> tuple[str, str, int] | None:
        """(KCOO, DCTO, DOCO) of a po-number of ours."""
        key = rules.key_of(number)
        if key is None:
            return None
        company, kind, order = key.partition(":")[2].split("/")
        return company, kind, int(order)

    def _report(self, line: dict[str, Any], detail: Row, receipts: Sequence[Row]) -> None:
        # domestic amounts are in AOPN and PRRC, those of the order's currency in FRRC
        foreign = bool(detail.get("FRRC") or detail.get("FEA"))
        line["line_company"] = text(detail.get("CO"))
        line["by_units"], line["foreign_order"] = bool(detail.get("UORG")), foreign
        line["order_currency"] = text(detail.get("CRCD"))
        line["unit_price"] = detail.get("FRRC") if foreign else detail.get("PRRC")
        if text(detail.get("LNTY")) in self.settings.two_way_line_types:
            line["open_units"], line["open_amount"] = detail.get("UOPN") or ZERO, detail.get("AOPN") or ZERO
            return
        standing = [row for row in receipts if text(row.get("MATC")) == RECEIPT]
        line["open_units"] = sum((row.get("UOPN") or ZERO for row in standing), ZERO)
        line["open_amount"] = sum((row.get("AOPN") or ZERO for row in standing), ZERO)

    # -- checking -------------------------------------------------------------------------------------------------

    def check(self, lines: Sequence[dict[str, Any]], *, delivered: bool) -> None:
        """Why lines of one invoice cannot be matched. Once it has a voucher, what JDE holds is its own doing, and only
        JDE can tell what a new revision may relieve."""
        for line in lines:
            line |= dict.fromkeys(HOLDS)
            line["no_match"] = self._unmatched(line)
        if delivered:
            return
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for line in lines:
            if line["order_number"]:
                groups.setdefault(_name(line), []).append(line)
        for same in groups.values():
            if not any(line["no_match"] for line in same):
                same[0].update(self._refusal(same))

    def _unmatched(self, line: Mapping[str, Any]) -> str | None:
        order = line["order"]
        if not order:
            return None
        if not line["order_number"]:
            # an order of Coupa's own, unless Coupa does not say which it is
            return f"an order without number ({order})" if order.startswith("line ") else None
        if not self.flow.writer.configured(MATCH):
            return f"{order}: no orchestration {MATCH} is configured"
        return None if line["open_units"] is not None else f"{order} line {line['order_line']}: not in JD Edwards"

    def _refusal(self, same: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """What JDE would refuse, of the invoice's lines for one order line."""
        first = same[0]
        where = f"{first['order']} line {first['order_line']}"
        amount = sum((line["line_amount"] for line in same), ZERO)
        quantity = sum((line["quantity"] or ZERO for line in same), ZERO)
        if amount < 0:
            return {}
        units, there = first["open_units"], first["open_amount"]
        if not (units if first["by_units"] else there):
            return {"not_received": where}
        if first["by_units"]:
            if quantity > units:
                return {"too_many": f"{where}: {quantity.normalize():f} invoiced, {units.normalize():f} to voucher"}
            expected = quantity * (first["unit_price"] or ZERO)
            unit = self.units.of(first["order_currency"])
            allowed = max(abs(expected) * self.settings.price_tolerance_percent / HUNDRED, unit)
            if abs(amount - expected) > allowed:
                shown = amount_text(expected.quantize(unit), first["order_currency"])
                return {"other_price": f"{where}: {amount_text(amount)} invoiced, {shown} ordered"}
        elif amount > there and not first["foreign_order"]:
            return {"too_many": f"{where}: {amount_text(amount)} invoiced, {amount_text(there)} to voucher"}
        return {}


def _name(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """(KCOO, DCTO, DOCO, LNID) of a line."""
    number = line["order_line"]
    return line["order_company"], line["order_type"], line["order_number"], Decimal(number) if number else None

"""The pay items that a bill payment settles: from what JD Edwards and BILL say about each other.

A bill that came from a voucher is linked to its pay items, and an order's bill to its order; if the links are lost, its
description decides (`marker`). A bill that originates in BILL has its voucher by the mark (`marks`). All of it is read
in the present state of both systems.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from connector_assets.documents.jde.currencies import company_currencies, is_foreign, voucher_currency
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, is_void, text, voucher_key, voucher_parts
from connector_assets.documents.jde.orders.vouchers import vouchers_of
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.documents.jde.vouchers.reading import payee_of
from connector_assets.engine.context import RunContext
from connector_assets.engine.money import CENT, Units
from connector_assets.pairs.jde_bill.approved_bills.marks import ORIGIN_FLOW, origins
from connector_assets.pairs.jde_bill.marker import ORDER, keys_of
from connector_assets.pairs.jde_bill.purchase_order_bills.billed import order_named
from connector_assets.systems.bill.records import record_of
from connector_resources.bill import Bill, Vendor, VendorCredit

ZERO = Decimal("0.00")
BILLS, ORDER_BILLS, CREDITS = "bills", "purchase_order_bills", "vendor_credits"


@dataclass(frozen=True, slots=True)
class PayItem:
    """A pay item as it is now: amounts in the document's currency, and as `base` in the company's (its smallest amount
    is `base_unit`); `gross` and `open` of a credit are negative."""

    company: str
    type: str
    number: int
    suffix: str
    books: str
    status: str
    currency: str | None
    foreign: bool
    gross: Decimal
    open: Decimal
    base_gross: Decimal
    base_open: Decimal
    supplier: int | None
    payee: int | None = None
    base_unit: Decimal = CENT
    # what may still be taken off for paying by `discount_until`
    discount: Decimal = ZERO
    base_discount: Decimal = ZERO
    discount_until: date | None = None

    @property
    def key(self) -> tuple[str, str, int, str]:
        """(KCO, DCT, DOC, SFX)."""
        return self.company, self.type, self.number, self.suffix

    @property
    def name(self) -> str:
        """`KCO/DCT/DOC/SFX`."""
        return f"{self.company}/{self.type}/{self.number}/{self.suffix}"


@dataclass(frozen=True)
class PaidBill:
    """What is known of the bill of a bill payment: `vouchers` are those in force, of each the pay items that it covers;
    one, where all is well; of an order (`order` is its key) that was vouchered in parts several. `currency` is the
    vendor's (None: BILL does not say)."""

    vouchers: Sequence[Sequence[PayItem]] = ()
    invoice_number: str | None = None
    currency: str | None = None
    originates_in_bill: bool = False
    order: str | None = None


class PaidBills:
    """Finds the pay items of paid bills and of applied credits."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.jde = context.reader("jde")
        self.bill = context.reader("bill")

    def of(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, PaidBill]:
        """Document key -> its bill."""
        bills: dict[str, Bill] = self._records(BILLS, {row["bill"] for row in rows})
        vendors: dict[str, Vendor] = self._records("vendors", {row["vendor"] for row in rows if row["vendor"]})
        named = {id: self._named(bills[id], link) for id, link in self._links(BILLS, bills).items()}
        orders = {id: [link] for id, link in self._links(ORDER_BILLS, bills).items() if id not in named}
        for id, bill in bills.items():
            shown = keys_of(bill.description) if id not in named and id not in orders else ()
            if shown:
                (orders if shown[0].startswith(f"{ORDER}:") else named)[id] = list(shown)
        from_bill = [id for id in bills if id not in named and id not in orders]
        by_order = self._of_orders({key for keys in orders.values() for key in keys})
        items = self.pay_items({key for keys in named.values() for key in keys})
        made = self._of_bills_of_bill(from_bill)
        vouchers: dict[str, Iterable[Sequence[PayItem]]] = {
            **{id: by_order[keys[0]] for id, keys in orders.items()},
            **{id: [[items[key] for key in keys if key in items]] for id, keys in named.items()},
            **{id: [self._items(each) for each in own if not is_void(each)] for id, own in made.items()},
        }
        found = {}
        for row in rows:
            paid = bills.get(row["bill"])
            vendor = vendors.get(row["vendor"] or "")
            found[row["key"]] = PaidBill(
                vouchers=[each for each in vouchers.get(row["bill"], ()) if each],
                invoice_number=paid.invoice.invoice_number if paid and paid.invoice else None,
                currency=vendor.bill_currency if vendor else None,
                originates_in_bill=row["bill"] in made,
                order=next(iter(orders.get(row["bill"], ())), None),
            )
        return found

    def of_credits(self, ids: Collection[str]) -> dict[str, list[PayItem]]:
        """Id of a vendor credit -> the pay items of the debit memo that it came from; empty for one that originates in
        BILL."""
        credits: dict[str, VendorCredit] = self._records(CREDITS, ids)
        links = self._links(CREDITS, credits)
        keys = {id: keys_of(each.description) for id, each in credits.items()}
        keys |= {id: self._named(credits[id], link) for id, link in links.items()}
        items = self.pay_items({key for own in keys.values() for key in own if not key.startswith(f"{ORDER}:")})
        return {id: [items[key] for key in keys.get(id, ()) if key in items] for id in ids}

    def pay_items(self, keys: Collection[str]) -> dict[str, PayItem]:
        """The pay items of these keys (`F0411:KCO/DCT/DOC/SFX`) that are there and not void."""
        vouchers = {_parts(key)[:3] for key in keys}
        rows = self.jde.complete("F0411", VOUCHER_KEY, sorted(vouchers)) if vouchers else []
        items = by(without_audit_rows(rows), *VOUCHER_KEY, "SFX").values()
        found = {f"{voucher_key(own[0])}/{own[0]['SFX']}": own for own in items}
        return {key: self._item(found[key]) for key in keys if key in found and not is_void(found[key])}

    @cached_property
    def _currencies(self) -> dict[str, str]:
        return company_currencies(self.jde)

    @cached_property
    def _units(self) -> Units:
        return Units(self.jde.decimals)

    def _records(self, entity: str, ids: Collection[str]) -> dict[str, Any]:
        rows = self.bill.complete(entity, ["id"], [(id,) for id in sorted(ids)]) if ids else []
        return {row["id"]: record_of(entity, row["record"]) for row in rows}

    def _links(self, flow: str, records: Mapping[str, Any]) -> dict[str, str]:
        """Id -> the key that it is linked to, by the links of a flow whose target it is."""
        entity = BILLS if flow == ORDER_BILLS else flow
        links = self.context.ledger.links.by_target(f"{self.context.integration.name}/{flow}", entity, sorted(records))
        return {id: link.source_key for id, link in links.items()}

    def _named(self, record: Bill | VendorCredit, linked: str) -> Sequence[str]:
        """The pay items that a record covers: those that its description names, where it names the linked one first."""
        keys = keys_of(record.description)
        return keys if linked in keys else [linked]

    def _of_orders(self, keys: Collection[str]) -> dict[str, list[list[PayItem]]]:
        """Order key -> its vouchers in force, by number."""
        orders = {key: order_named(key) for key in keys}
        rows = vouchers_of(self.jde, set(orders.values()))
        return {
            key: [
                self._items(own) for _, own in sorted(by(rows.get(order, ()), *VOUCHER_KEY).items()) if not is_void(own)
            ]
            for key, order in orders.items()
        }

    def _of_bills_of_bill(self, bills: Sequence[str]) -> dict[str, list[list[Row]]]:
        """Id of a bill that originates in BILL -> the vouchers made of it, of each its pay items; where none is
        known the one that it is linked to."""
        made = origins(self.context).vouchers(self.jde, bills)
        flow, prefix = f"{self.context.integration.name}/{ORIGIN_FLOW}", f"{BILLS}:"
        links = self.context.ledger.links.of(flow, [f"{prefix}{id}" for id, vouchers in made.items() if not vouchers])
        # one that waits in the batch files is no voucher yet
        keys = {
            key: voucher_parts(link.target_id) for key, link in links.items() if not link.target_id.startswith("Z/")
        }
        rows = self.jde.complete("F0411", VOUCHER_KEY, sorted(set(keys.values()))) if keys else []
        found = by(without_audit_rows(rows), *VOUCHER_KEY)
        return {**made, **{key.removeprefix(prefix): [found[parts]] for key, parts in keys.items() if parts in found}}

    def _items(self, rows: Sequence[Row]) -> list[PayItem]:
        return [self._item(own) for _, own in sorted(by(rows, "SFX").items())]

    def _item(self, rows: Sequence[Row]) -> PayItem:
        """A pay item; its extensions (SFXE) count as one."""
        head = rows[0]
        foreign = is_foreign(head)

        def total(alias: str) -> Decimal:
            return sum((row.get(alias) or ZERO for row in rows), ZERO)

        return PayItem(
            company=head["KCO"],
            type=head["DCT"],
            number=head["DOC"],
            suffix=head["SFX"],
            books=text(head.get("CO")) or head["KCO"],
            status=text(head.get("PST")) or "",
            currency=voucher_currency(head, self._currencies),
            foreign=foreign,
            gross=total("ACR" if foreign else "AG"),
            open=total("FAP" if foreign else "AAP"),
            base_gross=total("AG"),
            base_open=total("AAP"),
            supplier=head.get("AN8"),
            payee=payee_of(rows),
            discount=total("CDS") - total("CDSA") if foreign else total("ADSC") - total("ADSA"),
            base_discount=total("ADSC") - total("ADSA"),
            discount_until=min((row["DDNJ"] for row in rows if row.get("DDNJ")), default=None),
            base_unit=self._units.of(self._currencies.get(text(head.get("CO")) or head["KCO"])),
        )


def _parts(key: str) -> tuple[str, str, int, str]:
    company, kind, number, suffix = key.removeprefix("F0411:").split("/")
    return company, kind, int(number), suffix

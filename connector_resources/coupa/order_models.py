"""Coupa's purchase orders, and the users, addresses and units they refer to, as pydantic models (coupa section 3.3)."""

from __future__ import annotations

from typing import Annotated

from connector_resources.coupa.models import Allocation
from connector_resources.coupa.shapes import (
    AccountRef,
    AddressRef,
    CodeRef,
    Customized,
    NamedRef,
    Record,
    Shape,
    SupplierRef,
    UserRef,
)
from connector_resources.coupa.values import Amount, Day, Flag, Instant, Label, Many, Number, Text, Unused

# What a purchase order that the ERP owns is called when it is created.
EXTERNAL_ORDER = "ExternalOrderHeader"
QUANTITY_LINE = "OrderQuantityLine"
AMOUNT_LINE = "OrderAmountLine"

# Statuses of an order; both spellings of the cancelled one occur (coupa section 8.13).
ORDER_OPEN = frozenset({"issued"})
ORDER_CANCELLED = frozenset({"cancelled", "canceled"})
ORDER_CLOSED = frozenset({"closed", "soft_closed"})
ORDER_NOT_IN_FORCE = frozenset({"draft", "buyer_hold", "supplier_hold", "currency_hold", "supplier_window_hold"})


class OrderLine(Shape):
    """One line of an order; an amount line has its amount in `price` and no quantity.

    `received`, `invoiced`, `total_invoiced`, `total` and `status` are Coupa's own. `line_num` is text here, while the
    lines of invoices have numbers (coupa section 8.4).
    """

    OPTIONAL = frozenset(
        {
            *("type", "quantity", "uom", "currency", "account", "account_allocations", "account_type"),
            *("commodity", "department", "need_by_date", "source_part_num", "supp_aux_part_num"),
            *("match_type", "receipt_required", "external_reference_number"),
            *("status", "version", "received", "invoiced", "total_invoiced", "total"),
        }
    )
    id: Number = None
    type: Text = None
    line_num: Label = None
    description: Text = None
    price: Amount = None
    quantity: Amount = None
    uom: CodeRef | None = None
    currency: CodeRef | None = None
    account: AccountRef | None = None
    account_allocations: Annotated[tuple[Allocation, ...], Many] = ()
    account_type: NamedRef | None = None
    commodity: Unused[NamedRef | None] = None
    department: NamedRef | None = None
    need_by_date: Day = None
    source_part_num: Unused[Text] = None
    supp_aux_part_num: Unused[Text] = None
    match_type: Unused[Text] = None
    receipt_required: Unused[Flag] = None
    external_reference_number: Unused[Text] = None
    status: Text = None
    version: Number = None
    received: Amount = None
    invoiced: Unused[Amount] = None
    total_invoiced: Amount = None
    total: Amount = None


class PurchaseOrder(Customized):
    """A purchase order with its lines; `po_number` is unique and has at most 20 characters."""

    OPTIONAL = frozenset(
        {
            *("type", "version", "internal_revision", "transmission_status", "transmission_method_override"),
            *("ship_to_address", "ship_to_user", "ship_to_attention", "payment_term", "shipping_term"),
            *("payment_method", "change_type", "exported", "last_exported_at", "custom_fields", "created_at"),
        }
    )
    type: Text = None
    po_number: Text = None
    version: Number = None
    internal_revision: Unused[Number] = None
    status: Text = None
    transmission_status: Unused[Text] = None
    transmission_method_override: Unused[Text] = None
    supplier: SupplierRef | None = None
    currency: CodeRef | None = None
    ship_to_address: AddressRef | None = None
    ship_to_user: UserRef | None = None
    ship_to_attention: Unused[Text] = None
    payment_term: CodeRef | None = None
    shipping_term: Unused[CodeRef | None] = None
    payment_method: Text = None
    change_type: Unused[Text] = None
    order_lines: Annotated[tuple[OrderLine, ...], Many] = ()
    exported: Flag = None
    last_exported_at: Unused[Instant] = None
    created_at: Unused[Instant] = None
    updated_at: Instant = None


class User(Record):
    """A user of the instance; `login` is unique (coupa section 3.0)."""

    OPTIONAL = frozenset({"fullname", "employee_number", "active"})
    login: Text = None
    email: Text = None
    fullname: Unused[Text] = None
    employee_number: Unused[Label] = None
    active: Flag = None


class CompanyAddress(Record):
    """An address of the company's own, where orders are delivered to; known by `location_code` or `name`."""

    OPTIONAL = frozenset({"name", "active"})
    name: Text = None
    location_code: Text = None
    active: Flag = None


class Unit(Record):
    """A unit of measure; `code` has at most six characters (coupa section 3.2)."""

    OPTIONAL = frozenset({"name", "allowable_precision", "active"})
    code: Text = None
    name: Text = None
    allowable_precision: Unused[Number] = None
    active: Flag = None

"""Payments of Coupa Pay as rows: one a detail, which pays one invoice (coupa section 3.5b)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Assembly
from connector_assets.pairs.jde_coupa.invoices.remit_to import remit_to_of
from connector_assets.pairs.jde_coupa.origin import voucher_key_on
from connector_assets.systems.coupa.records import record_of
from connector_resources.coupa.pay_models import INVOICE_SOURCE, PaymentDetail, PayPayment

ENTITY = "payments"
ZERO = Decimal("0.00")
COLUMNS = {
    "payment": "str",
    "detail": "int",
    "status": "str",
    "settled": "bool",
    "undone": "bool",
    "unclear": "bool",
    "invoice": "str",
    "invoice_number": "str?",
    "discount": "money",
    "paid_on": "date",
    "born_as": "str?",
    # the address number of who was paid, where Coupa or our links tell it
    "payee": "str?",
    # the address of the supplier at which the invoice is to be paid
    "remit_to": "str?",
}


def key_of(payment: int, detail: int) -> str:
    """`payments:<payment id>/<detail id>`."""
    return f"{ENTITY}:{payment}/{detail}"


def keys_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
    """The documents of landed payments, each with the day of the payment's change."""
    keys: dict[str, date | None] = {}
    for row in rows:
        payment = _payment(row)
        keys |= {key_of(payment.id, number): row["updated_on"] for number, _ in _details(payment)}
    return keys


@dataclass(frozen=True, slots=True)
class Statuses:
    """What a site says of the statuses of a payment: that it is booked, taken back where it was booked, or that nobody
    knows whether the money has left."""

    settled: Collection[str]
    undone: Collection[str]
    unclear: Collection[str]


def details_of(context: RunContext, keys: Mapping[str, date | None], statuses: Statuses) -> Assembly:
    """One document per detail among `keys`. What pays no invoice (an expense report, an advance) is left
    alone by the rule `not_an_invoice`, a payment without details by `no_details`."""
    numbers = {int(key.removeprefix(f"{ENTITY}:").partition("/")[0]) for key in keys}
    found = context.reader("coupa").complete(ENTITY, ["id"], [(number,) for number in sorted(numbers)])
    assembly = Assembly(rows=len(found), ignored_rows=Counter())
    for row in found:
        documents = [each for each in _rows(context, _payment(row), statuses) if each["key"] in keys]
        for each in documents:
            assembly.documents.append({**each, "day": keys[each["key"]]})
        if documents:
            assembly.rows_in_documents += 1
        else:
            assembly.ignored_rows["no_details"] += 1
    shown = [
        row
        for row in assembly.documents
        if row["ignored"] is None and (row["settled"] or row["undone"] or row["unclear"])
    ]
    name_origins(context, shown)
    return assembly


def _payment(row: Mapping[str, Any]) -> PayPayment:
    found: PayPayment = record_of(ENTITY, row["record"])
    return found


def _details(payment: PayPayment) -> list[tuple[int, PaymentDetail]]:
    return [(detail.id, detail) for detail in payment.payment_details if detail.id is not None]


def _of_invoice(detail: PaymentDetail) -> bool:
    return detail.source_transaction_type in (None, INVOICE_SOURCE) and detail.source_transaction_id is not None


def _rows(context: RunContext, payment: PayPayment, statuses: Statuses) -> Iterator[dict[str, Any]]:
    status = payment.status or ""
    at = payment.released_at or payment.updated_at
    paid_on = at.astimezone(context.time_zone("coupa")).date() if at else payment.requested_execution_date
    for number, detail in _details(payment):
        currency = detail.currency or payment.pay_to_currency
        yield {
            "key": key_of(payment.id, number),
            "ignored": None if _of_invoice(detail) else "not_an_invoice",
            "amount": detail.payment_total or ZERO,
            "currency": currency.code if currency else None,
            "payment": payment.payment_identifier or str(payment.id),
            "detail": number,
            "status": status,
            "settled": status in statuses.settled,
            "undone": status in statuses.undone,
            "unclear": status in statuses.unclear,
            "invoice": str(detail.source_transaction_id or ""),
            "invoice_number": detail.source_transaction_reference,
            "discount": detail.discount_total or ZERO,
            "paid_on": paid_on,
            "born_as": None,
            "payee": _payee(context, payment),
            "remit_to": None,
        }


def _payee(context: RunContext, payment: PayPayment) -> str | None:
    """The address number of who was paid: the supplier's number, which may be null (coupa section 3.5d), else by the
    link of the supplier's id."""
    if payment.payee is None or payment.payee.number or payment.payee.id is None:
        return payment.payee.number if payment.payee else None
    id = str(payment.payee.id)
    link = context.ledger.links.by_target(f"{context.integration.name}/suppliers", "suppliers", [id]).get(id)
    return link.source_key.removeprefix("F0401:") if link else None


def invoices_paid(context: RunContext) -> dict[int, dict[str, Any]]:
    """Id of a payment detail -> the invoice that it pays, as `name_origins` completes it; of every payment that Coupa
    shows."""
    found: dict[int, dict[str, Any]] = {}
    for rows in context.reader("coupa").all_rows(ENTITY, ["id", "updated_on", "record"]):
        for row in rows:
            for number, detail in _details(_payment(row)):
                if _of_invoice(detail):
                    invoice = str(detail.source_transaction_id)
                    found[number] = {"key": str(number), "invoice": invoice, "born_as": None}
    return found


def invoice_payments(context: RunContext) -> Iterator[dict[str, Any]]:
    """A row for each payment detail that pays an invoice, of every payment that Coupa shows: `payment` (its name),
    `invoice` (id), `amount`, `discount`, `status`."""
    for rows in context.reader("coupa").all_rows(ENTITY, ["id", "updated_on", "record"]):
        for payment in map(_payment, rows):
            for _, detail in _details(payment):
                if _of_invoice(detail):
                    yield {
                        "payment": payment.payment_identifier or str(payment.id),
                        "invoice": str(detail.source_transaction_id),
                        "amount": detail.payment_total or ZERO,
                        "discount": detail.discount_total or ZERO,
                        "status": payment.status or "",
                    }


def name_origins(context: RunContext, documents: Sequence[dict[str, Any]]) -> None:
    """Write into `born_as` the key of the voucher that an invoice (`invoice`, its id) came from, where the invoice
    carries one, and into `remit_to` where it is to be paid."""
    wanted = {int(row["invoice"]) for row in documents}
    found = context.reader("coupa").complete("invoices", ["id"], [(each,) for each in sorted(wanted)])
    field = context.integration.settings.flows.get("invoices", {}).get("key_custom_field")
    invoices: dict[str, Any] = {str(row["id"]): record_of("invoices", row["record"]) for row in found}
    for row in documents:
        if (invoice := invoices.get(row["invoice"])) is not None:
            row |= {"born_as": voucher_key_on(invoice, field), "remit_to": remit_to_of(invoice)}

"""Payments of BILL as rows: one a bill payment (`billPayments[].id`), which pays one bill (bill section 3.4).

A line is a vendor credit that BILL applied in it: the cash of a bill payment is its amount less its credits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import Assembly
from connector_assets.engine.money import smallest
from connector_assets.pairs.jde_bill.marker import payment_of
from connector_assets.systems.bill.records import record_of
from connector_resources.bill import BillPayment, Payment

ENTITY = "payments"
FUNDED_IN = "USD"
ZERO = Decimal("0.00")
# the status of a payment whose money has gone; `singleStatus` says how far
PAID = "PAID"
# both spellings: `status` has CANCELLED and VOID, `singleStatus` CANCELED and VOIDED
UNDONE = frozenset({"VOID", "VOIDED", "CANCELLED", "CANCELED", "FUNDING_FAILED_VOIDED"})
# statuses of a payment that has not begun
TO_COME = frozenset({"APPROVING", "SCHEDULED"})
REJECTED = "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED"
ACTION_NEEDED = "_ACTION_NEEDED"
UNFUNDED = "FUNDING_FAILED_ACTION_NEEDED"
# what an outside payment says of money that BILL did not move: nothing
NOT_SAID = (None, "UNDEFINED")

COLUMNS = {
    "payment": "str",
    "bill_payment": "str",
    "status": "str",
    "settled": "bool",
    "undone": "bool",
    "trouble": "bool",
    "unclear": "bool",
    "bill": "str",
    "vendor": "str?",
    "invoice_number": "str?",
    "gross": "money",
    "funding": "money?",
    "paid_on": "date?",
}


def key_of(payment: str, bill_payment: str) -> str:
    """`payments:<stp id>/<blp id>`."""
    return f"{ENTITY}:{payment}/{bill_payment}"


def bill_payment_of(key: str) -> str:
    """The id of the bill payment (`blp…`) of a document."""
    return key.rpartition("/")[2]


def keys_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
    """The documents of landed payments, each with the day of the payment's change."""
    keys: dict[str, date | None] = {}
    for row in rows:
        payment: Payment = record_of(ENTITY, row["record"])
        keys |= {key_of(row["id"], str(each.id)): row["updated_on"] for each in _parts(payment)}
    return keys


def entries_of(
    context: RunContext, keys: Mapping[str, date | None], posted: Collection[str], unclear: Collection[str] = ()
) -> Assembly:
    """One document per bill payment among `keys`, its credits as lines. A payment that names no bill payment is left
    alone by the rule `no_bill_payments`. `posted` and `unclear` are the settings `posted_statuses` and
    `unclear_statuses`."""
    wanted = {key.removeprefix(f"{ENTITY}:").partition("/")[0] for key in keys}
    found = context.reader("bill").complete(ENTITY, ["id"], [(id,) for id in sorted(wanted)])
    assembly = Assembly(rows=len(found), ignored_rows=Counter())
    for row in found:
        payment: Payment = record_of(ENTITY, row["record"])
        parts = {key_of(row["id"], str(each.id)): each for each in _parts(payment)}
        documents = [_row(key, payment, part, posted, unclear) for key, part in parts.items() if key in keys]
        assembly.documents += [{**each, "day": keys[each["key"]]} for each in documents]
        assembly.lines += [line for key, part in parts.items() if key in keys for line in _credits(key, part)]
        if documents:
            assembly.rows_in_documents += 1
        else:
            assembly.ignored_rows["no_bill_payments"] += 1
    return assembly


def made_in_jde(payment: Payment) -> bool:
    """Whether an outside payment is one of JD Edwards that the bills flow recorded, by our marker `JDE <PYID>`."""
    texts = (payment.description, payment.sync_reference, payment.transaction_number, payment.confirmation_number)
    return payment.online_payment is False and any(payment_of(each) for each in texts)


def _parts(payment: Payment) -> list[BillPayment]:
    return [each for each in payment.bill_payments if each.id and each.bill_id]


def _row(
    key: str, payment: Payment, part: BillPayment, posted: Collection[str], unclear: Collection[str]
) -> dict[str, Any]:
    status, single = payment.status, payment.single_status
    outside = payment.online_payment is False
    moved = single in posted or (outside and single in NOT_SAID)
    undone = status in UNDONE or single in UNDONE
    settled = status == PAID and moved and not undone
    gross = part.amount or ZERO
    return {
        "key": key,
        "ignored": "born_in_jde" if made_in_jde(payment) else None,
        "amount": _cash(part),
        "currency": None,
        "payment": payment.id,
        "bill_payment": part.id,
        "status": "/".join(each for each in (status, single) if each),
        "settled": settled,
        "undone": undone,
        "trouble": not undone and (single == REJECTED or (single or "").endswith(ACTION_NEEDED)),
        # of what is still to be funded BILL says so in `status`
        "unclear": not settled and not undone and single in unclear and status not in TO_COME,
        "bill": part.bill_id,
        "vendor": payment.vendor_id,
        "invoice_number": None,
        "gross": gross,
        "funding": _funding(payment, part),
        "paid_on": payment.process_date,
    }


def _cash(part: BillPayment) -> Decimal:
    """What is paid of a bill, less the credits that were applied."""
    return (part.amount or ZERO) - sum((each.amount or ZERO for each in part.vendor_credits), ZERO)


def _funding(payment: Payment, part: BillPayment) -> Decimal | None:
    """What BILL took from the bank for this bill payment: its part of `fundingAmount`, dollars (bill section 3.4). None
    where BILL does not say, and for outside payments, for which it took nothing."""
    total = sum((_cash(each) for each in payment.bill_payments), ZERO)
    if payment.funding_amount is None or payment.online_payment is False or not total:
        return None
    return (payment.funding_amount * _cash(part) / total).quantize(smallest(FUNDED_IN), ROUND_HALF_UP)


def _credits(key: str, part: BillPayment) -> Iterator[dict[str, Any]]:
    for each in part.vendor_credits:
        yield {"key": key, "credit": each.id, "item": None, "amount": each.amount or ZERO, "base": None}

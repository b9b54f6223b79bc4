"""The discount of a document for early payment in its voucher: F0411.ADSC and DDNJ (jde-ais section 11.1).

JDE accepts an amount and its date only without a payment term. With a term it computes both by itself, and with a blank
term it may use the supplier's. The result is therefore read back once, when the voucher is first seen. After that the
discount is JDE's: the payer decides whether it is taken. If the discount changes in the system where the document
originates, the voucher is entered again, as after any other change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.currencies import is_foreign
from connector_assets.documents.jde.keys import Row
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.document import Decision, Document, Hold, Target
from connector_assets.engine.money import amount_text
from connector_assets.engine.reasons import problem
from connector_assets.engine.words import beside
from connector_resources.ledger import Delivery

ZERO = Decimal("0.00")
# the field of a content; one without a discount has none
DISCOUNT = "discount"


def discount_shown(row: Mapping[str, Any]) -> str:
    """The discount of a mapped row as the content has it: `0.27 until 2026-03-11`."""
    return _shown(row["discount"], row["discount_until"])


def by_amount(row: Mapping[str, Any], settings: Any) -> bool:
    """Whether JDE is sent the amount and the day of a discount, and no payment term."""
    return bool(row.get(DISCOUNT)) and settings.discounts == "amount"


def carried(wanted: Mapping[str, Any], there: Mapping[str, Any], known: Delivery) -> dict[str, Any]:
    """The content of a voucher, with the discount that JDE was told last: what it made of it is read back by itself. Of
    one that is linked only by now it is taken for told."""
    discount = (wanted if known.content is None else known.content).get(DISCOUNT)
    return {**there, DISCOUNT: discount} if discount else dict(there)


def read_back(document: Document, known: Delivery, target: Target) -> Decision | None:
    """What JDE has made of the discount, where that is something else: asked once, when the voucher is first seen."""
    row = document.facts["row"]
    if not row.get(DISCOUNT) or target.raw.in_batch or target.raw.void or target.raw.paid or document.content["void"]:
        return None
    if known.state == "settled" and known.content_hash == document.hash and not (known.waiting or known.released):
        return None
    wanted, found = discount_shown(row), _held(without_audit_rows(target.raw.rows))
    if found == wanted:
        return None
    return Hold((problem("discount_differs", DISCOUNT, f"{target.id}, {beside(found, wanted)}"),))


def _held(items: Sequence[Row]) -> str | None:
    """The discount of a voucher's pay items; its dates where they are several."""
    column = "CDS" if is_foreign(items[0]) else "ADSC"
    amount = sum((row.get(column) or ZERO for row in items), ZERO)
    days = sorted({row.get("DDNJ") for row in items if row.get(column)}, key=str)
    return ", ".join(_shown(amount, day) for day in days) if amount else None


def _shown(amount: Decimal, until: Any) -> str:
    return f"{amount_text(amount)} until {until.isoformat() if until else 'no day'}"

"""What was asked for and what a voucher says, in one form for comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.currencies import is_foreign, voucher_currency
from connector_assets.documents.jde.keys import VOUCHER_KEY, Row, by, text
from connector_assets.documents.jde.voucher_entry.origins import voucher_id
from connector_assets.documents.jde.vouchers.posting import without_audit_rows
from connector_assets.engine.money import amount_text
from connector_resources.ledger.vouchers_made import Made

ZERO = Decimal("0.00")
# the orchestration that writes batch rows: whatever waits there was asked for by it
BATCH_ADD = "voucher_batch_add"
# supplier and invoice number: an index of F0411
NUMBER = ("AN8", "VINV")
# what both must say; an amount of a void voucher is gone
SAYS = ("supplier", "number", "date", "currency", "type")


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Voucher -> its pay items, without audit rows."""
    return {voucher_id(items[0]): items for items in by(without_audit_rows(list(rows)), *VOUCHER_KEY).values()}


def attempts_of(made: Iterable[Made]) -> list[Mapping[str, Any]]:
    """All that was asked for of these."""
    return [sent for each in made for sent in each.attempts]


def acts_of(one: Made) -> tuple[str, ...]:
    """The orchestrations by which a voucher was asked for; '' for what was asked for before that was kept."""
    return tuple(dict.fromkeys(sent.get("by") or "" for sent in one.attempts))


def number_of(sent: Mapping[str, Any]) -> tuple[int, str]:
    """Supplier and invoice number of what was asked for."""
    return int(sent["supplier"]), sent["number"]


def name_of(head: Row) -> tuple[int, str]:
    """Supplier and invoice number of a voucher."""
    return head["AN8"], text(head.get("VINV")) or ""


def batch_of(row: Row) -> tuple[str | None, str] | None:
    """The batch that a row is in, once it is in one."""
    number = text(row.get("ICU"))
    return (text(row.get("ICUT")), number) if number not in (None, "", "0") else None


def agrees(sent: Mapping[str, Any], said: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether both say the same of these fields."""
    return all(sent[name] == said[name] for name in names)


def says(items: Sequence[Row], currencies: Mapping[str, str]) -> dict[str, Any]:
    """What a voucher says by its pay items, in its own currency; `currencies` are those of the companies' books."""
    head = items[0]
    column = "ACR" if is_foreign(head) else "AG"
    return {
        "supplier": str(head["AN8"]),
        "number": text(head.get("VINV")) or "",
        "amount": amount_text(sum((row.get(column) or ZERO for row in items), ZERO)),
        "date": head["DIVJ"].isoformat() if head.get("DIVJ") else None,
        "currency": voucher_currency(head, currencies),
        "type": text(head.get("DCT")),
    }

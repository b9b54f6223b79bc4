"""Where an invoice originates, readable in both systems without the ledger.

An invoice that came from a voucher of JD Edwards carries that voucher's key in Coupa, where the invoices flow writes
it. An invoice that originates in Coupa is marked in JD Edwards: its voucher carries `CPA-<invoice id>-<revision>` in
VR01 (reference) or URRF (user reference). What originates on one side is never created there again from the other.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.documents.jde.keys import text
from connector_assets.documents.jde.voucher_entry import marks
from connector_resources.coupa.models import Invoice

# KCO/DCT/DOC: document company, type and number
_VOUCHER = re.compile(r"[0-9A-Z]{1,5}/[0-9A-Z]{2}/[1-9]\d{0,7}")
LENGTHS = {"VR01": 25, "URRF": 15}


class MarkRules(marks.MarkRules[int]):
    """How the voucher of an invoice that originates in Coupa is marked in JD Edwards; in URRF there is room for 15
    characters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mark_column: Literal["VR01", "URRF"] = Field(
        default="VR01", description="column of F0411 that holds the mark; the orchestrations must fill it"
    )
    mark_prefix: str = Field(
        default="CPA-",
        min_length=1,
        max_length=6,
        pattern=r"^[A-Z0-9]+-$",
        description="what the mark begins with; nobody else may use it in that column",
    )

    ID = r"[1-9]\d*"
    SOURCE = "invoice"
    id_of = int


def voucher_key_on(invoice: Invoice, custom_field: str | None) -> str | None:
    """The key of the JDE voucher that an invoice came from; None where it originates in Coupa. `custom_field` is the
    setting `key_custom_field` of the invoices flow."""
    value = text(invoice.custom(custom_field) if custom_field else invoice.internal_note)
    return value if value and _VOUCHER.fullmatch(value) else None

"""Which of the vouchers that a flow would send elsewhere originate there, and for which that is not known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector_assets.documents.jde.keys import Row
from connector_assets.documents.jde.voucher_entry.origins import Origins, voucher_id


@dataclass(frozen=True)
class OriginCheck:
    """Vouchers (`00001/PV/4711`) that were made of a document of the other system, and those that our user made and of
    which nobody knows of what: they may be of one, and are sent nowhere."""

    elsewhere: Collection[str]
    unaccounted: Collection[str]


def check_origins(
    origins: Origins, rows: Sequence[Mapping[str, Any]], gross: Callable[[Mapping[str, Any]], Decimal]
) -> OriginCheck:
    """Of mapped rows (`vouchers/reading.py`); `gross` tells a voucher's amount by one of its rows."""
    heads = {voucher_of(row): _row(row, gross(row)) for row in rows}
    found = origins.of_rows(list(heads.values())).keys() | origins.perhaps(list(heads.values()))
    return OriginCheck(found, origins.unaccounted([head for name, head in heads.items() if name not in found]))


def voucher_of(row: Mapping[str, Any]) -> str:
    """The voucher of a mapped row."""
    return voucher_id({"KCO": row["company"], "DCT": row["doc_type"], "DOC": row["doc"]})


def _row(row: Mapping[str, Any], gross: Decimal) -> Row:
    """The one pay item that a voucher would be: what of it tells where it originates."""
    return {
        "KCO": row["company"],
        "DCT": row["doc_type"],
        "DOC": row["doc"],
        "AN8": row["supplier"],
        "VINV": row["vinv"],
        "DIVJ": row["invoice_date"],
        "CRCD": row["currency"],
        "AG": gross,
        "VOD": "V" if row["void"] else "",
        "VR01": row["reference"],
        "URRF": row["user_reference"],
        "RMK": row["remark"],
        # before it was read nothing spoke for our user
        "TORG": row.get("entered_by"),
    }

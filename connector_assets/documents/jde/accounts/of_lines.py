"""What the account master (F0901) says about the account of a line (jde-ais section 3.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from connector_assets.documents.jde.accounts.master import postable
from connector_assets.documents.jde.keys import Row, text

# the part of a mapped line that the account master fills, beside `aid` and `account`
ACCOUNT_COLUMNS = {
    "unit": "str?",
    "object": "str?",
    "subsidiary": "str?",
    "account_company": "str?",
    "account_exists": "bool",
    "account_postable": "bool",
}


def account_columns(aid: str | None, accounts: Mapping[str, Row], not_postable: Collection[str]) -> dict[str, Any]:
    """Whether the account of this id (AID) is in the chart and takes A/P postings (posting edit code PEC), and its
    unit, object, subsidiary and company. `accounts` are rows of F0901 by AID."""
    found = accounts.get(aid or "")
    return {
        "account_exists": found is not None,
        "account_postable": found is not None and postable(found, not_postable),
        "unit": text(found.get("MCU")) if found else None,
        "object": text(found.get("OBJ")) if found else None,
        "subsidiary": text(found.get("SUB")) if found else None,
        "account_company": text(found.get("CO")) if found else None,
    }

"""The mark on a voucher of JD Edwards that was made of a bill which was born in BILL: `BL-<bill id>-<revision>`.

An id of BILL has 20 characters, so that the mark fills VR01 (reference, 25 characters) and revisions have one digit. A
voucher with a mark is never sent to BILL: its bill is there already.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.delivery.flow import read_settings
from connector_assets.delivery.workbench import Reader
from connector_assets.integrations.from_jde.keys import VOUCHER_KEY, Row, by, text
from connector_resources.connections import IntegrationSettings

BIRTH_FLOW = "approved_bills"
LAST_REVISION = 9


class MarkRules(BaseModel):
    """How the voucher of a bill that was born in BILL is marked in JD Edwards."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    mark_column: str = Field(
        default="VR01", pattern="^VR01$", description="column of F0411 that holds the mark; the orchestrations fill it"
    )
    mark_prefix: str = Field(
        default="BL-",
        pattern=r"^[A-Z0-9]{1,2}-$",
        description="what the mark begins with; nobody else may use it in that column",
    )

    def mark(self, bill: str, revision: int) -> str:
        """The mark of one revision of a bill (1 to 9)."""
        return f"{self.mark_prefix}{bill}-{revision}"

    def read(self, value: Any) -> tuple[str, int] | None:
        """(bill id, revision) of a mark; None of any other text."""
        found = re.fullmatch(rf"{re.escape(self.mark_prefix)}([0-9A-Za-z]+)-([1-9])", text(value) or "")
        return (found[1], int(found[2])) if found else None

    def of_row(self, row: Mapping[str, Any]) -> tuple[str, int] | None:
        """(bill id, revision) of a row of F0411; None where the voucher was not born in BILL."""
        return self.read(row.get(self.mark_column))


def mark_rules(integration: IntegrationSettings) -> MarkRules:
    """The rules of an integration, from the settings of the flow `approved_bills`. Raises UnusableInput naming the
    setting that cannot be used."""
    rules = read_settings(MarkRules, integration, BIRTH_FLOW)
    assert isinstance(rules, MarkRules)
    return rules


def marked(reader: Reader, rules: MarkRules, bills: Collection[str]) -> dict[str, list[list[Row]]]:
    """Bill id -> the vouchers made of it, of each its pay items (F0411), read by their marks."""
    marks = [(rules.mark(bill, revision),) for bill in bills for revision in range(1, LAST_REVISION + 1)]
    found: dict[str, list[Row]] = {bill: [] for bill in bills}
    for row in reader.complete("F0411", [rules.mark_column], marks) if marks else ():
        told = rules.of_row(row)
        if told is not None and told[0] in found:
            found[told[0]].append(row)
    vouchers = {bill: by(rows, *VOUCHER_KEY) for bill, rows in found.items()}
    return {bill: [own[key] for key in sorted(own)] for bill, own in vouchers.items()}

"""The mark on a voucher of JD Edwards that was made of a bill which originates in BILL: `BL-<bill id>-<revision>`.

An id of BILL has 20 characters, so the mark fills VR01 (reference, 25 characters) and revisions have one digit. A
voucher with a mark is never sent to BILL, since its bill is there.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from pydantic import ConfigDict, Field

from connector_assets.documents.jde.voucher_entry import marks
from connector_assets.documents.jde.voucher_entry.identity import origins_of
from connector_assets.documents.jde.voucher_entry.origins import Origins
from connector_assets.engine.context import RunContext
from connector_assets.engine.flow import read_settings
from connector_resources.connections import IntegrationSettings

ORIGIN_FLOW = "approved_bills"
# what the ids of bills begin with (bill section 3.0)
BILL = "00n"


class MarkRules(marks.MarkRules[str]):
    """How the voucher of a bill that originates in BILL is marked in JD Edwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mark_column: str = Field(
        default="VR01", pattern="^VR01$", description="column of F0411 that holds the mark; the orchestrations fill it"
    )
    mark_prefix: str = Field(
        default="BL-",
        pattern=r"^[A-Z0-9]{1,2}-$",
        description="what the mark begins with; nobody else may use it in that column",
    )

    ID = "[0-9A-Za-z]+"
    SOURCE = "bill"
    id_of = str
    LAST_REVISION = 9

    def batch(self, id: str, revision: int) -> str:
        """An id has more characters than the batch's 15: a fingerprint stands for it. What is in a batch is known by
        its transaction number."""
        digest = hashlib.sha256(f"{id}-{revision}".encode()).hexdigest()[:12].upper()
        return f"{self.mark_prefix}{digest}"

    @property
    def transactions(self) -> str:
        return f"{self.mark_prefix[0]}{BILL}"

    def transaction(self, id: str, revision: int) -> str:
        """The first character of the mark, the id and the revision: 22 characters."""
        return f"{self.transaction_begins(id)}{revision}"

    def transaction_begins(self, id: str) -> str:
        return f"{self.mark_prefix[0]}{id}"

    def read_transaction(self, value: Any) -> tuple[str, int] | None:
        return self._parts(rf"{re.escape(self.mark_prefix[0])}({BILL}[0-9A-Za-z]{{17}})([1-9])", value)


class _MarkSettings(MarkRules):
    """Of the settings of `approved_bills` the marks alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def mark_rules(integration: IntegrationSettings) -> MarkRules:
    """The rules of an integration, from the settings of the flow `approved_bills`. Raises UnusableInput naming the
    setting that cannot be used."""
    rules = read_settings(_MarkSettings, integration, ORIGIN_FLOW)
    assert isinstance(rules, MarkRules)
    return rules


def origins(context: RunContext) -> Origins:
    """Which vouchers of JD Edwards originate in BILL."""
    integration = context.integration
    return origins_of(context, f"{integration.name}/{ORIGIN_FLOW}", "bills", mark_rules(integration.settings))

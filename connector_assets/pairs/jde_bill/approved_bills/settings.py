"""What a site decides about the vouchers of bills that originate in BILL."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.documents.jde.voucher_entry.settings import VoucherSettings
from connector_assets.pairs.jde_bill.approved_bills.marks import MarkRules


class ApprovedBillSettings(MarkRules, VoucherSettings):
    """Settings of `approved_bills`; `bills` and `payments` go by its mark. BILL pays these bills."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approval_statuses: tuple[str, ...] = Field(
        default=("APPROVED", "UNASSIGNED"),
        min_length=1,
        description="approvalStatus in which a bill has a voucher; in no other it has one",
    )
    default_account: str | None = Field(
        default=None,
        description="account (unit.object.subsidiary) of lines that have none in BILL; null: such a bill is held",
    )
    unit: Literal["account", "department"] = Field(
        default="account",
        description="the business unit of a line: its account's, or its department's where the line has one",
    )
    most_deleted: int = Field(
        default=0,
        ge=0,
        description="BILL deletes no bill, so that one which is gone is rather out of the login's sight: more than "
        "these at once are held, not voided",
    )

    def ended(self, status: str) -> str:
        return "archived" if status in self.approval_statuses else super().ended(status)

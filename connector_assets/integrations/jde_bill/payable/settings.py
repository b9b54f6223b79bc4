"""What a site decides about its payables in BILL: the same for bills and for vendor credits."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from connector_assets.integrations.from_jde.vouchers import VoucherRules


class PayableSettings(VoucherRules):
    """Settings of the flows `bills` and `vendor_credits`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pay_statuses: tuple[str, ...] = Field(
        default=("A",), min_length=1, description="pay statuses (F0411.PST) of approved pay items, which BILL is to pay"
    )
    paid_to: Literal["payee", "supplier"] = Field(
        default="payee",
        description="whose vendor a record is for: the voucher's payee (F0411.PYE), or its supplier (AN8)",
    )
    duplicates: Literal["hold", "send"] = Field(
        default="hold", description="a second voucher of one supplier and invoice number; send: with a coded number"
    )
    go_live: date | None = Field(
        default=None,
        description="what was paid unsent before this day is ignored unseen; null: before the flow was opened",
    )
    tax: Literal["prorate", "line"] = Field(
        default="prorate", description="tax: in the lines in proportion, or a line of its own on `tax_account`"
    )
    tax_account: str | None = Field(default=None, description="account id (F0901.AID) of the line that is the tax")
    on_conflict: Literal["hold", "source"] = Field(default="hold", description="when a field changed in both systems")

    @model_validator(mode="after")
    def _has_an_account(self) -> PayableSettings:
        if self.tax == "line" and not self.tax_account:
            raise ValueError("tax: line needs tax_account, the account id (F0901.AID) of that line")
        return self

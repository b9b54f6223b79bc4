"""What a site decides about its payables in BILL: the same for bills and for vendor credits."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from connector_assets.documents.jde.suppliers.holds import HoldRules
from connector_assets.documents.jde.vouchers.reading import VoucherRules
from connector_assets.documents.jde.vouchers.withholding import WITHHELD


class PayableSettings(HoldRules, VoucherRules):
    """Settings of the flows `bills` and `vendor_credits`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pay_statuses: tuple[str, ...] = Field(
        default=("A",), min_length=1, description="pay statuses (F0411.PST) of approved pay items, which BILL is to pay"
    )
    handed_over_status: str | None = Field(
        default=None,
        pattern=r"^[^\sP#Z%]$",
        description="pay status (F0411.PST) that no payment run of JDE selects: approved pay items are set to it by "
        "the orchestration voucher_pay_status, before BILL can pay them; null: the run selects none of them",
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
    on_payee_change: Literal["replace", "hold"] = Field(
        default="replace",
        description="a record of which nothing is paid and whose payee changed: archived, and a new one made; or held",
    )
    prepayment_account: str | None = Field(
        default=None, description="account id (F0901.AID) of the line of a prepayment; null: prepayments are held"
    )
    withholding: Literal["hold", "net", "gross"] = Field(
        default="hold",
        description="vouchers of which JDE withholds tax (pay status %, or a supplier that is subject to it): held; "
        "sent without the pay items on %; or with them",
    )
    on_conflict: Literal["hold", "source"] = Field(default="hold", description="when a field changed in both systems")

    @property
    def released_statuses(self) -> tuple[str, ...]:
        """The pay statuses of pay items that BILL is to pay, and that were not handed over yet."""
        return (*self.pay_statuses, WITHHELD) if self.withholding == "gross" else self.pay_statuses

    @property
    def approved_statuses(self) -> frozenset[str]:
        """The pay statuses of pay items that BILL is to pay, handed over or not yet."""
        handed = {self.handed_over_status} if self.handed_over_status is not None else set()
        return frozenset({*self.released_statuses, *handed})

    @model_validator(mode="after")
    def _whole(self) -> PayableSettings:
        if WITHHELD in self.pay_statuses:
            raise ValueError(f"pay_statuses must not have {WITHHELD}: set withholding: gross to send what is withheld")
        if self.handed_over_status in self.pay_statuses:
            raise ValueError("handed_over_status must not be one of pay_statuses, from which it must differ")
        if self.tax == "line" and not self.tax_account:
            raise ValueError("tax: line needs tax_account, the account id (F0901.AID) of that line")
        return self

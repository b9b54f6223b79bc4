"""What a site decides about the vouchers of invoices that originate in Coupa."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.documents.jde.voucher_entry.settings import VoucherSettings
from connector_assets.pairs.jde_coupa.origin import MarkRules


class ApprovedInvoiceSettings(MarkRules, VoucherSettings):
    """Settings of `approved_invoices`; `approvals` and the payment flows go by its mark and its payer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payer: Literal["jde", "coupa"] = Field(default="jde", description="which of the two systems pays these invoices")
    approved_status: str = Field(default="A", max_length=1, description="F0411.PST of new vouchers that JDE pays")
    statuses: tuple[str, ...] = Field(
        default=("approved",), description="Coupa statuses in which an invoice has a voucher; in no other it has one"
    )
    voucher_custom_field: str | None = Field(
        default=None,
        description="custom field of Coupa's invoices for the voucher's number, used for nothing else; null: none",
    )
    tax_area: str = Field(default="", description="AREA/EXPLANATION of a tax without a code")
    charge_accounts: dict[Literal["shipping", "handling", "misc", "discount"], str] = Field(
        default_factory=dict,
        description="account (unit.object.subsidiary) of charges that carry none in Coupa; `discount` has no effect "
        "any more: a discount is no cost",
    )
    discounts: Literal["amount", "terms"] = Field(
        default="amount",
        description="how JDE gets a discount that an invoice offers: amount and date (F0411.ADSC, DDNJ) in place of "
        "its payment term, or the term alone, whose result must agree",
    )
    two_way_line_types: tuple[str, ...] = Field(
        default=("J",), description="line types (F4311.LNTY) that are vouchered without a receipt"
    )
    price_tolerance_percent: Decimal = Field(
        default=Decimal(0), ge=0, description="how far an order line's amount may differ from the order's price"
    )

    @property
    def new_status(self) -> str:
        """F0411.PST of new vouchers."""
        return self.approved_status if self.payer == "jde" else self.unpayable_status

    @property
    def payer_problem(self) -> str:
        """Why nobody, or both, would pay; '' where one system does."""
        selected = self.new_status in self.selected_statuses
        if self.payer == "coupa" and selected:
            return f"payer is coupa, but JD Edwards' payment run selects pay status {self.new_status}"
        if self.payer == "jde" and not selected:
            return f"payer is jde, but its payment run does not select pay status {self.new_status}"
        return ""

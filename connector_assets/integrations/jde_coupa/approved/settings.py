"""What a site decides about the vouchers of invoices that were born in Coupa."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.integrations.from_jde.distribution import DistributionRules
from connector_assets.integrations.jde_coupa.birthplace import MarkRules
from connector_assets.integrations.to_jde.periods import PeriodRules

# F0411.VINV
NUMBER_LENGTH = 25


class ApprovedInvoiceSettings(MarkRules, PeriodRules):
    """Settings of `approved_invoices`; `approvals` and the payment flows go by its mark and its payer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["batch", "direct"] = Field(
        default="batch", description="rows of F0411Z1 and F0911Z1 and the batch run, or a voucher entered at once"
    )
    payer: Literal["jde", "coupa"] = Field(default="jde", description="which of the two systems pays these invoices")
    approved_status: str = Field(default="A", max_length=1, description="F0411.PST of new vouchers that JDE pays")
    unpayable_status: str = Field(default="H", max_length=1, description="F0411.PST of new vouchers that Coupa pays")
    selected_statuses: tuple[str, ...] = Field(default=("A",), description="F0411.PST that JDE's payment run selects")
    statuses: tuple[str, ...] = Field(
        default=("approved",), description="Coupa statuses in which an invoice has a voucher; in no other it has one"
    )
    voucher_custom_field: str | None = Field(
        default=None,
        description="custom field of Coupa's invoices that is told the voucher, a field of its own; null: none",
    )
    go_live: date | None = Field(default=None, description="invoices dated before this day are ignored; null: none are")
    document_type: str = Field(default="PV", max_length=2, description="F0411.DCT of vouchers")
    credit_type: str = Field(default="PD", max_length=2, description="F0411.DCT of credits")
    company: str | None = Field(
        default=None, description="F0411.CO of every voucher; null: that of the first account's business unit"
    )
    exchange_rate: Literal["jde", "mapping"] = Field(
        default="jde", description="whether JDE finds the rate, or the mapping `exchange_rates` has it as EUR/GBP"
    )
    tax_area: str = Field(default="", description="AREA/EXPLANATION of a tax without a code")
    charge_accounts: dict[Literal["shipping", "handling", "misc", "discount"], str] = Field(
        default_factory=dict, description="account (unit.object.subsidiary) of each charge of an invoice's header"
    )
    long_numbers: Literal["shorten", "hold"] = Field(
        default="shorten", description="invoice numbers of more than 25 characters"
    )
    duplicates: Literal["hold", "send"] = Field(
        default="hold", description="a second voucher of one supplier and invoice number"
    )
    gl_date: Literal["invoice_date", "today"] = Field(default="invoice_date", description="G/L date of new vouchers")
    on_change: Literal["void_and_add", "hold"] = Field(
        default="void_and_add", description="when an invoice changed after its voucher was made"
    )
    most_deleted: int = Field(default=10, ge=0, description="more invoices that disappear at once are held, not voided")
    not_postable: tuple[str, ...] = Field(
        default=("I", "N", "M", "B"), description="posting edit codes (F0901.PEC) that refuse A/P postings"
    )
    two_way_line_types: tuple[str, ...] = Field(
        default=("J",), description="line types (F4311.LNTY) that are vouchered without a receipt"
    )
    price_tolerance_percent: Decimal = Field(
        default=Decimal(0), ge=0, description="how far an order line's amount may differ from the order's price"
    )
    distribution: DistributionRules = DistributionRules()

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

    def short(self, number: str) -> str:
        """The number as VINV takes it. A longer one keeps its beginning and gets a fingerprint of the whole, so that
        two of one beginning stay two."""
        if len(number) <= NUMBER_LENGTH or self.long_numbers == "hold":
            return number
        return f"{number[:16]}~{hashlib.sha256(number.encode()).hexdigest()[:8]}"

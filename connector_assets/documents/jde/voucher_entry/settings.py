"""What a site decides about the vouchers of documents that originate in the other system."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.documents.jde.accounts.master import NOT_POSTABLE
from connector_assets.documents.jde.periods import PeriodRules
from connector_assets.documents.jde.vouchers.distribution import DistributionRules
from connector_assets.documents.jde.vouchers.taxes import TaxRule

# F0411.VINV
NUMBER_LENGTH = 25


class VoucherSettings(PeriodRules):
    """Settings of every flow that makes vouchers; the marks are the pair's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["batch", "direct"] = Field(
        default="batch", description="rows of F0411Z1 and F0911Z1 and the batch run, or a voucher entered at once"
    )
    unpayable_status: str = Field(
        default="H", max_length=1, description="F0411.PST of new vouchers that the other system pays"
    )
    selected_statuses: tuple[str, ...] = Field(default=("A",), description="F0411.PST that JDE's payment run selects")
    go_live: date | None = Field(default=None, description="what is dated before this day is ignored; null: nothing is")
    company: str | None = Field(
        default=None,
        description="F0411.CO of every voucher; null: that of its accounts' units, held where several",
    )
    exchange_rate: Literal["jde", "mapping"] = Field(
        default="jde", description="whether JDE finds the rate, or the mapping `exchange_rates` has it as EUR/GBP"
    )
    long_numbers: Literal["shorten", "hold"] = Field(
        default="shorten", description="invoice numbers of more than 25 characters"
    )
    duplicates: Literal["hold", "send"] = Field(
        default="hold", description="a second voucher of one supplier and invoice number"
    )
    gl_date: Literal["invoice_date", "today"] = Field(default="invoice_date", description="G/L date of new vouchers")
    on_change: Literal["void_and_add", "hold"] = Field(
        default="void_and_add", description="when a document changed after its voucher was made"
    )
    batch_run_hours: float = Field(
        default=24, gt=0, description="a batch run that takes longer is reported to a person"
    )
    most_deleted: int = Field(
        default=10, ge=0, description="more documents that disappear at once are held, not voided"
    )
    not_postable: tuple[str, ...] = Field(
        default=NOT_POSTABLE, description="posting edit codes (F0901.PEC) that refuse A/P postings"
    )
    distribution: DistributionRules = DistributionRules()
    tax_rules: dict[str, TaxRule] = Field(
        default={},
        description="tax explanation code -> beside_lines (as V), in_lines (as S) or self_assessed (as U); a tax of "
        "another code is held until this says how it is booked",
    )

    code_1099: str | None = Field(
        default=None,
        pattern=r"^AC(0[1-9]|[12]\d|30)$",
        description="category code of the supplier (F0101, column AC01 to AC30) that is the 1099 code (F0411.AC07) of "
        "its vouchers; null: left to JDE",
    )
    flags_1099: dict[str, str] = Field(
        default={},
        description="F0101.TAXC of the supplier -> 1099 flag (F0411.TNN) of its vouchers; of others left to JDE",
    )

    @property
    def new_status(self) -> str:
        """F0411.PST of new vouchers: what no payment run selects, since the other system pays."""
        return self.unpayable_status

    @property
    def payer_problem(self) -> str:
        """Why nobody, or both, would pay; '' where one system does."""
        if self.new_status in self.selected_statuses:
            return f"the other system pays, but JD Edwards' payment run selects pay status {self.new_status}"
        return ""

    def ended(self, status: str) -> str:
        """What a document without a right to a voucher is in its system, in words."""
        return status or "deleted"

    def short(self, number: str) -> str:
        """The number as VINV takes it. A longer one keeps its beginning and gets a fingerprint of the whole, so that
        two of one beginning stay two."""
        if len(number) <= NUMBER_LENGTH or self.long_numbers == "hold":
            return number
        return f"{number[:16]}~{hashlib.sha256(number.encode()).hexdigest()[:8]}"

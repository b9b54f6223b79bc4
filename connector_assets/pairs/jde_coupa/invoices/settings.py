"""What a site decides about vouchers of JD Edwards in Coupa."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field

from connector_assets.documents.jde.suppliers import holds
from connector_assets.documents.jde.vouchers import reading as jde


class InvoiceSettings(holds.HoldRules, jde.VoucherRules):
    """What a site decides about vouchers in Coupa."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["invoices_draft", "external_payables", "payment_update_only"] = Field(
        default="invoices_draft", description="what a voucher becomes in Coupa"
    )
    submit: bool = Field(default=False, description="submit the draft for approval")
    bypass_approvals: bool = Field(default=False, description="approve it without approvers; needs a scope of its own")
    key_custom_field: str | None = Field(
        default=None, description="custom field for the voucher key; null: internal-note"
    )
    handed_over_status: str | None = Field(
        default=None,
        pattern=r"^[^\sP#Z%]$",
        description="where Coupa Pay pays: pay status (F0411.PST) that no payment run of JDE selects; vouchers are set "
        "to it by the orchestration voucher_pay_status before Coupa can pay them; null: the run selects none of them",
    )
    duplicates: Literal["hold", "send"] = Field(
        default="hold", description="a second voucher of one supplier and invoice number"
    )
    factored: Literal["hold", "payee", "remit_to"] = Field(
        default="hold",
        description="where Coupa Pay pays: a voucher whose payee (F0411.PYE) is not its supplier is held, its invoice "
        "is the payee's own supplier record's, or is paid at the remit-to address of the mapping `remit_to`",
    )
    withholding: Literal["hold", "gross"] = Field(
        default="hold",
        description="vouchers of which JDE withholds tax (pay status %; where Coupa Pay pays also those of a supplier "
        "that is subject to it): held, or sent whole",
    )
    go_live: date | None = Field(
        default=None,
        description="vouchers that were paid unsent before this day are ignored; null: before the flow was opened",
    )
    send_pay_statuses: tuple[str, ...] | None = Field(
        default=None,
        description="pay statuses (F0411.PST) that are sent; null: all, of external payables only A",
    )
    source_name: str = Field(default="JDE", max_length=50, description="source-name of external payables")
    payable_payee: Literal["payable-detail.supplier-id", "payable-detail.supplier", "payee", "none"] = Field(
        default="payable-detail.supplier-id",
        description="attribute in which a new external payable names the supplier (Coupa documents none); none: none",
    )
    on_conflict: Literal["hold", "source"] = Field(default="hold", description="when a field changed in both systems")

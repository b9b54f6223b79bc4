"""What a site decides about BILL's payments in JD Edwards, and about the vouchers that BILL pays."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.documents.jde.periods import PeriodRules
from connector_assets.documents.jde.vouchers.withholding import WITHHELD
from connector_assets.engine.flow import read_settings
from connector_assets.pairs.jde_bill.payments.numbers import NumberRules
from connector_resources.connections import IntegrationSettings

ANY_COMPANY = "*"


class PaymentsSettings(PeriodRules, NumberRules):
    """What a site decides about BILL's payments in JD Edwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["settle", "journal"] = Field(
        default="settle",
        description="settle: a payment (F0413, F0414) of the pay items of the bill; journal: an entry of the general "
        "ledger by an orchestration that closes the pay items as well",
    )
    posted_statuses: tuple[str, ...] = Field(
        default=("PROCESSED", "SENT", "DELIVERED", "CLEARED", "PARTIALLY_CLAIMED"),
        min_length=1,
        description="singleStatus of a payment of status PAID that is posted",
    )
    unclear_statuses: tuple[str, ...] = Field(
        default=(
            "DISBURSEMENT_FAILED_ACTION_NEEDED",
            "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED",
            "FUNDS_ESCHEATED",
            "EXPIRING",
            "UNDEFINED",
        ),
        description="singleStatus of a payment that may have left though it is not posted: a person says what is done",
    )
    unfinished_after_days: int = Field(
        default=10,
        ge=1,
        description="days after its process date after which a payment that is neither posted nor over is an exception",
    )
    gl_date: Literal["process_date", "today"] = Field(
        default="process_date", description="the G/L date: the payment's process date, or the day on which it is posted"
    )
    blocked_statuses: tuple[str, ...] = Field(
        default=("H", "Y", "F", "R", "%", "#", "Z"),
        description="pay statuses (F0411.PST) on which a person decides first, but for those of what BILL pays; "
        "of bills that originate in BILL only # and Z, a payment run that is on",
    )
    on_conflict: Literal["hold", "source"] = Field(
        default="hold",
        description="a payment that somebody voided in JD Edwards while BILL's stands: a person decides, or it is "
        "posted anew",
    )
    discounts: Literal["taken", "hold"] = Field(
        default="taken",
        description="a payment that is short by exactly the discount of its voucher (F0411.ADSC, until DDNJ), made in "
        "time: the discount is taken with it; or it is held, as one that was made too late always is",
    )
    funding_currency: str | None = Field(
        default="USD",
        description="currency of BILL's `fundingAmount`, which is compared with the bank credit of companies that keep "
        "their books in it; null: it is not compared",
    )
    funding_tolerance: Decimal = Field(
        default=Decimal("0.01"), ge=0, description="how far that and the bank credit may be apart"
    )
    never_selected: tuple[str, ...] = Field(
        default=(), description="mode journal: pay statuses that no payment run of JD Edwards ever selects"
    )
    journal_closes_pay_item: bool = Field(
        default=False, description="mode journal: that the orchestration closes the pay items, said by who built it"
    )
    payables_accounts: Mapping[str, str] = Field(
        default={},
        description="mode journal: company, or * for every other one, -> the payables account (unit.object.subsidiary) "
        "that is debited",
    )
    clearing_accounts: Mapping[str, str] = Field(
        default={}, description="mode journal: the same of the bank clearing account that is credited"
    )

    def account(self, accounts: Mapping[str, str], company: str) -> str | None:
        """The account of a company."""
        return accounts.get(company) or accounts.get(ANY_COMPANY)


class SentStatuses(BaseModel):
    """Of the settings of the flow `bills`: which pay statuses are sent to BILL."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pay_statuses: tuple[str, ...] = ("A",)
    handed_over_status: str | None = None
    withholding: str = "hold"

    @property
    def handed(self) -> tuple[str, ...]:
        """The pay statuses on which vouchers are while BILL can pay them."""
        return self.pay_statuses if self.handed_over_status is None else (self.handed_over_status,)


class ApprovedBillStatus(BaseModel):
    """Of the settings of the flow `approved_bills`: the pay status of its vouchers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    unpayable_status: str = "H"


def _sent(integration: IntegrationSettings) -> SentStatuses:
    rules = read_settings(SentStatuses, integration, "bills")
    assert isinstance(rules, SentStatuses)
    return rules


def sent_statuses(integration: IntegrationSettings) -> tuple[str, ...]:
    """The pay statuses of vouchers that BILL pays, handed over or not yet. Raises UnusableInput naming the setting."""
    rules = _sent(integration)
    withheld = (WITHHELD,) if rules.withholding == "gross" else ()
    return tuple(dict.fromkeys((*rules.pay_statuses, *withheld, *rules.handed)))


def return_status(integration: IntegrationSettings, *, originates_in_bill: bool) -> str | None:
    """The pay status that vouchers go back to when a payment of BILL's is taken back. None where it need not be said:
    JDE itself puts A (jde-ais section 15), and it is on A that vouchers are sent."""
    if originates_in_bill:
        rules = read_settings(ApprovedBillStatus, integration, "approved_bills")
        assert isinstance(rules, ApprovedBillStatus)
        return rules.unpayable_status
    handed = _sent(integration).handed
    return None if "A" in handed else handed[0]


def journal_problem(settings: PaymentsSettings, integration: IntegrationSettings) -> str:
    """Why the settings do not allow the mode `journal`, in words; '' where they do, or in another mode.

    A journal alone would leave the voucher open, and the next payment run would pay it once more.
    """
    if settings.mode != "journal":
        return ""
    selected = [status for status in _sent(integration).handed if status not in settings.never_selected]
    if selected:
        shown = ", ".join(selected)
        return f"vouchers are handed to BILL on pay status {shown}, which a payment run may select (`never_selected`)"
    if not settings.journal_closes_pay_item:
        return "nobody has said that the orchestration closes the pay item (`journal_closes_pay_item`)"
    if not settings.payables_accounts or not settings.clearing_accounts:
        return "it needs `payables_accounts` and `clearing_accounts`"
    return ""

"""The numbers of BILL's payments in JD Edwards (F0413.DOCM).

DOCM is a number of eight digits and BILL's ids are texts. The number is therefore computed from the id of the bill
payment (`blp`): it never changes, even if the ledger is lost. Two ids may have one number. A payment in JD Edwards is
therefore recognised by its number together with the voucher that it settles, never by the number alone. A number that
lies in the range proves nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connector_assets.engine.flow import read_settings
from connector_resources.connections import IntegrationSettings

FLOW = "payments"
HIGHEST_NUMBER = 99_999_999


class NumberRules(BaseModel):
    """Which payment numbers BILL's payments get in JD Edwards."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    payment_number_base: int = Field(
        default=80_000_000,
        ge=1,
        le=HIGHEST_NUMBER,
        description="the first payment number (F0413.DOCM) of BILL's payments; nobody else may use the range",
    )
    payment_number_span: int = Field(
        default=10_000_000,
        ge=1_000,
        le=HIGHEST_NUMBER,
        description="how many payment numbers are BILL's; which one a payment gets is made of its id",
    )

    @model_validator(mode="after")
    def _fits(self) -> NumberRules:
        if self.last_number > HIGHEST_NUMBER:
            what = f"{self.payment_number_base} + {self.payment_number_span}"
            raise ValueError(f"payment_number_base + payment_number_span is {what}: DOCM has eight digits")
        return self

    @property
    def last_number(self) -> int:
        """The last payment number that is BILL's."""
        return self.payment_number_base + self.payment_number_span - 1

    def number(self, bill_payment: str) -> int:
        """The payment number of a bill payment (`blp…`), as BILL writes its id."""
        digest = hashlib.sha256(bill_payment.encode()).digest()
        return self.payment_number_base + int.from_bytes(digest, "big") % self.payment_number_span

    def ours(self, number: Any) -> bool:
        """Whether a payment number (DOCM, None for a blank one) may be that of a payment of BILL's; it proves nothing,
        see `paid.own`."""
        return isinstance(number, int) and self.payment_number_base <= number <= self.last_number


def number_rules(integration: IntegrationSettings) -> NumberRules:
    """The rules of an integration, from the settings of the flow `payments`. Raises UnusableInput naming the setting
    that cannot be used."""
    rules = read_settings(NumberRules, integration, FLOW)
    assert isinstance(rules, NumberRules)
    return rules

"""What a site decides about orders as bills, and the number that such a bill bears."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from string import Formatter
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from connector_assets.documents.jde.orders.reading import OrderRules
from connector_assets.documents.jde.suppliers.holds import HoldRules
from connector_assets.engine.flow import read_settings
from connector_assets.pairs.jde_bill.payables.numbers import LONGEST
from connector_resources.connections import IntegrationSettings

FLOW = "purchase_order_bills"
# the longest that JDE has of each part
_LONGEST = {"DOCO": "99999999", "DCTO": "XX", "KCOO": "XXXXX"}
_NAMING = ("DOCO", "DCTO")


class OrderBillSettings(HoldRules, OrderRules):
    """Orders as bills: which are sent, under which number, and when they are due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    invoice_number: str = Field(
        default="PO{DOCO}-{DCTO}",
        description="BILL's invoice number, at most 21 characters, of DOCO, DCTO and KCOO, set apart by characters "
        "that are neither letters nor digits; `-{KCOO}` follows where JDE has several companies",
    )
    due: Literal["order_date", "promised_date"] = Field(
        default="order_date",
        description="the bill is due so many days after the order (F4301.TRDJ), or after the last "
        "promised date of its lines (F4311.PDDJ)",
    )
    due_days: int = Field(default=30, ge=0, le=3650, description="so many days")
    on_payee_change: Literal["replace", "hold"] = Field(
        default="replace",
        description="a record of which nothing is paid and whose payee changed: archived, and a new one made; or held",
    )
    on_conflict: Literal["hold", "source"] = Field(default="hold", description="when a field changed in both systems")

    @model_validator(mode="after")
    def _the_number_says_whose_it_is(self) -> Self:
        try:
            parts = list(Formatter().parse(self.invoice_number))
        except ValueError as error:
            raise ValueError(f"invoice_number: {error}") from None
        names = [name for _, name, _, _ in parts if name is not None]
        unknown = sorted(set(names) - _LONGEST.keys())
        if unknown or any(spec or conversion for _, _, spec, conversion in parts):
            raise ValueError(f"invoice_number: may only hold {', '.join(f'{{{each}}}' for each in _LONGEST)}")
        if any(names.count(name) != 1 for name in _NAMING) or names.count("KCOO") > 1:
            raise ValueError("invoice_number: must hold {DOCO} and {DCTO} once, {KCOO} at most once")
        # the last of them may be followed by the company, which is set apart by itself
        between = [words for words, _, _, _ in parts[1 : len(names)]]
        after = parts[-1][0] if parts[-1][1] is None else "-"
        if any(not re.search(r"[^0-9A-Za-z]", words) for words in between) or after[:1].isalnum():
            raise ValueError("invoice_number: its parts must be set apart by a character that is no letter or digit")
        if len(self._number(_LONGEST, company=True)) > LONGEST:
            raise ValueError(f"invoice_number: may be longer than {LONGEST} characters, the company included")
        return self

    def numbers_of(self, row: Mapping[str, Any], *, only_company: bool) -> tuple[str, str] | None:
        """The invoice number of a mapped order, and the other form of it, which it may have been given before JDE had
        other companies. None where type or company holds what is neither letter nor digit, so that the number would not
        be this order's alone."""
        values = {"DOCO": str(row["order_number"]), "DCTO": row["order_type"], "KCOO": row["company"]}
        if not all(re.fullmatch("[0-9A-Za-z]+", each) for each in values.values()):
            return None
        short, long = self._number(values, company=False), self._number(values, company=True)
        return (short, long) if only_company else (long, short)

    def due_on(self, ordered: date | None, promised: date | None) -> date | None:
        """When the bill of an order is due; None where JDE has not the date that it is counted from."""
        start = ordered if self.due == "order_date" else promised
        return start + timedelta(days=self.due_days) if start else None

    def _number(self, values: Mapping[str, str], *, company: bool) -> str:
        named = "{KCOO}" in self.invoice_number
        return (self.invoice_number + ("-{KCOO}" if company and not named else "")).format(**values)


def order_bill_settings(integration: IntegrationSettings) -> OrderBillSettings:
    """The settings of an integration's flow. Raises UnusableInput naming the setting that cannot be used."""
    settings = read_settings(OrderBillSettings, integration, FLOW)
    assert isinstance(settings, OrderBillSettings)
    return settings

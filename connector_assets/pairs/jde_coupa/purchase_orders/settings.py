"""What a site decides about purchase orders in Coupa, and their number there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from connector_assets.documents.jde.keys import order_key
from connector_assets.documents.jde.orders.reading import OrderRules

# what a part of the number looks like, for reading it back
_PARTS = {"DOCO": r"\d+", "DCTO": r"[^\W_]{1,2}", "KCOO": r"[^\W_]{5}", "SFXO": r"[^\W_]{3}"}
# without these a number does not say which order it is
_NAMING = frozenset({"DOCO", "DCTO", "KCOO"})


class PurchaseOrderSettings(OrderRules):
    """Purchase orders: which are sent, under which number, where to, and how they are put in force."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    po_number: str = Field(
        default="{DOCO}-{DCTO}-{KCOO}",
        description="Coupa's po-number, at most 20 characters, of DOCO, DCTO, KCOO and SFXO",
    )
    key_custom_field: str | None = Field(
        default=None, description="custom field for the order key; null: the number identifies it"
    )
    ship_to_user: str = Field(description="login of the Coupa user who receives what is ordered; Coupa insists on one")
    ship_to_location: str | None = Field(
        default=None, description="location code where the mapping `ship_to` has neither SHAN nor MCU; null: held"
    )
    issue: Literal["issue_without_send", "issue", "none"] = Field(
        default="issue_without_send", description="how an order is put in force; issue also sends it to the supplier"
    )
    transmission: Literal["do_not_transmit", "supplier_default", "email"] = Field(
        default="do_not_transmit", description="transmission-method-override of new orders"
    )
    line_kind: Literal["quantity", "amount"] = Field(
        default="quantity", description="quantity: amount lines only where UORG is zero; amount: always"
    )
    on_conflict: Literal["hold", "source"] = Field(default="hold", description="when a field changed in both systems")

    @model_validator(mode="after")
    def _the_number_says_whose_it_is(self) -> Self:
        try:
            names = {name for _, name, _, _ in Formatter().parse(self.po_number) if name is not None}
        except ValueError as error:
            raise ValueError(f"po_number: {error}") from None
        unknown = sorted(names - _PARTS.keys())
        if unknown:
            raise ValueError(f"po_number: {', '.join(unknown)} is not one of {', '.join(_PARTS)}")
        missing = sorted(_NAMING - names)
        if missing and not self.key_custom_field:
            raise ValueError(f"po_number: without {', '.join(missing)} a key_custom_field is needed")
        return self

    def number_of(self, row: Mapping[str, Any]) -> str:
        """The po-number of a mapped order row."""
        return self.po_number.format(
            DOCO=row["order_number"], DCTO=row["order_type"], KCOO=row["company"], SFXO=self.order_suffix
        )

    def key_of(self, number: str) -> str | None:
        """The document key that a po-number tells; None for a number that the rule never makes."""
        found = re.fullmatch(self._pattern(), number)
        parts = found.groupdict() if found else {}
        if not parts.keys() >= _NAMING or parts["DCTO"] not in self.order_types:
            return None
        row = {"company": parts["KCOO"], "order_type": parts["DCTO"], "order_number": int(parts["DOCO"])}
        if self.number_of(row) != number:
            return None
        return order_key({"KCOO": parts["KCOO"], "DCTO": parts["DCTO"], "DOCO": int(parts["DOCO"])})

    def _pattern(self) -> str:
        pattern, seen = "", set()
        for words, name, _, _ in Formatter().parse(self.po_number):
            pattern += re.escape(words)
            if name is not None:
                pattern += f"(?P={name})" if name in seen else f"(?P<{name}>{_PARTS[name]})"
                seen.add(name)
        return pattern

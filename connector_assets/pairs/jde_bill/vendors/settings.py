"""What a site decides about vendors, and how a supplier and its currency are named in keys and in BILL."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Literal

from pydantic import ConfigDict, Field, field_validator

from connector_assets.documents.jde.keys import number_of, supplier_key
from connector_assets.documents.jde.suppliers.bank_accounts import BankSettings
from connector_assets.engine.flow import read_settings
from connector_resources.connections import IntegrationSettings

FLOW = "vendors"
# the mapping by which a person says which vendor a supplier is: AN8, or AN8/currency -> a vendor's id, or NEW
MATCHES = "vendor_matches"
NEW = "new"
COUNTRIES = "countries"
# the mapping by which a person releases a new vendor: AN8 -> yes
RELEASED = "released_vendors"
# attribute of the link of a vendor that was made while new ones are on hold
ON_HOLD = "on_hold"

AddressPart = Literal["line1", "city", "zip", "country"]


class VendorSettings(BankSettings):
    """What a site decides about vendors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payable_types: tuple[str, ...] = Field(
        default=("V",), description="search types (F0101.AT1) that are suppliers; others are ignored"
    )
    short_name: str = Field(default="JDE {number}", description="shortName, by which a vendor is found again")
    unique_name: str = Field(default="{name} ({number})", description="how a second vendor of one name is called")
    match: Literal["adopt", "hold"] = Field(
        default="adopt", description="a vendor that is clearly this supplier: link it, or ask a person"
    )
    match_by_name: bool = Field(default=True, description="whether the name alone may decide which vendor it is")
    other_currencies: Literal["hold", "second_vendor"] = Field(
        default="hold", description="vouchers in another currency than the vendor's: hold them, or make a vendor more"
    )
    second_name: str = Field(default="{name} ({currency})", description="how the vendor of another currency is called")
    default_currency: str | None = Field(
        default=None,
        description="billCurrency where F0401.CRRP is blank; none: that of all companies, if one",
    )
    default_country: str | None = Field(default=None, description="country (ISO-2) where F0116.CTR is blank")
    address_needs: tuple[AddressPart, ...] = Field(
        default=("line1", "city", "zip", "country"), description="a supplier whose address lacks one of these is held"
    )
    account_types: dict[str, Literal["BUSINESS", "PERSON"]] = Field(
        default={"P": "PERSON"}, description="F0101.TAXC -> accountType; all others are BUSINESS"
    )
    tax_id_types: dict[str, Literal["EIN", "SSN"]] = Field(
        default={"C": "EIN", "P": "SSN"}, description="F0101.TAXC -> taxIdType of suppliers in the US"
    )
    track_1099: tuple[str, ...] = Field(
        default=(), description="F0101.TAXC of suppliers with track1099; none: it is left to BILL"
    )
    new_suppliers: Literal["active", "on_hold"] = Field(
        default="active",
        description="on_hold: bills and credits of a vendor that is made in BILL are held until a person releases it "
        "by the mapping `released_vendors`",
    )
    on_conflict: Literal["hold", "source"] = Field(
        default="hold", description="when a field changed in both systems: hold it, or let JDE win"
    )

    @field_validator("short_name", "unique_name")
    @classmethod
    def _has_number(cls, template: str) -> str:
        return _needs(template, "number", {"name": "", "number": 0})

    @field_validator("second_name")
    @classmethod
    def _has_currency(cls, template: str) -> str:
        return _needs(template, "currency", {"name": "", "currency": ""})

    def marker(self, number: int, currency: str | None = None) -> str:
        """`shortName` of a supplier's vendor, or of its vendor of another currency: `JDE 4343`, `JDE 4343 CAD`."""
        plain = self.short_name.format(name="", number=number)
        return f"{plain} {currency}" if currency else plain

    def key_in(self, short_name: str | None) -> str | None:
        """The document key that a shortName carries; None where it carries none."""
        found = self._marker.fullmatch((short_name or "").strip())
        return vendor_key(int(found["number"]), found["currency"]) if found else None

    @cached_property
    def _marker(self) -> re.Pattern[str]:
        before, after = self.short_name.split("{number}")
        return re.compile(
            rf"{re.escape(before)}(?P<number>[0-9]{{1,8}}){re.escape(after)}(?: (?P<currency>[A-Z]{{3}}))?"
        )


def _needs(template: str, name: str, known: dict[str, object]) -> str:
    if template.count(f"{{{name}}}") != 1:
        raise ValueError(f"must hold {{{name}}} once")
    try:
        template.format(**known)
    except (KeyError, IndexError, ValueError):
        raise ValueError(f"may only hold {', '.join(f'{{{each}}}' for each in known)}") from None
    return template


def vendor_settings(integration: IntegrationSettings) -> VendorSettings:
    """The settings of an integration's vendors flow. Raises UnusableInput naming the setting that cannot be used."""
    settings = read_settings(VendorSettings, integration, FLOW)
    assert isinstance(settings, VendorSettings)
    return settings


def vendor_key(number: int, currency: str | None = None) -> str:
    """The document key of a supplier's vendor, or of its vendor of another currency: F0401:4343, F0401:4343/CAD."""
    return f"{supplier_key(number)}/{currency}" if currency else supplier_key(number)


def parts_of(key: str) -> tuple[int, str | None]:
    """(AN8, currency of a second vendor) of a document key."""
    plain, _, currency = key.partition("/")
    return number_of(plain), currency or None

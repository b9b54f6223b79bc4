"""What Coupa's objects are made of: the base of all models, references, addresses (coupa sections 3.0, 3.1).

Keys are read with hyphens or underscores, unknown keys are ignored. Every field of a model is asked for by
name; those in `OPTIONAL` may be missing from an answer, all others must come (see `fields.Selection`). A field
that was not asked for is None or empty; `model_fields_set` tells which ones came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connector_resources.coupa.values import CustomFields, Flag, Id, Number, Text, Unused


class Shape(BaseModel):
    """What all of Coupa's objects have in common."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _either_spelling(cls, content: Any) -> Any:
        if isinstance(content, Mapping):
            return {str(key).replace("-", "_"): value for key, value in content.items()}
        return content


class Record(Shape):
    """An object with an address of its own."""

    id: Id


class Customized(Record):
    """A record with fields that the customer defined; their names are kept as they come."""

    custom_fields: CustomFields = Field(default_factory=dict)

    def custom(self, name: str) -> Any:
        """The value of a custom field, spelt with hyphens or underscores; None where there is none."""
        wanted = name.replace("_", "-")
        return next((v for k, v in self.custom_fields.items() if k.replace("_", "-") == wanted), None)


class NamedRef(Shape):
    """A reference to an account type or a lookup."""

    id: Number = None
    name: Text = None


class CodeRef(Shape):
    """A reference to a payment term, a currency, a unit or a tax code; some answers show the code only."""

    OPTIONAL = frozenset({"id"})
    id: Number = None
    code: Text = None


class SupplierRef(Shape):
    """The supplier of a document."""

    id: Number = None
    name: Text = None
    number: Text = None


class RemitToRef(Shape):
    """The remit-to address of an invoice."""

    OPTIONAL = frozenset({"remit_to_code"})
    id: Number = None
    remit_to_code: Text = None


class AddressRef(Shape):
    """Where something is delivered to: one of the company's own addresses."""

    OPTIONAL = frozenset({"name", "location_code"})
    id: Number = None
    name: Text = None
    location_code: Text = None


class UserRef(Shape):
    """A user of the instance, as the stub that documents show."""

    OPTIONAL = frozenset({"login", "email", "fullname"})
    id: Number = None
    login: Text = None
    email: Text = None
    fullname: Unused[Text] = None


class AccountRef(Shape):
    """The account of a line."""

    OPTIONAL = frozenset({"account_type"})
    id: Number = None
    code: Text = None
    account_type: NamedRef | None = None


class Country(Shape):
    """A country; a plain name where an older answer gives no object (coupa section 8.9)."""

    OPTIONAL = frozenset({"id", "name"})
    id: Number = None
    code: Text = None
    name: Text = None

    @model_validator(mode="before")
    @classmethod
    def _plain_name(cls, content: Any) -> Any:
        return {"name": content} if isinstance(content, str) else content


class Phone(Shape):
    """A telephone number in its parts."""

    OPTIONAL = frozenset({"country_code", "area_code", "number", "extension"})
    country_code: Unused[Text] = None
    area_code: Text = None
    number: Text = None
    extension: Unused[Text] = None

    @model_validator(mode="before")
    @classmethod
    def _plain_number(cls, content: Any) -> Any:
        return {"number": content} if isinstance(content, str) else content


class Contact(Shape):
    """A supplier's primary contact."""

    OPTIONAL = frozenset({"id", "name_prefix", "name_suffix", "notes", "phone_mobile", "phone_fax"})
    id: Number = None
    email: Text = None
    name_given: Unused[Text] = None
    name_family: Unused[Text] = None
    name_prefix: Unused[Text] = None
    name_suffix: Unused[Text] = None
    notes: Text = None
    phone_work: Phone | None = None
    phone_mobile: Unused[Phone | None] = None
    phone_fax: Unused[Phone | None] = None


class Address(Shape):
    """A postal address; tax numbers stay out of its repr."""

    OPTIONAL = frozenset(
        {
            *(
                "name",
                "street2",
                "street3",
                "street4",
                "state",
                "state_iso_code",
                "location_code",
                "attention",
            ),
            *("active", "vat_number", "vat_country", "local_tax_number"),
            *("external_src_name", "external_src_ref"),
        }
    )
    id: Number = None
    name: Text = None
    street1: Text = None
    street2: Text = None
    street3: Text = None
    street4: Text = None
    city: Text = None
    state: Text = None
    state_iso_code: Unused[Text] = None
    postal_code: Text = None
    country: Country | None = None
    location_code: Text = None
    attention: Unused[Text] = None
    active: Flag = None
    vat_number: Unused[Text] = Field(default=None, repr=False)
    vat_country: Unused[Country | None] = None
    local_tax_number: Unused[Text] = Field(default=None, repr=False)
    external_src_name: Unused[Text] = None
    external_src_ref: Unused[Text] = None

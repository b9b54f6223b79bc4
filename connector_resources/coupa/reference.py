"""Lookup values, payment terms, currencies, users, addresses and units: what documents refer to (coupa section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector_resources.coupa.fields import Selected
from connector_resources.coupa.models import Currency, LookupValue, PaymentTerm, TaxCode
from connector_resources.coupa.order_models import CompanyAddress, Unit, User
from connector_resources.coupa.resource import Resource


class LookupValues(Resource[LookupValue]):
    """Values of lookups, account segments among them; the segments of dynamic charts are kept here."""

    MODEL = LookupValue
    PATH = "lookup_values"
    NOUN = "lookup value"
    READ = "core.common.read"
    WRITE = "core.common.write"
    KEYS = frozenset({"external_ref_num"})

    def of_lookup(self, lookup: str, *, fields: Sequence[Selected] | None = None) -> Iterator[LookupValue]:
        """All values of the lookup of that name."""
        return self.all(fields=fields, filters={"lookup[name]": lookup})

    def find(self, lookup: str, external_ref_num: str) -> list[LookupValue]:
        """The values of that reference in that lookup: one, unless they differ in their parent."""
        found = self.all(filters={"lookup[name]": lookup, "external-ref-num": external_ref_num})
        return [value for value in found if value.external_ref_num == external_ref_num]

    def create(self, body: Mapping[str, Any]) -> LookupValue:
        """Create a value; needs `name` and `lookup`."""
        return self._create(body)

    def update(self, value_id: int, body: Mapping[str, Any]) -> LookupValue:
        """Change the fields in `body`, and no others."""
        return self._update(value_id, body)


class PaymentTerms(Resource[PaymentTerm]):
    """Payment terms; `code` is unique."""

    MODEL = PaymentTerm
    PATH = "payment_terms"
    NOUN = "payment term"
    READ = "core.common.read"

    def find(self, code: str) -> PaymentTerm | None:
        """The terms of that code, spelt exactly so."""
        return self._first({"code": code}, code=code)


class Currencies(Resource[Currency]):
    """The currencies of the instance; they cannot be written."""

    MODEL = Currency
    PATH = "currencies"
    NOUN = "currency"
    READ = "core.common.read"


class TaxCodes(Resource[TaxCode]):
    """The codes by which taxes are called; only read here, with the scope of the other lists (coupa section 2)."""

    MODEL = TaxCode
    PATH = "tax_codes"
    NOUN = "tax code"
    READ = "core.common.read"

    def by_codes(self, codes: Sequence[str]) -> dict[str, TaxCode]:
        """Code -> tax code, for those that exist; a page of codes per call."""
        return self._by_name("code", codes)


class Users(Resource[User]):
    """Users of the instance; only read here. Their scope is not among the usual ones."""

    MODEL = User
    PATH = "users"
    NOUN = "user"
    READ = "core.user.read"

    def find(self, login: str) -> User | None:
        """The user of that login, spelt exactly so."""
        return self._first({"login": login}, login=login)

    def find_by_email(self, email: str) -> User | None:
        """The user of that e-mail address, in whatever case it is written."""
        found = self.all(filters={"email": email})
        return next((user for user in found if (user.email or "").casefold() == email.casefold()), None)


class Addresses(Resource[CompanyAddress]):
    """The company's own addresses; only read here."""

    MODEL = CompanyAddress
    PATH = "addresses"
    NOUN = "address"
    READ = "core.common.read"

    def find(self, location_code: str) -> CompanyAddress | None:
        """The address of that location code, spelt exactly so."""
        return self._first({"location-code": location_code}, location_code=location_code)

    def find_by_name(self, name: str) -> CompanyAddress | None:
        """The first address of that name, spelt exactly so."""
        return self._first({"name": name}, name=name)

    def by_location_codes(self, codes: Sequence[str]) -> dict[str, CompanyAddress]:
        """Location code -> address, for those that exist; a page of codes per call."""
        return self._by_name("location_code", codes)


class Units(Resource[Unit]):
    """Units of measure; only read here."""

    MODEL = Unit
    PATH = "uoms"
    NOUN = "unit of measure"
    READ = "core.common.read"

    def find(self, code: str) -> Unit | None:
        """The unit of that code, spelt exactly so."""
        return self._first({"code": code}, code=code)

    def by_codes(self, codes: Sequence[str]) -> dict[str, Unit]:
        """Code -> unit, for those that exist; a page of codes per call."""
        return self._by_name("code", codes)

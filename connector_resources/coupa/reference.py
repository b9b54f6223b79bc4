"""Lookup values, payment terms and currencies: what documents refer to (coupa section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector_resources.coupa.fields import Selected
from connector_resources.coupa.models import Currency, LookupValue, PaymentTerm
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

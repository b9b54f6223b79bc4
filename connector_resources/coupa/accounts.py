"""`/api/account_types` and `/api/accounts`: the charts and their accounts (coupa section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector_resources.coupa import wire
from connector_resources.coupa.fields import Selected
from connector_resources.coupa.models import SEGMENTS, Account, AccountType
from connector_resources.coupa.resource import Resource


class AccountTypes(Resource[AccountType]):
    """Charts of accounts; set up by the customer, only read here."""

    MODEL = AccountType
    PATH = "account_types"
    NOUN = "account type"
    READ = "core.accounting.read"

    def find(self, name: str) -> AccountType | None:
        """The chart of that name, spelt exactly so."""
        return self._first({"name": name}, name=name)


class Accounts(Resource[Account]):
    """Accounts of static charts; a combination of segments is unique within its chart."""

    MODEL = Account
    PATH = "accounts"
    NOUN = "account"
    READ = "core.accounting.read"
    WRITE = "core.accounting.write"
    KEYS = frozenset(SEGMENTS)

    def of_type(
        self, account_type: str, *, active: bool | None = None, fields: Sequence[Selected] | None = None
    ) -> Iterator[Account]:
        """All accounts of the chart of that name; with `active`, only those or only the others."""
        filters: dict[str, wire.Value] = {"account-type[name]": account_type}
        if active is not None:
            filters["active"] = active
        return self.all(fields=fields, filters=filters)

    def find(self, account_type: str, segments: Sequence[str], *, active: bool | None = True) -> Account | None:
        """The account with exactly these segments, from segment-1 on, in the chart of that name.

        Segments and not `code`: a code is ambiguous where a segment's value holds a `-`. Unused segments at
        the end may be left out. `active=None` finds inactive ones too.
        """
        if len(segments) > len(SEGMENTS):
            raise ValueError(f"an account has at most {len(SEGMENTS)} segments")
        filters: dict[str, wire.Value] = {"account-type[name]": account_type}
        filters |= {f"segment-{n}": value for n, value in enumerate(segments, 1) if value}
        if active is not None:
            filters["active"] = active
        wanted = tuple(segments)
        while wanted and not wanted[-1]:
            wanted = wanted[:-1]
        return next((a for a in self.all(filters=filters) if a.segments == wanted), None)

    def create(self, body: Mapping[str, Any]) -> Account:
        """Load an account of a static chart; `code` is computed, a `code` that is sent is ignored."""
        return self._create(body)

    def update(self, account_id: int, body: Mapping[str, Any]) -> Account:
        """Change the fields in `body`, and no others; `{"active": False}` inactivates."""
        return self._update(account_id, body)

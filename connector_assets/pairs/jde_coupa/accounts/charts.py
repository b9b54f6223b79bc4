"""Coupa's chart of accounts as a target: static (accounts) or dynamic (lookup values), one interface for the flow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connector_assets.engine.context import RunContext
from connector_assets.engine.document import (
    Decision,
    Document,
    Done,
    FieldChange,
    NeedTarget,
    Step,
    Target,
    differences,
)
from connector_assets.engine.merge import taken
from connector_assets.engine.references import number_of
from connector_assets.pairs.jde_coupa.paging import by_ids
from connector_resources.coupa.client import CoupaClient
from connector_resources.coupa.models import Account, LookupValue
from connector_resources.errors import UnusableInput
from connector_resources.ledger import Delivery

# from this many on, reading the whole chart costs fewer calls than asking one by one
WHOLE_CHART_FROM = 50


class Chart(ABC):
    """One account type of Coupa by its name; `settings` are its layout. Where a site has several, contents name all but
    its usual one (`told`), and where these are of both kinds, the ids of one kind begin with a `prefix`: an account and
    a lookup value may have the same number."""

    dynamic: bool

    def __init__(self, context: RunContext, settings: Any, name: str, *, named: bool, prefix: str) -> None:
        self.client = context.client
        self.integration = context.integration.name
        self.settings = settings
        self.name = name
        self.named = {"chart": name} if named else {}
        self.prefix = prefix

    def id_of(self, number: int) -> str:
        """The id of a record of Coupa as links say it."""
        return f"{self.prefix}{number}"

    def record_id(self, id: str) -> str:
        """The id in Coupa, of one that a link says."""
        return id.removeprefix(self.prefix)

    def own(self, ids: Collection[str]) -> list[str]:
        """The ids in Coupa of those that can be this chart's."""
        return [
            self.record_id(id) for id in ids if "/" not in id.removeprefix(self.prefix) and id.startswith(self.prefix)
        ]

    @property
    def coupa(self) -> Any:
        """Coupa's client, opened on first use."""
        return self.client("coupa", CoupaClient)

    @abstractmethod
    def holds_any(self) -> bool:
        """Whether the chart already holds anything."""

    @abstractmethod
    def all(self) -> list[Target]:
        """Everything that the chart holds."""

    @abstractmethod
    def ask(self, document: Document) -> list[Target]:
        """What the chart holds under this document's natural key."""

    @abstractmethod
    def body(self, document: Document) -> dict[str, Any]:
        """The request body of the whole document."""

    def changed(self, document: Document, target: Target, fields: Collection[str]) -> dict[str, Any]:
        """The request body of these fields."""
        return {name: document.content[name] for name in ("name", "active") if name in fields}

    @abstractmethod
    def post(self, body: Mapping[str, Any]) -> Target:
        """Create."""

    @abstractmethod
    def put(self, id: str, body: Mapping[str, Any]) -> Target:
        """Update."""

    @abstractmethod
    def get(self, ids: Collection[str]) -> list[Target]:
        """Read by id."""

    def name_of(self, content: Mapping[str, Any]) -> Any:
        """The natural key of a content, hashable."""
        return (content["column"], tuple(content["segments"]), content.get("parent"))

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Look documents up by natural key."""
        if len(documents) < WHOLE_CHART_FROM:
            hits = {document.key: self.ask(document) for document in documents}
            return {key: found for key, found in hits.items() if found}
        held: dict[Any, list[Target]] = {}
        for target in self.all():
            held.setdefault(self.name_of(target.content), []).append(target)
        names = {document.key: self.name_of(document.content) for document in documents}
        return {key: held[name] for key, name in names.items() if name in held}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """Targets by id."""
        found = self.all() if len(ids) >= WHOLE_CHART_FROM else self.get(ids)
        wanted = set(ids)
        return {target.id: target for target in found if target.id in wanted}

    def create(self, document: Document) -> Step:
        """The step that creates a document here."""
        return Step(
            name="create",
            body=self.body(document),
            send=self.post,
            outcome="created",
            progress=taken(document.content),
            refuses_second=not self.dynamic,
            changes=differences({}, document.content),
        )

    def update(self, document: Document, target: Target, changes: tuple[FieldChange, ...]) -> Step:
        """The step that brings what differs into agreement."""
        changed = {change.field for change in changes}
        return Step(
            name="update",
            body=self.changed(document, target, changed),
            send=lambda sent: self.put(self.record_id(target.id), sent),
            outcome="updated",
            progress=taken(document.content),
            changes=changes,
        )

    def validated(self, known: Delivery, target: Target | None) -> Decision:
        """Validate only: a linked account that is still there is enough."""
        return Done() if target is not None or known.state == "settled" else NeedTarget()


class StaticChart(Chart):
    """Accounts are loaded; the combination of segments is unique (coupa section 3.2)."""

    dynamic = False

    def holds_any(self) -> bool:
        return bool(self.coupa.accounts.holds_any({"account-type[name]": self.name}))

    def all(self) -> list[Target]:
        return [self._observe(account) for account in self.coupa.accounts.of_type(self.name)]

    def ask(self, document: Document) -> list[Target]:
        found = self.coupa.accounts.find(self.name, document.content["segments"], active=None)
        return [self._observe(found)] if found else []

    def get(self, ids: Collection[str]) -> list[Target]:
        found = by_ids(self.coupa.accounts, self.own(ids))
        return [
            self._observe(each) for each in found if each.account_type is None or each.account_type.name == self.name
        ]

    def body(self, document: Document) -> dict[str, Any]:
        content = document.content
        segments = {f"segment-{n}": value for n, value in enumerate(content["segments"], 1) if value}
        name = {"name": content["name"]} if content["name"] else {}
        return {"account-type": {"name": self.name}, **segments, **name, "active": content["active"]}

    def changed(self, document: Document, target: Target, fields: Collection[str]) -> dict[str, Any]:
        body = super().changed(document, target, fields)
        if "segments" in fields:
            ours, theirs = document.content["segments"], target.content["segments"]
            places = range(max(len(ours), len(theirs)))
            body |= {f"segment-{n + 1}": (ours[n] if n < len(ours) else None) or None for n in places}
        return body

    def post(self, body: Mapping[str, Any]) -> Target:
        return self._observe(self.coupa.accounts.create(body))

    def put(self, id: str, body: Mapping[str, Any]) -> Target:
        return self._observe(self.coupa.accounts.update(int(id), body))

    def _observe(self, account: Account) -> Target:
        content = {
            "segments": list(account.segments),
            "column": "AID",
            "name": account.name,
            "active": account.active is not False,
            **self.named,
        }
        return Target(self.id_of(account.id), content, label=account.code or "")


class DynamicChart(Chart):
    """Accounts come into being on first use; the values of their segments are kept in lookups (coupa section 3.2)."""

    dynamic = True

    def holds_any(self) -> bool:
        return any(self.coupa.lookup_values.holds_any({"lookup[name]": lookup}) for lookup in self._lookups().values())

    def all(self) -> list[Target]:
        return [
            self._observe(value, self._column(value, lookup))
            for lookup in dict.fromkeys(self._lookups().values())
            for value in self.coupa.lookup_values.of_lookup(lookup)
        ]

    def ask(self, document: Document) -> list[Target]:
        column = document.content["column"]
        found = self.coupa.lookup_values.find(self._lookups()[column], document.content["segments"][0])
        same = [self._observe(value, column) for value in found]
        # the same number under another parent is another value
        return [target for target in same if self.name_of(target.content) == self.name_of(document.content)]

    def get(self, ids: Collection[str]) -> list[Target]:
        return [target for target in self.all() if target.id in set(ids)]

    def body(self, document: Document) -> dict[str, Any]:
        content = document.content
        return {
            **({"parent": {"id": number_of(self.record_id(content["parent"]))}} if content.get("parent") else {}),
            "name": content["name"] or content["segments"][0],
            "lookup": {"name": self._lookups()[content["column"]]},
            "external-ref-num": content["segments"][0],
            "active": content["active"],
        }

    def post(self, body: Mapping[str, Any]) -> Target:
        value = self.coupa.lookup_values.create(body)
        return self._observe(value, self._column(value, body["lookup"]["name"]))

    def put(self, id: str, body: Mapping[str, Any]) -> Target:
        value = self.coupa.lookup_values.update(int(id), body)
        return self._observe(value, self._column(value, (value.lookup.name if value.lookup else None) or ""))

    def _column(self, value: LookupValue, lookup: str) -> str:
        """Which segment a value of a lookup is of: a child is of one that depends on another."""
        columns = [column for column, name in self._lookups().items() if name == lookup]
        below = value.parent is not None and value.parent.id is not None
        return next(
            (column for column in columns if (column in self.settings.depends_on) == below), (columns or [""])[0]
        )

    def _lookups(self) -> dict[str, str]:
        missing = [column for column in self.settings.segments if column not in self.settings.lookups]
        if missing:
            setting = f"integrations.{self.integration}.flows.accounts.lookups"
            raise UnusableInput(f"connections.yaml: {setting}: names no lookup of Coupa for {', '.join(missing)}")
        return {column: self.settings.lookups[column] for column in self.settings.segments}

    def lookup_of(self, column: str) -> str:
        """The lookup of Coupa that holds a segment's values."""
        return self._lookups()[column]

    def _observe(self, value: LookupValue, column: str) -> Target:
        content = {
            "segments": [value.external_ref_num or ""],
            "column": column,
            "name": value.name,
            "active": value.active is not False,
            **self._above(value),
            **self.named,
        }
        return Target(self.id_of(value.id), content, label=value.external_ref_num or "")

    def _above(self, value: LookupValue) -> dict[str, str]:
        above = value.parent.id if value.parent is not None else None
        return {} if above is None else {"parent": self.id_of(above)}

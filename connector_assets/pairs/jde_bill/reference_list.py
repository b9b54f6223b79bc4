"""What the flows share that keep one of BILL's lists: accounts, departments, locations, accounting classes.

A list cannot be searched by account number, and hardly by anything else (bill section 3.6). It is therefore read whole
and compared here. BILL deletes nothing: a record that JDE no longer uses is archived, and restored when it is used
again. Of an archived record nothing else is changed. If somebody archives or renames a record in BILL, the list of the
next run shows it, and while JDE is the owner (`on_conflict: source`) it is corrected.

**Natural key.** A key that the record itself carries (`ReferenceList.name_of`). It is expected, but not established for
v3 (bill section 3.6), that BILL refuses a second record of one name or number: a look-up that finds nothing waits for
the effect window.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from connector_assets.engine.checks import computed
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import (
    Bulk,
    Decision,
    Document,
    Done,
    FieldChange,
    Hold,
    NeedTarget,
    Step,
    Target,
    differences,
    version_text,
)
from connector_assets.engine.flow import Assembly, Flow, Frames
from connector_assets.engine.merge import converge, taken
from connector_assets.engine.reasons import problem
from connector_assets.engine.watermarks import begins_empty
from connector_resources.errors import ConnectorError, OutcomeUnknown
from connector_resources.ledger import Delivery
from connector_resources.ledger.progress import Progress

# from this many on, reading the whole list costs fewer calls than asking by ids, a hundred a call
WHOLE_FROM = 300
PARTIAL = Progress("partial")


class ListSettings(BaseModel):
    """What a site decides about any of the lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on_conflict: Literal["hold", "source"] = Field(default="source", description="when a field changed in both systems")


class ReferenceList(Flow):
    """A snapshot of JDE kept as one of BILL's lists.

    The content of a document has `active` among its fields, and '' or None where BILL may have what it likes.
    """

    partitioned = False
    source_role, target_role = "jde", "bill"
    # the field of a content that is its natural key, and the reason that says that it is missing
    shown_as: ClassVar[str]
    missing_reason: ClassVar[str]
    # fields that BILL may set where JDE says nothing
    left_to_bill: ClassVar[tuple[str, ...]] = ()
    # the rule by which documents are ignored that BILL has no use for
    unused_rule: ClassVar[str]

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        self._held: dict[str, Target] | None = None

    # -- what a list says of itself -------------------------------------------------------------------------------

    @property
    @abstractmethod
    def validates(self) -> bool:
        """Whether nothing is created or changed: what BILL holds is linked, what it lacks is held."""

    @property
    @abstractmethod
    def resource(self) -> Any:
        """The client's resource of this list."""

    @property
    @abstractmethod
    def snapshot(self) -> str:
        """The source entity of this list in BILL."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """A mapped row for everything that JDE holds, with `wanted`: whether BILL has a use for it."""

    @abstractmethod
    def observe(self, record: Any) -> dict[str, Any]:
        """The content of a record of BILL's, or of a row of its snapshot by the same names."""

    @abstractmethod
    def name_of(self, content: Mapping[str, Any]) -> str | None:
        """The natural key of a content of BILL's: the key of a document of ours, were there one."""

    @abstractmethod
    def body(self, content: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
        """The request body of these fields."""

    # -- the source side ------------------------------------------------------------------------------------------

    @property
    def lookup_before_create(self) -> bool:  # type: ignore[override]
        """A record that someone made in BILL meanwhile is linked, not made a second time."""
        return self.validates or not begins_empty(self)

    @property
    def needs_opening(self) -> bool:  # type: ignore[override]
        return not self.validates

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {}

    def all_keys(self) -> dict[str, date | None]:
        return {row["key"]: None for row in self.rows()}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        documents = [row | {"moved": False} for row in self.rows() if row["key"] in keys]
        return Assembly(documents=documents, rows=len(documents), rows_in_documents=len(documents))

    def resolve(self, frames: Frames) -> Frames:
        documents = frames.documents.copy()
        links = self.context.ledger.links.of(self.full_name, list(documents["key"]))
        documents["ignored"] = computed(documents, lambda row: None if row["key"] in links else self.rule(row))
        moved = self._moved({key: link.target_id for key, link in links.items()})
        documents["moved"] = computed(documents, lambda row: row["key"] in moved)
        return Frames(documents, frames.lines)

    def rule(self, row: Mapping[str, Any]) -> str | None:
        """The rule by which a document that is not linked is ignored."""
        return None if row["wanted"] else self.unused_rule

    def _moved(self, linked: Mapping[str, str]) -> set[str]:
        """The documents whose record is not as it was left, by the list that this run has read."""
        seen = {row["id"]: self.observe(_Row(row)) for row in self.context.reader("bill").snapshot(self.snapshot)}
        known = self.context.ledger.deliveries.load(self.full_name, list(linked))
        return {
            key
            for key, id in linked.items()
            if id in seen and key in known and known[key].content not in (None, seen[id])
        }

    def moved(self, row: Mapping[str, Any]) -> bool:
        return bool(row["moved"])

    # -- the target side ------------------------------------------------------------------------------------------

    def holds_any(self) -> bool:
        return bool(self.resource.holds_any())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        keys = [document.key for document in documents]
        # what may still come of a call of unknown outcome is not in a list that was read before
        if self._held is None or any(self.context.ledger.intents.unfinished(self.full_name, keys).values()):
            self._held = {target.id: target for target in self.targets()}
        # as it was sent: JDE may know it by another number by now
        found: dict[Any, list[Target]] = {}
        for target in self._held.values():
            found.setdefault(target.content[self.shown_as], []).append(target)
        wanted = {document.key: document.content[self.shown_as] for document in documents}
        return {key: found[name] for key, name in wanted.items() if name and name in found}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        if len(ids) >= WHOLE_FROM:
            wanted = set(ids)
            return {target.id: target for target in self.targets() if target.id in wanted}
        return {record.id: self._target(record) for record in self.resource.by_ids(sorted(ids))}

    def targets(self) -> list[Target]:
        return [self._target(record) for record in self.resource.all()]

    def key_of(self, target: Target) -> str | None:
        return self.name_of(target.content)

    def in_force(self, target: Target) -> bool:
        return bool(target.content["active"])

    def _target(self, record: Any) -> Target:
        content = self.observe(record)
        status = "active" if content["active"] else "archived"
        return Target(record.id, content, status, str(content["name"] or ""), version=version_text(record.updated_time))

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if self.validates:
            return self._validated(document, known, target)
        return converge(
            document.content,
            replace(known, content=self.comparable(document, known.content)) if known.content is not None else known,
            replace(target, content=self.comparable(document, target.content)) if target else None,
            create=lambda: self._create(document),
            update=lambda current, changes: self._change(document, current, changes),
            source_wins=self.settings.on_conflict == "source",
            moved=document.moved,
        )

    def comparable(self, document: Document, content: Mapping[str, Any]) -> dict[str, Any]:
        """All of a record that shall be archived but whether it is, and whatever JDE leaves to BILL, counts as
        agreed."""
        wanted = document.content
        if not wanted["active"]:
            return {**wanted, "active": content["active"]}
        return {**content, **{name: wanted[name] for name in self.left_to_bill if not wanted[name]}}

    def _validated(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """A record that is linked, still there and not archived is enough."""
        shown = str(document.content[self.shown_as])
        if known.target_id is None:
            return Hold((problem(self.missing_reason, self.shown_as, shown),))
        if target is None:
            return Done() if known.state == "settled" and not (known.released or document.moved) else NeedTarget()
        if document.content["active"] and not target.content["active"]:
            return Hold((problem("archived_in_target", self.shown_as, shown),))
        return Done()

    def _create(self, document: Document) -> Step:
        content = document.content
        return Step(
            name="create",
            body=self.body(content, {name for name, value in content.items() if value}),
            send=lambda body: self._target(self.resource.create(body)),
            outcome="created",
            progress=taken(content),
            changes=differences({}, content),
            bulk=Bulk("create", self.resource.BULK, self._create_many),
        )

    def _create_many(self, bodies: Sequence[Mapping[str, Any]]) -> list[Target]:
        return [self._target(record) for record in self.resource.create_many(bodies)]

    def _change(self, document: Document, target: Target, changes: tuple[FieldChange, ...]) -> Step:
        """Restored before it is changed, for what is archived may not be changed; archived without a change."""
        fields = {change.field for change in changes}
        if "active" not in fields:
            # what is blank is left to BILL
            body = self.body({name: value or target.content[name] for name, value in document.content.items()}, fields)
            return self._act("update", body, lambda sent: self.resource.update(target.id, sent), document, changes)
        if not document.content["active"]:
            return self._act("archive", {}, lambda _: self.resource.archive(target.id), document, changes)
        own = tuple(change for change in changes if change.field == "active")
        restored = self._act("restore", {}, lambda _: self.resource.restore(target.id), document, own)
        return restored if own == changes else replace(restored, progress=PARTIAL)

    def _act(
        self,
        name: str,
        body: Mapping[str, Any],
        send: Callable[[Mapping[str, Any]], Any],
        document: Document,
        changes: tuple[FieldChange, ...],
    ) -> Step:
        return Step(
            name=name,
            body=body,
            send=lambda sent: self._shown(send(sent), changes),
            outcome="updated",
            progress=taken(document.content),
            changes=changes,
        )

    def _shown(self, record: Any, changes: tuple[FieldChange, ...]) -> Target:
        """The record after a change. An answer that does not show the change may be an earlier call's, or BILL keeps
        the field otherwise: the record itself says which."""
        target = self._target(record)
        if all(target.content[each.field] == each.after for each in changes):
            return target
        try:
            return self._target(self.resource.get(record.id))
        except ConnectorError as error:
            raise OutcomeUnknown(
                f"the answer does not show the change, and {record.id} cannot be read: {error}"
            ) from None


class _Row:
    """A row of a snapshot with its columns as attributes, as the client's records have theirs."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.__dict__.update(row)


def common(key: str) -> dict[str, Any]:
    """What every mapped row has that is neither of a day nor carries money."""
    return {"key": key, "day": None, "ignored": None, "amount": None, "currency": None}


def repeated(rows: Sequence[Mapping[str, Any]], column: str) -> set[str]:
    """The values, without case, that stand in more than one row that BILL has a use for."""
    seen: set[str] = set()
    twice: set[str] = set()
    for row in rows:
        if row["wanted"] and row[column]:
            fold = row[column].casefold()
            (twice if fold in seen else seen).add(fold)
    return twice

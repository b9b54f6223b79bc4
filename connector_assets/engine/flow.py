"""What a flow module holds, and nothing else does: its sources, its checks, its mapping, its target calls.

Someone who has read one flow can read them all; adding a flow is adding one module that subclasses `Flow`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from connector_assets.engine.approval import SETTING, read_approval
from connector_assets.engine.checks import FrameChecks
from connector_assets.engine.context import RunContext
from connector_assets.engine.document import Decision, Document, FieldChange, Target, is_void
from connector_assets.engine.reasons import problem
from connector_assets.engine.references import Document as Referred
from connector_assets.engine.references import references_in
from connector_assets.engine.report import AccountingError
from connector_resources.connections import IntegrationSettings
from connector_resources.errors import NotAllowed, UnusableInput
from connector_resources.ledger import Delivery, Intent, NewLink, Origin, Problem
from connector_resources.ledger.progress import Progress

# the setting that says when a poll looks at a flow
SCHEDULE = "schedule"
# what every flow can be told, beside the settings of its own
OF_EVERY_FLOW = (SETTING, SCHEDULE)


@dataclass(frozen=True, slots=True)
class Source:
    """One entity that a flow reads: a JDE F-table or a SaaS entity of the connection in `role`.

    A `daily` source is read by its day of change and partitioned; the others are whole snapshots of reference data.
    """

    role: str
    entity: str
    daily: bool = True


@dataclass
class Assembly:
    """Rows become documents: one dict a document, one a line, and what became of every row of the main table.

    `rows` counts the rows read for the flow's main table, `ignored_rows` those that belong to no document, by rule,
    `unreadable` the records of any of its tables that could not be read, which count as rows too.
    rows = rows in documents + ignored rows + unreadable ones is checked by the pipeline.
    """

    documents: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0
    rows_in_documents: int = 0
    ignored_rows: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    def check(self, flow: str) -> None:
        """Rows read = rows assembled into documents + rows ignored by a rule + rows that could not be read. Raises
        AccountingError."""
        if self.rows != self.rows_in_documents + self.ignored_rows.total() + self.unreadable:
            raise AccountingError(
                f"{flow}: {self.rows} rows read, but {self.rows_in_documents} in documents, "
                f"{self.ignored_rows.total()} ignored by rules and {self.unreadable} unreadable"
            )

    def as_json(self) -> dict[str, Any]:
        """The accounts of the rows, as a report shows them."""
        return {
            "read": self.rows,
            "in_documents": self.rows_in_documents,
            "ignored": dict(self.ignored_rows),
            "unreadable": self.unreadable,
        }


@dataclass
class Frames:
    """The mapped frames of a flow: one row for each document (column `key`), and its lines (column `key` again)."""

    documents: pd.DataFrame
    lines: pd.DataFrame


class Flow(ABC):
    """One kind of document moving one way inside an integration."""

    name: ClassVar[str]
    title: ClassVar[str]
    sources: ClassVar[tuple[Source, ...]]
    after: ClassVar[tuple[str, ...]] = ()
    partitioned: ClassVar[bool] = True
    # True where the flow runs only if `connections.yaml` names it: not every site has what it needs
    optional: ClassVar[bool] = False
    carries_money: ClassVar[bool] = False
    # the connection of which it may be of unknown outcome how it shows amounts of a currency
    # (`Reader.currency_warning`)
    amounts_of: ClassVar[str | None] = None
    # True of what documents refer to: it is needed however old it is, so that the start date does not hold for it
    master_data: ClassVar[bool] = False
    # columns of a mapped document whose latest date says how old one is that has no day of change
    dated_by: ClassVar[tuple[str, ...]] = ()
    source_role: ClassVar[str]
    source_entity: ClassVar[str]
    target_role: ClassVar[str]
    target_entity: ClassVar[str]
    natural_key: ClassVar[str]
    document_columns: ClassVar[Mapping[str, str]]
    line_columns: ClassVar[Mapping[str, str]] = {}
    Settings: ClassVar[type[BaseModel]]
    settings: Any

    # the fields of the content by which a look-up finds a document and knows it: they may change in the source while a
    # call is of unknown outcome
    lookup_fields: ClassVar[tuple[str, ...]]

    # False only where a flow creates nothing by itself, so that a first sync needs no adopting beforehand
    needs_opening: bool = True
    # the mapped column with the number of a document's supplier; the flow of this integration that brings suppliers,
    # '' where the column is the name; and what the keys of that flow begin with
    party_column: ClassVar[str] = "supplier"
    parties_of: ClassVar[str] = ""
    party_entity: ClassVar[str] = ""
    # True where the target can pay what it is sent, so that it is looked whether the source could as well
    is_paid: ClassVar[bool] = False
    # the mapped column with the G/L date of what is to be written, where a closed period may move it; beside it,
    # `moved_from` is the day that it was moved from; `void_on` and `void_from`, where a flow has them, say the same of
    # what is taken back before
    gl_column: ClassVar[str] = ""
    # rules and reasons that leave a document alone for now: each with what it waits for elsewhere, which nothing that
    # changes in the source need tell, so that each run asks for the document again by its key
    ignored_until: ClassVar[Mapping[str, str]] = {}
    held_until: ClassVar[Mapping[str, str]] = {}
    # True where the sweep looks for records of ours that somebody deleted in the target
    notices_lost: ClassVar[bool] = False
    # the reason of a linked document that is not in the target any more: `deleted_in_target` where money can follow
    lost_reason: str = "missing_in_target"
    # True where documents without a link are looked up in the target before anything is decided
    lookup_before_create: bool = False
    # True while a person has asked to link what is in the target already (`adopt`), or what that would link
    adopting: bool = False

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.full_name = f"{context.integration.name}/{self.name}"
        self.settings = read_settings(self.Settings, context.integration.settings, self.name)
        self.approval = read_approval(context.integration.settings, self.name, carries_money=self.carries_money)

    # -- the source side ------------------------------------------------------------------------------------------

    @abstractmethod
    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        """The document keys that these rows of a source entity touch, each with its latest day of change."""

    def changed_in_target(self, first: date, last: date) -> dict[str, date | None]:
        """The documents that a person changed in the target in these days, for a flow whose sources do not show that:
        the target itself is asked."""
        return {}

    @abstractmethod
    def all_keys(self) -> dict[str, date | None]:
        """Every document key that the source holds now, with its day of change: for the sweep and reconciliation."""

    def left_open(self) -> Collection[str]:
        """Of the keys that `all_keys` has just read, those of which something is still to be paid. A sweep reads them
        again, since they may have changed without a new date. Empty by default."""
        return ()

    @abstractmethod
    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        """Read what is missing of these documents by key, and build their mapped rows."""

    @abstractmethod
    def resolve(self, frames: Frames) -> Frames:
        """Fill the columns that come from the ledger: links and mappings as they are now."""

    @property
    @abstractmethod
    def checks(self) -> FrameChecks:
        """The pandera schemas of the mapped frames."""

    @abstractmethod
    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The content of one mapped row and its lines: everything on which both sides must agree."""

    def refers_to(self, document: Document) -> Collection[Referred]:
        """The documents of other flows, (flow's name, key), whose links the document needs and that do not exist yet:
        its mapped row and lines hold references to them."""
        return {each.document for each in references_in(document.facts)}

    def looks_again_at(self, document: Document) -> datetime | None:
        """When a run is due for a document that a rule ignores for now; None: in an hour. Earlier runs look at it
        too."""
        return None

    def moved(self, row: Mapping[str, Any]) -> bool:
        """Whether the data read from the target show that its record is not as it was left. The document is then
        decided although the source has not changed. False by default, for a flow that does not read its target."""
        return False

    def changed_there(self, listed: Sequence[Target]) -> list[str]:
        """Settled documents whose record, among those that the target holds now, is not as it was left: changes that no
        row shows. For flows that notice losses in the target."""
        return []

    def look_again(self, keys: Collection[str]) -> None:
        """Tell the flow which records are no longer in the target: `moved` holds of their documents from now on. For
        flows that notice losses in the target."""
        raise NotImplementedError(f"{self.full_name}: {len(keys)} records are gone, which it does not notice")

    # -- the target side ------------------------------------------------------------------------------------------

    @abstractmethod
    def holds_any(self) -> bool:
        """Whether the target already holds documents of this kind."""

    @abstractmethod
    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """Look each document up in the target by natural key; keys without a hit are absent."""

    def look_up(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        """`find`, without void records if there are others; of several void ones the last counts."""
        found = self.find(documents)
        return {
            key: hits if len(hits) == 1 else [each for each in hits if self.in_force(each)] or hits[-1:]
            for key, hits in found.items()
        }

    @abstractmethod
    def read(self, ids: Collection[str]) -> dict[str, Target]:
        """The targets of these ids as they are now; ids that no longer exist are absent. A target with another id than
        the one asked for has replaced that record: the link follows."""

    @abstractmethod
    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        """What to do next with a document, from what is known of it and, where it was read, the target."""

    def prepared(self, document: Document) -> Document:
        """The document as it will be once its preparing step is done: for plans, which show what follows."""
        return document

    @abstractmethod
    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        """The key fields (amount, date, currency …) in which a record found by a look-up differs from this document."""

    def taken(self, document: Document, hits: Sequence[Target], why: str) -> Problem:
        """The problem of a document whose records found by a look-up must not be adopted; `why` says so in words."""
        return problem("natural_key_taken", "key", why)

    def comparable(self, document: Document, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """A target's content reduced to what the source decides: fields that are left to the target are set as in the
        document. By default the content itself."""
        return content

    def progress_after_unknown(self, known: Delivery, intents: Sequence[Intent], target: Target) -> Progress | None:
        """What `Delivery.progress` may still say if the source has changed since these calls of unknown outcome. None,
        the default: look at the target, and forget what it accepted."""
        return None

    def shows_effect(self, intents: Sequence[Intent], target: Target) -> bool:
        """Whether the target itself shows that these calls of unknown outcome took effect, whatever the flow would do
        next. False by default: then they did if the flow asks for nothing more."""
        return False

    def distrust(self, document: Document, target: Target) -> NotAllowed | None:
        """Why nothing more may be created, after seeing what a create left behind (a natural key that was dropped)."""
        return None

    @abstractmethod
    def targets(self) -> list[Target]:
        """Every document of this kind that the target holds: for reconciliation."""

    @abstractmethod
    def key_of(self, target: Target) -> str | None:
        """The source key that the target's own record carries; None where it carries none."""

    # -- records of which there may be one too many -----------------------------------------------------------------

    def in_force(self, target: Target) -> bool:
        """Whether a record counts when the records of one document are counted."""
        return not is_void(target)

    def keys_of(self, target: Target) -> Collection[str]:
        """The source keys that a record stands for by what it carries; `key_of`, unless one record may be for several
        documents."""
        key = self.key_of(target)
        return () if key is None else (key,)

    def known_as(self, target: Target) -> Hashable:
        """The natural key by which a look-up finds a record without a key of ours; None if there is none."""
        return None

    def foreign_records(self, targets: Collection[Target]) -> list[Target]:
        """Records without a key of ours, which `targets` therefore does not list, that have the natural key of one of
        these. None if `targets` lists all records."""
        return []

    def inner_duplicates(self, target: Target) -> Collection[str]:
        """In words, what a record holds twice although it may hold it once (a payment). Empty by default."""
        return ()

    # -- who pays -------------------------------------------------------------------------------------------------

    def payable_in_both(self, keys: Collection[str] | None) -> Mapping[str, str] | None:
        """Of these documents (None: of all linked ones) those that both the source system and the target could pay,
        each in words with what is open of it, in the present state of both. None if the flow makes nothing payable."""
        return None

    # -- where a party is paid --------------------------------------------------------------------------------------

    def watched(self) -> Sequence[Source]:
        """Entities that the flow checks itself, without landing them: a poll asks whether they changed. A hidden entity
        is not asked for again."""
        return ()

    def look_before(self, documents: Sequence[Document]) -> None:  # noqa: B027 - most flows have nothing to look at
        """Check what may prevent these documents from being sent, if another flow of this integration would check it
        and may not have run. Nothing by default."""

    def look_at_accounts(self, *, whole: bool) -> list[str]:
        """Report changed bank accounts of parties, as far as a system shows them; `whole` reads every party, not only
        those that changed. Returns the documents with an exception; none if the flow is not about parties."""
        return []

    def link(self, document: Document, target: Target, origin: Origin) -> NewLink:
        """The cross-reference between a document and its target; `origin` is 'created', 'matched' or 'set'."""
        return NewLink(
            source_connection=self.context.connection(self.source_role).name,
            source_entity=self.source_entity,
            source_key=document.key,
            target_connection=self.context.connection(self.target_role).name,
            target_entity=self.target_entity,
            target_id=target.id,
            target_label=target.label,
            origin=origin,
        )

    def awaits_first(self) -> bool:
        """Whether documents wait for the sign of one that is under way (`goes_alone`)."""
        return False

    def goes_alone(self, left: Collection[str]) -> bool:
        """Whether the next document is sent alone, since the others of this run (keys) depend on what it shows. The
        flow's first documents are always sent alone."""
        return False

    def startup_notes(self) -> list[str]:
        """What a site should know about this flow, although nothing has to be done, one sentence each: for `ping`."""
        return []

    def startup_problems(self) -> list[str]:
        """What a new site still has to do for this flow, one sentence each: for `ping`."""
        return []


def read_settings(model: type[BaseModel], integration: IntegrationSettings, flow: str) -> BaseModel:
    """The flow's settings of an integration, without those that every flow has. Raises UnusableInput naming the setting
    and what is wrong with it."""
    try:
        own = {name: value for name, value in integration.flows.get(flow, {}).items() if name not in OF_EVERY_FLOW}
        return model.model_validate(own)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(str(part) for part in ("integrations", integration.name, "flows", flow, *first["loc"]))
        what = {"extra_forbidden": "unknown setting"}.get(first["type"], first["msg"])
        raise UnusableInput(f"connections.yaml: {path}: {what}") from None

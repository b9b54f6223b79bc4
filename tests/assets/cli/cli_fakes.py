"""A flow over two dictionaries, for what reads whole flows: replay and reconciliation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from landing_places import landing_store
from pydantic import BaseModel, ConfigDict

from connector_assets.engine.checks import FrameChecks, mapped_columns, required, row_schema, shape_schema
from connector_assets.engine.context import Integration, RunContext
from connector_assets.engine.document import (
    Decision,
    Document,
    Done,
    FieldChange,
    Step,
    Target,
    differences,
    fingerprint,
)
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.merge import converge, mark
from connector_resources.clock import ManualClock
from connector_resources.connections import IntegrationSettings
from connector_resources.connections.coupa import CoupaConnection
from connector_resources.connections.jde import JdeConnection
from connector_resources.ledger import Delivery, Ledger

FEBRUARY = date(2026, 2, 10)


@dataclass
class Books:
    """What the two systems hold: documents by key, and records by id."""

    source: dict[str, dict[str, Any]] = field(default_factory=dict)
    target: dict[str, dict[str, Any]] = field(default_factory=dict)
    landed: list[str] = field(default_factory=list)

    def bill(self, key: str, **more: Any) -> None:
        """A document of the source; `name` None is held, `ignored` names a rule."""
        given = {"day": FEBRUARY, "amount": "10.00", "currency": "GBP", "name": "Bill", "void": False, "ignored": None}
        self.source[key] = given | more

    def hash(self, key: str) -> str:
        """The fingerprint of a document's content, as the ledger remembers having seen it."""
        row = self.source[key]
        content = {name: row[name] for name in ("name", "currency", "void")}
        return fingerprint({"key": key, "amount": f"{Decimal(row['amount']):.2f}", **content})

    def record(self, id: str, key: str | None, **more: Any) -> None:
        """A record of the target."""
        self.target[id] = {"key": key, "name": "Bill", "amount": "10.00", "currency": "GBP", "void": False} | more


class _Reader:
    def __init__(self, books: Books) -> None:
        self._books = books

    def land_snapshot(self, entity: str) -> None:
        self._books.landed.append(entity)

    def unreadable_of_snapshot(self, entity: str) -> list[Any]:
        return []


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Bills(Flow):
    """Bills. A record that `waits` does so for an approval; one that is `content` is none of the flow's business."""

    name = "bills"
    title = "Bills"
    sources = (Source("jde", "F0411"), Source("jde", "F0010", daily=False))
    carries_money = True
    source_role, source_entity = "jde", "F0411"
    target_role, target_entity = "coupa", "bills"
    natural_key = "key"
    lookup_fields = ("key",)
    document_columns: ClassVar[Mapping[str, str]] = {"name": "str?", "void": "bool"}
    Settings = _Settings

    def __init__(self, context: RunContext, books: Books) -> None:
        super().__init__(context)
        self.books = books

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        raise AssertionError("days are not asked for here")

    def all_keys(self) -> dict[str, date | None]:
        assert self.books.landed, "keys may come from reference data, which must be read anew first"
        return {key: row["day"] for key, row in self.books.source.items()}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        found = [
            {
                "key": key,
                "day": day,
                "ignored": row["ignored"],
                "amount": Decimal(row["amount"]),
                "currency": row["currency"],
                "name": row["name"],
                "void": row["void"],
            }
            for key, day in keys.items()
            if (row := self.books.source.get(key))
        ]
        return Assembly(documents=found, rows=len(found), rows_in_documents=len(found))

    def resolve(self, frames: Frames) -> Frames:
        return frames

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("bills", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema("bills", {"name": [required()]}),
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        names = ("key", "name", "currency", "void")
        return {name: row[name] for name in names} | {"amount": f"{row['amount']:.2f}"}

    def holds_any(self) -> bool:
        return False

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        return {}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {target.id: target for target in self.targets() if target.id in ids}

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        if target is not None and self.books.target[target.id].get("waits"):
            return Done(waiting="approval")
        if target is not None and self.books.target[target.id].get("content"):
            return Done()

        def create() -> Step:
            return Step("create", document.content, self._create, "created", mark(document.content), True)

        def update(current: Target, changes: tuple[FieldChange, ...]) -> Step:
            return Step("update", document.content, lambda _: current, "updated", changes=changes)

        return converge(document.content, known, target, create=create, update=update, source_wins=True)

    def _create(self, body: Mapping[str, Any]) -> Target:
        id = str(len(self.books.target) + 1)
        self.books.target[id] = dict(body)
        return self._observe(id)

    def _observe(self, id: str) -> Target:
        record = {name: value for name, value in self.books.target[id].items() if name not in ("waits", "content")}
        return Target(id, record, status="voided" if record["void"] else "draft", label=id)

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return differences(target.content, document.content)

    def targets(self) -> list[Target]:
        return [self._observe(id) for id in self.books.target]

    def key_of(self, target: Target) -> str | None:
        key: str | None = target.content["key"]
        return key


def bills(ledger: Ledger, clock: ManualClock, books: Books, landing: str) -> Bills:
    """The flow in a new run of the integration `pair`."""

    def no_client(*_: Any) -> Any:
        raise AssertionError("no client in these tests")

    class Counted(RunContext):
        def calls(self) -> tuple[int, int]:
            return 0, 0

    connections: dict[str, Any] = {
        "jde": JdeConnection(name="jde", url="http://jde.invalid/jderest"),
        "coupa": CoupaConnection(name="coupa", url="http://coupa.invalid"),
    }
    context = Counted(
        integration=Integration("pair", "jde_coupa", connections, IntegrationSettings(name="pair", kind="jde_coupa")),
        ledger=ledger,
        landing=landing_store(landing, ledger),
        open_client=no_client,
        open_reader=lambda context, role: _Reader(books),  # type: ignore[arg-type,return-value]
        start_date=date(2026, 2, 1),
        run="replay-1",
        clock=clock,
    )
    return Bills(context, books)

"""`jde_spendly/centres`: JDE business units (F0006) as cost centres of Spendly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from connector_assets.systems.spendly.client import SpendlyClient
from pydantic import BaseModel, ConfigDict

from connector_assets.documents.jde.keys import text
from connector_assets.engine.checks import FrameChecks, mapped_columns, required, row_schema, shape_schema
from connector_assets.engine.document import Decision, Document, FieldChange, Step, Target, differences
from connector_assets.engine.flow import Assembly, Flow, Frames, Source
from connector_assets.engine.merge import converge, taken
from connector_resources.ledger import Delivery


class CentreSettings(BaseModel):
    """Nothing to decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Centres(Flow):
    """JDE business units to cost centres, by code."""

    name = "centres"
    title = "Business units of JD Edwards as cost centres of Spendly"
    sources = (Source("jde", "F0006", daily=False), Source("spendly", "centres", daily=False))
    partitioned = False
    master_data = True
    needs_opening = False
    source_role, source_entity = "jde", "F0006"
    target_role, target_entity = "spendly", "centres"
    party_column = "code"
    natural_key = "code"
    lookup_fields = ("code",)
    document_columns: ClassVar[Mapping[str, str]] = {"code": "str?", "name": "str?"}
    Settings = CentreSettings

    def changed_keys(self, entity: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, date | None]:
        return {}

    def all_keys(self) -> dict[str, date | None]:
        return {row["key"]: None for row in self._rows()}

    def assemble(self, keys: Mapping[str, date | None]) -> Assembly:
        documents = [row for row in self._rows() if row["key"] in keys]
        return Assembly(documents=documents, rows=len(documents), rows_in_documents=len(documents))

    def _rows(self) -> list[dict[str, Any]]:
        units = self.context.reader("jde").snapshot("F0006")
        common = {"day": None, "ignored": None, "amount": None, "currency": None}
        return [
            {"key": f"F0006:{text(row['MCU'])}", **common, "code": text(row["MCU"]), "name": text(row["DL01"])}
            for row in units
        ]

    def resolve(self, frames: Frames) -> Frames:
        return frames

    @property
    def checks(self) -> FrameChecks:
        return FrameChecks(
            document_shape=shape_schema("centres", mapped_columns(self.document_columns), unique=["key"]),
            document_rows=row_schema("centres", {"code": [required()], "name": [required()]}),
        )

    def content(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {"code": row["code"], "name": row["name"]}

    @property
    def _client(self) -> SpendlyClient:
        return self.context.client("spendly", SpendlyClient)

    def holds_any(self) -> bool:
        return bool(self.targets())

    def find(self, documents: Sequence[Document]) -> dict[str, list[Target]]:
        held: dict[str, list[Target]] = {}
        for target in self.targets():
            held.setdefault(target.content["code"], []).append(target)
        return {each.key: held[each.content["code"]] for each in documents if each.content["code"] in held}

    def read(self, ids: Collection[str]) -> dict[str, Target]:
        return {target.id: target for target in self.targets() if target.id in ids}

    def targets(self) -> list[Target]:
        return [_target(each) for each in self._client.centres()]

    def decide(self, document: Document, known: Delivery, target: Target | None) -> Decision:
        return converge(
            document.content,
            known,
            target,
            create=lambda: Step(
                name="create",
                body=document.content,
                send=lambda body: _target(self._client.create(body)),
                outcome="created",
                progress=taken(document.content),
                changes=differences({}, document.content),
            ),
            update=lambda current, changes: Step(
                name="update",
                body={change.field: change.after for change in changes},
                send=lambda body: _target(self._client.update(current.id, body)),
                outcome="updated",
                progress=taken(document.content),
                changes=changes,
            ),
            source_wins=True,
        )

    def disagreements(self, document: Document, target: Target) -> tuple[FieldChange, ...]:
        return ()

    def key_of(self, target: Target) -> str | None:
        return f"F0006:{target.content['code']}"


def _target(record: Mapping[str, Any]) -> Target:
    return Target(record["id"], {"code": record["code"], "name": record["name"]}, "active", record["name"])
